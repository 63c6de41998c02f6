"""Jobs as tables in notebooks: what is known of them, without asking a scheduler."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lwfast._base.showing.html import grouped, table
from lwfast.remote.tracked import Tracked

_HEADERS = ("Job", "Name", "QPU", "Status", "Created")


def known_of(job: Tracked) -> list[tuple[str, Any]]:
    """Return names and values of what is known of a job; None for what is not."""
    about, sent = job.about, job.payload
    task = None
    if sent is not None:
        task = f"{sent.n_modes} modes, {sent.input.n_photons} photons, {grouped(sent.n_samples)} samples"
    return [
        ("Name", job.name),
        ("QPU", about.get("qpu")),
        ("Status", _status(job)),
        ("Task", task),
        ("Created", about.get("created_date")),
        ("Finished", about.get("finished_date")),
        ("Earlier ids", ", ".join(map(str, job.previous_ids)) or None),
    ]


def jobs_table(title: str, jobs: Iterable[tuple[str | None, Tracked]], n_jobs: int) -> str:
    """Return a table of jobs as HTML.

    Args:
        title: Heading of the table, such as the number of jobs.
        jobs: The name that each has here, None for its own, and what is known of it.
        n_jobs: How many there are.
    """
    rows = (
        (
            "–" if job.job_id is None else str(job.job_id),
            name or job.name,
            job.about.get("qpu"),
            _status(job),
            job.about.get("created_date"),
        )
        for name, job in jobs
    )
    return table(title, _HEADERS, rows, n_rows=n_jobs, things="jobs")


def _status(job: Tracked) -> str | None:
    """Return a status that stays, or the latest one, said to be that."""
    if job.final is not None:
        return str(job.final)
    if job.seen is not None:
        return f"{job.seen}, when last asked"
    return "not submitted" if job.job_id is None else None
