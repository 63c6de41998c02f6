"""A cluster of dask.distributed in place of the pool of worker processes.

The scheduler gives each job to one dask worker, which it names, and counts itself how often the worker of a
job was lost. So dask neither moves a job nor tries it again, both of which it would do without a word.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lwfast._base.files.own_files import why
from lwfast._base.pauses import pause_after
from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.workers import workers
from lwfast.scheduler.workers.cluster import on_worker
from lwfast.scheduler.workers.cluster.build import build_here
from lwfast.scheduler.workers.cluster.cluster_faults import ClusterLostError, LostError, UnfitError
from lwfast.scheduler.workers.cluster.dask_link import Link, connected
from lwfast.scheduler.workers.cluster.place import Member, Place
from lwfast.scheduler.workers.cluster.remote_run import RemoteRun, result_of, submit
from lwfast.scheduler.workers.frames import LENGTH, Done, Failed, Run, decode_order

log = log_of(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at the cluster's workers."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
"""Between tries to connect, to greet a worker, and to write a result where there is no room for it."""
EMPTY_SECONDS = 10.0
"""A cluster without workers for so long is reported; workers that dask starts again are back earlier."""
FETCHES = 2
"""How many large results are fetched at once, each in parts."""


class DaskPool:
    """Keep in touch with a cluster, and give its workers jobs.

    Args:
        address: Of the dask scheduler, `tcp://HOST:PORT` or `tls://HOST:PORT`.
        most: Most jobs at once.
        results_dir: Where large results are written.
        runner: What runs a job, as `module:function`.
        on_idle: Called when a place can take a job.
        on_begun: Called with the id of a job once a worker process, which may have to start, has taken it.
        on_answer: Called with each `Done` or `Failed`; the place is idle again.
        on_held: Called with the id of a job whose result cannot be written yet, and the reason.
        on_lost: Called with the id of a job whose worker ended or hung, and how.
        on_put_back: Called with the id of a job that the cluster took with it, and how that went away.
        on_trouble: Called when the cluster turns out to be out of reach, or of no use; see `trouble`.

    Attributes:
        workers: The places for jobs; there are as many as the cluster's workers have threads, up to `most`.
    """

    ever_ready = True
    """Jobs wait for the cluster, however long it takes; none fails since it was not there when it came."""

    def __init__(
        self,
        address: str,
        most: int,
        results_dir: Path,
        runner: str,
        *,
        on_idle: Callable[[], None],
        on_begun: Callable[[int], None],
        on_answer: Callable[[Done | Failed], None],
        on_held: Callable[[int, str], None],
        on_lost: Callable[[int, str], None],
        on_put_back: Callable[[int, str], None],
        on_trouble: Callable[[], None],
    ) -> None:
        self.address = address
        self.workers: list[Place] = []
        self._most = most
        self._results_dir = results_dir
        self._runner = runner
        self._on_idle = on_idle
        self._on_begun = on_begun
        self._on_answer = on_answer
        self._on_held = on_held
        self._on_lost = on_lost
        self._on_put_back = on_put_back
        self._on_trouble = on_trouble
        self._build = build_here()
        self._topic = f"lwfast-{uuid.uuid4().hex}"
        self._runs: dict[str, Place] = {}
        self._client: Any = None
        self._members: dict[str, Member] = {}
        self._away: str | None = None
        self._tries = 0
        self._empty_looks = 0
        self._broken = asyncio.Event()
        self._fetching = asyncio.Semaphore(FETCHES)
        self._keeping: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Connect to the cluster, and stay connected."""
        self._keeping = asyncio.create_task(self._keep_connected())

    async def stop(self) -> None:
        """Let go of all jobs, which ends them on the cluster, and of the cluster."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await asyncio.gather(*self._work, return_exceptions=True)

    @property
    def ready(self) -> int:
        """How many places there are, busy ones included."""
        return len(self.workers)

    @property
    def cores(self) -> int:
        """How many threads the workers have in all."""
        return sum(member.n_threads for member in self._members.values() if member.ready)

    @property
    def busy(self) -> int:
        """How many places work on a job."""
        return sum(not place.idle for place in self.workers)

    @property
    def held(self) -> str | None:
        """Why no job begins for now although jobs are accepted, such as no room for a result."""
        for place in self.workers:
            if place.held is not None:
                return (
                    f"the result of job {place.job_id} cannot be written ({place.held}); "
                    "the cluster holds the result, and it is tried again"
                )
        if self._client is not None and self._empty_looks * LOOK_SECONDS >= EMPTY_SECONDS:
            return f"the dask cluster at {self.address} has no workers; jobs wait until it has"
        return None

    @property
    def trouble(self) -> str | None:
        """Why no job can be run, such as a cluster that is out of reach."""
        if self._away is not None:
            return f"the dask cluster at {self.address} cannot be reached ({self._away}); it is tried again"
        members = list(self._members.values())
        if members and all(member.refused is not None for member in members):
            return (
                f"no worker of the dask cluster at {self.address} can be used: the one at "
                f"{members[0].address} {members[0].refused}"
            )
        return None

    def claim(self, job_id: int) -> Place | None:
        """Reserve a place for a job, on the dask worker that has the fewest."""
        load = Counter(place.member.address for place in self.workers if not place.idle)
        idle = [place for place in self.workers if place.idle]
        if not idle:
            return None
        place = min(idle, key=lambda place: load[place.member.address] / place.member.n_threads)
        place.job_id = job_id
        return place

    def running(self, job_id: int) -> Place | None:
        """The place that runs a job."""
        return next((place for place in self.workers if place.job_id == job_id), None)

    # --- the connection ----------------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        while True:
            try:
                await self._serve()
            except Exception as error:  # noqa: BLE001  (whatever it was, it is tried again)
                reason = f"{type(error).__name__}: {str(error)[:300]}".rstrip(": ")
            else:
                reason = "the connection was lost"
            self._tries += 1
            if self._away is None:
                log.error("the dask cluster at %s cannot be reached (%s)", self.address, reason)
            self._away = reason
            self._on_trouble()
            await asyncio.sleep(pause_after(self._tries, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))

    async def _serve(self) -> None:
        """Use the cluster until it is out of reach."""
        async with connected(self.address) as link:
            try:
                link.client.subscribe_topic(self._topic, self._hear)
                self._client = link.client
                self._broken.clear()
                self._empty_looks = 0
                if self._away is not None:
                    log.warning("the dask cluster at %s is within reach", self.address)
                self._away, self._tries = None, 0
                while link.holds and not self._broken.is_set():
                    await self._look(link)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._broken.wait()
            finally:
                self._client = None
                self._let_go()

    def _let_go(self) -> None:
        """Put all jobs back: the cluster is gone, or we are about to end."""
        for member in self._members.values():
            if member.greeting is not None:
                member.greeting.cancel()
        self._members.clear()
        places, self.workers = self.workers, []
        for place in places:
            self._put_back(place, f"The connection to the dask cluster at {self.address} was lost")

    @property
    def _is_connected(self) -> bool:
        return self._client is not None and self._client.status == "running"

    # --- the workers of the cluster ----------------------------------------------------------------

    async def _look(self, link: Link) -> None:
        """Find out which workers there are."""
        async with asyncio.timeout(workers.SILENCE_SECONDS):
            cluster = await link.client.scheduler.identity()
        if not link.leads_to(cluster["id"]):
            return  # to another dask scheduler by now: the workers did not leave, the cluster did
        present: dict[str, Any] = cluster["workers"]
        gone = {address: "left the dask cluster" for address in self._members if address not in present}
        for address, facts in present.items():
            member = self._members.get(address)
            if member is None:
                member = self._members[address] = Member(address, facts["nthreads"], facts["last_seen"])
                member.greeting = asyncio.create_task(self._greet(link.client, member))
            elif facts["last_seen"] != member.seen:
                member.seen, member.silent = facts["last_seen"], 0
            else:
                member.silent += 1
                if member.ready and member.silent * LOOK_SECONDS >= workers.SILENCE_SECONDS:
                    gone[address] = f"gave no sign of life for {workers.SILENCE_SECONDS:g} s"
        self._leave(gone)
        self._empty_looks = 0 if present else self._empty_looks + 1
        self._arrange()

    async def _greet(self, client: Any, member: Member) -> None:
        """Find out whether a dask worker is of use, and get it ready."""
        for tries in itertools.count(1):
            key = f"lwfast-hello-{uuid.uuid4().hex}"
            future = submit(client, member.address, key, on_worker.hello, self._runner)
            try:
                async with asyncio.timeout(2 * workers.READY_SECONDS):
                    facts = await result_of(future)
                if facts["build"] != self._build:
                    refused = f"has {facts['build']}, and the scheduler {self._build}"
                else:
                    refused = facts["lost"] and f"cannot run jobs: the worker process {facts['lost']}"
            except ClusterLostError:
                self._broken.set()
                return
            except LostError as error:
                refused = str(error)
            except TimeoutError:
                refused = "does not answer"
            finally:
                future.release()
            if not refused:
                member.id, member.ready, member.refused = facts["id"], True, None
                log.info("dask worker %s ready after %.2f s", member.address, facts["seconds"])
                self._arrange()
                return
            self._note_refusal(member, refused)
            await asyncio.sleep(pause_after(tries, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))

    def _note_refusal(self, member: Member, why_not: str) -> None:
        if why_not != member.refused:
            log.error("the dask worker at %s %s: it gets no jobs", member.address, why_not)
        member.refused = why_not
        self._on_trouble()

    def _refuse(self, member: Member, why_not: str) -> None:
        """Give a dask worker no more jobs, until it is of use again."""
        if member.ready and self._client is not None:
            member.ready = False
            member.greeting = asyncio.create_task(self._greet(self._client, member))
            self._note_refusal(member, why_not)
            self._arrange()

    def _leave(self, gone: dict[str, str]) -> None:
        """Take dask workers away, all at once so that none gets a job of another, and the jobs that they ran.

        Args:
            gone: How each of them was lost, by address.
        """
        members = [self._members.pop(address) for address in gone]
        for member in members:
            if member.greeting is not None:
                member.greeting.cancel()
        lost = [place for place in self.workers if place.member in members]
        self.workers = [place for place in self.workers if place.member not in members]
        for place in lost:
            address = place.member.address
            if place.has_begun:
                self._lose(place, f"on {address} {gone[address]}")
            else:
                # Not the job's doing, which no process there had taken yet: it does not cost a try.
                self._put_back(place, f"The dask worker at {address} {gone[address]} before the job began")

    def _arrange(self) -> None:
        """Have as many places as there may be, spread over the dask workers; then let jobs begin."""
        members = [member for member in self._members.values() if member.ready]
        has = Counter(place.member.address for place in self.workers)
        kept = []
        wanted = self._wanted(members)
        for place in self.workers:
            address = place.member.address
            if place.idle and has[address] > wanted[address]:
                has[address] -= 1
            else:
                kept.append(place)
        for member in members:
            room = min(wanted[member.address] - has[member.address], self._most - len(kept))
            kept += [Place(member, self._begin) for _ in range(room)]
        self.workers = kept
        if any(place.idle for place in self.workers):
            self._on_idle()

    def _wanted(self, members: list[Member]) -> Counter[str]:
        """Return how many places each dask worker should have: one, then a second one, and so on."""
        wanted: Counter[str] = Counter()
        left = self._most
        for level in range(max((member.n_threads for member in members), default=0)):
            for member in members:
                if left and level < member.n_threads:
                    wanted[member.address] += 1
                    left -= 1
        return wanted

    # --- jobs --------------------------------------------------------------------------------------

    def _begin(self, place: Place, frame: bytes) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run(place, frame))
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    async def _run(self, place: Place, frame: bytes) -> None:
        """Run a job at a place, to its end or until the place is told to forget it."""
        order = decode_order(frame[LENGTH.size :])
        assert isinstance(order, Run)  # noqa: S101  (the place knows)
        member, run = place.member, None
        try:
            where = (self._topic, place.cores, self._runner, member.id, self._build)
            run = RemoteRun(self._client, member.address, order, frame, *where)
            self._runs[run.token] = place
            answer, size = await run.answer()
            if isinstance(answer, Done) and answer.file is not None:
                await self._fetch(place, run, self._results_dir / Path(answer.file).name, size)
        except ClusterLostError:
            self._broken.set()  # which puts this job back, with all others
            return
        except UnfitError as error:
            self._refuse(member, str(error))
            self._put_back(place, f"The dask worker at {member.address} {error}")
            return
        except Exception as error:  # noqa: BLE001  (whatever it was, the job is tried again or fails)
            if run is None and not self._is_connected:  # so that nothing was sent
                self._broken.set()
                return
            known = isinstance(error, LostError)
            self._lose(place, str(error) if known else f"was lost ({type(error).__name__}: {error})")
            return
        finally:
            if run is not None:
                self._runs.pop(run.token, None)
                run.release()
        place.clear()
        self._on_answer(answer)
        self._arrange()

    def _hear(self, event: tuple[float, str]) -> None:
        """Take note of what a dask worker said."""
        place = self._runs.get(event[1])
        if place is not None and place.job_id is not None:
            place.has_begun = True
            self._on_begun(place.job_id)

    async def _fetch(self, place: Place, run: RemoteRun, path: Path, size: int) -> None:
        """Write a large result into its file, however long it takes until there is room."""
        for tries in itertools.count(1):
            try:
                async with self._fetching:
                    await run.fetch(path, size)
                place.held = None
                return
            except OSError as error:
                if tries == 1 and place.job_id is not None:
                    place.held = why(error)
                    self._on_held(place.job_id, place.held)
                await asyncio.sleep(pause_after(tries, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))

    def _lose(self, place: Place, how: str) -> None:
        job_id = place.job_id
        place.kill()
        if job_id is not None:
            log.error("the worker process %s while it ran job %d", how, job_id)
            self._on_lost(job_id, how)

    def _put_back(self, place: Place, reason: str) -> None:
        job_id = place.job_id
        place.kill()
        if job_id is not None:
            self._on_put_back(job_id, reason)
