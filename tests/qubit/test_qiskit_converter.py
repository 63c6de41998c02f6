"""Circuits of Qiskit as photonic circuits: they do to dual-rail qubits what Qiskit says."""

from __future__ import annotations

import builtins
import random

import numpy as np
import pytest

import lwfast as lw
from lwfast.circuit.blocks import Group
from lwfast.circuit.components import Barrier
from lwfast.qubit.converter.converter import Converter, convert_two_qubits_to_adjacent
from tests.qubit.dual_rail import action
from tests.started import said_by_python

qiskit = pytest.importorskip("qiskit")
from qiskit.quantum_info import Operator  # noqa: E402

from lwfast.qubit.converter.post_selection_analysis import post_selection_analyzer  # noqa: E402
from lwfast.qubit.converter.qiskit_circuits import QiskitConverter  # noqa: E402
from tests.qubit.qiskit_circuits import random_circuit, stirred  # noqa: E402

convert = lw.qubit.qiskit_converter


def circuit_of(n_qubits, *gates):
    """A circuit of (name, qubits...)."""
    circuit = qiskit.QuantumCircuit(n_qubits)
    for name, *qubits in gates:
        getattr(circuit, name)(*qubits)
    return circuit


def assert_does_what_qiskit_says(circuit, allow_post_selection):
    """Whatever the qubits are, outcomes that count are those of the gates, with one amplitude for all."""
    photonic, selection = convert(circuit, allow_post_selection)
    found, leaked = action(photonic, circuit.num_qubits, selection)
    wanted = Operator(circuit.reverse_bits()).data
    scale = np.vdot(wanted, found) / np.vdot(wanted, wanted)
    np.testing.assert_allclose(found, scale * wanted, atol=1e-9 * abs(scale))
    assert leaked < 1e-9 * abs(scale) ** 2
    return abs(scale) ** 2, photonic, selection


def groups_of(photonic):
    return [component.name for component in photonic._get_circuit_spec() if isinstance(component, Group)]


def rules_of(selection):
    return None if selection is None else [rule.as_tuple() for rule in selection.rules]


@pytest.mark.parametrize("allow", [False, True])
def test_random_circuits(allow):
    rng = random.Random(11)
    converted = 0
    while converted < 40:
        circuit = stirred(random_circuit(rng, n_most=3 + allow, three=allow))
        try:
            photonic, _ = convert(circuit, allow)
        except ValueError:
            assert any(len(item.qubits) == 3 for item in circuit.data)
            continue
        if photonic.n_modes > 14:
            continue
        assert_does_what_qiskit_says(circuit, allow)
        converted += 1


def test_bell_states():
    """A heralded gate succeeds one time in 16, a post-selected one one time in 9."""
    circuit = circuit_of(2, ("h", 0), ("cx", 0, 1))
    probability, photonic, selection = assert_does_what_qiskit_says(circuit, False)
    assert abs(probability - 1 / 16) < 1e-14
    assert selection is None
    assert groups_of(photonic) == ["CNOT Heralded (0, 1)"]
    probability, photonic, selection = assert_does_what_qiskit_says(circuit, True)
    assert abs(probability - 1 / 9) < 1e-14
    assert rules_of(selection) == [((0, 1), (1,)), ((2, 3), (1,))]
    assert groups_of(photonic) == ["CNOT (0, 1)"]


