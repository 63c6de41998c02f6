"""Derivatives by the Parameters of a circuit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwfast._kernels.optics.element_kinds import BEAM_SPLITTER_H, BEAM_SPLITTER_RX, BLOCK, LOSS
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.circuit.matrices.bound_elements import BoundElements
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import Parameter, own_parameter
from lwfast.errors import ParameterValueError
from lwfast.optics.elements import ElementTable

_NAME = "rows"
_WITH_POLES = (BEAM_SPLITTER_RX, BEAM_SPLITTER_H, LOSS)
"""Kinds of elements with a value at which amplitudes have no derivative."""
LEAST_LOSS = 1e-6
"""Below, what one loss changes is lost in the rounding of all light that is lost."""


class Differentiable:
    """A circuit's elements with the present values of their Parameters, and the way back to these.

    Args:
        bound: The elements, whose Parameters have values that they take.
        chosen: True for all Parameters, or one Parameter, or a list of them.

    Raises:
        TypeError: `chosen` is not one of these.
        ValueError: A Parameter does not belong to the circuit.
        ParameterValueError: A reflectivity is 0 or 1, or a loss is 1 or below 1e-6.
    """

    def __init__(self, bound: BoundElements, chosen: Any) -> None:
        self._bound = bound
        self._values = bound.present()
        self._rows = rows = _rows_of(bound)
        self.wanted = _wanted(bound.parameters, chosen)
        settings = rows.constants.copy()
        asked = {id(parameter) for parameter in self.wanted}
        for row, column, kind in rows.varied:
            value = settings[row] = float(self._values[column])
            if kind in _WITH_POLES and id(bound.parameters[column]) in asked:
                _check_value(kind, value, bound.parameters[column])
        self._settings: FloatArray = settings

    @property
    def varies_loss(self) -> bool:
        """Whether the loss of an element is a Parameter."""
        return any(kind == LOSS for _, _, kind in self._rows.varied)

    def derivatives(self, by_matrix: ComplexArray) -> dict[Parameter[Any], float]:
        """Take derivatives by the transfer matrix to those by Parameters.

        Args:
            by_matrix: complex128[n_modes, n_modes], dL/d(Re U) + i dL/d(Im U) for the matrix without loss
                modes.

        Returns:
            dL/dp for each Parameter that is wanted, in their order.
        """
        from lwfast._kernels.optics.gradients.elements_adjoint import elements_adjoint

        bound, rows = self._bound, self._rows
        matrices = [bound.matrix_at(block, self._values) for block in range(len(bound.matrices))]
        blocks = np.concatenate([np.empty(0, dtype=np.complex128), *(matrix.ravel() for matrix in matrices)])
        by_settings, by_blocks = np.zeros(len(rows.elements)), np.zeros(len(blocks), dtype=np.complex128)
        elements_adjoint(
            rows.elements, self._settings, rows.modes, blocks, by_matrix.copy(), by_settings, by_blocks
        )
        found: FloatArray = np.zeros(len(bound.parameters))
        found += np.bincount(rows.columns, by_settings[rows.with_column], minlength=len(bound.parameters))
        if matrices:
            self._add_symbolic(by_blocks, found)
        slopes = found.tolist()
        place = {id(parameter): column for column, parameter in enumerate(bound.parameters)}
        return {parameter: slopes[place[id(parameter)]] for parameter in self.wanted}

    def _add_symbolic(self, by_blocks: ComplexArray, found: FloatArray) -> None:
        """Add what Parameters change through matrices that are given by symbols."""
        asked = {id(parameter) for parameter in self.wanted}
        entry = 0
        for (_, rows), matrix in zip(self._bound.table.blocks, self._bound.matrices, strict=True):
            size = len(rows)
            by_block = by_blocks[entry : entry + size * size].reshape(size, size)
            entry += size * size
            if isinstance(matrix, MatrixOfParameters):
                for column, parameter in enumerate(self._bound.parameters):
                    if id(parameter) in asked:
                        found[column] += float((by_block.conj() * matrix.derivative(parameter)).real.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The elements and blocks of a circuit as the kernel takes them, which no value of a Parameter changes.

    Attributes:
        elements: int64[N, 4], one row per element.
        constants: float64[N], the settings that are not those of a Parameter.
        modes: int64[...], the modes of the blocks.
        varied: Of each element with a Parameter: its row, the column of the Parameter, its kind.
        with_column: int64[P], rows with a value that varies.
        columns: int64[P], the column of the setting in each of these.
    """

    elements: AnyArray
    constants: FloatArray
    modes: AnyArray
    varied: list[tuple[int, int, int]]
    with_column: AnyArray
    columns: AnyArray


