"""Run the chunks of a campaign, here or in an executor, and give what became of them in order."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lwfast._base.parallel import available_cores, be_one_of_many, check_executor
from lwfast._base.progress import Progress
from lwfast._base.validation import as_integer
from lwfast.results.campaign.chunks import Outcome, lost_chunk, run_chunk
from lwfast.results.campaign.sums import MeanSum, S
from lwfast.results.campaign.verbs import CampaignStep

if TYPE_CHECKING:
    from concurrent.futures import BrokenExecutor, Executor

_IN_FLIGHT = 32
"""Chunks handed out at a time where the executor does not tell how many workers it has."""
_LARGE_FILE = 1 << 18
"""Bytes of a file, on average, from which on chunks are processed on threads."""
_DIED = "a worker that processed this file, or one of those at work with it, ended abruptly"
_NOT_TRIED = "not tried: a worker had ended abruptly, and its pool with it"

Done = tuple[tuple[Path, ...], Outcome[S]]


class RunOptions(NamedTuple):
    """Where and how the work is done: the arguments of `Campaign.merge` with these names."""

    executor: Executor | None = None
    progress: Any = None
    in_flight: int | None = None


def outcomes_of(
    kind: Callable[[], S],
    chunks: list[tuple[Path, ...]],
    steps: tuple[CampaignStep, ...],
    raw_data: bool,
    run: RunOptions,
) -> Generator[Done[S], None, None]:
    """Give each chunk of files and what became of it, in order.

    Where a pool breaks, what was done is given all the same; the outcome of the other chunks says so.

    Raises:
        TypeError: If a step cannot be sent to a process pool, the executor is not an executor, or `progress`
            is neither a bool nor a callable.
        ValueError: If no chunk may be in flight.
        BrokenExecutor: If the pool was broken before.
        Exception: As in `run_chunk`.
    """
    executor = run.executor
    check_executor(executor, "submit")
    window = _window(executor, run.in_flight)
    if _is_process_pool(executor):
        _check_can_travel(steps)
    n_done, n_files = 0, sum(map(len, chunks))
    own: AbstractContextManager[Any] = nullcontext()
    if executor is None and _may_use_threads(kind, chunks, steps):
        from concurrent.futures import ThreadPoolExecutor  # loads logging: small files do without

        workers = available_cores()
        own = executor = ThreadPoolExecutor(
            workers, thread_name_prefix="lwfast-campaign", initializer=be_one_of_many
        )
        window = workers + 1
    # Not opened as a context: a callable takes files, and no steps of the work on one.
    with own, closing(Progress(run.progress, unit="file", takes=("done", "total"))) as shown:
        if n_files:
            shown.begin("files", n_files)
        if executor is None:
            run_here = partial(run_chunk, kind, steps=steps, raw_data=raw_data, travels=False)
            done: Iterator[Done[S]] = ((chunk, run_here(chunk)) for chunk in chunks)
        else:
            done = _elsewhere(executor, chunks, window, (kind, steps, raw_data))
        for chunk, outcome in done:
            yield chunk, outcome
            if outcome.broken is None:
                n_done += len(chunk)
                shown.report("files", n_done, n_files)


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
    if not all(step.is_ours for step in steps) or getattr(kind, "func", kind) is MeanSum:
        return False
    sizes = [_size_of(path) for chunk in chunks for path in chunk]
    return sum(sizes) >= _LARGE_FILE * len(sizes)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it will report it


def _elsewhere(
    executor: Executor, chunks: list[tuple[Path, ...]], window: int, task: tuple[Any, Any, bool]
) -> Iterator[Done[Any]]:
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


def _check_can_travel(steps: tuple[CampaignStep, ...]) -> None:
    try:
        pickle.dumps(steps)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"A step cannot be sent to other processes: {error}. Use functions of a module (lambdas and "
            "functions inside functions do not do), or a pool of threads."
        ) from error
