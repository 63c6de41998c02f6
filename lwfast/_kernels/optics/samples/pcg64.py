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
from lwfast._types import AnyArray, FloatArray

_U = np.uint64
_HIGH, _LOW = _U(2549297995355413924), _U(4865540595714422341)
"""The multiplier."""
_HALF, _MASK = _U(32), _U(0xFFFFFFFF)
_LOW_0, _LOW_1 = _LOW & _MASK, _LOW >> _HALF
_ONE, _ELEVEN, _TOP, _ALL = _U(1), _U(11), _U(58), _U(63)
_TO_UNIT = 1.0 / 9007199254740992.0


@register_jitable
def _step(high: Any, low: Any, add_high: Any, add_low: Any) -> Any:
    """Return the next state, its high and its low word."""
    # The high word of low * _LOW, from products of halves.
    x0, x1 = low & _MASK, low >> _HALF
    p00, p01, p10 = x0 * _LOW_0, x0 * _LOW_1, x1 * _LOW_0
    middle = (p00 >> _HALF) + (p01 & _MASK) + (p10 & _MASK)
    carried = x1 * _LOW_1 + (p01 >> _HALF) + (p10 >> _HALF) + (middle >> _HALF)
    new_low = low * _LOW + add_low
    carry = _ONE if new_low < add_low else _U(0)
    return carried + high * _LOW + low * _HIGH + add_high + carry, new_low


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
        out[i] = (word >> _ELEVEN) * _TO_UNIT
    state[0], state[1] = high, low
