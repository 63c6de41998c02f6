"""A scheduler at work, to be recorded: run as a program, in a process that may be killed.

It writes down what it is about to ask for and what it was promised, as lines of JSON in the file `promises`
of the recorded folder, which the recorder sees among all else: so each promise has its place in the order of
writes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.jobs import NewJob, StoredJob
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.server_settings import ServerSettings
from tests.started import PATIENCE

PROMISES = "promises"
RUNNER = "tests.power_cut.workload:run"
DEATH = 9
LARGE, REFUSED = 7, 8
"""Numbers of samples with a meaning: a result in a file of its own, and a failure."""


def run(unitary, occupation, n_samples, *, min_detection=0, hardware=None, rng=None):
    """What workers run in place of the emulator."""
    if n_samples == REFUSED:
        raise ValueError("not like this")
    rows = 30_000 if n_samples == LARGE else 2
    states = np.zeros((rows, len(occupation)), dtype=np.uint8)
    states[:, 0], states[:, 1] = np.arange(rows) >> 8, np.arange(rows) & 255
    return states, np.full(rows, 1 + (rng or 0) % 1000, dtype=np.int64)


def new_job(name: str) -> NewJob:
    """The job of a name: the same one whenever it is asked for."""
    from lwfast.scheduler.qpus import load_qpus
    from lwfast.scheduler.validation.payloads import check_one
    from tests.scheduler.harness import payload

    draw = random.Random(name)
    samples = LARGE if name.startswith("large") else draw.choices([LARGE, REFUSED, 100], [1, 4, 35])[0]
    data = "x" * draw.choice([0, 0, 0, 300, 9000])
    changed = payload(
        job_name=name, n_samples=samples, job_data={"data": data}, n_modes=draw.choice([2, 2, 6])
    )
    job = check_one(changed, load_qpus())
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "little")
    return NewJob(**{field: getattr(job, field) for field in job.__struct_fields__} | {"seed": seed})


def digest_of(names: Sequence[str]) -> bytes:
    """What a key stands for."""
    return hashlib.sha256(json.dumps(names).encode()).digest()


class Life:
    """One life of a scheduler, from its start to its end or its death."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.draw = random.Random(number)
        self.number = number
        self.told: set[int] = set()
        self.file = os.open(folder / PROMISES, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(self, **facts: object) -> None:
        os.write(self.file, json.dumps(facts).encode() + b"\n")

    async def submit(self, scheduler: Scheduler, name: str, count: int) -> list[int]:
        names = [f"{name}.{i}" for i in range(count)]
        self.say(asked=name, names=names)
        jobs = await scheduler.submit([new_job(n) for n in names], name, digest_of(names))
        ids = [job.id for job in jobs]
        self.say(accepted=name, ids=ids)
        return ids

    async def see_a_large_result(self, scheduler: Scheduler) -> None:
        """Wait for the result of a job that is in a file: on a slow machine a life may see no other."""
        ends: asyncio.Queue[StoredJob] = asyncio.Queue()
        scheduler.on_ended.append(ends.put_nowait)
        (job_id,) = await self.submit(scheduler, f"large{self.number}", 1)
        async with asyncio.timeout(PATIENCE):
            while job_id in scheduler.book.live:
                await ends.get()
        await self.tell_ended(scheduler)

    async def cancel(self, scheduler: Scheduler) -> None:
        if scheduler.book.live:
            job_id = self.draw.choice(list(scheduler.book.live))
            try:
                await scheduler.cancel(job_id)
            except RequestError:  # it has ended meanwhile
                return
            self.say(cancelled=job_id)

    async def tell_ended(self, scheduler: Scheduler) -> None:
        """Write down what is shown of jobs that have ended."""
        for job in await scheduler.book.page(JobQuery(), 100_000):
            if job.status.is_complete and job.id not in self.told:
                self.told.add(job.id)
                found = None
                if job.status.wire_name == "Completed":
                    answer = await scheduler.result(job.id)
                    if not isinstance(answer, bytes):
                        with answer[0] as file:
                            answer = file.read()
                    found = hashlib.sha256(answer).hexdigest()
                self.say(ended=job.id, status=job.status.wire_name, result=found)

    async def live(self, requests: int, *, dies: bool) -> None:
        settings = ServerSettings(data_dir=self.folder / "data", token="t", workers=1, runner=RUNNER)
        scheduler = Scheduler(settings)
        await scheduler.start()
        if dies:  # the first in its folder
            await self.see_a_large_result(scheduler)
        for turn in range(0, requests, 5):
            work = []
            for place in range(turn, turn + 5):
                name = f"life{self.number}-{place}"
                kind = self.draw.random()
                if kind < 0.55:
                    work.append(self.submit(scheduler, name, 1))
                elif kind < 0.7:
                    work.append(self.submit(scheduler, name, self.draw.choice([2, 3, 2, 3, 12])))
                elif kind < 0.9:
                    work.append(self.cancel(scheduler))
                else:
                    work.append(asyncio.sleep(0.02))
            if self.draw.random() < 0.6:
                await asyncio.gather(*work)
            else:
                for one in work:
                    await one
            await self.tell_ended(scheduler)
        if dies:  # in the middle of something
            os._exit(DEATH)
        for _ in range(200):
            if len(scheduler.book.live) < 5:
                break
            await asyncio.sleep(0.01)
        await self.tell_ended(scheduler)
        await scheduler.stop()


def main(root: Path, folders: int, lives: int, requests: int) -> None:
    """Let schedulers live, one after another: in each folder all die but the last."""
    for folder in range(folders):
        path = root / str(folder)
        path.mkdir()
        for life in range(lives):
            child = os.fork()  # with all that is imported here
            if child == 0:
                dies = life + 1 < lives
                try:
                    asyncio.run(Life(path, lives * folder + life).live(requests, dies=dies))
                    os._exit(0)
                finally:  # else the thread of the store would keep the process, and the test with it
                    traceback.print_exc()
                    sys.stderr.flush()
                    os._exit(1)
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) in {0, DEATH}, (folder, life, status)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
