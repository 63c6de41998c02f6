"""Ids of jobs: numbers, as a rule; a scheduler may write them as text, or have others."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

JobId = int | Annotated[str, Meta(min_length=1)]

_MOST_DIGITS = 19


def plain_id(job_id: int | str) -> int | str:
    """Return an id as a number where it is one, such as `"17770"`, else as it is."""
    is_number = isinstance(job_id, str) and job_id.isascii() and job_id.isdigit()
    return int(job_id) if is_number and len(job_id) <= _MOST_DIGITS else job_id  # type: ignore[arg-type]


def id_order(job_id: int | str) -> tuple[int, int, str]:
    """Return what ids are sorted by: numbers first, then texts."""
    return (0, job_id, "") if isinstance(job_id, int) else (1, 0, job_id)
