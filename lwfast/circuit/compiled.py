"""A circuit with its parameters fixed, as matrices: what backends and payloads are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lwfast._types import ComplexArray
from lwfast.circuit.blocks import UnitaryMatrix
from lwfast.circuit.components import Component, HeraldData, Loss, Serialized


class CompiledCircuit:
    """A circuit's matrix and heralds.

    Args:
        n_modes: Number of modes, heralded ones counted and loss modes not.
        components: The elements in order, without groups; Parameters are replaced by their present values.
        heralds: Photon number by heralded mode.

    Raises:
        TypeError: A Parameter has a value of the wrong type.
        ValueError: A Parameter has a value outside its range, or its matrix is not unitary.
    """

    __slots__ = ("_components", "_heralds", "_loss_modes", "_n_modes", "_unitary")

    def __init__(self, n_modes: int, components: Sequence[Component], heralds: HeraldData) -> None:
        self._n_modes = n_modes
        self._heralds = heralds
        frozen: list[Component] = []
        total = n_modes
        for component in components:
            fixed = component.frozen()
            if isinstance(fixed, Loss):
                fixed = replace(fixed, loss_mode=total)
                total += 1
            frozen.append(fixed)
        self._components = tuple(frozen)
        self._loss_modes = total - n_modes
        self._unitary = _product(self._components, total)

    @property
    def n_modes(self) -> int:
        """The number of modes, heralded ones counted and loss modes not."""
        return self._n_modes

    @property
    def loss_modes(self) -> int:
        """The number of loss modes: one for each loss element."""
        return self._loss_modes

    @property
    def total_modes(self) -> int:
        """The number of modes, loss modes counted."""
        return self._n_modes + self._loss_modes

    @property
    def U_full(self) -> ComplexArray:
        """The unitary over all modes, loss modes last: complex128[total_modes, total_modes]."""
        return self._unitary

    @property
    def transfer_matrix(self) -> ComplexArray:
        """The block of `U_full` without loss modes: complex128[n_modes, n_modes]."""
        return self._unitary[: self._n_modes, : self._n_modes]

    @property
    def heralds(self) -> HeraldData:
        """Photon number by heralded mode, as copies."""
        return self._heralds.copy()

    @property
    def input_modes(self) -> int:
        """The number of modes that an input state has: those without a herald."""
        return self._n_modes - len(self._heralds.input)

    @property
    def _circuit_spec(self) -> list[Serialized]:
        """The elements as `[name, parameters]`, as a job with `direct_encoding=True` carries them."""
        return [component.serialize() for component in self._components]

    def __repr__(self) -> str:
        return f"lwfast.CompiledCircuit(n_modes={self._n_modes}, loss_modes={self._loss_modes})"


def _product(components: tuple[Component, ...], total: int) -> ComplexArray:
    """Multiply the elements up, each on the rows that it touches only."""
    if len(components) == 1 and isinstance(components[0], UnitaryMatrix):
        only = components[0]
        if only.modes == tuple(range(total)):
            return np.array(only.unitary)  # its bits, signs of zeros too
    matrix = np.identity(total, dtype=np.complex128)
    for component in components:
        component.apply(matrix)
    return matrix
