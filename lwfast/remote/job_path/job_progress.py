"""Showing a person how a wait is going."""

from __future__ import annotations

import sys
import time
from typing import Any

from lwfast._base.progress import Progress, ProgressLike, find_tqdm
from lwfast._base.showing.amounts import several
from lwfast.remote.tracked import tracked_of
from lwfast.wire import Status

PRINT_SECONDS = 1.0
LARGE_BYTES = 2_000_000


class JobProgress(Progress):
    """Shows each change of status and queue position of jobs, on one line of stderr.

    With tqdm, in a terminal or a notebook, it is redrawn; else there is a line for each change. It is never
    opened as a context: who loops over jobs may work between them, and steps of that are not news of a job.

    Args:
        wanted: As in `Progress`; a callable takes job, status and queue position (None without one).
        n_jobs: How many jobs are waited for.
    """

    def __init__(self, wanted: ProgressLike, n_jobs: int) -> None:
        super().__init__(wanted, takes=("job", "status", "position"))
        self._n_jobs = n_jobs
        self._began = time.monotonic()
        self._line: Any = None
        self._done: set[int] = set()
        self._printed: tuple[float, str] = (-PRINT_SECONDS, "")
        if self.is_wanted and self._function is None:
            self._line = _make_bar(n_jobs)

    def changed(self, job: Any, status: Status, position: int | None) -> None:
        """Show a change."""
        self.told(job=job, status=status, position=position)

    def _show(self, *, job: Any, status: Status, position: int | None) -> None:  # type: ignore[override]
        waits = position is not None and status is not Status.RUNNING
        where = f", position {position} in the queue" if waits else ""
        text = f"Job {job.job_id}: {status}{where or _what_runs(job, status)}"
        ended = status.is_complete and id(job) not in self._done
        if ended:
            self._done.add(id(job))
        if self._line is None:
            self._print(text, status, important=self._n_jobs == 1 or len(self._done) == self._n_jobs)
            return
        self._line.set_description_str(text, refresh=False)
        self._line.update(int(ended))
        self._line.refresh()

    def _print(self, text: str, status: Status, *, important: bool) -> None:
        """Print a line for a new status of a single job; for other changes, one per second."""
        seconds = time.monotonic() - self._began
        last, shown = self._printed
        if seconds - last < PRINT_SECONDS and not (important and shown != str(status)):
            return
        self._printed = (seconds, str(status))
        many = f" ({len(self._done)} of {self._n_jobs} complete)" if self._n_jobs > 1 else ""
        sys.stderr.write(f"{text}{many}, {seconds:.1f} s\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Leave the last state of the line on the screen."""
        if self._line is not None:
            self._line.close()


def _what_runs(job: Any, status: Status) -> str:
    """Say what a job that runs is, where that is known: its samples and the size of its circuit."""
    sent = tracked_of(job).payload
    if status is not Status.RUNNING or sent is None:
        return ""
    size = f"{several(sent.n_modes, 'mode')} and {several(sum(sent.input), 'photon')}"
    return f", {several(sent.n_samples, 'sample')} of {size}"


def _make_bar(n_jobs: int) -> Any:
    """Return a bar if tqdm is installed and a line can be redrawn: in a terminal or a notebook."""
    tqdm = find_tqdm()
    if tqdm is None or not (sys.stderr.isatty() or "notebook" in tqdm.__module__):
        return None
    shape = "{desc} |{bar:20}| {n_fmt}/{total_fmt} [{elapsed}]" if n_jobs > 1 else "{desc} [{elapsed}]"
    return tqdm(total=n_jobs, bar_format=shape, file=sys.stderr)


class Download(Progress):
    """Shows the bytes of a large result as they come.

    Args:
        wanted: As in `Progress`; a callable hears of jobs, not of bytes.
    """

    def __init__(self, wanted: ProgressLike) -> None:
        super().__init__(False if callable(wanted) else wanted, unit="B")

    def came(self, done: int, total: int | None) -> None:
        """Show that so many bytes came, of as many as are expected."""
        if (total or done) >= LARGE_BYTES:
            self.report("Result", done, total)
