"""Run a Simulator: amplitudes from inputs to outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwfast._base.memory import check_memory
from lwfast._base.progress import step
from lwfast._types import ComplexArray, StateTable
from lwfast.emulator.heralding import circuit_transfer, with_heralds
from lwfast.emulator.plans import PERMANENT, SLOS, Plan
from lwfast.errors import PhotonNumberError
from lwfast.optics.costs import (
    CALL_SECONDS,
    all_amplitudes_bytes,
    all_amplitudes_seconds,
    single_amplitudes_bytes,
    single_amplitudes_seconds,
)
from lwfast.optics.distributions.amplitudes import amplitudes_to
from lwfast.optics.distributions.layers import OutputPolynomial, output_polynomial
from lwfast.optics.distributions.layout import FockLayout
from lwfast.optics.distributions.photon_numbers import fock_distribution
from lwfast.optics.light import Transfer
from lwfast.optics.photon_limits import check_amplitudes_hold
from lwfast.results import SimulationResult
from lwfast.results.columns.state_axis import StateAxis
from lwfast.state import State, as_occupation
from lwfast.tasks.data import SimulatorTask

AMPLITUDES = "probability_amplitude"
"""What the values of a result are."""


@dataclass(frozen=True, slots=True)
class SimulatorRun:
    """The task of a Simulator, parsed and planned; picklable, for process pools.

    Attributes:
        task: What the task asks for, as it hands itself to a backend.
        transfer: The transfer matrix of its circuit.
        inputs: Photons in all modes, for each input.
        layout: All outputs, where none are named.
        plan: How `run` does it.
    """

    task: SimulatorTask
    transfer: Transfer
    inputs: list[tuple[int, ...]]
    layout: FockLayout | None
    plan: Plan

    def run(self) -> SimulationResult:
        """Compute the amplitudes of the task.

        Returns:
            Amplitudes complex128[inputs, outputs]; where light is lost, those in which no photon is.

        Raises:
            ResourceLimitError: It would not fit in memory.
            PrecisionError: A named output has fewer than ten digits right and is not zero but for rounding.
        """
        if self.plan.method == PERMANENT:
            table = self._outputs()
            amplitudes = self._by_permanents(table)
        else:
            amplitudes = self._by_layers()
            table = self._outputs()
        return simulator_result(amplitudes, state_table(self.task.inputs), table)

    def _outputs(self) -> StateTable:
        return state_table(self.task.outputs or []) if self.layout is None else self.layout.rows()

    def _by_permanents(self, table: StateTable) -> ComplexArray:
        """Compute complex128[inputs, outputs], a permanent for each."""
        circuit = self.task.circuit
        full = with_herald_columns(table, circuit.heralds.output, circuit.n_modes)
        amplitudes = np.zeros((len(self.inputs), len(table)), dtype=np.complex128)
        for row, photons in enumerate(self.inputs):
            amplitudes[row] = amplitudes_to(self.transfer.matrix, photons, full)
            step("inputs", row + 1, len(self.inputs))
        return amplitudes

    def _by_layers(self) -> ComplexArray:
        """Compute complex128[inputs, outputs] for all outputs."""
        heralds, n_in = dict(self.task.circuit.heralds.output), len(self.inputs)
        amplitudes = np.empty((0, 0), dtype=np.complex128)
        for row, photons in enumerate(self.inputs):
            found = fock_distribution(
                self.transfer.light(photons),
                heralds,
                0,
                amplitudes=True,
                follow_loss=False,
                polynomial=None if row else self.plan.polynomial,
            )
            values = np.asarray(found.amplitudes)
            step("inputs", row + 1, n_in)
            if n_in == 1:
                return values[np.newaxis]
            if row == 0:
                amplitudes = np.empty((n_in, len(values)), dtype=np.complex128)
            amplitudes[row] = values
        return amplitudes


def simulator_result(
    amplitudes: ComplexArray, inputs: StateTable | StateAxis, outputs: StateTable | StateAxis
) -> SimulationResult:
    """Return the result of a task.

    Args:
        amplitudes: complex128[inputs, outputs], one of each pair.
        inputs: uint8[inputs, m], or the axis of several results.
        outputs: uint8[outputs, m], or an axis likewise.
    """
    return SimulationResult.from_columns(amplitudes, AMPLITUDES, inputs, outputs)


def prepare_simulator(task: SimulatorTask, backend: str) -> SimulatorRun:
    """Parse a task and plan how to run it.

    Raises:
        PhotonNumberError: Inputs differ in their photon numbers, or outputs do not have what the heralds
            leave.
        ResourceLimitError: There are more than 170 photons, or it would not fit in memory.
    """
    n, n_free = _photon_numbers(task)
    circuit, heralds = task.circuit, task.circuit.heralds
    n_in, n_modes = len(task.inputs), circuit.n_modes
    layout = FockLayout(n_modes - len(heralds.output), n_free, n_free) if task.outputs is None else None
    n_out = len(task.outputs or []) if layout is None else layout.size
    n_visible = n_modes - len(heralds.output)
    transfer = circuit_transfer(circuit)
    inputs = [with_heralds(state, heralds.input, n_modes) for state in task.inputs]
    of_inputs = "the input" if n_in == 1 else f"each of {n_in} inputs"
    if layout is not None and backend != PERMANENT:
        reason = f"the layers of {of_inputs} give all {n_out:,} outputs at once."
        polynomial: OutputPolynomial | None = None
        layer_bytes, seconds = 0, CALL_SECONDS
        if layout.n_modes and n:
            polynomial = output_polynomial(
                transfer.light(inputs[0]), heralds=dict(heralds.output), follow_loss=False
            )
            # Heralded photons are in the layers, though no outcome has them.
            layer_bytes, seconds = polynomial.needed_bytes(amplitudes=True), polynomial.seconds()
        needed = all_amplitudes_bytes(n_in, n_out, n_visible, layer_bytes)
        seconds = all_amplitudes_seconds(n_in, n_out, seconds)
        plan = Plan(SLOS, reason, n_out, needed, seconds, polynomial=polynomial)
        remedy = "Name the outputs that are wanted: each takes one permanent."
    else:
        to_outputs = "the output" if n_out == 1 else f"each of {n_out:,} outputs"
        reason = f"one permanent for {of_inputs} and {to_outputs}."
        needed = single_amplitudes_bytes(n_in, n_out, n, n_modes, n_visible)
        seconds = single_amplitudes_seconds(inputs, task.outputs, n_out)
        plan = Plan(PERMANENT, reason, n_out, needed, seconds)
        remedy = "Name fewer outputs."
    check_memory(plan.needed_bytes, f"The amplitudes of {n_in} inputs to {n_out:,} outputs", remedy=remedy)
    return SimulatorRun(task, transfer, inputs, layout, plan)


def _photon_numbers(task: SimulatorTask) -> tuple[int, int]:
    """Return the photons that go in, and those that outputs have beside the heralds."""
    heralds = task.circuit.heralds
    n = task.inputs[0].n_photons + sum(heralds.input.values())
    check_amplitudes_hold(n)
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


def state_table(states: list[State]) -> StateTable:
    """Return states as rows, uint8[N, m]."""
    return np.array([as_occupation(state) for state in states], dtype=np.uint8)


def with_herald_columns(table: StateTable, heralds: dict[int, int], n_modes: int) -> StateTable:
    """Return uint8[N, n_modes], the rows of a table with the photons of heralded modes between them."""
    if not heralds:
        return table
    full = np.empty((len(table), n_modes), dtype=np.uint8)
    others = [mode for mode in range(n_modes) if mode not in heralds]
    full[:, others] = table
    for mode, number in heralds.items():
        full[:, mode] = number
    return full
