"""Streams for the settings of a stack: the children of a seed, without an object for each.

`SeedSequence.spawn` and the generators on top take some 15 µs for each child, more than a small setting takes
to be sampled. A child differs from its parent in one word more of entropy, its number, so the hash of all
children is a few operations on arrays.

Source: M. E. O'Neill's `seed_seq`, as NumPy documents and keeps it for `SeedSequence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.generators import generator_of
from lwfast._types import SeedLike

_INIT_A, _MULT_A = 0x43B0D7E5, 0x931E8875
_WORD = 1 << 32


class Spawned:
    """The streams of a stack.

    Args:
        seeds: uint64[count, 4], what each stream of PCG64 is seeded with; None for another generator.
        generators: The streams themselves, where there are no seeds.
    """

    def __init__(
        self, seeds: NDArray[np.uint64] | None, generators: list[np.random.Generator] | None = None
    ) -> None:
        self._seeds = seeds
        self._generators = generators

    def states(self) -> NDArray[np.uint64] | None:
        """Return uint64[count, 4], new states of PCG64 for kernels; None of another generator."""
        if self._seeds is None:
            return None
        from lwfast._kernels.optics.samples.pcg64 import seed_streams

        states = self._seeds.copy()
        with np.errstate(over="ignore"):  # uncompiled, NumPy warns of words that wrap
            seed_streams(states)
        return states

    def generator(self, index: int) -> np.random.Generator:
        """Return the generator of a setting, new at each call but where kernels do not know its kind."""
        if self._generators is not None:
            return self._generators[index]
        if self._seeds is None:
            raise AssertionError("There are seeds where there are no generators.")
        seed: Any = _Seed(self._seeds[index])
        return np.random.Generator(np.random.PCG64(seed))


class _Seed(np.random.bit_generator.ISeedSequence):
    """The words of a child, which PCG64 asks for once."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """Return the words, whatever is asked for."""
        if n_words != len(self._words) or np.dtype(dtype) != np.uint64:
            raise AssertionError("PCG64 takes four words of 64 bits.")
        return self._words


def spawned(rng: SeedLike, count: int) -> Spawned:
    """Return the streams `numpy.random.default_rng(rng).spawn(count)`.

    Args:
        rng: Seed, SeedSequence or Generator; the latter two then know that they have so many children more.
        count: How many children are made.
    """
    generator = generator_of(rng)
    bits = generator.bit_generator
    parent: Any = bits.seed_seq
    if type(bits) is not np.random.PCG64 or type(parent) is not np.random.SeedSequence:
        return Spawned(None, generator.spawn(count))
    seeds = child_seeds(parent, parent.n_children_spawned, count)
    if isinstance(rng, np.random.SeedSequence | np.random.Generator | np.random.BitGenerator):
        # Others see it. To count its children, NumPy makes all of them: some 14 µs each.
        parent.spawn(count)
    return Spawned(seeds)


def children_of(seed: np.random.SeedSequence, first: int, count: int) -> Spawned:
    """Return the streams of some children of a seed, which does not get to know of them.

    Args:
        seed: The seed, whose count of children stays what it is.
        first: Number of the first child.
        count: How many children in a row.
    """
    return Spawned(child_seeds(seed, first, count))


def child_seeds(parent: np.random.SeedSequence, first: int, count: int) -> NDArray[np.uint64]:
    """Return `generate_state(4, uint64)` of children of a SeedSequence.

    Args:
        parent: The sequence, whose count of children stays what it is.
        first: Number of the first child.
        count: How many children in a row.

    Returns:
        uint64[count, 4].
    """
    from lwfast._kernels.optics.samples.pcg64 import spawn_seeds

    size = parent.pool_size
    # Each word that was mixed in took a constant for each word of the pool.
    words = max(_words_of(parent.entropy), size) + _words_of(parent.spawn_key)
    constant = _INIT_A * pow(_MULT_A, size * words, _WORD) % _WORD
    seeds: NDArray[np.uint64] = np.empty((count, 4), dtype=np.uint64)
    spawn_seeds(np.asarray(parent.pool, dtype=np.uint32), np.uint64(constant), first, seeds)
    return seeds


def _words_of(entropy: Any) -> int:
    """Return how many words of 32 bits a SeedSequence makes of entropy."""
    if isinstance(entropy, np.ndarray) and entropy.dtype == np.uint32:
        return int(entropy.size)
    if isinstance(entropy, str):
        return _words_of(int(entropy, 0))
    if isinstance(entropy, Sequence | np.ndarray):
        return sum(_words_of(one) for one in entropy)
    return max(1, -(-int(entropy).bit_length() // 32))
