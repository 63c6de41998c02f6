"""Schedulers to test against: in a thread of this process, or as a process that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import requests

from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.server import Server
from lwfast.scheduler.server_settings import ServerSettings
from lwfast.scheduler.workers import workers
from lwfast.wire import TOKEN_HEADER, matrix_to_text
from tests.started import PATIENCE, child, read_line

TOKEN = "test-token"
FAKE = "tests.scheduler.runners:fake"
ENDED = {"Completed", "Failed", "Cancelled", "TimedOut"}
ROOT = Path(__file__).resolve().parents[2]
PYTHONPATH = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def payload(n_modes: int = 2, photons: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid payload, with changes."""
    fourier = np.fft.fft(np.eye(n_modes)) / np.sqrt(n_modes)
    return {
        "qpu": "Artemis",
        "job_name": "Job",
        "lightworks_version": "2.3.5",
        "n_modes": n_modes,
        "input": [1] * photons + [0] * (n_modes - photons),
        "n_samples": 100,
        "min_detection": 1,
        "direct_implementation": False,
        "unitary": matrix_to_text(fourier),
        "circuit_spec": None,
        "job_data": None,
    } | changes


class Api:
    """Requests to one scheduler."""

    def __init__(self, root: str, token: str = TOKEN) -> None:
        self.root = root
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers[TOKEN_HEADER] = token

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.root + path, timeout=30, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", "api/" + path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", "api/" + path, **options)

    def submit(self, **changes: Any) -> int:
        answer = self.post("jobs", json=payload(**changes))
        assert answer.status_code == 202, answer.text
        return int(answer.headers["X-Job-Id"])

    def cancel(self, job_id: int) -> requests.Response:
        return self.call("PUT", f"api/jobs/{job_id}/cancel")

    def details(self, job_id: int) -> dict[str, Any]:
        answer = self.get(f"jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, job_id: int) -> str:
        return self.details(job_id)["jobStatus"]

    def wait(
        self, job_id: int, wanted: set[str] = frozenset(ENDED), seconds: float = PATIENCE
    ) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (details := self.details(job_id))["jobStatus"] not in wanted:
            assert time.monotonic() < deadline, details
            time.sleep(0.005)
        return details

    def errors(self, answer: requests.Response) -> dict[str, str]:
        assert answer.headers["content-type"] == "application/json"
        return {error["name"]: error["reason"] for error in answer.json()["errors"]}


def make_settings(folder: Path, **changes: Any) -> ServerSettings:
    return ServerSettings(
        **({"data_dir": folder, "workers": 1, "port": 0, "runner": FAKE, "token": TOKEN} | changes)
    )


_own_environment = workers.environment


def _with_tests() -> dict[str, str]:
    """Let workers import the runners of these tests, wherever lwfast itself is installed."""
    return _own_environment() | {"PYTHONPATH": PYTHONPATH}


# For as long as the tests run. A scheduler of a session starts workers again long after the one beside which
# it began has ended, so that taking the change back with either would take it from the other.
workers.environment = _with_tests


@contextlib.contextmanager
def running(settings: ServerSettings):
    """A scheduler in a thread; yields its API, with `.scheduler` and `.loop` for looking inside."""
    urls: queue.SimpleQueue[Any] = queue.SimpleQueue()
    server: list[Server] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        server.append(Server(Scheduler(settings), lambda: settings.token, urls.put))
        await server[0].run_scheduler()
        # What is left of a handshake that a client broke off is closed by later turns of the loop.
        await asyncio.sleep(0.05)

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            urls.put(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    root = urls.get(timeout=PATIENCE)
    if isinstance(root, BaseException):
        thread.join(PATIENCE)
        raise root
    api = Api(root, settings.token)
    api.scheduler, api.loop = server[0]._scheduler, loops[0]
    try:
        with contextlib.closing(api.session):
            yield api
    finally:
        loops[0].call_soon_threadsafe(setattr, server[0], "should_exit", True)
        thread.join(PATIENCE)
        assert not thread.is_alive()


SCRIPT = """
import sys
from pathlib import Path
from lwfast.scheduler.server import serve
from lwfast.scheduler.server_settings import ServerSettings
folder, runner, token, *cluster = sys.argv[1:]
how = {"executor": cluster[0]} if cluster else {"workers": 1}
serve(ServerSettings(data_dir=Path(folder), runner=runner, token=token, port=0, **how), announce="json")
"""


@contextlib.contextmanager
def own_process(
    folder: Path,
    runner: str = FAKE,
    *,
    executor: str | None = None,
    files: int | None = None,
    stderr: int | None = None,
    **env: str,
) -> Iterator[tuple[subprocess.Popen[str], Api]]:
    """A scheduler as a process of its own, with at most `files` open files where that is given."""
    command = [sys.executable, "-c", SCRIPT, str(folder), runner, TOKEN, *filter(None, [executor])]
    if files is not None:
        command = ["sh", "-c", f"ulimit -n {files}; exec {shlex.join(command)}"]
    # Its workers look for the runners of these tests where PYTHONPATH says, and never in the working folder.
    environment = os.environ | {"PYTHONPATH": PYTHONPATH} | env
    with child(command, stderr=stderr, cwd=ROOT, env=environment) as process:
        api = Api(json.loads(read_line(process))["url"].removesuffix("api/"))
        with contextlib.closing(api.session):
            yield process, api
