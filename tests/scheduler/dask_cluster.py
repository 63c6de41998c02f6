"""A cluster of dask.distributed on this machine, whose processes can be killed, stopped and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.scheduler.harness import PYTHONPATH
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
