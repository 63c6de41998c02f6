"""Circuits become interferometers, with the imperfections of an error model."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import lwfast as lw
from lwfast.circuit.components import Barrier, BeamSplitter, Loss, PhaseShifter
from lwfast.interferometers import Clements, ErrorModel, Reck, dists

BOTH = pytest.mark.parametrize("kind", [Reck, Clements])


def noisy(loss=True):
    model = ErrorModel()
    model.bs_reflectivity = dists.Gaussian(0.5, 0.02, min_value=0, max_value=1)
    model.phase_offset = dists.Gaussian(0, 0.05)
    if loss:
        model.loss = dists.TopHat(0.01, 0.05)
    return model


def elements(circuit, kind):
    return [element for element in circuit._get_circuit_spec() if isinstance(element, kind)]


@BOTH
@pytest.mark.parametrize("n", [1, 2, 3, 8, 20])
def test_an_ideal_interferometer_is_the_circuit(kind, n):
    """Without errors, and with an error model that has none."""
    circuit = lw.Unitary(lw.random_unitary(n, seed=n))
    explicit = ErrorModel()
    explicit.bs_reflectivity, explicit.loss = dists.Constant(0.5), dists.Constant(0.0)
    for mapped in (kind().map(circuit), kind(explicit).map(circuit)):
        assert np.abs(mapped.U - circuit.U).max() < 1e-12
        assert mapped == circuit
        assert not elements(mapped, Loss)
        phases = [shift.phi for shift in elements(mapped, PhaseShifter)]
        assert all(type(phase) is float and 0 <= phase <= 2 * np.pi for phase in phases)


@BOTH
def test_elements_of_a_cell(kind):
    """A barrier, two phase shifts and two beam splitters, with a loss on each mode behind them."""
    model = ErrorModel()
    model.loss = dists.Constant(0.1)
    model.bs_reflectivity = dists.Constant(0.4)
    mapped = kind(model).map(lw.Unitary(lw.random_unitary(3, seed=1)))
    spec = mapped._get_circuit_spec()
    cell = [Barrier, PhaseShifter, BeamSplitter, PhaseShifter, BeamSplitter, Loss, Loss]
    assert [type(element) for element in spec] == cell * 3 + [Barrier] + [PhaseShifter] * 3
    for at in range(0, 21, 7):
        barrier, phi, first, theta, second, *losses = spec[at : at + 7]
        mode = first.mode_1
        assert barrier.modes == (mode, mode + 1)
        assert (phi.mode, theta.mode) == (mode + 1, mode)
        assert first == second
        assert (first.mode_2, first.reflectivity, first.convention) == (mode + 1, 0.4, "Rx")
        assert [(loss.mode, loss.loss) for loss in losses] == [(mode, 0.1), (mode + 1, 0.1)]


@BOTH
def test_seeds(kind):
    """The same seed means the same imperfections, whoever drew before; other seeds mean others."""
    circuit = lw.Unitary(lw.random_unitary(4, seed=1))
    chip = kind(noisy())
    first = chip.map(circuit, seed=3)
    chip.map(circuit)
    for other in (chip.map(circuit, 3), kind(noisy()).map(circuit, seed=3.0), chip.map(circuit, rng=3)):
        assert other._get_circuit_spec() == first._get_circuit_spec()
    drawn = [chip.map(circuit, seed=4), chip.map(circuit), chip.map(circuit)]
    assert len({tuple(circuit._get_circuit_spec()) for circuit in (first, *drawn)}) == 4
    generator = np.random.default_rng(5)
    again = [chip.map(circuit, rng=rng) for rng in (generator, generator, np.random.default_rng(5))]
    assert again[0] != again[1]
    assert again[0] == again[2]
    with pytest.raises(TypeError, match="Random seed"):
        chip.map(circuit, seed="1")
    with pytest.raises(ValueError, match="negative"):
        chip.map(circuit, seed=-1)
    with pytest.raises(ValueError, match="not both"):
        chip.map(circuit, seed=1, rng=1)


@BOTH
def test_errors_are_those_of_the_model(kind):
    """Small errors move the unitary a little, and loss takes light."""
    circuit = lw.Unitary(lw.random_unitary(6, seed=2))
    mapped = kind(noisy(loss=False)).map(circuit, seed=1)
    assert 1e-3 < np.abs(mapped.U - circuit.U).max() < 0.6
    assert lw.is_unitary(mapped.U)
    lossy = kind(noisy()).map(circuit, seed=1)
    assert len(elements(lossy, Loss)) == 2 * 15
    assert all(0.01 <= loss.loss <= 0.05 for loss in elements(lossy, Loss))
    assert np.linalg.svd(lossy.U)[1].max() < 1


@BOTH
def test_heralds_are_kept(kind):
    """Own heralds and those of sub-circuits, at other outputs than inputs too; samples are the same."""
    part = lw.Unitary(lw.random_unitary(4, seed=1))
    part.herald((0, 3), (1, 0))
    part.herald(2, 1)
    circuit = lw.PhotonicCircuit(4)
    circuit.add(lw.Unitary(lw.random_unitary(4, seed=2)))
    circuit.add(part, 1)
    circuit.herald((0, 1), 1)
    mapped = kind().map(circuit)
    assert mapped.n_modes == circuit.n_modes == 6
    assert mapped.input_modes == circuit.input_modes == 3
    assert mapped.heralds == circuit.heralds
    assert mapped == circuit
    state = lw.State([1, 0, 1])
    results = [
        lw.emulator.Backend().run(lw.Sampler(one, state, 1000, random_seed=1)) for one in (mapped, circuit)
    ]
    assert dict(results[0]) == dict(results[1])


@BOTH
def test_parameters_have_their_present_values(kind):
    """What is mapped is the unitary of now; the mapped circuit has no Parameters."""
    angle = lw.Parameter(0.3)
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, angle)
    circuit.bs(0)
    circuit.loss(0, lw.Parameter(0))  # an element without effect
    mapped = kind().map(circuit)
    assert np.abs(mapped.U - circuit.U).max() < 1e-12
    before = mapped.U
    angle.set(2.0)
    assert np.array_equal(mapped.U, before)
    assert np.abs(kind().map(circuit).U - circuit.U).max() < 1e-12
    assert mapped.get_all_params() == []


@BOTH
def test_circuits_with_loss_are_refused(kind):
    """An interferometer implements a unitary; the message says where its loss belongs."""
    circuit = lw.Unitary(lw.random_unitary(3, seed=1))
    circuit.loss(1, 0.1)
    with pytest.raises(lw.NotUnitaryError, match=r"circuit with loss cannot be mapped.*error model"):
        kind().map(circuit)


@BOTH
def test_what_is_no_circuit(kind):
    """The type is named; a matrix becomes a circuit by `lw.Unitary`."""
    for wrong in (np.eye(2), None, "circuit"):
        with pytest.raises(TypeError, match="Only circuits can be mapped, got"):
            kind().map(wrong)


@BOTH
def test_error_models_are_checked(kind):
    """When it is made, and when it is set; None means ideal."""
    with pytest.raises(TypeError, match="error_model should be an ErrorModel"):
        kind(dists.Constant(1))
    chip = kind(None)
    assert isinstance(chip.error_model, ErrorModel)
    with pytest.raises(TypeError, match="error_model should be an ErrorModel"):
        chip.error_model = None
    chip.error_model = model = ErrorModel()
    assert chip.error_model is model


@BOTH
def test_values_outside_their_range(kind):
    """A reflectivity that cannot be is refused where it is drawn."""
    model = ErrorModel()
    model.bs_reflectivity = dists.Constant(1.5)
    with pytest.raises(ValueError, match=r"range \[0,1\], got 1\.5"):
        kind(model).map(lw.Unitary(np.eye(2)))


@BOTH
def test_a_model_of_ones_own(kind):
    """A subclass decides each value, which are asked for in the order of the elements."""

    class Counting(ErrorModel):
        def __init__(self):
            super().__init__()
            self.asked = []

        def get_bs_reflectivity(self):
            self.asked.append("r")
            return 0.5

        def get_loss(self):
            self.asked.append("l")
            return 0.0

        def get_phase_offset(self):
            self.asked.append("p")
            return 0.0

    model = Counting()
    kind(model).map(lw.Unitary(np.eye(3)))
    assert "".join(model.asked) == "p" * 9 + "rrl" * 3


def test_interferometers_can_be_pickled():
    """For process pools."""
    circuit = lw.Unitary(lw.random_unitary(3, seed=1))
    for kind in (Reck, Clements):
        chip = kind(noisy())
        copied = pickle.loads(pickle.dumps(chip))
        assert copied.map(circuit, 2) == chip.map(circuit, 2)


def test_the_room_is_lazy():
    """`lw.interferometers` has these names, and no others."""
    names = {
        "Clements",
        "ErrorModel",
        "Mesh",
        "Reck",
        "clements_decomposition",
        "dists",
        "reck_decomposition",
    }
    assert set(dir(lw.interferometers)) == names
    assert all(getattr(lw.interferometers, name) is not None for name in names)
