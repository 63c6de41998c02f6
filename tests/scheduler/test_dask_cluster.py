"""Jobs on a cluster of dask.distributed: the same answers, and none lost, whatever becomes of the cluster."""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import signal
import time
from pathlib import Path

import pytest

from lwfast.scheduler.qpus import parse_qpus, profile_text
from lwfast.scheduler.validation import payloads
from lwfast.scheduler.workers import workers
from lwfast.scheduler.workers.cluster import dask_link, remote_run
from lwfast.scheduler.workers.cluster import pool as pools
from lwfast.scheduler.workers.payload_run import run_payload
from tests.marks import posix
from tests.scheduler.dask_cluster import Cluster, free_port, kill
from tests.scheduler.harness import TOKEN, make_settings, own_process, payload, running
from tests.scheduler.runners import CRASHES, LARGE, NAPS, REFUSED, SLEEPS, WAITS, fake
from tests.scheduler.test_crash import gone, seed_of
from tests.scheduler.test_sweep_validation import sweep
from tests.started import PATIENCE, until

pytestmark = [posix, pytest.mark.guarantee]
REAL = "lwfast.emulator.raw:run_raw"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    pytest.importorskip("distributed", reason="needs dask.distributed, an optional package")
    cluster = Cluster(tmp_path_factory.mktemp("dask"))
    try:
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster(shared, monkeypatch):
    """A dask scheduler and two workers, which all tests share; what a test has ended is there again."""
    monkeypatch.setattr(pools, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(dask_link, "CONNECT_SECONDS", 2.0)
    monkeypatch.setattr(pools, "LONGEST_PAUSE_SECONDS", 0.5)
    monkeypatch.setattr(pools, "EMPTY_SECONDS", 1.0)
    monkeypatch.setenv("LWFAST_TEST_GATE", str(shared.gate))
    shared.gate.unlink(missing_ok=True)
    shared.start(2)
    return shared


def on(cluster, folder, **changes):
    return running(make_settings(folder, **({"executor": cluster.executor, "workers": None} | changes)))


def all_ready(api, n=2):
    until(lambda: api.get("v1/status").json()["ready"] == n)


def result_of(folder, api, job_id):
    """The result that was served, which is to be what a worker here makes of the stored payload and seed."""
    from lwfast.hardware import HardwareModel
    from lwfast.wire import decode_payload

    body, seed = seed_of(folder, job_id)
    served = api.get(f"jobs/{job_id}/results").content
    assert served == run_payload(decode_payload(body), HardwareModel(), seed, fake)
    return served


def children(pid):
    """Processes that any thread of another one has started."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found += [int(text) for text in path.read_text().split()]
    return found


def reasons(details):
    return [entry["meta"]["Reason"] for entry in details["logs"] if "Reason" in entry["meta"]]


def has_begun(api, job_id):
    """Wait until a process says that it took a job; `Running` it is from when it was sent."""

    def is_told():
        place = api.scheduler.pool.running(job_id)
        return place is not None and place.has_begun

    until(is_told)


def worker_of(cluster, api, job_id):
    """The process of the dask worker on which a job runs."""
    place = until(lambda: api.scheduler.pool.running(job_id))
    port = int(place.member.address.rpartition(":")[2])

    def found():
        for worker in cluster.workers:
            for line in Path(f"/proc/{worker.pid}/net/tcp").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inode = fields[9]
                    for entry in Path(f"/proc/{worker.pid}/fd").iterdir():
                        try:
                            if str(entry.readlink()) == f"socket:[{inode}]":
                                return worker
                        except OSError:
                            continue
        return None

    return until(found)


def test_the_same_answers_as_from_a_worker_here(cluster, tmp_path, monkeypatch):
    """Bit for bit, of samples and of a sweep, for the same seed."""
    monkeypatch.setattr(payloads.secrets, "randbits", lambda bits: 12345)
    wanted = [
        {"n_modes": 4, "photons": 2, "n_samples": 1000, "min_detection": 2},
        {"n_modes": 12, "photons": 6, "n_samples": 20_000, "min_detection": 3},
        {"sweep": sweep()},
    ]
    served = []
    for name, changes in (("cluster", {"executor": cluster.executor, "workers": None}), ("here", {})):
        with running(make_settings(tmp_path / name, runner=REAL, **changes)) as api:
            ids = [api.submit(**job) if "sweep" not in job else submit_sweep(api, job) for job in wanted]
            assert {api.wait(job_id)["jobStatus"] for job_id in ids} == {"Completed"}
            served.append([api.get(f"jobs/{job_id}/results").content for job_id in ids])
    assert served[0] == served[1]
    assert len(served[0][1]) > 10_000


def submit_sweep(api, job):
    answer = api.post("v1/jobs", json=payload(**job))
    assert answer.status_code == 202, answer.text
    return answer.json()["jobId"]


def test_many_jobs(cluster, tmp_path):
    """On both workers, first come, first served, each once."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        used = set()
        begin = api.scheduler.pool._begin

        def noting(place, frame):
            used.add(place.member.address)
            return begin(place, frame)

        for place in api.scheduler.pool.workers:
            place._begin = noting
        ids = [api.submit(n_samples=n) for n in range(1, 60)]
        details = [api.wait(job_id) for job_id in ids]
        assert {found["jobStatus"] for found in details} == {"Completed"}
        for job_id in ids:
            result_of(tmp_path, api, job_id)
        assert len(used) == 2
        starts = [entry["createdDate"] for found in details for entry in found["logs"][2:3]]
        assert starts == sorted(starts)
        assert api.wait(api.submit(n_samples=REFUSED))["userExecutionNotes"] == "not like this"


def test_at_most_so_many_at_once(cluster, tmp_path):
    with on(cluster, tmp_path, workers=1) as api:
        all_ready(api, 1)
        first, second = api.submit(n_samples=WAITS), api.submit()
        api.wait(first, {"Running"})
        assert api.details(second)["queuePosition"] == 1
        assert api.get("v1/status").json()["running"] == 1
        cluster.gate.touch()
        assert api.wait(second)["jobStatus"] == "Completed"


def test_large_results_come_in_parts(cluster, tmp_path, monkeypatch):
    """And into a file, as from a worker here."""
    monkeypatch.setattr(remote_run, "PART_BYTES", 100_000)
    sizes = []
    part = remote_run.RemoteRun._part

    async def noting(self, start, size):
        sizes.append(len(data := await part(self, start, size)))
        return data

    monkeypatch.setattr(remote_run.RemoteRun, "_part", noting)
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        assert api.wait(job_id)["jobStatus"] == "Completed"
        served = result_of(tmp_path, api, job_id)
        assert max(sizes) == 100_000
        assert sum(sizes) == len(served)
        (file,) = (tmp_path / "results").iterdir()
        assert file.read_bytes() == served


def test_no_room_for_a_large_result(cluster, tmp_path, monkeypatch):
    """The cluster holds it, however long that takes; nothing else begins, and the reason is shown."""
    write, full = remote_run.write_result, [True]

    def full_disk(*given):
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(*given)

    monkeypatch.setattr(remote_run, "write_result", full_disk)
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert f"the result of job {job_id} cannot be written (No space left on device)" in trouble
        behind = api.submit()
        time.sleep(0.5)
        assert (api.status(job_id), api.status(behind)) == ("Running", "Scheduled")
        assert job_id not in api.scheduler._timers  # its time does not run out meanwhile
        full[0] = False
        assert api.wait(job_id)["jobStatus"] == "Completed"
        assert api.wait(behind)["jobStatus"] == "Completed"
        result_of(tmp_path, api, job_id)
        assert api.get("v1/status").json()["trouble"] is None


def test_a_worker_killed_midway(cluster, tmp_path):
    """Costs its job a try; another worker gives the same answer."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        process = worker_of(cluster, api, job_id)
        inner = children(process.pid)
        assert inner
        kill(process)
        cluster.gate.touch()
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        (reason,) = reasons(details)
        assert "left the dask cluster; the job is tried once more" in reason
        result_of(tmp_path, api, job_id)
        until(lambda: all(gone(pid) for pid in inner))
        all_ready(api, 1)


def test_a_worker_killed_while_its_result_is_fetched(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_run, "PART_BYTES", 100_000)
    part, killed = remote_run.RemoteRun._part, []

    async def killing(self, start, size):
        if start > 500_000 and not killed:
            killed.append(cluster.workers[[w.pid for w in cluster.workers].index(serving[0])])
            os.kill(serving[0], signal.SIGKILL)
        return await part(self, start, size)

    monkeypatch.setattr(remote_run.RemoteRun, "_part", killing)
    with on(cluster, tmp_path) as api:
        all_ready(api)
        blocker = api.submit(n_samples=SLEEPS)
        api.wait(blocker, {"Running"})
        busy = worker_of(cluster, api, blocker)
        serving = [next(worker.pid for worker in cluster.workers if worker is not busy)]
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        until(lambda: killed)
        api.cancel(blocker)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert len(reasons(details)) == 1
        result_of(tmp_path, api, job_id)
        assert len(list((tmp_path / "results").iterdir())) == 1


def test_another_dask_worker_at_the_same_address(cluster, tmp_path, monkeypatch):
    """Dask starts the job there by itself; that it was lost counts all the same."""
    cluster.start(0)
    port = str(free_port())
    with on(cluster, tmp_path) as api:
        cluster.workers.append(cluster.worker("--worker-port", port))
        all_ready(api, 1)
        monkeypatch.setattr(pools, "LOOK_SECONDS", 30.0)  # so that nobody sees it go
        time.sleep(0.5)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        time.sleep(0.3)
        kill(cluster.workers.pop())
        cluster.workers.append(cluster.worker("--worker-port", port))
        until(lambda: reasons(api.details(job_id)))
        # The second where a last look was under way when looks became rare, as on a loaded machine.
        told = "ended together with its dask worker", "left the dask cluster"
        assert any(text in reasons(api.details(job_id))[0] for text in told)


def test_a_part_that_arrives_damaged(cluster, tmp_path, monkeypatch):
    part, damaged = remote_run.RemoteRun._part, []

    async def flipping(self, start, size):
        data = await part(self, start, size)
        if not damaged:
            damaged.append(start)
            data = data[:100] + bytes([data[100] ^ 1]) + data[101:]
        return data

    monkeypatch.setattr(remote_run.RemoteRun, "_part", flipping)
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert "sent a result that is not what it had written" in reasons(details)[0]
        result_of(tmp_path, api, job_id)


def test_a_job_that_ends_its_worker_twice(cluster, tmp_path):
    """Fails as it does here, and the dask workers are none the worse for it."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        details = api.wait(api.submit(n_samples=CRASHES))
        assert details["jobStatus"] == "Failed"
        assert "ended with exit code 9, twice" in details["userExecutionNotes"]
        assert api.wait(api.submit())["jobStatus"] == "Completed"
        assert all(worker.poll() is None for worker in cluster.workers)


def test_a_worker_that_stands_still(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "SILENCE_SECONDS", 4.0)
    with on(cluster, tmp_path) as api:
        all_ready(api)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        process = worker_of(cluster, api, job_id)
        os.kill(process.pid, signal.SIGSTOP)
        cluster.gate.touch()
        try:
            details = api.wait(job_id)
            assert details["jobStatus"] == "Completed"
            assert "gave no sign of life for 4 s; the job is tried once more" in reasons(details)[0]
        finally:
            os.kill(process.pid, signal.SIGCONT)
        result_of(tmp_path, api, job_id)
        all_ready(api)  # it is of use again


def test_all_workers_gone_and_coming_back(cluster, tmp_path):
    """Jobs are accepted and wait, and the reason is shown."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        ids = [api.submit(n_samples=n) for n in (NAPS, 10, 20)]
        api.wait(ids[0], {"Running"})
        cluster.start(0)
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert trouble.endswith("has no workers; jobs wait until it has")
        assert api.get("v1/health").status_code == 503
        ids.append(api.submit())
        cluster.start(2)
        for job_id in ids:
            assert api.wait(job_id)["jobStatus"] == "Completed"
            result_of(tmp_path, api, job_id)
        assert api.get("v1/health").json() == {"status": "ok"}


def test_all_workers_lost_at_once(cluster, tmp_path, monkeypatch):
    """That is one try, not one for each of them: none gets a job whose worker is found lost with it."""
    look, looks = pools.DaskPool._look, []

    async def noting(self, link):
        await look(self, link)
        looks.append(link)

    monkeypatch.setattr(pools, "LOOK_SECONDS", 4.0)
    monkeypatch.setattr(pools.DaskPool, "_look", noting)
    with on(cluster, tmp_path) as api:
        all_ready(api)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        seen = len(looks)
        until(lambda: len(looks) > seen)  # so that the next look sees both go
        cluster.start(0)
        cluster.gate.touch()
        cluster.start(1)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        (reason,) = reasons(details)
        assert "left the dask cluster; the job is tried once more" in reason
        result_of(tmp_path, api, job_id)


def test_a_worker_that_never_began_its_job(cluster, tmp_path):
    """Costs no try: what ended it was not the job."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        first = worker_of(cluster, api, job_id)
        (second,) = (worker for worker in cluster.workers if worker is not first)
        os.kill(second.pid, signal.SIGSTOP)
        kill(first)
        until(lambda: len(reasons(api.details(job_id))) == 1)
        kill(second)
        cluster.gate.touch()
        cluster.start(1)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        lost, put_back = reasons(details)
        assert "left the dask cluster; the job is tried once more" in lost
        assert put_back.endswith("left the dask cluster before the job began")
        result_of(tmp_path, api, job_id)


def test_a_cluster_that_is_started_again(cluster, tmp_path):
    """Costs no job a try, however often; new jobs are refused meanwhile, with the reason."""
    with on(cluster, tmp_path) as api:
        job_id, behind = api.submit(n_samples=WAITS), api.submit()
        for _ in range(2):
            api.wait(job_id, {"Running"})
            cluster.stop()
            trouble = until(lambda: api.get("v1/status").json()["trouble"])
            assert f"the dask cluster at {cluster.address} cannot be reached" in trouble
            answer = api.post("jobs", json=payload())
            assert answer.status_code == 503
            assert "cannot be reached" in api.errors(answer)["workers"]
            assert api.get("v1/health").status_code == 503
            assert api.details(job_id)["queuePosition"] == 1
            cluster.start(1)
        cluster.gate.touch()
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert len(reasons(details)) == 2
        assert all(reason.startswith("The connection to the dask cluster") for reason in reasons(details))
        assert api.wait(behind)["jobStatus"] == "Completed"
        result_of(tmp_path, api, job_id)


def test_a_dask_scheduler_that_is_back_before_it_was_missed(cluster, tmp_path, monkeypatch):
    """Its memory is gone: what ran there is put back."""
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=SLEEPS)
        api.wait(job_id, {"Running"})
        monkeypatch.setattr(pools, "LOOK_SECONDS", 300.0)
        time.sleep(0.5)
        kill(cluster.scheduler)
        cluster.start(2)
        until(lambda: reasons(api.details(job_id)))
        assert api.cancel(job_id).status_code == 204


