"""A scheduler under load: a long queue, many who poll, some who read large results, and jobs that finish."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import multiprocessing
import tempfile
import time
from collections import defaultdict
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import lwfast as lw
from lwfast import remote, wire
from lwfast.wire import TOKEN_HEADER

QPUS = """
[[qpus]]
id = 1
name = "Busy"
n_modes = 20
max_photon_input = 8
max_detection_filter = 8
default_max_samples = 10_000_000

[[qpus]]
id = 2
name = "Parked"
n_modes = 20
max_photon_input = 8
max_detection_filter = 8
default_max_samples = 1_000_000
available = false
"""
"""Jobs of a QPU that is offline stay in the queue."""
POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is to do.

    Attributes:
        queued: Jobs that wait.
        ended: Jobs that ended before the scheduler was started again: only the store knows them.
        pollers: Clients that ask for a status every half second, by turns of these two kinds.
        readers: Clients that read the large result, each as often as it can.
        n_samples: Of the large result; its rows are what differs among these.
        seconds: How long all of this goes on.
    """

    queued: int
    ended: int
    pollers: int
    readers: int
    n_samples: int
    seconds: float


SMALL = Size(queued=200, ended=100, pollers=10, readers=2, n_samples=10_000, seconds=2)
FULL = Size(queued=10_000, ended=3000, pollers=200, readers=10, n_samples=2_500_000, seconds=20)


