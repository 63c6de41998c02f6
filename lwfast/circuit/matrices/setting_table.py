"""Many settings of a circuit's parameters, as a table: checked once, before any of them is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwfast._base.buffers import frozen
from lwfast._base.memory import check_memory
from lwfast._base.setting_names import told_values
from lwfast._base.validation import refuse_masked
from lwfast._texts import ended
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.circuit.matrices.bound_elements import BoundElements
from lwfast.circuit.parameters import Parameter, own_parameter
from lwfast.errors import CircuitCompilationError, ParameterValueError


@dataclass(frozen=True, slots=True, eq=False)
class SettingTable:
    """Values of some parameters, a row for each setting.

    Attributes:
        parameters: The parameters, a column each.
        labels: The name of each column: the parameter's label, or `parameter_0`, ... by its column.
        values: float64[k, p], one row per setting, read-only.
        shape: How the settings are laid out: `(k,)`, or the lengths of the axes of a grid.
    """

    parameters: tuple[Parameter[Any], ...]
    labels: tuple[str, ...]
    values: FloatArray
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.values)

    def check(self) -> None:
        """Check all values against the present bounds of the parameters.

        Raises:
            ParameterValueError: A value lies outside.
        """
        for parameter, label, column in zip(self.parameters, self.labels, self.values.T, strict=True):
            _check_bounds(parameter, label, column)

    def unitaries(self, bound: BoundElements, present: Sequence[Any]) -> ComplexArray:
        """Return the unitary over all modes of a circuit, loss modes last, for each setting.

        Args:
            bound: The elements of the circuit.
            present: The values of its parameters where they are not varied.

        Returns:
            complex128[k, n_rows, n_rows].

        Raises:
            CircuitCompilationError: An element does not take a value.
            ResourceLimitError: They would not fit in memory.
        """
        size = bound.table.n_rows
        check_memory(
            32 * len(self) * size * size,
            f"The unitaries of {len(self):,} settings of {size} modes",
            remedy="Split the sweep.",
        )
        try:
            return bound.unitaries(present, self.columns(bound), len(self))
        except Exception as error:
            msg = f"An error occurred during the circuit compilation process: {ended(error)}"
            raise CircuitCompilationError(msg) from error

    def places(self, bound: BoundElements) -> list[int]:
        """Return the place of each parameter among those of a circuit."""
        places = {id(parameter): place for place, parameter in enumerate(bound.parameters)}
        return [places[id(parameter)] for parameter in self.parameters]

    def columns(self, bound: BoundElements) -> dict[int, FloatArray]:
        """Return the values of each parameter, by its place among those of a circuit."""
        columns = map(np.ascontiguousarray, self.values.T)
        return dict(zip(self.places(bound), columns, strict=True))

    def part(self, begin: int, end: int) -> SettingTable:
        """Return the settings from `begin` to `end`, as rows."""
        rows = self.values[begin:end]
        return SettingTable(self.parameters, self.labels, rows, (len(rows),))

    def told(self, row: int) -> str:
        """Return a setting as text, for messages."""
        return told_values(self.labels, self.values[row].tolist())


def setting_table(there: Sequence[Parameter[Any]], parameters: Any, *, grid: bool = False) -> SettingTable:
    """Make a table of settings from values by parameter.

    Args:
        there: The parameters that a circuit has.
        parameters: For each parameter, or its label, a number or a sequence of numbers.
        grid: Take every combination, the last parameter varying fastest; else sequences have one length, and
            a single number stands for as many.

    Raises:
        TypeError: `parameters` is not a mapping, a key is neither a Parameter nor a string, or a value is not
            a real number.
        ValueError: There are no parameters or no values, a parameter is not in the circuit or is given twice,
            a label is that of none or several, two columns would have one name, or lengths differ.
        ParameterValueError: A value is not finite or outside the bounds.
        ResourceLimitError: The table would not fit in memory.
    """
    if not isinstance(parameters, Mapping):
        msg = (
            f"parameters should map Parameters, or their labels, to values, got {type(parameters).__name__}."
        )
        raise TypeError(msg)
    if not parameters:
        raise ValueError("Name at least one parameter to vary, got none.")
    chosen = [_parameter(key, there) for key in parameters]
    labels = _labels(chosen)
    columns = [_column(values, label) for values, label in zip(parameters.values(), labels, strict=True)]
    for parameter, label, column in zip(chosen, labels, columns, strict=True):
        _check_bounds(parameter, label, column)
    shape, table = _grid(columns) if grid else _rows(columns, labels)
    return SettingTable(tuple(chosen), labels, frozen(table), shape)


def _parameter(key: Any, there: Sequence[Parameter[Any]]) -> Parameter[Any]:
    own = own_parameter(key)
    if own is not None:
        if not any(own is parameter for parameter in there):
            msg = f"{key!r} is not one of the circuit's {len(there)} parameters; get_all_params() lists them."
            raise ValueError(msg)
        return own
    if not isinstance(key, str):
        msg = f"parameters should have Parameters or their labels as keys, got {key!r}."
        raise TypeError(msg)
    found = [parameter for parameter in there if parameter.label == key]
    if len(found) != 1:
        known = sorted({parameter.label for parameter in there if parameter.label is not None})
        what = "no parameter" if not found else f"{len(found)} parameters"
        has = f"its labels are {', '.join(map(repr, known))}" if known else "no parameter has a label"
        if there:
            msg = f"The circuit has {what} with the label {key!r}; {has}. Give the Parameter itself instead."
        else:
            msg = f"The circuit has no parameter with the label {key!r}: it has no parameters at all."
        raise ValueError(msg)
    return found[0]


def _labels(parameters: Sequence[Parameter[Any]]) -> tuple[str, ...]:
    if len({id(parameter) for parameter in parameters}) < len(parameters):
        raise ValueError("A parameter is given twice, as itself and by its label; give it once.")
    labels = tuple(
        f"parameter_{column}" if parameter.label is None else parameter.label
        for column, parameter in enumerate(parameters)
    )
    for label in labels:
        if labels.count(label) > 1:
            msg = f"{labels.count(label)} parameters have the label {label!r}; give each a label of its own."
            raise ValueError(msg)
    return labels


def _column(values: Any, label: str) -> FloatArray:
    """Return values as float64[n]; a single number as one of length 1."""
    refuse_masked(values, f"The values of {label} have")
    given: AnyArray = np.asarray(list(values) if _is_lazy(values) else values)
    if given.size == 0:
        msg = f"The parameter {label} has no values; give at least one."
        raise ValueError(msg)
    if given.ndim > 1:
        msg = f"The values of {label} should have one dimension, got shape {given.shape}."
        raise ValueError(msg)
    if given.dtype.kind not in "iuf":
        msg = f"The values of {label} should be real numbers, got {given.reshape(-1)[0]!r} among them."
        raise TypeError(msg)
    column = np.array(given, dtype=np.float64).reshape(-1)
    if not np.isfinite(column).all():
        at = int(np.flatnonzero(~np.isfinite(column))[0])
        msg = f"Value {at} of {label} is {column[at]}; settings should be finite numbers."
        raise ParameterValueError(msg)
    return column


def _is_lazy(values: Any) -> bool:
    return isinstance(values, Iterable) and not hasattr(values, "__len__") and not hasattr(values, "dtype")


def _check_bounds(parameter: Parameter[Any], label: str, column: FloatArray) -> None:
    low, high = parameter.min_bound, parameter.max_bound
    if low is None and high is None:
        return
    outside = np.zeros(len(column), dtype=np.bool_)
    if low is not None:
        outside |= ~(column >= low)
    if high is not None:
        outside |= ~(column <= high)
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        sides = f"{'-inf' if low is None else low} to {'inf' if high is None else high}"
        msg = f"Value {at} of {label} is {column[at]}, and its bounds are {sides}."
        raise ParameterValueError(msg)


def _rows(columns: list[FloatArray], labels: Sequence[str]) -> tuple[tuple[int, ...], FloatArray]:
    length = max(len(column) for column in columns)
    for column, label in zip(columns, labels, strict=True):
        if len(column) not in (1, length):
            msg = (
                f"{label} has {len(column)} values where others have {length}; give as many for each, or one "
                "for all settings. Every combination is what grid=True takes."
            )
            raise ValueError(msg)
    _check_size(length, len(columns))
    table: FloatArray = np.empty((length, len(columns)))
    for place, column in enumerate(columns):
        table[:, place] = column
    return (length,), table


def _grid(columns: list[FloatArray]) -> tuple[tuple[int, ...], FloatArray]:
    shape = tuple(len(column) for column in columns)
    number = 1
    for length in shape:
        number *= length
    _check_size(number, len(columns))
    axes = np.meshgrid(*columns, indexing="ij")
    return shape, np.stack([axis.reshape(-1) for axis in axes], axis=1)


def _check_size(n_settings: int, n_parameters: int) -> None:
    check_memory(
        16 * n_settings * n_parameters,
        f"A table of {n_settings:,} settings of {n_parameters} parameters",
        remedy="Split the sweep.",
    )
