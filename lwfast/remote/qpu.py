"""A QPU to run tasks on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, overload

from lwfast._base.showing.html import facts
from lwfast.errors import BatchSubmissionError, JobSubmissionError, LightworksRemoteError, QPUOfflineError
from lwfast.remote.connection.connection import Connected, Connection, connection_of
from lwfast.remote.connection.default import default_connection, present_connection
from lwfast.remote.job_path.attempt import Attempt
from lwfast.remote.job_path.follow import follow
from lwfast.remote.job_path.job_and_batch import BatchJob, Job, batch_of, held_by, several_of
from lwfast.remote.job_path.submit import submit
from lwfast.remote.job_path.sweep_batch import SweepBatch
from lwfast.remote.tracked import tracked_of
from lwfast.wire import ArtemisQPU, Status
from lwfast.wire.tracing import span

if TYPE_CHECKING:
    from lwfast.tasks import Batch, Sweep
    from lwfast.tasks.task import Task

_BEFORE_COMPILED = frozenset({Status.ACCEPTED, Status.COMPILING})


class QPU:
    """A QPU of a scheduler.

    Args:
        name: Name of the QPU; see `list_qpus`.
        client: Client of the scheduler of the QPU; by default None, for the default client at the time of
            each call.

    Raises:
        TypeError: `name` is not a string.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> qpu = remote.QPU("Artemis")
        >>> job = qpu.run(task, job_name="Example")
        >>> job.result(timeout=60).n_samples
        100
    """

    def __init__(self, name: str, *, client: Connected | None = None) -> None:
        self.name = name
        self._given = None if client is None else connection_of(client)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        # Nothing is asked here: what is known without it may be that there is no such QPU.
        connection = self._given or present_connection()
        known = [] if connection is None else connection.known_qpus
        if self.name in known:
            hint = ""
        elif known:
            hint = f" (not among the QPUs listed: {', '.join(known)})"
        else:
            hint = " (not looked up yet; .details asks the scheduler)"
        return f"lwfast.remote.QPU({self.name!r}){hint}"

    def _repr_html_(self) -> str:
        # As for `__repr__`, nothing is asked here.
        connection = self._given or present_connection()
        details = None if connection is None else connection.known_qpu(self.name)
        if details is not None:
            return details._repr_html_()
        return facts(f"QPU {self.name}", [("Details", ".details asks the scheduler for its limits")])

    @property
    def name(self) -> str:
        """The name of the QPU."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"QPU name should be a string, got {type(value).__name__}.")
        self._name = value

    @property
    def _connection(self) -> Connection:
        """The connection that tasks are sent by, that of its client or else of the default client."""
        return self._given or default_connection()

    @property
    def details(self) -> ArtemisQPU:
        """The limits of the QPU, and whether it is online now."""
        return self._connection.qpu_details(self.name)

    @overload
    def run(
        self,
        task: Task,
        direct_encoding: bool = ...,
        job_name: str = ...,
        options: dict[str, Any] | None = ...,
        require_online: bool | None = ...,
    ) -> Job: ...
    @overload
    def run(
        self,
        task: Batch,
        direct_encoding: bool = ...,
        job_name: str | list[str] = ...,
        options: dict[str, Any] | None = ...,
        require_online: bool | None = ...,
    ) -> BatchJob: ...
    @overload
    def run(
        self,
        task: Sweep,
        direct_encoding: bool = ...,
        job_name: str = ...,
        options: dict[str, Any] | None = ...,
        require_online: bool | None = ...,
    ) -> Job | SweepBatch: ...
    def run(
        self,
        task: Task | Batch | Sweep,
        direct_encoding: bool = False,
        job_name: str | list[str] = "Job",
        options: dict[str, Any] | None = None,
        require_online: bool | None = None,
    ) -> Job | BatchJob:
        """Submit a task, and return once it is compiled.

        Args:
            task: A `Sampler`, or a `Batch` of them; those of Lightworks are taken too. `random_seed` and
                `sampling_mode` are not sent, because a QPU does not have them. Or a `Sweep` of a Sampler: one
                job with one body where the scheduler is lwfast's own, whose result is a `SweepResult`;
                elsewhere a batch with one job per setting, a `SweepBatch`, which joins their results into
                one.
            direct_encoding: Whether to send the elements of the circuit as well, to be implemented as they
                stand, and not only its unitary; by default False.
            job_name: Name of the job, by default "Job". The jobs of a batch get this name and a number from
                1; a list names each job.
            options: Further entries of the job's data, as your provider documents them.
            require_online: Whether to raise if the QPU is offline; by default None, for the setting of
                `set_global_require_online`.

        Returns:
            A `Job`, or a `BatchJob` for a batch; for a sweep a `Job`, or a `SweepBatch`.

        Raises:
            ValidationError: The QPU cannot run the task; lists every violation. Nothing was sent.
            QPUOfflineError: It is offline, and must not be. Nothing was sent.
            JobSubmissionError: The scheduler refused the job, or could not compile it.
            AmbiguousSubmissionError: The answer was lost: look the job up before submitting it again.
            BatchSubmissionError: Part of a batch failed; carries the jobs that were accepted.
            WaitTimeoutError: It is not compiled after the client's `compile_timeout`; carries the job.
            SubmissionInterrupted: Ctrl-C came after it was sent; carries the jobs that were accepted.
        """
        return self._run(task, direct_encoding, job_name, options, require_online, wait=True)

    @overload
    def run_async(
        self,
        task: Task,
        direct_encoding: bool = ...,
        job_name: str = ...,
        options: dict[str, Any] | None = ...,
        require_online: bool | None = ...,
    ) -> Job: ...
    @overload
    def run_async(
        self,
        task: Batch,
        direct_encoding: bool = ...,
        job_name: str | list[str] = ...,
        options: dict[str, Any] | None = ...,
        require_online: bool | None = ...,
    ) -> BatchJob: ...
    @overload
    def run_async(
        self,
        task: Sweep,
        direct_encoding: bool = ...,
        job_name: str = ...,
        options: dict[str, Any] | None = ...,
        require_online: bool | None = ...,
    ) -> Job | SweepBatch: ...
    def run_async(
        self,
        task: Task | Batch | Sweep,
        direct_encoding: bool = False,
        job_name: str | list[str] = "Job",
        options: dict[str, Any] | None = None,
        require_online: bool | None = None,
    ) -> Job | BatchJob:
        """Submit a task, and return without waiting for its compilation; see `run`."""
        return self._run(task, direct_encoding, job_name, options, require_online, wait=False)

    def __call__(
        self,
        task: Any,
        direct_encoding: bool = False,
        job_name: str | list[str] = "Job",
        options: dict[str, Any] | None = None,
        require_online: bool | None = None,
    ) -> Any:
        """Submit a task, and return once it is compiled; see `run`."""
        return self.run(task, direct_encoding, job_name, options, require_online)

    def _run(
        self,
        task: Task | Batch | Sweep,
        direct_encoding: bool,
        job_name: str | list[str],
        options: dict[str, Any] | None,
        require_online: bool | None,
        wait: bool,
    ) -> Job | BatchJob:
        tracing = ExitStack()
        tracing.enter_context(span("lwfast.run", qpu=self.name))
        try:
            attempt, send = self._prepared(task, direct_encoding, job_name, options, require_online, wait)
        except BaseException:
            with tracing:
                raise

        def submit_all() -> Job | BatchJob:
            with tracing:  # it ends before the handing over: Ctrl-C after that would find the jobs nowhere
                whole = send()
            attempt.hand_over()
            return whole

        return attempt.run(submit_all)

    def _prepared(
        self,
        task: Task | Batch | Sweep,
        direct_encoding: bool,
        job_name: str | list[str],
        options: dict[str, Any] | None,
        require_online: bool | None,
        wait: bool,
    ) -> tuple[Attempt, Callable[[], Job | BatchJob]]:
        """Return what is going to be submitted, and the function that does it; nothing was sent yet."""
        from lwfast.remote.compile import compile_sweep, compile_tasks
        from lwfast.tasks import Sweep
        from lwfast.tasks.foreign import adopt
        from lwfast.tasks.task import Task

        sweep = task if isinstance(task, Sweep) else None
        adopted = task if isinstance(task, Sweep) else adopt(task)
        if not isinstance(direct_encoding, bool):
            raise TypeError("direct_encoding should be set to either True or False.")
        if require_online is not None and not isinstance(require_online, bool):
            raise TypeError("require_online should be True, False or None.")
        connection = self._connection
        must_be_online = connection.require_online if require_online is None else require_online
        ask = connection.qpu_details if must_be_online else connection.recent_qpu_details
        details = ask(self.name)
        if must_be_online and not details.available:
            raise QPUOfflineError(
                f"QPU {self.name!r} is offline, so nothing was submitted. To submit all the same, pass "
                "require_online=False, or change the setting with set_global_require_online(False)."
            )
        if isinstance(adopted, Sweep) and connection.api.offers_v1():
            submissions = [compile_sweep(adopted, details, direct_encoding, job_name, options)]
            is_single = True
        else:
            # Other schedulers take a setting at a time.
            tasks = adopted.as_batch() if isinstance(adopted, Sweep) else adopted
            submissions = compile_tasks(tasks, details, direct_encoding, job_name, options)
            is_single = isinstance(adopted, Task)
        bodies = [item.body for item in submissions]
        jobs = [Job(item.payload, client=connection) for item in submissions]
        for job, item in zip(jobs, submissions, strict=True):
            tracked_of(job).parameters = item.parameters
        single = jobs[0] if is_single else None
        attempt = Attempt([tracked_of(job) for job in jobs], several_of(jobs), single=single)

        def send() -> Job | BatchJob:
            names = [item.payload.job_name for item in submissions]
            whole = _several(names, jobs, connection, sweep) if single is None else single
            submit(connection, [tracked_of(job) for job in jobs], bodies, attempt, batch=single is None)
            if wait:
                _wait_for_compilation(whole, connection.compile_timeout)
            return whole

        return attempt, send


