"""The scheduler itself: accepts jobs, runs them in order, ends them. Everything here runs in one event loop.

What the API shows is what was committed, with one exception: that a job runs is shown at once, since after a
crash it would only run again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from itertools import islice
from typing import Any, BinaryIO

from lwfast._base.limits import MIB
from lwfast._base.showing.silent_log import log_of
from lwfast._texts import ended
from lwfast.scheduler.clock import now_text
from lwfast.scheduler.faults import ConflictError, StoreOpenError, UnavailableError
from lwfast.scheduler.jobs import Log, NewJob, StoredJob
from lwfast.scheduler.owners import OPERATOR, Owner
from lwfast.scheduler.queue.changes import ChangeCounter
from lwfast.scheduler.queue.job_ends import End, Ends
from lwfast.scheduler.queue.known_jobs import KnownJobs
from lwfast.scheduler.queue.memory_shares import MemoryShares
from lwfast.scheduler.queue.pace import Pace
from lwfast.scheduler.queue.quotas import Quotas
from lwfast.scheduler.queue.retention import Retention
from lwfast.scheduler.server_settings import STORE_FILE, ServerSettings
from lwfast.scheduler.store.cache import ByteCache
from lwfast.scheduler.store.data_folder import check_is_of_a_scheduler, make_folder, remove_leftovers
from lwfast.scheduler.store.gate import Gate
from lwfast.scheduler.store.lock import StoreLock
from lwfast.scheduler.store.reader import Reader, Span
from lwfast.scheduler.store.recovery import recover
from lwfast.scheduler.store.result_files import open_result
from lwfast.scheduler.store.store import Store
from lwfast.scheduler.store.writer import Writer
from lwfast.scheduler.workers.cluster.address import dask_address
from lwfast.scheduler.workers.cluster.place import Place
from lwfast.scheduler.workers.cluster.pool import DaskPool
from lwfast.scheduler.workers.frames import DOES_NOT_FIT, OUT_OF_MEMORY, Done, Failed, Run, Share, pack
from lwfast.scheduler.workers.workers import Worker, WorkerPool
from lwfast.wire import Status

log = log_of(__name__)

MOST_ATTEMPTS = 2
"""A job whose worker dies is tried once more; a second death is the job's doing."""
END_SECONDS = 10.0
"""How long a cancel waits for the store, and a shutdown for jobs that have just ended."""


