"""Showing a person how a wait is going."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lwfast.wire import Status

if TYPE_CHECKING:
    from .single_job import Job

Progress = "bool | None | Callable[[Job, Status, int | None], None]"


class StatusLine:
    """One line on stderr with status and queue position, kept up to date.

    With tqdm installed it is a bar over the jobs; else a line is printed for each change.

    Args:
        jobs: What is waited for.
    """

    def __init__(self, jobs: list[Job]) -> None:
        self._many = len(jobs) > 1
        self._began = time.monotonic()
        self._bar = _make_bar(len(jobs), self._many)
        self._done: set[int] = set()

    def __call__(self, job: Job, status: Status, position: int | None) -> None:
        """Show a change."""
        where = f", position {position} in the queue" if position is not None else ""
        text = f"Job {job.job_id}: {status}{where}"
        new = status.is_complete and id(job) not in self._done
        if new:
            self._done.add(id(job))
        if self._bar is None:
            sys.stderr.write(f"{text} ({time.monotonic() - self._began:.1f} s)\n")
            sys.stderr.flush()
            return
        self._bar.set_description_str(text, refresh=not new)
        if new:
            self._bar.update(1)
            self._bar.refresh()

    def close(self) -> None:
        """Leave the last state of the line on the screen."""
        if self._bar is not None:
            self._bar.close()


def _make_bar(n_jobs: int, many: bool) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    shape = "{desc} |{bar:20}| {n_fmt}/{total_fmt} [{elapsed}]" if many else "{desc} [{elapsed}]"
    return tqdm(total=n_jobs, bar_format=shape, leave=True, file=sys.stderr)


class Shown:
    """A context that turns a `progress` argument into what following calls on a change, or None.

    Args:
        progress: True for a status line, a callable that takes job, status and queue position, or nothing.
        jobs: What is waited for.

    Raises:
        TypeError: `progress` is something else.
    """

    def __init__(self, progress: Any, jobs: list[Job]) -> None:
        if progress is not None and not isinstance(progress, bool) and not callable(progress):
            raise TypeError(
                "progress should be True, False or a callable that takes job, status and queue position, got "
                f"{type(progress).__name__}."
            )
        self._progress = progress
        self._jobs = jobs
        self._line: StatusLine | None = None

    def __enter__(self) -> Callable[[Job, Status, int | None], None] | None:
        if self._progress is True:
            self._line = StatusLine(self._jobs)
            return self._line
        return self._progress or None

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            self._line.close()