def test_time_limits_hold_after_a_break(cluster, tmp_path, monkeypatch):
    """The cluster is told anew to say when jobs begin, also where nothing ran when it broke off."""
    qpus = parse_qpus(profile_text("artemis").replace("timeout_seconds = 600", "timeout_seconds = 1"), "test")
    with on(cluster, tmp_path, qpus=qpus) as api:
        all_ready(api)
        before = api.scheduler.pool._client
        monkeypatch.setattr(pools, "LOOK_SECONDS", 6.0)  # dask is likely to have connected again by itself
        time.sleep(0.5)
        kill(cluster.scheduler)
        cluster.start(2)
        until(lambda: before.status == "closed" or before.status == "running")
        time.sleep(6.0)
        monkeypatch.setattr(pools, "LOOK_SECONDS", 0.2)
        until(lambda: not api.scheduler.trouble)
        assert api.wait(api.submit(n_samples=SLEEPS))["jobStatus"] == "TimedOut"


def test_a_job_that_cannot_be_handed_over(cluster, tmp_path, monkeypatch):
    """Costs it a try, and does not leave it behind."""
    submit, failed = remote_run.submit, []

    def failing(client, address, key, *given):
        if key.endswith("-run") and not failed:
            failed.append(key)
            raise ValueError("not now")
        return submit(client, address, key, *given)

    monkeypatch.setattr(remote_run, "submit", failing)
    with on(cluster, tmp_path) as api:
        details = api.wait(api.submit())
        assert details["jobStatus"] == "Completed"
        assert "was lost (ValueError: not now); the job is tried once more" in reasons(details)[0]


