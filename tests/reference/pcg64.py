"""Slow twin of the generators of a stack: numbers of 128 bits, from the paper."""

from __future__ import annotations

MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
ALL = (1 << 128) - 1


def seeded(words):
    """Return state and increment, from the four words of a seed."""
    increment = ((words[2] << 64 | words[3]) << 1 | 1) & ALL
    state = (increment + (words[0] << 64 | words[1])) & ALL
    return (state * MULTIPLIER + increment) & ALL, increment


def uniforms(state, increment, count):
    """Draw numbers in [0, 1)."""
    drawn = []
    for _ in range(count):
        state = (state * MULTIPLIER + increment) & ALL
        word = (state >> 64) ^ (state & (1 << 64) - 1)
        turn = state >> 122
        word = (word >> turn | word << (64 - turn)) & (1 << 64) - 1
        drawn.append((word >> 11) / 2**53)
    return drawn
