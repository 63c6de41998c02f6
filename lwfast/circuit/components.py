"""The elements of a circuit. Immutable: a change of modes makes new ones, so that circuits can share them."""

from __future__ import annotations

import cmath
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

from lwfast._base.validation import as_fraction, as_real
from lwfast._types import ComplexArray
from lwfast.circuit.parameters import Parameter

ModeMap = Callable[[int], int]
"""Takes a mode to its new place; keeps the order of modes."""
Serialized = list[Any]
"""`[name, parameters]`, as a job carries it."""
Real = float | Parameter[Any]

CONVENTIONS = ("Rx", "H")


@dataclass(slots=True, frozen=True)
class HeraldData:
    """Photon number by heralded mode, at the inputs and at the outputs."""

    input: dict[int, int] = field(default_factory=dict)
    output: dict[int, int] = field(default_factory=dict)

    def copy(self) -> HeraldData:
        """Return a copy that shares nothing."""
        return HeraldData(dict(self.input), dict(self.output))

    def moved(self, mode_map: ModeMap) -> HeraldData:
        """Return the heralds with their modes moved."""
        return HeraldData(
            {mode_map(mode): n for mode, n in self.input.items()},
            {mode_map(mode): n for mode, n in self.output.items()},
        )


@dataclass(slots=True, frozen=True)
class Component(ABC):
    """Base of all elements."""

    @abstractmethod
    def moved(self, mode_map: ModeMap) -> Component:
        """Return the element with its modes moved."""

    @abstractmethod
    def apply(self, matrix: ComplexArray) -> None:
        """Multiply `matrix`, in place, from the left with the element's; Parameters must be frozen."""

    @abstractmethod
    def serialize(self) -> Serialized:
        """Return `[name, parameters]`; Parameters must be frozen."""

    @property
    @abstractmethod
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""

    def frozen(self) -> Component:
        """Return the element with each Parameter replaced by its present value."""
        return self

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the element."""
        return iter(())


@dataclass(slots=True, frozen=True)
class BeamSplitter(Component):
    """A beam splitter between two modes."""

    mode_1: int
    mode_2: int
    reflectivity: Real
    convention: str

    def __post_init__(self) -> None:
        if not isinstance(self.reflectivity, Parameter):
            checked = as_fraction(self.reflectivity, "Reflectivity of a beam splitter")
            if checked is not self.reflectivity:
                object.__setattr__(self, "reflectivity", checked)
        if self.convention not in CONVENTIONS:
            msg = f"Beam splitter convention should be one of {CONVENTIONS}, got {self.convention!r}."
            raise ValueError(msg)

    def frozen(self) -> BeamSplitter:
        """Return the element with the present reflectivity."""
        if not isinstance(self.reflectivity, Parameter):
            return self
        return replace(self, reflectivity=self.reflectivity.get())

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the element."""
        if isinstance(self.reflectivity, Parameter):
            yield self.reflectivity

    def moved(self, mode_map: ModeMap) -> BeamSplitter:
        """Return the element with its modes moved."""
        return replace(self, mode_1=mode_map(self.mode_1), mode_2=mode_map(self.mode_2))

    def apply(self, matrix: ComplexArray) -> None:
        """Multiply `matrix`, in place, from the left."""
        reflectivity = _number(self.reflectivity)
        kept, crossed = math.sqrt(reflectivity), math.sqrt(1 - reflectivity)
        first, second = matrix[self.mode_1].copy(), matrix[self.mode_2].copy()
        if self.convention == "Rx":
            matrix[self.mode_1] = kept * first + 1j * crossed * second
            matrix[self.mode_2] = 1j * crossed * first + kept * second
        else:
            matrix[self.mode_1] = kept * first + crossed * second
            matrix[self.mode_2] = crossed * first - kept * second

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`."""
        names = ("mode_1", "mode_2", "reflectivity", "convention")
        return ["BeamSplitter", {name: getattr(self, name) for name in names}]

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""
        return frozenset((self.mode_1, self.mode_2))


@dataclass(slots=True, frozen=True)
class PhaseShifter(Component):
    """A phase shift on one mode."""

    mode: int
    phi: Real

    def __post_init__(self) -> None:
        if not isinstance(self.phi, Parameter):
            checked = as_real(self.phi, "Phase")
            if checked is not self.phi:
                object.__setattr__(self, "phi", checked)

    def frozen(self) -> PhaseShifter:
        """Return the element with the present phase."""
        return replace(self, phi=self.phi.get()) if isinstance(self.phi, Parameter) else self

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the element."""
        if isinstance(self.phi, Parameter):
            yield self.phi

    def moved(self, mode_map: ModeMap) -> PhaseShifter:
        """Return the element with its mode moved."""
        return replace(self, mode=mode_map(self.mode))

    def apply(self, matrix: ComplexArray) -> None:
        """Multiply `matrix`, in place, from the left."""
        matrix[self.mode] *= cmath.exp(1j * _number(self.phi))

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`."""
        return ["PhaseShifter", {"mode": self.mode, "phi": self.phi}]

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""
        return frozenset((self.mode,))


@dataclass(slots=True, frozen=True)
class Loss(Component):
    """Loss on one mode, to a loss mode of its own: `loss_mode` is the row of the matrix used for it."""

    mode: int
    loss: Real
    loss_mode: int = -1

    def __post_init__(self) -> None:
        # A Parameter is checked now as well, with its present value, and again when the circuit is built.
        value = self.loss.get() if isinstance(self.loss, Parameter) else self.loss
        checked = as_fraction(value, "Loss")
        if not isinstance(self.loss, Parameter) and checked is not self.loss:
            object.__setattr__(self, "loss", checked)

    def frozen(self) -> Loss:
        """Return the element with the present loss."""
        return replace(self, loss=self.loss.get()) if isinstance(self.loss, Parameter) else self

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the element."""
        if isinstance(self.loss, Parameter):
            yield self.loss

    def moved(self, mode_map: ModeMap) -> Loss:
        """Return the element with its mode moved."""
        return replace(self, mode=mode_map(self.mode))

    def apply(self, matrix: ComplexArray) -> None:
        """Multiply `matrix`, in place, from the left; the loss mode's row is still that of the identity."""
        loss = _number(self.loss)
        passed, lost = math.sqrt(1 - loss), math.sqrt(loss)
        matrix[self.loss_mode] = lost * matrix[self.mode]
        matrix[self.loss_mode, self.loss_mode] = passed
        matrix[self.mode] *= passed
        matrix[self.mode, self.loss_mode] = -lost  # the sign makes it unitary

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`."""
        return ["Loss", {"mode": self.mode, "loss": self.loss}]

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""
        return frozenset((self.mode,))


@dataclass(slots=True, frozen=True)
class Barrier(Component):
    """A mark across modes that does nothing."""

    modes: tuple[int, ...]

    def moved(self, mode_map: ModeMap) -> Barrier:
        """Return the element with its modes moved."""
        return Barrier(tuple(map(mode_map, self.modes)))

    def apply(self, matrix: ComplexArray) -> None:
        """Leave `matrix` as it is."""

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`."""
        return ["Barrier", {"modes": list(self.modes)}]

    @property
    def modes_used(self) -> frozenset[int]:
        """No mode: nothing is kept from passing a barrier."""
        return frozenset()


@dataclass(slots=True, frozen=True)
class ModeSwaps(Component):
    """A permutation of modes: each key goes to its value."""

    swaps: dict[int, int]

    def __post_init__(self) -> None:
        if sorted(self.swaps) != sorted(self.swaps.values()):
            msg = (
                f"Mode swaps not complete, got {self.swaps}: every mode that is swapped to must also be "
                "swapped from, so keys and values should be the same modes."
            )
            raise ValueError(msg)

    def moved(self, mode_map: ModeMap) -> ModeSwaps:
        """Return the element with its modes moved."""
        return ModeSwaps({mode_map(start): mode_map(end) for start, end in self.swaps.items()})

    def apply(self, matrix: ComplexArray) -> None:
        """Multiply `matrix`, in place, from the left."""
        matrix[list(self.swaps.values())] = matrix[list(self.swaps)]

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`; JSON has text keys only, so the modes swapped from are text."""
        return ["ModeSwaps", {"swaps": {str(start): end for start, end in self.swaps.items()}}]

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""
        return frozenset(self.swaps)


def _number(value: Real) -> float:
    """Return the value of an element whose Parameters are frozen."""
    return float(cast("float", value))
