"""Circuits of Lightworks inside of ours, followed by ours, and made of ours."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.circuit.foreign.followed_circuits import own_circuit
from lwfast.errors import ModeRangeError
from lwfast.visualisation import plot_unitary
from tests.reference.circuits import random_pair
from tests.strategies import seeds

lightworks = pytest.importorskip("lightworks", reason="Lightworks is not installed: nothing to mix with")
sympy = pytest.importorskip("sympy")


def assert_same(ours, theirs):
    """Matrices to 1e-12, heralds in their order, and modes."""
    assert np.abs(ours.U - theirs.U).max(initial=0) < 1e-12
    for side in ("input", "output"):
        assert list(getattr(ours.heralds, side).items()) == list(getattr(theirs.heralds, side).items())
        own, other = (getattr(circuit._external_heralds, side) for circuit in (ours, theirs))
        assert own == other
    assert ours.n_modes == theirs.n_modes
    assert ours.input_modes == theirs.input_modes
    assert sorted(ours._internal_modes) == sorted(theirs._internal_modes)


def shape_of(circuit):
    """Kinds, names and modes of a circuit's elements, those in groups too."""
    found = []
    for element in circuit._get_circuit_spec():
        kind = type(element).__name__
        inner = getattr(element, "components", getattr(element, "circuit_spec", None))
        told = [getattr(element, name, None) for name in ("name", "mode_1", "mode_2", "label", "convention")]
        found.append((kind, told, None if inner is None else [type(one).__name__ for one in inner]))
    return found


def example():
    """A circuit of Lightworks with every kind of element, a Parameter, and a group with heralds."""
    phase = lightworks.Parameter(0.4, bounds=[-4, 4], label="phase")
    inner = lightworks.PhotonicCircuit(3)
    inner.bs(0, 2, reflectivity=0.3, loss=0.1, convention="H")
    inner.ps(1, phase)
    inner.herald((0, 2), (1, 0))
    circuit = lightworks.PhotonicCircuit(4)
    circuit.bs(0, reflectivity=0.7)
    circuit.barrier()
    circuit.add(inner, 1, name="gate")
    circuit.add(lightworks.Unitary(lightworks.random_unitary(3, 5), label="V"), 0)
    circuit.mode_swaps({0: 3, 3: 0})
    circuit.loss(2, 0.2)
    circuit.herald(3, 1)
    return circuit, phase


@given(seeds, seeds)
def test_add_is_lightworks_add(first, second):
    """Adding a circuit of Lightworks to one of ours gives what adding the two there gives."""
    outer, inner = random_pair(first, lw, lightworks), random_pair(second, lw, lightworks).theirs
    named = outer.theirs.n_modes - len(outer.theirs._internal_modes)
    heralds = list(inner.heralds.input)
    assume(1 <= inner.input_modes <= named)
    # Where heralds are not in order, and modes inside, Lightworks loses its way.
    assume(heralds == sorted(heralds) or not outer.theirs._internal_modes)
    for mode in range(named - inner.input_modes + 1):
        for group in (False, True):
            ours, theirs = outer.ours.copy(), outer.theirs.copy()
            ours.add(inner, mode, group, "inner")
            theirs.add(inner, mode, group, "inner")
            assert_same(ours, theirs)
            assert shape_of(ours) == shape_of(theirs)


@given(seeds)
def test_round_trips(seed):
    """Ours to Lightworks and back, and Lightworks' to ours and back, are what they were."""
    pair = random_pair(seed, lw, lightworks)
    written = pair.ours.to_lightworks()
    assert type(written) is lightworks.PhotonicCircuit
    assert_same(pair.ours, written)
    assert shape_of(written) == shape_of(pair.theirs)
    back = own_circuit(written)
    assert_same(back, pair.theirs)
    assert shape_of(back) == shape_of(pair.ours)
    again = own_circuit(pair.theirs).copy().to_lightworks()
    assert again == pair.theirs or again._build().loss_modes  # == compares loss modes, whose sign differs
    assert_same(again, pair.theirs)
    # Both can be built further, groups and internal modes included.
    for circuit in (written, pair.theirs, pair.ours):
        circuit.ps(0, 0.3)
        circuit.unpack_groups()
    assert_same(pair.ours, written)
    assert_same(pair.ours, pair.theirs)


@given(seeds, st.data())
def test_parameters_of_random_circuits_stay_live(seed, data):
    """Setting Lightworks' Parameters changes the circuits of ours that have them, and the other way round."""
    pair = random_pair(seed, lw, lightworks)
    mixed = lw.PhotonicCircuit(pair.theirs.n_modes)
    if pair.theirs.heralds.input:
        mixed = own_circuit(pair.theirs).copy()
    else:
        mixed.add(pair.theirs)
    lent = pair.ours.to_lightworks()
    for ours, theirs in pair.parameters:
        # Near 0 and 1 the square roots in a splitter turn a rounding of the value into one of its root.
        value = data.draw(st.sampled_from([0.0, 1.0]) | st.floats(1e-6, 1 - 1e-6))
        ours.set(value)
        theirs.set(value)
    for circuit in (mixed, lent, own_circuit(pair.theirs)):
        assert_same(circuit, pair.theirs)
    assert len(mixed.get_all_params()) == len(pair.theirs.get_all_params())
    for parameter in pair.theirs.get_all_params():
        assert parameter in mixed.get_all_params()


