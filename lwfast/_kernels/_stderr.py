"""Notes on stderr, for whoever waits at a terminal."""

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
