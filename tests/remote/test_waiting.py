from __future__ import annotations

import asyncio
import time

import pytest

import lwfast as lw
from lwfast import remote
from lwfast.remote.job_path import follow
from tests.faults.fake_scheduler import TOKEN, FakeScheduler, reset, status
from tests.remote.samples import batch, sampler
from tests.started import threads


@pytest.fixture
def jobs(scheduler):
    return [remote.QPU("Artemis").run_async(sampler(), job_name=f"n{i}") for i in range(4)]


def freeze(scheduler, *words):
    for fake, word in zip(scheduler.jobs.values(), words, strict=True):
        fake.script, fake.status = [], word


def test_as_completed_yields_in_the_order_of_completion(scheduler, jobs):
    freeze(scheduler, "Running", "Completed", "Running", "Running")
    order = []
    fakes = list(scheduler.jobs.values())
    for job, following in zip(remote.as_completed(jobs, timeout=5), (3, 0, 2, None), strict=True):
        order.append(jobs.index(job))
        if following is not None:
            fakes[following].status = "Completed"
    assert order == [1, 3, 0, 2]


def test_as_completed_takes_batches_apart_and_each_job_once(scheduler):
    first, second = remote.QPU("Artemis").run(batch(2)), remote.QPU("Artemis").run_async(sampler())
    found = list(remote.as_completed([first, second, second, first["Job_1"]], timeout=5))
    assert sorted(job.job_id for job in found) == sorted(scheduler.jobs)
    assert list(remote.as_completed(first, timeout=5)) == first.jobs
    assert list(remote.as_completed([])) == []


def test_as_completed_raises_when_the_time_is_over(scheduler, jobs):
    freeze(scheduler, "Running", "Completed", "Running", "Running")
    seen = []
    with pytest.raises(remote.WaitTimeoutError, match="3 jobs are not complete") as caught:
        seen.extend(remote.as_completed(jobs, timeout=0.1))
    assert caught.value.job == [jobs[0], jobs[2], jobs[3]]


def listed(completions):
    """Go through jobs in an event loop, beside a task that must not be held up."""

    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        found = [job async for job in completions]
        ticking.cancel()
        return found, ticks

    return asyncio.run(asyncio.wait_for(main(), 20))


def test_as_completed_in_an_event_loop(scheduler, jobs):
    """`async for` yields in the order of completion, lets others work meanwhile, and shows progress."""
    freeze(scheduler, "Running", "Completed", "Scheduled", "Running")
    fakes = list(scheduler.jobs.values())
    fakes[2].script = ["Running"] * 3 + ["Completed"]
    fakes[0].script = ["Running"] * 6 + ["Failed"]
    fakes[3].script = ["Running"] * 9 + ["Completed"]
    told = []
    found, ticks = listed(remote.as_completed(jobs, timeout=15, progress=lambda *news: told.append(news)))
    assert [jobs.index(job) for job in found] == [1, 2, 0, 3]
    assert ticks > 3
    assert {str(now) for job, now, _ in told if job is jobs[2]} >= {"Running", "Completed"}


def test_as_completed_in_an_event_loop_asks_nothing_of_what_is_complete(scheduler, jobs):
    remote.wait(jobs, timeout=5)
    n_asked = len(scheduler.requests)
    assert set(listed(remote.as_completed(jobs))[0]) == set(jobs)
    assert len(scheduler.requests) == n_asked
    assert listed(remote.as_completed([]))[0] == []


def test_as_completed_in_an_event_loop_raises_when_the_time_is_over(scheduler, jobs):
    freeze(scheduler, "Running", "Completed", "Running", "Running")
    seen = []

    async def main():
        async for job in remote.as_completed(jobs, timeout=1):
            seen.append(job)  # noqa: PERF401  (what came before the error is looked at)

    with pytest.raises(remote.WaitTimeoutError, match="3 jobs are not complete") as caught:
        asyncio.run(asyncio.wait_for(main(), 20))
    assert seen == [jobs[1]]
    assert caught.value.job == [jobs[0], jobs[2], jobs[3]]


def test_a_cancelled_task_ends_at_once(scheduler, jobs):
    freeze(scheduler, "Running", "Running", "Running", "Running")

    async def main():
        async def follow_all():
            async for _ in remote.as_completed(jobs):
                pass

        task = asyncio.create_task(follow_all())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(main(), 20))


def test_progress_says_where_a_job_waits_and_then_what_runs(scheduler, capsys):
    job = remote.QPU("Artemis").run_async(sampler())
    fake = scheduler.jobs[job.job_id]
    fake.status, fake.position, fake.script = "Scheduled", 3, ["Running", "Completed"]
    job.wait_until_complete(timeout=5, progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith(f"Job {job.job_id}: Scheduled, position 3 in the queue") for line in lines)
    assert any(
        line.startswith(f"Job {job.job_id}: Running, 100 samples of 4 modes and 1 photon") for line in lines
    )
    assert any(line.startswith(f"Job {job.job_id}: Completed, ") for line in lines)