def _rows_of(bound: BoundElements) -> _Rows:
    """Return the rows of a circuit, made once."""
    found: _Rows | None = bound.derived.get(_NAME)
    if found is None:
        found = bound.derived[_NAME] = _made_rows(bound.table)
    return found


def _made_rows(table: ElementTable) -> _Rows:
    steps = table.steps.copy()
    steps[:, 3] = 0
    losses = steps[:, 0] == LOSS
    steps[losses, 2] = steps[losses, 1]  # what is lost has no row in the transfer matrix
    parts, at, first_mode, first_entry = [], 0, 0, 0
    for before, rows in table.blocks:
        size = len(rows)
        parts += [steps[at:before], np.array([[BLOCK, size, first_mode, first_entry]])]
        at, first_mode, first_entry = before, first_mode + size, first_entry + size * size
    elements = np.concatenate([*parts, steps[at:]])
    of_step = np.flatnonzero(elements[:, 0] != BLOCK)
    constants = np.zeros(len(elements))
    constants[of_step] = table.constants
    varied = np.flatnonzero(table.steps[:, 3] >= 0)
    rows_with, columns = of_step[varied], table.steps[varied, 3]
    kinds = table.steps[varied, 0]
    modes = np.concatenate([np.empty(0, dtype=np.int64), *(rows for _, rows in table.blocks)])
    triples = list(zip(rows_with.tolist(), columns.tolist(), kinds.tolist(), strict=True))
    return _Rows(elements, constants, modes, triples, rows_with, columns)


def _wanted(of_circuit: Sequence[Parameter[Any]], chosen: Any) -> list[Parameter[Any]]:
    """Return the Parameters by which derivatives are wanted, each once."""
    if chosen is True:
        return list(of_circuit)
    given = list(chosen) if isinstance(chosen, Iterable) else [chosen]
    listed = [parameter for parameter in map(own_parameter, given) if parameter is not None]
    if len(listed) < len(given):
        msg = f"The argument gradient should be True, False, or Parameters of the circuit, got {chosen!r}."
        raise TypeError(msg)
    known = {id(parameter) for parameter in of_circuit}
    for parameter in listed:
        if id(parameter) not in known:
            msg = (
                f"{parameter!r} is not one of the {len(of_circuit)} Parameters of the circuit; leave it out."
            )
            raise ValueError(msg)
    return list({id(parameter): parameter for parameter in listed}.values())


def _check_value(kind: int, value: float, parameter: Parameter[Any]) -> None:
    """Raise where an element has no derivative by its value."""
    name = "without a label" if parameter.label is None else repr(parameter.label)
    if kind in (BEAM_SPLITTER_RX, BEAM_SPLITTER_H) and value in (0.0, 1.0):
        msg = (
            f"The reflectivity {name} is {value:g}, where amplitudes, which have its square root, have an "
            "infinite derivative. Keep it between 0 and 1, or vary phases between two fixed beam splitters "
            "instead."
        )
        raise ParameterValueError(msg)
    if kind == LOSS and value == 1.0:
        msg = (
            f"The loss {name} is 1, where amplitudes, which have the square root of what is left, have an "
            "infinite derivative. Keep it below 1."
        )
        raise ParameterValueError(msg)
    if kind == LOSS and value < LEAST_LOSS:
        msg = (
            f"The loss {name} is {value:g}. No loss is below 0, so the derivative there has one side only, "
            f"and it is not computed. Set the loss to {LEAST_LOSS:g} or more, which changes a probability "
            "by no more than that for each photon."
        )
        raise ParameterValueError(msg)