def _several(names: list[str], jobs: list[Job], connection: Connection, sweep: Sweep | None) -> BatchJob:
    if sweep is None:
        return batch_of(BatchJob, names, jobs, connection)
    whole = batch_of(SweepBatch, names, jobs, connection)
    whole.axis = sweep.axis
    return whole


def _wait_for_compilation(job: Job | BatchJob, timeout: float) -> None:
    """Wait until every job is past compilation, then raise for those that did not pass.

    Raises:
        JobSubmissionError: A compilation failed; for a batch, `BatchSubmissionError`.
        WaitTimeoutError: One is not compiled in time; carries the job.
    """
    jobs = job.jobs if isinstance(job, BatchJob) else [job]
    try:
        for _ in follow(held_by(jobs), lambda status: status not in _BEFORE_COMPILED, timeout):
            pass
        errors = {one: _compilation_error(one) for one in jobs if tracked_of(one).final is Status.FAILED}
    except LightworksRemoteError as error:
        error.job = job
        raise
    failed = {one: error for one, error in errors.items() if error is not None}
    if not failed:
        return
    if isinstance(job, Job):
        raise failed[job]
    names = {one: name for name, one in job.items()}
    problem = BatchSubmissionError(
        f"{len(failed)} of {len(jobs)} jobs were not compiled:\n"
        + "\n".join(str(error) for error in failed.values()),
        jobs=batch_of(
            BatchJob, [names[one] for one in jobs if one not in failed], [j for j in jobs if j not in failed]
        ),
        failed={names[one]: error for one, error in failed.items()},
    )
    problem.job = job
    raise problem


def _compilation_error(job: Job) -> JobSubmissionError | None:
    """Make the error of a job that failed, if it failed in compilation."""
    found = job.details.compilation_errors
    if not found:
        return None
    listed = "".join(f"\n\t{code}\t{message}" for code, message in found)
    error = JobSubmissionError(f"Job {job.job_id} could not be compiled:\n\tCode\tMessage{listed}")
    error.errors = tuple((str(code), message) for code, message in found)
    error.job = job
    return error
