"""Puts gates of qubits on a photonic circuit, qubit by qubit."""

from __future__ import annotations

from cmath import exp
from collections.abc import Sequence
from math import cos, sin
from typing import Any

from lwfast._base.validation import as_integer
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.circuit.unitary_component import Unitary
from lwfast.qubit.gates.one_qubit_gates import SX, H, P, Rx, Ry, Rz, S, Sadj, T, Tadj, X, Y, Z
from lwfast.qubit.gates.three_qubit_gates import CCNOT, CCZ
from lwfast.qubit.gates.two_qubit_gates import CNOT, CZ, SWAP, CNOT_Heralded, CZ_Heralded

SINGLE_QUBIT_GATES_MAP = {
    "h": H, "x": X, "y": Y, "z": Z, "s": S, "sdg": Sadj, "t": T, "tdg": Tadj, "sx": SX
}  # fmt: skip
ROTATION_GATES_MAP = {"rx": Rx, "ry": Ry, "rz": Rz, "p": P}
TWO_QUBIT_GATES_MAP = {"cx": CNOT_Heralded, "cz": CZ_Heralded, "swap": SWAP}
TWO_QUBIT_GATES_MAP_PS = {"cx": CNOT, "cz": CZ}
THREE_QUBIT_GATES_MAP = {"ccx": CCNOT, "ccz": CCZ}
ALLOWED_GATES = [
    *SINGLE_QUBIT_GATES_MAP, *ROTATION_GATES_MAP, *TWO_QUBIT_GATES_MAP, *THREE_QUBIT_GATES_MAP, "barrier", "u"
]  # fmt: skip


class Converter:
    """Puts gates on photonic circuits in which qubit q has the modes 2q and 2q + 1.

    Args:
        n_qubits: The number of qubits.
        allow_post_selection: Whether post-selected gates may be used.
    """

    def __init__(self, n_qubits: int, allow_post_selection: bool = False) -> None:
        self.n_qubits = as_integer(n_qubits, "Number of qubits")
        self.allow_post_selection = allow_post_selection

    def add_gate(
        self,
        circuit: PhotonicCircuit,
        gate: str,
        qubits: Sequence[int],
        params: Sequence[float] = (),
        *,
        post_selected: bool = False,
    ) -> None:
        """Put a gate, or a barrier, at the end of a circuit.

        Args:
            circuit: The circuit, which is changed.
            gate: The name of the gate in Qiskit, such as "cx".
            qubits: The qubits in the order of the gate, controls first.
            params: The angles of the gate.
            post_selected: Whether a gate on several qubits is post-selected.

        Raises:
            TypeError: An angle is not a number.
            ValueError: The gate is unknown for as many qubits, or is on three qubits that are not adjacent,
                or that may not be post-selected.
        """
        if gate == "barrier":
            circuit.barrier([mode for qubit in qubits for mode in (2 * qubit, 2 * qubit + 1)])
        elif gate in SINGLE_QUBIT_GATES_MAP and len(qubits) == 1:
            circuit.add(SINGLE_QUBIT_GATES_MAP[gate](), 2 * qubits[0])
        elif gate in ROTATION_GATES_MAP and len(qubits) == 1:
            circuit.add(ROTATION_GATES_MAP[gate](float(params[0])), 2 * qubits[0])
        elif gate == "u" and len(qubits) == 1:
            circuit.add(Unitary(_any_rotation(*params)), 2 * qubits[0])
        elif gate == "swap" and len(qubits) == 2:
            _swap(circuit, *qubits)
        elif gate in TWO_QUBIT_GATES_MAP and len(qubits) == 2:
            _add_two_qubit_gate(circuit, gate, *qubits, post_selected=post_selected)
        elif gate in THREE_QUBIT_GATES_MAP and len(qubits) == 3:
            _add_three_qubit_gate(circuit, gate, qubits, post_selected=post_selected)
        else:
            msg = (
                f"Unsupported gate {gate!r} on {len(qubits)} qubits; gates that can be converted are "
                f"{', '.join(ALLOWED_GATES)}. Decompose or transpile the circuit to these first."
            )
            raise ValueError(msg)


def convert_two_qubits_to_adjacent(q0: int, q1: int) -> tuple[int, int, list[tuple[int, int]]]:
    """Return where two qubits meet, and the swaps that bring them there.

    Qubits 0 and 3 meet on 1 and 2, after the swaps (0, 1) and (3, 2). If the number of qubits between them is
    odd, the higher one passes one more. The order of the two is kept.

    Args:
        q0: Index of the first qubit, counted from 0.
        q1: Index of the second qubit, counted from 0.

    Raises:
        ValueError: They are the same.
    """
    if q0 == q1:
        msg = f"A gate on two qubits needs two different ones, got {q0} twice."
        raise ValueError(msg)
    low, high = min(q0, q1), max(q0, q1)
    meeting = low + (high - low - 1) // 2
    swaps = [(start, end) for start, end in ((low, meeting), (high, meeting + 1)) if start != end]
    return (meeting, meeting + 1, swaps) if q0 < q1 else (meeting + 1, meeting, swaps)


def _swap(circuit: PhotonicCircuit, q0: int, q1: int) -> None:
    circuit.mode_swaps({2 * q0: 2 * q1, 2 * q1: 2 * q0, 2 * q0 + 1: 2 * q1 + 1, 2 * q1 + 1: 2 * q0 + 1})


def _add_two_qubit_gate(
    circuit: PhotonicCircuit, gate: str, q0: int, q1: int, *, post_selected: bool
) -> None:
    q0, q1, swaps = convert_two_qubits_to_adjacent(q0, q1)
    for swap in swaps:
        _swap(circuit, *swap)
    first = min(q0, q1)
    kinds: dict[str, Any] = TWO_QUBIT_GATES_MAP_PS if post_selected else TWO_QUBIT_GATES_MAP
    circuit.add(kinds[gate](*(() if gate == "cz" else (q1 - first,))), 2 * first)
    for swap in swaps:
        _swap(circuit, *swap)


def _add_three_qubit_gate(
    circuit: PhotonicCircuit, gate: str, qubits: Sequence[int], *, post_selected: bool
) -> None:
    if not post_selected:
        msg = (
            f"The gate {gate!r} on three qubits works with post-selection only: set allow_post_selection to "
            "True. One of its qubits may not be in a later gate on several qubits, and later gates may not "
            "connect two of them; move it towards the end of the circuit."
        )
        raise ValueError(msg)
    first = min(qubits)
    if max(qubits) - first != 2:
        msg = f"The qubits of {gate!r} should be adjacent, got {tuple(qubits)}; put swap gates around it."
        raise ValueError(msg)
    circuit.add(CCZ() if gate == "ccz" else CCNOT(qubits[2] - first), 2 * first)


def _any_rotation(theta: Any, phi: Any, lam: Any) -> list[list[complex]]:
    """Return the matrix of Qiskit's gate `u`."""
    half, phi, lam = float(theta) / 2, float(phi), float(lam)
    return [
        [cos(half), -exp(1j * lam) * sin(half)],
        [exp(1j * phi) * sin(half), exp(1j * (phi + lam)) * cos(half)],
    ]
