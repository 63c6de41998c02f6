"""Elements over many modes: unitary matrices, and groups of elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np

from lwfast._base.validation import refuse_masked
from lwfast._types import ComplexArray
from lwfast.circuit.components import Component, HeraldData, ModeMap, Serialized, ValueOf, element
from lwfast.circuit.matrices.bound_elements import ElementBinder
from lwfast.circuit.parameterized_unitary import MatrixOfParameters, own_matrix
from lwfast.circuit.parameters import Parameter
from lwfast.optics.unitary import check_unitary, in_double_precision


@element
class UnitaryMatrix(Component):
    """A unitary matrix over `modes`, which increase but may leave out modes that were added between them."""

    modes: tuple[int, ...]
    unitary: ComplexArray | MatrixOfParameters
    label: str

    def moved(self, mode_map: ModeMap) -> UnitaryMatrix:
        """Return the element with its modes moved."""
        return UnitaryMatrix(tuple(map(mode_map, self.modes)), self.unitary, self.label)

    def frozen(self, value_of: ValueOf = Parameter.get) -> UnitaryMatrix:
        """Return the element with the present matrix, or another, which must be unitary."""
        if not isinstance(self.unitary, MatrixOfParameters):
            return self
        matrix = self.unitary.at(value_of)
        check_unitary(matrix)
        return replace(self, unitary=matrix)

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the matrix."""
        if isinstance(self.unitary, MatrixOfParameters):
            yield from self.unitary.params

    def add_to(self, elements: ElementBinder) -> None:
        """Add the element to a table."""
        elements.block(self.modes, self.unitary)

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`; modes that were added between the matrix' own stay as they are."""
        text = [[str(entry) for entry in row] for row in self.spread().tolist()]
        return ["UnitaryMatrix", {"mode": self.modes[0], "unitary": text, "label": self.label}]

    def spread(self) -> ComplexArray:
        """Return the matrix over its first to its last mode; modes between its own stay as they are."""
        rows = np.array(self.modes) - self.modes[0]
        whole = np.identity(rows[-1] + 1, dtype=np.complex128)
        whole[np.ix_(rows, rows)] = cast("ComplexArray", self.unitary)
        return whole

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts, with those between them."""
        return frozenset(range(self.modes[0], self.modes[-1] + 1))


@element
class Group(Component):
    """Elements that are drawn as one, over the modes from `mode_1` to `mode_2`."""

    components: tuple[Component, ...]
    name: str
    mode_1: int
    mode_2: int
    heralds: HeraldData

    def moved(self, mode_map: ModeMap) -> Group:
        """Return the group with its modes moved."""
        return Group(
            tuple(component.moved(mode_map) for component in self.components),
            self.name,
            mode_map(self.mode_1),
            mode_map(self.mode_2),
            self.heralds.moved(mode_map),
        )

    def frozen(self, value_of: ValueOf = Parameter.get) -> Group:
        """Return the group with each Parameter replaced by its present value, or by another."""
        return replace(self, components=tuple(component.frozen(value_of) for component in self.components))

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the elements."""
        for component in self.components:
            yield from component.parameters()

    def add_to(self, elements: ElementBinder) -> None:  # noqa: ARG002  (the interface has it)
        """Refuse: tables of elements hold no groups.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("Groups must be unpacked before they are applied.")

    def serialize(self) -> Serialized:
        """Refuse: the wire knows no groups.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("Groups must be unpacked before they are serialized.")

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes over which the group is drawn."""
        return frozenset(range(self.mode_1, self.mode_2 + 1))


def as_unitary_matrix(unitary: Any) -> ComplexArray | MatrixOfParameters:
    """Return a unitary matrix as complex128, its own copy and read-only, or a MatrixOfParameters.

    A matrix in single precision is moved to the nearest unitary in double precision (the polar factor of its
    SVD): its rounding would be an error of 1e-7 there, which schedulers refuse.

    Args:
        unitary: Matrix of shape (n, n), complex or real, which is copied; or a MatrixOfParameters, which is
            returned as it is, or that of Lightworks.

    Raises:
        NotUnitaryError: It is not unitary; the message says by how much it misses.
        TypeError: It is not numeric.
        ValueError: It is not square, or empty.
    """
    if not isinstance(unitary, np.ndarray):
        matrix_of_parameters = own_matrix(unitary)
        if matrix_of_parameters is not None:
            return matrix_of_parameters
    refuse_masked(unitary, "The unitary has")
    given = np.asarray(unitary)
    if given.ndim != 2 or 0 in given.shape:
        msg = f"Unitary should be a square matrix, got shape {given.shape}."
        raise ValueError(msg)
    check_unitary(given)
    matrix = in_double_precision(given)
    matrix.flags.writeable = False
    return matrix
