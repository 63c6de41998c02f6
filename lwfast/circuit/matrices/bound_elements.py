"""A circuit's elements as a table, and the Parameters that its settings come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lwfast._base.parallel import run_chunks
from lwfast._types import ComplexArray, FloatArray
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import Parameter
from lwfast.optics.elements import FIXED, ElementTable, ElementWriter
from lwfast.optics.unitary import check_unitary

Check = Callable[[Any], float]
"""Returns a value that an element takes, and raises for any other."""
Matrix = ComplexArray | MatrixOfParameters
_CHUNK = 256
"""Settings that are multiplied up at a time."""


@dataclass(slots=True, frozen=True)
class BoundElements:
    """A table of elements with what its settings and its blocks are; never changed once it is made.

    Attributes:
        table: The elements, one row each, as kernels read them.
        parameters: The Parameters of the circuit, each once, in the order of first use: column j of the
            settings holds the value of the Parameter j.
        checks: What has to be looked at in new values, in the order of the elements: the column of a value
            and its check; or the index of a block, minus its length, whose matrix is a MatrixOfParameters.
        matrices: The matrix of each block.
        derived: What others worked out from all this alone, under their own name.
    """

    table: ElementTable
    parameters: tuple[Parameter[Any], ...]
    checks: tuple[tuple[int, Check | None], ...]
    matrices: tuple[Matrix, ...]
    derived: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

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
        row = [0.0] * len(values)
        matrices: list[Any] = list(self.matrices)
        for place, check in self.checks:
            if check is not None:
                row[place] = check(values[place])
            else:
                matrices[place] = self.matrix_at(place, values)
        settings: FloatArray = np.array([row], dtype=np.float64)
        product: ComplexArray = self.table.products(settings, matrices)[0]
        return product

    def unitaries(self, present: Sequence[Any], columns: Mapping[int, FloatArray], size: int) -> ComplexArray:
        """Return the unitary over all modes, loss modes last, for each of many settings.

        Each is, bit for bit, what `unitary` makes of its values alone.

        Args:
            present: A value for each Parameter.
            columns: For the Parameters that vary, by their place: finite values, float64[size].
            size: The number of settings.

        Returns:
            complex128[size, n_rows, n_rows].

        Raises:
            TypeError: A value has the wrong type.
            ValueError: A value is outside its range, or a matrix is not unitary.
        """
        settings: FloatArray = np.zeros((size, len(present)))
        for place, column in columns.items():
            settings[:, place] = column
        matrices = self.matrices_of(present, columns, size)
        lowest, highest = settings.min(axis=0).tolist(), settings.max(axis=0).tolist()
        for place, check in self.checks:
            if check is None:
                continue
            if place in columns:
                # What an element takes is a range: where both ends are in it, all values are.
                check(lowest[place])
                check(highest[place])
            else:
                settings[:, place] = check(present[place])
        products: ComplexArray = np.empty((size, self.table.n_rows, self.table.n_rows), dtype=np.complex128)

        def multiply(chunk: int) -> None:
            part = slice(chunk * _CHUNK, (chunk + 1) * _CHUNK)
            blocks = [matrix if matrix.ndim == 2 else matrix[part] for matrix in matrices]
            products[part] = self.table.products(settings[part], blocks)

        run_chunks(multiply, -(-size // _CHUNK))
        return products

    def matrices_of(
        self, present: Sequence[Any], columns: Mapping[int, FloatArray], size: int
    ) -> list[ComplexArray]:
        """Return the matrix of each block, complex128[r, r], or [size, r, r] where it varies.

        Raises:
            NotUnitaryError: One is not unitary.
        """
        return [self._matrices_at(block, present, columns, size) for block in range(len(self.matrices))]

    def varying(self, present: Sequence[Any], places: Sequence[int]) -> ElementTable:
        """Return the table with columns for some parameters only, and present values of the others.

        Args:
            present: A value for each Parameter, one that its elements take.
            places: The Parameters that vary; their columns are numbered in this order.
        """
        columns = self.table.steps[:, 3]
        steps, constants = self.table.steps.copy(), self.table.constants.copy()
        for step in np.flatnonzero(columns != FIXED).tolist():
            place = int(columns[step])
            varies = place in places
            steps[step, 3] = places.index(place) if varies else FIXED
            constants[step] = 0.0 if varies else float(present[place])
        return replace(self.table, steps=steps, constants=constants)

    def _matrices_at(
        self, block: int, present: Sequence[Any], columns: Mapping[int, FloatArray], size: int
    ) -> ComplexArray:
        """Return the matrix of a block, or one per setting if a varying Parameter is in it."""
        matrix: Any = self.matrices[block]
        if not isinstance(matrix, MatrixOfParameters):
            whole: ComplexArray = matrix
            return whole
        inside = {self.parameters.index(parameter) for parameter in matrix.params}
        if inside.isdisjoint(columns):
            return self.matrix_at(block, present)
        values = list(present)
        found = []
        for row in range(size):
            for place, column in columns.items():
                values[place] = float(column[row])
            found.append(self.matrix_at(block, values))
        return np.array(found)

    def matrix_at(self, block: int, values: Sequence[Any]) -> ComplexArray:
        """Return the matrix of a block for values of the Parameters.

        Raises:
            NotUnitaryError: It is not unitary.
        """
        matrix = self.matrices[block]
        if not isinstance(matrix, MatrixOfParameters):
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
        if isinstance(matrix, MatrixOfParameters):
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
