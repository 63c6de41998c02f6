"""Gates and converted circuits beside those of installed Lightworks: same matrices, heralds, rules."""

from __future__ import annotations

import importlib.util
import inspect
import itertools
import random

import numpy as np
import pytest

import lwfast as lw

reference = pytest.importorskip("lightworks.qubit")
lightworks = pytest.importorskip("lightworks")

CALLS = [
    *[(name, ()) for name in ("I", "H", "X", "Y", "Z", "S", "Sadj", "T", "Tadj", "SX")],
    *[(name, (angle,)) for name in ("P", "Rx", "Ry", "Rz") for angle in (0, 0.7, -2.5, 11.0, np.pi)],
    *[(name, ()) for name in ("CZ", "CNOT", "CZ_Heralded", "CNOT_Heralded", "CCZ", "CCNOT")],
    *[(name, (target,)) for name in ("CNOT", "CNOT_Heralded") for target in (0, 1, True)],
    *[("CCNOT", (target,)) for target in (0, 1, 2)],
    *[("SWAP", pairs) for pairs in (((0, 1), (2, 3)), ((0, 3), (5, 1)), ((0, 1), (0, 1)), ([1, 0], [2, 3]))],
]
"""Gates and their arguments."""
REFUSED = [
    *[(name, (bad,)) for name in ("CNOT", "CNOT_Heralded", "CCNOT") for bad in (-1, 3, "1", None, 1.5)],
    *[(name, (bad,)) for name in ("P", "Rx", "Ry", "Rz") for bad in ("a", 1j, float("nan"))],
    *[("SWAP", bad) for bad in ((0, 1), ((0, 1, 2), (3, 4, 5)), ((0, 1), (2,)), ((-1, 0), (1, 2)))],
    *[("SWAP", bad) for bad in (((0, 1), (1, 2)), ((0.5, 1), (2, 3)), ((0, 1), (2, "a")), ((0, 1), 5))],
]


def assert_same(ours, theirs):
    np.testing.assert_allclose(ours.U, theirs.U, atol=1e-12)
    np.testing.assert_allclose(ours.U_full, theirs.U_full, atol=1e-12)
    assert ours.n_modes == theirs.n_modes
    assert ours.input_modes == theirs.input_modes
    assert ours.heralds.input == theirs.heralds.input
    assert ours.heralds.output == theirs.heralds.output


def written(circuit):
    """The names and labels of the elements of a circuit."""
    return [
        getattr(component, "name", getattr(component, "label", type(component).__name__))
        for component in circuit._get_circuit_spec()
    ]


def error_of(call, *args):
    try:
        call(*args)
    except Exception as error:
        return type(error).__name__
    return None


def test_names_and_signatures():
    assert sorted(lw.qubit.__all__) == sorted(reference.__all__)
    for name in reference.__all__:
        theirs = inspect.signature(getattr(reference, name)).parameters.values()
        ours = inspect.signature(getattr(lw.qubit, name)).parameters.values()
        assert [(p.name, p.default, p.kind) for p in ours] == [(p.name, p.default, p.kind) for p in theirs]
        if name != "qiskit_converter":
            bases = [base.__name__ for base in getattr(reference, name).__mro__[1:-1]]
            kept = [base.__name__ for base in getattr(lw.qubit, name).__mro__[1:-1]]
            assert [base for base in kept if not base.startswith("_")] == bases


@pytest.mark.parametrize(("name", "args"), CALLS)
def test_same_gates(name, args):
    ours, theirs = getattr(lw.qubit, name)(*args), getattr(reference, name)(*args)
    assert_same(ours, theirs)
    if args != (True,):  # which the reference writes on the gate as it is
        assert written(ours) == written(theirs)


@pytest.mark.parametrize(("name", "args"), REFUSED)
def test_same_refusals(name, args):
    found = error_of(getattr(lw.qubit, name), *args)
    assert found is not None
    assert found == error_of(getattr(reference, name), *args)


@pytest.mark.parametrize("name", ["P", "Rx", "Ry", "Rz"])
def test_same_parameters(name):
    ours, theirs = lw.Parameter(0.3, label="a"), lightworks.Parameter(0.3, label="a")
    gates = getattr(lw.qubit, name)(ours), getattr(reference, name)(theirs)
    for angle in (0.3, 2, -7.5):
        ours.set(angle)
        theirs.set(angle)
        assert_same(*gates)
    assert written(gates[0]) == written(gates[1])


