"""Showing a person how a wait is going."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from lwfast._base.progress import Progress, find_tqdm
from lwfast.wire import Status

PRINT_SECONDS = 1.0
LARGE_BYTES = 2_000_000


class StatusLine:
    """One line on stderr with status and queue position, kept up to date.

    With tqdm, in a terminal or a notebook, it is redrawn; else there is a line for each change.

    Args:
        n_jobs: How many jobs are waited for.
    """

    def __init__(self, n_jobs: int) -> None:
        self._n_jobs = n_jobs
        self._began = time.monotonic()
        self._bar = _make_bar(n_jobs)
        self._done: set[int] = set()
        self._printed: tuple[float, str] = (-PRINT_SECONDS, "")

    def __call__(self, job: Any, status: Status, position: int | None) -> None:
        """Show a change."""
        where = f", position {position} in the queue" if position is not None else ""
        text = f"Job {job.job_id}: {status}{where}"
        ended = status.is_complete and id(job) not in self._done
        if ended:
            self._done.add(id(job))
        if self._bar is None:
            self._print(text, status, important=self._n_jobs == 1 or len(self._done) == self._n_jobs)
            return
        self._bar.set_description_str(text, refresh=False)
        self._bar.update(int(ended))
        self._bar.refresh()

    def _print(self, text: str, status: Status, *, important: bool) -> None:
        """Print a line for a new status of a single job; for other changes, one a second."""
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
        if self._bar is not None:
            self._bar.close()


def _make_bar(n_jobs: int) -> Any:
    tqdm = _find_tqdm()
    shape = "{desc} |{bar:20}| {n_fmt}/{total_fmt} [{elapsed}]" if n_jobs > 1 else "{desc} [{elapsed}]"
    return None if tqdm is None else tqdm(total=n_jobs, bar_format=shape, file=sys.stderr)


def _find_tqdm() -> Any:
    """Return tqdm if it is installed and a line can be redrawn: in a terminal or a notebook."""
    tqdm = find_tqdm()
    return tqdm if tqdm is not None and (sys.stderr.isatty() or "notebook" in tqdm.__module__) else None


class Shown:
    """A context that turns a `progress` argument into what following calls on a change, or None.

    Args:
        progress: True for a status line, a callable that takes job, status and queue position, or nothing.
        n_jobs: How many jobs are waited for.

    Raises:
        TypeError: `progress` is something else.
    """

    def __init__(self, progress: Any, n_jobs: int) -> None:
        if progress is not None and not isinstance(progress, bool) and not callable(progress):
            raise TypeError(
                "progress should be True, False or a callable that takes job, status and queue position, got "
                f"{type(progress).__name__}."
            )
        self._progress = progress
        self._n_jobs = n_jobs
        self._line: StatusLine | None = None

    def __enter__(self) -> Callable[[Any, Status, int | None], None] | None:
        if self._progress is True:
            self._line = StatusLine(self._n_jobs)
            return self._line
        return self._progress or None

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            self._line.close()


class Download:
    """A context that gives what shows the bytes of a large answer as they come, or None.

    Args:
        shown: Whether to show anything; that needs tqdm, and a terminal or a notebook.
    """

    def __init__(self, shown: bool) -> None:
        can_redraw = shown and _find_tqdm() is not None
        self._progress = Progress(can_redraw, unit="B", without_tqdm="nothing")
        self._shown = can_redraw

    def __enter__(self) -> Callable[[int, int | None], None] | None:
        return self._update if self._shown else None

    def __exit__(self, *_: object) -> None:
        self._progress.close()

    def _update(self, done: int, total: int | None) -> None:
        if (total or done) >= LARGE_BYTES:
            self._progress.report("Result", done, total)
