"""Work in chunks: each is done once, on whichever thread, and the first fault ends it."""

from __future__ import annotations

import concurrent.futures
import threading
import time

import pytest

from lwfast._base import parallel
from lwfast._base.progress import Progress


@pytest.mark.parametrize("workers", [1, 2, 5, None])
@pytest.mark.parametrize("n_chunks", [0, 1, 2, 40])
def test_each_chunk_is_done_once(n_chunks, workers):
    done = []
    parallel.run_chunks(done.append, n_chunks, workers)
    assert sorted(done) == list(range(n_chunks))


def test_chunks_run_at_the_same_time(monkeypatch):
    """As many as there are workers, the calling thread among them; no more."""
    monkeypatch.setattr(parallel, "_machine_cores", lambda: 8)
    parallel._helpers.cache_clear()
    meeting = threading.Barrier(3)
    threads = set()

    def task(chunk):
        threads.add(threading.current_thread())
        if chunk < 3:
            meeting.wait(20)
        time.sleep(0.002)

    try:
        parallel.run_chunks(task, 30, 3)
    finally:
        parallel._helpers().shutdown()
        parallel._helpers.cache_clear()
    assert len(threads) == 3
    assert threading.current_thread() in threads


@pytest.mark.parametrize("workers", [1, 3])
def test_the_first_fault_ends_the_work(workers):
    """It is raised, and chunks that have not begun are left out."""
    done = []

    def task(chunk):
        if chunk == 2:
            raise ZeroDivisionError("chunk 2")
        if chunk > 2:
            failed.wait(0.01)
        done.append(chunk)

    failed = threading.Event()
    with pytest.raises(ZeroDivisionError, match="chunk 2"):
        parallel.run_chunks(task, 1000, workers)
    assert len(done) < 500
    if workers == 1:
        assert done == [0, 1]


@pytest.mark.parametrize("helper", [False, True], ids=["here", "on a helper"])
def test_what_fails_anywhere_is_raised_here(helper):
    """After a fault on either side, no chunk begins on the other."""
    here = threading.current_thread()
    begun = threading.Barrier(2)
    after = []

    def task(chunk):
        if chunk < 2:
            begun.wait(20)
            if (threading.current_thread() is not here) == helper:
                raise OSError("broken")
        else:
            after.append(chunk)
            threading.Event().wait(0.005)

    with pytest.raises(OSError, match="broken"):
        parallel.run_chunks(task, 2000, 2)
    assert len(after) < 1000


def test_no_future_is_asked(monkeypatch):
    """Ctrl-C within a method of one may leave its lock with this thread: then a helper waits for ever."""

    def asked(*_):
        raise AssertionError("a future was asked")

    for name in ("cancel", "done", "exception", "result"):
        monkeypatch.setattr(concurrent.futures.Future, name, asked)
    parallel.run_chunks(lambda chunk: None, 20, 3)
    with pytest.raises(OSError, match="broken"):
        parallel.run_chunks(broken, 20, 3)


def broken(_chunk):
    raise OSError("broken")


def test_helpers_that_are_busy_are_not_waited_for(monkeypatch):
    """They might wait for whoever called: a task that itself works in chunks, on a pool of one."""
    monkeypatch.setattr(parallel, "_machine_cores", lambda: 2)
    parallel._helpers.cache_clear()
    done = []
    try:
        parallel.run_chunks(lambda chunk: parallel.run_chunks(done.append, 5, 2), 4, 2)
    finally:
        parallel._helpers().shutdown()
        parallel._helpers.cache_clear()
    assert sorted(done) == sorted(4 * list(range(5)))


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_ends_at_the_total(workers):
    seen = []
    with Progress(lambda *step: seen.append(step)):
        parallel.run_chunks(lambda chunk: None, 7, workers, "work")
        parallel.run_chunks(lambda chunk: None, 7, workers)
    assert seen[-1] == ("work", 7, 7)
    assert {step[0] for step in seen} == {"work"}


def test_a_share_of_the_cores():
    """Others compute beside this process; None gives all back."""
    everything = parallel.available_cores()
    try:
        parallel.share_cores(1)
        assert parallel.available_cores() == 1
        parallel.share_cores(10_000)
        assert parallel.available_cores() == everything
    finally:
        parallel.share_cores(None)
    assert parallel.available_cores() == everything


def test_workers_are_checked():
    assert parallel.checked_workers(None) is None
    assert parallel.checked_workers(3) == 3
    with pytest.raises(ValueError, match="workers should be at least 1, or None for all cores, got 0"):
        parallel.checked_workers(0)
    with pytest.raises(TypeError, match="workers"):
        parallel.checked_workers(1.5)