class Scheduler:
    """One scheduler over one data folder.

    Args:
        settings: How it is set up.

    Raises:
        ConfigError: The executor is not the address of a cluster.

    Attributes:
        on_ended: Called with each job once its end is stored and visible.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self._cluster = None if settings.executor is None else dask_address(settings.executor)
        self.started = now_text()
        self.closing = False
        self.changes = ChangeCounter()
        self._orders = ByteCache(64 * MIB)
        self._results = ByteCache(32 * MIB)
        self._pace = Pace(settings.qpus, settings.pace)
        # Machines of a cluster have memories of their own.
        sharing = 1 if self._cluster is not None else settings.n_workers
        self._shares = MemoryShares(settings.memory_bytes, sharing)
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = contextlib.AsyncExitStack()
        self._last_taken_up = 0
        self.on_ended: list[Callable[[StoredJob], None]] = []

    async def start(self) -> None:
        """Open the store, take up what was left, start the workers.

        Raises:
            StoreOpenError: The data folder cannot be used.
        """
        settings = self.settings
        if settings.recover:  # a mistyped folder has nothing to recover, and is not to look like a lost queue
            check_is_of_a_scheduler(settings.data_dir)
        make_folder(settings.data_dir)
        make_folder(settings.results_dir)
        async with contextlib.AsyncExitStack() as opened:
            opened.callback(StoreLock(settings.data_dir / "scheduler.lock").release)
            path = settings.data_dir / STORE_FILE
            if settings.recover and (recovery := recover(path, now_text())) is not None:
                log.warning("%s", recovery)
            loop = asyncio.get_running_loop()
            gate = Gate()
            self._writer = Writer(path, loop, gate, on_failure=lambda why: self.ends.doubt(why))  # noqa: PLW0108
            opened.push_async_callback(self._writer.close)
            self._reader = Reader(path, gate)
            opened.callback(self._reader.close)
            self.book = KnownJobs(self._reader, self.changes)
            self._quotas = Quotas(self.book.held)
            self.ends = Ends(
                self._writer,
                self._reader,
                self.book,
                settings.results_dir,
                on_stored=self._on_stored,
                on_trouble=self.changes.announce,
                on_better=self._pump,
            )
            opened.push_async_callback(self.ends.close, END_SECONDS)
            try:
                await self._take_up()
            except (UnavailableError, OSError) as error:
                raise StoreOpenError(f"The scheduler cannot start on {path}: {ended(error)}") from error
            self._open = opened.pop_all()
        self.pool = self._make_pool(settings)
        self.pool.start()
        if settings.keep_days is not None:
            self._keep_up(Retention(self._writer, self.book, settings.results_dir, settings.keep_days).run())

    def _make_pool(self, settings: ServerSettings) -> WorkerPool | DaskPool:
        called: dict[str, Callable[..., None]] = {
            "on_idle": self._pump,
            "on_answer": self._on_answer,
            "on_held": self._on_held,
            "on_lost": self._on_lost,
            "on_trouble": self._on_trouble,
        }
        if self._cluster is None:
            return WorkerPool(settings.n_workers, settings.results_dir, settings.runner, **called)
        called |= {"on_begun": self._on_begun, "on_put_back": self._on_put_back}
        return DaskPool(self._cluster, settings.n_workers, settings.results_dir, settings.runner, **called)

    async def _take_up(self) -> None:
        time = now_text()
        await self._writer.submit(lambda store: store.recover(time))
        for job in await self._writer.submit(Store.live_jobs):
            if job.damage is None:
                self.book.add(job)
                self._last_taken_up = job.id
            else:
                log.error("job %d is neither run nor changed: %s", job.id, job.damage)
                self.book.set_aside(job)
        await remove_leftovers(self._writer, self.settings.results_dir)

    async def stop(self) -> None:
        """End the workers, put their jobs back into the queue, close the store."""
        self.closing = True
        self.changes.close()
        await self.pool.stop()
        await self.ends.close(END_SECONDS)
        for task in self._tasks:
            task.cancel()
        for job in list(self.book.live.values()):
            if job.status is Status.RUNNING and not job.settling:
                self._requeue(job, "The scheduler was stopped while the job was running")
        for timer in self._timers.values():
            timer.cancel()
        await self._open.aclose()

    @property
    def trouble(self) -> str | None:
        """Why no job can be run, or None."""
        return self.pool.trouble or self.ends.trouble or self.pool.held

    @property
    def running(self) -> int:
        """How many jobs run, those included that are computed and kept back until a device had their time."""
        return self.pool.busy + self._pace.n_kept_back

    # --- requests ----------------------------------------------------------------------------------

    async def submit(
        self,
        jobs: Sequence[NewJob],
        key: str | None = None,
        digest: bytes = b"",
        owner: Owner = OPERATOR,
    ) -> list[StoredJob]:
        """Store jobs, all or none, and return once they are on the disk.

        Args:
            jobs: The jobs, which name their owner.
            key: Idempotency key of the submit, or None.
            digest: What the key stands for.
            owner: Whose limits hold for them.

        Raises:
            BeyondQuotaError: They are more than the owner may ever have waiting or running.
            QuotaError: They are more than the owner may have now.
            KeyReusedError: The idempotency key stands for another payload.
            UnavailableError: The store cannot write, no worker can start, or the scheduler is shutting down.
        """
        if self.closing:
            raise UnavailableError.of("scheduler", "is shutting down; send the job again later")
        if (trouble := self.pool.trouble) is not None:
            raise UnavailableError.of("workers", f"no job can be run: {trouble}; see the scheduler's log")
        if (trouble := self.ends.trouble) is not None:
            raise UnavailableError.of("store", f"no job can be accepted: {trouble}; send it again later")
        time = now_text()

        with self._quotas.reserved(owner, jobs) as give_back:

            def register(outcome: tuple[list[int], bool]) -> None:
                ids, are_new = outcome
                give_back()
                if are_new:
                    for job_id, job in zip(ids, jobs, strict=True):
                        self._register(job_id, job, time)
                    self._pump()
                    self._on_trouble()

            ids, _ = await self._writer.submit(lambda store: store.accept(jobs, time, key, digest), register)
        return await self.book.find_all(ids)

    async def accepted_before(self, key: str, digest: bytes) -> list[StoredJob] | None:
        """Return the jobs that were accepted with an idempotency key; None for a new key.

        Raises:
            KeyReusedError: The key stands for another payload.
            UnavailableError: The store cannot be asked.
        """
        if self.closing:
            return None
        ids = await self._writer.submit(lambda store: store.accepted(key, digest))
        return None if ids is None else await self.book.find_all(ids)

    def _register(self, job_id: int, new: NewJob, time: str) -> None:
        self._orders.put(
            job_id, pack(Run(job_id, new.payload, new.hardware, new.seed, new.request_id, new.trace))
        )
        self.book.add(StoredJob.accepted(job_id, new, time))

    async def cancel(self, job_id: int) -> None:
        """Cancel a job that waits or runs; a job that was cancelled before stays so.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: It has ended otherwise.
            UnavailableError: The store could not write it down yet.
        """
        job = self.book.live.get(job_id)
        if job is not None and job.settling:  # if that end cannot be stored now, this one takes its place
            await self.ends.wait(job_id, END_SECONDS)
            job = self.book.live.get(job_id)
        if job is not None and not job.settling:
            self._halt(job)
            self._settle(job, Status.CANCELLED)
        await self.ends.wait(job_id, END_SECONDS)
        job = await self.book.find(job_id)
        if not job.status.is_complete:
            raise UnavailableError.of(
                "store",
                f"job {job_id} does not run any more, and how it ends could not be written down yet: "
                "ask again later",
            )
        if job.status is not Status.CANCELLED:
            raise ConflictError.of(
                "job", f"job {job_id} has ended as {job.status.wire_name}: nothing to cancel"
            )

    async def result(self, job_id: int) -> bytes | tuple[BinaryIO, int]:
        """Return the result's bytes, or the open file that holds them and its size.

        Raises:
            NotFoundError: There is no such job, or it has not ended.
            RequestError: The job ended without a result.
            UnavailableError: The result was lost or damaged.
        """
        job = await self.book.find(job_id)
        job.check_completed()
        if (body := self._results.get(job_id)) is not None:
            return body
        stored = await self._reader.result(job_id)
        if stored is None:
            raise UnavailableError.of(
                "results", f"the store holds no result of job {job_id}: submit the job again"
            )
        if stored.body is not None:
            return stored.body
        return await asyncio.to_thread(open_result, self.settings.results_dir, str(stored.file), job_id)

    def result_at_hand(self, job: StoredJob, limit: int) -> bytes | None:
        """Return the result of a completed job if it is in memory and has at most `limit` bytes."""
        body = self._results.get(job.id) if job.status is Status.COMPLETED else None
        return body if body is not None and len(body) <= limit else None

    async def spans(self, qpu: str, latest: int) -> list[Span]:
        """Return when jobs of a QPU were created, begun and finished, of the `latest` jobs of all QPUs."""
        return await self._reader.spans(qpu, latest)

    async def finished_before(self, qpu: str, latest: int, since: str) -> bool:
        """Say whether jobs of a QPU finished since a time that are not among the `latest` of all QPUs."""
        return await self._reader.finished_before(qpu, latest, since)

    async def payload(self, job_id: int) -> bytes:
        """Return a job's payload as it was stored.

        Raises:
            NotFoundError: There is no such job.
        """
        await self.book.find(job_id)
        run = await self._reader.run(job_id)
        if run is None:
            raise UnavailableError.of("payload", f"the store holds no payload of job {job_id}")
        return run.payload

    # --- the life of a job -------------------------------------------------------------------------

    def _pump(self) -> None:
        """Give waiting jobs to idle workers, first come, first served, while results can be written."""
        while not self.closing and any(worker.idle for worker in self.pool.workers):
            if not self.ends.may_begin or self.pool.held is not None:
                return
            job_id = self.book.queue.first(self._may_run)
            running = [worker.job_id for worker in self.pool.workers if worker.job_id is not None]
            if job_id is None or self._shares.must_wait(job_id, running):
                return
            self.book.queue.remove(job_id)
            worker = self.pool.claim(job_id)
            assert worker is not None  # noqa: S101  (one was idle a moment ago, in this same thread)
            self._begin(self.book.live[job_id], worker)

    def _may_run(self, job_id: int) -> bool:
        """Jobs of a QPU wait that is offline, or busy as a device is; those of one not configured run."""
        name = self.book.live[job_id].qpu
        qpu = self.settings.qpus.get(name)
        return (qpu is None or qpu.available) and self._pace.is_free(name)

    def _begin(self, job: StoredJob, worker: Worker | Place) -> None:
        self._pace.begin(job)
        entry = Log.of(Status.RUNNING, now_text())
        job.log(entry)
        job.started = entry.created_date
        self.book.touch(job)
        self._writer.submit_later(lambda store: store.update(job.id, entry, started=entry.created_date))
        if self._cluster is None:
            self._start_timer(job)
        # A job that has all of the memory has all cores as well: nothing runs beside it.
        cores = self.pool.cores if self._shares.runs_alone(job.id) else self._cores_each()
        worker.send(pack(Share(cores, self._shares.of(job.id))))
        frame = self._orders.get(job.id)
        if frame is not None:
            worker.send(frame)
        else:
            self._keep_up(self._send_stored(job, worker))

    def _keep_up(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside all else, until the scheduler ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _cores_each(self) -> int:
        """The cores of a job that begins now: all if it is alone, else its share."""
        workers = self.pool.workers
        running = sum(worker.job_id is not None for worker in workers)
        next_ones = islice(filter(self._may_run, self.book.queue), len(workers) - running)
        return max(1, self.pool.cores // (running + sum(1 for _ in next_ones)))

    async def _send_stored(self, job: StoredJob, worker: Worker | Place) -> None:
        process = worker.process
        try:
            run = await self._reader.run(job.id)
        except UnavailableError as error:
            if worker.job_id == job.id and worker.process is process:
                worker.job_id = None
                self._try_again(job, f"The payload could not be read: {ended(error)}")
                self._pump()
            return
        if worker.job_id != job.id or worker.process is not process:
            return  # cancelled meanwhile, or begun anew
        if run is None:
            self._halt(job)
            self._settle(job, Status.FAILED, notes="The store holds no payload of this job")
            return
        worker.send(pack(Run(job.id, run.payload, run.hardware, run.seed, job.request_id, job.trace)))

    def _on_answer(self, answer: Done | Failed) -> None:
        job = self.book.live.get(answer.job_id)
        if job is None or job.settling:
            return
        if isinstance(answer, Done):
            self._stop_timer(job)
            self._pace.when_due(job, lambda: self._settle(job, Status.COMPLETED, done=answer))
        elif answer.code in {DOES_NOT_FIT, OUT_OF_MEMORY} and (why := self._shares.widen(job.id)) is not None:
            self._requeue(job, why)
        else:
            meta: dict[str, Any] = {}
            if answer.code is not None:
                meta = {"CompilationErrors": [{"Code": answer.code, "Message": answer.reason}]}
            self._settle(job, Status.FAILED, notes=answer.reason, meta=meta)

    def _on_held(self, job_id: int, reason: str) -> None:
        """Let a job take as long as it takes to write its result; nothing else begins."""
        log.error("the result of job %d cannot be written (%s): no job begins until it can", job_id, reason)
        self._stop_timer(self.book.live[job_id])
        self.changes.announce()

    def _on_lost(self, job_id: int, how: str) -> None:
        job = self.book.live.get(job_id)
        if job is None or job.settling:
            return
        log.error("job %d (request %s) lost its worker", job_id, job.request_id)
        hint = "It may have run out of memory: try fewer modes, photons or samples."
        self._try_again(job, f"The worker process {how}", hint)
        self._pump()

    def _on_begun(self, job_id: int) -> None:
        """Let the time of a job begin that the cluster has just begun to work on."""
        job = self.book.live.get(job_id)
        if job is not None and job.status is Status.RUNNING and not job.settling:
            self._start_timer(job)

    def _on_put_back(self, job_id: int, reason: str) -> None:
        """Let a job wait again that the cluster took with it, which is not the job's doing."""
        job = self.book.live.get(job_id)
        if job is not None and not job.settling and not self.closing:
            self._requeue(job, reason)

    def _try_again(self, job: StoredJob, why_not: str, hint: str = "") -> None:
        job.attempts += 1
        if job.attempts < MOST_ATTEMPTS:
            self._requeue(job, f"{why_not}; the job is tried once more")
        else:
            self._settle(job, Status.FAILED, notes=f"{why_not}, twice. {hint}".rstrip())

    def _on_trouble(self) -> None:
        """End the jobs of this run if no worker ever got ready: who sent them waits for a first sign.

        Jobs of earlier runs wait on: a broken installation should not cost a queue. So do all jobs where
        workers did get ready once, since what is wrong may pass.
        """
        trouble = self.pool.trouble
        if trouble is None or self.pool.ever_ready or self.closing:
            return
        for job in list(self.book.live.values()):
            if job.id > self._last_taken_up and not job.settling and not self.ends.keeps(job.id):
                self.book.queue.remove(job.id)
                self._settle(job, Status.FAILED, notes=f"The job was not run: {trouble}; see the log")

    def _time_out(self, job: StoredJob) -> None:
        if job.status is Status.RUNNING and not job.settling:
            self._halt(job)
            notes = f"The job ran longer than the {job.timeout_seconds:g} s that the QPU allows"
            self._settle(job, Status.TIMEDOUT, notes=notes)

    def _halt(self, job: StoredJob) -> None:
        """Take a job out of the queue or off its worker."""
        self.book.queue.remove(job.id)
        worker = self.pool.running(job.id)
        if worker is not None:
            worker.kill()

    def _requeue(self, job: StoredJob, reason: str) -> None:
        self._stop_timer(job)
        self._pace.end(job)
        entry = Log.of(Status.SCHEDULED, now_text(), {"Reason": reason})
        job.log(entry)
        job.started = None
        self.book.queue.add(job.id)
        self.book.touch(job)
        attempts = job.attempts
        # If this is lost, the next start does the same.
        self._writer.submit_later(lambda store: store.update(job.id, entry, started=None, attempts=attempts))

    def _settle(
        self,
        job: StoredJob,
        status: Status,
        *,
        notes: str | None = None,
        meta: dict[str, Any] | None = None,
        done: Done | None = None,
    ) -> None:
        """Decide how a job ends."""
        self._stop_timer(job)
        self._pace.end(job)
        self._shares.forget(job.id)
        self.ends.settle(job, End(Log.of(status, now_text(), meta), notes, done))

    def _on_stored(self, job: StoredJob, end: End) -> None:
        self._orders.drop(job.id)
        if end.done is not None and end.done.body is not None:
            self._results.put(job.id, end.done.body)
        for tell in self.on_ended:
            tell(job)
        self._pump()

    def _start_timer(self, job: StoredJob) -> None:
        self._stop_timer(job)
        loop = asyncio.get_running_loop()
        self._timers[job.id] = loop.call_later(job.timeout_seconds, self._time_out, job)

    def _stop_timer(self, job: StoredJob) -> None:
        timer = self._timers.pop(job.id, None)
        if timer is not None:
            timer.cancel()
