"""Random circuits of Qiskit."""

from __future__ import annotations

import random

from qiskit import QuantumCircuit

_PLAIN = ("h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx")
_TURNED = ("rx", "ry", "rz", "p")


def random_circuit(rng: random.Random, *, n_most=4, swaps=True, three=True):
    """A circuit of up to eight instructions of every kind that can be converted."""
    n_qubits = rng.randint(1, n_most)
    circuit = QuantumCircuit(n_qubits)
    for _ in range(rng.randint(0, 8)):
        kind = rng.random()
        if kind < 0.2:
            getattr(circuit, rng.choice(_PLAIN))(rng.randrange(n_qubits))
        elif kind < 0.35:
            getattr(circuit, rng.choice(_TURNED))(rng.uniform(-4, 4), rng.randrange(n_qubits))
        elif kind < 0.4:
            circuit.u(*[rng.uniform(-4, 4) for _ in range(3)], rng.randrange(n_qubits))
        elif kind < 0.45:
            circuit.barrier(rng.sample(range(n_qubits), rng.randint(1, n_qubits)))
        elif kind < 0.85 and n_qubits > 1:
            names = ("cx", "cz", "swap") if swaps else ("cx", "cz")
            getattr(circuit, rng.choice(names))(*rng.sample(range(n_qubits), 2))
        elif three and n_qubits > 2:
            first = rng.randrange(n_qubits - 2)
            getattr(circuit, rng.choice(("ccx", "ccz")))(*rng.sample(range(first, first + 3), 3))
    return circuit


def stirred(circuit):
    """The circuit with gates between its gates on several qubits, so that nothing commutes by chance."""
    mixed = circuit.copy_empty_like()
    for qubit in range(circuit.num_qubits):
        mixed.h(qubit)
    for item in circuit.data:
        mixed.append(item)
        if len(item.qubits) > 1:
            for qubit in range(circuit.num_qubits):
                mixed.t(qubit)
                mixed.h(qubit)
    return mixed
