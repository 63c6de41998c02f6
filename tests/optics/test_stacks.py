"""Stacks of settings: what single calls give, bit for bit, whatever the shape of the stack."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast.errors import ModeMismatchError, NotUnitaryError, ResourceLimitError
from lwfast.hardware import Detector, Source
from lwfast.optics.distributions import stacked_layers
from lwfast.optics.distributions.layers import output_polynomial
from lwfast.optics.light import parsed_light
from lwfast.optics.samples.sample_counts import seen_of_stack
from tests.reference import sampling as slow_sampling
from tests.reference import slos as slow

PHOTONS = [1, 1, 0, 1, 0]
SOME = np.array([lw.random_unitary(5, seed=k) for k in range(6)])
LOSSY = SOME * 0.9
MIXED = np.where(np.arange(6)[:, np.newaxis, np.newaxis] % 2, SOME, LOSSY)
FEW_LOSE = SOME @ np.diag([1, 0.8, 0.7, 1, 1])
OPTIONS = {
    "plain": {},
    "rules": {"rules": [((0, 1), (0, 1))]},
    "heralds": {"heralds": {4: 1}},
    "heralds and rules": {"heralds": {4: 0, 3: 1}, "rules": [((0,), (0, 1))], "min_detection": 1},
    "all heralded": {"heralds": {0: 1, 1: 0, 2: 1, 3: 0, 4: 1}},
    "impossible heralds": {"heralds": {0: 9}},
    "min_detection": {"min_detection": 2},
    "too much": {"min_detection": 9},
    "amplitudes": {"amplitudes": True, "heralds": {1: 1}},
    "threshold": {"threshold": True},
    "source": {"source": Source(brightness=0.9, indistinguishability=0.9), "min_detection": 1},
    "detector": {"detector": Detector(efficiency=0.9, p_dark=0.01)},
}


def assert_is_loop(stack, singles):
    """Compare a stack with single distributions in the order of its settings, outcome by outcome."""
    rows = stack.probabilities.reshape(math.prod(stack.probabilities.shape[:-1]), len(stack))
    place = {state: k for k, state in enumerate(map(tuple, stack.states.tolist()))}
    assert len(place) == len(stack), "an outcome is listed twice"
    assert len(rows) == len(singles)
    for index, one in enumerate(singles):
        expected = np.zeros(len(stack))
        at = [place[state] for state in map(tuple, one.states.tolist())]
        expected[at] = one.probabilities
        assert np.array_equal(rows[index], expected)
        if one.amplitudes is not None:
            amplitudes = np.zeros(len(stack), complex)
            amplitudes[at] = one.amplitudes
            assert np.array_equal(stack.amplitudes.reshape(rows.shape)[index], amplitudes)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("matrices", [SOME, LOSSY, MIXED, FEW_LOSE], ids=["unitary", "lossy", "mixed", "few"])
@pytest.mark.parametrize("limit", [stacked_layers.MOST_ENTRIES, 40, 0])
def test_a_stack_is_the_loop_over_single_calls(monkeypatch, matrices, options, limit):
    """With every option, for matrices that lose light and that do not, by edges and by layers."""
    monkeypatch.setattr(stacked_layers, "MOST_ENTRIES", limit)
    if options.get("amplitudes") and matrices is not SOME:
        with pytest.raises(ValueError, match=r"^Setting 0 of the stack: A lossy"):
            lw.output_distribution(matrices, PHOTONS, **options)
        return
    singles = [lw.output_distribution(matrix, PHOTONS, **options) for matrix in matrices]
    assert_is_loop(lw.output_distribution(matrices, PHOTONS, **options), singles)


@pytest.mark.parametrize("options", [{}, {"heralds": {0: 1}}, {"threshold": True}])
def test_inputs_may_differ(options):
    """In their modes, and in how many photons they have: the outcomes are those of all settings."""
    inputs = [[1, 1, 0, 1, 0], [0, 3, 0, 0, 0], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0], [2, 0, 0, 0, 1], [1] * 5]
    for matrices in (SOME, MIXED):
        singles = [lw.output_distribution(*one, **options) for one in zip(matrices, inputs, strict=True)]
        stack = lw.output_distribution(matrices, inputs, **options)
        assert_is_loop(stack, singles)
        totals = stack.states.sum(axis=1, dtype=int).tolist()
        assert totals == sorted(totals, reverse=True)


shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@st.composite
def broadcastable(draw):
    """Two shapes that broadcast."""
    shape = draw(shapes)
    both = []
    for _ in range(2):
        begin = draw(st.integers(0, len(shape)))
        both.append(tuple(draw(st.sampled_from([1, size])) for size in shape[begin:]))
    return both


@given(broadcastable(), st.integers(1, 4), st.integers(0, 3), st.integers(0, 9))
@settings(max_examples=60)
def test_leading_dimensions_broadcast(both, n_modes, n_photons, seed):
    """As in NumPy, down to stacks of nothing."""
    rng = np.random.default_rng(seed)
    one, other = both
    count = math.prod(one)
    matrices = np.array([lw.random_unitary(n_modes, rng=rng) for _ in range(count)])
    matrices = matrices.reshape(*one, n_modes, n_modes)
    inputs = rng.multinomial(n_photons, np.ones(n_modes) / n_modes, size=other)
    stack = lw.output_distribution(matrices, inputs)
    shape = np.broadcast_shapes(one, other)
    assert stack.probabilities.shape == (*shape, len(stack))
    assert stack.states.shape == (len(stack), n_modes)
    wide = np.broadcast_to(matrices, (*shape, n_modes, n_modes)).reshape(-1, n_modes, n_modes)
    singles = zip(wide, np.broadcast_to(inputs, (*shape, n_modes)).reshape(-1, n_modes), strict=True)
    assert_is_loop(stack, [lw.output_distribution(*single) for single in singles])


def test_against_the_slow_twin():
    """Each outcome by a permanent, for matrices that lose light and that do not."""
    inputs = [[1, 1, 0], [0, 2, 0], [1, 0, 1], [0, 1, 1]]
    matrices = [lw.random_unitary(3, seed=k) * (1 if k % 2 else 0.8) for k in range(4)]
    stack = lw.output_distribution(matrices, inputs)
    for matrix, photons, row in zip(matrices, inputs, stack.probabilities, strict=True):
        expected = slow.output_distribution(matrix, photons)
        for state, probability in zip(map(tuple, stack.states.tolist()), row, strict=True):
            assert probability == pytest.approx(expected.get(state, 0.0), abs=1e-13)


def test_edges_and_layers_agree():
    """The two ways to a distribution, of all kinds, differ by rounding alone."""
    for photons in ([1, 1, 0, 1, 0], [4, 0, 3, 0, 0], [0, 0, 6, 0, 0]):
        for matrix, heralds in (
            (SOME[0], {}),
            (LOSSY[1], {}),
            (SOME[2], {1: 1, 3: 0}),
            (FEW_LOSE[3], {0: 1}),
        ):
            found = lw.output_distribution(matrix, photons, heralds=heralds)
            light = parsed_light(matrix, tuple(photons), 1e-10)
            polynomial = output_polynomial(light, heralds=heralds)
            assert polynomial.layout == found.layout
            np.testing.assert_allclose(found.probabilities, polynomial.run()[0], rtol=0, atol=1e-13)


def test_every_form_of_the_arguments():
    """Lists, single precision, read-only and strided arrays, Fortran order, and lists of states."""
    expected = lw.output_distribution(SOME, [PHOTONS] * 6).probabilities
    frozen = SOME.copy()
    frozen.flags.writeable = False
    strided = np.zeros((6, 5, 10), complex)
    strided[:, :, ::2] = SOME
    for matrices in (SOME.tolist(), frozen, strided[:, :, ::2], np.asfortranarray(SOME), list(SOME)):
        for inputs in (
            PHOTONS,
            lw.State(PHOTONS),
            [lw.State(PHOTONS)] * 6,
            np.array([PHOTONS] * 6, np.uint8),
        ):
            assert np.array_equal(lw.output_distribution(matrices, inputs).probabilities, expected)
    single = SOME.astype(np.complex64)
    stack = lw.output_distribution(single, PHOTONS)
    assert_is_loop(stack, [lw.output_distribution(matrix, PHOTONS) for matrix in single])
    np.testing.assert_allclose(stack.probabilities, expected, atol=1e-6)


def test_threads_change_nothing(monkeypatch):
    """Chunks of any size, on any number of threads, give the same bits."""
    matrices = np.array([lw.random_unitary(4, seed=k) for k in range(37)])
    expected = lw.output_distribution(matrices, [1, 1, 1, 0], workers=1).probabilities
    for nanoseconds in (1.0, 1e4):
        monkeypatch.setattr(stacked_layers, "_CHUNK_NANOSECONDS", nanoseconds)
        for workers in (1, 2, 5):
            found = lw.output_distribution(matrices, [1, 1, 1, 0], workers=workers)
            assert np.array_equal(found.probabilities, expected)


def changed(index, entry):
    matrices = SOME.copy()
    matrices[index, 0, 0] = entry
    return matrices


@pytest.mark.parametrize(
    ("matrices", "inputs", "error", "text"),
    [
        (
            changed(4, np.nan),
            PHOTONS,
            ValueError,
            r"^Setting 4 of the stack: The transfer matrix has entries",
        ),
        (changed(3, 9.0), PHOTONS, NotUnitaryError, r"^Setting 3 of the stack: The matrix amplifies"),
        (changed(3, 9.0).reshape(2, 3, 5, 5), PHOTONS, NotUnitaryError, r"^Setting \(1, 0\) of the stack"),
        (changed(3, 9.0), [PHOTONS] * 5 + [[1, 0, 0, 0, 0]], NotUnitaryError, r"^Setting 3 of"),
        (SOME, [PHOTONS] * 4, ValueError, r"shapes \(6,\) and \(4,\), which do not broadcast"),
        (SOME, [[1, 0]] * 6, ModeMismatchError, "2 modes, and the matrices 5"),
        (SOME, [[1, 0], [1]], ModeMismatchError, "differ in their numbers of modes"),
        (SOME, [[1, 0, 0, -1, 0]], ValueError, r"got -1 in mode 3 of input \(0,\)"),
        (SOME, [[1.0, 0, 0, 0, 0]], TypeError, "dtype float64"),
        (SOME, [[True, 0, 0, 0, 0]], TypeError, "booleans"),
        (SOME, [[200, 100, 0, 0, 0]], ResourceLimitError, "300 photons"),
        (SOME[:, :3], PHOTONS, ValueError, r"should be square, got shape \(6, 3, 5\)"),
        (np.empty((2, 0, 0)), np.empty((2, 0), int), ValueError, "at least one mode"),
        (np.ma.masked_less(SOME.real, 0), PHOTONS, ValueError, "masked"),
    ],
)
def test_wrong_settings_are_named(matrices, inputs, error, text):
    """The first one that is wrong, by its place in the stack."""
    for call in (lw.output_distribution, lambda u, p: lw.boson_sample(u, p, 1)):
        with pytest.raises(error, match=text):
            call(matrices, inputs)
    if "Setting" in text:
        with pytest.raises(error, match=text):
            lw.output_distribution(matrices, inputs, threshold=True)


def test_more_than_fits_in_memory(monkeypatch):
    """Refused before it is computed, with the number of settings in the message."""
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "2000")
    with pytest.raises(ResourceLimitError, match="6 settings over 70 outcomes"):
        lw.output_distribution(SOME, [2, 1, 1, 0, 0])


def test_repr():
    """It tells a stack from one distribution."""
    assert (
        repr(lw.output_distribution(SOME, PHOTONS))
        == "OutputDistribution(a stack of shape (6,), 35 outcomes)"
    )
    assert "total probability 1" in repr(lw.output_distribution(SOME[0], PHOTONS))


WEIGHTS = np.random.default_rng(1).exponential(size=(2, 3, 40))


@pytest.mark.parametrize("n_samples", [0, 1, 1000, 10_000])
@pytest.mark.parametrize(
    "make", [lambda: 7, lambda: np.random.default_rng(7), lambda: np.random.SeedSequence(7)]
)
def test_counts_of_a_stack_are_the_loop_over_children(make, n_samples):
    """Each distribution draws from its child, bit for bit, and NumPy's own sampler agrees."""
    counts = lw.sample_counts(WEIGHTS, n_samples, rng=make())
    assert counts.shape == WEIGHTS.shape
    assert counts.dtype == np.int64
    assert (counts.sum(axis=-1) == n_samples).all()
    children = np.random.default_rng(7).spawn(6)
    for p, row, child in zip(WEIGHTS.reshape(6, 40), counts.reshape(6, 40), children, strict=True):
        drawn = child.choice(40, n_samples, p=p / p.sum())
        assert np.array_equal(row, np.bincount(drawn, minlength=40))
    again = np.random.default_rng(7).spawn(6)
    loop = [
        lw.sample_counts(p, n_samples, rng=child)
        for p, child in zip(WEIGHTS.reshape(6, 40), again, strict=True)
    ]
    assert np.array_equal(counts.reshape(6, 40), loop)


