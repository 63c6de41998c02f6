"""Permanents against their definition, exact arithmetic, and identities that hold for every matrix."""

import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lwfast as lw
from lwfast.optics.permanents import methods as _permanents
from lwfast.optics.permanents.expansions import Expansions
from tests.kernels.twins import needs_jit
from tests.reference import permanent as slow
from tests.started import said_by_python

RUN_CHUNKS = _permanents.run_chunks
ENTRIES = st.complex_numbers(max_magnitude=10, allow_nan=False, allow_infinity=False)


def gaussian(rng, *shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def haar_block(n, seed):
    return lw.random_unitary(2 * n, seed=seed)[:n, :n].copy()


def test_sum_over_permutations():
    """Every small size, also as a stack, is the sum over permutations."""
    rng = np.random.default_rng(1)
    for n in range(7):
        stack = gaussian(rng, 11, n, n)
        expected = [slow.permanent(matrix) for matrix in stack]
        assert np.allclose([lw.permanent(matrix) for matrix in stack], expected, rtol=1e-13, atol=1e-13)
        assert np.allclose(lw.permanent(stack), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("n", range(7, 19))
def test_long_double(n):
    """Haar blocks of all sizes that take Glynn's formula, at the precision that is promised."""
    matrix = haar_block(n, seed=n)
    expected = slow.permanent_long(matrix)
    assert abs(lw.permanent(matrix) - expected) < 1e-14 * math.sqrt(n) * abs(expected)


@pytest.mark.parametrize("n", [12, 13])
def test_exact_arithmetic(n):
    """Against rational arithmetic, not only against a longer float."""
    matrix = haar_block(n, seed=3)
    assert slow.relative_error(lw.permanent(matrix), slow.permanent_exact(matrix)) < 2e-14


@pytest.mark.parametrize("n", [20, 22, 24])
def test_large_haar_blocks(n):
    """At sizes that long double takes minutes for, Laplace's expansion along two rows gives the same."""
    matrix = haar_block(n, seed=n)
    value = lw.permanent(matrix)
    # Rows 0 and 1 doubled and split: per(A) = per(A + row) - per(row) is exact algebra on other numbers.
    other = gaussian(np.random.default_rng(n), n) / math.sqrt(2 * n)
    shifted, alone = matrix.copy(), matrix.copy()
    shifted[0] += other
    alone[0] = other
    assert abs(lw.permanent(shifted) - lw.permanent(alone) - value) < 1e-13 * max(
        abs(value), abs(lw.permanent(alone))
    )


@pytest.mark.parametrize("n", [8, 11])
def test_cancellation(n):
    """A permanent made a billion times smaller than its kind keeps all its digits."""
    matrix = haar_block(n, seed=n)
    minor = lw.permanent(matrix[1:, 1:])
    matrix[0, 0] -= lw.permanent(matrix) / minor * (1 - 1e-9)
    exact = slow.permanent_exact(matrix)
    assert math.hypot(*map(float, exact)) < 1e-8 * abs(matrix[0, 0] * minor)
    assert slow.relative_error(lw.permanent(matrix), exact) < 1e-14


@pytest.mark.parametrize("n", [19, 22])
def test_cancellation_on_threads(n, monkeypatch):
    """The same from a size on where exact arithmetic takes too long; chunks add up to the whole."""
    matrix = haar_block(n, seed=n)
    minor = lw.permanent(matrix[1:, 1:])
    matrix[0, 0] -= lw.permanent(matrix) / minor * (1 - 1e-6)
    value = lw.permanent(matrix)
    monkeypatch.setattr(_permanents, "COMPENSATED_THREADS_FROM", 99)
    assert value == pytest.approx(_permanents.by_compensated_glynn(matrix), rel=1e-15)
    # Row 0 is linear: the value is what the change of one entry left, known to 1e-13 of what was there.
    assert abs(value) < 1e-5 * abs(matrix[0, 0] * minor)


@pytest.mark.parametrize("n", [6, 12, 18, 24])
def test_bunched_outputs(n):
    """All rows equal, the worst case for Glynn's and Ryser's formulas."""
    row = haar_block(n, seed=n)[0]
    exact = slow.permanent_equal_rows(row)
    assert slow.relative_error(lw.permanent(np.tile(row, (n, 1))), exact) < 1e-14
    assert slow.relative_error(lw.permanent(np.tile(row, (n, 1)).T), exact) < 1e-14
    assert slow.relative_error(lw.permanent(row[np.newaxis], rows=[n]), exact) < 1e-14


@pytest.mark.parametrize("powers", [(2, 2), (20, 20), (20, 0, 20), (30,), (7, 9, 11)])
def test_all_ones(powers):
    """All ones with multiplicities is n!, to the last bit."""
    n = sum(powers)
    value = lw.permanent(np.ones((len(powers), len(powers))), rows=powers, cols=powers)
    assert value == float(math.factorial(n))


@given(st.data())
def test_multiplicities_repeat_lines(data):
    """Multiplicities mean the matrix with its lines repeated."""
    a, b = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    rows = data.draw(st.lists(st.integers(0, 3), min_size=a, max_size=a).filter(lambda r: sum(r) <= 6))
    cuts = sorted(data.draw(st.lists(st.integers(0, sum(rows)), min_size=b - 1, max_size=b - 1)))
    cols = np.diff([0, *cuts, sum(rows)])
    matrix = data.draw(hnp.arrays(complex, (a, b), elements=ENTRIES))
    expected = slow.permanent(np.repeat(np.repeat(matrix, rows, axis=0), cols, axis=1))
    size = np.prod(np.abs(np.repeat(matrix, cols, axis=1)).sum(axis=0) + 1)
    assert abs(lw.permanent(matrix, rows=rows, cols=cols) - expected) <= 1e-11 * max(size, 1)


def test_repeated_lines_by_every_algorithm():
    """A few equal rows stay with Glynn's formula, many go to the expansion; both agree."""
    rng = np.random.default_rng(5)
    for counts in ([2] + [1] * 14, [4] * 4, [2] * 8, [8, 8], [1, 1, 14]):
        matrix = gaussian(rng, len(counts), sum(counts)) / 4
        expected = _permanents.by_glynn(np.repeat(matrix, counts, axis=0))
        assert lw.permanent(matrix, rows=counts) == pytest.approx(expected, rel=1e-12)
        assert lw.permanent(np.repeat(matrix, counts, axis=0)) == pytest.approx(expected, rel=1e-12)
        assert lw.permanent(matrix.T, cols=counts) == pytest.approx(expected, rel=1e-12)


@given(st.integers(2, 11), st.integers(0, 2**32), st.data())
def test_identities(n, seed, data):
    """Swapped rows, transposition, a scaled column, and expansion along the first row."""
    matrix = gaussian(np.random.default_rng(seed), n, n)
    value = lw.permanent(matrix)
    size = np.linalg.norm(matrix, axis=0).prod() * 1e-12
    order = data.draw(st.permutations(range(n)))
    assert abs(lw.permanent(matrix[order]) - value) < size
    assert abs(lw.permanent(matrix.T) - value) < size
    scaled = matrix.copy()
    scaled[:, 1] *= 2 - 3j
    assert abs(lw.permanent(scaled) - (2 - 3j) * value) < 10 * size
    minors = lw.permanent_minors(np.ascontiguousarray(matrix[1:].T))
    assert abs(matrix[0] @ minors - value) < 10 * size


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
def test_minors(n):
    """All minors at once are the minors one by one."""
    matrix = gaussian(np.random.default_rng(n), n, n - 1)
    expected = slow.permanent_minors(matrix)
    assert np.allclose(lw.permanent_minors(matrix), expected, rtol=1e-13, atol=1e-13)


def test_minors_out_of_range():
    """Rows of very different sizes neither overflow nor vanish."""
    matrix = np.ones((5, 4)) * np.array([1e200, 1e-200, 1e200, 1e-200, 1.0])[:, np.newaxis]
    assert np.allclose(lw.permanent_minors(matrix)[[0, 1, 4]], [24e-200, 24e200, 24.0], rtol=1e-14)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,), (2, 3), (1, 1, 1), ()])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 9, 13])
