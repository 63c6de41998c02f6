"""The streams of a stack are the children that NumPy spawns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast._kernels.optics.samples.pcg64 import draw_uniforms, seed_streams
from lwfast.optics.samples.spawned import child_seeds, children_of, spawned
from tests.marks import wraps
from tests.reference import pcg64 as slow

entropies = st.one_of(
    st.integers(0, 2**200), st.lists(st.integers(0, 2**70), max_size=7), st.sampled_from([0, 2**32, 2**128])
)


@given(
    entropies,
    st.lists(st.integers(0, 2**40), max_size=3),
    st.integers(4, 9),
    st.integers(0, 4),
    st.integers(0, 5),
)
def test_seeds_are_those_of_numpys_children(entropy, spawn_key, pool_size, spawned_before, count):
    """Whatever a SeedSequence is made of, and however many children it has."""
    parent = np.random.SeedSequence(entropy, spawn_key=spawn_key, pool_size=pool_size)
    parent.spawn(spawned_before)
    found = child_seeds(parent, spawned_before, count)
    expected = [child.generate_state(4, np.uint64) for child in parent.spawn(count)]
    assert found.tolist() == [list(map(int, words)) for words in expected]


def test_entropy_as_an_array_of_words():
    """NumPy takes uint32 arrays as they are."""
    parent = np.random.SeedSequence(np.array([1, 2, 3, 4, 5], np.uint32))
    assert np.array_equal(child_seeds(parent, 0, 1)[0], parent.spawn(1)[0].generate_state(4, np.uint64))


@wraps
@given(st.integers(0, 2**64), st.integers(0, 40))
def test_uniforms_are_those_of_numpy_and_of_the_twin(seed, count):
    """Bit for bit, and the state moves on."""
    words = np.random.SeedSequence(seed).generate_state(4, np.uint64)
    states = words[np.newaxis].copy()
    seed_streams(states)
    out = np.empty(count)
    draw_uniforms(states[0], out)
    more = np.empty(3)
    draw_uniforms(states[0], more)
    expected = np.random.default_rng(seed).random(count + 3).tolist()
    assert [*out.tolist(), *more.tolist()] == expected
    assert slow.uniforms(*slow.seeded([int(word) for word in words]), count + 3) == expected


@pytest.mark.parametrize("make", [np.random.SeedSequence, np.random.default_rng])
def test_two_stacks_are_the_children_one_after_the_other(make):
    """What a generator or sequence has spawned is not spawned again."""
    rng = make(5)
    streams = [spawned(rng, 2), spawned(rng, 3)]
    drawn = [
        one.generator(index).random()
        for one, count in zip(streams, (2, 3), strict=True)
        for index in range(count)
    ]
    assert drawn == [child.random() for child in np.random.default_rng(5).spawn(5)]
    parent = rng if make is np.random.SeedSequence else rng.bit_generator.seed_seq
    assert parent.n_children_spawned == 5


def test_an_integer_starts_anew():
    """The same seed, the same streams; without one, others each time."""
    assert spawned(5, 3).generator(2).random() == np.random.default_rng(5).spawn(3)[2].random()
    assert spawned(None, 1).generator(0).random() != spawned(None, 1).generator(0).random()


def test_other_generators_spawn_for_themselves():
    """Kernels know PCG64 only."""
    streams = spawned(np.random.Generator(np.random.Philox(3)), 2)
    assert streams.states() is None
    expected = np.random.Generator(np.random.Philox(3)).spawn(2)
    for index in range(2):
        assert np.array_equal(streams.generator(index).random(4), expected[index].random(4))


def test_children_of_a_seed_are_drawn_from_without_its_knowledge():
    """Those from any number on; to tell the seed, NumPy would make each of them."""
    seed = np.random.SeedSequence(5)
    streams = children_of(seed, 2, 3)
    expected = [np.random.default_rng(child).random() for child in np.random.SeedSequence(5).spawn(5)[2:]]
    assert [streams.generator(index).random() for index in range(3)] == expected
    assert streams.states().shape == (3, 4)
    assert seed.n_children_spawned == 0
