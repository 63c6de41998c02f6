"""Unitaries that depend on Parameters, and the kind that is given by a symbolic matrix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lwfast._base.origin import lightworks_name
from lwfast._types import ComplexArray
from lwfast.circuit.parameters import Parameter, own_parameter


class MatrixOfParameters(ABC):
    """A unitary matrix that is worked out from the values of Parameters whenever a circuit is built."""

    @abstractmethod
    def at(self, value_of: Callable[[Parameter[Any]], Any]) -> ComplexArray:
        """Return the matrix with the values of the parameters that `value_of` gives, complex128[n, n]."""

    @abstractmethod
    def derivative(self, parameter: Parameter[Any]) -> ComplexArray:
        """Return the derivative of the matrix by a Parameter, at the present values, complex128[n, n]."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix."""

    @property
    @abstractmethod
    def params(self) -> list[Parameter[Any]]:
        """The Parameters on which the matrix depends."""

    @abstractmethod
    def symbolic(self) -> tuple[Any, dict[str, Any]]:
        """Return the matrix as SymPy has it, and the Parameter, or number, for each symbol's name."""

    @property
    def unitary(self) -> ComplexArray:
        """The matrix with the present values of the parameters, complex128[n, n]."""
        return self.at(Parameter.get)


class ParameterizedUnitary(MatrixOfParameters):
    """A unitary that is worked out, with the present values of its parameters, when a circuit is built.

    Args:
        unitary: A SymPy matrix, square.
        params: The Parameter, or number, that stands for each symbol, by the symbol's name.

    Raises:
        TypeError: `unitary` is not a SymPy matrix, or `params` is not a mapping.
        ValueError: `unitary` is not square.
    """

    def __init__(self, unitary: Any, params: Mapping[str, Any]) -> None:
        # Told by what is used of it, so that SymPy is not a dependency.
        if not (hasattr(unitary, "evalf") and hasattr(unitary, "shape")):
            msg = f"Supplied unitary must be a sympy matrix, got {type(unitary).__name__}."
            raise TypeError(msg)
        if not isinstance(params, Mapping):
            msg = f"params should map symbol names to parameters, got {type(params).__name__}."  # type: ignore[unreachable]
            raise TypeError(msg)
        if len(unitary.shape) != 2 or unitary.shape[0] != unitary.shape[1]:
            msg = f"Unitary matrix must be square, got shape {unitary.shape}."
            raise ValueError(msg)
        self._unitary = unitary
        self._params = {name: own_parameter(p) or p for name, p in params.items()}

    def at(self, value_of: Callable[[Parameter[Any]], Any]) -> ComplexArray:
        """Return the matrix with the values of the parameters that `value_of` gives, complex128[n, n]."""
        values = {name: value_of(p) if isinstance(p, Parameter) else p for name, p in self._params.items()}
        return np.array(self._unitary.evalf(subs=values), dtype=np.complex128)

    def derivative(self, parameter: Parameter[Any]) -> ComplexArray:
        """Return the derivative of the matrix by a Parameter, at the present values, complex128[n, n]."""
        values = {name: p.get() if isinstance(p, Parameter) else p for name, p in self._params.items()}
        found = np.zeros(self.shape, dtype=np.complex128)
        for name, p in self._params.items():
            for symbol in self._unitary.free_symbols if p is parameter else ():
                if symbol.name == name:
                    found += np.array(self._unitary.diff(symbol).evalf(subs=values), dtype=np.complex128)
        return found

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix."""
        n_rows, n_columns = self._unitary.shape
        return (int(n_rows), int(n_columns))

    @property
    def params(self) -> list[Parameter[Any]]:
        """The Parameters that stand for symbols."""
        return [p for p in self._params.values() if isinstance(p, Parameter)]

    def symbolic(self) -> tuple[Any, dict[str, Any]]:
        """Return the matrix as SymPy has it, and the Parameter, or number, for each symbol's name."""
        return self._unitary, dict(self._params)

    def __str__(self) -> str:
        return str(self._unitary)

    def __repr__(self) -> str:
        return f"lwfast.ParameterizedUnitary(matrix={self._unitary}, params={self._params})"


def own_matrix(unitary: Any) -> MatrixOfParameters | None:
    """Return Lightworks' ParameterizedUnitary as one of ours, its Parameters live; None for anything else."""
    if isinstance(unitary, MatrixOfParameters):
        return unitary
    if not lightworks_name(unitary, ("ParameterizedUnitary",)):
        return None
    return ParameterizedUnitary(unitary._unitary, unitary._params)  # noqa: SLF001  (it shows neither)