def test_counts_of_wide_and_of_well_sampled_stacks(monkeypatch):
    """Where single calls go another way, a stack goes with them."""
    from lwfast.optics.samples import sample_counts as sampling

    for name, value in (("_WIDE", 16), ("MULTINOMIAL_SAMPLES", 500)):
        with monkeypatch.context() as patch:
            patch.setattr(sampling, name, value)
            counts = lw.sample_counts(WEIGHTS[0], 1000, rng=3)
            children = np.random.default_rng(3).spawn(3)
            loop = [
                lw.sample_counts(p, 1000, rng=child) for p, child in zip(WEIGHTS[0], children, strict=True)
            ]
            assert np.array_equal(counts, loop)
    philox = [np.random.Generator(np.random.Philox(3)) for _ in range(2)]
    counts = lw.sample_counts(WEIGHTS[0], 1000, rng=philox[0])
    loop = [
        lw.sample_counts(p, 1000, rng=child) for p, child in zip(WEIGHTS[0], philox[1].spawn(3), strict=True)
    ]
    assert np.array_equal(counts, loop)


def test_counts_do_not_depend_on_threads(monkeypatch):
    """Nor on how the stack is cut, nor on whether it may be written to."""
    from lwfast.optics.samples import sample_counts as sampling

    frozen = WEIGHTS.copy()
    frozen.flags.writeable = False
    expected = lw.sample_counts(frozen, 100, rng=1)
    monkeypatch.setattr(sampling, "_CHUNK_NANOSECONDS", 1.0)
    assert np.array_equal(lw.sample_counts(WEIGHTS, 100, rng=1), expected)


