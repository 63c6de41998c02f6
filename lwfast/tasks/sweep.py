"""Sweeps: one task at many settings of its circuit's parameters."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._base.origin import lightworks_name
from lwfast._base.validation import full_name
from lwfast._types import ComplexArray, FloatArray, SeedLike
from lwfast.circuit import Parameter
from lwfast.circuit.matrices.bound_elements import BoundElements
from lwfast.circuit.matrices.setting_table import SettingTable, setting_table
from lwfast.circuit.photonic_circuit import elements_of, with_numbers
from lwfast.tasks.analyzer import Analyzer
from lwfast.tasks.batch import KINDS, Batch
from lwfast.tasks.data import AnalyzerTask, SamplerTask, SimulatorTask
from lwfast.tasks.foreign import adopt
from lwfast.tasks.sampler import Sampler
from lwfast.tasks.simulator import Simulator

if TYPE_CHECKING:
    from lwfast.results.sweeps.setting_axis import SettingAxis


@dataclass(slots=True, frozen=True)
class SweepData:
    """A sweep as backends get it: nothing that happens to Parameters later changes it.

    Attributes:
        base: The task at its first setting, everything checked.
        table: The parameters that vary, and their values.
        bound: The elements of the circuit.
        present: The values of its Parameters, where they are not varied.
    """

    base: SamplerTask | SimulatorTask | AnalyzerTask
    table: SettingTable
    bound: BoundElements
    present: list[Any]

    def unitaries(self, begin: int, end: int) -> ComplexArray:
        """Return the unitaries of some settings: complex128[end - begin, n, n], loss modes counted and last.

        Raises:
            CircuitCompilationError: An element does not take a value.
            ResourceLimitError: They would not fit in memory.
        """
        return self.table.part(begin, end).unitaries(self.bound, self.present)


class Sweep:
    """One task at many settings of the parameters of its circuit.

    For example, 50 values of a phase:

        sweep = lw.Sweep(sampler, {phase: numpy.linspace(0, numpy.pi, 50)})
        result = lw.emulator.Backend().run(sweep)
        result.plot("phase")

    `Backend.run` runs a sweep on this machine or through an executor, and `QPU.run` on a QPU. Both return one
    columnar `SweepResult`. As with any task, changes to the task until the run take effect. A run never sets
    its parameters, so they keep their values even if the run fails.

    With `k` settings, setting `i` of a Sampler draws from child `i` of the task's seed, which is
    `numpy.random.SeedSequence(seed).spawn(k)[i]`: each gives, bit for bit, what a run of its own with that
    child as `rng` gives. A `SeedSequence` as `rng` is used as if it had no children yet. A Generator draws
    the entropy of the seed whose children are used.

    Args:
        task: A Sampler, Simulator or Analyzer, of lwfast or Lightworks.
        parameters: Values by Parameter, or by its label. Parameters of the circuit that are not named stay at
            their present value.
        grid: False, the default, takes the values side by side: they have one length, and a single number
            stands for the same value in all settings. True takes every combination, with the last parameter
            varying fastest.

    Raises:
        TypeError: `task` is not one of these, or parameters or values have the wrong type.
        ValueError: A parameter is not in the circuit, is given twice, or has no values; or lengths differ.
        ParameterValueError: A value is not finite, or outside the bounds of its parameter.
        ResultCreationError: A label is the name of another column of the result, or two labels are the same.
        ResourceLimitError: The table of settings would not fit in memory.

    Example:
        >>> angle = lw.Parameter(0.0, label="angle")
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> circuit.ps(0, angle)
        >>> circuit.bs(0)
        >>> task = lw.Sampler(circuit, lw.State([1, 0]), n_samples=100, random_seed=1)
        >>> sweep = lw.Sweep(task, {angle: [0.0, np.pi]})
        >>> result = lw.emulator.Backend("auto").run(sweep)
        >>> [dict(one) for one in result]
        [{lwfast.State(|0,1>): 100}, {lwfast.State(|1,0>): 100}]
        >>> [task.n_samples for task in sweep.as_batch().tasks]  # for what takes no sweeps
        [100, 100]
    """

    def __init__(
        self,
        task: Sampler | Simulator | Analyzer,
        parameters: Mapping[Parameter[Any] | str, Any],
        grid: bool = False,
    ) -> None:
        given: Any = task
        if not isinstance(given, Sampler | Simulator | Analyzer) and not lightworks_name(given, KINDS):
            msg = f"A sweep takes a Sampler, Simulator or Analyzer, got {full_name(task)}."
            raise TypeError(msg)
        if not isinstance(grid, bool | np.bool_):
            msg = f"grid should be True or False, got {grid!r}."  # type: ignore[unreachable]
            raise TypeError(msg)
        self._given = task
        self._grid = bool(grid)
        self._table = setting_table(self.task.circuit.get_all_params(), parameters, grid=self._grid)
        from lwfast.results.sweeps.setting_axis import SettingAxis  # results load plots and files

        self._axis = SettingAxis(self._table.labels, np.array(self._table.values), self._table.shape)

    @property
    def task(self) -> Sampler | Simulator | Analyzer:
        """The task; a task of Lightworks is converted to one of lwfast."""
        own: Any = adopt(self._given)
        task: Sampler | Simulator | Analyzer = own
        return task

    @property
    def parameters(self) -> list[Parameter[Any]]:
        """The parameters that are varied, as a new list."""
        return list(self._table.parameters)

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of each parameter in the result, its label or else `parameter_k`."""
        return self._table.labels

    @property
    def settings(self) -> FloatArray:
        """The settings, float64[k, p], one row per setting, read-only."""
        return self._table.values

    @property
    def shape(self) -> tuple[int, ...]:
        """`(k,)`, or for a grid the number of values of each parameter."""
        return self._table.shape

    @property
    def axis(self) -> SettingAxis:
        """Labels, settings and shape, as results keep them."""
        return self._axis

    def as_batch(self) -> Batch:
        """Return a batch with one task per setting, whose circuits have numbers instead of Parameters.

        Samplers get the children of the task's seed as `rng`, as in `Sweep`; for a `Generator` as `rng` the
        batch makes streams of its own.

        Raises:
            ValueError: A value is outside the range of an element; likewise TypeError.
        """
        batch, task = Batch(), self.task
        bound = elements_of(task.circuit)
        values = dict(zip(bound.parameters, bound.present(), strict=True))
        seed: Any = None
        if isinstance(task, Sampler) and not isinstance(task.rng, np.random.Generator):
            seed = root_seed(task.random_seed, task.rng)
        for row, setting in enumerate(self.settings.tolist()):
            values |= dict(zip(self._table.parameters, setting, strict=True))
            single: Any = copy.copy(task)
            single._circuit = with_numbers(task.circuit, values.__getitem__)  # noqa: SLF001
            if seed is not None:
                single.random_seed = None
                single.rng = child_of(seed, row)
            batch.add(single)
        return batch

    def __len__(self) -> int:
        return len(self._table)

    def __repr__(self) -> str:
        return f"lwfast.Sweep({self._given!r}, {len(self)} settings of {', '.join(self.labels)})"

    def _settled(self, task: Sampler | Simulator | Analyzer) -> tuple[BoundElements, list[Any]]:
        """Return the elements of the circuit, and the present values of its parameters.

        Args:
            task: The task of this sweep, as it is now.

        Raises:
            ParameterValueError: A value is outside bounds that were set since.
            ValueError: A parameter is not in the circuit any more.
        """
        self._table.check()
        bound = elements_of(task.circuit)
        there = {id(parameter) for parameter in bound.parameters}
        for parameter, label in zip(self._table.parameters, self.labels, strict=True):
            if id(parameter) not in there:
                msg = f"The circuit of the task has been changed, and {label} is not one of its parameters."
                raise ValueError(msg)
        return bound, bound.present()

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import table

        rows = ([k, *(float(f"{value:.6g}") for value in row)] for k, row in enumerate(self.settings[:50]))
        title = f"Sweep: {len(self)} settings of a {type(self.task).__name__}"
        return table(title, ["Setting", *self.labels], rows, n_rows=len(self), things="settings")

    def _generate_sweep(self) -> SweepData:
        """Return the data that a backend needs, as the task is now.

        Raises:
            ParameterValueError: A value is outside bounds that were set since.
            ValueError: A parameter is not in the circuit any more.
            CircuitCompilationError: An element does not take the first setting.
        """
        task = self.task
        bound, present = self._settled(task)
        circuit = task.circuit
        first = dict(zip(bound.parameters, present, strict=True))
        first |= dict(zip(self._table.parameters, self.settings[0].tolist(), strict=True))
        single: Any = copy.copy(task)
        # Not by its setter, which would compare states with the circuit again.
        single._circuit = with_numbers(circuit, first.__getitem__)  # noqa: SLF001
        return SweepData(single._generate_task(), self._table, bound, present)  # noqa: SLF001


def root_seed(random_seed: int | None, rng: SeedLike) -> np.random.SeedSequence:
    """Return the seed that the settings of a sweep are children of.

    A SeedSequence that was given is not changed, and nothing that was spawned from it before matters.
    """
    if isinstance(rng, np.random.Generator):
        return np.random.SeedSequence([int(number) for number in rng.integers(2**63, size=4)])
    if isinstance(rng, np.random.SeedSequence):
        return np.random.SeedSequence(rng.entropy, spawn_key=rng.spawn_key, pool_size=rng.pool_size)
    return np.random.SeedSequence(rng if rng is not None else random_seed)


def child_of(seed: np.random.SeedSequence | None, number: int) -> np.random.SeedSequence | None:
    """Return what `seed.spawn(k)[number]` of a fresh seed is."""
    if seed is None:
        return None
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, number), pool_size=seed.pool_size)
