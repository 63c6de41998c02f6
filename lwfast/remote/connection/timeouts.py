"""Numbers of seconds: checked where they come in, and counted while an answer is read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LEAST_PACE = 1024.0
"""Bytes per second below which a large answer is given up, once `PATIENCE_SECONDS` are over."""
PATIENCE_SECONDS = 60.0
SHORTEST_SECONDS = 0.01
MOMENT_SECONDS = 3.0


class AnswerTime:
    """How long one answer may take: from one piece to the next, and in all.

    A sender of one byte now and then is never silent for long. So a small answer has as much time in all as
    it may be silent for, a large one has to come at `LEAST_PACE`, and neither is read any further than the
    moment by which the caller wants it.

    Args:
        silence: Most seconds from the request to the first piece, and from each piece to the next.
        large: Whether it may take longer than that in all, as long as it keeps coming.
        cutoff: Monotonic time after which nothing is read, or None.
        notice: Seconds after which `on_silence` is called if nothing has come by then.
        on_silence: Called once, with those seconds and how many more are waited, or None.
    """

    def __init__(
        self,
        silence: float,
        *,
        large: bool = False,
        cutoff: float | None = None,
        notice: float = math.inf,
        on_silence: Callable[[float, float], None] | None = None,
    ) -> None:
        self._notice = notice
        self._on_silence = on_silence
        self.silence = silence
        self._large = large
        self._cutoff = math.inf if cutoff is None else cutoff
        self.start()

    def start(self) -> None:
        """Begin to count: the request has left."""
        self._began = self._latest = time.monotonic()
        self._received = 0

    def came(self, size: int) -> None:
        """Note that a piece of so many bytes came."""
        self._latest = time.monotonic()
        self._received += size

    def until_notice(self) -> float | None:
        """Return the seconds until it is worth a word that nothing has come; None where it is not."""
        if self._received or self._on_silence is None:
            return None
        return max(0.0, self._began + self._notice - time.monotonic())

    def is_silent(self) -> None:
        """Say, once, that nothing has come."""
        on_silence, self._on_silence = self._on_silence, None
        if on_silence is not None:
            on_silence(self._notice, self.left())

    def left(self) -> float:
        """Return the most seconds to wait for the next piece.

        Raises:
            TimeoutError: The time for the whole answer is over.
        """
        left = self._end() - time.monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long.")
        return max(SHORTEST_SECONDS, min(self.silence, left))

    def a_moment(self) -> float:
        """Return how long something may take that only makes an error plainer."""
        return min(MOMENT_SECONDS, max(SHORTEST_SECONDS, self._cutoff - time.monotonic()))

    def spent(self) -> str:
        """Say for how long nothing came, or for how long an answer came that did not end."""
        now = time.monotonic()
        if not self._received or now - self._latest >= self.silence:
            return f"sent nothing for {min(self.silence, now - self._latest):.3g} s"
        return f"sent {self._received} bytes in {now - self._began:.3g} s and no end"

    def _end(self) -> float:
        whole = self.silence
        if self._large:
            whole = max(self.silence, PATIENCE_SECONDS) + self._received / LEAST_PACE
        return min(self._began + whole, self._cutoff)


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
        timeout: Seconds as the caller gave them.
        name: What it is, for the message.
        instead: What else it may be, for the message.

    Raises:
        TypeError: It is not a number.
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