def test_leading_dimensions(shape, n):
    """Leading dimensions are a stack, as in numpy.linalg."""
    stack = gaussian(np.random.default_rng(0), *shape, n, n)
    result = lw.permanent(stack)
    assert np.shape(result) == shape
    for index in np.ndindex(shape):
        assert np.array(result)[index] == pytest.approx(lw.permanent(stack[index]), rel=1e-11)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("n", [2, 5, 9])
def test_dtypes(dtype, n):
    """Any numeric dtype is taken."""
    matrix = np.random.default_rng(n).integers(0, 2, (n, n)).astype(dtype)
    assert lw.permanent(matrix) == pytest.approx(complex(float(slow.permanent_exact(matrix)[0])), abs=1e-9)
    assert isinstance(lw.permanent(matrix), complex)


def test_layouts():
    """Strided, transposed, read-only and nested-list matrices give the same value, and are left alone."""
    matrix = gaussian(np.random.default_rng(2), 16, 16)
    for n in (3, 8, 14, 16):
        square = matrix[:n, :n]
        value = lw.permanent(square.copy())
        frozen = square.copy()
        frozen.flags.writeable = False
        fortran = np.asfortranarray(square)
        before = square.copy()
        swapped = square.astype(">c16")
        for other in (square, frozen, fortran, swapped, square.tolist(), square[np.newaxis][0]):
            assert lw.permanent(other) == value
        assert (square == before).all()


