"""Run the chunks of a campaign, here or in an executor, and give what became of them in order."""

from __future__ import annotations

import pickle
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lwfast._base.parallel import available_cores, be_one_of_many, check_executor
from lwfast._base.progress import Progress
from lwfast._base.validation import as_integer
from lwfast.results.campaign.chunks import Outcome, Rooms, lost_chunk, run_chunk, together
from lwfast.results.campaign.sums import MeanSum, S
from lwfast.results.campaign.verbs import CampaignStep

if TYPE_CHECKING:
    from concurrent.futures import BrokenExecutor, Executor

_IN_FLIGHT = 32
"""Chunks handed out at a time where the executor does not tell how many workers it has."""
_LARGE_FILE = 1 << 18
"""Bytes of a file, on average, from which on chunks are processed on threads."""
_AT_ONCE_SECONDS = 0.1
"""Files that take longer are processed one by one; quicker ones in chunks, or pieces of these."""
_LEAST_SECONDS = 1e-6
_DIED = "a worker that processed this file, or one of those at work with it, ended abruptly"
_NOT_TRIED = "not tried: a worker had ended abruptly, and its pool with it"

_Chunk = tuple[Path, ...]
Done = tuple[_Chunk, Outcome[S]]


class RunOptions(NamedTuple):
    """Where and how the work is done: the arguments of `Campaign.merge` with these names.

    Attributes:
        executor: As there; likewise `progress` and `in_flight`.
        n_before: How many files an earlier run has done, which count as done from the start.
    """

    executor: Executor | None = None
    progress: Any = None
    in_flight: int | None = None
    n_before: int = 0


def outcomes_of(
    kind: Callable[[], S],
    chunks: list[tuple[Path, ...]],
    steps: tuple[CampaignStep, ...],
    raw_data: bool,
    run: RunOptions,
) -> Generator[Done[S], None, None]:
    """Give each chunk of files, or parts of it, and what became of them, in order.

    Where a pool breaks, what was done is given all the same; the outcome of the other chunks says so.

    Raises:
        TypeError: If a step or an observable cannot be sent to a process pool, the executor is not an
            executor, or `progress` is neither a bool nor a callable.
        ValueError: If no chunk may be in flight.
        BrokenExecutor: If the pool was broken before.
        Exception: As in `run_chunk`.
    """
    executor = run.executor
    check_executor(executor, "submit")
    window = _window(executor, run.in_flight)
    if _is_process_pool(executor):
        _check_can_travel(steps, "A step")
        _check_can_travel(kind, "The observable")
    n_done, n_files = run.n_before, run.n_before + sum(map(len, chunks))
    # Not opened as a context: a callable takes files, and no steps of the work on one.
    with closing(Progress(run.progress, unit="file", takes=("done", "total"))) as shown:
        if n_files > n_done:
            shown.begin("files", n_files, n_done)

        def report(n_more: int = 1) -> None:
            nonlocal n_done
            n_done += n_more
            shown.report("files", n_done, n_files)

        run_here: Callable[..., Outcome[S]] = partial(
            run_chunk, kind, steps=steps, raw_data=raw_data, travels=False, rooms=Rooms()
        )
        # A sum of means is rounded: it is of the same files as in an executor, and tells of each itself.
        is_told = executor is None and _is_mean(kind)
        done: Generator[Done[S], None, None]
        if executor is not None:
            done = _elsewhere(executor, chunks, window, (kind, steps, raw_data))
        elif _may_use_threads(kind, chunks, steps):
            done = on_threads(chunks, run_here, available_cores())
        elif is_told:
            done = ((chunk, run_here(chunk, after_each=report)) for chunk in chunks)
        else:
            done = _in_pieces(chunks, run_here)
        with closing(done):
            for chunk, outcome in done:
                yield chunk, outcome
                if outcome.broken is None and not is_told:
                    report(len(chunk))


class _Tasks:
    """Calls on threads, of which a few are ahead of what is taken. Executors would load what takes 5 ms.

    Args:
        task: What is called, with each number from 0 on.
        n_tasks: How often it is called.
        n_threads: Number of threads that call it.
    """

    def __init__(self, task: Callable[[int], Any], n_tasks: int, n_threads: int) -> None:
        self._task = task
        self._numbers: Iterator[int] = iter(range(n_tasks))  # taking the next one is atomic
        self._done: dict[int, Any] = {}
        self._failed: dict[int, BaseException] = {}
        self._news = threading.Condition()
        self._room = threading.Semaphore(n_threads + 1)  # tasks that were begun and not taken
        self._is_closed = False
        self._threads: list[threading.Thread] = []
        try:
            for k in range(min(n_threads, n_tasks)):
                thread = threading.Thread(target=self._work, name=f"lwfast-campaign_{k}", daemon=True)
                thread.start()
                self._threads.append(thread)
        except BaseException:
            self.close()
            raise

    def _work(self) -> None:
        be_one_of_many()
        while True:
            self._room.acquire()  # first: whoever has a number goes on without waiting for later ones
            number = None if self._is_closed else next(self._numbers, None)
            if number is None:
                self._room.release()  # to the next thread
                return
            try:
                outcome, failed = self._task(number), None
            except BaseException as error:  # noqa: BLE001  (raised where it is taken)
                outcome, failed = None, error
            with self._news:
                self._done[number] = outcome
                if failed is not None:
                    self._failed[number] = failed
                self._news.notify()

    def take(self, number: int) -> Any:
        """Return what the next task gave, or raise what it raised."""
        with self._news:
            while number not in self._done:
                self._news.wait()
        outcome = self._done.pop(number)
        self._room.release()
        if number in self._failed:
            raise self._failed.pop(number)
        return outcome

    def close(self) -> None:
        """Begin no more tasks, and wait for those that were begun."""
        self._is_closed = True
        self._room.release()
        for thread in self._threads:
            thread.join()


