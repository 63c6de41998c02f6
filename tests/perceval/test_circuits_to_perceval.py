"""Circuits of lwfast as circuits of Perceval: the same light, with Parameters that stay live."""

from __future__ import annotations

import numpy as np
import pytest

pcvl = pytest.importorskip("perceval")
import sympy  # noqa: E402
from hypothesis import assume, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import lwfast as lw  # noqa: E402
from lwfast.circuit.components import Barrier, ModeSwaps  # noqa: E402
from tests.perceval.comparing import assert_same_physics, lwfast_circuits, unitary_of  # noqa: E402


@settings(max_examples=60, deadline=None)
@given(lwfast_circuits())
def test_same_unitary_there_and_back(circuit):
    """Perceval computes the unitary of the circuit, and it is the same again when it is back."""
    there = lw.to_perceval(circuit)
    assert isinstance(there, pcvl.Circuit)
    np.testing.assert_allclose(unitary_of(there), circuit.U, rtol=0, atol=1e-12)
    np.testing.assert_allclose(lw.from_perceval(there).U, circuit.U, rtol=0, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(lwfast_circuits(lossy=True, heralded=True))
def test_loss_and_heralds_there_and_back(circuit):
    """A circuit with loss and heralds is an Experiment, and the same circuit again when it is back."""
    there = lw.to_perceval(circuit)
    assert isinstance(there, pcvl.Experiment)
    assert there.in_heralds == circuit.heralds.input
    assert there.heralds == circuit.heralds.output
    back = lw.from_perceval(there).circuit
    assert back.heralds == circuit.heralds
    np.testing.assert_allclose(back.U, circuit.U, rtol=0, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(lwfast_circuits(lossy=True, heralded=True), st.data())
def test_same_distribution(circuit, data):
    """Perceval's distribution of such an Experiment is that of lwfast."""
    numbers = data.draw(
        st.lists(st.integers(0, 1), min_size=circuit.input_modes, max_size=circuit.input_modes)
    )
    sampler = lw.Sampler(circuit, lw.State(numbers), 1)
    experiment = lw.to_perceval(sampler)
    kept = lw.output_distribution(circuit.U, list(experiment.input_state), heralds=circuit.heralds.output)
    assume(sum(kept.probabilities) > 1e-3)
    assert_same_physics(experiment)


def test_barriers_and_swaps():
    """A barrier is one for each run of modes, and swaps leave the modes between them alone."""
    circuit = lw.PhotonicCircuit(5)
    circuit.barrier([4, 0, 1])
    circuit.mode_swaps({0: 3, 3: 0, 1: 1})
    circuit.mode_swaps({2: 2})
    there = lw.to_perceval(circuit)
    assert [(r, type(c)) for r, c in there] == [
        ((0, 1), pcvl.Barrier),
        ((4,), pcvl.Barrier),
        ((0, 1, 2, 3), pcvl.PERM),
    ]
    back = lw.from_perceval(there)._get_circuit_spec()
    assert back == [Barrier((0, 1)), Barrier((4,)), ModeSwaps({0: 3, 3: 0})]


def test_groups_are_inner_circuits():
    inner = lw.PhotonicCircuit(2)
    inner.bs(0)
    circuit = lw.PhotonicCircuit(3)
    circuit.add(inner, 1, group=True, name="cell")
    ((modes, cell),) = lw.to_perceval(circuit)._components
    assert (modes, cell.name, type(cell)) == ((1, 2), "cell", pcvl.Circuit)


# --- parameters -------------------------------------------------------------------------------------------


def parameterised():
    """A circuit with a Parameter in every kind of element, also where internal modes part a matrix."""
    names = ["r", "s", "phi", "loss", "theta"]
    found = {name: lw.Parameter(0.15 + 0.1 * k, label=name) for k, name in enumerate(names)}
    circuit = lw.PhotonicCircuit(4)
    circuit.add(lw.qubit.CNOT_Heralded())  # internal modes
    circuit.bs(0, 3, found["r"])
    circuit.bs(2, 1, found["s"], convention="H")
    circuit.bs(0, 2, found["s"], convention="H")
    circuit.ps(1, found["phi"])
    for gate in (lw.qubit.Rx, lw.qubit.Ry, lw.qubit.Rz, lw.qubit.P):
        circuit.add(gate(found["theta"]), 1)
        circuit.add(gate(found["phi"]), 2)
    return circuit, found


def test_parameters_are_live():
    """Each Parameter is a variable of its label and value; setting it does what it does here."""
    circuit, parameters = parameterised()
    there = lw.to_perceval(circuit)
    variables = {
        p.name: p for p in there.get_circuit_parameters().values() if not p.fixed and not p._is_expression
    }
    rng = np.random.default_rng(3)
    for _ in range(4):
        unitary = np.array(there.unitary_circuit().compute_unitary(), dtype=complex)
        np.testing.assert_allclose(unitary, circuit.U, rtol=0, atol=1e-12)
        for label, value in zip(parameters, rng.uniform(0, 1, len(parameters)), strict=True):
            parameters[label].set(float(value))
            if label in variables:
                variables[label].set_value(float(value))
    back = lw.from_perceval(there).circuit
    assert {p.label for p in back.get_all_params()} == {"r", "s", "phi", "theta"}
    for parameter in back.get_all_params():
        parameter.set(0.625)
        parameters[parameter.label].set(0.625)
    np.testing.assert_allclose(back.U, circuit.U, rtol=0, atol=1e-12)


def variables_of(circuit):
    return {p.name: p for p in lw.to_perceval(circuit).get_parameters()}


@settings(max_examples=30, deadline=None)
@given(st.floats(-20, 20), st.sampled_from([None, (-25, 25), (-25, None), (None, 25)]))
def test_value_and_bounds_there_and_back(value, bounds):
    """Value, bounds and label are those that went there, whatever range Perceval has for a phase."""
    circuit = lw.PhotonicCircuit(1)
    circuit.ps(0, lw.Parameter(value, bounds, "x"))
    (back,) = lw.from_perceval(lw.to_perceval(circuit)).get_all_params()
    assert (back.get(), back.label) == (value, "x")
    assert (back.min_bound, back.max_bound) == (bounds or (None, None))


def test_bounds_refuse_in_perceval_too():
    """A variable with bounds is not taken round by their width, which would be another phase."""
    circuit = lw.PhotonicCircuit(1)
    circuit.ps(0, lw.Parameter(-0.5, (-1, 1), "x"))
    (x,) = variables_of(circuit).values()
    with pytest.raises(ValueError, match="out of bound"):
        x.set_value(1.5)
    x.set_value(-0.75)
    assert float(x) == -0.75


def test_names_of_parameters():
    """Those without a label are numbered, past labels that look alike; two of one label are refused."""
    circuit = lw.PhotonicCircuit(1)
    for parameter in (lw.Parameter(0.1), lw.Parameter(0.2, label="p0"), lw.Parameter(0.3)):
        circuit.ps(0, parameter)
    assert {name: float(p) for name, p in variables_of(circuit).items()} == {"p1": 0.1, "p0": 0.2, "p2": 0.3}
    circuit.ps(0, lw.Parameter(0.4, label="p0"))
    with pytest.raises(ValueError, match="Two Parameters have the label 'p0'"):
        lw.to_perceval(circuit)


@pytest.mark.parametrize("label", ["E", "I", "S", "lambda", "theta 1", "R[0]", "2a", "pi", "gamma", "a-b"])
def test_labels_that_no_formula_can_have(label):
    """A label in which SymPy reads something else is refused where a formula is needed, and only there."""
    phases = lw.PhotonicCircuit(2)
    phases.ps(0, lw.Parameter(0.5, label=label))
    assert variables_of(phases).keys() == {label}
    splitter = lw.PhotonicCircuit(2)
    splitter.bs(0, reflectivity=lw.Parameter(0.5, label=label))
    with pytest.raises(ValueError, match="cannot stand in a formula"):
        lw.to_perceval(splitter)


def test_edges_of_a_reflectivity_parameter():
    """The formula holds from 0 to 1, ends included, and near 1, where an angle by acos loses digits."""
    parameter = lw.Parameter(0.5, label="r")
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(1, 0, parameter, convention="H")
    there = lw.to_perceval(circuit)
    for value in (0.0, 1e-14, 0.5, 1 - 1e-14, 1.0):
        parameter.set(value)
        there.param("r").set_value(value)
        np.testing.assert_allclose(unitary_of(there), circuit.U, rtol=0, atol=1e-12)


def test_matrices_that_perceval_has_not():
    """A symbolic matrix is refused by the name of its Parameters; its present value is taken."""
    x = sympy.Symbol("x")
    matrix = lw.circuit.ParameterizedUnitary(
        sympy.Matrix([[sympy.cos(x), -sympy.sin(x)], [sympy.sin(x), sympy.cos(x)]]),
        {"x": lw.Parameter(0.25, label="angle")},
    )
    circuit = lw.Unitary(matrix)
    with pytest.raises(ValueError, match=r"ParameterizedUnitary depends on Parameters \('angle'\).*freeze"):
        lw.to_perceval(circuit)
    frozen = circuit.copy(freeze_parameters=True)
    np.testing.assert_allclose(unitary_of(lw.to_perceval(frozen)), circuit.U, rtol=0, atol=1e-12)


def test_parameters_that_are_no_numbers():
    circuit = lw.PhotonicCircuit(1)
    circuit.ps(0, lw.Parameter("much", label="x"))
    with pytest.raises(ValueError, match="'x' has the value 'much'"):
        lw.to_perceval(circuit)


def test_large_phases_lose_no_digits():
    circuit = lw.PhotonicCircuit(1)
    circuit.ps(0, 1e9)
    np.testing.assert_allclose(unitary_of(lw.to_perceval(circuit)), circuit.U, rtol=0, atol=1e-15)
