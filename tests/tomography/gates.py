"""Gates that are known, and what is measured of them."""

import numpy as np

import lwfast as lw

CNOT = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])


def outcomes(unitary, occupation, n_qubits):
    """Exact probabilities of the outcomes with one photon per qubit, by tuple of photon numbers."""
    found = lw.output_distribution(unitary, occupation)
    pairs = found.states.reshape(len(found.states), -1, 2)[:, :n_qubits]
    kept = (pairs.sum(axis=2) == 1).all(axis=1)
    states, p = found.states[kept].tolist(), found.probabilities[kept]
    return dict(zip(map(tuple, states), (p / p.sum()).tolist(), strict=True))


class Gates:
    """Random gates on each qubit: what they are on the qubits, and as a circuit."""

    def __init__(self, n_qubits, seed=1):
        self.n_qubits = n_qubits
        self.matrix = np.eye(1)
        self.circuit = lw.PhotonicCircuit(2 * n_qubits)
        for qubit in range(n_qubits):
            single = lw.random_unitary(2, seed=seed + qubit)
            self.matrix = np.kron(self.matrix, single)
            self.circuit.add(lw.Unitary(single), 2 * qubit)

    def exact(self, experiments):
        """The exact probabilities of each experiment."""
        zero = lw.State([1, 0] * self.n_qubits)
        inputs = [getattr(e, "input_state", zero) for e in experiments]
        pairs = zip(experiments, inputs, strict=True)
        return [outcomes(e.circuit.U, state.s, self.n_qubits) for e, state in pairs]

    def counted(self, experiments, n_samples, seed):
        """Counts of each experiment, drawn from its exact probabilities."""
        rng = np.random.default_rng(seed)
        exact = self.exact(experiments)
        drawn = [rng.multinomial(n_samples, list(p.values())).tolist() for p in exact]
        return [dict(zip(p, counts, strict=True)) for p, counts in zip(exact, drawn, strict=True)]
