"""The client against the scheduler that ships with lwfast, in a process of its own."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

import lwfast as lw
from lwfast import remote
from lwfast.remote import local as local_module
from lwfast.remote.job_path import follow
from lwfast.scheduler.qpus import profile_text
from lwfast.scheduler.server_settings import STORE_FILE
from tests.marks import posix
from tests.remote.samples import batch, sampler
from tests.started import PATIENCE, child, python, read_line, threads, until

pytest.importorskip("uvicorn")


@pytest.fixture
def scheduler(shared, monkeypatch):
    from lwfast.remote.connection import default

    monkeypatch.setattr(default, "_in_place", [shared.client._connection])
    return shared


def slow_job(seed: int = 3) -> lw.Sampler:
    """A job that keeps a worker busy for a moment; with a seed of its own nothing can be kept from others."""
    return sampler(
        circuit=lw.Unitary(lw.random_unitary(20, seed=seed)),
        input_state=lw.State([1] * 8 + [0] * 12),
        n_samples=1_000_000,
        min_detection=1,
    )


# --- the job path -----------------------------------------------------------------------------------


def test_a_job_from_task_to_result(scheduler, tmp_path):
    assert remote.list_qpus() == ["Artemis"]
    job = remote.QPU("Artemis").run(sampler(), job_name="Test job")
    job.wait_until_complete(timeout=60)
    result = job.result()
    assert int(result.counts.sum()) == 100
    assert all(state.n_photons == 1 for state in result)
    assert remote.get_results(job.job_id) == result
    assert job.details.logs[0]["message"] == "Job received successfully"
    job.save_to_file(tmp_path / "job")
    assert remote.load_job_from_file(tmp_path / "job").result() == result
    found = remote.job(job.job_id)
    assert found.payload == job.payload
    assert [item.name for item in remote.jobs(name="Test job", limit=1)] == ["Test job"]


def test_heralds_and_rules_come_back_applied(scheduler):
    circuit = lw.PhotonicCircuit(5)
    for mode in range(4):
        circuit.bs(mode, reflectivity=0.3)
    circuit.herald(1, 1)
    rules = lw.PostSelection()
    rules.add((0, 1), 1)
    task = sampler(
        circuit=circuit,
        input_state=lw.State([1, 0, 1, 0]),
        post_selection=rules,
        n_samples=2000,
        min_detection=2,
    )
    result = remote.QPU("Artemis").run(task).result(timeout=60)
    assert len(result) > 0
    assert all(len(state) == 4 and state[0] + state[1] == 1 and state.n_photons == 2 for state in result)
    assert int(result.raw_data.counts.sum()) == 2000


def test_a_batch(scheduler):
    jobs = remote.QPU("Artemis").run(batch(5))
    assert len(jobs.result(timeout=60)) == 5
    assert jobs.all_success


def test_await_many(scheduler):
    jobs = [remote.QPU("Artemis").run_async(sampler(seed)) for seed in range(8)]

    async def main():
        return await asyncio.gather(*jobs)

    assert [int(item.counts.sum()) for item in asyncio.run(main())] == [100] * 8


def test_progress_follows_the_queue(scheduler, monkeypatch):
    """Other jobs move this one forward; nothing of its own changes meanwhile."""
    monkeypatch.setattr(follow, "QUEUE_POLL_SECONDS", 0.1)
    tasks = [slow_job(100 + i) for i in range(16)]  # before the first is sent, which waits for none of them
    last = [remote.QPU("Artemis").run_async(task) for task in tasks][-1]
    seen: list[int | None] = []
    last.wait_until_complete(timeout=60, progress=lambda _job, _status, position: seen.append(position))
    positions = [item for item in seen if item is not None]
    assert len(set(positions)) >= 3
    assert positions == sorted(positions, reverse=True)


def test_cancel_and_retry(scheduler):
    assert len(remote.show_scheduled()) == 0  # loads pandas, which takes longer than a job
    ahead = [remote.QPU("Artemis").run_async(slow_job(i), job_name=f"Ahead {i}") for i in range(6)]
    waiting = remote.QPU("Artemis").run(slow_job(), job_name="Behind")
    waiting.cancel()
    assert waiting.status is remote.Status.CANCELLED
    with pytest.raises(remote.ResultsError, match="cancelled"):
        waiting.get_result()
    waiting.retry()
    assert len(waiting.previous_ids) == 1
    table = remote.show_scheduled()
    assert list(table["Job ID"])[-1] == waiting.job_id
    assert list(table["Queue Position"]) == list(range(1, len(table) + 1))
    waiting.cancel()
    for job in ahead:
        with suppress(remote.JobError):  # complete meanwhile
            job.cancel()
    assert remote.wait(ahead, timeout=60).not_done == set()


def test_the_server_names_what_it_refuses(scheduler):
    """What the client would have refused first, sent past it."""
    import msgspec

    job = remote.QPU("Artemis").run(sampler())
    bad = msgspec.structs.replace(job.payload, n_samples=10**9, min_detection=9)
    with pytest.raises(remote.JobSubmissionError) as caught:
        remote.Job(bad).retry()
    assert len(caught.value.errors) >= 2


def test_thirty_two_threads_submit_at_once(scheduler):
    qpu = remote.QPU("Artemis")

    def work(seed: int) -> int:
        return int(qpu.run(sampler(seed), job_name=f"t{seed}").result(timeout=120).counts.sum())

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(work, range(64))) == [100] * 64
    ids = [job.job_id for job in remote.jobs(limit=64)]
    assert len(set(ids)) == 64


def test_ids_that_nobody_has(scheduler):
    for call in (remote.get_job_status, remote.cancel_job, remote.get_results, remote.job):
        with pytest.raises(remote.JobNotFoundError) as caught:
            call(10**9)
        assert str(caught.value) == f"Job with requested ID ({10**9}) not found."
    lost = remote.Job()
    lost._tracked.job_id = 10**9
    with pytest.raises(remote.JobNotFoundError):
        lost.wait_until_complete(timeout=10)


def test_a_wrong_token(scheduler):
    with pytest.raises(remote.AuthenticationError):
        remote.Client(url=scheduler.url, token="wrong").list_qpus()


# --- a scheduler that dies --------------------------------------------------------------------------


@posix
def test_a_wait_outlives_a_scheduler_that_is_killed(tmp_path):
    """A kill -9 while a job is waited for; started again on the same port and folder, it ends the job."""
    port = free_port()
    first = remote.local_scheduler(data_dir=tmp_path / "data", workers=1, port=port).start()
    token = first.token
    second = remote.local_scheduler(data_dir=tmp_path / "data", workers=1, port=port)
    second.token = token
    try:
        client = remote.Client(url=first.url, token=token)
        jobs = [client.qpu("Artemis").run(slow_job()) for _ in range(2)]

        def kill_and_start_again():
            os.kill(first.pid, signal.SIGKILL)
            time.sleep(0.3)
            second.start()

        with threads(kill_and_start_again):
            done, not_done = remote.wait(jobs, timeout=120)
        assert not_done == set()
        assert [int(job.get_result().counts.sum()) for job in sorted(done, key=lambda job: job.job_id)] == [
            10**6
        ] * 2
    finally:
        second.stop()
        first.stop()


@posix
def test_a_submit_outlives_a_scheduler_that_is_killed(tmp_path):
    port = free_port()
    first = remote.local_scheduler(data_dir=tmp_path / "data", workers=1, port=port).start()
    second = remote.local_scheduler(data_dir=tmp_path / "data", workers=1, port=port)
    second.token = first.token
    try:
        client = remote.Client(url=first.url, token=first.token)
        client.qpu("Artemis").run(sampler(), job_name="Before")
        os.kill(first.pid, signal.SIGKILL)

        def start_again():
            time.sleep(0.3)
            second.start()

        with threads(start_again):
            job = client.qpu("Artemis").run(sampler(), job_name="Only once")
        assert int(job.result(timeout=60).counts.sum()) == 100
        assert [item.job_id for item in client.jobs(name="Only once")] == [job.job_id]
    finally:
        second.stop()
        first.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- local_scheduler itself -------------------------------------------------------------------------


def test_it_is_the_default_while_it_lasts(monkeypatch):
    with remote.local_scheduler(workers=1) as outer:
        assert remote.list_qpus() == ["Artemis"]
        with remote.local_scheduler(workers=1) as inner:
            job = remote.QPU("Artemis").run(sampler())
            assert inner.client.job(job.job_id).job_id == job.job_id
            with pytest.raises(remote.JobNotFoundError):
                outer.client.job(job.job_id)
        assert remote.list_all_jobs() == []
        pid = outer.pid
        assert outer.token not in repr(outer)
        assert outer.dashboard.endswith(f"/#token={outer.token}")  # as the dashboard takes it
        assert outer.url.startswith("http://127.0.0.1:")
        assert outer.dashboard.startswith("http://127.0.0.1:")
        assert outer.qpu().details.name == "Artemis"
    with pytest.raises(remote.ConfigurationError):
        remote.list_qpus()
    assert (outer.url, outer.pid) == (None, None)
    with pytest.raises(remote.LightworksRemoteError, match="does not run"):
        _ = outer.client
    assert_gone(pid)


def assert_gone(pid: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")


def test_it_cannot_be_started_twice(scheduler):
    with pytest.raises(remote.LightworksRemoteError, match="runs already"):
        scheduler.start()
    assert remote.list_qpus() == ["Artemis"]


def test_its_folder_is_deleted_unless_it_was_given(tmp_path):
    with remote.local_scheduler(workers=1) as running:
        own = running._own_folder
        assert own.exists()
    assert not own.exists()
    with remote.local_scheduler(workers=1, data_dir=tmp_path / "kept"):
        pass
    assert any((tmp_path / "kept").iterdir())


def test_one_that_does_not_start_shows_its_log(tmp_path):
    config = tmp_path / "bad.toml"
    config.write_text("[[qpu]]\nname = 3\n")
    running = remote.local_scheduler(config=config)
    with pytest.raises(
        remote.LightworksRemoteError, match=r"(?s)ended at once, with exit code 1.*log.*bad\.toml"
    ):
        running.start()
    assert running.url is None
    with pytest.raises(remote.ConfigurationError):
        remote.list_qpus()


def test_without_the_server_extra(monkeypatch):
    monkeypatch.setattr(local_module.importlib.util, "find_spec", lambda name: None)
    running = remote.local_scheduler()
    with pytest.raises(lw.LightworksDependencyError, match=r"starlette and uvicorn.*lwfast\[server\]"):
        running.start()
    assert running.log() == ""


def test_one_that_is_not_ready_in_time_is_ended(monkeypatch):
    running = remote.local_scheduler(startup_seconds=0.01)
    with pytest.raises(remote.LightworksRemoteError, match=r"not ready within 0\.01 s"):
        running.start()
    assert running._child is None


def test_an_exception_in_the_block_ends_it():
    running = remote.local_scheduler(workers=1)
    pids = []

    def fail():
        with running:
            pids.append(running.pid)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert_gone(pids[0])


@posix
def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path):
    code = (
        "import time; from lwfast import remote; s = remote.local_scheduler(workers=1).start(); "
        "print(s.pid, flush=True); time.sleep(60)"
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    with child([sys.executable, "-c", code], cwd=root, env=environment) as parent:
        pid = int(read_line(parent))
        parent.kill()
        parent.wait(PATIENCE)
        assert_gone(pid)


@posix
@pytest.mark.parametrize(
    ("ending", "given"),
    [("sys.exit()", None), ("os.kill(os.getpid(), 9)", None), ("os.kill(os.getpid(), 9)", "data")],
)
def test_no_temporary_folder_outlives_a_parent(tmp_path, ending, given):
    """However that ends, if it does not stop the scheduler itself; a data folder of the user's stays."""
    temporary, kept = tmp_path / "temporary", tmp_path / "kept"
    temporary.mkdir()
    options = f"data_dir={str(kept / given)!r}" if given else ""
    code = (
        "import os, sys; import lwfast as lw; from lwfast import remote; "
        f"s = remote.local_scheduler(workers=1, {options}).start(); "
        "task = lw.Sampler(lw.Unitary(lw.random_unitary(4)), lw.State([1, 0, 0, 0]), 10); "
        "remote.QPU('Artemis').run(task).result(); "
        f"print(len(os.listdir(os.environ['TMPDIR'])), flush=True); {ending}"
    )
    done = python(code, TMPDIR=str(temporary), PYTHONPATH=str(Path(__file__).parents[2]))
    assert done.stdout == "1\n", done.stderr
    until(lambda: not any(temporary.iterdir()))
    assert not given or (kept / given / STORE_FILE).exists()


