"""The pool of worker processes: starts them, gives them jobs, notices when they end, starts them again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from lwfast._base.parallel import available_cores
from lwfast._base.pauses import pause_after
from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.workers.frames import (
    LENGTH,
    Alive,
    Answer,
    Done,
    Failed,
    Held,
    Ready,
    Unable,
    decode_answer,
)
from lwfast.wire.loopback import SERVE_TOKEN_VARIABLE

log = log_of(__name__)

# With -P and not with -m, so that a worker imports nothing from the folder in which the server was started;
# behind the standard paths stands the folder of this very package, installed or not.
_START = (
    f"import sys; sys.path.append({str(Path(__file__).resolve().parents[3])!r}); "
    "from lwfast.scheduler.workers.worker_main import main; main()"
)
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
FAILED_STARTS = 3
"""After so many in a row, with no worker ready, it is said that workers cannot start."""
SILENCE_SECONDS = 60.0
"""A worker says every two seconds that it runs; one that says nothing for so long is ended."""
READY_SECONDS = 600.0
"""How long a worker may take to get ready: where no kernel is compiled yet, it compiles some first."""
LOOKS = 6
"""How often a worker is looked at in `SILENCE_SECONDS`. Looks are counted and not seconds, so that workers
are not ended because the server itself stood still."""
EXIT_SECONDS = 2.0
"""How long a worker that has closed its output may take to end."""
OTHERS_SECONDS = 0.25
"""Until the job of a lost worker may begin again. What ends all workers at once, such as `pkill` or a
container that has no memory left, would else end the next one with it, and a job is tried only twice."""


class Worker:
    """One place in the pool; a process lives in it most of the time.

    Attributes:
        job_id: The job it runs, or None.
        ready: Whether the process has its kernels.
        heard: Whether it said anything since it was last looked at.
        held: Why it cannot write the result of its job yet, or None.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.job_id: int | None = None
        self.held: str | None = None
        self.ready = False
        self.heard = False
        self.process: asyncio.subprocess.Process | None = None

    @property
    def idle(self) -> bool:
        """Whether it could take a job now."""
        return self.ready and self.job_id is None

    def send(self, frame: bytes) -> None:
        """Send a packed order; `claim` came before."""
        assert self.process is not None and self.process.stdin is not None  # noqa: S101, PT018  (it is ready)
        self.process.stdin.write(frame)

    def kill(self) -> None:
        """End the process at once and forget its job; a new process takes its place."""
        self.ready = False
        self.job_id = self.held = None
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()


