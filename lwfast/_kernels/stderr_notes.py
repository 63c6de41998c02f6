"""Notes on stderr, for whoever waits at a terminal.

They stand here, and not with the general tools, because kernels import nothing of the package but its types
and say themselves when they are compiled. The rooms above use them too.
"""

from __future__ import annotations

import os
import sys


def is_quiet() -> bool:
    """Say whether `LWFAST_QUIET` keeps notes away."""
    return os.environ.get("LWFAST_QUIET", "0") != "0"


def say(text: str) -> None:
    """Write one line to stderr."""
    sys.stderr.write(f"lwfast: {text}\n")
    sys.stderr.flush()
