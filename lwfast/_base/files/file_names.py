"""What a file is called."""

from __future__ import annotations

import re
from pathlib import Path

_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]*")


def ending_of(path: Path) -> str:
    """Return the last dot and what follows it if it names a format, else nothing.

    It does in `r.csv` and `r.h5`; in `run_0.25` and `phi_0.25pi` the dot is part of a number.
    """
    return path.suffix if _ENDING.fullmatch(path.suffix) else ""
