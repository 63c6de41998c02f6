"""Numbers, times and texts as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def shown(text: object) -> str:
    """Return a text with an escape for whatever a terminal would obey rather than show.

    Names of jobs, QPUs and files come from elsewhere, and may hold codes that move the cursor or recolour it.
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in str(text)
    )


def moment(text: Any) -> datetime | None:
    """Read a time as the scheduler wrote it; None for whatever is not one."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def when(text: Any, *, local: bool) -> str:
    """Return a time to the second: for a person in local time, else in UTC with a `Z`."""
    found = moment(text)
    if found is None:
        return shown(text) if text else ""
    if local:
        return f"{found.astimezone():%Y-%m-%d %H:%M}"
    return f"{found.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def seconds_between(start: Any, end: Any) -> float | None:
    """Return the seconds between two times as the scheduler wrote them; None where one is missing."""
    first, last = moment(start), moment(end)
    return None if first is None or last is None else max(0.0, (last - first).total_seconds())


def duration(seconds: float | None) -> str:
    """Return seconds as `0.34s`, `12.3s`, `3m05s` or `2h03m`; empty for None."""
    if seconds is None:
        return ""
    if seconds < 60:
        text = f"{seconds:.2f}s" if seconds < 10 else f"{seconds:.1f}s"
        if text != "60.0s":
            return text
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"