@dataclass
class Measured:
    """What came out: seconds of each request by kind, sizes, and what the scheduler held at its worst."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    rows: int = 0
    result_bytes: int = 0
    peak_bytes: int = 0
    handles: int = 0
    finished: int = 0


def run_load(size: Size) -> Measured:
    """Set a scheduler up, load it, and return what was measured."""
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "qpus.toml"
        config.write_text(QPUS)
        where: Any = {"config": config, "workers": 1, "data_dir": Path(folder) / "data"}
        with remote.local_scheduler(**where) as local:
            job = local.qpu("Busy").run(_task(size.n_samples), job_name="Large")
            job.wait_until_complete(timeout=600)
            large = int(job.job_id)
            ended = _submit_many(local.qpu("Busy"), TINY_TASK, size.ended)
            parked = _submit_many(local.qpu("Parked"), SMALL_TASK, size.queued)
            small = local.qpu("Busy").run(SMALL_TASK)
            small.wait_until_complete(timeout=600)  # behind all the tiny ones
            body = wire.encode(small.payload)
        with remote.local_scheduler(**where) as local:
            warm = local.qpu("Busy").run(SMALL_TASK)
            warm.wait_until_complete(timeout=60)
            asyncio.run(_Load(local, size, parked, ended, large, body, measured).run())
    return measured


def _submit_many(qpu: remote.QPU, task: lw.Sampler, number: int) -> list[int]:
    ids: list[int] = []
    while len(ids) < number:
        tasks = lw.Batch()
        for _ in range(min(1000, number - len(ids))):
            tasks.add(task)
        ids += map(int, qpu.run(tasks).job_id.values())
    return ids


def _task(n_samples: int) -> lw.Sampler:
    return lw.Sampler(
        lw.Unitary(lw.random_unitary(20, seed=1)),
        lw.State([1] * 8 + [0] * 12),
        n_samples=n_samples,
        min_detection=1,
        random_seed=1,
    )


SMALL_TASK = _task(1000)
TINY_TASK = lw.Sampler(lw.Unitary(lw.random_unitary(2, seed=1)), lw.State([1, 1]), 50, random_seed=1)


@dataclass
class _Load:
    """What the clients do; `end` is when they stop, by the monotonic clock."""

    local: remote.LocalScheduler
    size: Size
    parked: list[int]
    ended: list[int]
    large: int
    body: bytes
    measured: Measured
    end: float = 0.0

    async def run(self) -> None:
        """Let all clients work until the time is over."""
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
            other.submit(int).result()  # it has started
            self.end = time.monotonic() + self.size.seconds
            where = _Where(str(self.local.url), self.local.token)
            reads = other.submit(_read_in_process, where, self.large, self.size.readers, self.end)
            async with asyncio.TaskGroup() as tasks:
                for number in range(self.size.pollers):
                    tasks.create_task(self._poll(number))
                tasks.create_task(self._submit())
                tasks.create_task(self._look())
            self._take(reads)

    def _take(self, reads: Future[list[tuple[float, int, int]]]) -> None:
        for seconds, n_bytes, n_rows in reads.result(timeout=600):
            self.measured.seconds["large result, to its end"].append(seconds)
            self.measured.result_bytes, self.measured.rows = n_bytes, n_rows

    @property
    def _goes_on(self) -> bool:
        return time.monotonic() < self.end

    async def _timed(self, kind: str, line: Line, method: str, path: str, body: bytes = b"") -> Any:
        began = time.perf_counter()
        status, answer = await line.ask(method, path, body)
        self.measured.seconds[kind].append(time.perf_counter() - began)
        if status not in {200, 202}:
            raise AssertionError(f"{path}: {status} {answer[:200]!r}")
        return json.loads(answer)

    async def _poll(self, number: int) -> None:
        await asyncio.sleep(POLL_SECONDS * number / self.size.pollers)
        async with Line(self.local) as line:
            for turn in itertools.count(number):
                if not self._goes_on:
                    break
                jobs, kind, wanted = (
                    (self.parked, "status of a job that waits", "Scheduled")
                    if turn % 2
                    else (self.ended, "status of a job that only the store holds", "Completed")
                )
                job = jobs[turn * 7919 % len(jobs)]
                began = time.perf_counter()
                details = await self._timed(kind, line, "GET", f"jobs/{job}")
                if details["jobStatus"] != wanted:
                    raise AssertionError(f"job {job}: {details}")
                await asyncio.sleep(max(0.0, POLL_SECONDS - (time.perf_counter() - began)))

    async def _submit(self) -> None:
        async with Line(self.local) as line:
            while self._goes_on:
                record = await self._timed("submit, until it is stored", line, "POST", "v1/jobs", self.body)
                while self._goes_on:
                    path = f"jobs/{record['jobId']}"
                    details = await self._timed("status of a job that runs", line, "GET", path)
                    if details["jobStatus"] == "Completed":
                        self.measured.finished += 1
                        break
                    await asyncio.sleep(0.02)

    async def _look(self) -> None:
        async with Line(self.local) as line:
            while self._goes_on:
                await self._timed("list of 100 jobs", line, "GET", "v1/jobs")
                await self._timed("status of the scheduler", line, "GET", "v1/status")
                _watch(self.local, self.measured)
                await asyncio.sleep(0.1)


@dataclass(frozen=True)
class _Where:
    """What a connection needs to know of a scheduler; goes to another process."""

    url: str
    token: str


def _read_in_process(where: _Where, large: int, readers: int, end: float) -> list[tuple[float, int, int]]:
    """Read the large result again and again; return seconds, bytes and rows of each reading.

    Runs in a process of its own, so that those who poll do not wait for those who read.
    """
    found: list[tuple[float, int, int]] = []

    async def read() -> None:
        async with Line(where) as line:
            while time.monotonic() < end:
                began = time.perf_counter()
                status, n_bytes, n_rows = await line.measure(f"jobs/{large}/results")
                found.append((time.perf_counter() - began, n_bytes, n_rows))
                if status != 200 or n_bytes < 1000:
                    raise AssertionError(f"{status}, {n_bytes} bytes")

    async def read_all() -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(readers):
                tasks.create_task(read())

    asyncio.run(read_all())
    return found


def _watch(local: remote.LocalScheduler, measured: Measured) -> None:
    """Note memory and handles of the scheduler's process, where the system tells."""
    with contextlib.suppress(OSError, StopIteration):
        process = Path(f"/proc/{local.pid}")
        peak = next(
            line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM")
        )
        measured.peak_bytes = int(peak.split()[1]) * 1024
        measured.handles = max(measured.handles, len(list((process / "fd").iterdir())))


class Line:
    """A connection that is kept, with as little of a client as there can be: two hundred share one core.

    Args:
        of: The scheduler: what has its `url` and `token`.
    """

    def __init__(self, of: remote.LocalScheduler | _Where) -> None:
        where = urlsplit(str(of.url))
        self._where = str(where.hostname), int(where.port or 80)
        self._token = of.token

    async def __aenter__(self) -> Line:
        self._reader, self._writer = await asyncio.open_connection(*self._where, limit=2**20)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request; return status and body."""
        status, length = await self._head(method, path, body)
        return status, await self._reader.readexactly(length)

    async def measure(self, path: str) -> tuple[int, int, int]:
        """Read an answer to its end without keeping it; return status, bytes, and rows by their brackets."""
        status, length = await self._head("GET", path, b"")
        left, rows = length, 0
        while left:
            piece = await self._reader.read(min(left, 2**18))
            if not piece:
                raise AssertionError(f"{path} broke off with {left} bytes to come")
            left -= len(piece)
            rows += piece.count(b"(")
        return status, length, rows

    async def _head(self, method: str, path: str, body: bytes) -> tuple[int, int]:
        head = (
            f"{method} /api/{path} HTTP/1.1\r\nHost: localhost\r\n{TOKEN_HEADER}: {self._token}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        return int(lines[0].split()[1]), int(headers.get("content-length", 0))
