"""Circuits of Perceval as circuits of lwfast: the same unitary, components, names and Parameters."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

pcvl = pytest.importorskip("perceval")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import lwfast as lw  # noqa: E402
from lwfast.circuit.blocks import Group  # noqa: E402
from lwfast.circuit.components import Barrier, BeamSplitter, Loss, ModeSwaps, PhaseShifter  # noqa: E402
from tests.perceval.comparing import ANGLES, PHASES, perceval_circuits, unitary_of  # noqa: E402


def elements_of(circuit):
    return circuit._get_circuit_spec()


@settings(max_examples=60, deadline=None)
@given(perceval_circuits())
def test_same_unitary(circuit):
    """Any circuit has the unitary that Perceval computes of it, to 1e-12."""
    np.testing.assert_allclose(lw.from_perceval(circuit).U, unitary_of(circuit), rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(perceval_circuits())
def test_there_and_back(circuit):
    """What comes back from lwfast has the unitary of what went there."""
    back = lw.to_perceval(lw.from_perceval(circuit))
    assert isinstance(back, pcvl.Circuit)
    np.testing.assert_allclose(unitary_of(back), unitary_of(circuit), rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(ANGLES, st.tuples(PHASES, PHASES, PHASES, PHASES), st.sampled_from(["Rx", "Ry", "H"]))
def test_beam_splitter_conventions(theta, phases, convention):
    """A beam splitter is what its definition says: phases, rotation, phases."""
    c, s = math.cos(theta / 2), math.sin(theta / 2)
    core = {"Rx": [[c, 1j * s], [1j * s, c]], "Ry": [[c, -s], [s, c]], "H": [[c, s], [s, -c]]}[convention]
    tl, bl, tr, br = np.exp(1j * np.array(phases))
    wanted = np.diag([tr, br]) @ np.array(core) @ np.diag([tl, bl])
    found = lw.from_perceval(getattr(pcvl.BS, convention)(theta, *phases)).U
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_plain_beam_splitters_stay_beam_splitters():
    """A usual beam splitter is an element with a reflectivity, which a QPU takes, and not a matrix."""
    for convention, name in ((pcvl.BS.Rx, "Rx"), (pcvl.BS.H, "H")):
        (element,) = elements_of(lw.from_perceval(convention(2 * math.acos(math.sqrt(0.3)))))
        assert isinstance(element, BeamSplitter)
        assert element.reflectivity == pytest.approx(0.3, abs=1e-15)
        assert (element.mode_1, element.mode_2, element.convention) == (0, 1, name)
    kinds = [type(element) for element in elements_of(lw.from_perceval(pcvl.BS.Ry(phi_tr=0.1)))]
    assert kinds == [PhaseShifter, BeamSplitter, PhaseShifter]


def test_direction_of_permutations():
    """`PERM([2, 0, 1])` takes mode 0 to mode 2, in both packages."""
    circuit = pcvl.Circuit(4) // (1, pcvl.PERM([2, 0, 1]))
    converted = lw.from_perceval(circuit)
    assert elements_of(converted) == [ModeSwaps({1: 3, 2: 1, 3: 2})]
    found = lw.output_distribution(converted.U, [0, 1, 0, 0])
    assert found.states[found.probabilities.argmax()].tolist() == [0, 0, 0, 1]
    ((_, back),) = list(lw.to_perceval(converted))
    assert back.perm_vector == [2, 0, 1]


def test_names_barriers_and_nested_circuits():
    """Circuits in a circuit become groups of their name; a barrier stays one."""
    inner = pcvl.Circuit(2, name="cell") // pcvl.BS() // pcvl.Barrier(2)
    outer = (
        pcvl.Circuit(3).add(1, inner).add(0, pcvl.Barrier(3)).add(0, pcvl.Unitary(pcvl.Matrix.eye(2), "V"))
    )
    group, barrier, matrix = elements_of(lw.from_perceval(outer))
    assert isinstance(group, Group)
    assert (group.name, group.mode_1, group.mode_2) == ("cell", 1, 2)
    assert barrier == Barrier((0, 1, 2))
    assert matrix.label == "V"
    back = lw.to_perceval(lw.from_perceval(outer))
    assert [component.name for _, component in back._components] == ["cell", "I", "V"]


def test_loss():
    """Loss channels lose what they say, and come back."""
    component = lw.from_perceval(pcvl.LC(0.25))
    assert elements_of(component) == [Loss(0, 0.25)]
    experiment = lw.to_perceval(component)
    assert [type(part) for _, part in experiment.components] == [pcvl.LC]
    assert float(experiment.components[0][1].param("loss")) == 0.25


# --- parameters -------------------------------------------------------------------------------------------


def variable(name, value, *bounds):
    made = pcvl.Parameter(name, None, *bounds)
    made.set_value(value)
    return made


def parameterised():
    """A circuit with a variable in every place that takes one, and what sets it."""
    names = ["theta", "a", "b", "c", "d", "phi"]
    found = {name: variable(name, 0.3 + 0.4 * k) for k, name in enumerate(names)}
    circuit = pcvl.Circuit(3)
    circuit.add(0, pcvl.BS.Ry(found["theta"], found["a"], found["b"], found["c"], found["d"]))
    circuit.add(1, pcvl.PS(found["phi"]))
    circuit.add(1, pcvl.BS.H(0.7))
    circuit.add(0, pcvl.BS.Rx(found["theta"]))
    circuit.add(2, pcvl.PS(pcvl.Expression("2*phi - a/3", {found["phi"], found["a"]})))
    circuit.add(1, pcvl.BS.H(pcvl.Expression("theta + b", {found["theta"], found["b"]})))
    return circuit, found


def test_parameters_are_live():
    """Each variable is one Parameter of its name, value and bounds; setting it does what Perceval does."""
    circuit, variables = parameterised()
    converted = lw.from_perceval(circuit)
    parameters = {parameter.label: parameter for parameter in converted.get_all_params()}
    assert parameters.keys() == variables.keys()
    for name, parameter in parameters.items():
        assert parameter.get() == float(variables[name])
        assert (parameter.min_bound, parameter.max_bound) == variables[name].bounds
    rng = np.random.default_rng(5)
    for _ in range(5):
        for name, value in zip(parameters, rng.uniform(0, 2 * math.pi, 6), strict=True):
            parameters[name].set(float(value))
            variables[name].set_value(float(value))
        np.testing.assert_allclose(converted.U, unitary_of(circuit), rtol=0, atol=1e-12)
    back = lw.to_perceval(converted)
    assert {p.name for p in back.get_parameters()} == variables.keys()
    for name, value in zip(parameters, rng.uniform(0, 2 * math.pi, 6), strict=True):
        back.param(name).set_value(float(value))
        variables[name].set_value(float(value))
    np.testing.assert_allclose(unitary_of(back), unitary_of(circuit), rtol=0, atol=1e-12)


def test_sweeps_copies_and_pickles_of_converted_circuits():
    """Parameters of matrices can be swept, frozen and pickled like those of elements."""
    circuit, variables = parameterised()
    converted = lw.from_perceval(circuit)
    values = np.linspace(0, 3, 4)
    swept = converted.unitaries({"theta": values, "phi": values[::-1]})
    for value, other, found in zip(values, values[::-1], swept, strict=True):
        variables["theta"].set_value(value)
        variables["phi"].set_value(other)
        np.testing.assert_allclose(found, unitary_of(circuit), rtol=0, atol=1e-12)
    frozen = converted.copy(freeze_parameters=True)
    assert not frozen.get_all_params()
    np.testing.assert_array_equal(frozen.U, converted.U)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(converted)).U, converted.U)


@pytest.mark.parametrize("name", ["theta", "a", "b", "d", "phi"])
def test_derivatives(name):
    """Derivatives by Parameters in formulas and matrices are those of finite differences."""
    circuit, _ = parameterised()
    converted = lw.from_perceval(circuit)
    (parameter,) = (p for p in converted.get_all_params() if p.label == name)
    sampler = lw.Sampler(converted, lw.State([1, 1, 0]), 1)

    def observable(state):
        return float(state[0] + 2 * state[1] * state[2])

    _, gradient = lw.expectation(sampler, observable, gradient=True)
    start, step = parameter.get(), 1e-5
    ends = []
    for value in (start - step, start + step):
        parameter.set(value)
        ends.append(lw.expectation(sampler, observable))
    assert gradient[parameter] == pytest.approx((ends[1] - ends[0]) / (2 * step), abs=1e-8)


def test_bounds_and_fixed_parameters():
    """Bounds are kept, and refuse; a parameter that Perceval has fixed is a number."""
    circuit = pcvl.Circuit(1) // pcvl.PS(variable("x", 0.5, 0.1, 0.9)) // pcvl.PS(pcvl.Parameter("y", 0.25))
    (parameter,) = lw.from_perceval(circuit).get_all_params()
    assert (parameter.label, parameter.min_bound, parameter.max_bound) == ("x", 0.1, 0.9)
    with pytest.raises(lw.ParameterValueError):
        parameter.set(1.0)


def test_values_that_are_given():
    """A variable without a value needs one; a Parameter may be given for it, for several circuits at once."""
    circuit = pcvl.Circuit(2) // pcvl.PS(pcvl.P("x")) // pcvl.BS(pcvl.P("y"))
    with pytest.raises(ValueError, match=r"Parameter 'x' has no value.*parameters=\{'x': 0.5\}"):
        lw.from_perceval(circuit)
    shared = lw.Parameter(0.25, label="mine")
    first, second = (lw.from_perceval(circuit, {"x": shared, "y": value}) for value in (1, 2))
    shared.set(0.75)
    for converted, theta in ((first, 1), (second, 2)):
        circuit.assign({"x": 0.75, "y": theta})
        np.testing.assert_allclose(converted.U, unitary_of(circuit), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="no parameter 'z'; its variable parameters are: 'x', 'y'"):
        lw.from_perceval(circuit, {"x": 1, "y": 1, "z": 1})
    with pytest.raises(TypeError, match="Value of 'x'"):
        lw.from_perceval(circuit, {"x": "much"})
    with pytest.raises(lw.ParameterBoundsError, match="'x' has the value 7, outside of its bounds"):
        lw.from_perceval(circuit, {"x": 7, "y": 1})


# --- what has no counterpart --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "component",
    [pcvl.PBS(), pcvl.HWP(0.1), pcvl.PR(0.1), pcvl.Unitary(pcvl.Matrix.eye(2), use_polarization=True)],
)
def test_no_polarisation(component):
    with pytest.raises(TypeError, match=f"component {component.name} .* have no polarisation"):
        lw.from_perceval(component)
    with pytest.raises(TypeError, match="have no polarisation"):
        lw.from_perceval(pcvl.Circuit(component.m).add(0, component))


def test_no_time_delay():
    with pytest.raises(TypeError, match=r"component TD .*no time delay"):
        lw.from_perceval(pcvl.TD(1))


def test_no_random_phase():
    with pytest.raises(ValueError, match=r"component PS .*max_error is not 0.*apply_phase_noise"):
        lw.from_perceval(pcvl.PS(0.1, max_error=0.2))


def test_no_formula_of_a_loss():
    loss = pcvl.Expression("x/2", {variable("x", 0.5)})
    with pytest.raises(ValueError, match=r"component LC .*its loss is the formula x/2"):
        lw.from_perceval(pcvl.LC(loss))


def test_a_loss_that_is_a_variable_is_live():
    experiment = pcvl.Experiment(1).add(0, pcvl.LC(variable("x", 0.5)))
    experiment.min_detected_photons_filter(0)
    circuit = lw.from_perceval(experiment).circuit
    (parameter,) = circuit.get_all_params()
    parameter.set(0.75)
    assert abs(circuit.U[0, 0]) == pytest.approx(0.5)


def test_components_of_other_kinds_are_their_matrix():
    """A component that lwfast does not know is taken as its matrix, unless it has variables."""

    class Mirror(pcvl.ACircuit):
        DEFAULT_NAME = "Mirror"

        def __init__(self, phi=0.5):
            super().__init__(2)
            self._phi = self._set_parameter("phi", phi, 0, 7)

        def _compute_unitary(self, assign=None, use_symbolic=False):
            return pcvl.Matrix([[0, np.exp(1j * float(self._phi))], [1, 0]])

        def describe(self):
            return "Mirror()"

    np.testing.assert_allclose(lw.from_perceval(Mirror()).U, unitary_of(Mirror()), rtol=0, atol=1e-12)
    with pytest.raises(TypeError, match="component Mirror"):
        lw.from_perceval(Mirror(variable("phi", 0.25)))
