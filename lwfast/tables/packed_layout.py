"""Where the modes of a row are in its words, and how fields of bits are moved from one form to another."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint64]

SHORT_BITS = 24
"""Rows of at most so many bits have an entry for each possible word where they are added up."""
_WORD = 64
_BYTE = 8
_ALL = (1 << _WORD) - 1
_NO_STEPS: Words = np.empty((0, 2), np.uint64)
_kept = functools.lru_cache(maxsize=64)  # the same maps meet many tables: laying out one takes up to 0.1 ms


def words_of(n_modes: int, bits: int) -> int:
    """Return how many words a row takes."""
    return -(-n_modes // (_WORD // bits))


def bits_for(n_modes: int, needed: int) -> int | None:
    """Return how many bits a mode gets, all that fit the fewest words; None where bytes take less room.

    Args:
        n_modes: Modes of a row.
        needed: Bits of the largest number.
    """
    n_words = 1
    while n_modes and _BYTE * n_words <= max(_BYTE, n_modes):
        bits = min(_BYTE, _WORD // -(-n_modes // n_words))
        if bits >= max(needed, 1):
            return bits
        n_words += 1
    return None


def bits_of_short(n_modes: int, needed: int) -> int | None:
    """Return what `bits_for` does, but no more than are needed where a row is short."""
    needed = max(needed, 1)
    return needed if n_modes * needed <= SHORT_BITS else bits_for(n_modes, needed)


def place_of(mode: int, n_modes: int, bits: int) -> tuple[int, int]:
    """Return the word of a mode, and the shift to its bits."""
    per_word = -(-n_modes // words_of(n_modes, bits))
    word, place = divmod(mode, per_word)
    return word, bits * (min(per_word, n_modes - word * per_word) - 1 - place)


def moves_of(n_modes: int, bits: int, places: Sequence[Sequence[int]], new_bits: int) -> Words:
    """Return what `move_fields` takes so that mode k becomes the sum of the modes `places[k]`.

    Modes that are shifted as far as each other move together.
    """
    targets = [place_of(k, len(places), new_bits) for k in range(len(places))]
    return _moves(n_modes, bits, places, targets)


@_kept
def moves_and_steps(
    n_modes: int, bits: int, places: tuple[tuple[int, ...], ...], new_bits: int
) -> tuple[Words, Words]:
    """Return moves as `moves_of` does, and steps as `steps_together` does, whichever need the fewest passes.

    Four bins of five modes each, for example, take 20 moves to where they belong; or five, each of which adds
    a mode to all four bins where these are, and two steps that bring the bins together.
    """
    moves = moves_of(n_modes, bits, places, new_bits)
    lowest = [min(place_of(mode, n_modes, bits) for mode in modes) for modes in places]
    highest = [max(place_of(mode, n_modes, bits) for mode in modes) for modes in places]
    shifts = [shift for _, shift in lowest]
    stride = shifts[0] - shifts[1] if len(places) > 1 else 0
    is_regular = shifts == [shifts[0] - k * stride for k in range(len(places))]
    is_regular &= stride >= 2 * new_bits  # what a step leaves behind must not reach into what it brings
    if not is_regular or len({word for word, _ in lowest + highest}) > 1:
        return moves, _NO_STEPS
    if words_of(len(places), new_bits) > 1 or shifts[0] - shifts[-1] + new_bits > _WORD:
        return moves, _NO_STEPS
    steps = steps_together(len(places), new_bits, stride)
    spread = _moves(n_modes, bits, places, [(0, shift - shifts[-1]) for shift in shifts])
    return (spread, steps) if len(spread) + len(steps) < len(moves) else (moves, _NO_STEPS)


def _moves(
    n_modes: int, bits: int, places: Sequence[Sequence[int]], targets: Sequence[tuple[int, int]]
) -> Words:
    """Return moves to places that are given as word and shift."""
    together: dict[tuple[int, int, int], list[int]] = {}
    for modes, (target, left) in zip(places, targets, strict=True):
        for mode in modes:
            source, right = place_of(mode, n_modes, bits)
            together.setdefault((source, target, left - right), []).append(right)
    moves = []
    for (source, target, distance), fields in together.items():
        right = min(fields)
        mask = sum(((1 << bits) - 1) << (field - right) for field in fields)
        moves.append([source, right, mask, target, right + distance])
    return np.array(moves, np.uint64).reshape(len(moves), 5)


@_kept
def lowest_bits(n_modes: int, bits: int) -> Words:
    """Return the lowest bit of each mode of each word."""
    ones = [0] * words_of(n_modes, bits)
    for mode in range(n_modes):
        word, shift = place_of(mode, n_modes, bits)
        ones[word] |= 1 << shift
    return np.array(ones, np.uint64)


@_kept
def steps_together(n_fields: int, width: int, stride: int) -> Words:
    """Return shifts and masks, `uint64[k, 2]`, that bring fields of a word together.

    Each step doubles how many fields stand beside each other.

    Args:
        n_fields: How many there are, the last of them lowest.
        width: How many bits a field has.
        stride: Bits from one field to the next.
    """
    steps, together = [], 1
    while together < n_fields and width < stride:
        shift, together = together * (stride - width), 2 * together
        mask = 0
        for field in range(0, n_fields, together):
            mask |= ((1 << width * min(together, n_fields - field)) - 1) << field * stride
        steps.append((shift, mask))
    return np.array(steps, np.uint64).reshape(-1, 2)


@_kept
def steps_of_sum(n_fields: int, bits: int) -> Words:
    """Return shifts and masks, `uint64[k, 2]`, that add up the fields of a word, two and two."""
    steps, width = [], bits
    while n_fields > 1:
        mask = sum(((1 << width) - 1) << place for place in range(0, _WORD, 2 * width)) & _ALL
        steps.append((width, mask))
        width, n_fields = 2 * width, -(-n_fields // 2)
    return np.array(steps, np.uint64).reshape(-1, 2)
