"""Random generators: those of a caller's `rng`, and those that begin with the system's entropy."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from lwfast._base.validation import as_integer, is_bool, is_several, scalar

_idle: list[np.random.Generator] = []
"""Generators from the system's entropy that nobody uses at present; their streams go on."""


def generator_of(rng: Any) -> np.random.Generator:
    """Return the generator that a caller's `rng` stands for: what `numpy.random.default_rng` makes of it.

    Args:
        rng: As `checked_rng` takes it.

    Raises:
        TypeError: It is not a seed or generator.
        ValueError: It is a negative number.
    """
    return np.random.default_rng(checked_rng(rng))


def checked_rng(rng: Any) -> Any:
    """Return a caller's `rng`, checked; integers become Python's.

    NumPy itself takes True for 1, and of a text it says that it is not entropy.

    Args:
        rng: None, an integer from 0 on, a sequence of such integers, or an object of `numpy.random`: a
            SeedSequence, Generator, BitGenerator or RandomState.

    Raises:
        TypeError: It is something else, such as a bool.
        ValueError: It is a negative number, or one is in the sequence.
    """
    if rng is None or (type(rng) is int and rng >= 0):
        return rng
    kinds = (np.random.Generator, np.random.SeedSequence, np.random.BitGenerator, np.random.RandomState)
    if isinstance(rng, (*kinds, np.random.bit_generator.ISeedSequence)):
        return rng
    if isinstance(rng, list | tuple | np.ndarray) and is_several(rng):
        return [seed_of_rng(number) for number in rng]
    return seed_of_rng(rng)


def seed_of_rng(value: Any) -> int:
    """Return a caller's `rng` that is a number, as a Python int.

    Args:
        value: An integer from 0 on; a float without a fraction counts as one.

    Raises:
        TypeError: It is not an integer.
        ValueError: It is negative.
    """
    try:
        number = as_integer(value, "rng", integral_floats=True)
    except TypeError:
        shown = scalar(value)
        shown = f"the bool {shown}" if is_bool(shown) else f"{shown!r:.80} of type {type(shown).__name__}"
        msg = f"rng should be an integer, a SeedSequence or a Generator, got {shown}."
        raise TypeError(msg) from None
    if number < 0:
        msg = f"rng should not be negative, got {number}."
        raise ValueError(msg)
    return number


def idle_generators() -> list[np.random.Generator]:
    """Return the list of generators from the system's entropy: pop one, or make one, and append it again.

    Popping takes it away from other threads. It has to go back to this very list: after a fork the child has
    a new one, so that no generator that parent and child both know is used by the child.
    """
    return _idle


@contextlib.contextmanager
def unseeded() -> Iterator[np.random.Generator]:
    """Lend a generator from the system's entropy while a block runs, to this thread alone.

    A new one takes as long as four small unitary matrices. No two processes draw the same numbers, whether
    one was forked from the other or not.
    """
    idle = idle_generators()
    try:
        generator = idle.pop()
    except IndexError:
        generator = np.random.default_rng()
    try:
        yield generator
    finally:
        idle.append(generator)


def _begin_anew() -> None:
    global _idle
    _idle = []


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