@pytest.mark.parametrize(
    ("n_qubits", "gates", "flags", "ruled"),
    [
        (2, [("h", 0)], [False], []),
        (2, [("cz", 0, 1)], [True], [0, 1]),
        (3, [("cz", 0, 1), ("cz", 1, 2)], [True, True], [0, 1, 2]),
        (2, [("cz", 0, 1), ("barrier",), ("cz", 0, 1)], [False, False, True], [0, 1]),
        (3, [("cz", 0, 1), ("cz", 1, 2), ("cz", 0, 2)], [False, True, True], [0, 1, 2]),
        (4, [("cz", 1, 2), ("cz", 0, 1), ("cz", 2, 3)], [False, True, True], [0, 1, 2, 3]),
        (3, [("ccz", 0, 1, 2)], [True], [0, 1, 2]),
        (3, [("cz", 0, 1), ("ccz", 0, 1, 2)], [False, True], [0, 1, 2]),
        (4, [("ccz", 0, 1, 2), ("cz", 2, 3)], [True, True], [0, 1, 2, 3]),
        # Two of its qubits go on, each to another: what is found in those says that both were right.
        (5, [("ccz", 0, 1, 2), ("cz", 0, 3), ("cz", 1, 4)], [True, True, True], [0, 1, 2, 3, 4]),
        # Later gates connect two of its qubits, directly or through a third.
        (3, [("ccz", 0, 1, 2), ("cz", 0, 1)], [False, True], [0, 1]),
        (4, [("ccz", 0, 1, 2), ("cz", 0, 3), ("cz", 3, 1)], [False, True, True], [0, 1, 3]),
        # Swaps do nothing but move a qubit.
        (3, [("cz", 0, 1), ("swap", 0, 2), ("cz", 1, 2)], [False, False, True], [1, 2]),
        (3, [("cz", 0, 1), ("swap", 1, 2), ("cz", 0, 1)], [True, False, True], [0, 1, 2]),
        (4, [("cz", 0, 1), ("swap", 0, 2), ("swap", 1, 3)], [True, False, False], [2, 3]),
    ],
)
def test_where_post_selection_holds(n_qubits, gates, flags, ruled):
    circuit = circuit_of(n_qubits, *gates)
    assert post_selection_analyzer(circuit) == (flags, ruled)
    impossible = any(name == "ccz" and not flag for (name, *_), flag in zip(gates, flags, strict=True))
    if n_qubits < 5 and not impossible:
        _, photonic, selection = assert_does_what_qiskit_says(stirred(circuit), True)
        assert sum("Heralded" not in name for name in groups_of(photonic)) == sum(flags)
        assert rules_of(selection) == ([((2 * q, 2 * q + 1), (1,)) for q in ruled] or None)


def test_three_qubits_that_need_a_herald_are_refused():
    circuit = circuit_of(3, ("ccx", 0, 1, 2), ("cx", 0, 1))
    with pytest.raises(ValueError, match=r"'ccx' on three qubits works with post-selection only"):
        convert(circuit, True)
    with pytest.raises(ValueError, match="set allow_post_selection to True"):
        convert(circuit_of(3, ("ccz", 0, 1, 2)))
    with pytest.raises(ValueError, match=r"'ccz' should be adjacent, got \(0, 1, 3\)"):
        convert(circuit_of(4, ("ccz", 0, 1, 3)), True)


@pytest.mark.parametrize("target", [0, 1, 2])
def test_toffoli_targets(target):
    controls = [qubit for qubit in range(3) if qubit != target]
    for order in (controls, controls[::-1]):
        probability, _, _ = assert_does_what_qiskit_says(circuit_of(3, ("ccx", *order, target)), True)
        assert abs(probability - 1 / 72) < 1e-14


def test_qubits_of_several_registers():
    """Qubits are numbered through all registers."""
    first, second = qiskit.QuantumRegister(2, "a"), qiskit.QuantumRegister(1, "b")
    circuit = qiskit.QuantumCircuit(first, second)
    circuit.h(first[1])
    circuit.cx(first[1], second[0])
    same = circuit_of(3, ("h", 1), ("cx", 1, 2))
    assert convert(circuit)[0] == convert(same)[0]


def test_barriers_are_kept():
    circuit = qiskit.QuantumCircuit(3)
    circuit.barrier([0, 2])
    assert convert(circuit)[0]._get_circuit_spec() == [Barrier((0, 1, 4, 5))]


def test_bound_parameters():
    """Parameters of Qiskit that have values are numbers; without one they are refused."""
    angle = qiskit.circuit.Parameter("angle")
    circuit = qiskit.QuantumCircuit(1)
    circuit.rx(2 * angle + 1, 0)
    circuit.u(angle, 0, 1, 0)
    bound = circuit.assign_parameters({angle: 0.25})
    assert_does_what_qiskit_says(bound, False)
    with pytest.raises(TypeError):
        convert(circuit)
    only_u = qiskit.QuantumCircuit(1)
    only_u.u(angle, 0, 1, 0)
    with pytest.raises(TypeError):
        convert(only_u)


