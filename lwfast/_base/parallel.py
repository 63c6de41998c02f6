"""Threads on fixed chunks: the cut of the work depends on the work, never on the number of threads."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lwfast._base.progress import step
from lwfast._base.validation import as_integer

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor
    from queue import SimpleQueue


_share: int | None = None


def share_cores(count: int | None) -> None:
    """Let this process use at most `count` cores from now on, as others compute beside it; None for all."""
    global _share
    _share = count


class _Thread(threading.local):
    """What is known of a thread."""

    is_one_of_many = False


_thread = _Thread()


def be_one_of_many() -> None:
    """Let this thread do by itself what it does from now on: others like it have the other cores."""
    _thread.is_one_of_many = True


def available_cores() -> int:
    """Return how many cores this thread may use, with those that help it."""
    if _thread.is_one_of_many:
        return 1
    cores = _machine_cores()
    return cores if _share is None else min(cores, _share)


def _machine_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked_workers(workers: Any) -> int | None:
    """Return a number of threads as a Python int, or None for all cores.

    Raises:
        TypeError: It is not an integer.
        ValueError: It is below 1.
    """
    if workers is None:
        return None
    count = as_integer(workers, "workers")
    if count < 1:
        msg = f"workers should be at least 1, or None for all cores, got {count}."
        raise ValueError(msg)
    return count


def check_executor(executor: Any, *methods: str) -> None:
    """Raise unless a caller's `executor` can be handed work, or is None.

    Args:
        executor: What the caller gave.
        methods: What is asked of it, of `submit` and `map`.

    Raises:
        TypeError: It has not got these, or is a class.
    """
    if executor is None:
        return
    if not isinstance(executor, type) and all(callable(getattr(executor, name, None)) for name in methods):
        return
    wrong = (
        f"the class {executor.__name__}; make one of it, as {executor.__name__}() does"
        if isinstance(executor, type)
        else f"{executor!r:.80} of type {type(executor).__name__}"
    )
    msg = (
        f"The executor should be None or have the methods {' and '.join(methods)} of an Executor of "
        f"concurrent.futures, such as a ProcessPoolExecutor; got {wrong}."
    )
    raise TypeError(msg)


@functools.cache
def _helpers() -> ThreadPoolExecutor:
    """Return the threads that help the calling one; to start them anew for each call would take 0.1 ms."""
    from concurrent.futures import ThreadPoolExecutor

    # For all cores, whatever the share is now: it starts no thread before there is work for it.
    return ThreadPoolExecutor(max(_machine_cores() - 1, 1), thread_name_prefix="lwfast")


if hasattr(os, "register_at_fork"):
    # A forked child has the pool but not its threads.
    os.register_at_fork(after_in_child=_helpers.cache_clear)


class _Run:
    """Chunks that this thread and others take one after the other.

    Nothing is asked of the futures of the helpers: Ctrl-C within one of their methods may leave its lock with
    this thread, and a helper would wait for it for ever.

    Args:
        task: Works on one chunk, as in `run_chunks`.
        n_chunks: How many chunks there are.
        what: Name of the work that is reported; None reports nothing.
    """

    def __init__(self, task: Callable[[int], object], n_chunks: int, what: str | None) -> None:
        from queue import SimpleQueue

        self._task, self._n_chunks, self._what = task, n_chunks, what
        self._chunks = iter(range(n_chunks))  # to take the next one is atomic, as with the lists below
        self._tickets: list[None] = []
        self._begun: list[None] = []
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()
        self._failed = False

    def start(self, n_helpers: int) -> None:
        """Ask as many helpers."""
        for _ in range(n_helpers):
            self._tickets.append(None)
            _helpers().submit(self._help)

    def drain(self) -> None:
        """Work on chunks until none is left, or one has failed."""
        try:
            for chunk in self._chunks:
                if self._failed:
                    return
                self._task(chunk)
                if self._what is not None:
                    # Helpers report to nobody: progress is shown in the context that asked for it.
                    step(self._what, chunk + 1, self._n_chunks)
        except BaseException:
            self._failed = True
            raise

    def _help(self) -> None:
        self._begun.append(None)
        error: BaseException | None = None
        try:
            if self._has_ticket():
                self.drain()
        except BaseException as met:  # noqa: BLE001  (raised on the thread that waits)
            error = met
        self._ended.put(error)

    def _has_ticket(self) -> bool:
        try:
            self._tickets.pop()
        except IndexError:
            return False
        return True

    def ended(self) -> list[BaseException]:
        """Wait for the helpers that have begun; return the exceptions that they met.

        The others find no ticket: they are not needed any more, and might wait for this very thread's caller.
        """
        self._tickets.clear()
        try:
            return [error for error in (self._ended.get() for _ in list(self._begun)) if error is not None]
        except BaseException:
            self._failed = True
            raise


def run_chunks(
    task: Callable[[int], object], n_chunks: int, workers: int | None = None, what: str | None = None
) -> None:
    """Call `task(0)` to `task(n_chunks - 1)`, on threads where that can help, this one among them.

    Args:
        task: Works on one chunk; releases the GIL for most of its time. No two chunks write the same place.
        n_chunks: Number of chunks, each of which is a call of its own.
        workers: Number of threads; None takes all cores, and no more are ever used.
        what: Name of the work, for whoever shows progress; None reports nothing.

    Raises:
        BaseException: The first exception of a chunk, or Ctrl-C; chunks not yet begun are then left out.
    """
    workers = n_chunks if n_chunks <= 1 else min(n_chunks, workers or available_cores())
    if workers <= 1:
        for chunk in range(n_chunks):
            task(chunk)
            if what is not None:
                step(what, chunk + 1, n_chunks)
        return
    run = _Run(task, n_chunks, what)
    try:
        run.start(workers - 1)
        run.drain()
    finally:
        errors = run.ended()
    if errors:
        raise errors[0]
    if what is not None:
        step(what, n_chunks, n_chunks)
