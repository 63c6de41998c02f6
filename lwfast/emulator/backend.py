"""`Backend`: runs tasks here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np

from lwfast._base.parallel import check_executor
from lwfast._base.progress import Progress, step
from lwfast.emulator.plans import CLIFFORD, PERMANENT, SLOS, Plan, announce
from lwfast.emulator.rounds import streams
from lwfast.errors import BackendError
from lwfast.results.batch_results import BatchResults
from lwfast.tasks import Analyzer, Batch, Sampler, Simulator, Sweep
from lwfast.tasks.data import AnalyzerTask, SamplerTask, SimulatorTask
from lwfast.tasks.foreign import adopt, leave_distribution
from lwfast.tasks.sweep import SweepData
from lwfast.tasks.task import data_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from lwfast.results import SamplingResult, SimulationResult, SweepResult, SweepSimulationResult

OnProgress: TypeAlias = "bool | Callable[[str, int, int], object] | None"
"""What shows progress: True for stderr, or a callable that takes (what, done, total)."""
AUTO = "auto"
_TASKS = {
    AUTO: (Sampler, Analyzer, Simulator),
    PERMANENT: (Sampler, Analyzer, Simulator),
    SLOS: (Sampler,),
    CLIFFORD: (Sampler,),
}


class Backend:
    """Runs tasks on this machine.

    Args:
        backend: "auto" chooses for each task; "slos" works out distributions of photon numbers, "permanent"
            takes one permanent for each amplitude, "clifford" draws shot by shot.

    Raises:
        ValueError: The name is not one of these.

    Example:
        >>> circuit = lw.Unitary(lw.random_unitary(4, seed=1))
        >>> task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), n_samples=1000, random_seed=1)
        >>> backend = lw.emulator.Backend("auto")
        >>> backend.run(task).n_samples
        1000
    """

    def __init__(self, backend: str = AUTO) -> None:
        self.backend = backend

    @property
    def backend(self) -> str:
        """The name of the method."""
        return self._name

    @backend.setter
    def backend(self, value: str) -> None:
        if value not in _TASKS:
            msg = f"Backend name not recognised, valid options are: {', '.join(_TASKS)}; got {value!r}."
            raise ValueError(msg)
        self._name = value

    @overload
    def run(
        self, task: Sampler, executor: Executor | None = ..., progress: OnProgress = ...
    ) -> SamplingResult: ...
    @overload
    def run(
        self, task: Simulator | Analyzer, executor: Executor | None = ..., progress: OnProgress = ...
    ) -> SimulationResult: ...
    @overload
    def run(
        self, task: Batch, executor: Executor | None = ..., progress: OnProgress = ...
    ) -> BatchResults: ...
    @overload
    def run(
        self, task: Sweep, executor: Executor | None = ..., progress: OnProgress = ...
    ) -> SweepResult | SweepSimulationResult: ...
    @overload
    def run(self, task: Any, executor: Any = ..., progress: Any = ...) -> Any: ...
    def run(self, task: Any, executor: Any = None, progress: Any = None) -> Any:
        """Run a task, each task of a batch, or a task at each setting of a sweep.

        A run that is expected to take more than five seconds says so on stderr before it begins, unless
        `LWFAST_QUIET=1` is set.

        Args:
            task: A Sampler, Simulator, Analyzer or Batch, of lwfast or of Lightworks; or a Sweep.
            executor: Any `concurrent.futures.Executor`: the tasks of a batch, parts of a sweep, and shots
                that are drawn one by one where it is known before how many, go to its workers. The results
                are the same with and without: each task of a batch that has a Generator as `rng` gets a
                stream of its own, made from numbers that the Generator draws for one task after the other.
            progress: True for progress on stderr, or a callable that takes (what, done, total).

        Returns:
            A SamplingResult or SimulationResult; for a batch a list of them, in its order; for a sweep a
            SweepResult or SweepSimulationResult, whose settings are what runs of their own give, bit for bit,
            with the children of the task's seed as `rng` (see `Sweep`).

        Raises:
            TypeError: `task` is not a task, `executor` is not an executor, or `progress` is neither a bool
                nor a callable.
            BackendError: The method does not run tasks of this kind.
            SamplerError: No outcome can count, or the detectors do not fit the task.
            PhotonNumberError: Photon numbers of inputs and outputs do not fit.
            ResourceLimitError: It would not fit in memory, or so few shots count that the samples would take
                more than a week; the message gives the estimate.
        """
        if executor is not None:
            check_executor(executor, "submit", "map")
        if isinstance(task, Sweep):
            return self._run_sweep(task, executor, progress)
        adopted = adopt(task)
        if not isinstance(adopted, Batch):
            quick = None if progress else self._run_small(adopted)
            if quick is not None:
                result, late = quick
                if late is not None:
                    leave_distribution(task, late)
                return result
            data = self._data(adopted)
            _leave_with(task, data)  # also where no outcome counts: its distribution says why
            prepared = _prepared(data, self._name, to_run=True)
            announce([prepared.plan])
            with Progress(progress):
                return _run(prepared, executor)
        # Whoever asks for progress, or gives an executor, gets that; small tasks take a fiftieth of the time.
        direct = not progress and executor is None
        quick = [self._run_small(single) if direct and not _draws(single) else None for single in adopted]
        pairs = zip(adopted, quick, strict=True)
        batch = [_with_own_stream(self._data(single)) for single, found in pairs if found is None]
        slow = iter(batch)
        for found, original in zip(quick, task, strict=True):
            if found is None:
                _leave_with(original, next(slow))
            elif found[1] is not None:
                leave_distribution(original, found[1])
        runs = [_prepared(data, self._name, to_run=True) for data in batch]
        announce([prepared.plan for prepared in runs])
        spread = map if executor is None else executor.map
        results = BatchResults()
        with Progress(progress):
            done = iter(spread(_run, runs))
            for found in quick:
                results.append(next(done) if found is None else found[0])
                step("tasks", len(results), len(quick))
        return results

    def __call__(self, task: Any) -> Any:
        """Run a task, or each task of a batch."""
        return self.run(task)

    @overload
    def plan(self, task: Sampler | Simulator | Analyzer | Sweep) -> Plan: ...
    @overload
    def plan(self, task: Batch) -> list[Plan]: ...
    @overload
    def plan(self, task: Any) -> Plan | list[Plan]: ...
    def plan(self, task: Any) -> Plan | list[Plan]:
        """Say which method `run` would take, and why, without running anything.

        Args:
            task: A task, batch or sweep, as in `run`.

        Returns:
            A Plan, whose text describes method, reason, time and memory; for a batch, a list of them. A sweep
            has the plan of its first setting, with the time of all settings.

        Raises:
            TypeError: `task` is not a task.
            BackendError: The method does not run tasks of this kind.
            ResourceLimitError: The named method would not fit in memory.
        """
        if isinstance(task, Sweep):
            from lwfast.emulator.sweeps.run_sweep import plan_sweep

            return plan_sweep(self._sweep_data(task), self._name, _prepared)
        adopted = adopt(task)
        if isinstance(adopted, Batch):
            return [_prepared(self._data(single), self._name).plan for single in adopted]
        plan: Plan = _prepared(self._data(adopted), self._name).plan
        return plan

    def _run_sweep(self, sweep: Sweep, executor: Any, progress: Any) -> Any:
        """Run a sweep: a small and ordinary one at once, unless an executor or progress is asked for."""
        self._check_kind(sweep.task)
        if executor is None and not progress:
            from lwfast.emulator.lean.small_sweep import run_small_sweep

            quick = run_small_sweep(sweep, self._name)
            if quick is not None:
                return quick
        from lwfast.emulator.sweeps.run_sweep import run_sweep

        with Progress(progress):
            return run_sweep(sweep, self._sweep_data(sweep), self._name, _prepared, executor)

    def _run_small(self, task: Any) -> Any:
        """Return the result of a small and ordinary task, and its circuit; None for the long way."""
        # Of these very classes: to ask whether it is one of an abstract class takes 1 us.
        return _lean().run_small(task, self._name) if type(task) in _TASKS[self._name] else None

    def _sweep_data(self, sweep: Sweep) -> SweepData:
        self._check_kind(sweep.task)
        return sweep._generate_sweep()  # noqa: SLF001  (for backends)

    def _data(self, task: Any) -> Any:
        self._check_kind(task)
        return data_of(task)

    def _check_kind(self, task: Any) -> None:
        kinds = _TASKS[self._name]
        if not isinstance(task, kinds):
            msg = (
                f"Selected backend {self._name!r} not compatible with task {type(task).__name__}, supported "
                f"tasks for the backend are: {', '.join(kind.__name__ for kind in kinds)}."
            )
            raise BackendError(msg)

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"lwfast.emulator.Backend({self._name!r})"


@cache  # an import statement takes 0.5 us each time
def _lean() -> ModuleType:
    from lwfast.emulator.lean import small_tasks

    return small_tasks


def _draws(task: Any) -> bool:
    """Say whether a task draws from a generator, of which each task of a batch gets a stream of its own."""
    return isinstance(task, Sampler) and isinstance(task.rng, np.random.Generator)


def _with_own_stream(data: Any) -> Any:
    """Return the data of a task with a stream that no other task of its batch draws from."""
    if isinstance(data, SamplerTask) and isinstance(data.rng, np.random.Generator):
        return replace(data, rng=np.random.default_rng(next(streams(data.rng))))
    return data


def _leave_with(original: Any, data: Any) -> None:
    """Leave with a Sampler what its `probability_distribution` is worked out from when it is read."""
    if not isinstance(data, SamplerTask):
        return
    from lwfast.emulator.run_sampler import front_distribution

    leave_distribution(original, partial(front_distribution, data.circuit, data.input_state, data.source))


def _run(prepared: Any, executor: Any = None) -> Any:
    """Run what was prepared; picklable, for process pools."""
    return prepared.run(executor) if isinstance(prepared.task, SamplerTask) else prepared.run()


def _prepared(data: Any, name: str, *, to_run: bool = False) -> Any:
    """Parse and plan the data of a task."""
    if isinstance(data, SamplerTask):
        from lwfast.emulator.run_sampler import prepare_sampler

        return prepare_sampler(data, name, to_run=to_run)
    if isinstance(data, SimulatorTask):
        from lwfast.emulator.run_simulator import prepare_simulator

        return prepare_simulator(data, name)
    if isinstance(data, AnalyzerTask):
        from lwfast.emulator.run_analyzer import prepare_analyzer

        return prepare_analyzer(data, name)
    msg = f"No runner for {type(data).__name__}."
    raise BackendError(msg)
