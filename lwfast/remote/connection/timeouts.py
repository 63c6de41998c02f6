"""Numbers of seconds: checked where they come in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds, to connect and between two pieces of an answer."""

    connect: float = 5.0
    read: float = 60.0


def timeouts_of(timeout: Any) -> Timeouts:
    """Return the timeouts of a number of seconds, of a pair of them, or of None.

    Raises:
        ValueError: It is something else.
    """
    if timeout is None:
        return Timeouts()
    pair = timeout if isinstance(timeout, tuple) else (min(Timeouts.connect, timeout), timeout)
    if len(pair) != 2 or not all(isinstance(item, int | float) and 0 < item < math.inf for item in pair):
        raise ValueError(
            "timeout should be a finite number of seconds above 0, or a pair of them (to connect, to read), "
            f"got {timeout!r}."
        )
    return Timeouts(float(pair[0]), float(pair[1]))


def check_timeout(
    timeout: Any, name: str = "timeout", *, instead: str = ", or None to wait without end"
) -> float:
    """Return a timeout in seconds.

    Args:
        timeout: The value.
        name: What it is, for the message.
        instead: What else it may be, for the message.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative or NaN.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        try:
            timeout = float(timeout) if not isinstance(timeout, bool | str) else None
        except (TypeError, ValueError):
            timeout = None
        if timeout is None:
            msg = f"{name} should be a number of seconds{instead}."
            raise TypeError(msg)
    if not timeout >= 0:
        msg = f"{name} should be at least 0 seconds, got {timeout}."
        raise ValueError(msg)
    return float(timeout)
