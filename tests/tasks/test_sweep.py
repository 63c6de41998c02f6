"""Sweeps as a person makes them: which settings they have, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast.circuit.parameterized_unitary import ParameterizedUnitary


def two_parameters():
    theta = lw.Parameter(0.1, label="theta")
    mix = lw.Parameter(0.5, bounds=[0, 1], label="mix")
    circuit = lw.PhotonicCircuit(3)
    circuit.bs(0)
    circuit.ps(1, theta)
    circuit.bs(1, reflectivity=mix)
    circuit.bs(0)
    return circuit, theta, mix


def sampler(circuit):
    return lw.Sampler(circuit, lw.State([1, 1, 0]), 100, random_seed=1)


def test_values_side_by_side_and_every_combination():
    circuit, theta, mix = two_parameters()
    side = lw.Sweep(sampler(circuit), {theta: [0, 1, 2], "mix": 0.25})
    assert side.labels == ("theta", "mix")
    assert side.shape == (3,)
    assert side.settings.tolist() == [[0, 0.25], [1, 0.25], [2, 0.25]]
    assert not side.settings.flags.writeable
    grid = lw.Sweep(sampler(circuit), {theta: [0, 1], mix: [0.1, 0.2, 0.3]}, grid=True)
    assert grid.shape == (2, 3)
    assert len(grid) == 6
    assert grid.settings[1].tolist() == [0, 0.2]  # the last one varies fastest


def test_columns_without_a_label_are_numbered():
    circuit = lw.PhotonicCircuit(2)
    phase = lw.Parameter(0)
    circuit.ps(0, phase)
    assert lw.Sweep(lw.Simulator(circuit, lw.State([1, 0])), {phase: (0, 1)}).labels == ("parameter_0",)


@pytest.mark.parametrize(
    ("parameters", "error", "told"),
    [
        ({}, ValueError, "at least one parameter"),
        ({"nobody": [1]}, ValueError, "label 'nobody'; its labels are 'mix', 'theta'"),
        ({"theta": []}, ValueError, "no values"),
        ({"theta": [1, np.nan]}, lw.ParameterValueError, "Value 1 of theta is nan"),
        ({"theta": [np.inf]}, lw.ParameterValueError, "finite"),
        ({"mix": [0.5, 1.5]}, lw.ParameterValueError, "bounds are 0 to 1"),
        ({"theta": [1, 2, 3], "mix": [0.1, 0.2]}, ValueError, "as many for each"),
        ({"theta": [[1, 2]]}, ValueError, "one dimension"),
        ({"theta": ["a"]}, TypeError, "real numbers, got .*'a'"),
        ({"theta": [True]}, TypeError, "real numbers"),
        ({3: [1]}, TypeError, "labels as keys"),
        ([1], TypeError, "should map Parameters"),
    ],
)
def test_what_is_no_sweep_is_refused(parameters, error, told):
    circuit, _, _ = two_parameters()
    with pytest.raises(error, match=told):
        lw.Sweep(sampler(circuit), parameters)
    with pytest.raises(error, match=told):
        circuit.unitaries(parameters)


def test_parameters_of_others_are_refused():
    circuit, theta, _ = two_parameters()
    with pytest.raises(ValueError, match="not one of the circuit's 2 parameters"):
        lw.Sweep(sampler(circuit), {lw.Parameter(0.1, label="theta"): [1]})
    with pytest.raises(ValueError, match="given twice"):
        lw.Sweep(sampler(circuit), {theta: [1], "theta": [1]})
    with pytest.raises(TypeError, match="takes a Sampler"):
        lw.Sweep(lw.Batch(), {theta: [1]})
    circuit.ps(0, lw.Parameter(0, label="theta"))
    with pytest.raises(ValueError, match="2 parameters with the label"):
        lw.Sweep(sampler(circuit), {"theta": [1]})


@pytest.mark.parametrize("label", ["counts", "mode_0", "setting", "state", "\ud800"])
def test_a_label_that_is_another_column_is_refused(label):
    circuit = lw.PhotonicCircuit(2)
    phase = lw.Parameter(0, label=label)
    circuit.ps(0, phase)
    with pytest.raises(lw.ResultCreationError, match="another label"):
        lw.Sweep(sampler_of_two(circuit), {phase: [1]})


def sampler_of_two(circuit):
    return lw.Sampler(circuit, lw.State([1, 1]), 10)


# --- circuit.unitaries ------------------------------------------------------------------------------------


def one_by_one(circuit, values):
    before = {parameter: parameter.get() for parameter in values}
    size = max(np.size(column) for column in values.values())
    found = []
    for row in range(size):
        for parameter, column in values.items():
            parameter.set(float(np.broadcast_to(column, size)[row]))
        found.append(circuit.U)
    for parameter, value in before.items():
        parameter.set(value)
    return np.array(found)


def same_bits(first, second):
    return np.array_equal(first.view(np.uint64), np.ascontiguousarray(second).view(np.uint64))


def test_unitaries_are_those_of_setting_the_parameters():
    theta, mix, loss = (lw.Parameter(0.3, label=name) for name in ("theta", "mix", "loss"))
    inner = lw.PhotonicCircuit(3)
    inner.bs(0, reflectivity=mix, convention="H")
    inner.ps(1, theta, loss=loss)
    inner.herald(2, 1)
    inner.bs(1)
    circuit = lw.PhotonicCircuit(4)
    circuit.add(lw.Unitary(lw.random_unitary(4, seed=3)))
    circuit.add(inner, 1, group=True)
    circuit.mode_swaps({0: 2, 2: 1, 1: 0})
    circuit.bs(0, loss=loss)
    circuit.barrier()
    circuit.ps(3, theta)
    values = {theta: np.linspace(-4, 9, 600), mix: np.linspace(0, 1, 600), loss: 0.125}
    assert same_bits(circuit.unitaries(values), one_by_one(circuit, values))
    assert theta.get() == mix.get() == loss.get() == 0.3
    by_label = circuit.unitaries({"theta": values[theta], "mix": values[mix], "loss": 0.125})
    assert same_bits(by_label, circuit.unitaries(values))
    assert circuit.unitaries({theta: 1.0}).shape == (1, circuit.n_modes, circuit.n_modes)


def test_unitaries_of_a_symbolic_matrix():
    sympy = pytest.importorskip("sympy")
    x = sympy.Symbol("x")
    matrix = sympy.Matrix([[sympy.cos(x), sympy.sin(x)], [-sympy.sin(x), sympy.cos(x)]])
    angle, phase = lw.Parameter(0.2, label="angle"), lw.Parameter(0.1, label="phase")
    circuit = lw.PhotonicCircuit(2)
    circuit.add(lw.Unitary(ParameterizedUnitary(matrix, {"x": angle})))
    circuit.ps(0, phase)
    values = {angle: np.linspace(0, 3, 5), phase: np.linspace(1, 2, 5)}
    assert same_bits(circuit.unitaries(values), one_by_one(circuit, values))
    assert same_bits(circuit.unitaries({phase: [1, 2]}), one_by_one(circuit, {phase: np.array([1.0, 2.0])}))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1)), min_size=1, max_size=20),
)
def test_unitaries_of_any_settings(rows):
    circuit, theta, mix = two_parameters()
    values = {theta: np.array([row[0] for row in rows]), mix: np.array([row[1] for row in rows])}
    assert same_bits(circuit.unitaries(values), one_by_one(circuit, values))


def test_a_value_that_no_element_takes():
    mix = lw.Parameter(0.5, label="mix")
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0, reflectivity=mix)
    with pytest.raises(lw.CircuitCompilationError, match=r"1\.5"):
        circuit.unitaries({mix: [0.2, 1.5, 0.3]})