def test_counts_of_nothing():
    """No distributions have no counts; no outcomes have no samples."""
    assert lw.sample_counts(np.empty((0, 3)), 5).shape == (0, 3)
    assert lw.sample_counts(np.empty((2, 0)), 0).shape == (2, 0)
    with pytest.raises(ValueError, match="no outcomes"):
        lw.sample_counts(np.empty((2, 0)), 5)
    with pytest.raises(ValueError, match=r"^Setting \(1, 2\) of the stack: Probabilities should be finite"):
        lw.sample_counts(np.where(np.arange(6).reshape(2, 3, 1) < 5, WEIGHTS, 0.0), 5)


def test_samples_of_a_stack_are_the_loop_over_children():
    """Each setting draws from its child, in double and in single precision, lossy or not."""
    for matrices in (SOME, MIXED, SOME.astype(np.complex64)):
        wide = matrices.reshape(2, 3, 5, 5)
        samples = lw.boson_sample(wide, PHOTONS, 20, rng=4)
        assert samples.shape == (2, 3, 20, 5)
        assert samples.dtype == np.uint8
        children = np.random.default_rng(4).spawn(6)
        loop = [
            lw.boson_sample(u, PHOTONS, 20, rng=child) for u, child in zip(matrices, children, strict=True)
        ]
        assert np.array_equal(samples.reshape(6, 20, 5), loop)


