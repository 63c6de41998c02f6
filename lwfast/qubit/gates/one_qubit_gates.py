"""Gates on one dual-rail qubit: two modes, with the matrix of the gate over them."""

from __future__ import annotations

from functools import cache
from math import pi
from typing import Any, ClassVar

import numpy as np

from lwfast._base.validation import as_real
from lwfast._types import ComplexArray
from lwfast.circuit.blocks import UnitaryMatrix, as_unitary_matrix
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.parameters import Parameter, value_or_parameter
from lwfast.circuit.unitary_component import Unitary
from lwfast.qubit.gates.rotation_matrices import RotationMatrix, rotation_matrix

MATRICES: dict[str, Any] = {
    "I": np.eye(2),
    "H": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
    "S": np.diag([1, 1j]),
    "S_adj": np.diag([1, -1j]),
    "T": np.diag([1, np.exp(1j * pi / 4)]),
    "T_adj": np.diag([1, np.exp(-1j * pi / 4)]),
    "SX": np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2,
}
"""The matrix of each gate without an angle, by what is written on it in drawings."""


def fixed_element(label: str, mode: int = 0) -> UnitaryMatrix:
    """Return the element that a gate without an angle consists of, its first mode on `mode`."""
    return UnitaryMatrix((mode, mode + 1), as_unitary_matrix(MATRICES[label]), label)


@cache
def _layout_of(label: str) -> Layout:
    layout = Layout(2, [fixed_element(label)])
    layout.compilation()  # once, for all that are copied from this one
    return layout


class _FixedGate(Unitary):
    """A gate that has no angle; all circuits of one kind share its element and the table made of that."""

    _label: ClassVar[str]

    def __init__(self) -> None:
        self._layout = _layout_of(self._label).copy()


class I(_FixedGate):  # noqa: E742  (the gate's name)
    """The identity on a qubit: nothing happens, and drawings show it.

    Example:
        >>> lw.qubit.I().U.round(3) + 0.0
        array([[1.+0.j, 0.+0.j],
               [0.+0.j, 1.+0.j]])
    """

    _label = "I"


class H(_FixedGate):
    """The Hadamard gate, [[1, 1], [1, -1]] / √2.

    Example:
        >>> lw.qubit.H().U.round(3) + 0.0
        array([[ 0.707+0.j,  0.707+0.j],
               [ 0.707+0.j, -0.707+0.j]])
    """

    _label = "H"


class X(_FixedGate):
    """The Pauli gate X, which swaps 0 and 1: [[0, 1], [1, 0]].

    Example:
        >>> lw.qubit.X().U.round(3) + 0.0
        array([[0.+0.j, 1.+0.j],
               [1.+0.j, 0.+0.j]])
    """

    _label = "X"


class Y(_FixedGate):
    """The Pauli gate Y, [[0, -i], [i, 0]].

    Example:
        >>> lw.qubit.Y().U.round(3) + 0.0
        array([[0.+0.j, 0.-1.j],
               [0.+1.j, 0.+0.j]])
    """

    _label = "Y"


class Z(_FixedGate):
    """The Pauli gate Z, which changes the sign of 1: [[1, 0], [0, -1]].

    Example:
        >>> lw.qubit.Z().U.round(3) + 0.0
        array([[ 1.+0.j,  0.+0.j],
               [ 0.+0.j, -1.+0.j]])
    """

    _label = "Z"


class S(_FixedGate):
    """The gate S, a quarter turn about z: [[1, 0], [0, i]].

    Example:
        >>> lw.qubit.S().U.round(3) + 0.0
        array([[1.+0.j, 0.+0.j],
               [0.+0.j, 0.+1.j]])
    """

    _label = "S"


class Sadj(_FixedGate):
    """The adjoint of S, [[1, 0], [0, -i]].

    Example:
        >>> lw.qubit.Sadj().U.round(3) + 0.0
        array([[1.+0.j, 0.+0.j],
               [0.+0.j, 0.-1.j]])
    """

    _label = "S_adj"


class T(_FixedGate):
    """The gate T, an eighth of a turn about z: [[1, 0], [0, exp(iπ/4)]].

    Example:
        >>> lw.qubit.T().U.round(3) + 0.0
        array([[1.   +0.j   , 0.   +0.j   ],
               [0.   +0.j   , 0.707+0.707j]])
    """

    _label = "T"


