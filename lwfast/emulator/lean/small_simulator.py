"""Simulators of few photons."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast._types import ComplexArray
from lwfast.emulator.heralding import with_heralds
from lwfast.emulator.lean.known import ALLOWED_BYTES, Heralds, KnownCircuit, known_circuit
from lwfast.emulator.plans import PERMANENT
from lwfast.emulator.run_simulator import simulator_result, state_table, with_herald_columns
from lwfast.optics.distributions.amplitudes import amplitudes_to
from lwfast.optics.distributions.small_layers import SmallLayers, small_layers
from lwfast.optics.permanents.methods import STACK_TO
from lwfast.results import SimulationResult
from lwfast.state import State, as_occupation
from lwfast.tasks import Simulator

_MOST_VALUES = 4096
"""Amplitudes of all inputs together; above, the long way is as quick, and shows progress."""
_KEPT = 128
"""Inputs that are kept, the last ones used."""


def run_small_simulator(task: Simulator, backend: str) -> SimulationResult | None:
    """Run a task if it is small and ordinary.

    Args:
        task: The task.
        backend: Name of the backend.

    Returns:
        The very result of the long way; None where the long way has to be taken. What is wrong with a task is
        for the long way to find.
    """
    known = known_circuit(task.circuit)
    if known is None:
        return None
    inputs, outputs = task.inputs, task.outputs
    occupations = _occupations(inputs, known.n_modes - len(known.inputs), None)
    if occupations is None or memory_limit() < ALLOWED_BYTES:
        return None
    if outputs is not None:
        return _by_permanents(known, inputs, outputs, occupations)
    return None if backend == PERMANENT else _by_layers(known, inputs, occupations)


def _occupations(states: list[State], n_modes: int, n_photons: int | None) -> list[tuple[int, ...]] | None:
    """Return photons in each mode; None where a state has others than it should, or than the first one."""
    found = [as_occupation(state) for state in states]
    wanted = sum(found[0]) if n_photons is None else n_photons
    fit = all(len(occupation) == n_modes and sum(occupation) == wanted for occupation in found)
    return found if fit else None


def _by_permanents(
    known: KnownCircuit, inputs: list[State], outputs: list[State], occupations: list[tuple[int, ...]]
) -> SimulationResult | None:
    """Compute the amplitudes of named outputs, a permanent for each."""
    n = sum(occupations[0]) + sum([number for _, number in known.inputs])
    n_free = n - sum([number for _, number in known.outputs])
    if n > STACK_TO or len(inputs) * len(outputs) > _MOST_VALUES:
        return None
    if n_free < 0 or _occupations(outputs, known.n_modes - len(known.inputs), n_free) is None:
        return None
    table = state_table(outputs)
    full = with_herald_columns(table, dict(known.outputs), known.n_modes)
    amplitudes = np.empty((len(inputs), len(outputs)), dtype=np.complex128)
    for row, occupation in enumerate(occupations):
        photons = with_heralds(occupation, dict(known.inputs), known.n_modes)
        amplitudes[row] = amplitudes_to(known.transfer.matrix, photons, full)
    return simulator_result(amplitudes, inputs, table)


def _by_layers(
    known: KnownCircuit, inputs: list[State], occupations: list[tuple[int, ...]]
) -> SimulationResult | None:
    """Compute the amplitudes of all outputs, where no light is lost."""
    if known.entries is None:
        return None
    rows: list[ComplexArray] = []
    found: list[SmallLayers] = []
    for occupation in occupations:
        layers = _small_input(known.n_modes, occupation, known.inputs, known.outputs)
        if layers is None or len(inputs) * len(layers.states) > _MOST_VALUES:
            return None
        found.append(layers)
        rows.append(layers.amplitudes(known.entries))
    return simulator_result(np.stack(rows), inputs, found[0].states.copy())


@functools.lru_cache(_KEPT)
def _small_input(
    n_modes: int, occupation: tuple[int, ...], inputs: Heralds, heralds: Heralds
) -> SmallLayers | None:
    layers: Any = small_layers(with_heralds(occupation, dict(inputs), n_modes), heralds)
    return None if layers is None or layers.needed_bytes > ALLOWED_BYTES // 2 else layers
