"""Lightworks' circuits as circuits of ours, for as long as they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lwfast._base.origin import lightworks_name
from lwfast.circuit.foreign.read_layouts import Reading, read
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.photonic_circuit import PhotonicCircuit


class FollowedCircuit(PhotonicCircuit):
    """A circuit of Lightworks as one of ours: it has the elements that the other one has at the time.

    What changes it (`bs`, `add` and so on) changes the circuit of Lightworks, by the method of that name.

    Args:
        theirs: The circuit of Lightworks.
    """

    def __init__(self, theirs: Any) -> None:
        self._theirs = theirs
        self._reading: Reading | None = None

    @property
    def _layout(self) -> Layout:  # type: ignore[override]
        reading = self._reading
        if reading is None or not reading.still_fits(self._theirs):
            reading = self._reading = read(self._theirs)
        return reading.layout

    def to_lightworks(self) -> Any:
        """Return the circuit of Lightworks."""
        return self._theirs

    def __reduce__(self) -> tuple[Any, ...]:
        return (FollowedCircuit, (self._theirs,))


def _handed_on(name: str) -> Callable[..., None]:
    def method(self: FollowedCircuit, *args: Any, **kwargs: Any) -> None:
        change = getattr(self._theirs, name)
        change(*map(_written, args), **{key: _written(value) for key, value in kwargs.items()})

    method.__name__, method.__doc__ = name, getattr(PhotonicCircuit, name).__doc__
    return method


def _written(value: Any) -> Any:
    return value.to_lightworks() if isinstance(value, Parameter | PhotonicCircuit) else value


_CHANGES = "add barrier bs compress_mode_swaps herald loss mode_swaps ps remove_non_adjacent_bs unpack_groups"
for _name in _CHANGES.split():
    setattr(FollowedCircuit, _name, _handed_on(_name))


def own_circuit(circuit: Any) -> PhotonicCircuit | None:
    """Return a circuit of lwfast or of Lightworks as one of ours; None for anything else."""
    if isinstance(circuit, PhotonicCircuit):
        return circuit
    return FollowedCircuit(circuit) if lightworks_name(circuit, ("PhotonicCircuit",)) else None