@pytest.mark.parametrize("name", ["CZ", "CNOT", "CZ_Heralded", "CNOT_Heralded", "CCZ"])
def test_same_results(name):
    """Amplitudes and analyses of a gate, from both emulators."""
    n_qubits = 3 if name == "CCZ" else 2
    inputs = [
        [int(bit == value) for bit in bits for value in (0, 1)]
        for bits in itertools.product((0, 1), repeat=n_qubits)
    ]
    found = []
    for package, gates in ((lw, lw.qubit), (lightworks, reference)):
        states = [package.State(values) for values in inputs]
        circuit = getattr(gates, name)()
        backend = package.emulator.Backend("permanent")
        amplitudes = backend.run(package.Simulator(circuit, states, states)).array
        selection = package.PostSelection()
        for qubit in range(n_qubits):
            selection.add((2 * qubit, 2 * qubit + 1), 1)
        analyzer = package.Analyzer(circuit, states, expected=dict(zip(states, states, strict=True)))
        analyzer.post_selection = selection
        analysis = backend.run(analyzer)
        found.append((np.array(amplitudes), analysis.performance, analysis.error_rate))
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-12)
    np.testing.assert_allclose(found[0][1:], found[1][1:], atol=1e-12)


@pytest.mark.skipif(importlib.util.find_spec("qiskit") is None, reason="needs Qiskit")
class TestConverter:
    """Random circuits, converted by both."""

    @staticmethod
    def outcomes(circuit, allow):
        found = []
        for convert in (lw.qubit.qiskit_converter, reference.qiskit_converter):
            try:
                found.append(convert(circuit, allow))
            except Exception as error:
                found.append(type(error).__name__)
        return found

    def assert_alike(self, circuit, allow):
        ours, theirs = self.outcomes(circuit, allow)
        if isinstance(theirs, str) or isinstance(ours, str):
            assert ours == theirs
            return
        assert_same(ours[0], theirs[0])
        assert written(ours[0]) == written(theirs[0])
        rules = [
            None if found[1] is None else [(tuple(r.modes), tuple(r.n_photons)) for r in found[1].rules]
            for found in (ours, theirs)
        ]
        assert rules[0] == rules[1]

    def test_gates_on_two_qubits(self):
        from tests.qubit.qiskit_circuits import random_circuit

        rng = random.Random(21)
        for _ in range(60):
            self.assert_alike(random_circuit(rng, n_most=5, swaps=False, three=False), rng.random() < 0.6)

    def test_swaps(self):
        """Where nothing is post-selected."""
        from tests.qubit.qiskit_circuits import random_circuit

        rng = random.Random(22)
        for _ in range(30):
            self.assert_alike(random_circuit(rng, n_most=4, three=False), False)

    def test_gates_on_three_qubits(self):
        """Alike, but for the circuits that the reference converts into others than they are."""
        from lwfast.qubit.converter.post_selection_analysis import post_selection_analyzer
        from tests.qubit.qiskit_circuits import random_circuit

        rng = random.Random(23)
        refused = 0
        for _ in range(120):
            circuit = random_circuit(rng, n_most=5, swaps=False)
            allowed, _ = post_selection_analyzer(circuit)
            impossible = any(
                len(item.qubits) == 3 and item.operation.name != "barrier" and not may
                for item, may in zip(circuit.data, allowed, strict=True)
            )
            if impossible and not isinstance(self.outcomes(circuit, True)[1], str):
                assert self.outcomes(circuit, True)[0] == "ValueError"
                refused += 1
            else:
                self.assert_alike(circuit, True)
        assert 0 < refused < 20

    def test_the_reference_is_wrong_where_we_part(self):
        """If this fails, Lightworks has mended it, and the rows in docs/compatibility.md can go."""
        from qiskit import QuantumCircuit

        converter = importlib.import_module("lightworks.qubit.converter.utils")
        circuit = QuantumCircuit(3)
        circuit.ccz(0, 1, 2)
        circuit.cz(0, 1)
        assert converter.post_selection_analyzer(circuit)[0] == [True, True]
        circuit = QuantumCircuit(3)
        circuit.cz(0, 1)
        circuit.swap(0, 2)
        circuit.cz(1, 2)
        assert converter.post_selection_analyzer(circuit)[0] == [True, False, True]
