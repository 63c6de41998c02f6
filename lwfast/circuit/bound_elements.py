"""A circuit's elements as a table, and the Parameters that its settings come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwfast._types import ComplexArray, FloatArray
from lwfast.circuit.parameterized_unitary import ParameterizedUnitary
from lwfast.circuit.parameters import Parameter
from lwfast.optics.elements import FIXED, ElementTable, ElementWriter
from lwfast.optics.unitary import check_unitary

Check = Callable[[Any], float]
"""Returns a value that an element takes, and raises for any other."""
Matrix = ComplexArray | ParameterizedUnitary


@dataclass(slots=True, frozen=True)
class BoundElements:
    """A table of elements with what its settings and its blocks are; never changed once it is made.

    Attributes:
        table: The elements.
        parameters: The Parameters of the circuit, each once, in the order of first use: column j of the
            settings holds the value of the Parameter j.
        checks: What has to be looked at in new values, in the order of the elements: the column of a value
            and its check; or the index of a block, minus its length, whose matrix is a ParameterizedUnitary.
        matrices: The matrix of each block.
    """

    table: ElementTable
    parameters: tuple[Parameter[Any], ...]
    checks: tuple[tuple[int, Check | None], ...]
    matrices: tuple[Matrix, ...]

    def present(self) -> list[Any]:
        """Return the present value of each Parameter."""
        return [parameter.get() for parameter in self.parameters]

    def unitary(self, values: Sequence[Any]) -> ComplexArray:
        """Return the unitary over all modes, loss modes last.

        Args:
            values: A value for each Parameter.

        Returns:
            complex128[n_rows, n_rows].

        Raises:
            TypeError: A value has the wrong type.
            ValueError: A value is outside its range, or a matrix is not unitary.
        """
        settings: FloatArray = np.zeros((1, len(values)))
        row = settings[0]
        matrices: list[Any] = list(self.matrices)
        for place, check in self.checks:
            if check is not None:
                row[place] = check(values[place])
            else:
                matrices[place] = self.matrix_at(place, values)
        product: ComplexArray = self.table.products(settings, matrices)[0]
        return product

    def matrix_at(self, block: int, values: Sequence[Any]) -> ComplexArray:
        """Return the matrix of a block for values of the Parameters.

        Raises:
            NotUnitaryError: It is not unitary.
        """
        matrix = self.matrices[block]
        if not isinstance(matrix, ParameterizedUnitary):
            return matrix
        present = matrix.at(dict(zip(self.parameters, values, strict=True)).__getitem__)
        check_unitary(present)
        return present


class ElementBinder:
    """Takes elements in order, and makes a table of them that is bound to their Parameters.

    Args:
        n_modes: The number of modes, loss modes not counted.
    """

    __slots__ = ("_checks", "_columns", "_matrices", "_parameters", "write")

    def __init__(self, n_modes: int) -> None:
        self.write = ElementWriter(n_modes)
        self._parameters: list[Parameter[Any]] = []
        self._columns: dict[int, int] = {}
        self._checks: dict[tuple[int, Check | None], None] = {}
        self._matrices: list[Matrix] = []

    def value(self, value: Any, check: Check) -> tuple[float, int]:
        """Return what a table holds of a value: a constant, and the column of a Parameter."""
        if not isinstance(value, Parameter):
            return float(value), FIXED
        column = self._column(value)
        self._checks[column, check] = None
        return 0.0, column

    def block(self, modes: Sequence[int], matrix: Matrix) -> None:
        """Add a unitary matrix."""
        if isinstance(matrix, ParameterizedUnitary):
            for parameter in matrix.params:
                self._column(parameter)
            self._checks[len(self._matrices), None] = None
        self.write.block(modes)
        self._matrices.append(matrix)

    def bound(self) -> BoundElements:
        """Return the elements so far."""
        return BoundElements(
            self.write.table(), tuple(self._parameters), tuple(self._checks), tuple(self._matrices)
        )

    def _column(self, parameter: Parameter[Any]) -> int:
        column = self._columns.setdefault(id(parameter), len(self._parameters))
        if column == len(self._parameters):
            self._parameters.append(parameter)
        return column