def test_only_jobs_can_be_waited_for(jobs):
    with pytest.raises(TypeError, match="str"):
        remote.as_completed(["a"])
    with pytest.raises(ValueError, match="return_when"):
        remote.wait(jobs, return_when="SOMETIME")


def test_wait_for_all(jobs):
    done, not_done = remote.wait(jobs, timeout=5)
    assert (done, not_done) == (set(jobs), set())


def test_wait_does_not_raise_when_the_time_is_over(scheduler, jobs):
    freeze(scheduler, "Running", "Completed", "Running", "Failed")
    found = remote.wait(jobs, timeout=0.05)
    assert found.done == {jobs[1], jobs[3]}
    assert found.not_done == {jobs[0], jobs[2]}


def test_wait_for_the_first(scheduler, jobs):
    freeze(scheduler, "Running", "Running", "Completed", "Running")
    assert remote.wait(jobs, 5, "FIRST_COMPLETED").done == {jobs[2]}


def test_wait_for_the_first_that_fails(scheduler, jobs):
    freeze(scheduler, "Completed", "Failed", "Completed", "Running")
    assert jobs[1] in remote.wait(jobs, 5, "FIRST_EXCEPTION").done


def test_jobs_of_several_schedulers_are_waited_for_together(quick):
    with FakeScheduler(v1=True) as one, FakeScheduler() as two:
        clients = [remote.Client(url=fake.url, token=TOKEN) for fake in (one, two)]
        jobs = [client.qpu("Artemis").run_async(sampler()) for client in clients for _ in range(3)]
        assert set(remote.as_completed(jobs, timeout=5)) == set(jobs)


@pytest.mark.parametrize("fault", [reset, status(503), status(500), status(429), status(502)])
def test_a_wait_outlives_an_outage(scheduler, jobs, fault):
    scheduler.fault("GET", ".*", *[fault] * 12)
    assert remote.wait(jobs, timeout=20).not_done == set()


def test_a_wait_outlives_a_scheduler_that_starts_again(scheduler, jobs):
    freeze(scheduler, *["Running"] * 4)
    scheduler.stop()

    def later():
        time.sleep(0.2)
        scheduler.start()
        freeze(scheduler, *["Completed"] * 4)

    with threads(later):
        assert remote.wait(jobs, timeout=20).not_done == set()


def test_an_outage_is_borne_for_so_long(scheduler):
    client = remote.Client(url=scheduler.url, token=TOKEN, outage_seconds=0.1)
    job = client.qpu("Artemis").run_async(sampler())
    scheduler.stop()
    began = time.monotonic()
    with pytest.raises(remote.ConnectionFailedError) as caught:
        job.wait_until_complete()
    assert caught.value.job is job
    assert time.monotonic() - began < 5
    scheduler.start()
    assert len(job.result(timeout=5)) == 2


@pytest.mark.parametrize("code", [401, 404])
def test_a_refusal_ends_the_wait_and_keeps_the_job(scheduler, jobs, code):
    # Twice: the first request asks for all open jobs, and where one is unknown the wait asks for its own.
    scheduler.fault("GET", ".*", status(code), status(code))
    with pytest.raises((remote.AuthenticationError, remote.JobNotFoundError)) as caught:
        jobs[0].wait_until_complete(timeout=5)
    assert caught.value.job is jobs[0]


def test_an_outage_does_not_outlast_the_time_given(scheduler, jobs):
    scheduler.stop()
    began = time.monotonic()
    with pytest.raises(remote.WaitTimeoutError, match="not known to be complete"):
        jobs[0].wait_until_complete(timeout=0.3)
    assert time.monotonic() - began < 3
    scheduler.start()


