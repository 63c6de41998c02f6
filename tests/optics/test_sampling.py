from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast._kernels.optics.samples.sampling import count_uniforms, draw_outcomes, guide_table
from lwfast.optics.samples import sample_counts as sampling
from lwfast.optics.samples.sample_counts import guide_to, sample_counts
from tests.kernels.twins import plain
from tests.marks import needs_speed
from tests.reference import sampling as slow


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=40).filter(lambda p: sum(p) > 1e-300),
    st.integers(0, 300),
    st.integers(0, 10**6),
)
def test_same_counts_as_generator_choice(probabilities, n, seed):
    """For the same seed the counts are those of NumPy's own sampler."""
    assert sample_counts(probabilities, n, rng=seed).tolist() == slow.sample_counts(probabilities, n, seed)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=40).filter(lambda p: sum(p) > 1e-300),
    st.integers(1, 300),
    st.integers(0, 10**6),
)
def test_outcomes_in_the_order_of_their_numbers(probabilities, n, seed):
    """Each number finds its outcome, impossible ones and both ends among them."""
    uniforms = np.random.default_rng(seed).random(n)
    uniforms[0], uniforms[-1] = 0.0, 1 - 2.0**-53
    p = np.array(probabilities)
    cdf = p.cumsum() / p.sum()
    cdf[-1] = 1.0
    found = np.zeros(n, dtype=np.int64)
    draw_outcomes(uniforms, cdf, guide_to(cdf, n), found)
    assert found.tolist() == np.minimum(np.searchsorted(cdf, uniforms, side="right"), len(p) - 1).tolist()
    clear = np.abs(cdf[:, np.newaxis] - uniforms).min(axis=0) > 1e-12
    assert found[clear].tolist() == slow.draw_outcomes(probabilities, uniforms[clear].tolist())


@needs_speed
def test_large_draws_equal_generator_choice_on_threads(monkeypatch):
    """Blocks counted on threads add up to what one thread counts."""
    for size, n in ((3000, 2_000_000), (20_000, 5_000_000)):
        p = np.random.default_rng(1).exponential(size=size)
        drawn = np.random.default_rng(4).choice(size, n, p=p / p.sum())
        for cores in (1, 2, 5):
            monkeypatch.setattr(sampling, "available_cores", lambda cores=cores: cores)
            assert np.array_equal(sample_counts(p, n, rng=4), np.bincount(drawn, minlength=size))


def test_multinomial_beyond_16_million():
    """Very many samples of few outcomes are drawn as a multinomial vector, which passes a chi-square test."""
    p = np.array([0.1, 0.2, 0.3, 0.4])
    n = sampling.MULTINOMIAL_SAMPLES
    counts = sample_counts(p, n, rng=3)
    assert counts.sum() == n
    assert ((counts - n * p) ** 2 / (n * p)).sum() < 16.3  # 0.1 % of 3 degrees of freedom


def test_zero_probability_is_never_drawn():
    """Outcomes of probability 0 at the ends and in the middle have no counts."""
    counts = sample_counts([0, 0.5, 0, 0.5, 0], 10_000, rng=1)
    assert counts[[0, 2, 4]].tolist() == [0, 0, 0]
    assert counts.sum() == 10_000


@pytest.mark.parametrize("p", [[-0.1, 1.1], [np.nan, 1], [np.inf, 1], [0.0, 0.0], [[0.5, 0.5], [np.nan, 1]]])
def test_wrong_probabilities(p):
    """Negative, undefined or missing probabilities are refused."""
    with pytest.raises(ValueError, match="robabilities"):
        sample_counts(p, 10)


def test_wrong_numbers_of_samples():
    """A number of samples is an integer from 0 on, and nothing can be drawn from no outcomes."""
    with pytest.raises(ValueError, match="negative"):
        sample_counts([1.0], -1)
    with pytest.raises(TypeError):
        sample_counts([1.0], 2.5)
    with pytest.raises(ValueError, match="no outcomes"):
        sample_counts([], 1)
    assert sample_counts([], 0).tolist() == []
    assert sample_counts([1.0], 0).tolist() == [0]


def test_generator_and_seed_sequence():
    """An integer, its SeedSequence and its Generator draw the same."""
    p = [0.3, 0.7]
    answers = {
        tuple(sample_counts(p, 50, rng=r)) for r in (5, np.random.SeedSequence(5), np.random.default_rng(5))
    }
    assert len(answers) == 1


def test_more_outcomes_than_32_bits_number(monkeypatch):
    """Guide tables of int64, which take 16 GB in earnest, give the samples that those of int32 give."""
    p = np.random.default_rng(0).exponential(size=50)
    uniforms = np.random.default_rng(1).random(500)
    cdf = p.cumsum() / p.sum()
    answers = []
    for most, kind in ((50, np.int32), (49, np.int64)):
        monkeypatch.setattr(sampling, "_NUMBERED_BY_32_BITS", most)
        guide, outcomes = guide_to(cdf, 500), np.empty(500, dtype=np.int64)
        assert guide.dtype == kind
        draw_outcomes(uniforms, cdf, guide, outcomes)
        answers.append((outcomes.tolist(), sample_counts(p, 500, rng=1).tolist()))
    assert answers[0] == answers[1]


def test_compiled_equals_interpreted():
    """The kernels do what their Python code does."""
    p = np.random.default_rng(0).exponential(size=50)
    cdf = p.cumsum() / p.sum()
    uniforms = np.random.default_rng(1).random(500)
    answers = []
    sources = (plain(kernel) for kernel in (guide_table, count_uniforms))
    for make, count in ((guide_table, count_uniforms), sources):
        for scratch in (np.empty(0), np.empty(500)):
            guide = np.empty(64, dtype=np.int32)
            counts = np.zeros(50, dtype=np.int64)
            make(cdf, guide)
            count(uniforms, scratch, cdf, guide, counts)
            answers.append(counts)
    for other in answers[1:]:
        assert np.array_equal(answers[0], other)
