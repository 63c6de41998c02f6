"""Times as the wire writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def now_text() -> str:
    """The present time, ISO 8601 in UTC with microseconds, e.g. `2025-10-16T08:25:47.928816Z`."""
    return time_text(datetime.now(UTC))


def time_text(time: datetime) -> str:
    """A time in UTC, in the same form."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