def test_cancel(cluster, tmp_path):
    """Ends the work at once where it runs, whose place takes the next job."""
    with on(cluster, tmp_path, workers=1) as api:
        running_id, waiting_id, next_id = (api.submit(n_samples=n) for n in (SLEEPS, SLEEPS, 10))
        api.wait(running_id, {"Running"})
        process = worker_of(cluster, api, running_id)
        inner = until(lambda: children(process.pid))
        time.sleep(0.5)
        assert api.details(next_id)["queuePosition"] == 2
        assert api.cancel(waiting_id).status_code == 204
        assert api.details(next_id)["queuePosition"] == 1
        assert api.cancel(running_id).status_code == 204
        assert api.wait(next_id)["jobStatus"] == "Completed"
        until(lambda: any(gone(pid) for pid in inner))  # others wait there for jobs of other schedulers
        assert api.status(running_id) == api.status(waiting_id) == "Cancelled"


def test_job_that_takes_too_long(cluster, tmp_path):
    qpus = parse_qpus(profile_text("artemis").replace("timeout_seconds = 600", "timeout_seconds = 1"), "test")
    with on(cluster, tmp_path, qpus=qpus) as api:
        all_ready(api)
        assert api.wait(api.submit(n_samples=SLEEPS))["jobStatus"] == "TimedOut"
        assert api.wait(api.submit(n_samples=SLEEPS))["jobStatus"] == "TimedOut"
        assert [api.wait(api.submit())["jobStatus"] for _ in range(4)] == ["Completed"] * 4


