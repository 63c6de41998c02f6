"""Data of every form give the same; what is missing or wrong is named."""

import numpy as np
import pytest

import lwfast as lw
from lwfast import tomography
from lwfast.errors import LightworksError, TomographyDataError
from lwfast.results import SamplingResult
from tests.tomography.gates import Gates


@pytest.fixture
def state():
    gates = Gates(2)
    measured = tomography.StateTomography(2, gates.circuit)
    return measured, gates.counted(measured.get_experiments(), 100, 1)


@pytest.fixture
def process():
    gates = Gates(1)
    measured = tomography.LIProcessTomography(1, gates.circuit)
    return measured, gates.counted(measured.get_experiments(), 100, 1)


def test_forms_of_data(state):
    measured, data = state
    expected = measured.process(data)
    names = measured.get_experiments().all_measurement_basis
    assert names[:4] == ["X,X", "X,Y", "X,Z", "Y,X"]
    forms = [
        tuple(data),
        dict(zip(reversed(names), reversed(data), strict=True)),
        {**dict(zip(names, data, strict=True)), "more": None},
        [{lw.State(key): count for key, count in result.items()} for result in data],
        [SamplingResult(result) for result in data],
        [{(*key, 3): count for key, count in result.items()} for result in data],
        [{key: count / 100 for key, count in result.items()} for result in data],
    ]
    for form in forms:
        assert np.allclose(measured.process(form), expected, rtol=0, atol=1e-15)


def test_forms_of_data_of_a_process(process):
    measured, data = process
    expected = measured.process(data)
    experiments = measured.get_experiments()
    names = zip(experiments.all_input_basis, experiments.all_measurement_basis, strict=True)
    assert np.array_equal(measured.process(dict(zip(names, data, strict=True))), expected)
    assert [s.s for s in experiments.all_inputs[::3]] == [[1, 0], [0, 1], [1, 0], [1, 0]]
    assert len(experiments.all_circuits) == len(experiments) == 12


def test_a_sweep_is_what_its_results_are():
    gates = Gates(2)
    measured = tomography.StateTomography(2, gates.circuit)
    data = lw.emulator.Backend().run(measured.get_sweep(50, rng=1))
    assert np.array_equal(measured.process(data), measured.process([data[i] for i in range(len(data))]))
    batch = measured.get_sweep(50, rng=1).as_batch()
    assert np.array_equal(measured.process(lw.emulator.Backend().run(batch)), measured.process(data))


def test_missing_results(state, process):
    for measured, data in (state, process):
        with pytest.raises(TomographyDataError, match="does not fit"):
            measured.process(data[1:])
        with pytest.raises(TomographyDataError, match="missing keys"):
            measured.process({})
        with pytest.raises(TomographyDataError, match="no counts"):
            measured.process([{}, *data[1:]])
        with pytest.raises(TypeError, match="list of results"):
            measured.process(5)
        with pytest.raises(TypeError, match="mapping from states"):
            measured.process([5, *data[1:]])
    assert issubclass(TomographyDataError, LightworksError)


@pytest.mark.parametrize("wrong", [(1, 1, 1, 0), (1, 0, 0, 0), (2, 0, 1, 0), (1, 0), (0, 1, 300, 0)])
def test_states_that_are_not_those_of_qubits(state, wrong):
    measured, data = state
    with pytest.raises(ValueError, match="An invalid state"):
        measured.process([{wrong: 3}] * len(data))


def test_counts_that_are_not_finite(state):
    measured, data = state
    with pytest.raises(ValueError, match="finite"):
        measured.process([{(1, 0, 1, 0): float("nan")}, *data[1:]])


def test_states_of_different_lengths(state):
    measured, data = state
    with pytest.raises(ValueError, match="one number of modes"):
        measured.process([{(1, 0, 1, 0): 1, (1, 0): 1}, *data[1:]])
    with pytest.raises(ValueError, match="one number of modes"):
        measured.process([{(1, 0, 1, 0, 0): 1}, *data[1:]])


def test_nothing_found_yet():
    circuit = lw.PhotonicCircuit(2)
    for kind, name in (
        (tomography.StateTomography, "rho"),
        (tomography.LIProcessTomography, "choi"),
        (tomography.MLEProcessTomography, "choi"),
        (tomography.GateFidelity, "fidelity"),
    ):
        measured = kind(1, circuit)
        with pytest.raises(AttributeError, match="process"):
            getattr(measured, name)
        with pytest.raises(TomographyDataError, match="process the results"):
            measured.bootstrap(10)


@pytest.mark.parametrize("n_qubits", [True, 1.0, "1", None])
def test_number_of_qubits_that_is_not_an_integer(n_qubits):
    with pytest.raises(TypeError, match="integer"):
        tomography.StateTomography(n_qubits, lw.PhotonicCircuit(2))


def test_circuits_that_do_not_fit():
    with pytest.raises(TypeError, match="PhotonicCircuit"):
        tomography.StateTomography(1, np.eye(2))
    for n_modes in (1, 2, 3, 5):
        with pytest.raises(ValueError, match="4 modes"):
            tomography.StateTomography(2, lw.PhotonicCircuit(n_modes))
    with pytest.raises(ValueError, match="0 qubits"):
        tomography.StateTomography(0, lw.PhotonicCircuit(2))


def test_targets_that_do_not_fit(process):
    gate = tomography.GateFidelity(1, lw.PhotonicCircuit(2))
    with pytest.raises(TypeError, match="matrix of complex numbers"):
        gate.process(process[1], "target")
    with pytest.raises(ValueError, match="shape"):
        gate.process(process[1], np.eye(4))


def test_parameters_stay_live():
    """Experiments are made of the values that Parameters have then."""
    phase = lw.Parameter(0.0)
    circuit = lw.PhotonicCircuit(2)
    circuit.ps(0, phase)
    measured = tomography.StateTomography(1, circuit)
    before = measured.get_experiments()[2].circuit.copy(freeze_parameters=True).U
    phase.set(1.0)
    assert not np.allclose(measured.get_experiments()[2].circuit.U, before)


def test_options_of_a_sweep():
    measured = tomography.LIProcessTomography(1, lw.PhotonicCircuit(2))
    with pytest.raises(TypeError, match="input_state"):
        measured.get_sweep(10, input_state=lw.State([0, 1]))
    sweep = measured.get_sweep(10, min_detection=1, random_seed=4)
    assert sweep.task.min_detection == 1
    assert sweep.task.random_seed == 4
    assert sweep.task.post_selection.validate(lw.State([1, 0]))
    assert measured.get_sweep(10, post_selection=None).task.post_selection is None
    other = tomography.StateTomography(1, lw.PhotonicCircuit(2)).get_sweep(10, lw.State([0, 1]))
    assert other.task.input_state == lw.State([0, 1])


def test_a_likelihood_takes_no_negative_counts():
    gates = Gates(1)
    measured = tomography.MLEProcessTomography(1, gates.circuit)
    data = gates.exact(measured.get_experiments())
    with pytest.raises(ValueError, match="not negative"):
        measured.process([{(1, 0): -1, (0, 1): 3}, *data[1:]])