class WorkerPool:
    """Keep `count` workers alive.

    Args:
        count: Number of processes that run jobs.
        results_dir: Where workers write large results.
        runner: What runs a job, as `module:function`.
        on_idle: Called when a worker can take a job.
        on_answer: Called with each `Done` or `Failed`; the worker is idle again.
        on_held: Called with the id of a job whose result its worker cannot write yet, and the reason.
        on_lost: Called with the id of a job whose worker ended or hung, and how: "ended with signal 9".
        on_trouble: Called when workers turn out to be unable to start; see `trouble`.
    """

    def __init__(
        self,
        count: int,
        results_dir: Path,
        runner: str,
        *,
        on_idle: Callable[[], None],
        on_answer: Callable[[Done | Failed], None],
        on_held: Callable[[int, str], None],
        on_lost: Callable[[int, str], None],
        on_trouble: Callable[[], None],
    ) -> None:
        self.workers = [Worker(number) for number in range(count)]
        self._arguments = command_of(results_dir, runner)
        self._on_idle = on_idle
        self._on_answer = on_answer
        self._on_held = on_held
        self._on_lost = on_lost
        self._on_trouble = on_trouble
        self._failed_starts = 0
        self._why = ""
        self._first_ready = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all workers; the first alone, so that only one compiles what is not cached yet."""
        self._tasks = [asyncio.create_task(self._keep_alive(worker)) for worker in self.workers]

    async def stop(self) -> None:
        """End all workers, whatever they do."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def ready(self) -> int:
        """How many workers have their kernels, busy ones included."""
        return sum(worker.ready for worker in self.workers)

    @property
    def ever_ready(self) -> bool:
        """Whether any worker got ready since the start."""
        return self._first_ready.is_set()

    @property
    def cores(self) -> int:
        """How many cores all workers share."""
        return available_cores()

    @property
    def busy(self) -> int:
        """How many workers work on a job."""
        return sum(worker.job_id is not None for worker in self.workers)

    @property
    def held(self) -> str | None:
        """Why a worker cannot write the result of its job yet, where one cannot."""
        held = [worker for worker in self.workers if worker.held is not None]
        if not held:
            return None
        return (
            f"a worker cannot write the result of job {held[0].job_id} ({held[0].held}); "
            "it holds the result and tries again"
        )

    @property
    def trouble(self) -> str | None:
        """Why workers cannot start, where several starts in a row have failed and none is ready."""
        if self._failed_starts < FAILED_STARTS or self.ready:
            return None
        return f"the worker processes end before they are ready ({self._why})"

    def claim(self, job_id: int) -> Worker | None:
        """Reserve an idle worker for a job."""
        for worker in self.workers:
            if worker.idle:
                worker.job_id = job_id
                return worker
        return None

    def running(self, job_id: int) -> Worker | None:
        """The worker that runs a job."""
        return next((worker for worker in self.workers if worker.job_id == job_id), None)

    async def _keep_alive(self, worker: Worker) -> None:
        if worker.number > 0:
            await self._first_ready.wait()
        tries = 0
        while True:
            try:
                why = await self._serve(worker)
            except Exception as error:
                # Whatever it was, without this loop the place would stay empty.
                log.exception("worker %d could not be run", worker.number)
                why = f"{type(error).__name__}: {error}"
            if why is None:
                tries = 0
            else:
                tries += 1
                pause = pause_after(tries, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
                log.error("worker %d did not get ready (%s); trying again in %g s", worker.number, why, pause)
                self._failed_starts += 1
                self._why = why
                if self.trouble is not None:
                    self._on_trouble()
                await asyncio.sleep(pause)

    async def _serve(self, worker: Worker) -> str | None:
        """Run one process to its end; return why it did not get ready, or None if it did."""
        process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment(),
        )
        worker.process = process
        was_ready, why = False, None
        watch = asyncio.create_task(_watch(worker, process))
        try:
            while (answer := await _read_answer(process)) is not None:
                worker.heard = True
                if isinstance(answer, Alive):
                    continue
                if isinstance(answer, Ready):
                    was_ready = worker.ready = True
                    self._failed_starts = 0
                    self._first_ready.set()
                    log.info("worker %d ready after %.2f s", worker.number, answer.seconds)
                elif isinstance(answer, Unable):
                    why = answer.reason
                elif worker.job_id != answer.job_id:
                    pass  # of a job that was cancelled meanwhile
                elif isinstance(answer, Held):
                    worker.held = answer.reason
                    self._on_held(answer.job_id, answer.reason)
                else:
                    worker.job_id = worker.held = None
                    self._on_answer(answer)
                if worker.idle:
                    self._on_idle()
            worker.ready = False
            # Killing a process that has ended by itself would hide from asyncio how it ended.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EXIT_SECONDS):
                    await process.wait()
        finally:
            hung = watch.result() if watch.done() else None
            watch.cancel()
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            code = await asyncio.shield(process.wait())
            lost, worker.job_id, worker.ready, worker.process = worker.job_id, None, False, None
            worker.held = None
        how = hung or f"ended with {ending(code)}"
        if lost is not None:
            log.error("worker %d %s while it ran job %d", worker.number, how, lost)
            await asyncio.sleep(OTHERS_SECONDS)
            self._on_lost(lost, how)
        elif hung is not None and was_ready:
            log.error("worker %d %s", worker.number, how)
        return None if was_ready else why or hung or ending(code)


async def _watch(worker: Worker, process: asyncio.subprocess.Process) -> str:
    """End a process that gives no sign of life, or does not get ready, for too long; return which it was."""
    silent = unready = 0
    hung = None
    while hung is None:
        await asyncio.sleep(SILENCE_SECONDS / LOOKS)
        silent = 0 if worker.heard else silent + 1
        unready = 0 if worker.ready or worker.job_id is not None else unready + 1
        worker.heard = False
        if silent >= LOOKS:
            hung = f"gave no sign of life for {SILENCE_SECONDS:g} s and was ended"
        elif unready * SILENCE_SECONDS >= READY_SECONDS * LOOKS:
            hung = f"was not ready after {READY_SECONDS:g} s and was ended"
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    return hung


async def _read_answer(process: asyncio.subprocess.Process) -> Answer | None:
    stream = process.stdout
    assert stream is not None  # noqa: S101  (opened as a pipe)
    try:
        head = await stream.readexactly(LENGTH.size)
        answer: Answer = decode_answer(await stream.readexactly(LENGTH.unpack(head)[0]))
        return answer
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def ending(code: int) -> str:
    """Say how a process ended, by its exit code."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def command_of(results_dir: Path, runner: str) -> list[str]:
    """Return the command that starts a worker process; see `worker_main`."""
    return [sys.executable, "-P", "-c", _START, str(results_dir), runner]


def environment() -> dict[str, str]:
    """Return the environment of a worker process: ours without our token, which it has no use for."""
    return {name: value for name, value in os.environ.items() if name != SERVE_TOKEN_VARIABLE}
