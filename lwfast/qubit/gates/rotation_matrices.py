"""Matrices of the gates that have an angle, and their derivatives by it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from math import cos, sin
from typing import Any

import numpy as np

from lwfast._base.validation import as_real
from lwfast._types import ComplexArray
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import Parameter


def rotation_matrix(gate: str, angle: float) -> ComplexArray:
    """Return the matrix of a gate, complex128[2, 2].

    Args:
        gate: "P", "Rx", "Ry" or "Rz".
        angle: Angle of the rotation in radians.
    """
    if gate == "P":
        return np.array([[1, 0], [0, complex(cos(angle), sin(angle))]], dtype=np.complex128)
    return _rotation(gate, cos(angle / 2), sin(angle / 2))


def rotation_derivative(gate: str, angle: float) -> ComplexArray:
    """Return the derivative of a gate's matrix by its angle, complex128[2, 2]; arguments as above."""
    if gate == "P":
        return np.array([[0, 0], [0, complex(-sin(angle), cos(angle))]], dtype=np.complex128)
    return _rotation(gate, -sin(angle / 2) / 2, cos(angle / 2) / 2)


def _rotation(gate: str, c: float, s: float) -> ComplexArray:
    """Return c - is σ, where σ is the Pauli matrix of the axis."""
    if gate == "Rx":
        return np.array([[c, complex(0, -s)], [complex(0, -s), c]], dtype=np.complex128)
    if gate == "Ry":
        return np.array([[c, -s], [s, c]], dtype=np.complex128)
    return np.array([[complex(c, -s), 0], [0, complex(c, s)]], dtype=np.complex128)


class RotationMatrix(MatrixOfParameters):
    """The matrix of a gate whose angle is a Parameter.

    Args:
        gate: "P", "Rx", "Ry" or "Rz".
        theta: The angle in radians.
    """

    def __init__(self, gate: str, theta: Parameter[float]) -> None:
        self.gate = gate
        self.theta = theta

    def at(self, value_of: Callable[[Parameter[Any]], Any]) -> ComplexArray:
        """Return the matrix with the angle that `value_of` gives, complex128[2, 2].

        Raises:
            TypeError: The angle is not a real number.
            ValueError: The angle is not finite.
        """
        return rotation_matrix(self.gate, self._angle(value_of(self.theta)))

    def derivative(self, parameter: Parameter[Any]) -> ComplexArray:
        """Return the derivative of the matrix by a Parameter, at the present angle, complex128[2, 2]."""
        if parameter is not self.theta:
            return np.zeros((2, 2), dtype=np.complex128)
        return rotation_derivative(self.gate, self._angle(self.theta.get()))

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix."""
        return (2, 2)

    @property
    def params(self) -> list[Parameter[Any]]:
        """The angle."""
        return [self.theta]

    def symbolic(self) -> tuple[Any, dict[str, Any]]:
        """Return the matrix as SymPy has it, and the angle by the name of its symbol."""
        sympy = import_module("sympy")
        angle = sympy.Symbol("theta")
        if self.gate == "P":
            return sympy.Matrix([[1, 0], [0, sympy.exp(sympy.I * angle)]]), {"theta": self.theta}
        axis = {"Rx": [[0, 1], [1, 0]], "Ry": [[0, -sympy.I], [sympy.I, 0]], "Rz": [[1, 0], [0, -1]]}
        turned = sympy.sin(angle / 2) * sympy.I * sympy.Matrix(axis[self.gate])
        return sympy.cos(angle / 2) * sympy.eye(2) - turned, {"theta": self.theta}

    def _angle(self, value: Any) -> float:
        return as_real(value, f"Angle of {self.gate}")

    def __repr__(self) -> str:
        return f"lwfast.RotationMatrix({self.gate!r}, {self.theta!r})"