@posix
def test_one_that_does_not_listen_is_killed(monkeypatch):
    monkeypatch.setattr(local_module, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(local_module, "TERMINATE_SECONDS", 0.2)
    running = remote.local_scheduler(workers=1).start()
    pid = running.pid
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < 5
    assert_gone(pid)


def test_it_works_from_a_folder_with_a_treacherous_file(tmp_path, monkeypatch):
    """The working folder is no place to import from."""
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('wrong file')")
    monkeypatch.chdir(tmp_path)
    with remote.local_scheduler(workers=1):
        assert remote.list_qpus() == ["Artemis"]


def test_it_can_be_started_from_a_thread():
    found = []

    def work():
        with remote.local_scheduler(workers=1) as running:
            found.append(running.client.list_qpus())

    with threads(work):
        pass
    assert found == [["Artemis"]]


def test_without_a_temporary_folder(monkeypatch, tmp_path):
    """A read-only temporary directory is named, with what to do."""
    monkeypatch.setattr(local_module.tempfile, "tempdir", str(tmp_path / "missing"))
    running = remote.local_scheduler(data_dir=tmp_path / "data")
    with pytest.raises(remote.LightworksRemoteError, match=r"none can be made \(No such.*\)\. Set .*TMPDIR"):
        running.start()
    assert running.url is None

    def fail(*args, **kwargs):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(local_module.tempfile, "mkdtemp", fail)
    with pytest.raises(remote.LightworksRemoteError, match=r"No usable temporary directory found in"):
        running.start()


def test_one_that_cannot_be_started(monkeypatch):
    """Where no more processes are allowed, say."""

    def fail(*args, **kwargs):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(local_module.subprocess, "Popen", fail)
    running = remote.local_scheduler()
    with pytest.raises(remote.LightworksRemoteError, match=r"could not be started \(.*unavailable\)"):
        running.start()
    assert running._own_folder is None


def test_a_device_takes_its_time(tmp_path):
    """With the pace of a device the walkthrough's steps show what they show at one."""
    config = tmp_path / "qpus.toml"
    config.write_text(f"{profile_text('artemis')}\nsetup_seconds = 0.7\nshots_per_second = 1e6\n")
    with remote.local_scheduler(config=config, workers=2, pace="artemis"):
        qpu = remote.QPU("Artemis")
        first, second, third = (qpu.run(sampler(), job_name=f"Job {number}") for number in range(3))
        assert third.queue_position == (second.queue_position or 0) + 1
        first.wait_until_complete(timeout=60)
        assert not second.complete
        second.retry()  # behind the third, so that there is time to cancel it
        assert second.status is remote.Status.SCHEDULED
        assert second.queue_position is not None
        second.cancel()
        assert second.status is remote.Status.CANCELLED
        third.wait_until_complete(timeout=60)
        assert third.get_result().n_samples == 100


def test_a_pace_that_is_none():
    with pytest.raises(ValueError, match="artemis"):
        remote.local_scheduler(pace="fast")
