"""Run a Simulator: amplitudes from inputs to outputs."""

from __future__ import annotations

import numpy as np

from lwfast import _progress
from lwfast._loss import UNIT_ROUNDING
from lwfast._outcomes import fock_distribution
from lwfast._slos import FockLayout, check_photons
from lwfast._types import StateTable
from lwfast.emulator.heralding import circuit_matrix, with_heralds
from lwfast.emulator.permanents import amplitudes_to
from lwfast.emulator.plans import PERMANENT, SLOS, Plan
from lwfast.errors import PhotonNumberError
from lwfast.results import SimulationResult
from lwfast.state import State
from lwfast.tasks.data import SimulatorTask


def plan_simulator(task: SimulatorTask, backend: str) -> Plan:
    """Say how `run_simulator` would run a task."""
    n, _ = _photon_numbers(task)
    if task.outputs is None and backend != PERMANENT:
        n_out = _all_outputs(task).size
        reason = f"the layers of each of {len(task.inputs)} inputs give all {n_out:,} outputs at once."
        seconds = len(task.inputs) * (1e-4 + 2e-8 * n_out)
        return Plan(SLOS, reason, n_out, 32 * n_out * len(task.inputs), seconds)
    n_out = _all_outputs(task).size if task.outputs is None else len(task.outputs)
    seconds = len(task.inputs) * n_out * (1e-6 + n * 2.0**n * 5e-10)
    reason = f"one permanent for each of {len(task.inputs)} inputs and {n_out} outputs."
    return Plan(PERMANENT, reason, n_out, 16 * n_out * (len(task.inputs) + n * n), seconds)


def run_simulator(task: SimulatorTask, backend: str) -> SimulationResult:
    """Compute the amplitudes of a task.

    Args:
        task: The task.
        backend: Name of the backend.

    Returns:
        Amplitudes complex128[inputs, outputs]; where light is lost, those in which no photon is.

    Raises:
        PhotonNumberError: Inputs differ in their photon numbers, or outputs do not have what the heralds
            leave.
        ResourceLimitError: It would not fit in memory.
    """
    circuit = task.circuit
    heralds = circuit.heralds
    n, n_free = _photon_numbers(task)
    plan = plan_simulator(task, backend)
    layout = _all_outputs(task)
    matrix, _ = circuit_matrix(circuit)
    table = layout.rows() if task.outputs is None else _table(task.outputs)
    full = _with_herald_columns(table, heralds.output, circuit.n_modes)
    amplitudes = np.zeros((len(task.inputs), len(table)), dtype=np.complex128)
    for row, state in enumerate(task.inputs):
        photons = with_heralds(state, heralds.input, circuit.n_modes)
        if plan.method == PERMANENT:
            amplitudes[row] = amplitudes_to(matrix, photons, full)
        elif n_free >= 0:
            found = fock_distribution(
                matrix, photons, dict(heralds.output), 0, UNIT_ROUNDING, amplitudes=True, follow_loss=False
            )
            amplitudes[row] = found.amplitudes if n else 1.0
        _progress.step("inputs", row + 1, len(task.inputs))
    outputs = [State(state) for state in table.tolist()] if task.outputs is None else task.outputs
    return SimulationResult(amplitudes, "probability_amplitude", inputs=task.inputs, outputs=outputs)


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
    full = np.empty((len(table), n_modes), dtype=np.uint8)
    others = [mode for mode in range(n_modes) if mode not in heralds]
    full[:, others] = table
    for mode, number in heralds.items():
        full[:, mode] = number
    return full
