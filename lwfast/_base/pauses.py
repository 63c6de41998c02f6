"""Pauses between tries: short at first, and longer the more often something has failed."""

from __future__ import annotations

_MOST_DOUBLINGS = 64


def pause_after(tries: int, first: float, longest: float) -> float:
    """Return the seconds to wait after so many tries: `first`, and twice as long after each further one.

    Args:
        tries: How often it was tried, at least once.
        first: Seconds to wait after the first try.
        longest: The most seconds to wait.
    """
    return min(longest, first * 2.0 ** min(tries - 1, _MOST_DOUBLINGS))


def longer(pause: float, first: float, longest: float, factor: float) -> float:
    """Return the seconds to wait after a pause, which may have been shortened: `factor` times as long.

    Args:
        pause: Seconds of the pause before.
        first: It counts as at least so many seconds.
        longest: The most seconds to wait.
        factor: How many times as long.
    """
    return min(longest, max(first, pause) * factor)
