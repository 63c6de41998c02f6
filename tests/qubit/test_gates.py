"""Gates are what their definitions say, on dual-rail states, with the probabilities of the papers."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.circuit.blocks import Group
from lwfast.errors import CircuitCompilationError, ModeRangeError
from tests.qubit.dual_rail import action, assert_acts_as, one_photon_each

qubit = lw.qubit

PAULI = {
    "x": np.array([[0, 1], [1, 0]], dtype=complex),
    "y": np.array([[0, -1j], [1j, 0]]),
    "z": np.diag([1, -1]).astype(complex),
}


def power(axis, turn):
    """The power of a Pauli matrix: its eigenvalue -1 becomes exp(i pi turn)."""
    plus = (np.eye(2) + PAULI[axis]) / 2
    return plus + np.exp(1j * np.pi * turn) * (np.eye(2) - plus)


FIXED = {
    "I": np.eye(2),
    "H": (PAULI["x"] + PAULI["z"]) / np.sqrt(2),
    "X": PAULI["x"],
    "Y": PAULI["y"],
    "Z": PAULI["z"],
    "S": power("z", 1 / 2),
    "Sadj": power("z", -1 / 2),
    "T": power("z", 1 / 4),
    "Tadj": power("z", -1 / 4),
    "SX": power("x", 1 / 2),
}


def rotation(gate, angle):
    """exp(-i angle/2 sigma) from its eigenvalues; P has no global phase."""
    if gate == "P":
        return power("z", angle / np.pi)
    values, vectors = np.linalg.eigh(PAULI[gate[1]])
    return (vectors * np.exp(-0.5j * angle * values)) @ vectors.conj().T


def flipped(n_qubits, target=None):
    """The sign change of the state of ones, or the flip of a target where all others are 1."""
    size = 2**n_qubits
    gate = np.eye(size)
    ones = size - 1
    if target is None:
        gate[ones, ones] = -1
    else:
        other = ones - (1 << (n_qubits - 1 - target))
        gate[[ones, other]] = gate[[other, ones]]
    return gate


# --- one qubit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIXED)
def test_fixed_gates(name):
    gate = getattr(qubit, name)()
    np.testing.assert_allclose(gate.U, FIXED[name], atol=1e-15)
    assert isinstance(gate, lw.Unitary)
    assert gate.n_modes == gate.input_modes == 2


ANGLES = ("P", "Rx", "Ry", "Rz")


@pytest.mark.parametrize("name", ANGLES)
@given(angle=st.floats(-20, 20))
def test_rotations(name, angle):
    """A number and a Parameter give the same matrix, that of the definition."""
    of_number = getattr(qubit, name)(angle).U
    np.testing.assert_allclose(of_number, rotation(name, angle), atol=1e-14)
    parameter = lw.Parameter(0.0)
    gate = getattr(qubit, name)(parameter)
    parameter.set(angle)
    assert np.array_equal(gate.U, of_number)


@pytest.mark.parametrize("name", ANGLES)
def test_parameters_stay_live(name):
    """Through copies and circuits the Parameter is the one that was given; frozen, it is a number."""
    parameter = lw.Parameter(0.4, label="turn")
    circuit = lw.PhotonicCircuit(4)
    circuit.add(getattr(qubit, name)(parameter), 1)
    frozen = circuit.copy(freeze_parameters=True)
    assert circuit.get_all_params() == [parameter]
    assert frozen.get_all_params() == []
    parameter.set(1.1)
    np.testing.assert_allclose(circuit.copy().U[1:3, 1:3], rotation(name, 1.1), atol=1e-14)
    np.testing.assert_allclose(frozen.U[1:3, 1:3], rotation(name, 0.4), atol=1e-14)
    values = np.linspace(-2, 3, 5)
    stack = circuit.unitaries({"turn": values})
    for value, matrix in zip(values, stack, strict=True):
        np.testing.assert_allclose(matrix[1:3, 1:3], rotation(name, value), atol=1e-14)


@pytest.mark.parametrize("name", ANGLES)
def test_derivatives(name):
    """The mean of an observable has the slope that differences have."""
    parameter = lw.Parameter(0.7)
    circuit = lw.PhotonicCircuit(2)
    circuit.add(qubit.H())
    circuit.add(getattr(qubit, name)(parameter))
    circuit.add(qubit.T())
    circuit.add(qubit.SX())
    task = lw.Sampler(circuit, lw.State([1, 0]), 1)

    def mean(angle):
        parameter.set(angle)
        return lw.expectation(task, lambda state: state[1])

    parameter.set(0.7)
    _, slopes = lw.expectation(task, lambda state: state[1], gradient=True)
    difference = (mean(0.7 + 1e-5) - mean(0.7 - 1e-5)) / 2e-5
    assert abs(slopes[parameter] - difference) < 1e-9


@pytest.mark.parametrize("name", ANGLES)
def test_angles_are_checked(name):
    gate = getattr(qubit, name)
    for bad, error in (("a", TypeError), (None, TypeError), (1j, TypeError), (True, TypeError)):
        with pytest.raises(error, match=f"Angle of {name} should be a real number"):
            gate(bad)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="should be finite"):
            gate(bad)
    with pytest.raises(CircuitCompilationError, match=f"Angle of {name} should be a real number"):
        _ = gate(lw.Parameter("a")).U


# --- more qubits ------------------------------------------------------------------------------------------

SEVERAL = [
    ("CZ", (), 2, Fraction(1, 9), False),
    ("CNOT", (), 2, Fraction(1, 9), False),
    ("CNOT", (0,), 2, Fraction(1, 9), False),
    ("CNOT", (1,), 2, Fraction(1, 9), False),
    ("CZ_Heralded", (), 2, Fraction(1, 16), True),
    ("CNOT_Heralded", (), 2, Fraction(1, 16), True),
    ("CNOT_Heralded", (0,), 2, Fraction(1, 16), True),
    ("CNOT_Heralded", (1,), 2, Fraction(1, 16), True),
    ("CCZ", (), 3, Fraction(1, 72), False),
    ("CCNOT", (), 3, Fraction(1, 72), False),
    ("CCNOT", (0,), 3, Fraction(1, 72), False),
    ("CCNOT", (1,), 3, Fraction(1, 72), False),
    ("CCNOT", (2,), 3, Fraction(1, 72), False),
]


def matrix_of(name, args, n_qubits):
    target = None if name.startswith(("CZ", "CCZ")) else (args[0] if args else n_qubits - 1)
    return flipped(n_qubits, target)


@pytest.mark.parametrize(("name", "args", "n_qubits", "probability", "heralded"), SEVERAL)
def test_gates_on_several_qubits(name, args, n_qubits, probability, heralded):
    """The gate acts on qubits as it should, all of them with one and the same probability."""
    circuit = getattr(qubit, name)(*args)
    assert circuit.input_modes == 2 * n_qubits
    np.testing.assert_allclose(circuit.U @ circuit.U.conj().T, np.eye(circuit.n_modes), atol=1e-14)
    selection = None if heralded else one_photon_each(n_qubits)
    found, leaked = action(circuit, n_qubits, selection)
    assert_acts_as(found, matrix_of(name, args, n_qubits), float(probability))
    assert leaked < 1e-14  # a heralded gate leaves one photon in each qubit without being asked
    if not heralded:
        assert action(circuit, n_qubits)[1] > 0.01


@pytest.mark.parametrize(("name", "args", "n_qubits", "probability", "heralded"), SEVERAL)
def test_probabilities_of_results(name, args, n_qubits, probability, heralded):
    """An Analyzer's performance is the probability of success, and its error rate is zero."""
    circuit = getattr(qubit, name)(*args)
    analyzer = lw.Analyzer(circuit, lw.State([1, 0] * n_qubits))
    analyzer.post_selection = one_photon_each(n_qubits)
    analyzer.expected = {lw.State([1, 0] * n_qubits): lw.State([1, 0] * n_qubits)}
    result = lw.emulator.Backend("permanent").run(analyzer)
    assert abs(result.performance - probability) < 1e-14
    assert result.error_rate < 1e-14


