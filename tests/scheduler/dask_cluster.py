"""A cluster of dask.distributed on this machine, whose processes can be killed, stopped and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from lwfast.scheduler.workers.payload_run import run_payload
from tests.scheduler.harness import PYTHONPATH, make_settings, running
from tests.scheduler.runners import fake
from tests.scheduler.test_crash import seed_of
from tests.started import PATIENCE, child, until


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """A dask scheduler and its workers, of one thread each, and without what would start them again.

    Jobs of `runners.WAITS` end once the file `gate` is there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate = folder / "gate"
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.executor = f"dask://127.0.0.1:{self.port}"
        self.scheduler: subprocess.Popen | None = None
        self.workers: list[subprocess.Popen] = []
        self._running = contextlib.ExitStack()

    def start(self, n_workers: int) -> None:
        """Start what is not there any more."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.scheduler = self._run("dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port))
            until(self._listens)
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < n_workers:
            self.workers.append(self.worker())
        while len(self.workers) > n_workers:
            kill(self.workers.pop())

    def worker(self, *options: str) -> subprocess.Popen:
        ours = ["--no-nanny", "--nthreads", "1", "--local-directory", str(self.folder)]
        return self._run("dask_worker", self.address, *ours, *options)

    def stop(self) -> None:
        # The scheduler first: a worker that ends before it costs its job a try.
        for process in (*filter(None, [self.scheduler]), *self.workers):
            kill(process)
        self.workers, self.scheduler = [], None
        self._running.close()

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def _run(self, program: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *options, "--no-dashboard"]
        return self._running.enter_context(
            child(
                command,
                cwd=self.folder,
                env=os.environ
                | {
                    "PYTHONPATH": PYTHONPATH,
                    "PYTHONWARNINGS": "ignore",
                    "LWFAST_TEST_GATE": str(self.gate),
                },
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )


def kill(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)


# --- lwfast on it -------------------------------------------------------------------------------------


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
