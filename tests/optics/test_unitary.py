"""Random unitaries, and telling unitary matrices from others."""

from __future__ import annotations

import os
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast.optics.unitary as unitary_module
from lwfast._base.settings import settings as lw_settings
from lwfast._kernels.optics.unitary import deviation_columns
from lwfast.errors import NotUnitaryError
from lwfast.optics.unitary import (
    check_unitary,
    is_unitary,
    random_permutation,
    random_unitary,
    unitary_deviation,
)
from tests.kernels.twins import plain
from tests.reference import unitary as twin
from tests.started import said_by_python
from tests.strategies import seeds


@pytest.fixture(params=["kernel", "numpy"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to work out the deviation: the kernel, and NumPy where Numba is not loaded."""
    chosen = getattr(unitary_module, f"_deviation_{request.param}")
    monkeypatch.setattr(unitary_module, "_deviation_kernel", chosen)
    monkeypatch.setattr(unitary_module, "_deviation_numpy", chosen)
    return str(request.param)


@given(st.integers(1, 8), seeds)
def test_random_unitaries_are_unitary(n: int, seed: int) -> None:
    """A random unitary is one, and the same for the same seed."""
    matrix = random_unitary(n, seed)
    assert matrix.shape == (n, n)
    assert is_unitary(matrix, atol=1e-13)
    assert random_unitary(n, seed).tobytes() == matrix.tobytes()


def test_random_unitaries_are_haar() -> None:
    """Entries have mean square 1/n, and eigenvalue phases are uniform (those of plain QR are not)."""
    phases, squares = [], []
    for seed in range(400):
        matrix = random_unitary(4, seed)
        phases.extend(np.angle(np.linalg.eigvals(matrix)))
        squares.append(np.abs(matrix[0, 0]) ** 2)
    histogram, _ = np.histogram(phases, bins=8, range=(-np.pi, np.pi))
    # Eigenvalues repel each other, so the spread is below Poisson's.
    assert np.all(np.abs(histogram - 200) < 4 * np.sqrt(200))
    assert abs(np.mean(squares) - 0.25) < 0.04


@given(st.integers(1, 30), st.integers(0, 2**63))
def test_random_permutations_are_permutations(n: int, seed: int) -> None:
    """Each row and column has a single one."""
    matrix = random_permutation(n, seed)
    assert matrix.dtype == np.complex128
    assert np.array_equal(matrix.sum(axis=0), np.ones(n))
    assert np.array_equal(matrix.sum(axis=1), np.ones(n))
    assert set(matrix.ravel()) <= {0, 1}


@pytest.mark.parametrize("draw", [random_unitary, random_permutation])
def test_no_seed_means_fresh_numbers(draw: object) -> None:
    """Without a seed each call differs, and NumPy's global state is neither used nor changed."""
    np.random.seed(1)
    before = np.random.get_state()[1].copy()  # type: ignore[index,union-attr]
    first = draw(12)  # type: ignore[operator]
    np.random.seed(1)
    assert not np.array_equal(first, draw(12))  # type: ignore[operator]
    assert np.array_equal(np.random.get_state()[1], before)  # type: ignore[index]


@pytest.mark.parametrize("draw", [random_unitary, random_permutation])
def test_rng_in_the_place_of_seed(draw: object) -> None:
    """`rng` takes integers, seed sequences and generators; beside `seed` it is an error."""
    expected = draw(5, rng=3)  # type: ignore[operator]
    assert np.array_equal(draw(5, rng=np.random.SeedSequence(3)), expected)  # type: ignore[operator]
    assert np.array_equal(draw(5, rng=np.random.default_rng(3)), expected)  # type: ignore[operator]
    assert is_unitary(expected)
    with pytest.raises(ValueError, match="not both"):
        draw(5, 3, rng=3)  # type: ignore[operator]


@pytest.mark.parametrize("draw", [random_unitary, random_permutation])
@pytest.mark.parametrize("seed", [1.5, "1", True, np.bool_(True), [1], 1j, float("nan"), float("inf")])
def test_seeds_that_are_no_integers(draw: object, seed: object) -> None:
    """A seed that is no integer raises TypeError."""
    with pytest.raises(TypeError, match="Random seed should be an integer"):
        draw(3, seed)  # type: ignore[operator]


def test_seeds_outside_their_range() -> None:
    """Negative seeds raise at once; unitaries take 32 bits, as the generator behind them."""
    for draw in (random_unitary, random_permutation):
        with pytest.raises(ValueError, match="negative"):
            draw(3, -1)
        assert np.array_equal(draw(3, 2.0), draw(3, np.uint8(2)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"2\*\*32 - 1"):
        random_unitary(3, 2**32)


@pytest.mark.parametrize("draw", [random_unitary, random_permutation])
def test_dimensions(draw: object) -> None:
    """The dimension is an integer from 1 on."""
    assert draw(np.int32(2)).shape == draw(2.0).shape == (2, 2)  # type: ignore[operator]
    for bad in (0, -3):
        with pytest.raises(ValueError, match="at least 1"):
            draw(bad)  # type: ignore[operator]
    for wrong in (1.5, "2", None, True, (2, 2)):
        with pytest.raises(TypeError, match="Dimension N"):
            draw(wrong)  # type: ignore[operator]


@settings(max_examples=60)
@given(st.integers(1, 7), st.integers(0, 10**6), st.floats(0, 2))
def test_deviation_against_its_twin(n: int, seed: int, size: float) -> None:
    """Both methods and the uncompiled kernel give what the twin gives."""
    rng = np.random.default_rng(seed)
    matrix = random_unitary(n, rng=rng) + size * rng.normal(size=(n, n))
    expected = twin.deviation_columns(matrix)
    out = np.empty(1)
    real, imag = np.ascontiguousarray(matrix.T.real[None]), np.ascontiguousarray(matrix.T.imag[None])
    plain(deviation_columns)(real, imag, out)
    stack = matrix[np.newaxis]
    for value in (
        unitary_deviation(matrix),
        out[0],
        unitary_module._deviation_kernel(stack)[0],
        unitary_module._deviation_numpy(stack)[0],
    ):
        assert value == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_scaling_shows_as_deviation(method: str) -> None:
    """(1 + e) U misses by (1 + e)^2 - 1."""
    matrix = 1.001 * random_unitary(6, 1)
    assert unitary_deviation(matrix) == pytest.approx(1.001**2 - 1, rel=1e-12)


@pytest.mark.parametrize(
    "dtype",
    [np.complex64, np.complex128, np.clongdouble, np.float32, np.float64, np.float16, np.int8, bool, object],
)
def test_every_numeric_dtype(dtype: type, method: str) -> None:
    """A permutation is unitary in any dtype, and is not when an entry is gone."""
    matrix = random_permutation(5, 2).real.astype(dtype)
    assert is_unitary(matrix) is True
    matrix[0] = 0
    assert is_unitary(matrix) is False


@pytest.mark.parametrize("n", [1, 2, 4, 20, 100, 400])
def test_single_precision_is_enough(n: int, method: str) -> None:
    """A unitary rounded to single precision is unitary; one with an error of a percent is not."""
    if n > 100 and os.environ.get("NUMBA_DISABLE_JIT"):
        pytest.skip("an uncompiled kernel takes a minute for this size")
    matrix = random_unitary(n, 7).astype(np.complex64)
    assert is_unitary(matrix)
    assert not is_unitary(matrix * np.complex64(1.01))


def test_half_precision_fits_its_rounding() -> None:
    """The tolerance grows with the dtype's epsilon."""
    assert is_unitary(np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0].astype(np.float16))


def test_exact_numbers_and_lists() -> None:
    """Lists and exact fractions are matrices too."""
    assert is_unitary([[0, 1j], [1, 0]])
    assert is_unitary([[Fraction(3, 5), Fraction(4, 5)], [Fraction(-4, 5), Fraction(3, 5)]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_not_finite_is_not_unitary(bad: float, method: str) -> None:
    """NaN, infinity and overflow are never unitary, whatever the tolerance."""
    matrix = random_unitary(3, 1)
    matrix[1, 2] = bad
    with np.errstate(all="ignore"):  # an uncompiled kernel warns
        assert np.isnan(unitary_deviation(matrix))
        assert is_unitary(matrix) is False
        assert is_unitary(matrix, atol=1e300) is False
        with pytest.raises(NotUnitaryError, match="NaN, infinite or huge"):
            check_unitary(matrix)


def test_leading_dimensions_batch(method: str) -> None:
    """A stack gives an array of its leading shape; a check of a stack is of all."""
    stack = np.stack([random_unitary(3, seed) for seed in range(6)]).reshape(2, 3, 3, 3)
    stack[1, 2] *= 2
    assert is_unitary(stack).tolist() == [[True, True, True], [True, True, False]]
    assert unitary_deviation(stack).shape == (2, 3)
    assert is_unitary(np.empty((0, 3, 3))).shape == (0,)
    assert is_unitary(np.empty((2, 0, 0))).tolist() == [True, True]
    check_unitary(stack[0])
    with pytest.raises(NotUnitaryError):
        check_unitary(stack)


@pytest.mark.parametrize("shape", [(2, 3), (3,), (), (2, 2, 3)])
def test_not_square(shape: tuple[int, ...]) -> None:
    """What is not square raises ValueError with the shape."""
    for function in (is_unitary, check_unitary, unitary_deviation):
        with pytest.raises(ValueError, match="square, got shape"):
            function(np.zeros(shape))


@pytest.mark.parametrize("bad", [np.array([["a"]]), np.array([[{}]]), np.array([["2020"]], dtype="M8[D]")])
def test_not_numeric(bad: object) -> None:
    """What holds no numbers raises TypeError."""
    with pytest.raises(TypeError):
        is_unitary(bad)  # type: ignore[arg-type]


def test_the_error_says_by_how_much() -> None:
    """The message has the deviation, the tolerance and a remedy; it is a ValueError too."""
    matrix = 1.1 * np.identity(3)
    with pytest.raises(
        NotUnitaryError, match=r"is 0\.21, .*float64 is 1e-10.*svd.*unitary_precision"
    ) as caught:
        check_unitary(matrix)
    assert isinstance(caught.value, ValueError)
    check_unitary(matrix, atol=0.22)


def test_tolerance_is_checked() -> None:
    """A tolerance is a number from 0 on."""
    for bad in (-1e-3, float("nan")):
        with pytest.raises(ValueError, match="atol"):
            is_unitary(np.identity(2), atol=bad)
    with pytest.raises(TypeError, match="atol"):
        is_unitary(np.identity(2), atol="1")  # type: ignore[arg-type]
    assert is_unitary(np.identity(2), atol=0)


def test_the_setting_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """`settings.unitary_precision` sets the tolerance, and an argument goes before it."""
    matrix = np.identity(2) * 1.0001
    assert not is_unitary(matrix)
    monkeypatch.setattr(lw_settings, "unitary_precision", 1e-3)
    assert is_unitary(matrix)
    assert not is_unitary(matrix, atol=1e-5)
    check_unitary(matrix)


def test_settings_names_are_fixed() -> None:
    """A setting that does not exist raises on reading and on writing; values are checked."""
    assert lw_settings.all == ["unitary_precision", "sampler_probability_threshold"]
    assert repr(lw_settings) == (
        "lwfast.Settings(\nunitary_precision: None\nsampler_probability_threshold: 1e-09\n)"
    )
    with pytest.raises(AttributeError, match="'other' does not exist"):
        lw_settings.other = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="'other' does not exist"):
        _ = lw_settings.other
    for bad, error in (("a", TypeError), (True, TypeError), (-1, ValueError), (float("nan"), ValueError)):
        with pytest.raises(error):
            lw_settings.unitary_precision = bad  # type: ignore[assignment]
        with pytest.raises(error):
            lw_settings.sampler_probability_threshold = bad  # type: ignore[assignment]


def test_a_small_check_loads_no_numba() -> None:
    """A process that makes a circuit from a small matrix does not pay for Numba."""
    code = (
        "import sys, lwfast as lw; lw.Unitary(lw.random_unitary(20)); "
        "assert not {'numba', 'scipy', 'matplotlib', 'pandas'} & set(sys.modules)"
    )
    assert said_by_python(code) == ""
