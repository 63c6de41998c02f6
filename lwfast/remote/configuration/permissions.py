"""Who else on this machine can read the tokens, or change the settings of the client."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path

from lwfast._texts import printable

_OTHERS_READ = 0o077
_OTHERS_WRITE = 0o022
_told: set[Path] = set()
"""What this process has warned of already."""


def warn_if_others_read(path: Path) -> None:
    """Warn, once per process, if a file with tokens is open to other users of this machine."""
    _warn(path, _OTHERS_READ, "holds access tokens, and other users can read or change it", "600")


def warn_if_others_write(folder: Path) -> None:
    """Warn, once per process, if other users of this machine can replace the files in a folder."""
    _warn(folder, _OTHERS_WRITE, "holds settings and tokens, and other users can replace them", "700")


def _warn(path: Path, bits: int, what: str, remedy: str) -> None:
    if os.name == "nt" or path in _told:  # permissions there are no bits
        return
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return
    if mode & bits:
        _told.add(path)
        name = printable(str(path))
        warnings.warn(
            f"{name} {what} (mode {mode:04o}). Close it with `chmod {remedy} {name}`; if anyone else uses "
            "this machine, replace the tokens by new ones, too.",
            RuntimeWarning,
            stacklevel=2,
        )
