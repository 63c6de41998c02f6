"""Probabilities or amplitudes from inputs to outputs."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen, handed_out
from lwfast._texts import ended
from lwfast._types import AnyArray, StateTable
from lwfast.errors import ResultCreationError
from lwfast.results.columns.dict_reading import DictReading, check_names
from lwfast.results.columns.export import pandas_module
from lwfast.results.columns.frame_calls import refuse_pandas, refuse_polars
from lwfast.results.columns.index import StateIndex
from lwfast.results.columns.labels import LabelTable, table_of
from lwfast.results.columns.pair_views import PairItems, PairValues
from lwfast.results.columns.record import deep_unless_same
from lwfast.results.columns.state_axis import StateAxis
from lwfast.results.columns.text import html_grid, html_table, number_of, short_state
from lwfast.results.plots.bars import DEFAULT_TOP
from lwfast.results.plots.simulation_plot import plot_simulation
from lwfast.results.processing.lightworks_results import lightworks_simulation
from lwfast.results.processing.mapping import map_states
from lwfast.results.processing.selection import keep_states
from lwfast.results.state_map import KEPT, StateMap
from lwfast.state import State, as_label, states_of
from lwfast.tables.counts import group_checked

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TYPES = ("probability", "probability_amplitude")


class SimulationResult(DictReading, Mapping[State, StateMap[Any]]):
    """Values from inputs to outputs: `result[input]` is a mapping from output to value.

    `result[input, output]` is one value.

    Args:
        results: `(n_inputs, n_outputs)`, float or complex.
        result_type: What the values are: "probability" or "probability_amplitude".
        inputs: The input state of each row.
        outputs: The output state of each column.
        **attributes: Further data, which can be read as attributes of the result. A list among them is not
            copied.

    Raises:
        ResultCreationError: If the type is unknown, the results are not an array of numbers, the lengths do
            not fit it, the inputs or outputs are not states of one number of modes, or an attribute has a
            taken name.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> result = lw.emulator.Backend("auto").run(lw.Simulator(circuit, lw.State([1, 0])))
        >>> result.outputs, (abs(result.array) ** 2).round(6).tolist()
        ([lwfast.State(|1,0>), lwfast.State(|0,1>)], [[0.5, 0.5]])
    """

    __slots__ = ("__weakref__", "_array", "_attributes", "_inputs", "_maps", "_outputs", "_pairs", "_type")

    def __init__(
        self,
        results: Any,
        result_type: str,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        **attributes: Any,
    ) -> None:
        if result_type not in _TYPES:
            raise ResultCreationError(
                f"Valid result type not provided, should be one of {', '.join(_TYPES)}, not {result_type!r}."
            )
        array = np.array(results)
        if array.ndim != 2 or array.shape[0] != len(inputs):
            raise ResultCreationError(
                f"Mismatch between inputs length and array size: {len(inputs)} and {array.shape}."
            )
        if array.shape[1] != len(outputs):
            raise ResultCreationError(
                f"Mismatch between outputs length and array size: {len(outputs)} and {array.shape}."
            )
        if array.dtype.kind not in "iufc":
            raise ResultCreationError(f"Results should be real or complex numbers, not {array.dtype}.")
        check_names(type(self), attributes)
        try:
            tables = table_of(inputs), table_of(outputs)
        except (TypeError, ValueError) as error:
            raise ResultCreationError(f"Inputs and outputs should be states: {ended(error)}") from error
        self._own(array, result_type, tables[0], tables[1], attributes)

    def _own(
        self,
        array: AnyArray,
        result_type: str,
        inputs: LabelTable | StateAxis,
        outputs: LabelTable | StateAxis,
        attributes: dict[str, Any],
    ) -> None:
        self._array = frozen(array)
        self._type = result_type
        self._inputs = inputs if isinstance(inputs, StateAxis) else StateAxis(*inputs)
        self._outputs = outputs if isinstance(outputs, StateAxis) else StateAxis(*outputs)
        self._attributes = attributes
        self._maps: dict[int, StateMap[Any]] = {}
        self._pairs: tuple[tuple[State, StateMap[Any]], ...] | None = None

    @classmethod
    def from_columns(
        cls,
        array: AnyArray,
        result_type: str,
        inputs: StateTable | StateAxis,
        outputs: StateTable | StateAxis,
        **attributes: Any,
    ) -> SimulationResult:
        """Make a result of arrays that are its own from now on: nothing is copied, no State is made.

        Args:
            array: (n_inputs, n_outputs), float64 or complex128.
            result_type: What the values are: "probability" or "probability_amplitude".
            inputs: uint8[n_inputs, n_modes], or an axis, which results may share.
            outputs: uint8[n_outputs, n_modes], or an axis likewise.
            **attributes: Further data, which can be read as attributes of the result.

        Raises:
            ResultCreationError: If the type is unknown, or the lengths do not fit the array.
        """
        if result_type not in _TYPES or array.shape != (len(inputs), len(outputs)):
            raise ResultCreationError(
                f"A result is one of {', '.join(_TYPES)} with a row for each input and a column for each "
                f"output; got {result_type!r} of shape {array.shape} for {len(inputs)} and {len(outputs)}."
            )
        rows, columns = (one if isinstance(one, StateAxis) else LabelTable(one) for one in (inputs, outputs))
        return owned_simulation(cls, array, result_type, rows, columns, attributes)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._attributes:
            return self._attributes[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def array(self) -> AnyArray:
        """The values, inputs by outputs, read-only."""
        return self._array

    @property
    def inputs(self) -> list[State]:
        """All inputs, as a new list."""
        return self._inputs.states()

    @property
    def outputs(self) -> list[State]:
        """All outputs, as a new list."""
        return self._outputs.states()

    @property
    def input_table(self) -> StateTable:
        """The inputs as rows, `uint8[n_inputs, n_modes]`, read-only."""
        return self._inputs.table

    @property
    def output_table(self) -> StateTable:
        """The outputs as rows, `uint8[n_outputs, n_modes]`, read-only; uint8 has no sign and ends at 255.

        Where `has_x`, 255 stands for X.
        """
        return self._outputs.table

    @property
    def has_x(self) -> bool:
        """Whether there is an X, an invalid qubit, in an output; 255 stands for it in `output_table` then."""
        return self._outputs.has_x

    @property
    def _output_labels(self) -> LabelTable:
        return LabelTable(self._outputs.table, self._outputs.has_x)

    @property
    def _input_labels(self) -> LabelTable:
        return LabelTable(self._inputs.table, self._inputs.has_x)

    @property
    def result_type(self) -> str:
        """Whether the values are "probability" or "probability_amplitude"."""
        return self._type

    def __len__(self) -> int:
        return len(self._inputs.keys)

    def keys(self) -> KeysView[State]:
        """The inputs, as a view."""
        refuse_polars("polars.from_pandas(result.display_as_dataframe())")
        return KeysView(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        """Return the values, inputs by outputs."""
        refuse_pandas("result.display_as_dataframe()")
        return handed_out(self._array, dtype, copy, "The values")

    def __iter__(self) -> Iterator[State]:
        axis = self._inputs
        return iter(states_of(axis.keys, axis.has_x) if axis.places is not None else self.inputs)

    def items(self) -> ItemsView[State, StateMap[Any]]:
        """Pairs of an input and its values, as a view."""
        return PairItems(self, self._pairs or self._rows)

    def values(self) -> ValuesView[StateMap[Any]]:
        """The values of each input, as a view."""
        return PairValues(self, self._pairs or self._rows)

    def _rows(self) -> Iterable[tuple[State, StateMap[Any]]]:
        """Return pairs of an input and its values; those of a small result are made once."""
        if self._pairs is not None:
            return self._pairs
        places = self._inputs.places
        numbers = range(len(self)) if places is None else places.tolist()
        pairs = zip(self, map(self._row, numbers), strict=True)
        if self._array.size > KEPT:
            return pairs
        self._pairs = tuple(pairs)
        return self._pairs

    def __contains__(self, key: object) -> bool:
        try:
            return self._inputs.place(as_label(key)) >= 0
        except (TypeError, ValueError):
            return False

    def __getitem__(self, item: Any) -> Any:
        """Return all values of an input, or the value of an input and an output.

        Raises:
            KeyError: If the input or the output is not there.
            TypeError: If a key does not stand for a state.
            ValueError: If there are more than two keys.
        """
        if not isinstance(item, tuple) or _is_occupation(item):
            return self._of_input(item)
        if len(item) > 2:
            raise ValueError("Get item can only contain a maximum of two values.")
        values = self._of_input(item[0])
        return values if len(item) == 1 or item[1] is None else values[item[1]]

    def _of_input(self, state: Any) -> StateMap[Any]:
        try:
            row = self._inputs.place(as_label(state))
        except TypeError:
            raise TypeError("Get item value must be either one or two States.") from None
        except ValueError as error:
            raise KeyError(f"{state!r} is not a state, and not in the data: {ended(error)}") from None
        if row < 0:
            raise KeyError(f"Requested input state {State(as_label(state))} not in data.")
        return self._row(row)

    def _row(self, row: int) -> StateMap[Any]:
        found = self._maps.get(row)
        if found is None:
            outputs, values = self._outputs, self._array[row]
            # The index of the outputs is shared: one for each row would cost all outputs for each value.
            shown = values if outputs.places is None else values[outputs.places]
            found = StateMap(outputs.keys, shown, outputs.index, outputs.has_x)
            if self._array.size <= KEPT:  # with the objects that a map keeps; a new one takes 3 us
                self._maps[row] = found
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        if len(self) != len(other) or getattr(other, "result_type", self._type) != self._type:
            return False
        found = set()
        for state, values in other.items():
            try:
                row = self._inputs.place(as_label(state))
            except (TypeError, ValueError):
                return False
            if row < 0 or self._row(row) != values:
                return False
            found.add(row)
        return len(found) == len(self)  # a dict may hold one state twice, as a tuple and as a State

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> SimulationResult:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> SimulationResult:
        own = deep_unless_same(self._attributes, memo)
        if own is self._attributes:
            return self  # nothing in it can be changed
        tables = self._input_labels, self._output_labels
        return owned_simulation(type(self), self._array, self._type, *tables, own)

    def __reduce__(self) -> tuple[Any, ...]:
        has_x = (self._inputs.has_x, self._outputs.has_x)
        tables = (self.input_table, self.output_table)
        return _restored, (self._array, self._type, *tables, self._attributes, has_x)

    def __repr__(self) -> str:
        return f"lwfast.SimulationResult({self._facts()})"

    def _facts(self) -> str:
        n_outputs, n_modes = self.output_table.shape
        return (
            f"{number_of(len(self.input_table), 'input')}, {number_of(n_outputs, 'output')} of "
            f"{number_of(n_modes, 'mode')}, {self._type}"
        )

    def _repr_html_(self) -> str:
        heading = f"SimulationResult: {self._facts()}"
        if len(self.input_table) == 1 and self._type == "probability":
            row = self._row(0)
            values = row._values.real  # noqa: SLF001  (our own base class)
            return html_table(
                row.states, values, f"{heading}, from {short_state(self.inputs[0])}", self.has_x
            )
        return html_grid(self._array, self._input_labels, self._output_labels, heading)

    def map(self, mapping: Any, *args: Any, **kwargs: Any) -> SimulationResult:
        """Map every output to another state; probabilities of outputs that become equal are added up.

        Raises:
            ResultError: If it is "threshold" or "parity", and there is an X.
            TypeError: If the mapping is not callable, or returns something else than a state.
            ValueError: If the values are amplitudes.
        """
        if self._type == "probability_amplitude":
            raise ValueError("Mapping cannot be applied to probability amplitudes.")
        keys = LabelTable(self._outputs.keys, self._outputs.has_x)
        (mapped, has_x), _ = map_states(keys, mapping, *args, **kwargs)
        outputs, _ = group_checked(mapped, np.ones(len(mapped), np.int64))
        values = self._array if self._outputs.places is None else self._array[:, self._outputs.places]
        array = np.zeros((len(values), len(outputs)), self._array.dtype)
        target = StateIndex(outputs).rows(mapped)
        for row, out in zip(values, array, strict=True):
            np.add.at(out, target, row)
        return self._with_outputs(array, LabelTable(outputs, has_x))

    def apply_post_selection(self, post_selection: Any) -> SimulationResult:
        """Keep the outputs that meet post-selection.

        Raises:
            ModeRangeError: If a rule names a mode that the outputs do not have.
            TypeError: If it is not a post-selection.
        """
        table = self.output_table
        outputs, columns = keep_states(self._output_labels, np.arange(len(table)), post_selection)
        return self._with_outputs(self._array[:, columns], LabelTable(outputs, self.has_x))

    def _with_outputs(self, array: AnyArray, outputs: LabelTable) -> SimulationResult:
        return owned_simulation(SimulationResult, array, self._type, self._input_labels, outputs, {})

    def to_lightworks(self) -> Any:
        """Return the values as Lightworks' `SimulationResult`, with the further attributes.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        return lightworks_simulation(self, self._attributes)

    def print_outputs(self, rounding: int = 4) -> None:
        """Print each input and what it becomes, values rounded to `rounding` places."""
        for state, values in self.items():
            rounded = ((np.round(value, rounding), output) for output, value in values.items())
            terms = " + ".join(f"{value}*{output}" for value, output in rounded if value != 0)
            print(f"{state} -> {terms}")  # noqa: T201

    def display_as_dataframe(
        self, threshold: float = 1e-12, conv_to_probability: bool = False
    ) -> pd.DataFrame:
        """Return a DataFrame of inputs by outputs.

        Args:
            threshold: Real and imaginary parts below it are shown as zero.
            conv_to_probability: Whether to show probabilities instead of amplitudes; by default False.

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        values = self._shown_values(conv_to_probability).copy()
        parts = (values.real, values.imag) if np.iscomplexobj(values) else (values,)
        for part in parts:
            part[np.abs(part) < threshold] = 0
        names = [str(s) for s in self.inputs], [str(s) for s in self.outputs]
        frame: pd.DataFrame = pandas_module().DataFrame(values, index=names[0], columns=names[1])
        return frame

    def _shown_values(self, conv_to_probability: bool) -> AnyArray:
        if conv_to_probability and self._type == "probability_amplitude":
            return np.asarray(np.abs(self._array) ** 2)
        return self._array

    def plot(
        self,
        conv_to_probability: bool = False,
        show: bool = True,
        state_labels: Mapping[Any, Any] | None = None,
        *,
        top: int = DEFAULT_TOP,
    ) -> tuple[Figure, Axes | NDArray[Any]] | None:
        """Draw a bar chart (one input) or a heat map of inputs and outputs.

        Amplitudes have a chart or map of their real part, and one of their imaginary part beside it.

        Args:
            conv_to_probability: Whether to draw probabilities instead of amplitudes; by default False.
            show: Whether to show the figure, which is the default, and return None. On a backend without a
                screen, or where it is False, figure and axes are returned.
            state_labels: Labels that replace the kets of some states, by state, as for
                `lwfast.results.plot_results`.
            top: How many outputs of one input get a bar of their own.

        Returns:
            (figure, axes), where amplitudes have an array of two axes, or None where the figure was shown.

        Raises:
            LightworksDependencyError: If matplotlib is not installed.
            TypeError: If a key of `state_labels` is not a state, or `top` is not an integer.
            ValueError: If there is nothing to draw, or `top` is not positive.
        """
        return plot_simulation(
            self._shown_values(conv_to_probability),
            self._input_labels,
            self._output_labels,
            show,
            state_labels,
            amplitudes=self._type == "probability_amplitude",
            top=top,
        )


S = TypeVar("S", bound=SimulationResult)


def owned_simulation(
    kind: type[S],
    array: AnyArray,
    result_type: str,
    inputs: LabelTable | StateAxis,
    outputs: LabelTable | StateAxis,
    attributes: dict[str, Any],
) -> S:
    """Do what `SimulationResult.from_columns` does for tables in which 255 may stand for X, without a check.

    Args:
        kind: The class of the result.
        array: `(n_inputs, n_outputs)`, float64 or complex128, which the result may own.
        result_type: What the values are: "probability" or "probability_amplitude".
        inputs: The input states, one row of `array` each; or an axis, which results may share.
        outputs: The output states, one column of `array` each; or an axis.
        attributes: Further data by name, such as `performance`.
    """
    result = kind.__new__(kind)
    result._own(array, result_type, inputs, outputs, attributes)  # noqa: SLF001  (its own class)
    return result


def _is_occupation(item: tuple[Any, ...]) -> bool:
    """Say whether a tuple is photon numbers, and not two states."""
    if item and isinstance(item[0], State):
        return False  # nearly every call
    return all(isinstance(entry, int | np.integer) for entry in item)


def _restored(
    array: AnyArray,
    result_type: str,
    inputs: AnyArray,
    outputs: AnyArray,
    attributes: dict[str, Any],
    has_x: tuple[bool, bool] = (False, False),  # a pickle of an older version has none
) -> SimulationResult:
    """Rebuild a pickled result."""
    tables = LabelTable(inputs, has_x[0]), LabelTable(outputs, has_x[1])
    return owned_simulation(SimulationResult, array, result_type, *tables, attributes)
