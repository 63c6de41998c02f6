"""Jobs that run at once share the memory that is allowed."""

from __future__ import annotations

import pytest

from lwfast._base import memory
from lwfast.optics.costs import draws_from_distribution
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.queue.memory_shares import MemoryShares
from lwfast.scheduler.server_settings import default_memory
from tests.scheduler.harness import make_settings, payload, running

RUNNER = "tests.scheduler.runners:takes_memory"
pytestmark = pytest.mark.guarantee


def test_shares():
    """Equal ones, and all for a job that needs it and then runs alone."""
    shares = MemoryShares(1000, 4)
    assert shares.of(1) == shares.of(2) == 250
    assert not shares.must_wait(2, [1, 3, 4])
    assert "250 B with 4 workers" in shares.widen(2)
    assert shares.widen(2) is None
    assert (shares.of(1), shares.of(2)) == (250, 1000)
    assert shares.must_wait(2, [1])
    assert shares.must_wait(1, [2])
    assert not shares.must_wait(2, [])
    shares.forget(2)
    assert shares.of(2) == 250
    assert not shares.must_wait(2, [1])
    assert MemoryShares(1000, 1).widen(1) is None


def test_a_job_that_needs_more_than_its_share_runs_alone(tmp_path):
    """With 900 MB for three workers: jobs of 300 MB run at once, one of 800 MB runs when no other does."""
    with running(make_settings(tmp_path, workers=3, runner=RUNNER, memory_bytes=900_000_000)) as api:
        sizes = [200, 300, 800, 300, 100, 901, 200]
        jobs = [payload(n_samples=size) for size in sizes]
        ids = [job["jobId"] for job in api.post("v1/jobs/batch", json={"jobs": jobs}).json()["jobs"]]
        ended = [api.wait(job_id) for job_id in ids]
        records = [api.get(f"v1/jobs/{job_id}").json() for job_id in ids]
    large, too_large = 2, 5
    assert [job["jobStatus"] == "Completed" for job in ended] == [size <= 900 for size in sizes]
    for place, limit in ((large, "800 MB"), (too_large, "901 MB")):
        reasons = [entry["meta"].get("Reason", "") for entry in ended[place]["logs"]]
        assert any("300 MB with 3 workers" in reason and "all 900 MB" in reason for reason in reasons), limit
    assert "901 MB of memory, and 900 MB are allowed" in ended[too_large]["userExecutionNotes"]
    assert ended[too_large]["logs"][-1]["meta"]["CompilationErrors"][0]["Code"] == 1
    others = [record for place, record in enumerate(records) if place not in {large, too_large}]
    began, over = records[large]["startedDate"], records[large]["finishedDate"]
    assert all(other["finishedDate"] <= began or over <= other["startedDate"] for other in others)
    assert sum("Reason" in entry["meta"] for job in ended for entry in job["logs"]) == 2


def test_what_a_seed_gives_does_not_depend_on_the_share(monkeypatch):
    """Whether samples are drawn from a distribution is chosen by what is allowed to all."""
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "2e9")
    assert draws_from_distribution(20, 6, 10**9)
    try:
        memory.share_memory(1000)
        assert memory.memory_limit() == 1000
        assert draws_from_distribution(20, 6, 10**9)
    finally:
        memory.share_memory(None)
    assert memory.memory_limit() == 2_000_000_000


def test_a_limit_that_is_no_number_ends_the_start(monkeypatch):
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "much")
    with pytest.raises(ConfigError, match="LWFAST_MAX_MEMORY should be a positive number of bytes"):
        default_memory()
