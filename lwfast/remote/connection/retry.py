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
SILENCE_SECONDS = 5.0
"""An answer of which nothing has come after so long is announced, too."""
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

    def tries_left(self, attempt: int, retry_after: float | None, elapsed: float) -> int | None:
        """Return how many tries are left where they end it, and None where the time does.

        Args:
            attempt: How many tries there were so far.
            retry_after: Seconds that the scheduler asked for, which it is taken to go on asking for, or None.
            elapsed: Seconds since the first try.
        """
        if not 0 < self.attempts - attempt < math.inf:
            return None
        for later in range(attempt, self.attempts):
            elapsed += _longest_pause(later, retry_after)
        return self.attempts - attempt if elapsed <= self.max_seconds else None

    def pause(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after a try: what the scheduler asked for, else doubling, with jitter."""
        longest = _longest_pause(attempt, retry_after)
        return longest if retry_after is not None else longest * random.uniform(0.5, 1.0)  # noqa: S311  (spreads clients; no secret)


def _longest_pause(attempt: int, retry_after: float | None) -> float:
    if retry_after is not None:
        return min(retry_after, LONGEST_RETRY_AFTER_SECONDS)
    return pause_after(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)


class WaitNote:
    """Says once on stderr that something waits to be tried again, and why; silent with `LWFAST_QUIET=1`.

    Args:
        most_seconds: How long it is tried.
    """

    def __init__(self, most_seconds: float) -> None:
        self._most_seconds = most_seconds
        self._is_said = False

    def waits(self, seconds: float, error: Exception, tries: int | None = None) -> None:
        """Hear how long it will have waited after the next pause; from a second on, say so.

        Args:
            seconds: Since the first try, or since all was well, to the end of the pause.
            error: Why the last try failed, whose text is shown.
            tries: How many more there are, where they end before the time does; else None.
        """
        if self._is_said or seconds < NOTE_SECONDS:
            return
        self._is_said = True
        why = " ".join(str(error).split())[:NOTE_CHARACTERS]
        most = "" if self._most_seconds == math.inf else f" for up to {self._most_seconds:g} s"
        if tries is not None:
            most = " once" if tries == 1 else f", up to {tries} times"
        announce(f"{why} Trying again{most}.")


class SilenceNote:
    """Says on stderr that a host sends nothing, once until its next answer.

    It knows nothing of the connections to that host. What reads an answer stays with its connection, and
    urllib3 keeps that one for as long as there is the pool: a way from there to the pool would keep both for
    good, with an open socket.

    Args:
        host: As it is shown.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._is_said = False

    def is_silent(self, silent: float, left: float) -> None:
        """Hear that nothing has come for so many seconds, and how many more are waited."""
        if not self._is_said:
            self._is_said = True
            announce(
                f"{self._host} has sent nothing for {silent:.0f} s; waiting for up to {left:.0f} s more."
            )

    def has_answered(self) -> None:
        """Hear that an answer came."""
        self._is_said = False


def announce(text: str) -> None:
    """Say on stderr why somebody waits; nothing with `LWFAST_QUIET=1`."""
    from lwfast._kernels.stderr_notes import is_quiet, say

    if not is_quiet():
        say(f"{text} Set LWFAST_QUIET=1 to hide this line.")


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