@pytest.mark.parametrize("n", [2, 6, 9, 14, 17])
def test_range(n):
    """Rows and columns of any float64 size: only the permanent itself has to be in range."""
    matrix = gaussian(np.random.default_rng(n), n, n)
    value = lw.permanent(matrix)
    scales = np.resize([2.0**700, 2.0**-700], n)
    if n % 2:
        scales[-1] = 1.0
    for scaled in (matrix * scales, matrix * scales[::-1], (matrix.T * scales).T):
        assert lw.permanent(scaled) == pytest.approx(value, rel=1e-11)
        assert lw.permanent(scaled[np.newaxis].repeat(3, axis=0)) == pytest.approx([value] * 3, rel=1e-11)
    for large in (matrix * 2.0**900, np.stack([matrix, matrix * 2.0**900])):
        for return_error in (False, True):
            with pytest.raises(lw.ResourceLimitError, match=r"too large for float64.*Divide the matrix"):
                lw.permanent(large, return_error=return_error)
    assert lw.permanent(np.zeros((n, n))) == 0
    assert lw.permanent(np.diag([0.0, *np.ones(n - 1)])) == 0


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 12, 13, 18])
@pytest.mark.parametrize("size", [1e308, 1e308 * (1 + 1j)])
def test_what_leaves_float64_is_an_error(n, size):
    """Never is a permanent, one of a stack, or one with repeated lines infinite."""
    matrix = np.diag(np.full(n, size))
    calls = [
        lambda: lw.permanent(matrix),
        lambda: lw.permanent(np.stack([np.eye(n), matrix])),
        lambda: lw.permanent(matrix, return_error=True),
        lambda: lw.permanent(matrix, rows=[1] * n, cols=[1] * n),
    ]
    for call in calls:
        if n == 1:
            assert np.isfinite(call()).all()
        else:
            with pytest.raises(lw.ResourceLimitError, match="too large for float64"):
                call()
    assert lw.permanent(matrix / 1e308) == pytest.approx((size / 1e308) ** n)


@given(st.integers(1, 9), st.floats(-340, 340), st.integers(0, 2**32))
def test_it_is_finite_or_an_error(n, exponent, seed):
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        matrix = gaussian(rng, n, n) * np.float64(10.0) ** exponent
    if not np.isfinite(matrix).all():
        return
    try:
        found = [lw.permanent(matrix), *lw.permanent(np.stack([matrix, matrix]))]
    except lw.ResourceLimitError:
        assert n * exponent > 290
    else:
        assert np.isfinite(found).all()
        assert n * exponent < 320


@pytest.mark.parametrize("value", [1.0, 1e-3, 1e-30, 1e-300, 2.0, 1e10])
@pytest.mark.parametrize("n", [3, 170, 171, 200])
def test_factorials_above_the_range_of_float64(value, n):
    """The permanent of n equal entries is n! value^n, whichever of the two leaves the range alone."""
    from math import lgamma, log

    logarithm = lgamma(n + 1) + n * log(value)
    for extra in ({}, {"return_error": True}):
        call = functools.partial(lw.permanent, np.full((1, 1), value), rows=[n], cols=[n], **extra)
        if logarithm > 709.7:
            with pytest.raises(lw.ResourceLimitError):
                call()
        else:
            found = call() if not extra else call()[0]
            assert found == pytest.approx(math.exp(logarithm), rel=1e-10, abs=0)


@pytest.mark.parametrize("n", [2, 5, 9])
def test_minors_that_leave_float64_are_an_error(n):
    from lwfast.optics.permanents.permanent import permanent_minors

    matrix = np.full((n + 1, n), 1e300)
    with pytest.raises(lw.ResourceLimitError, match="at index 0 is too large for float64"):
        permanent_minors(matrix)
    assert np.isfinite(permanent_minors(matrix / 1e300)).all()


