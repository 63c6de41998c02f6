"""Parameters of Lightworks and lwfast, each seen from the other side."""

from __future__ import annotations

import copy
import gc
import pickle

import numpy as np
import pytest

import lwfast as lw
from lwfast.circuit import parameters
from lwfast.circuit.parameters import own_parameter
from lwfast.errors import ParameterBoundsError, ParameterDictError, ParameterValueError

lightworks = pytest.importorskip("lightworks", reason="Lightworks is not installed: nothing to mix with")


def test_a_followed_parameter_is_the_other_one():
    """Value, bounds and label are read and set there."""
    theirs = lightworks.Parameter(0.3, bounds=[0, 1], label="r")
    ours = own_parameter(theirs)
    assert isinstance(ours, lw.Parameter)
    assert (ours.get(), ours.min_bound, ours.max_bound, ours.label) == (0.3, 0, 1, "r")
    ours.set(0.5)
    ours.label = "s"
    ours.max_bound = 0.9
    assert (theirs.get(), theirs.label, theirs.max_bound) == (0.5, "s", 0.9)
    theirs.set(0.8)
    theirs.min_bound = 0.1
    assert (ours.get(), ours.min_bound, ours.has_bounds()) == (0.8, 0.1, True)
    with pytest.raises(ParameterValueError):
        ours.set(0.95)
    with pytest.raises(ParameterBoundsError):
        ours.max_bound = 0.2
    assert theirs.get() == 0.8
    assert repr(ours) == "lwfast.Parameter(0.8, 's', [0.1, 0.9])"


def test_one_for_each_equal_both_ways():
    """The same Parameter gives the same one of ours, equal to it and found by it."""
    theirs = lightworks.Parameter(0.3)
    ours = own_parameter(theirs)
    assert own_parameter(theirs) is ours
    assert own_parameter(ours) is ours
    assert ours.to_lightworks() is theirs
    assert ours == theirs == ours
    assert hash(ours) == hash(theirs)
    assert {ours: 1}[theirs] == {theirs: 1}[ours] == 1
    assert ours != lightworks.Parameter(0.3) != ours
    assert ours != own_parameter(lightworks.Parameter(0.3))
    for other in (0.3, "r", None, [theirs]):
        assert own_parameter(other) is None


def test_a_lent_parameter_is_ours():
    """Lightworks takes it for its own; there and back is the same Parameter."""
    ours = lw.Parameter(0.3, bounds=[0, 1], label="r")
    theirs = ours.to_lightworks()
    assert isinstance(theirs, lightworks.Parameter)
    assert ours.to_lightworks() is theirs
    assert own_parameter(theirs) is ours
    assert (theirs.get(), theirs.min_bound, theirs.max_bound, theirs.label) == (0.3, 0, 1, "r")
    assert theirs.has_bounds()
    theirs.set(0.5)
    theirs.min_bound = 0.2
    theirs.max_bound = 0.9
    theirs.label = "s"
    assert (ours.get(), ours.min_bound, ours.max_bound, ours.label) == (0.5, 0.2, 0.9, "s")
    assert str(theirs) == "0.5"
    with pytest.raises(lw.ParameterValueError):
        theirs.set(0.95)
    assert ours.get() == 0.5
    frozen = lightworks.PhotonicCircuit(2)
    frozen.bs(0, reflectivity=theirs)
    fixed = frozen.copy(freeze_parameters=True)
    ours.set(0.6)
    assert abs(frozen.U[0, 0]) ** 2 == pytest.approx(0.6)
    assert abs(fixed.U[0, 0]) ** 2 == pytest.approx(0.5)


