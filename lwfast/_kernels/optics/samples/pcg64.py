"""NumPy's generator PCG64, for streams that are drawn from once.

A `Generator` takes ten times as long to be made as a small distribution takes to be sampled. Its state is a
number of 128 bits, here two words: multiplied by a constant, an odd increment added, for each random number.

Source: M. E. O'Neill, "PCG: A family of simple fast space-efficient statistically good algorithms for random
number generation", Harvey Mudd College HMC-CS-2014-0905 (2014), the variant XSL-RR 128/64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lwfast._kernels._jit import jit, register_jitable
from lwfast._kernels._words import high_product
from lwfast._types import AnyArray, FloatArray

_U = np.uint64
_HIGH, _LOW = _U(2549297995355413924), _U(4865540595714422341)
"""The multiplier."""
_HALF, _MASK = _U(32), _U(0xFFFFFFFF)
_ONE, _ELEVEN, _TOP, _ALL = _U(1), _U(11), _U(58), _U(63)
_SHIFT = _U(16)
_MULT_A, _INIT_B, _MULT_B = _U(0x931E8875), _U(0x8B51F9DD), _U(0x58F38DED)
_MIX_L, _MIX_R = _U(0xCA01F9DD), _U(0x4973F715)
_SEED_WORDS = 8
"""Words of 32 bits that a generator is seeded with."""
_TO_UNIT = 1.0 / 9007199254740992.0


@register_jitable
def _step(high: Any, low: Any, add_high: Any, add_low: Any) -> Any:
    """Return the next state, its high and its low word."""
    new_low = low * _LOW + add_low
    carry = _ONE if new_low < add_low else _U(0)
    return high_product(low, _LOW) + high * _LOW + low * _HIGH + add_high + carry, new_low


@jit("const uint32[:], uint64, int64, uint64[:, :]")
def spawn_seeds(pool: AnyArray, constant: Any, first: int, words: AnyArray) -> None:
    """Hash the seeds of children of a `SeedSequence`, which differ from it in one word of entropy more.

    Args:
        pool: uint32[k], the pool of the parent.
        constant: What the hash multiplies by when it comes to the number of a child.
        first: Number of the first child.
        words: uint64[S, 4], out: what each child gives as `generate_state(4, uint64)`.

    Source: M. E. O'Neill's `seed_seq`, as NumPy documents and keeps it.
    """
    size = pool.size
    mixed = np.empty(size, np.uint64)
    for s in range(words.shape[0]):
        number = _U(first + s) & _MASK
        factor = constant
        for k in range(size):
            value = number ^ factor
            factor = (factor * _MULT_A) & _MASK
            value = (value * factor) & _MASK
            value ^= value >> _SHIFT
            # The second term is taken from 2^32, so that nothing is below 0.
            value = ((_U(pool[k]) * _MIX_L) & _MASK) + (_MASK - ((value * _MIX_R) & _MASK) + _ONE)
            value &= _MASK
            mixed[k] = value ^ (value >> _SHIFT)
        factor = _INIT_B
        for k in range(_SEED_WORDS):
            value = mixed[k % size] ^ factor
            factor = (factor * _MULT_B) & _MASK
            value = (value * factor) & _MASK
            value ^= value >> _SHIFT
            if k % 2 == 0:
                words[s, k // 2] = value
            else:
                words[s, k // 2] |= value << _HALF


@jit("uint64[:, :]")
def seed_streams(words: AnyArray) -> None:
    """Turn seeds into states of generators, in place.

    Args:
        words: uint64[S, 4], what a `SeedSequence` gives as `generate_state(4, uint64)`. Then the state and
            the increment, the high word of each first.
    """
    for s in range(words.shape[0]):
        add_high = (words[s, 2] << _ONE) | (words[s, 3] >> _ALL)
        add_low = (words[s, 3] << _ONE) | _ONE
        # One step from state 0 leaves the increment; then the seed is added.
        low = add_low + words[s, 1]
        carry = _ONE if low < add_low else _U(0)
        high = add_high + words[s, 0] + carry
        high, low = _step(high, low, add_high, add_low)
        words[s, 0], words[s, 1], words[s, 2], words[s, 3] = high, low, add_high, add_low


@jit("uint64[:], float64[:]")
def draw_uniforms(state: AnyArray, out: FloatArray) -> None:
    """Draw uniform numbers as `Generator.random` does.

    Args:
        state: uint64[4], of one generator, from `seed_streams`; it moves on, in place.
        out: float64[N], out.
    """
    high, low, add_high, add_low = state[0], state[1], state[2], state[3]
    for i in range(out.size):
        high, low = _step(high, low, add_high, add_low)
        word = high ^ low
        turn = high >> _TOP
        word = (word >> turn) | (word << ((_U(64) - turn) & _ALL))
        # As a signed number, which is one instruction to convert; of an unsigned one it is four.
        out[i] = np.int64(word >> _ELEVEN) * _TO_UNIT
    state[0], state[1] = high, low