class Tadj(_FixedGate):
    """The adjoint of T, [[1, 0], [0, exp(-iπ/4)]].

    Example:
        >>> lw.qubit.Tadj().U.round(3) + 0.0
        array([[1.   +0.j   , 0.   +0.j   ],
               [0.   +0.j   , 0.707-0.707j]])
    """

    _label = "T_adj"


class SX(_FixedGate):
    """The square root of X, [[1 + i, 1 - i], [1 - i, 1 + i]] / 2.

    Example:
        >>> lw.qubit.SX().U.round(3) + 0.0
        array([[0.5+0.5j, 0.5-0.5j],
               [0.5-0.5j, 0.5+0.5j]])
    """

    _label = "SX"


class _AngleGate(Unitary):
    """A gate with an angle, a number or a Parameter."""

    _name: ClassVar[str]

    def __init__(self, theta: float | Parameter[float]) -> None:
        def check(value: Any) -> float:
            return as_real(value, f"Angle of {self._name}")

        matrix: ComplexArray | RotationMatrix
        angle = theta if isinstance(theta, Parameter) else value_or_parameter(theta, check)
        if isinstance(angle, Parameter):
            matrix = RotationMatrix(self._name, angle)
            shown = "θ" if angle.label is None else angle.label
        else:
            matrix = rotation_matrix(self._name, angle)
            matrix.flags.writeable = False
            shown = str(round(angle, 3))
        self._layout = Layout(2, [UnitaryMatrix((0, 1), matrix, f"{self._name}({shown})")])


class P(_AngleGate):
    """The phase gate, [[1, 0], [0, exp(iθ)]].

    Args:
        theta: The phase θ in radians, or a Parameter, whose value is looked up when a circuit is built.

    Raises:
        TypeError: `theta` is not a real number or a Parameter.
        ValueError: `theta` is not finite.

    Example:
        >>> lw.qubit.P(np.pi / 2).U.round(3) + 0.0
        array([[1.+0.j, 0.+0.j],
               [0.+0.j, 0.+1.j]])
    """

    _name = "P"


class Rx(_AngleGate):
    """A rotation about x, exp(-iθX/2) = [[cos(θ/2), -i sin(θ/2)], [-i sin(θ/2), cos(θ/2)]].

    Args:
        theta: The angle θ in radians, or a Parameter, whose value is looked up when a circuit is built.

    Raises:
        TypeError: `theta` is not a real number or a Parameter.
        ValueError: `theta` is not finite.

    Example:
        >>> lw.qubit.Rx(np.pi / 2).U.round(3) + 0.0
        array([[0.707+0.j   , 0.   -0.707j],
               [0.   -0.707j, 0.707+0.j   ]])
    """

    _name = "Rx"


class Ry(_AngleGate):
    """A rotation about y, exp(-iθY/2) = [[cos(θ/2), -sin(θ/2)], [sin(θ/2), cos(θ/2)]].

    Args:
        theta: The angle θ in radians, or a Parameter, whose value is looked up when a circuit is built.

    Raises:
        TypeError: `theta` is not a real number or a Parameter.
        ValueError: `theta` is not finite.

    Example:
        >>> lw.qubit.Ry(np.pi / 2).U.round(3) + 0.0
        array([[ 0.707+0.j, -0.707+0.j],
               [ 0.707+0.j,  0.707+0.j]])
    """

    _name = "Ry"


class Rz(_AngleGate):
    """A rotation about z, exp(-iθZ/2) = [[exp(-iθ/2), 0], [0, exp(iθ/2)]].

    Args:
        theta: The angle θ in radians, or a Parameter, whose value is looked up when a circuit is built.

    Raises:
        TypeError: `theta` is not a real number or a Parameter.
        ValueError: `theta` is not finite.

    Example:
        >>> lw.qubit.Rz(np.pi / 2).U.round(3) + 0.0
        array([[0.707-0.707j, 0.   +0.j   ],
               [0.   +0.j   , 0.707+0.707j]])
    """

    _name = "Rz"
