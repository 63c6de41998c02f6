"""What a photonic circuit does to dual-rail qubits, from amplitudes."""

from __future__ import annotations

import itertools

import numpy as np

import lwfast as lw


def qubit_states(n_qubits):
    """The dual-rail states of all values of the qubits, the first qubit's value varying slowest."""
    return [lw.convert.qubit_to_dual_rail(list(bits)) for bits in itertools.product((0, 1), repeat=n_qubits)]


def all_states(n_modes, n_photons):
    return [lw.State(row) for row in lw.fock_basis(n_modes, n_photons).tolist()]


def action(circuit, n_qubits, selection=None):
    """Return the matrix on the qubits, and the probability of outcomes that are none but count, at most."""
    qubits = qubit_states(n_qubits)
    counted = [
        state
        for state in all_states(2 * n_qubits, n_qubits)
        if selection is None or all(rule.validate(state) for rule in selection.rules)
    ]
    array = lw.emulator.Backend("permanent").run(lw.Simulator(circuit, qubits, counted)).array
    places = [counted.index(state) for state in qubits]
    inside = np.array(array)[:, places]
    leaked = (np.abs(array) ** 2).sum(axis=1) - (np.abs(inside) ** 2).sum(axis=1)
    return inside.T, float(np.abs(leaked).max())


def one_photon_each(n_qubits):
    """The post-selection that a post-selected gate needs."""
    selection = lw.PostSelection()
    for qubit in range(n_qubits):
        selection.add((2 * qubit, 2 * qubit + 1), 1)
    return selection


def assert_acts_as(found, gate, probability):
    """The matrix on qubits is that of a gate, up to a phase, and succeeds with a probability."""
    scale = np.vdot(gate, found) / np.vdot(gate, gate)
    np.testing.assert_allclose(found, scale * np.asarray(gate), atol=1e-13)
    assert abs(abs(scale) ** 2 - probability) < 1e-14