def test_add_copies_elements_and_shares_parameters():
    """As in Lightworks: what is added to the part later is not in the whole, a new value is."""
    part, phase = lightworks.PhotonicCircuit(2), lightworks.Parameter(0.1)
    part.ps(0, phase)
    circuit = lw.PhotonicCircuit(2)
    circuit.add(part)
    part.ps(1, 1.0)
    phase.set(0.7)
    assert np.allclose(circuit.U, np.diag([np.exp(0.7j), 1]), atol=1e-15)


def test_gates_of_lightworks():
    """`circuit.add(lightworks.qubit.H())`, and every other gate, nested too."""
    gates = lightworks.qubit
    ours, theirs = lw.PhotonicCircuit(6), lightworks.PhotonicCircuit(6)
    angle = lightworks.Parameter(0.3)
    inner = lw.PhotonicCircuit(4)
    other = lightworks.PhotonicCircuit(4)
    for circuit in (inner, other):
        circuit.add(gates.CNOT_Heralded())
        circuit.add(gates.Ry(angle), 2)
    for circuit, part in ((ours, inner), (theirs, other)):
        for mode, gate in ((0, gates.H()), (2, gates.T()), (4, gates.Rx(angle)), (0, gates.CZ())):
            circuit.add(gate, mode)
        circuit.add(part, 2)
        circuit.add(gates.CCNOT())
        circuit.add(gates.SWAP((0, 1), (4, 5)))
        circuit.add(gates.P(angle), 1, group=True)
    for value in (0.3, -1.2):
        angle.set(value)
        assert_same(ours, theirs)
    assert [str(p) for p in ours.get_all_params()] == ["-1.2"]


def test_gates_of_ours_in_lightworks():
    """Angles of lent gates stay live there, and survive a mode that is put between their modes."""
    angle = lw.Parameter(0.3)
    ours = lw.PhotonicCircuit(4)
    for k, gate in enumerate((lw.qubit.Rx, lw.qubit.Ry, lw.qubit.Rz, lw.qubit.P)):
        ours.add(gate(angle), k % 3)
    gapped = lw.PhotonicCircuit(2)
    gapped.add(lw.qubit.Rx(angle))
    gapped.add(lw.Unitary(lw.random_unitary(2, 1)))
    heralded = lw.PhotonicCircuit(2)
    heralded.bs(0)
    heralded.herald(1, 0)
    gapped.add(heralded, 0)  # its heralded mode comes between the two
    written = [circuit.to_lightworks() for circuit in (ours, gapped, lw.qubit.Rx(angle))]
    assert isinstance(written[2], lightworks.Unitary)
    for value in (0.3, 2.0):
        angle.set(value)
        for circuit, other in zip((ours, gapped, lw.qubit.Rx(angle)), written, strict=True):
            assert_same(circuit, other)
    # Lightworks itself puts a mode into the lent gate.
    whole = lightworks.PhotonicCircuit(2)
    whole.add(heralded.to_lightworks(), 0)
    whole.add(written[2])
    reference = lw.PhotonicCircuit(2)
    reference.add(heralded)
    reference.add(lw.qubit.Rx(angle))
    assert_same(reference, whole)


def test_parameterized_unitaries_cross_both_ways():
    """SymPy's matrices keep their Parameters."""
    from lightworks.sdk.utils.param_unitary import ParameterizedUnitary

    x = sympy.Symbol("x")
    matrix = sympy.Matrix([[sympy.cos(x), sympy.sin(x)], [-sympy.sin(x), sympy.cos(x)]])
    theirs_angle, ours_angle = lightworks.Parameter(0.2), lw.Parameter(0.2)
    theirs = ParameterizedUnitary(matrix, {"x": theirs_angle})
    ours = lw.circuit.ParameterizedUnitary(matrix, {"x": ours_angle})
    taken = [lw.Unitary(theirs), own_circuit(lightworks.Unitary(theirs))]
    taken.append(lw.Unitary(lw.circuit.ParameterizedUnitary(matrix, {"x": theirs_angle})))
    lent = lw.Unitary(ours, label="turn").to_lightworks()
    for value in (0.2, 1.1):
        theirs_angle.set(value)
        ours_angle.set(value)
        wanted = np.array([[np.cos(value), np.sin(value)], [-np.sin(value), np.cos(value)]])
        for circuit in (*taken, lent):
            assert np.allclose(circuit.U, wanted, rtol=0, atol=1e-14)
    assert taken[0].get_all_params() == [theirs_angle]
    assert lent._get_circuit_spec()[0].label == "turn"


