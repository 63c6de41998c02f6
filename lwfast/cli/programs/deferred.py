"""Work that a command leaves to be done once its command line has been dealt with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Deferred:
    """Work that is done outside of whatever parses command lines and catches errors.

    Attributes:
        run: Does it; returns the exit code.
    """

    run: Callable[[], int]