def on_threads(
    chunks: list[_Chunk], run_files: Callable[[_Chunk], Outcome[S]], n_threads: int
) -> Generator[Done[S], None, None]:
    """Give each chunk of files and what became of it, in order; files are shared out one by one.

    Args:
        chunks: The files of each chunk.
        run_files: Adds up files; a thread calls it for one file at a time.
        n_threads: Number of threads that call it.

    Raises:
        Exception: As `run_files`.
    """
    paths = [path for chunk in chunks for path in chunk]
    tasks = _Tasks(lambda number: run_files((paths[number],)), len(paths), n_threads)
    try:
        number = 0
        for chunk in chunks:
            outcomes: list[Outcome[S]] = [tasks.take(number + k) for k in range(len(chunk))]
            number += len(chunk)
            yield chunk, together(outcomes)
    finally:
        tasks.close()


def _is_process_pool(executor: Any) -> bool:
    module = sys.modules.get("concurrent.futures.process")  # takes as long to import as the half of NumPy
    return module is not None and isinstance(executor, module.ProcessPoolExecutor)


def _may_use_threads(
    kind: Callable[[], Any], chunks: list[tuple[Path, ...]], steps: tuple[CampaignStep, ...]
) -> bool:
    """Say whether chunks may be processed on threads of this process.

    Not where a callable of the user takes part, which may not expect that; and not where files are small, of
    which most of the time goes into Python: threads would wait for each other.
    """
    if len(chunks) < 2 or available_cores() < 2:
        return False
    if not all(step.is_ours for step in steps) or _is_mean(kind):
        return False
    sizes = [_size_of(path) for chunk in chunks for path in chunk]
    return sum(sizes) >= _LARGE_FILE * len(sizes)


def _in_pieces(
    chunks: list[_Chunk], run_files: Callable[[_Chunk], Outcome[S]]
) -> Generator[Done[S], None, None]:
    """Give chunks of quick files as they are, and slow files one by one: each can be told and kept.

    What is done with an outcome takes 30 us, a tenth of what the smallest files take.
    """
    seconds = max(_AT_ONCE_SECONDS, _LEAST_SECONDS)  # of a file; the first is looked at by itself
    for chunk in chunks:
        at = 0
        while at < len(chunk):
            size = max(1, min(len(chunk) - at, int(_AT_ONCE_SECONDS / seconds)))
            piece = chunk[at : at + size]
            began = time.perf_counter()
            outcome = run_files(piece)
            seconds = max((time.perf_counter() - began) / size, _LEAST_SECONDS)
            at += size
            yield piece, outcome


def _is_mean(kind: Callable[[], Any]) -> bool:
    return getattr(kind, "func", kind) is MeanSum


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it will report it


def _elsewhere(
    executor: Executor,
    chunks: list[tuple[Path, ...]],
    window: int,
    task: tuple[Any, Any, bool],
) -> Generator[Done[Any], None, None]:
    from concurrent.futures import BrokenExecutor

    kind, steps, raw_data = task
    pending: list[Any] = []
    broken: BrokenExecutor | None = None
    submitted = 0
    try:
        for number, chunk in enumerate(chunks):
            while broken is None and submitted < min(len(chunks), number + window):
                try:
                    pending.append(executor.submit(run_chunk, kind, chunks[submitted], steps, raw_data))
                except BrokenExecutor as error:
                    if submitted == 0:
                        raise
                    broken = error
                else:
                    submitted += 1
            if not pending:  # broken
                yield chunk, lost_chunk(chunk, _NOT_TRIED, broken)
                continue
            try:
                outcome = pending.pop(0).result()
            except BrokenExecutor as error:
                broken = broken or error
                outcome = lost_chunk(chunk, f"{type(error).__name__}: {_DIED}", broken)
            except Exception as error:
                # What dask raises where a task has killed several workers; the others go on.
                if not _is_killed_worker(error):
                    raise
                outcome = lost_chunk(chunk, f"KilledWorker: {_DIED}", None)
            yield chunk, outcome
    finally:
        for future in pending:
            future.cancel()


def _is_killed_worker(error: Exception) -> bool:
    scheduler = sys.modules.get("distributed.scheduler")  # loaded wherever dask's executor is
    killed = getattr(scheduler, "KilledWorker", None)
    return killed is not None and isinstance(error, killed)


def _window(executor: Executor | None, in_flight: int | None) -> int:
    if in_flight is None:
        workers = getattr(executor, "_max_workers", None)  # of the pools of concurrent.futures
        return 2 * workers if isinstance(workers, int) else _IN_FLIGHT
    in_flight = as_integer(in_flight, "in_flight")
    if in_flight < 1:
        raise ValueError(f"in_flight is {in_flight}; at least one chunk is worked on at a time.")
    return in_flight


def _check_can_travel(sent: Any, what: str) -> None:
    try:
        pickle.dumps(sent)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"{what} cannot be sent to other processes: {error}. Use functions of a module (lambdas and "
            "functions inside functions do not do), or a pool of threads."
        ) from error
