"""The elements of a circuit. Immutable: a change of modes makes new ones, so that circuits can share them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeVar, dataclass_transform

from lwfast._base.validation import as_fraction, as_real
from lwfast.circuit.matrices.bound_elements import ElementBinder
from lwfast.circuit.parameters import Parameter, value_or_parameter
from lwfast.optics.elements import CONVENTIONS

ModeMap = Callable[[int], int]
"""Takes a mode to its new place; keeps the order of modes."""
Serialized = list[Any]
"""`[name, parameters]`, as a job carries it."""
Real = float | Parameter[Any]
ValueOf = Callable[[Parameter[Any]], Any]
"""Gives the value that is put in the place of a Parameter."""


@dataclass(slots=True, frozen=True)
class HeraldData:
    """Photon number by heralded mode, at the inputs and at the outputs.

    Circuits share it among them: what is changed is a copy, or a new one.
    """

    input: dict[int, int] = field(default_factory=dict)
    output: dict[int, int] = field(default_factory=dict)

    def copy(self) -> HeraldData:
        """Return a copy that shares nothing."""
        return HeraldData(self.input.copy(), self.output.copy())

    def joined(self, other: HeraldData) -> HeraldData:
        """Return these heralds and others, which stand where both name a mode."""
        return HeraldData({**self.input, **other.input}, {**self.output, **other.output})

    def moved(self, mode_map: ModeMap) -> HeraldData:
        """Return the heralds with their modes moved."""
        return HeraldData(
            {mode_map(mode): n for mode, n in self.input.items()},
            {mode_map(mode): n for mode, n in self.output.items()},
        )


NO_HERALDS = HeraldData()
"""Those of a circuit without any."""


class Component(ABC):
    """Base of all elements."""

    __slots__ = ()

    @abstractmethod
    def moved(self, mode_map: ModeMap) -> Component:
        """Return the element with its modes moved."""

    @abstractmethod
    def add_to(self, elements: ElementBinder) -> None:
        """Add the element to a table."""

    @abstractmethod
    def serialize(self) -> Serialized:
        """Return `[name, parameters]`; Parameters must be frozen."""

    @property
    @abstractmethod
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""

    def frozen(self, value_of: ValueOf = Parameter.get) -> Component:  # noqa: ARG002  (most have a Parameter)
        """Return the element with each Parameter replaced by its present value, or by another."""
        return self

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the element."""
        return iter(())


E = TypeVar("E", bound=Component)


