"""Amplitudes or probabilities of many settings, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen
from lwfast._types import AnyArray, FloatArray, StateTable
from lwfast.errors import ResultCreationError
from lwfast.results.columns.labels import LabelTable, has_an_x
from lwfast.results.columns.record import ResultRecord
from lwfast.results.columns.text import number_of
from lwfast.results.simulation_result import SimulationResult, owned_simulation
from lwfast.results.sweeps.setting_axis import SettingAxis
from lwfast.results.sweeps.sweep_files import save_sweep
from lwfast.results.sweeps.sweep_table import SweepTable
from lwfast.state import State, states_of

_COLUMN = {"probability": "probability", "probability_amplitude": "amplitude"}


class SweepSimulationResult(SweepTable):
    """Values from inputs to outputs, for each setting of a sweep.

    Made by running a `Sweep` of a Simulator or Analyzer; `result[i]` is the `SimulationResult` of setting i.

    Args:
        axis: Labels and values of the parameters, one row per setting.
        array: float64 or complex128[k, n_inputs, n_outputs], owned by the new object.
        result_type: What the values are: "probability" or "probability_amplitude".
        inputs: The input states, uint8[n_inputs, n_modes]; the result keeps this array, too.
        outputs: The output states, uint8[n_outputs, n_modes]; the result keeps this array, too.
        attributes: float64[k] by name, such as the `performance` and `error_rate` of an Analyzer.
        has_x: Whether 255 in `outputs` stands for X, an invalid qubit.

    Raises:
        ResultCreationError: The lengths do not fit each other, or the type is unknown.

    Example:
        >>> angle = lw.Parameter(0.0, label="angle")
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> circuit.ps(0, angle)
        >>> circuit.bs(0)
        >>> sweep = lw.Sweep(lw.Simulator(circuit, lw.State([1, 0])), {angle: [0.0, np.pi]})
        >>> result = lw.emulator.Backend("auto").run(sweep)
        >>> (abs(result.array) ** 2).round(6)[:, 0, 0].tolist()
        [0.0, 1.0]
    """

    __slots__ = ("_array", "_attributes", "_has_x", "_inputs", "_outputs", "_type")

    def __init__(
        self,
        axis: SettingAxis,
        array: AnyArray,
        result_type: str,
        inputs: StateTable,
        outputs: StateTable,
        attributes: Mapping[str, FloatArray] | None = None,
        has_x: bool = False,
    ) -> None:
        given = dict(attributes or {})
        fits = array.shape == (len(axis), len(inputs), len(outputs)) and array.dtype.kind in "fc"
        if not fits or result_type not in _COLUMN or any(v.shape != (len(axis),) for v in given.values()):
            raise ResultCreationError(
                f"Values of {len(axis)} settings, {len(inputs)} inputs and {len(outputs)} outputs should be "
                f"one of {', '.join(_COLUMN)} in this shape; got {result_type!r} of shape {array.shape}."
            )
        self._axis = axis
        self._array = frozen(np.ascontiguousarray(array))
        self._type = result_type
        self._inputs = frozen(np.ascontiguousarray(inputs))
        self._outputs = frozen(np.ascontiguousarray(outputs))
        self._has_x = has_an_x(self._outputs, has_x)
        self._attributes = {name: frozen(np.ascontiguousarray(v)) for name, v in given.items()}

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._attributes:
            return self._attributes[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def array(self) -> AnyArray:
        """The values, [k, n_inputs, n_outputs], read-only."""
        return self._array

    @property
    def values(self) -> AnyArray:
        """The value of each row of `states`, [N], read-only."""
        return self._array.reshape(-1)

    @property
    def result_type(self) -> str:
        """Whether the values are "probability" or "probability_amplitude"."""
        return self._type

    @property
    def inputs(self) -> list[State]:
        """All inputs, as a new list."""
        return states_of(self._inputs)

    @property
    def outputs(self) -> list[State]:
        """All outputs, as a new list."""
        return states_of(self._outputs, self._has_x)

    @property
    def has_x(self) -> bool:
        """Whether there is an X, an invalid qubit, in an output; 255 stands for it in `states` then."""
        return self._has_x

    @property
    def attributes(self) -> dict[str, FloatArray]:
        """Numbers of which each setting has one, such as `performance`, float64[k] by name."""
        return dict(self._attributes)

    @property
    def states(self) -> StateTable:
        """The output of each row, uint8[N, n_modes], written anew each time."""
        return np.tile(self._outputs, (len(self) * len(self._inputs), 1))

    @property
    def setting_index(self) -> NDArray[np.int64]:
        """Which setting each row belongs to, int64[N], ascending."""
        return np.repeat(np.arange(len(self), dtype=np.int64), len(self._inputs) * len(self._outputs))

    def _input_rows(self) -> StateTable:
        return np.tile(np.repeat(self._inputs, len(self._outputs), axis=0), (len(self), 1))

    @property
    def _output_labels(self) -> LabelTable:
        return LabelTable(self._outputs, self._has_x)

    def _value_columns(self) -> dict[str, AnyArray]:
        return {_COLUMN[self._type]: self.values}

    def _lines(self) -> tuple[LabelTable, FloatArray, str]:
        values = self._array if self._type == "probability" else np.abs(self._array) ** 2
        return self._output_labels, np.asarray(values.real.mean(axis=1)), "Probability"

    def _single(self, row: int) -> SimulationResult:
        attributes = {name: float(values[row]) for name, values in self._attributes.items()}
        return owned_simulation(
            SimulationResult,
            self._array[row],
            self._type,
            LabelTable(self._inputs),
            self._output_labels,
            attributes,
        )

    def _taken(self, rows: NDArray[np.int64]) -> Self:
        attributes = {name: values[rows] for name, values in self._attributes.items()}
        axis, array = self._axis.taken(rows), self._array[rows]
        return type(self)(axis, array, self._type, self._inputs, self._outputs, attributes, self._has_x)

    def apply_post_selection(self, post_selection: Any) -> Self:
        """Keep, in every setting, the outputs that meet post-selection.

        Raises:
            ModeRangeError: A rule names a mode that the outputs do not have.
            TypeError: It is not a post-selection.
        """
        return self._as_before(self._whole().apply_post_selection(post_selection))

    def map(self, mapping: Any, *args: Any, **kwargs: Any) -> Self:
        """Map every output to another state; probabilities of outputs that become equal are added up.

        Raises:
            ResultError: It is "threshold" or "parity", and there is an X.
            TypeError: The mapping is not callable, or returns something else than a state.
            ValueError: The values are amplitudes.
        """
        return self._as_before(self._whole().map(mapping, *args, **kwargs))

    def _whole(self) -> SimulationResult:
        """Return a single result of all settings, an input for each input of each setting."""
        array = self._array.reshape(-1, len(self._outputs))
        inputs = LabelTable(np.tile(self._inputs, (len(self), 1)))
        return owned_simulation(SimulationResult, array, self._type, inputs, self._output_labels, {})

    def _as_before(self, whole: SimulationResult) -> Self:
        outputs = whole.output_table
        array = whole.array.reshape(len(self), len(self._inputs), len(outputs))
        return type(self)(self._axis, array, self._type, self._inputs, outputs, has_x=whole.has_x)

    def save(self, filename: Any) -> Path:
        """Write the sweep to a `.npz` or `.json` file, atomically; see `SweepResult.save`."""
        columns = {"array": self._array, "inputs": self._inputs, "outputs": self._outputs}
        columns |= {f"attribute_{name}": values for name, values in self._attributes.items()}
        return save_sweep(filename, self._axis, columns, self._type, ResultRecord(has_x=self._has_x), None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SweepSimulationResult):
            return NotImplemented
        return (
            self._axis.same(other.axis)
            and self._type == other.result_type
            and np.array_equal(self._array, other.array)
            and self.inputs == other.inputs
            and self.outputs == other.outputs
        )

    __hash__ = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        axis = (self._axis.labels, np.array(self._axis.settings), self._axis.shape)
        attributes = {name: np.array(values) for name, values in self._attributes.items()}
        parts = (
            np.array(self._array),
            self._type,
            np.array(self._inputs),
            np.array(self._outputs),
            attributes,
            self._has_x,
        )
        return _restored, (type(self), axis, parts)

    def _facts(self) -> str:
        n_outputs, n_modes = self._outputs.shape
        return (
            f"{number_of(len(self), 'setting')} of {', '.join(self.labels)}; "
            f"{number_of(len(self._inputs), 'input')}, {number_of(n_outputs, 'output')} of "
            f"{number_of(n_modes, 'mode')}, {self._type}"
        )


def _restored(
    cls: type[SweepSimulationResult], axis: tuple[Any, ...], parts: tuple[Any, ...]
) -> SweepSimulationResult:
    return cls(SettingAxis(*axis), *parts)  # a pickle of an older version does not say whether there is an X