def test_copies_and_pickles():
    """A copy is independent; what is pickled together stays together."""
    theirs, ours = lightworks.Parameter(0.3), lw.Parameter(0.4)
    followed, lent = own_parameter(theirs), ours.to_lightworks()
    alone = copy.copy(followed)
    alone.set(0.9)
    assert (alone.get(), theirs.get()) == (0.9, 0.3)
    deep = copy.deepcopy([followed, theirs])
    deep[1].set(0.7)
    assert (deep[0].get(), theirs.get()) == (0.7, 0.3)
    both = pickle.loads(pickle.dumps([followed, theirs, lent, ours]))
    both[1].set(0.8)
    both[2].set(0.2)
    assert (both[0].get(), both[3].get()) == (0.8, 0.2)
    assert isinstance(both[2], lightworks.Parameter)


def test_every_element_and_gate_takes_them():
    """Reflectivities, phases, losses and angles, checked as our Parameters are."""
    r, phi, loss, angle = (lightworks.Parameter(v) for v in (0.3, 0.4, 0.1, 0.5))
    circuit, reference = lw.PhotonicCircuit(2), lw.PhotonicCircuit(2)
    circuit.bs(0, reflectivity=r, loss=loss)
    circuit.ps(1, phi, loss=loss)
    circuit.loss(0, loss)
    for gate in ("Rx", "Ry", "Rz", "P"):
        circuit.add(getattr(lw.qubit, gate)(angle))
    assert circuit.get_all_params() == [r, loss, phi, angle]
    for value in (r, phi, loss, angle):
        value.set(value.get() / 2)
    reference.bs(0, reflectivity=0.15, loss=0.05)
    reference.ps(1, 0.2, loss=0.05)
    reference.loss(0, 0.05)
    for gate in ("Rx", "Ry", "Rz", "P"):
        reference.add(getattr(lw.qubit, gate)(0.25))
    assert np.allclose(circuit.U, reference.U, rtol=0, atol=1e-15)
    r.set(1.5)
    with pytest.raises(lw.CircuitCompilationError, match=r"1\.5"):
        circuit.U  # noqa: B018
    with pytest.raises(ValueError, match="Loss"):
        circuit.loss(0, lightworks.Parameter(2.0))
    with pytest.raises(TypeError, match="Mode"):
        circuit.ps(lightworks.Parameter(0), 0.3)


def test_kept_builds_follow_them():
    """A circuit that is built once, and again only when something changed, sees each new value."""
    r = lightworks.Parameter(0.25)
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0, reflectivity=r)
    build = circuit._kept_build()
    assert circuit._kept_build() is build
    sampler = lw.Simulator(circuit, lw.State([1, 0]), lw.State([1, 0]))
    for value in (0.25, 0.5, 1.0):
        r.set(value)
        amplitude = lw.emulator.Backend().run(sampler).array[0, 0]
        assert abs(amplitude) ** 2 == pytest.approx(value)


def test_dictionaries_of_parameters():
    """Ours takes Lightworks' Parameters, by name and as a whole dictionary; ours can be lent."""
    theirs = lightworks.ParameterDict(a=lightworks.Parameter(0.1), b=lightworks.Parameter(0.2))
    ours = lw.ParameterDict(**theirs)
    ours["c"] = lightworks.Parameter(0.3, bounds=[0, 1])
    ours["a"] = 0.7
    assert theirs["a"].get() == 0.7
    assert ours["b"] == theirs["b"]
    assert ours.get_bounds()["c"] == (0, 1)
    with pytest.raises(ParameterDictError):
        ours["a"] = lightworks.Parameter(0.5)
    lent = ours.to_lightworks()
    assert type(lent) is lightworks.ParameterDict
    assert lent["a"] is theirs["a"]
    own = lw.ParameterDict(x=lw.Parameter(0.4))
    own.to_lightworks()["x"] = 0.9
    assert own["x"].get() == 0.9


def test_nothing_is_kept_that_nobody_uses():
    """What follows a Parameter goes with the circuits that use it."""
    gc.collect()
    before = len(parameters._FOLLOWED)
    circuit = lw.PhotonicCircuit(2)
    circuit.ps(0, lightworks.Parameter(0.3))
    assert len(parameters._FOLLOWED) == before + 1
    del circuit
    gc.collect()
    assert len(parameters._FOLLOWED) == before