def test_pauses_on_the_reference_wire_grow(plain, monkeypatch):
    monkeypatch.setattr(follow, "FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(follow, "LONGEST_PAUSE_SECONDS", 2.0)
    job = remote.QPU("Artemis").run_async(sampler())
    freeze(plain, "Running")
    plain.requests.clear()
    with pytest.raises(remote.WaitTimeoutError):
        job.wait_until_complete(timeout=1.5)
    assert 4 <= len(plain.requests) <= 9


def test_a_scheduler_that_answers_long_polls_at_once_is_no_hot_loop(ours, monkeypatch):
    monkeypatch.setattr(follow, "FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(follow, "LONGEST_PAUSE_SECONDS", 2.0)
    job = remote.QPU("Artemis").run_async(sampler())
    freeze(ours, "Running")
    ours.requests.clear()
    with pytest.raises(remote.WaitTimeoutError):
        job.wait_until_complete(timeout=1.0)
    assert len(ours.requests) < 12


def test_long_polls_are_short_while_somebody_watches_the_queue(ours):
    for progress, longest in ((None, "20"), (lambda *_: None, "1")):
        job = remote.QPU("Artemis").run_async(sampler())
        ours.jobs[job.job_id].position = 3
        ours.requests.clear()
        job.wait_until_complete(progress=progress)
        asked = [item.query["timeout"][0] for item in ours.seen("GET", "v1/changes")]
        assert asked[-1] == longest


def test_more_jobs_than_fit_in_one_request(ours, monkeypatch):
    from lwfast.remote.job_path import snapshot

    monkeypatch.setattr(follow, "IDS_PER_REQUEST", 3)
    monkeypatch.setattr(snapshot, "IDS_PER_REQUEST", 3)
    jobs = remote.QPU("Artemis").run_async(batch(10))
    assert len(jobs.status) == 10
    jobs.wait_until_complete(timeout=10)
    sizes = [len(item.query["ids"][0].split(",")) for item in ours.seen("GET", "v1/changes")]
    assert sizes[:4] == [3, 3, 3, 1]
    assert max(sizes[4:]) <= 3


def test_a_job_of_many_that_vanishes_is_told(ours, monkeypatch):
    monkeypatch.setattr(follow, "IDS_PER_REQUEST", 3)
    jobs = remote.QPU("Artemis").run_async(batch(5)).jobs
    gone = [int(jobs[k].job_id) for k in (1, 4)]
    for job_id in gone:
        del ours.jobs[job_id]
    with pytest.raises(remote.JobNotFoundError, match=str(gone[0])):
        remote.wait(jobs, timeout=10)


@pytest.mark.parametrize("timeout", ["5", True, [], object()])
def test_a_timeout_is_a_number(jobs, timeout):
    with pytest.raises(TypeError, match="timeout should be a number of seconds"):
        jobs[0].wait_until_complete(timeout=timeout)


@pytest.mark.parametrize("timeout", [-1, float("nan"), -1e-9])
def test_a_timeout_is_not_negative(jobs, timeout):
    with pytest.raises(ValueError, match=f"timeout should be at least 0 seconds, got {timeout}"):
        jobs[0].wait_until_complete(timeout=timeout)


def test_awaiting_outlives_an_outage(scheduler, jobs):
    scheduler.fault("GET", ".*", *[status(503)] * 12)

    async def main():
        return await asyncio.gather(*jobs)

    assert len(asyncio.run(main())) == 4


def test_a_wait_heeds_retry_after(scheduler, jobs):
    """Also where it asks for more than the longest pause."""
    scheduler.fault("GET", ".*", status(503, Retry_After="1"))
    began = time.monotonic()
    jobs[0].wait_until_complete(timeout=20)
    assert 0.9 < time.monotonic() - began < 5


def test_jobs_that_are_waited_for_one_by_one_are_asked_for_once():
    """Status and small results of all open jobs come in one answer."""
    with remote.local_scheduler(workers=1) as local:
        task = lw.Sampler(lw.Unitary(lw.random_unitary(3, seed=1)), lw.State([1, 0, 0]), 50)
        jobs = [local.qpu("Artemis").run(task) for _ in range(20)]
        jobs[-1].wait_until_complete(timeout=60)
        asked = []
        transport = local.client._connection.api.transport
        original = transport.request
        transport.request = lambda *args, **kwargs: asked.append(args) or original(*args, **kwargs)
        for job in jobs:
            job.wait_until_complete(timeout=60)
        results = [job.get_result() for job in jobs]
        assert len(asked) <= 1
        assert [sum(result.values()) for result in results] == [50] * 20
        assert [result.metadata["job_id"] for result in results] == [job.job_id for job in jobs]
        assert results[0].metadata["qpu"] == "Artemis"
        assert results[0] == remote.get_results(jobs[0].job_id)


def test_a_result_knows_when_it_was_measured_and_where():
    """However it was fetched: after a wait, by its id, or by a job found again."""
    with remote.local_scheduler(workers=1) as local:
        task = lw.Sampler(lw.Unitary(lw.random_unitary(3, seed=1)), lw.State([1, 0, 0]), 50)
        job = local.qpu("Artemis").run(task, job_name="Scan 1")
        waited = job.result(timeout=60).metadata
        assert waited.items() >= {"job_id": job.job_id, "qpu": "Artemis", "job_name": "Scan 1"}.items()
        assert waited["created_date"] <= waited["started_date"] <= waited["finished_date"]
        assert "updated_date" not in waited
        by_id = remote.get_results(job.job_id).metadata
        assert by_id["created_date"] == waited["created_date"]
        assert by_id["updated_date"] >= waited["created_date"]
        (listed,) = remote.jobs(name="Scan 1")
        assert listed.get_result().metadata == waited
        assert remote.job(job.job_id).get_result().metadata.items() >= by_id.items()


@pytest.mark.parametrize("value", [float("nan"), -1.0, float("-inf")])
def test_seconds_are_checked_where_they_are_given(value):
    """A number of seconds that nothing can wait for is refused at once, not when a job is under way."""
    for name in ("compile_timeout", "outage_seconds"):
        with pytest.raises(ValueError, match=f"{name} should be at least 0 seconds"):
            remote.Client(**{name: value})
    with pytest.raises(ValueError, match="startup_seconds should be at least 0 seconds"):
        remote.local_scheduler(startup_seconds=value)
    for timeout in (value, (1, value), float("inf")):
        with pytest.raises(ValueError, match="finite number of seconds above 0"):
            remote.Client(timeout=timeout)