def test_a_followed_circuit_has_what_the_other_one_has():
    """Elements, heralds and values of Lightworks' circuit count when they are asked for."""
    theirs, phase = example()
    followed = own_circuit(theirs)
    assert_same(followed, theirs)
    phase.set(-1.0)
    theirs.ps(0, phase)
    theirs.bs(0)
    assert_same(followed, theirs)
    assert followed._layout is followed._layout  # read once as long as nothing changes
    theirs.herald(0, 0)
    assert_same(followed, theirs)
    theirs.unpack_groups()
    assert_same(followed, theirs)
    assert shape_of(followed) == shape_of(own_circuit(theirs))
    assert followed.to_lightworks() is theirs


def test_changing_a_followed_circuit_changes_the_other_one():
    """There is one circuit, seen from two sides."""
    theirs, _ = example()
    followed, angle = own_circuit(theirs), lw.Parameter(0.3)
    followed.ps(0, angle)
    followed.add(lw.qubit.H(), 1)
    followed.bs(0, reflectivity=lightworks.Parameter(0.2))
    followed.compress_mode_swaps()
    followed.remove_non_adjacent_bs()
    followed.barrier()
    assert_same(followed, theirs)
    assert theirs._get_circuit_spec()[-1].modes == [0, 2, 3, 4]
    assert len(followed._get_circuit_spec()) == len(theirs._get_circuit_spec())


def test_copies_and_pickles():
    """A copy of a followed circuit is ours alone; a pickle follows the circuit that was pickled with it."""
    theirs, phase = example()
    followed = own_circuit(theirs)
    plain = followed.copy()
    assert type(plain) is lw.PhotonicCircuit
    theirs.ps(0, 1.0)
    assert len(plain._get_circuit_spec()) == len(followed._get_circuit_spec()) - 1
    both = pickle.loads(pickle.dumps((followed, theirs)))
    both[1].ps(1, 0.5)
    assert_same(*both)
    deep = copy.deepcopy(followed)
    phase.set(3.0)
    assert not np.allclose(deep.U, followed.U)
    frozen = followed.copy(freeze_parameters=True)
    assert frozen.get_all_params() == []
    assert_same(frozen, theirs)


def test_sums_drawings_and_matrices_of_settings():
    """`+`, `display` and `unitaries` take them too."""
    phase = lightworks.Parameter(0.3)
    theirs = lightworks.PhotonicCircuit(2)
    theirs.ps(0, phase)
    theirs.bs(0)
    ours = lw.PhotonicCircuit(2)
    ours.bs(0)
    whole = ours + theirs
    assert np.allclose(whole.U, theirs.U @ ours.U, rtol=0, atol=1e-14)
    found = whole.unitaries({phase: [0.3, 0.9]})
    phase.set(0.9)
    assert np.array_equal(found[1], whole.U)
    drawing = pytest.importorskip("matplotlib") and lw.display(theirs)
    plot_unitary(theirs, show=False)
    assert "<svg" in drawing.svg
    with pytest.raises(TypeError, match="should be drawn, got"):
        lw.display(5)


def test_what_does_not_fit_is_refused_as_ours_is():
    """Modes and types are checked in the same way, and nothing has changed then."""
    circuit = lw.PhotonicCircuit(2)
    with pytest.raises(ModeRangeError):
        circuit.add(lightworks.PhotonicCircuit(3))
    with pytest.raises(ModeRangeError):
        circuit + lightworks.PhotonicCircuit(3)
    for wrong in (lightworks.State([1]), None, np.eye(2)):
        with pytest.raises(TypeError, match="Only circuits can be added"):
            circuit.add(wrong)
        with pytest.raises(TypeError, match="Addition only supported"):
            circuit + wrong
    assert circuit._get_circuit_spec() == []
    rough = lightworks.Parameter("text")
    with pytest.raises(TypeError):
        circuit.loss(0, rough)


def test_another_layout_of_circuits_is_said(monkeypatch):
    """A release of Lightworks that keeps circuits otherwise is an error that names the one to install."""
    theirs = lightworks.PhotonicCircuit(2)
    vars(theirs)["_PhotonicCircuit__elements"] = vars(theirs).pop("_PhotonicCircuit__circuit_spec")
    with pytest.raises(lw.LightworksDependencyError, match=r"lays its circuits out in another way than 2\."):
        lw.PhotonicCircuit(2).add(theirs)


def test_subclasses_of_users_are_told_by_their_base():
    """A user's circuit derived from one of Lightworks' is one, and a class of the same name is not."""

    class Mine(lightworks.PhotonicCircuit):
        pass

    class PhotonicCircuit:
        pass

    lw.PhotonicCircuit(2).add(Mine(2))
    with pytest.raises(TypeError):
        lw.PhotonicCircuit(2).add(PhotonicCircuit())