@pytest.mark.parametrize("n", [2, 4, 7, 10, 15])
def test_error_bound(n):
    """The bound holds against exact arithmetic and is not absurd."""
    rng = np.random.default_rng(n)
    signs = rng.choice([-1.0, 1.0], (n, n)) * rng.uniform(0.999, 1.001, (n, n))
    for matrix in (haar_block(n, seed=1), gaussian(rng, n, n), signs, np.full((n, n), 1 / 3)):
        value, bound = lw.permanent(matrix, return_error=True)
        if n > 10:
            exact = slow.permanent_long(matrix)
            miss = float(abs(np.clongdouble(value) - exact))
        else:
            re, im = slow.permanent_exact(matrix)
            miss = math.hypot(float(re - slow.Fraction(value.real)), float(im - slow.Fraction(value.imag)))
        assert miss <= bound
        assert bound <= 1e-9 * np.linalg.norm(matrix, axis=0).prod()
    values, bounds = lw.permanent(np.stack([signs, signs]), return_error=True)
    assert values.shape == bounds.shape == (2,)


@pytest.mark.parametrize("n", range(2, 15))
def test_uneven_rows(n):
    """Rows of very different sizes: each is a factor of the permanent, alone, in stacks, and in the bound."""
    rng = np.random.default_rng(n)
    even = gaussian(rng, 3, n, n)
    exponents = np.array([[-90], [0], [60]]) * rng.permuted(np.tile(np.arange(n) % 2, (3, 1)), axis=1)
    uneven = np.ldexp(even.real, exponents[..., np.newaxis]) + 1j * np.ldexp(
        even.imag, exponents[..., np.newaxis]
    )
    expected = [lw.permanent(one) * 2.0 ** int(e.sum()) for one, e in zip(even, exponents, strict=True)]
    assert np.allclose(lw.permanent(uneven), expected, rtol=1e-12, atol=0)
    for matrix, value in zip(uneven, expected, strict=True):
        assert abs(lw.permanent(matrix) - value) < 1e-12 * abs(value)
        found, bound = lw.permanent(matrix, return_error=True)
        assert abs(found - value) <= bound + 1e-13 * abs(value)
        assert bound < 1e-10 * abs(value)
    uneven[1, 0] = 0
    assert lw.permanent(uneven)[1] == lw.permanent(uneven[1]) == 0
    uneven[1, 1, 0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        lw.permanent(uneven)


def test_error_bound_of_large_matrices():
    """Beyond the sizes where an expansion is at hand, the bound comes from the sizes of all terms."""
    matrix = haar_block(21, seed=2)
    value, bound = lw.permanent(matrix, return_error=True)
    by_minors = matrix[0] @ lw.permanent_minors(matrix[1:].T)
    assert abs(value - by_minors) < 1e-13 * abs(value)
    assert 1e-13 * abs(value) < bound < 1e-4 * abs(value)


def test_threads_do_not_matter(monkeypatch):
    """The bits of the answer do not depend on the number of threads."""
    matrix = haar_block(23, seed=4)
    values = set()
    for threads in (1, 2, 5):
        monkeypatch.setattr(
            _permanents, "run_chunks", lambda task, n, w=threads, what=None: RUN_CHUNKS(task, n, w, what)
        )
        values.add(lw.permanent(matrix))
        monkeypatch.undo()
    assert len(values) == 1


@pytest.mark.parametrize(
    ("matrix", "options", "error", "words"),
    [
        (np.ones((2, 3)), {}, ValueError, "2 rows and 3 columns"),
        (np.ones(3), {}, ValueError, "two dimensions"),
        (np.ones((2, 2)), {"rows": [1, 2]}, ValueError, "3 rows and 2 columns"),
        (np.ones((2, 2)), {"rows": [1]}, ValueError, "each of 2 rows"),
        (np.ones((2, 2)), {"rows": [3, -1]}, ValueError, "-1"),
        (np.ones((2, 2)), {"cols": [1.0, 1.0]}, TypeError, "float64"),
        (np.ones((2, 2)), {"cols": [256, 1]}, ValueError, "256"),
        (np.array([["a"]]), {}, TypeError, "numbers"),
        (np.full((9, 9), np.nan), {}, ValueError, r"\(0, 0\) is \(?nan"),
        (np.full((2, 2), np.inf), {}, ValueError, "finite"),
        (np.full((3, 4, 4), np.nan), {}, ValueError, r"\(0, 0, 0\)"),
        (np.random.default_rng(0).normal(size=(50, 50)), {}, lw.errors.ResourceLimitError, "days"),
        (np.eye(30), {"rows": [9] * 30, "cols": [9] * 30}, lw.errors.ResourceLimitError, "days"),
        (np.eye(20), {"rows": [255] * 20, "cols": [255] * 20}, lw.errors.ResourceLimitError, "days"),
        (np.ma.masked_less(np.eye(3), 1), {}, ValueError, "masked"),
        (np.eye(1500), {}, lw.errors.ResourceLimitError, "days"),
        (np.broadcast_to(np.eye(9), (10**12, 9, 9)), {}, lw.errors.ResourceLimitError, "copy"),
    ],
)
def test_refused(matrix, options, error, words):
    """What cannot be done is said before anything long runs."""
    with pytest.raises(error, match=words):
        lw.permanent(matrix, **options)


@pytest.mark.parametrize("matrix", [np.ones((2, 2)), np.ones(2), np.full((3, 2), np.nan), np.ones((40, 39))])
def test_minors_refused(matrix):
    with pytest.raises(ValueError, match=r"shape|finite|memory"):
        lw.permanent_minors(matrix)


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [{"LWFAST_SIMD": "0"}, {"LWFAST_SIMD": "4"}, {"LWFAST_SIMD": "8"}, {"NUMBA_DISABLE_JIT": "1"}],
)
def test_every_number_of_lanes(environment):
    """Other widths, plain lanes and pure Python give the same permanents."""
    code = """
import numpy as np, lwfast as lw
from tests.reference.permanent import permanent_long
rng = np.random.default_rng(0)
for n in (2, 5, 7, 8, 9, 10):
    a = rng.normal(size=(3, n, n)) + 1j * rng.normal(size=(3, n, n))
    expected = np.array([permanent_long(x) for x in a])
    assert np.allclose(lw.permanent(a), expected.astype(complex), rtol=1e-12), n
    assert np.allclose([lw.permanent(x) for x in a], expected.astype(complex), rtol=1e-12), n
from lwfast._kernels import _simd
print(_simd.LANES)
"""
    said = said_by_python(code, seconds=240, **environment)
    asked = environment.get("LWFAST_SIMD")
    assert said.split() == [asked if asked in ("4", "8") else "1"]


