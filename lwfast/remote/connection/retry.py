"""When a request is sent again, and after which pause."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lwfast._base.pauses import pause_after

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 4.0
LONGEST_RETRY_AFTER_SECONDS = 60.0
NOTE_SECONDS = 1.0
"""A wait from here on is announced."""
NOTE_CHARACTERS = 400


@dataclass(frozen=True)
class RetryPolicy:
    """When to try again.

    Attributes:
        attempts: Most tries in all.
        max_seconds: No new try later than this after the first.
        reconnect: Whether to try again where no connection was made, so that nothing was sent.
        resend: Whether to try again where the request may have arrived, or the scheduler was busy. One that
            had too many requests (429) did nothing, so it is asked again in any case.
        done: The only status of 200 to 299 that means it was done, or None for any: another, and any of 500
            and above, leaves that open, and is tried again.
    """

    attempts: int = 6
    max_seconds: float = 60.0
    reconnect: bool = True
    resend: bool = True
    done: int | None = None

    def leaves_open(self, status: int) -> bool:
        """Whether an answer leaves open what became of a request that is to be tried until it is done."""
        return self.done is not None and (status >= 500 or (200 <= status < 300 and status != self.done))

    def pause(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after a try: what the scheduler asked for, else doubling, with jitter."""
        if retry_after is not None:
            return min(retry_after, LONGEST_RETRY_AFTER_SECONDS)
        longest = pause_after(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311  (spreads clients; no secret)


class WaitNote:
    """Says once on stderr that something waits to be tried again, and why; silent with `LWFAST_QUIET=1`.

    Args:
        most_seconds: How long it is tried.
    """

    def __init__(self, most_seconds: float) -> None:
        self._most_seconds = most_seconds
        self._is_said = False

    def waits(self, seconds: float, error: Exception) -> None:
        """Hear how long it will have waited after the next pause; from a second on, say so.

        Args:
            seconds: Since the first try, or since all was well, to the end of the pause.
            error: Why the last try failed, whose text is shown.
        """
        if self._is_said or seconds < NOTE_SECONDS:
            return
        self._is_said = True
        from lwfast._kernels.stderr_notes import is_quiet, say

        if not is_quiet():
            why = " ".join(str(error).split())[:NOTE_CHARACTERS]
            most = "" if self._most_seconds == math.inf else f" for up to {self._most_seconds:g} s"
            say(f"{why} Trying again{most}. Set LWFAST_QUIET=1 to hide this line.")


IDEMPOTENT = RetryPolicy()
"""For what may be asked twice."""
SINGLE = RetryPolicy(attempts=1)
"""For what the caller asks again by itself."""
ONCE = RetryPolicy(resend=False)
"""For what must not happen twice: only a connection that was never made is tried again."""
KEYED = RetryPolicy(attempts=20, max_seconds=30.0, done=202)
"""For a submit with an idempotency key: long enough for a scheduler to start again."""


_NO_DATE = (ValueError, OverflowError, TypeError, IndexError)
"""What the standard library raises of a text that is not a date, or of a date outside its calendar."""


def parse_retry_after(text: str | None) -> float | None:
    """Read a `Retry-After` header, seconds or a date, as seconds from now; None where it says nothing."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    except _NO_DATE:
        return None
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER_SECONDS)
