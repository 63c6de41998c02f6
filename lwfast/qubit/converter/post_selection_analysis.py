"""Which gates of a circuit of qubits may be post-selected instead of heralded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


class Instruction(NamedTuple):
    """A gate or barrier: its name in Qiskit, the qubits in the order of the gate, and its angles."""

    name: str
    qubits: tuple[int, ...]
    params: Sequence[float]


def instructions_of(circuit: QuantumCircuit) -> list[Instruction]:
    """Return the instructions of a circuit of Qiskit, with the numbers of qubits in the whole circuit."""
    numbers = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    return [
        Instruction(
            item.operation.name, tuple([numbers[qubit] for qubit in item.qubits]), item.operation.params
        )
        for item in circuit.data
    ]


def post_selection_analyzer(qc: QuantumCircuit) -> tuple[list[bool], list[int]]:
    """Say which gates of a circuit can be post-selected, and which qubits then need a rule.

    In `cz(0, 1)`, `cz(1, 2)` both gates can: that qubit 0 holds one photon at the end says that the first
    gate left one in qubit 1 too. Of `cz(0, 1)`, `cz(0, 1)` only the second can.

    Args:
        qc: The circuit of Qiskit.

    Returns:
        For each instruction of the circuit whether it is a gate on several qubits that can be post-selected,
        and the qubits that need a post-selection rule at the end, in order. Swaps are followed: a rule is on
        the place to which a qubit was swapped.
    """
    return analyze(instructions_of(qc), qc.num_qubits)


def analyze(instructions: Sequence[Instruction], n_qubits: int) -> tuple[list[bool], list[int]]:
    """Say the same of instructions.

    A post-selected gate keeps the number of photons in its qubits together, not in each of them. Qubits that
    later gates on several qubits connect keep their number together, too, and the rules ask for one photon in
    each. So if no later gates connect two qubits of a gate, the rules say that it left one photon in each.
    Of these gates only those count here that have a qubit which no later gate touches.
    """
    place = list(range(n_qubits))  # at the end of the circuit, of what is on a qubit now
    group = list(range(n_qubits))  # of each place: those that later gates connect share a number
    used = [False] * n_qubits
    ruled = set()
    allowed = []
    for name, qubits, _ in reversed(instructions):
        if name == "swap":
            first, second = qubits
            place[first], place[second] = place[second], place[first]
        if len(qubits) < 2 or name in ("swap", "barrier"):
            allowed.append(False)
            continue
        places = [place[qubit] for qubit in qubits]
        joined = {group[one] for one in places}
        fits = len(joined) == len(places) and not all(used[one] for one in places)
        allowed.append(fits)
        if fits:
            ruled.update(places)
        first = group[places[0]]
        group = [first if number in joined else number for number in group]
        for one in places:
            used[one] = True
    return allowed[::-1], sorted(ruled)