@needs_jit
def test_without_extension_interface():
    """Where the interface for vectors is not as expected, plain lanes do the work."""
    code = """
from llvmlite import ir
def broken(*args):
    raise AttributeError("gone")
ir.VectorType = broken
import numpy as np, lwfast as lw
from lwfast._kernels import _simd
assert _simd.LANES == 1
assert abs(lw.permanent(np.ones((7, 7))) - 5040) < 1e-9
"""
    assert said_by_python(code, seconds=240) == ""


def test_expansions_in_steps_are_those_of_one_call(monkeypatch):
    """Long expansions run in steps that Ctrl-C can part, to the same bits; their minors and bounds too."""
    steps = []
    real = Expansions._in_steps

    def counting(self, part, start, powers):
        real(self, lambda begin, end: (steps.append((begin, end)), part(begin, end)), start, powers)

    monkeypatch.setattr(Expansions, "_in_steps", counting)
    random = np.random.default_rng(8)
    matrix = random.normal(size=(6, 6)) + 1j * random.normal(size=(6, 6))
    repeats = {"rows": [3] * 6, "cols": [4, 4, 4, 2, 2, 2]}
    tall = random.normal(size=(11, 10)) + 1j * random.normal(size=(11, 10))
    alone = lw.permanent(matrix, **repeats)
    assert {begin for begin, _ in steps} <= {0}, "at first nothing is parted"
    whole = lw.permanent(matrix, **repeats, return_error=True), lw.permanent_minors(tall)
    monkeypatch.setattr("lwfast.optics.permanents.expansions._STEP_EDGES", 600)
    steps.clear()
    assert lw.permanent(matrix, **repeats) == alone
    assert len(steps) > 10
    parts = lw.permanent(matrix, **repeats, return_error=True), lw.permanent_minors(tall)
    assert whole[0][0] == parts[0][0]
    assert abs(whole[0][1] - parts[0][1]) < 1e-12 * whole[0][1]
    np.testing.assert_array_equal(whole[1], parts[1])
    # The steps find that products of lines would leave the range of floats on the way, and scale.
    matrix[:3] *= 2.0**-130
    matrix[3:] *= 2.0**130
    steps.clear()
    assert abs(lw.permanent(matrix, **repeats) - alone) < 1e-12 * abs(alone)
    assert steps