@dataclass_transform(frozen_default=True)
def element(cls: type[E]) -> type[E]:
    """Make a class of elements: a dataclass with slots, which type checkers take for frozen.

    While a program runs nothing stops an assignment: `frozen=True` sets each field by a call, and making an
    element takes four times as long.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@element
class BeamSplitter(Component):
    """A beam splitter between two modes."""

    mode_1: int
    mode_2: int
    reflectivity: Real
    convention: str

    def __post_init__(self) -> None:
        value = self.reflectivity
        # Of nearly every element: the three calls below are a fifth of the time of making one.
        plain = type(value) is float and 0 <= value <= 1
        if not plain and not isinstance(value, Parameter):
            checked = value_or_parameter(value, _reflectivity)
            if checked is not value:
                object.__setattr__(self, "reflectivity", checked)
        if self.convention not in CONVENTIONS:
            msg = f"Beam splitter convention should be one of {CONVENTIONS}, got {self.convention!r}."
            raise ValueError(msg)

    def frozen(self, value_of: ValueOf = Parameter.get) -> BeamSplitter:
        """Return the element with the present reflectivity, or another."""
        if not isinstance(self.reflectivity, Parameter):
            return self
        return BeamSplitter(self.mode_1, self.mode_2, value_of(self.reflectivity), self.convention)

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the element."""
        if isinstance(self.reflectivity, Parameter):
            yield self.reflectivity

    def moved(self, mode_map: ModeMap) -> BeamSplitter:
        """Return the element with its modes moved."""
        return BeamSplitter(mode_map(self.mode_1), mode_map(self.mode_2), self.reflectivity, self.convention)

    def add_to(self, elements: ElementBinder) -> None:
        """Add the element to a table."""
        value, column = elements.value(self.reflectivity, _reflectivity)
        elements.write.beam_splitter(self.mode_1, self.mode_2, value, self.convention, column)

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`."""
        names = ("mode_1", "mode_2", "reflectivity", "convention")
        return ["BeamSplitter", {name: getattr(self, name) for name in names}]

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""
        return frozenset((self.mode_1, self.mode_2))


@element
class PhaseShifter(Component):
    """A phase shift on one mode."""

    mode: int
    phi: Real

    def __post_init__(self) -> None:
        value = self.phi
        plain = type(value) is float and -inf < value < inf  # as in a beam splitter
        if not plain and not isinstance(value, Parameter):
            checked = value_or_parameter(value, _phase)
            if checked is not value:
                object.__setattr__(self, "phi", checked)

    def frozen(self, value_of: ValueOf = Parameter.get) -> PhaseShifter:
        """Return the element with the present phase, or another."""
        return PhaseShifter(self.mode, value_of(self.phi)) if isinstance(self.phi, Parameter) else self

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the element."""
        if isinstance(self.phi, Parameter):
            yield self.phi

    def moved(self, mode_map: ModeMap) -> PhaseShifter:
        """Return the element with its mode moved."""
        return PhaseShifter(mode_map(self.mode), self.phi)

    def add_to(self, elements: ElementBinder) -> None:
        """Add the element to a table."""
        elements.write.phase_shift(self.mode, *elements.value(self.phi, _phase))

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`."""
        return ["PhaseShifter", {"mode": self.mode, "phi": self.phi}]

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""
        return frozenset((self.mode,))


@element
class Loss(Component):
    """Loss on one mode, to a loss mode of its own."""

    mode: int
    loss: Real

    def __post_init__(self) -> None:
        given = self.loss
        checked = given if isinstance(given, Parameter) else value_or_parameter(given, _loss)
        if isinstance(checked, Parameter):
            _loss(checked.get())  # now as well, and again when the circuit is built
        if checked is not given:
            object.__setattr__(self, "loss", checked)

    def frozen(self, value_of: ValueOf = Parameter.get) -> Loss:
        """Return the element with the present loss, or another."""
        return Loss(self.mode, value_of(self.loss)) if isinstance(self.loss, Parameter) else self

    def parameters(self) -> Iterator[Parameter[Any]]:
        """Yield the Parameters of the element."""
        if isinstance(self.loss, Parameter):
            yield self.loss

    def moved(self, mode_map: ModeMap) -> Loss:
        """Return the element with its mode moved."""
        return Loss(mode_map(self.mode), self.loss)

    def add_to(self, elements: ElementBinder) -> None:
        """Add the element to a table."""
        elements.write.loss(self.mode, *elements.value(self.loss, _loss))

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`."""
        return ["Loss", {"mode": self.mode, "loss": self.loss}]

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""
        return frozenset((self.mode,))


@element
class Barrier(Component):
    """A mark across modes that does nothing."""

    modes: tuple[int, ...]

    def moved(self, mode_map: ModeMap) -> Barrier:
        """Return the element with its modes moved."""
        return Barrier(tuple(map(mode_map, self.modes)))

    def add_to(self, elements: ElementBinder) -> None:
        """Leave the table as it is."""

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`."""
        return ["Barrier", {"modes": list(self.modes)}]

    @property
    def modes_used(self) -> frozenset[int]:
        """No mode, because a barrier stops nothing."""
        return frozenset()


@element
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

    def add_to(self, elements: ElementBinder) -> None:
        """Add the element to a table."""
        elements.write.mode_swaps(self.swaps)

    def serialize(self) -> Serialized:
        """Return `[name, parameters]`; JSON has text keys only, so the modes swapped from are text."""
        return ["ModeSwaps", {"swaps": {str(start): end for start, end in self.swaps.items()}}]

    @property
    def modes_used(self) -> frozenset[int]:
        """The modes on which the element acts."""
        return frozenset(self.swaps)


def _reflectivity(value: Any) -> float:
    return as_fraction(value, "Reflectivity of a beam splitter")


def _phase(value: Any) -> float:
    return as_real(value, "Phase")


def _loss(value: Any) -> float:
    return as_fraction(value, "Loss")
