"""Unitaries become meshes of cells, and meshes unitaries."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast._base.settings import settings as lw_settings
from lwfast.interferometers import Mesh, clements_decomposition, decompositions, mesh, reck_decomposition
from tests.reference import decompositions as twin

BOTH = pytest.mark.parametrize("take_apart", [reck_decomposition, clements_decomposition])
TWINS = {reck_decomposition: twin.reck, clements_decomposition: twin.clements}


def blocks(*matrices):
    size = sum(map(len, matrices))
    whole = np.zeros((size, size), complex)
    at = 0
    for matrix in matrices:
        end = at + len(matrix)
        whole[at:end, at:end] = matrix
        at = end
    return whole


def fourier(size):
    return np.exp(2j * np.pi * np.outer(range(size), range(size)) / size) / np.sqrt(size)


def by_place(cells):
    """Return the phases of cells by layer and mode; a cell is as early as its modes are free."""
    depth: dict[int, int] = {}
    found = {}
    for mode, theta, phi in cells:
        layer = max(depth.get(mode, 0), depth.get(mode + 1, 0))
        depth[mode] = depth[mode + 1] = layer + 1
        found[layer, mode] = theta, phi
    return found


HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
SPECIAL = {
    "identity": np.eye(5),
    "minus": -np.eye(4),
    "phases": np.diag(np.exp(1j * np.arange(6))),
    "reversed": np.eye(6)[::-1],
    "permutation": lw.random_permutation(9, 1),
    "cycle": np.roll(np.eye(7), 2, axis=0),
    "real": np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0],
    "Fourier": fourier(7),
    "rounded permutation": fourier(8) @ fourier(8),
    "rounded zeros": fourier(6) @ np.diag([1, -1, 1, -1, 1, 1]) @ fourier(6).conj().T,
    "Hadamard": np.kron(np.kron(HADAMARD, HADAMARD), HADAMARD),
    "blocks": blocks(lw.random_unitary(3, 1), np.eye(2), lw.random_unitary(4, 2)),
    "last block": blocks(np.eye(4), lw.random_unitary(3, 2)),
    "one mode": np.array([[1j]]),
    "two modes": lw.random_unitary(2, 5),
    "integers": [[0, 1], [1, 0]],
    "50 modes": lw.random_unitary(50, 1),
}


@BOTH
@pytest.mark.parametrize("name", SPECIAL)
def test_a_mesh_is_the_unitary_again(name, take_apart):
    """Also where entries are 0, are rounding beside 0, or have no partner."""
    unitary = np.asarray(SPECIAL[name])
    found = take_apart(unitary)
    n = len(unitary)
    assert np.abs(found.unitaries() - unitary).max() < 1e-12
    assert found.theta.shape == found.phi.shape == (n * (n - 1) // 2,)
    assert found.output_phases.shape == (n,)
    assert found.theta.min(initial=0) >= 0
    assert found.theta.max(initial=0) <= np.pi
    for phases in (found.phi, found.output_phases):
        assert np.abs(phases).max(initial=0) <= np.pi


@BOTH
@settings(max_examples=40)
@given(n=st.integers(1, 7), seed=st.integers(0, 10**6))
def test_against_the_twin(take_apart, n, seed):
    """The phases are those that whole matrices give, whatever the order of cells in a layer."""
    unitary = lw.random_unitary(n, seed=seed)
    found = take_apart(unitary)
    cells, phases = TWINS[take_apart](unitary)
    assert np.abs(twin.rebuilt(cells, phases) - unitary).max() < 1e-12
    expected = by_place(cells)
    places = list(zip(found.layers.tolist(), found.modes.tolist(), strict=True))
    assert sorted(places) == sorted(expected)
    wanted = np.array([expected[place] for place in places]).reshape(-1, 2)
    # Where an entry is small, so is what is known of its phase.
    np.testing.assert_allclose(np.exp(1j * found.theta), np.exp(1j * wanted[:, 0]), atol=1e-9)
    np.testing.assert_allclose(np.exp(1j * found.phi), np.exp(1j * wanted[:, 1]), atol=1e-9)
    np.testing.assert_allclose(np.exp(1j * found.output_phases), np.exp(1j * np.array(phases)), atol=1e-9)


@pytest.mark.parametrize("n", range(1, 10))
def test_shapes_of_meshes(n):
    """A triangle of 2 m - 3 layers, and a rectangle of m; cells of one layer share no mode."""
    unitary = lw.random_unitary(n, seed=n)
    triangle, rectangle = reck_decomposition(unitary), clements_decomposition(unitary)
    assert (triangle.n_modes, rectangle.n_modes) == (n, n)
    assert triangle.n_layers == (2 * n - 3 if n > 1 else 0)
    assert rectangle.n_layers == (n if n > 2 else n - 1)
    cells = {(layer, mode) for layer in range(n) for mode in range(layer % 2, n - 1, 2)}
    assert set(zip(rectangle.layers.tolist(), rectangle.modes.tolist(), strict=True)) == cells
    for found in (triangle, rectangle):
        taken = [
            (layer, mode + k) for layer, mode in zip(found.layers, found.modes, strict=True) for k in (0, 1)
        ]
        assert len(set(taken)) == len(taken)
        for mode in range(n - 1):  # light meets cells in the order in which they are listed
            near = found.layers[np.abs(found.modes - mode) <= 1]
            assert (np.diff(near) >= 0).all()


@BOTH
def test_a_stack_is_taken_apart_one_by_one(take_apart, monkeypatch):
    """Each matrix gives the bits that it gives alone, also over chunks and threads."""
    monkeypatch.setattr(decompositions, "_CHUNK_ENTRIES", 3 * 16)
    monkeypatch.setattr(mesh, "_CHUNK_ENTRIES", 3 * 28)
    stack = np.array([lw.random_unitary(4, seed=k) for k in range(14)]).reshape(2, 7, 4, 4)
    for workers in (1, 2, None):
        found = take_apart(stack, workers=workers)
        assert found.theta.shape == (2, 7, 6)
        whole = found.unitaries(workers=workers)
        assert whole.shape == stack.shape
        assert np.abs(whole - stack).max() < 1e-13
        for i, j in itertools.product(range(2), range(7)):
            alone = take_apart(stack[i, j])
            for name in ("theta", "phi", "output_phases"):
                assert np.array_equal(getattr(alone, name), getattr(found, name)[i, j])
            assert np.array_equal(alone.unitaries(), whole[i, j])


@BOTH
def test_nothing_is_written_to_what_is_given(take_apart):
    """The matrices of the caller stay as they are, and may be read-only or in any order in memory."""
    stack = np.array([lw.random_unitary(4, seed=k) for k in range(3)])
    kept = stack.copy()
    stack.flags.writeable = False
    found = take_apart(stack)
    assert np.array_equal(stack, kept)
    turned = take_apart(np.asfortranarray(stack))
    assert np.array_equal(turned.theta, found.theta)


@BOTH
def test_empty_stacks(take_apart):
    """No matrices give no phases."""
    found = take_apart(np.empty((0, 3, 3)))
    assert found.theta.shape == (0, 3)
    assert found.unitaries().shape == (0, 3, 3)


@BOTH
def test_single_precision_is_moved_to_the_nearest_unitary(take_apart):
    """As for `Unitary`: the rounding of complex64 is no part of the answer."""
    rough = lw.random_unitary(6, seed=3).astype(np.complex64)
    assert np.abs(take_apart(rough).unitaries() - lw.Unitary(rough).U).max() < 1e-12
    stack = np.array([rough, rough.T])
    assert np.abs(take_apart(stack).unitaries()[1] - lw.Unitary(rough.T.copy()).U).max() < 1e-12


@BOTH
def test_what_is_not_unitary(take_apart):
    """The message says by how much it misses; one bad matrix refuses a stack."""
    with pytest.raises(lw.NotUnitaryError, match=r"is 0\.21, .*1e-10"):
        take_apart(1.1 * np.eye(3))
    stack = np.array([np.eye(2), [[1, 0], [0, np.nan]]])
    with pytest.raises(lw.NotUnitaryError, match="NaN"):
        take_apart(stack)
    for bad in (np.zeros((2, 3)), np.zeros(3), np.zeros((0, 0)), np.zeros((4, 0, 0))):
        with pytest.raises(ValueError, match="shape"):
            take_apart(bad)
    with pytest.raises(TypeError, match="numeric"):
        take_apart(np.array([["a"]]))
    with pytest.raises(ValueError, match="masked"):
        take_apart(np.ma.masked_array(np.eye(2), mask=np.eye(2)))
    with pytest.raises(ValueError, match="workers"):
        take_apart(np.eye(2), workers=0)


@BOTH
def test_what_is_unitary_by_a_wide_tolerance_only(take_apart, monkeypatch):
    """It counts as unitary, and then too much remains beside the diagonal."""
    monkeypatch.setattr(lw_settings, "unitary_precision", 1e-2)
    rough = lw.random_unitary(5, seed=1)
    rough[2, 3] += 1e-6
    with pytest.raises(
        lw.DecompositionUnsuccessful, match=r"remains beside the diagonal, and at most 5e-10 may"
    ):
        take_apart(rough)


@BOTH
def test_memory_is_asked_for_first(take_apart, monkeypatch):
    """What does not fit is refused before any work."""
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "1e4")
    with pytest.raises(lw.ResourceLimitError, match="Decomposing matrices with 1000 entries"):
        take_apart(np.zeros((10, 10, 10)))
    found = take_apart(np.eye(3))
    with pytest.raises(lw.ResourceLimitError, match="100 settings of a mesh of 3 modes"):
        found.unitaries(np.full((100, 3, 2), 0.5))


@BOTH
def test_reflectivities(take_apart):
    """A mesh with other beam splitters is what a circuit of these multiplies up to."""
    unitary = lw.random_unitary(4, seed=2)
    found = take_apart(unitary)
    drawn = np.random.default_rng(3).uniform(0.4, 0.6, (5, 6, 2))
    whole = found.unitaries(drawn)
    for values, matrix in zip(drawn, whole, strict=True):
        circuit = lw.PhotonicCircuit(4)
        cells = zip(found.modes.tolist(), found.theta.tolist(), found.phi.tolist(), values, strict=True)
        for mode, theta, phi, (first, second) in cells:
            circuit.ps(mode + 1, phi)
            circuit.bs(mode, reflectivity=first)
            circuit.ps(mode, theta)
            circuit.bs(mode, reflectivity=second)
        for mode, phase in enumerate(found.output_phases.tolist()):
            circuit.ps(mode, phase)
        assert np.array_equal(circuit.U, matrix)
    assert np.array_equal(found.unitaries(0.4), found.unitaries(np.full((6, 2), 0.4)))
    assert np.array_equal(found.unitaries(drawn[0, :, :1]), found.unitaries(np.repeat(drawn[0, :, :1], 2, 1)))
    stack = take_apart(np.array([unitary, np.eye(4)]))
    both = stack.unitaries(drawn[:, np.newaxis])
    assert both.shape == (5, 2, 4, 4)
    assert np.array_equal(both[:, 0], whole)


def test_reflectivities_that_are_none():
    """They are real numbers from 0 to 1, one for each beam splitter."""
    found = reck_decomposition(np.eye(3))
    for bad in (1.5, -0.1, np.nan, [[0.5, 2]]):
        with pytest.raises(ValueError, match=r"range \[0,1\]"):
            found.unitaries(bad)
    for wrong in (np.full((4, 2), 0.5), np.full((3, 3), 0.5), np.full((2, 2, 2), 0.5)):
        with pytest.raises(ValueError, match=r"broadcast to \(\.\.\., 3, 2\)"):
            found.unitaries(wrong)
    for kind in ("a", 0.5j, True, None):
        with pytest.raises(TypeError, match="real numbers"):
            found.unitaries(kind)


def test_a_mesh_with_other_phases():
    """`dataclasses.replace` makes one; shapes that do not fit are refused."""
    found = clements_decomposition(lw.random_unitary(3, seed=1))
    changed = dataclasses.replace(found, output_phases=np.add(found.output_phases, [0.5, 0, 0]))
    expected = np.diag(np.exp([0.5j, 0, 0])) @ found.unitaries()
    assert np.abs(changed.unitaries() - expected).max() < 1e-13
    with pytest.raises(ValueError, match=r"should have theta and phi of shape \(3,\), got \(2,\)"):
        dataclasses.replace(found, theta=found.theta[:2])
    assert repr(found) == "<Mesh of 3 modes in 3 layers, settings ()>"
    assert isinstance(found, Mesh)


ODD = {
    "a list": ("theta", [0.1, 0.2, 0.3], None),
    "whole numbers": ("phi", np.array([1, 0, 2]), None),
    "complex": ("theta", np.zeros(3, complex), TypeError),
    "text": ("phi", "abc", TypeError),
    "NaN": ("theta", np.array([0.1, np.nan, 0.2]), ValueError),
    "infinite": ("output_phases", np.array([0.1, np.inf, 0.2]), ValueError),
    "masked": ("phi", np.ma.array([0.1, 0.2, 0.3], mask=[1, 0, 0]), ValueError),
    "no modes": ("output_phases", np.zeros(0), ValueError),
    "a number": ("output_phases", 0.1, ValueError),
    "a mode too far": ("modes", np.array([0, 2, 0]), ValueError),
    "a negative mode": ("modes", np.array([0, -1, 0]), ValueError),
    "a broken mode": ("modes", np.array([0, 0.5, 0]), TypeError),
    "a mode too few": ("modes", np.array([0, 1]), ValueError),
    "a layer too far": ("layers", np.array([0, 1, 3]), ValueError),
    "a layer too many": ("layers", np.array([0, 1, 2, 2]), ValueError),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_put_into_a_mesh_is_checked(kind):
    """A kernel trusts modes, and a phase that is no number would make a matrix that is none."""
    found = clements_decomposition(lw.random_unitary(3, seed=1))
    field, value, error = ODD[kind]
    if error is None:
        changed = dataclasses.replace(found, **{field: value})
        expected = dataclasses.replace(found, **{field: np.array(value, dtype=np.float64)})
        assert np.array_equal(changed.unitaries(), expected.unitaries())
        return
    with pytest.raises(error, match=f"{field.replace('_', '.')}|one mode at least"):
        dataclasses.replace(found, **{field: value})


def test_masked_reflectivities_are_refused():
    found = reck_decomposition(np.eye(3))
    with pytest.raises(ValueError, match="masked"):
        found.unitaries(np.ma.array(np.full((3, 2), 0.5), mask=[[1, 0]] * 3))