def test_sampled_bell_state():
    """A CNOT behind a Hadamard gate gives both qubits the same value."""
    for gate, selection in ((qubit.CNOT(), one_photon_each(2)), (qubit.CNOT_Heralded(), None)):
        circuit = lw.PhotonicCircuit(4)
        circuit.add(qubit.H())
        circuit.add(gate)
        sampler = lw.Sampler(
            circuit,
            lw.State([1, 0, 1, 0]),
            4000,
            post_selection=selection,
            random_seed=3,
            sampling_mode="output",
        )
        counts = lw.emulator.Backend().run(sampler)
        assert set(counts) == {lw.State([1, 0, 1, 0]), lw.State([0, 1, 0, 1])}
        assert abs(counts[lw.State([1, 0, 1, 0])] - 2000) < 200


def test_swap():
    """Modes change places, and what lies between stays."""
    swap = qubit.SWAP((0, 3), (5, 1))
    assert swap.n_modes == 6
    wanted = np.eye(6)[[5, 3, 2, 1, 4, 0]]
    assert np.array_equal(swap.U, wanted)
    assert qubit.SWAP((0, 1), (0, 1)) == lw.PhotonicCircuit(2)
    assert qubit.SWAP((np.int64(0), 1), [2, 3]) == qubit.SWAP((0, 1), (2, 3))