@given(st.integers(0, 6), st.integers(0, 5), st.integers(0, 3), st.integers(0, 2**32))
def test_what_was_seen_is_copied_one_distribution_after_the_other(n_settings, n_outcomes, more, seed):
    """As NumPy finds it; what has no state is left out."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 3, (n_settings, n_outcomes + more))
    states = rng.integers(0, 9, (n_outcomes, 4)).astype(np.uint8)
    if n_settings == 0:
        return
    found = seen_of_stack(counts, states)
    assert tuple(map(np.ndarray.tolist, found)) == slow_sampling.seen_of_stack(
        counts.tolist(), states.tolist()
    )


def test_samples_of_several_inputs_and_of_none():
    """One matrix serves many inputs; stacks of nothing have no samples, and progress is told."""
    told = []
    inputs = [lw.State(PHOTONS), lw.State([0] * 5), lw.State([0, 0, 3, 0, 0])]
    samples = lw.boson_sample(SOME[0], inputs, 4, rng=1, progress=lambda *done: told.append(done))
    assert samples.sum(axis=2, dtype=int).tolist() == [[3] * 4, [0] * 4, [3] * 4]
    assert told == [(4, 12), (8, 12), (12, 12)]
    assert lw.boson_sample(np.empty((0, 5, 5)), PHOTONS, 4).shape == (0, 4, 5)
    assert lw.boson_sample(SOME, PHOTONS, 0).shape == (6, 0, 5)


@pytest.mark.parametrize(
    "kind", ["unitary", "lossy and not", "single precision", "several inputs", "one matrix"]
)
def test_many_samples_of_a_stack_come_from_its_distributions(kind, monkeypatch):
    """As those of single calls do, from their children, bit for bit; no call of its own is made for them."""
    from lwfast.optics.samples import boson_sampling

    n_samples = 5000
    matrices = {"lossy and not": MIXED, "single precision": SOME.astype(np.complex64), "one matrix": SOME[:1]}
    stack = matrices.get(kind, SOME)
    inputs = np.tile(PHOTONS, (6, 1))
    if kind in ("several inputs", "one matrix"):
        inputs[1:3] = [0, 0, 4, 0, 0]
        inputs[4] = [0, 2, 0, 0, 1]
        inputs[5] = 0
    called = []

    def counting(*arguments):
        called.append(arguments)
        return single_way(*arguments)

    single_way = boson_sampling._from_distribution
    monkeypatch.setattr(boson_sampling, "_from_distribution", counting)
    children = np.random.default_rng(4).spawn(6)
    loop = [
        lw.boson_sample(stack[k % len(stack)], inputs[k], n_samples, rng=child)
        for k, child in enumerate(children)
    ]
    assert len(called) == np.count_nonzero(inputs.sum(axis=1))
    called.clear()
    samples = lw.boson_sample(stack, inputs, n_samples, rng=4)
    assert np.array_equal(samples, loop)
    assert not called


def test_samples_from_distributions_do_not_depend_on_how_they_are_cut(monkeypatch):
    """Neither on threads, nor on how many distributions are there at once; progress ends with all."""
    from lwfast.optics.samples import sample_stack

    expected = lw.boson_sample(SOME, PHOTONS, 3000, rng=2)
    monkeypatch.setattr(sample_stack, "_AT_ONCE", 1)
    monkeypatch.setattr(sample_stack, "_CHUNK_SECONDS", 1e-9)
    told = []
    found = lw.boson_sample(SOME, PHOTONS, 3000, rng=2, workers=2, progress=lambda *done: told.append(done))
    assert np.array_equal(found, expected)
    assert told[-1] == (18_000, 18_000)
    philox = [np.random.Generator(np.random.Philox(3)) for _ in range(2)]
    found = lw.boson_sample(SOME, PHOTONS, 3000, rng=philox[0])
    children = philox[1].spawn(6)
    assert np.array_equal(
        found, [lw.boson_sample(u, PHOTONS, 3000, rng=c) for u, c in zip(SOME, children, strict=True)]
    )