def test_a_crash_of_the_scheduler_while_jobs_are_on_the_cluster(cluster, tmp_path):
    """The next one runs them again, with the same answers; what ran on for the last one is ended."""
    inner = []
    with own_process(tmp_path, executor=cluster.executor) as (process, api):
        ids = [api.submit(n_samples=samples) for samples in (SLEEPS, NAPS, NAPS)]
        api.wait(ids[1], {"Running"})
        until(lambda: [inner.extend(children(worker.pid)) for worker in cluster.workers] and inner)
        process.kill()
        process.wait(PATIENCE)
    until(lambda: any(gone(pid) for pid in inner))
    with on(cluster, tmp_path) as api:
        assert api.cancel(ids[0]).status_code == 204
        for job_id in ids[1:]:
            details = api.wait(job_id)
            assert details["jobStatus"] == "Completed"
            assert [entry["status"] for entry in details["logs"]].count("Completed") == 1
            result_of(tmp_path, api, job_id)


def test_an_orderly_end_of_the_scheduler(cluster, tmp_path):
    """Puts its jobs back, and ends them on the cluster."""
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=SLEEPS)
        api.wait(job_id, {"Running"})
        process = worker_of(cluster, api, job_id)
        inner = children(process.pid)
    until(lambda: any(gone(pid) for pid in inner))
    with on(cluster, tmp_path) as api:
        assert reasons(api.details(job_id)) == ["The scheduler was stopped while the job was running"]
        assert api.cancel(job_id).status_code == 204


