"""Small distributions in one call: the bits of the long way, and the numbers of the slow reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lwfast._kernels.optics.samples.sampling import count_small
from lwfast.optics.distributions.amplitudes import amplitudes_to
from lwfast.optics.distributions.photon_numbers import fock_distribution
from lwfast.optics.distributions.small_layers import small_layers
from lwfast.optics.light import parsed_light
from lwfast.optics.permanents.permanent import permanent
from lwfast.optics.samples.sample_counts import guide_cells
from lwfast.optics.unitary import random_unitary
from lwfast.rules import Rule
from tests.reference import sampling as slow_sampling
from tests.reference import slos as slow
from tests.strategies import seeds

inputs = st.lists(st.integers(0, 3), min_size=1, max_size=5).filter(lambda photons: 0 < sum(photons) < 6)


def matrices(n_modes, seed):
    """A random unitary, or one with zeros of both signs."""
    if seed % 3:
        return random_unitary(n_modes, seed=seed)
    return -np.eye(n_modes, dtype=complex)[np.random.default_rng(seed).permutation(n_modes)]


@given(inputs, seeds, st.data())
@settings(deadline=None)
def test_the_bits_of_the_long_way(photons, seed, data):
    """Probabilities, amplitudes and states are those of the distribution that is asked for by its light."""
    n_modes = len(photons)
    matrix = matrices(n_modes, seed)
    modes = data.draw(st.lists(st.integers(0, n_modes - 1), max_size=n_modes - 1, unique=True))
    heralds = {mode: data.draw(st.integers(0, 2)) for mode in modes}
    assume(sum(heralds.values()) <= sum(photons))
    rules = data.draw(st.sampled_from([(), (Rule((0,), (0, 1)),)]))
    light = parsed_light(matrix, tuple(photons), 1e-12)
    long = fock_distribution(light, heralds, 0, pairs=rules, amplitudes=True)
    plain = fock_distribution(light, heralds, 0, pairs=rules)
    small = small_layers(tuple(photons), tuple(heralds.items()), rules)
    if small is None:
        assert len(long) == 0
        return
    entries = matrix.view(np.float64)[np.newaxis]
    assert small.states.tolist() == long.states.tolist()
    assert small.probabilities(entries).tobytes() == plain.probabilities.tobytes()
    assert small.amplitudes(entries).tobytes() == long.amplitudes.tobytes()


@pytest.mark.parametrize(("n_modes", "is_small"), [(1024, True), (1025, False)])
def test_no_table_of_more_than_a_megabyte_is_kept(n_modes, is_small):
    """One photon in n modes has n outcomes of n modes each."""
    small = small_layers((1, *[0] * (n_modes - 1)), ())
    assert (small is not None) == is_small
    assert small is None or small.states.nbytes == n_modes**2


@given(inputs, seeds)
@settings(deadline=None)
def test_reference(photons, seed):
    """The probabilities are those of permanents."""
    matrix = matrices(len(photons), seed)
    small = small_layers(tuple(photons), ())
    expected = slow.output_distribution(matrix, photons)
    found = zip(
        map(tuple, small.states.tolist()),
        small.probabilities(matrix.view(np.float64)[np.newaxis]),
        strict=True,
    )
    for state, probability in found:
        assert probability == pytest.approx(expected.get(state, 0.0), abs=1e-12)


@pytest.mark.parametrize(
    ("photons", "heralds"),
    [
        ((0, 0), ()),
        ((1, 1), ((0, 1), (1, 1))),
        ((1, 0), ((0, 2),)),
        ((3,) * 8, ()),
        ((200, 0), ()),
    ],
)
def test_what_is_not_small(photons, heralds):
    """No photon, no free mode, more photons heralded than enter; too many outcomes, photons, modes."""
    assert small_layers(photons, heralds) is None


@given(inputs, st.data(), seeds)
@settings(deadline=None)
def test_one_amplitude(photons, data, seed):
    """One amplitude is what the permanent gives, and the reference."""
    n_modes = len(photons)
    matrix = matrices(n_modes, seed)
    where = data.draw(st.lists(st.integers(0, n_modes - 1), min_size=sum(photons), max_size=sum(photons)))
    output = np.bincount(where, minlength=n_modes).astype(np.uint8)
    found = amplitudes_to(matrix, tuple(photons), output[np.newaxis])
    rows, columns = (np.repeat(np.arange(n_modes), numbers) for numbers in (output, photons))
    by_permanent = np.array([permanent(matrix[rows][:, columns])])
    for numbers in (photons, output.tolist()):
        by_permanent /= np.sqrt(float(np.prod([float(np.prod(np.arange(1, k + 1))) for k in numbers])))
    assert found.tobytes() == by_permanent.tobytes()
    assert found[0] == pytest.approx(slow.amplitude(matrix, photons, output.tolist()), abs=1e-12)


def test_read_only_matrix():
    """A matrix that nobody may write to, or a part of one, is as good as any."""
    matrix = random_unitary(3, seed=1)
    output = np.array([[0, 1, 1]], dtype=np.uint8)
    expected = amplitudes_to(matrix, (1, 1, 0), output)
    wide = np.zeros((4, 4), dtype=complex)
    wide[:3, :3] = matrix
    matrix.flags.writeable = False
    for given_matrix in (matrix, wide[:3, :3]):
        assert amplitudes_to(given_matrix, (1, 1, 0), output).tobytes() == expected.tobytes()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(1, 500), seeds, st.integers(0, 1))
@settings(deadline=None)
def test_counts_of_few(probabilities, n_samples, seed, without):
    """The counts are those of `Generator.choice`; an outcome without a state is left out."""
    p = np.array(probabilities)
    assume(p.sum() > 1e-3)
    expected = slow_sampling.sample_counts(p / p.sum(), n_samples, np.random.default_rng(seed))
    table = np.arange(len(p) - without, dtype=np.uint8)[:, np.newaxis]
    uniforms = np.random.default_rng(seed).random(n_samples)
    states, counts = count_small(p, uniforms, guide_cells(len(p), n_samples), table)
    found = np.bincount(states[:, 0], weights=counts, minlength=len(table))
    assert (counts > 0).all()
    assert found.tolist() == np.asarray(expected)[: len(table)].tolist()
