"""Run a Simulator: amplitudes from inputs to outputs."""

from __future__ import annotations

import numpy as np

from lwfast._base import progress as _progress
from lwfast._base.memory import check_memory
from lwfast._types import ComplexArray, StateTable
from lwfast.emulator.heralding import circuit_matrix, with_heralds
from lwfast.emulator.plans import PERMANENT, SLOS, Plan
from lwfast.errors import PhotonNumberError
from lwfast.optics.distributions.amplitudes import amplitude_bytes, amplitude_seconds, amplitudes_to
from lwfast.optics.distributions.layers import CALL_SECONDS, FockLayout, check_photons, expand
from lwfast.optics.distributions.photon_numbers import fock_distribution
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.results import SimulationResult
from lwfast.state import State
from lwfast.tasks.data import SimulatorTask

_WRITTEN_SECONDS = 2e-8
"""Seconds to weight and write one amplitude."""


def plan_simulator(task: SimulatorTask, backend: str) -> Plan:
    """Say how `run_simulator` would run a task.

    Raises:
        PhotonNumberError: Inputs and outputs do not fit.
        ResourceLimitError: There are more than 170 photons, or it would not fit in memory.
    """
    n, _ = _photon_numbers(task)
    n_in = len(task.inputs)
    n_out = _all_outputs(task).size if task.outputs is None else len(task.outputs)
    n_modes = task.circuit.n_modes
    rows = n_out * (n_modes - len(task.circuit.heralds.output))
    if task.outputs is None and backend != PERMANENT:
        reason = f"the layers of each of {n_in} inputs give all {n_out:,} outputs at once."
        # The amplitudes of the inputs before, and those of one more or the outputs as rows.
        needed = 16 * n_out * (n_in if n_in > 1 else 0)
        layer_bytes, seconds = _layer_costs(task)
        needed += max(layer_bytes, rows + (16 * n_out if n_in == 1 else 0))
        plan = Plan(SLOS, reason, n_out, needed, n_in * (seconds + _WRITTEN_SECONDS * n_out))
        remedy = "Name the outputs that are wanted: each takes one permanent."
    else:
        reason = f"one permanent for each of {n_in} inputs and {n_out:,} outputs."
        needed = 16 * n_out * n_in + rows + amplitude_bytes(n, n_modes, n_out)
        plan = Plan(PERMANENT, reason, n_out, needed, n_in * n_out * amplitude_seconds(n))
        remedy = "Name fewer outputs."
    check_memory(plan.needed_bytes, f"The amplitudes of {n_in} inputs to {n_out:,} outputs", remedy=remedy)
    return plan


def run_simulator(task: SimulatorTask, plan: Plan) -> SimulationResult:
    """Compute the amplitudes of a task.

    Args:
        task: The task.
        plan: What `plan_simulator` chose.

    Returns:
        Amplitudes complex128[inputs, outputs]; where light is lost, those in which no photon is.

    Raises:
        PhotonNumberError: Inputs differ in their photon numbers, or outputs do not have what the heralds
            leave.
        ResourceLimitError: There are more than 170 photons, or it would not fit in memory.
        PrecisionError: A named output has fewer than ten digits right and is not zero but for rounding.
    """
    if plan.method == PERMANENT:
        table = _all_outputs(task).rows() if task.outputs is None else _table(task.outputs)
        amplitudes = _by_permanents(task, table)
    else:
        amplitudes = _by_layers(task)
        table = _all_outputs(task).rows()
    return SimulationResult.from_columns(amplitudes, "probability_amplitude", _table(task.inputs), table)


def _by_permanents(task: SimulatorTask, table: StateTable) -> ComplexArray:
    """Compute complex128[inputs, outputs], a permanent for each."""
    heralds, n_modes = task.circuit.heralds, task.circuit.n_modes
    matrix, _ = circuit_matrix(task.circuit)
    full = _with_herald_columns(table, heralds.output, n_modes)
    amplitudes = np.zeros((len(task.inputs), len(table)), dtype=np.complex128)
    for row, state in enumerate(task.inputs):
        photons = with_heralds(state, heralds.input, n_modes)
        amplitudes[row] = amplitudes_to(matrix, photons, full)
        _progress.step("inputs", row + 1, len(task.inputs))
    return amplitudes


def _by_layers(task: SimulatorTask) -> ComplexArray:
    """Compute complex128[inputs, outputs] for all outputs."""
    circuit = task.circuit
    matrix, _ = circuit_matrix(circuit)
    n_in = len(task.inputs)
    amplitudes = np.empty((0, 0), dtype=np.complex128)
    for row, state in enumerate(task.inputs):
        found = fock_distribution(
            matrix,
            with_heralds(state, circuit.heralds.input, circuit.n_modes),
            dict(circuit.heralds.output),
            0,
            UNIT_ROUNDING,
            amplitudes=True,
            follow_loss=False,
        )
        values = np.asarray(found.amplitudes)
        _progress.step("inputs", row + 1, n_in)
        if n_in == 1:
            return values[np.newaxis]
        if row == 0:
            amplitudes = np.empty((n_in, len(values)), dtype=np.complex128)
        amplitudes[row] = values
    return amplitudes


def _layer_costs(task: SimulatorTask) -> tuple[int, float]:
    """Estimate the bytes and the seconds of the layers of one input, heralded photons included."""
    circuit = task.circuit
    photons = with_heralds(task.inputs[0], circuit.heralds.input, circuit.n_modes)
    if len(circuit.heralds.output) == circuit.n_modes or not any(photons):
        return 0, CALL_SECONDS
    matrix, _ = circuit_matrix(circuit)
    work = expand(
        matrix, photons, heralds=dict(circuit.heralds.output), tolerance=UNIT_ROUNDING, follow_loss=False
    )
    return work.needed_bytes(amplitudes=True), work.seconds()


def _photon_numbers(task: SimulatorTask) -> tuple[int, int]:
    """Return the photons that go in, and those that outputs have beside the heralds."""
    heralds = task.circuit.heralds
    n = task.inputs[0].n_photons + sum(heralds.input.values())
    check_photons(n)
    n_free = n - sum(heralds.output.values())
    check_photon_numbers(task.inputs, task.inputs[0].n_photons, "inputs")
    if task.outputs is not None:
        check_photon_numbers(task.outputs, n_free, "outputs")
    return n, n_free


def check_photon_numbers(states: list[State], wanted: int, what: str) -> None:
    """Raise unless all states have the same number of photons.

    Raises:
        PhotonNumberError: One has another number.
    """
    for state in states:
        if state.n_photons != wanted:
            msg = (
                f"Mismatch in photon numbers between some inputs/outputs: among the {what}, {state} has "
                f"{state.n_photons} photons where {wanted} are needed. Run states with other photon numbers "
                "as a task of their own."
            )
            raise PhotonNumberError(msg)


def _all_outputs(task: SimulatorTask) -> FockLayout:
    _, n_free = _photon_numbers(task)
    n_modes = task.circuit.n_modes - len(task.circuit.heralds.output)
    return FockLayout(n_modes, n_free, n_free)


def _table(states: list[State]) -> StateTable:
    return np.array([state.s for state in states], dtype=np.uint8)


def _with_herald_columns(table: StateTable, heralds: dict[int, int], n_modes: int) -> StateTable:
    if not heralds:
        return table
    full = np.empty((len(table), n_modes), dtype=np.uint8)
    others = [mode for mode in range(n_modes) if mode not in heralds]
    full[:, others] = table
    for mode, number in heralds.items():
        full[:, mode] = number
    return full