def test_another_lwfast_on_the_cluster(cluster, tmp_path, monkeypatch):
    """Gets no jobs, since its answers might differ; who sends one is told."""
    monkeypatch.setattr(pools, "build_here", lambda: "lwfast 0.0.1 (sources 0123abcd) with NumPy 1.26")
    with on(cluster, tmp_path) as api:
        waiting = api.submit()
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert "no worker of the dask cluster" in trouble
        assert "and the scheduler lwfast 0.0.1 (sources 0123abcd) with NumPy 1.26" in trouble
        assert api.post("jobs", json=payload()).status_code == 503
        assert api.details(waiting)["queuePosition"] == 1


def test_an_upgrade_while_the_scheduler_runs(cluster, tmp_path):
    """A dask worker that has another lwfast by now gets no jobs; the one it had waits, at no cost."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        pool = api.scheduler.pool
        pool._build, build = "another", pool._build
        job_id = api.submit()
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert trouble.endswith(f"has {build}, and the scheduler another")
        assert api.details(job_id)["queuePosition"] == 1
        pool._build = build
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert all("has lwfast" in reason for reason in reasons(details))
        assert api.scheduler.book.live == {}
        result_of(tmp_path, api, job_id)


def test_a_runner_that_is_missing_there(cluster, tmp_path):
    with on(cluster, tmp_path, runner="tests.scheduler.nowhere:nothing") as api:
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert "cannot get ready (ModuleNotFoundError" in trouble


def test_a_cluster_that_is_not_there_yet(cluster, tmp_path):
    """The reason is shown, new jobs are refused, and those that were accepted wait until it is there."""
    late = Cluster(tmp_path)
    try:
        with on(late, tmp_path / "store") as api:
            waiting = api.submit()
            trouble = until(lambda: api.get("v1/status").json()["trouble"])
            assert f"the dask cluster at {late.address} cannot be reached" in trouble
            assert api.get("v1/health").status_code == 503
            assert api.post("jobs", json=payload()).status_code == 503
            assert api.details(waiting)["queuePosition"] == 1
            late.start(1)
            assert api.wait(waiting)["jobStatus"] == "Completed"
            assert api.get("v1/status").json()["trouble"] is None
    finally:
        late.stop()


def test_no_token_leaves(cluster, tmp_path, monkeypatch):
    sent = []
    submit = remote_run.submit

    def noting(client, *given):
        sent.append(pickle.dumps([value for value in given if isinstance(value, bytes | str | int)]))
        return submit(client, *given)

    monkeypatch.setattr(remote_run, "submit", noting)
    with on(cluster, tmp_path) as api:
        assert api.wait(api.submit(job_name="A name"))["jobStatus"] == "Completed"
    assert any(b"A name" in message for message in sent)
    assert not any(TOKEN.encode() in message for message in sent)
