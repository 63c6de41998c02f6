"""`output_distribution(gradient=True).pullback` and the layers behind it."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast._kernels._simd import PADDING
from lwfast._kernels.optics import slos
from lwfast._kernels.optics.gradients.adjoint import adjoint_layer, raised_entries
from lwfast.emulator import Detector, Source
from lwfast.optics.noise.loss import dilation_of, loss_matrix
from tests.reference import gradients as slow
from tests.reference import slos as slow_slos

SOURCES = [None, Source(purity=0.9, brightness=0.8, indistinguishability=0.85)]


def entries_of(bounds, floors, degree):
    """The entries of a layer in their order."""
    found = []
    for entry in slow_slos.fock_states(len(bounds), degree):
        below = [sum(entry[:j]) for j in range(len(bounds))]
        if all(
            x <= b and (x == 0 or d >= f) for x, b, f, d in zip(entry, bounds, floors, below, strict=True)
        ):
            found.append(entry)
    return found


@settings(max_examples=40)
@given(st.data())
def test_layers_back_beside_their_definition(data):
    degree = data.draw(st.integers(1, 5))
    inner = data.draw(st.integers(1, 3))
    outer = data.draw(st.integers(0, 3))
    bounds = [degree] * inner + data.draw(st.lists(st.integers(1, degree), min_size=outer, max_size=outer))
    floors = [0] * inner + sorted(data.draw(st.lists(st.integers(0, 2), min_size=outer, max_size=outer)))
    parts = data.draw(st.sampled_from([1, 2]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    counts, sums = slos.prefix_counts(np.array(bounds), np.array(floors), degree)
    upper, lower = entries_of(bounds, floors, degree), entries_of(bounds, floors, degree - 1)
    assert counts[-1, degree] == len(upper)
    above, source = np.zeros((parts, len(upper) + PADDING)), rng.normal(size=(parts, len(lower) + PADDING))
    above[:, : len(upper)] = rng.normal(size=(parts, len(upper)))
    form = rng.normal(size=(parts, inner + outer))
    limits = np.array([bounds, floors, [0] * (inner + outer)])
    tables = counts, sums, *raised_entries(inner, degree, counts, sums)
    below = np.zeros((parts, len(lower) + PADDING))
    n_chunks = data.draw(st.integers(1, 3))
    by_form = np.zeros((n_chunks, parts, inner + outer))
    for chunk in range(n_chunks):
        adjoint_layer(
            above, degree, source, form, inner, limits, tables, below, by_form[chunk], (chunk, n_chunks)
        )
    whole = lambda a: a[0] + 1j * a[1] if parts == 2 else a[0]  # noqa: E731
    expected, expected_form = slow.adjoint_layer(
        dict(zip(upper, whole(above), strict=False)),
        dict(zip(lower, whole(source), strict=False)),
        whole(form),
    )
    np.testing.assert_allclose(whole(below)[: len(lower)], list(expected.values()), atol=1e-12)
    np.testing.assert_allclose(whole(by_form.sum(axis=0)), expected_form, atol=1e-12)


def amplitudes_of(matrix, photons, states):
    return [slow_slos.amplitude(matrix, photons, state) for state in states]


@pytest.mark.parametrize("photons", [(1, 1, 0), (2, 1, 0), (0, 3, 1), (1, 0), (0, 0, 2)])
@pytest.mark.parametrize("kind", ["probabilities", "amplitudes"])
def test_entries_of_unitaries(photons, kind):
    """Entry by entry, beside central differences of permanents with 50 digits."""
    rng = np.random.default_rng(4)
    m = len(photons)
    matrix = lw.random_unitary(m, seed=8)
    found = lw.output_distribution(matrix, photons, gradient=True, amplitudes=kind == "amplitudes")
    states = [tuple(row) for row in found.states.tolist()]
    weights = rng.normal(size=len(found))
    if kind == "amplitudes":
        weights = weights + 1j * rng.normal(size=len(found))
        np.testing.assert_allclose(found.amplitudes, amplitudes_of(matrix, photons, states), atol=1e-13)
    got = found.pullback(weights)

    def worth(numbers):
        moved = np.array([mpmath.mpc(z.real, z.imag) for z in matrix.ravel()], dtype=object)
        moved += np.array([mpmath.mpc(*numbers[2 * i : 2 * i + 2]) for i in range(m * m)], dtype=object)
        values = amplitudes_of(moved.reshape(m, m), photons, states)
        if kind == "amplitudes":
            return sum((mpmath.conj(mpmath.mpc(w)) * a).real for w, a in zip(weights, values, strict=True))
        return sum(w * abs(a) ** 2 for w, a in zip(weights, values, strict=True))

    slopes = np.array(slow.derivatives(worth, [0.0] * (2 * m * m))).reshape(m, m, 2)
    np.testing.assert_allclose(got, slopes[..., 0] + 1j * slopes[..., 1], atol=1e-11)


def differences(function, matrix, directions, unitary):
    """Yield each direction and the slope along it, by differences of fourth order."""
    for direction in directions:
        if unitary:
            values, vectors = np.linalg.eigh(direction + direction.conj().T)
            moved = lambda h, w=values, v=vectors: (v * np.exp(1j * h * w)) @ v.conj().T @ matrix  # noqa: E731
            tangent = 1j * (direction + direction.conj().T) @ matrix
        else:
            moved = lambda h, d=direction: matrix + h * d  # noqa: E731
            tangent = direction
        h = 2e-4
        f = [function(moved(k * h)) for k in (-2, -1, 1, 2)]
        yield tangent, (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("loss", ["none", "everywhere"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"heralds": {0: 1}},
        {"heralds": {0: 0}, "rules": [((0, 1), (1, 2))]},
        {"heralds": {0: 1, 1: 1, 2: 1}},
        {"threshold": True, "heralds": {1: 1}, "min_detection": 1},
        {"detector": Detector(efficiency=0.8, p_dark=0.05)},
        {"detector": Detector(efficiency=0.7, p_dark=0.03, photon_counting=False)},
        {"detector": Detector(p_dark=(0.0, 0.1, 0.0), photon_counting=(True, False, True))},
    ],
)
def test_slopes_along_matrices(source, loss, options):
    rng = np.random.default_rng(7)
    photons = (2, 1, 0) if source is None else (1, 1, 0)
    matrix = lw.random_unitary(3, seed=2)
    if loss == "everywhere":
        matrix = matrix @ np.diag([0.5, 0.7, 0.9]) @ lw.random_unitary(3, seed=3)
    options = {**options, "source": source}
    found = lw.output_distribution(matrix, photons, gradient=True, **options)
    plain = lw.output_distribution(matrix, photons, **options)
    states = [tuple(row) for row in found.states.tolist()]
    expected = dict(zip(map(tuple, plain.states.tolist()), plain.probabilities, strict=True))
    np.testing.assert_allclose(found.probabilities, [expected.get(s, 0.0) for s in states], atol=1e-13)
    weights = dict(zip(states, rng.normal(size=len(found)), strict=True))

    def worth(moved):
        there = lw.output_distribution(moved, photons, **options)
        rows = map(tuple, there.states.tolist())
        return sum(weights.get(row, 0.0) * p for row, p in zip(rows, there.probabilities, strict=True))

    got = found.pullback(list(weights.values()))
    directions = rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3))
    for tangent, slope in differences(worth, matrix, directions, loss == "none"):
        assert (got.conj() * tangent).real.sum() == pytest.approx(slope, abs=2e-9)


def test_derivatives_by_lost_light_do_not_depend_on_the_rows():
    """Triangle or directions: what an outcome changes by E is the same."""
    rng = np.random.default_rng(1)
    columns = 0.8 * lw.random_unitary(4, seed=6)[:, :3] @ np.diag([1.0, 0.9, 0.7])
    lost = loss_matrix(columns)
    triangle = dilation_of(lost)
    assert triangle.triangular
    hermitian = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    hermitian += hermitian.conj().T
    np.testing.assert_allclose(triangle.by_lost(2 * triangle.rows @ hermitian), hermitian, atol=1e-12)
    some = lost - np.linalg.eigvalsh(lost)[0] * np.eye(3)
    turned = dilation_of(some)
    assert not turned.triangular
    assert len(turned.rows) == 2
    free = turned.vectors[:, :1]
    without = hermitian - free @ free.conj().T @ hermitian @ free @ free.conj().T
    np.testing.assert_allclose(turned.by_lost(2 * turned.rows @ hermitian), without, atol=1e-12)


@pytest.mark.parametrize("n", [10, 60])
def test_many_photons_do_not_cancel(n):
    """N photons in each input of a splitter, whose coefficients would reach 10^17 times what is left."""
    rng = np.random.default_rng(3)
    weights = rng.uniform(-1, 1, size=2 * n + 1)
    angle = 0.7

    def worth(values):
        c, s = mpmath.cos(values[0]), mpmath.sin(values[0])
        # (c x + s y)^n (-s x + c y)^n, the power of x being that of mode 0.
        first = [mpmath.binomial(n, k) * c**k * s ** (n - k) for k in range(n + 1)]
        second = [mpmath.binomial(n, k) * (-s) ** k * c ** (n - k) for k in range(n + 1)]
        total = mpmath.mpf(0)
        for rank in range(2 * n + 1):
            k = 2 * n - rank
            terms = range(max(0, k - n), min(n, k) + 1)
            value = mpmath.fsum(first[i] * second[k - i] for i in terms)
            scale = mpmath.factorial(k) * mpmath.factorial(2 * n - k) / mpmath.factorial(n) ** 2
            total += weights[rank] * value**2 * scale
        return total

    with mpmath.workdps(120):
        step = mpmath.mpf(10) ** -40
        expected = (worth([mpmath.mpf(angle) + step]) - worth([mpmath.mpf(angle) - step])) / (2 * step)
        mean = float(worth([mpmath.mpf(angle)]))
    c, s = np.cos(angle), np.sin(angle)
    found = lw.output_distribution(np.array([[c, -s], [s, c]]), [n, n], gradient=True)
    assert weights @ found.probabilities == pytest.approx(mean, abs=1e-12)
    slope = (found.pullback(weights).conj() * np.array([[-s, -c], [c, -s]])).real.sum()
    assert slope == pytest.approx(float(expected), abs=1e-13 * n * n)


def test_the_way_back_may_be_gone_again_and_on_any_number_of_threads():
    matrix, photons = 0.95 * lw.random_unitary(8, seed=4), [1, 1, 1, 1, 1, 0, 0, 0]
    one = lw.output_distribution(matrix, photons, gradient=True, workers=1)
    two = lw.output_distribution(matrix, photons, gradient=True, workers=2)
    weights = np.random.default_rng(2).normal(size=len(one))
    first = one.pullback(weights)
    np.testing.assert_array_equal(first, two.pullback(weights))
    np.testing.assert_array_equal(first, one.pullback(weights))
    np.testing.assert_allclose(one.pullback(2 * weights), 2 * first, rtol=1e-12)


def test_no_photons():
    for options in ({}, {"heralds": {0: 0}}, {"threshold": True}, {"heralds": {0: 1}}):
        found = lw.output_distribution(np.eye(2), [0, 0], gradient=True, **options)
        assert not found.pullback(np.ones(len(found))).any()


def test_wrong_cotangents():
    found = lw.output_distribution(np.eye(2), [1, 1], gradient=True)
    with pytest.raises(ValueError, match=r"shape \(2,\), and there are 3 outcomes"):
        found.pullback([1.0, 2.0])
    with pytest.raises(ValueError, match="NaN or infinite"):
        found.pullback([1.0, np.nan, 0.0])
    with pytest.raises(TypeError, match="derivatives by amplitudes"):
        found.pullback([1j, 0, 0])
    with pytest.raises(TypeError, match="should hold numbers"):
        found.pullback(["a", "b", "c"])
    with pytest.raises(ValueError, match="gradient=True"):
        lw.output_distribution(np.eye(2), [1, 1]).pullback([1.0, 0, 0])
    with pytest.raises(TypeError, match="gradient should be a boolean"):
        lw.output_distribution(np.eye(2), [1, 1], gradient=[1.0])
    with pytest.raises(ValueError, match="lossy"):
        lw.output_distribution(0.5 * np.eye(2), [1, 1], gradient=True, amplitudes=True)
    with pytest.raises(ValueError, match="perfect source"):
        lw.output_distribution(np.eye(2), [1, 1], gradient=True, amplitudes=True, threshold=True)


def test_a_stack_has_no_way_back():
    stack = np.array([lw.random_unitary(3, seed=seed) for seed in range(2)])
    with pytest.raises(ValueError, match=r"those of one setting, got a stack of shape \(2,\)"):
        lw.output_distribution(stack, [1, 1, 0], gradient=True)
    with pytest.raises(ValueError, match=r"those of one setting, got a stack of shape \(2,\)"):
        lw.output_distribution(stack[0], [[1, 1, 0], [0, 1, 1]], gradient=True)
