"""Jobs that run at once share the cores."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from lwfast._base import parallel as _parallel
from lwfast.scheduler.qpus import parse_qpus, profile_text
from lwfast.scheduler.queue import core
from lwfast.scheduler.queue.queue import JobQueue
from tests.scheduler.harness import make_settings, running

SPARE = profile_text("artemis").replace("id = 1", "id = 2").replace('"Artemis"', '"Spare"')
ONE_OFFLINE = profile_text("artemis") + SPARE.replace("available = true", "available = false")


def share(workers, running, waiting, offline=0):
    """The share of a job that begins on a machine of 16 cores."""
    queue = JobQueue()
    for job_id in range(waiting + offline):
        queue.add(job_id)
    return core.Scheduler._cores_each(
        SimpleNamespace(
            pool=SimpleNamespace(
                cores=16,
                workers=[SimpleNamespace(job_id=n if n < running else None) for n in range(workers)],
            ),
            book=SimpleNamespace(queue=queue),
            _may_run=lambda job_id: job_id >= offline,
        )
    )


@pytest.mark.parametrize(
    ("workers", "running", "waiting", "offline", "cores"),
    [
        (15, 1, 0, 0, 16),
        (15, 1, 1, 0, 8),
        (15, 2, 3, 0, 3),
        (15, 1, 99, 0, 1),
        (4, 1, 99, 0, 4),
        (4, 4, 99, 0, 4),
        (1, 1, 99, 0, 16),
        (15, 1, 0, 99, 16),
        (15, 1, 1, 99, 8),
        (40, 40, 0, 0, 1),
    ],
)
def test_share(workers, running, waiting, offline, cores):
    """Of those that run and those that run next; a job of a QPU that is offline takes none."""
    assert share(workers, running, waiting, offline) == cores


def test_the_worker_keeps_to_its_share(tmp_path, monkeypatch):
    """The number gets to where threads are started, and no number makes cores."""
    cores = _parallel.available_cores()
    runner = "tests.scheduler.runners:shows_cores"
    qpus = parse_qpus(ONE_OFFLINE, "test")
    with running(make_settings(tmp_path, workers=3, runner=runner, qpus=qpus)) as api:
        api.submit(qpu="Spare")
        for told, used in ((None, cores), (1, 1), (10**6, cores)):
            if told is not None:
                monkeypatch.setattr(api.scheduler, "_cores_each", lambda told=told: told)
            assert api.wait(api.submit())["userExecutionNotes"] == f"cores={used}"


@pytest.fixture
def many_cores(monkeypatch):
    monkeypatch.setattr(_parallel, "_machine_cores", lambda: 8)
    _parallel._helpers.cache_clear()
    yield
    _parallel.share_cores(None)
    _parallel._helpers().shutdown()
    _parallel._helpers.cache_clear()


def test_threads_keep_to_the_share(many_cores):
    """As many at once as the share says, also where it grows after the first work was done."""
    for cores in (1, 3, 8):
        _parallel.share_cores(cores)
        threads = set()
        together = threading.Barrier(cores)

        def work(chunk, threads=threads, together=together):
            threads.add(threading.get_ident())
            together.wait(10)  # for as many others as there should be

        _parallel.run_chunks(work, 3 * cores)
        assert len(threads) == cores
