"""A circuit with its parameters fixed, as matrices: what backends and payloads are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

from lwfast._types import ComplexArray
from lwfast.circuit.components import Component, HeraldData, Serialized
from lwfast.circuit.matrices.bound_elements import BoundElements, ElementBinder
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.rewriting import unpacked


@dataclass(slots=True, frozen=True)
class Compilation:
    """What of a circuit stays the same while its Parameters change.

    Attributes:
        n_modes: Number of modes, heralded ones counted and loss modes not.
        given: The elements of the circuit that it was made from, which are immutable.
        components: The same without groups.
        bound: The same as a table.
    """

    n_modes: int
    given: tuple[Component, ...]
    components: tuple[Component, ...]
    bound: BoundElements

    @classmethod
    def of(cls, n_modes: int, components: Sequence[Component]) -> Compilation:
        """Make the table of a circuit's elements."""
        given = tuple(components)
        flat = tuple(unpacked(given))
        binder = ElementBinder(n_modes)
        for component in flat:
            component.add_to(binder)
        return cls(n_modes, given, flat, binder.bound())

    def fits(self, n_modes: int, components: Sequence[Component]) -> bool:
        """Say whether a circuit still has the very elements that this was made from, and its modes."""
        given = self.given
        return n_modes == self.n_modes and len(given) == len(components) and all(map(is_, given, components))


class CompiledCircuit:
    """A circuit's matrix and heralds, with the values that Parameters had when it was made.

    Args:
        compilation: The elements of the circuit, and the matrices that they make.
        heralds: Photon number by heralded mode.
        values: The present value of each Parameter, where they were looked up already.

    Raises:
        TypeError: A Parameter has a value of the wrong type.
        ValueError: A Parameter has a value outside its range, or its matrix is not unitary.
    """

    __slots__ = ("_compilation", "_heralds", "_unitary", "_values")

    def __init__(
        self, compilation: Compilation, heralds: HeraldData, values: list[Any] | None = None
    ) -> None:
        self._compilation = compilation
        self._heralds = heralds
        self._values = compilation.bound.present() if values is None else values
        self._unitary = compilation.bound.unitary(self._values)

    @property
    def n_modes(self) -> int:
        """The number of modes, heralded ones counted and loss modes not."""
        return self._compilation.n_modes

    @property
    def loss_modes(self) -> int:
        """The number of loss modes, one for each loss element."""
        return self.total_modes - self.n_modes

    @property
    def total_modes(self) -> int:
        """The number of modes, loss modes counted."""
        return self._compilation.bound.table.n_rows

    @property
    def U_full(self) -> ComplexArray:
        """The unitary over all modes, loss modes last, complex128[total_modes, total_modes]."""
        return self._unitary

    @property
    def transfer_matrix(self) -> ComplexArray:
        """The block of `U_full` without loss modes, complex128[n_modes, n_modes]."""
        return self._unitary[: self.n_modes, : self.n_modes]

    @property
    def taken(self) -> tuple[tuple[Parameter[Any], Any], ...]:
        """The Parameters, each with the value that it had."""
        return tuple(zip(self._compilation.bound.parameters, self._values, strict=True))

    @property
    def heralds(self) -> HeraldData:
        """Photon number by heralded mode, as copies."""
        return self._heralds.copy()

    @property
    def input_modes(self) -> int:
        """The number of modes that an input state has, which are those without a herald."""
        return self.n_modes - len(self._heralds.input)

    @property
    def _circuit_spec(self) -> list[Serialized]:
        """The elements as `[name, parameters]`, as a job with `direct_encoding=True` carries them."""
        value_of = dict(self.taken).__getitem__
        return [component.frozen(value_of).serialize() for component in self._compilation.components]

    def __repr__(self) -> str:
        return f"lwfast.CompiledCircuit(n_modes={self.n_modes}, loss_modes={self.loss_modes})"
