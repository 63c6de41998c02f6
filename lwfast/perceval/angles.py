"""Angles that are numbers, Parameters or formulas of Parameters, and the matrices that they make."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from importlib import import_module
from math import cos, sin
from typing import Any

import numpy as np

from lwfast._base.validation import as_real
from lwfast._types import ComplexArray
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import Parameter


class Formula:
    """A real number that depends on Parameters, such as `2*a + b`.

    Args:
        expression: A SymPy expression of an angle.
        values: The Parameter, or number, that stands for each symbol, by the symbol's name.
    """

    def __init__(self, expression: Any, values: Mapping[str, Parameter[Any] | float]) -> None:
        self.expression = expression
        self.values = dict(values)

    def at(self, value_of: Callable[[Parameter[Any]], Any]) -> float:
        """Return the number for the values of the Parameters that `value_of` gives.

        Raises:
            TypeError: A value, or the outcome, is not a real number.
            ValueError: A value is not finite.
        """
        return self._evaluated(self.expression, value_of)

    def derivative(self, parameter: Parameter[Any]) -> float:
        """Return the derivative by a Parameter, at the present values."""
        total = 0.0
        for symbol in self.expression.free_symbols:
            if self.values[symbol.name] is parameter:
                total += self._evaluated(self.expression.diff(symbol), Parameter.get)
        return total

    @property
    def params(self) -> list[Parameter[Any]]:
        """The Parameters on which the number depends, each once."""
        found = [value for value in self.values.values() if isinstance(value, Parameter)]
        return list({id(value): value for value in found}.values())

    def _evaluated(self, expression: Any, value_of: Callable[[Parameter[Any]], Any]) -> float:
        numbers = {}
        for symbol in expression.free_symbols:
            value = self.values[symbol.name]
            number = value_of(value) if isinstance(value, Parameter) else value
            numbers[symbol] = as_real(number, f"Parameter {symbol.name!r}")
        return float(expression.evalf(subs=numbers))

    def __repr__(self) -> str:
        return f"lwfast.Formula({self.expression})"


Live = Parameter[Any] | Formula
"""An angle that can change."""
Angle = float | Live


def splitter_matrix(convention: str, c: float, s: float) -> ComplexArray:
    """Return the matrix of a beam splitter of Perceval without its phases, complex128[2, 2].

    Args:
        convention: "Rx", "Ry" or "H".
        c: The cosine of theta/2.
        s: The sine of theta/2.
    """
    return np.array(_splitter_rows(convention, c, s, 1j), dtype=np.complex128)


def _splitter_rows(convention: str, c: Any, s: Any, i: Any) -> list[list[Any]]:
    """Return the entries of that matrix, of numbers or of symbols with their own imaginary unit."""
    if convention == "Rx":
        return [[c, i * s], [i * s, c]]
    return [[c, -s], [s, c]] if convention == "Ry" else [[c, s], [s, -c]]


class MatrixOfAngle(MatrixOfParameters):
    """A matrix that depends on one angle.

    Args:
        angle: A Parameter or Formula, in radians.
    """

    def __init__(self, angle: Live) -> None:
        self.angle = angle

    def at(self, value_of: Callable[[Parameter[Any]], Any]) -> ComplexArray:
        """Return the matrix with the values of the parameters that `value_of` gives, complex128[n, n].

        Raises:
            TypeError: A value is not a real number.
            ValueError: A value is not finite.
        """
        angle = self.angle
        return self._matrix(angle.at(value_of) if isinstance(angle, Formula) else value_of(angle))

    def derivative(self, parameter: Parameter[Any]) -> ComplexArray:
        """Return the derivative of the matrix by a Parameter, at the present values, complex128[n, n]."""
        angle = self.angle
        if isinstance(angle, Formula):
            return angle.derivative(parameter) * self._slope(angle.at(Parameter.get))
        return self._slope(angle.get()) * float(parameter is angle)

    @property
    def params(self) -> list[Parameter[Any]]:
        """The Parameters on which the angle depends."""
        return self.angle.params if isinstance(self.angle, Formula) else [self.angle]

    def symbolic(self) -> tuple[Any, dict[str, Any]]:
        """Return the matrix as SymPy has it, and the Parameter, or number, for each symbol's name."""
        sympy, angle = import_module("sympy"), self.angle
        if isinstance(angle, Formula):
            return self._of_symbols(sympy, angle.expression), dict(angle.values)
        return self._of_symbols(sympy, sympy.Symbol("angle")), {"angle": angle}

    @abstractmethod
    def _matrix(self, angle: Any) -> ComplexArray:
        """Return the matrix for an angle."""

    @abstractmethod
    def _of_symbols(self, sympy: Any, angle: Any) -> Any:
        """Return the matrix for an angle that is an expression of SymPy."""

    @abstractmethod
    def _slope(self, angle: Any) -> ComplexArray:
        """Return the derivative of the matrix by its angle."""


class SplitterMatrix(MatrixOfAngle):
    """A beam splitter of Perceval, without its phases, whose theta can change.

    Args:
        theta: The angle in radians; the reflectivity is cos(theta/2) squared.
        convention: "Rx", "Ry" or "H".
    """

    def __init__(self, theta: Live, convention: str) -> None:
        super().__init__(theta)
        self.convention = convention

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix."""
        return (2, 2)

    def _matrix(self, angle: Any) -> ComplexArray:
        half = as_real(angle, "Angle of a beam splitter") / 2
        return splitter_matrix(self.convention, cos(half), sin(half))

    def _of_symbols(self, sympy: Any, angle: Any) -> Any:
        c, s = sympy.cos(angle / 2), sympy.sin(angle / 2)
        return sympy.Matrix(_splitter_rows(self.convention, c, s, sympy.I))

    def _slope(self, angle: Any) -> ComplexArray:
        half = as_real(angle, "Angle of a beam splitter") / 2
        return splitter_matrix(self.convention, -sin(half) / 2, cos(half) / 2)


class PhaseMatrix(MatrixOfAngle):
    """A phase shift on one mode by a formula of Parameters.

    Args:
        phi: The phase in radians.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix."""
        return (1, 1)

    def _matrix(self, angle: Any) -> ComplexArray:
        return np.array([[complex(cos(angle), sin(angle))]], dtype=np.complex128)

    def _of_symbols(self, sympy: Any, angle: Any) -> Any:
        return sympy.Matrix([[sympy.exp(sympy.I * angle)]])

    def _slope(self, angle: Any) -> ComplexArray:
        return np.array([[complex(-sin(angle), cos(angle))]], dtype=np.complex128)
