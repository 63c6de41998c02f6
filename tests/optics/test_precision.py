"""Permanents whose terms cancel: ten digits right, zero but for the rounding of entries, or an error."""

import math

import numpy as np
import pytest

import lwfast as lw
from lwfast.optics.distributions import stacked_layers
from lwfast.optics.permanents import methods as _permanents
from lwfast.optics.permanents.precision import check_precision
from lwfast.optics.photon_order import growth_one_by_one, in_turn
from tests.reference import permanent as slow


@pytest.fixture(
    autouse=True, params=[stacked_layers.MOST_ENTRIES, 0], ids=["edges", "layers"], scope="module"
)
def both_ways(request):
    """What holds of distributions holds where edges are listed, and where layers are walked over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked_layers, "MOST_ENTRIES", request.param)
        yield


SPLITTER = np.array([[1.0, 1.0], [1.0, -1.0]])


def on_grid(matrix):
    """Round entries to multiples of 2^-60, so that exact sums of them stay short."""
    return np.round(np.real(matrix) * 2**60) / 2**60 + 1j * np.round(np.imag(matrix) * 2**60) / 2**60


def miss(value, exact):
    """Return the relative error; NaN where the permanent is zero."""
    return slow.relative_error(value, exact) if any(exact) else math.nan


@pytest.mark.parametrize(
    ("rows", "cols"),
    [
        ((60, 60), (60, 60)),
        ((40, 40), (40, 40)),
        ((100, 20), (60, 60)),
        ((85, 85), (30, 140)),
        ((8, 4), (6, 6)),
        ((90, 70), (60, 100)),
    ],
)
def test_repeated_rows_of_a_splitter(rows, cols):
    """(x + y)^a (x - y)^b: the terms are up to 10^20 times their sum, and every digit is right."""
    exact = slow.permanent_repeated_exact(SPLITTER, rows, cols)
    value = lw.permanent(SPLITTER, rows=rows, cols=cols)
    assert miss(value, exact) < 1e-13
    scaled, bound = lw.permanent(SPLITTER / 2, rows=rows, cols=cols, return_error=True)
    assert bound < 1e-10 * abs(scaled)
    assert miss(scaled * 2.0 ** sum(rows), exact) < 1e-13


@pytest.mark.parametrize("seed", range(30))
def test_random_matrices_with_repeats(seed):
    """Haar, real, signs and nearly signs, up to 150 lines: ten digits right, and the bound holds."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 5))
    n = int(rng.integers(13, {2: 150, 3: 50, 4: 28}[d]))
    signs = rng.choice([-1.0, 1.0], (d, d))
    matrix = on_grid(
        [
            lw.random_unitary(d, seed=seed),
            rng.normal(size=(d, d)),
            signs,
            signs + rng.normal(size=(d, d)) * 10.0 ** -rng.integers(1, 14),
            np.linalg.qr(rng.normal(size=(d, d)))[0],
        ][seed % 5]
    )
    rows, cols = rng.multinomial(n, np.ones(d) / d).tolist(), rng.multinomial(n, np.ones(d) / d).tolist()
    exact = slow.permanent_repeated_exact(matrix, rows, cols)
    value = lw.permanent(matrix, rows=rows, cols=cols)
    found, bound = lw.permanent(matrix, rows=rows, cols=cols, return_error=True)
    assert abs(found - value) <= bound + 1e-10 * abs(value)
    if any(exact):
        assert miss(value, exact) < 1e-10
        assert miss(found, exact) * abs(found) <= bound
    else:
        assert abs(value) <= bound


def test_permanents_that_vanish():
    """Photons that meet on a splitter, and outputs that symmetry forbids: zero or nearly, and no error."""
    balanced = SPLITTER / math.sqrt(2)
    assert abs(lw.permanent(balanced + 0j)) < 1e-16
    assert lw.permanent(SPLITTER) == 0
    assert lw.permanent(SPLITTER, rows=[59, 61], cols=[60, 60]) == 0
    largest = math.exp(sum(math.lgamma(k + 1) for k in (59, 61, 60, 60)) / 2)
    assert abs(lw.permanent(balanced, rows=[59, 61], cols=[60, 60])) < 1e-14 * largest
    for n in (4, 6, 8, 14):
        fourier = np.fft.fft(np.eye(n)) / math.sqrt(n)
        for value in (lw.permanent(fourier), *lw.permanent(np.stack([fourier] * 3))):
            assert abs(value) < 1e-14


@pytest.mark.parametrize("n", range(2, 9))
def test_small_matrices_that_nearly_cancel(n):
    """One by one and in stacks: one entry makes the permanent 10^5 to 10^9 times smaller than its kind."""
    rng = np.random.default_rng(n)
    stack = on_grid(rng.integers(-2, 3, (24, n, n)) + rng.normal(size=(24, n, n)) / 8)
    for index, matrix in enumerate(stack):
        minor = lw.permanent(matrix[1:, 1:].copy())
        matrix[0, 0] -= lw.permanent(matrix) / minor * (1 - 10.0 ** -(5 + index % 5))
    stack = on_grid(stack)
    together = lw.permanent(stack)
    for matrix, of_stack in zip(stack, together, strict=True):
        exact = slow.permanent_exact(matrix)
        assert miss(of_stack, exact) < 1e-10
        assert miss(lw.permanent(matrix), exact) < 1e-10


@pytest.mark.parametrize("interleaved", [False, True])
def test_minors_that_cancel(interleaved):
    """All minors of eight rows (1, 1) and seven rows (1, -1), repeated over columns, in either order."""
    matrix = np.tile(SPLITTER, (8, 7))[:15] * np.r_[1.0, np.full(14, 1.25)][:15, np.newaxis]
    if not interleaved:
        matrix = matrix[np.r_[0:15:2, 1:15:2]][:, np.r_[0:14:2, 1:14:2]]
    values = lw.permanent_minors(matrix)
    for row, value in enumerate(values.tolist()):
        lines, inverse = np.unique(np.delete(matrix, row, axis=0), axis=0, return_counts=True)
        columns, repeats = np.unique(lines, axis=1, return_counts=True)
        exact = slow.permanent_repeated_exact(columns, inverse.tolist(), repeats.tolist())
        if any(exact):
            assert miss(value, exact) < 1e-10
        else:
            assert abs(value) < 1e-15 * math.factorial(14)


def test_too_few_digits_are_refused(monkeypatch):
    """A number of which no method gets ten digits is an error that names the bound, not a number."""
    monkeypatch.setattr(_permanents, "expansion_with_bound", lambda *_: (1e-3 + 0j, 1e-6))
    with pytest.raises(lw.PrecisionError, match=r"size 24 .* 0\.001 of its value, and 1e-10 is the limit"):
        lw.permanent(SPLITTER / 2, rows=[12, 12], cols=[12, 12])
    with pytest.raises(ArithmeticError):
        check_precision(0j, 1e-10, 20, 0.0)
    check_precision(0j, 1e-15, 20, 0.0)


def test_in_turn():
    """Each index as often as it counts, spread evenly."""
    assert in_turn([2, 2]).tolist() == [0, 1, 0, 1]
    assert in_turn([1, 4]).tolist() == [1, 1, 0, 1, 1]
    assert in_turn([]).tolist() == []
    assert np.bincount(in_turn([3, 0, 17])).tolist() == [3, 0, 17]
    assert growth_one_by_one([60]) == growth_one_by_one([1] * 1) == 1.0
    assert growth_one_by_one([60, 60]) == pytest.approx(math.sqrt(math.comb(120, 60)), rel=1e-6)
    assert growth_one_by_one([1] * 8) < 100