@pytest.mark.parametrize(
    ("pair", "error", "message"),
    [
        ((0, 1), TypeError, "qubit_1 of a SWAP should be a tuple of two modes, got 0"),
        (((0, 1), 5), TypeError, "qubit_2 of a SWAP should be a tuple of two modes, got 5"),
        (((0, 1, 2), (3, 4, 5)), ValueError, "qubit_1 of a SWAP should be a tuple of two modes, got 3"),
        (((0, 1), (2,)), ValueError, "qubit_2 of a SWAP should be a tuple of two modes, got 1"),
        (((-1, 0), (1, 2)), ModeRangeError, "names mode -1"),
        (((0, 1), (1, 2)), ValueError, "not complete"),
        (((0, 1), (2, "a")), TypeError, "Mode number"),
        (((0.5, 1), (2, 3)), TypeError, "Mode number"),
    ],
)
def test_swap_refuses(pair, error, message):
    with pytest.raises(error, match=message):
        qubit.SWAP(*pair)


@pytest.mark.parametrize(
    ("gate", "numbers"), [("CNOT", "0 or 1"), ("CNOT_Heralded", "0 or 1"), ("CCNOT", "0, 1 or 2")]
)
@pytest.mark.parametrize("bad", [-1, 3, "1", None, 1.5])
def test_targets_are_checked(gate, numbers, bad):
    with pytest.raises(ValueError, match=f"target_qubit should be {numbers}, got {bad!r}"):
        getattr(qubit, gate)(bad)


# --- as circuits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gate", "name", "heralds"),
    [
        (qubit.CZ, "CZ", {0: 0, 5: 0}),
        (qubit.CNOT, "CNOT (0, 1)", {0: 0, 5: 0}),
        (qubit.CZ_Heralded, "CZ Heralded", {0: 0, 1: 1, 6: 1, 7: 0}),
        (qubit.CNOT_Heralded, "CNOT Heralded (0, 1)", {0: 0, 1: 1, 6: 1, 7: 0}),
        (qubit.CCZ, "CCZ", {0: 0, 1: 0, 8: 0, 9: 0}),
        (qubit.CCNOT, "CCNOT ((0, 1), 2)", {0: 0, 1: 0, 8: 0, 9: 0}),
    ],
)
def test_drawn_as_one(gate, name, heralds):
    """A gate with heralds is one group with its name, whose heralds are its own."""
    circuit = gate()
    (group,) = circuit._get_circuit_spec()
    assert isinstance(group, Group)
    assert group.name == name
    assert circuit.heralds.input == circuit.heralds.output == heralds
    assert circuit._external_heralds.input == {}
    assert circuit._internal_modes == sorted(heralds)


def test_labels():
    """Gates bear their names, angles rounded, Parameters by their label."""
    written = [
        gate._get_circuit_spec()[0].label
        for gate in (
            qubit.Sadj(),
            qubit.Rx(np.pi),
            qubit.P(2),
            qubit.Ry(lw.Parameter(0.1, label="turn")),
            qubit.Rz(lw.Parameter(0.1)),
        )
    ]
    assert written == ["S_adj", "Rx(3.142)", "P(2)", "Ry(turn)", "Rz(θ)"]


def test_gates_share_nothing_that_changes():
    """To add to one gate, or to herald it, changes no other of its kind."""
    first, untouched = qubit.CNOT(), qubit.CNOT().U
    first.ps(0, 0.3)
    first.unpack_groups()
    single = qubit.H()
    single.herald(0, 1)
    assert np.array_equal(qubit.CNOT().U, untouched)
    assert len(qubit.CNOT()._get_circuit_spec()) == 1
    assert qubit.H().heralds.input == {}
    with pytest.raises(ValueError, match="read-only"):
        qubit.H()._get_circuit_spec()[0].unitary[0, 0] = 0


def test_copies_and_pickles():
    parameter = lw.Parameter(0.3)
    for gate in (qubit.X(), qubit.CCNOT(1), qubit.SWAP((0, 1), (2, 3)), qubit.Ry(parameter)):
        for other in (gate.copy(), copy.deepcopy(gate), pickle.loads(pickle.dumps(gate))):
            assert np.array_equal(other.U, gate.U)
            assert other.heralds == gate.heralds


def test_nothing_to_import_for_gates():
    """`lw.qubit` is there at once, and names what Lightworks' has."""
    assert "qubit" in lw.__all__
    assert set(qubit.__all__) <= set(dir(qubit))
