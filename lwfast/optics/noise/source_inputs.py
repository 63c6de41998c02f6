"""How many different inputs an imperfect source makes of one that is intended."""

from __future__ import annotations

from collections.abc import Sequence

from lwfast.errors import ResourceLimitError
from lwfast.optics.noise.source_terms import SourceTerms

_MOST = 4_000_000
"""Combinations that are gone through; a few seconds' work."""

_Mode = tuple[int, int]
"""Interfering and distinguishable photons in a mode."""


def count_inputs(occupation: Sequence[int], terms: SourceTerms, threshold: float) -> int:
    """Count the inputs that are at least as likely as `threshold`.

    Args:
        occupation: Photons intended in each mode.
        terms: What the source emits for one of them.
        threshold: Inputs less likely than this are not counted.

    Raises:
        ResourceLimitError: There are too many to go through.
    """
    modes = [_mode_inputs(n, terms) for n in occupation if n]
    combinations = 1
    for mode in modes:
        combinations *= len(mode)
    if combinations > _MOST:
        msg = (
            f"The source makes up to {combinations} inputs of this one, and at most {_MOST} are counted: "
            "take fewer photons. Sampling does not enumerate inputs and has no such limit."
        )
        raise ResourceLimitError(msg)
    inputs: dict[tuple[_Mode, ...], float] = {(): 1.0}
    for mode in modes:
        inputs = {(*before, now): p * q for before, p in inputs.items() for now, q in mode.items()}
    merged: dict[tuple[_Mode, ...], float] = {}
    for state, probability in inputs.items():
        seen = _as_seen(state)
        merged[seen] = merged.get(seen, 0.0) + probability
    return sum(probability >= threshold for probability in merged.values())


def _mode_inputs(n_photons: int, terms: SourceTerms) -> dict[_Mode, float]:
    """Return the probability of what comes for the photons intended in one mode."""
    emitted = {
        (0, 0): terms.missing,
        (1, 0): terms.interfering,
        (0, 1): terms.alone,
        (1, 1): terms.both,
        (0, 2): terms.pair,
    }
    total: dict[_Mode, float] = {(0, 0): 1.0}
    for _ in range(n_photons):
        following: dict[_Mode, float] = {}
        for (a, b), p in total.items():
            for (c, d), q in emitted.items():
                if q > 0:
                    following[a + c, b + d] = following.get((a + c, b + d), 0.0) + p * q
        total = following
    return total


def _as_seen(state: tuple[_Mode, ...]) -> tuple[_Mode, ...]:
    """Return the state with a lone interfering photon as a distinguishable one: nothing tells them apart."""
    if sum(interfering for interfering, _ in state) != 1:
        return state
    return tuple((0, interfering + alone) for interfering, alone in state)
