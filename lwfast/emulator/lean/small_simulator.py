"""Simulators of few photons."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast._types import ComplexArray, StateTable
from lwfast.emulator.heralding import with_heralds
from lwfast.emulator.lean.known import ALLOWED_BYTES, Heralds, KnownCircuit, known_circuit
from lwfast.emulator.plans import PERMANENT
from lwfast.emulator.run_simulator import AMPLITUDES, simulator_result, with_herald_columns
from lwfast.optics.distributions.amplitudes import ALONE_TO, amplitudes_to, write_one_amplitude
from lwfast.optics.distributions.small_layers import SmallLayers, small_layers
from lwfast.optics.permanents.methods import STACK_TO
from lwfast.results import SimulationResult
from lwfast.results.columns.state_axis import StateAxis
from lwfast.results.simulation_result import owned_simulation
from lwfast.state import as_occupation
from lwfast.tasks import Simulator

_MOST_VALUES = 4096
"""Amplitudes of all inputs together; above, the long way is as quick, and shows progress."""
_KEPT = 128
"""Sets of inputs and outputs that are kept, the last ones used."""
_MOST_KEPT = 64
"""Inputs and outputs of a set that is kept, together; an index of as many takes some 10 kB."""
Occupations = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class SmallPairs:
    """Inputs and named outputs that fit, whatever the matrix is.

    Attributes:
        inputs: The inputs, as results share them.
        outputs: The outputs, as results share them.
        photons: Photons in all modes, for each input.
        table: uint8[n_outputs, n_modes], photons in all modes, for each output.
        alone: uint8[n_modes], photons of the only input in all modes, where one call of a kernel gives the
            only amplitude; None elsewhere.
    """

    inputs: StateAxis
    outputs: StateAxis
    photons: Occupations
    table: StateTable
    alone: StateTable | None

    def amplitudes(self, matrix: ComplexArray) -> ComplexArray:
        """Return complex128[inputs, outputs], a permanent for each.

        Args:
            matrix: complex128[n_modes, n_modes], the transfer matrix, contiguous.
        """
        found = np.empty((len(self.photons), len(self.table)), dtype=np.complex128)
        if self.alone is not None and write_one_amplitude(matrix, self.alone, self.table[0], found[0]):
            return found
        for row, photons in enumerate(self.photons):
            found[row] = amplitudes_to(matrix, photons, self.table)
        return found


def run_small_simulator(task: Simulator, backend: str) -> SimulationResult | None:
    """Run a task if it is small and ordinary.

    Args:
        task: The task as the user made it, not parsed yet.
        backend: Name of the backend.

    Returns:
        The very result of the long way; None where the long way has to be taken. What is wrong with a task is
        for the long way to find.
    """
    known = known_circuit(task.circuit)
    if known is None or memory_limit() < ALLOWED_BYTES:
        return None
    inputs, outputs = tuple([as_occupation(state) for state in task.inputs]), task.outputs
    if outputs is None:
        return None if backend == PERMANENT else _by_layers(known, inputs)
    if len(inputs) * len(outputs) > _MOST_VALUES:
        return None
    wanted = tuple([as_occupation(state) for state in outputs])
    # Checks and tables are half of the time of a single amplitude.
    find = _small_pairs if len(inputs) + len(wanted) <= _MOST_KEPT else _small_pairs.__wrapped__
    pairs = find(known.n_modes, inputs, wanted, known.inputs, known.outputs)
    if pairs is None:
        return None
    found = pairs.amplitudes(known.matrix)
    # Its shape is that of the axes: `simulator_result`, which looks, takes a twelfth of the whole.
    return owned_simulation(SimulationResult, found, AMPLITUDES, pairs.inputs, pairs.outputs, {})


@functools.lru_cache(_KEPT)
def _small_pairs(
    n_modes: int, inputs: Occupations, outputs: Occupations, entering: Heralds, leaving: Heralds
) -> SmallPairs | None:
    """Lay out inputs and named outputs; None where one does not fit, or there are many photons."""
    n = sum(inputs[0])
    n_all = n + sum(number for _, number in entering)
    n_free = n_all - sum(number for _, number in leaving)
    n_input_modes = n_modes - len(entering)
    if n_all > STACK_TO or n_free < 0:
        return None
    if not (_all_have(inputs, n_input_modes, n) and _all_have(outputs, n_input_modes, n_free)):
        return None
    table = np.array(outputs, dtype=np.uint8)
    photons = tuple([with_heralds(state, dict(entering), n_modes) for state in inputs])
    alone = len(inputs) == len(outputs) == 1 and 0 < n_all <= ALONE_TO
    return SmallPairs(
        inputs=StateAxis(np.array(inputs, dtype=np.uint8)),
        outputs=StateAxis(table),
        photons=photons,
        table=with_herald_columns(table, dict(leaving), n_modes),
        alone=np.array(photons[0], dtype=np.uint8) if alone else None,
    )


def _all_have(states: Occupations, n_modes: int, n_photons: int) -> bool:
    return all(len(state) == n_modes and sum(state) == n_photons for state in states)


def _by_layers(known: KnownCircuit, inputs: Occupations) -> SimulationResult | None:
    """Compute the amplitudes of all outputs, where no light is lost."""
    if known.entries is None or not _all_have(inputs, known.n_modes - len(known.inputs), sum(inputs[0])):
        return None
    rows: list[ComplexArray] = []
    found: list[SmallLayers] = []
    for occupation in inputs:
        layers = _small_input(known.n_modes, occupation, known.inputs, known.outputs)
        if layers is None or len(inputs) * len(layers.states) > _MOST_VALUES:
            return None
        found.append(layers)
        rows.append(layers.amplitudes(known.entries))
    return simulator_result(np.stack(rows), np.array(inputs, dtype=np.uint8), found[0].states.copy())


@functools.lru_cache(_KEPT)
def _small_input(
    n_modes: int, occupation: tuple[int, ...], inputs: Heralds, heralds: Heralds
) -> SmallLayers | None:
    layers: SmallLayers | None = small_layers(with_heralds(occupation, dict(inputs), n_modes), heralds)
    return None if layers is None or layers.needed_bytes > ALLOWED_BYTES // 2 else layers
