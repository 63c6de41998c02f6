"""Random numbers for short runs: what `numpy.random.default_rng` gives, without its twenty microseconds."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._base.generators import idle_generators
from lwfast._types import FloatArray, SeedLike

_KEPT = 1024
"""Seeds whose state is kept, the last ones used; each takes less than a kilobyte."""
_seeded: list[np.random.Generator] = []
"""Generators that nobody uses just now, whatever their state."""


def uniform_numbers(seed: SeedLike, n: int) -> FloatArray:
    """Return float64[n], uniform in [0, 1).

    Args:
        seed: An integer gives the first numbers of `default_rng(seed)`, a Generator its next ones, None some
            that nobody knows.
        n: How many numbers are drawn.
    """
    if seed is not None and type(seed) is not int:
        return np.random.default_rng(seed).random(n)
    # Taken out of the list while in use: two threads, or a signal handler, never share one.
    idle = idle_generators() if seed is None else _seeded
    try:
        generator = idle.pop()
    except IndexError:
        generator = np.random.default_rng()
    if seed is not None:
        generator.bit_generator.state = _state(seed)
    numbers = generator.random(n)
    idle.append(generator)
    return numbers


@functools.lru_cache(_KEPT)
def _state(seed: int) -> Mapping[str, Any]:
    return np.random.default_rng(seed).bit_generator.state