UNSUPPORTED = {
    "id": (0,), "sxdg": (0,), "r": (0.1, 0.2, 0), "reset": (0,), "delay": (1, 0), "iswap": (0, 1),
    "cp": (0.1, 0, 1), "cy": (0, 1), "ch": (0, 1), "cs": (0, 1), "ecr": (0, 1), "rzz": (0.1, 0, 1),
    "dcx": (0, 1), "cswap": (0, 1, 2), "measure_all": (), "unitary": (np.eye(2), 0),
    "initialize": ([1, 0], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_other_gates_are_refused(name):
    circuit = qiskit.QuantumCircuit(3)
    getattr(circuit, name)(*UNSUPPORTED[name])
    with pytest.raises(
        ValueError, match=r"Unsupported gate '\w+' on \d qubits?; gates that can be converted"
    ):
        convert(circuit, True)


def test_gates_of_other_sizes_or_controls_are_refused():
    circuit = qiskit.QuantumCircuit(2)
    circuit.append(qiskit.circuit.Gate("h", 2, []), [0, 1])
    with pytest.raises(ValueError, match="Unsupported gate 'h' on 2 qubits"):
        convert(circuit)
    circuit = qiskit.QuantumCircuit(2)
    circuit.cx(0, 1, ctrl_state=0)
    with pytest.raises(ValueError, match="Unsupported gate 'cx_o0'"):
        convert(circuit)


@pytest.mark.parametrize("bad", [None, "circuit", 3, lw.PhotonicCircuit(2), qiskit.QuantumCircuit])
def test_only_circuits_of_qiskit(bad):
    with pytest.raises(TypeError, match="should be a QuantumCircuit of Qiskit"):
        convert(bad)


def test_converter_for_more_qubits():
    circuit = circuit_of(2, ("cx", 0, 1))
    photonic, selection = QiskitConverter(3, True).convert(circuit)
    assert photonic.input_modes == 6
    assert rules_of(selection) == [((0, 1), (1,)), ((2, 3), (1,))]
    with pytest.raises(ValueError, match="has 2 qubits, and the converter is for 1"):
        QiskitConverter(1).convert(circuit)


@pytest.mark.parametrize("installed", [True, False])
def test_whether_qiskit_is_installed_is_said_without_importing_it(installed):
    """At Lightworks' path, too."""
    code = (
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        f"importlib.util.find_spec = find if {installed} else (lambda name: None)\n"
        "from lwfast.qubit.converter import QISKIT_INSTALLED\n"
        "importlib.util.find_spec = find\n"
        "import lwfast.lightworks; lwfast.lightworks.install()\n"
        "from lightworks.qubit.converter import QISKIT_INSTALLED as same\n"
        "print(QISKIT_INSTALLED is same, same, 'qiskit' in sys.modules)\n"
    )
    assert said_by_python(code).split() == ["True", str(installed), "False"]


def test_converter_without_qiskit(monkeypatch):
    """Gates by their names need no Qiskit; a circuit of Qiskit does, and the error says what to install."""
    photonic = lw.PhotonicCircuit(4)
    Converter(2).add_gate(photonic, "cx", (1, 0))
    assert photonic == convert(circuit_of(2, ("cx", 1, 0)))[0]
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.split(".")[0] == "qiskit":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(lw.LightworksDependencyError, match=r"lwfast\[qiskit\]"):
        convert(None)


def test_where_distant_qubits_meet():
    """Swaps take both to where the gate is, in their order, in the middle between them."""
    for q0 in range(7):
        for q1 in set(range(7)) - {q0}:
            end_0, end_1, swaps = convert_two_qubits_to_adjacent(q0, q1)
            places = list(range(7))
            for a, b in swaps:
                places[a], places[b] = places[b], places[a]
            assert (places[end_0], places[end_1]) == (q0, q1)
            assert abs(end_0 - end_1) == 1
            assert (end_0 < end_1) == (q0 < q1)
            assert abs((end_0 + end_1) - (q0 + q1)) <= 1
    with pytest.raises(ValueError, match="two different ones, got 3 twice"):
        convert_two_qubits_to_adjacent(3, 3)
