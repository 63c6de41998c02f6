"""States with and without the modes that a circuit heralds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lwfast.errors import ModeRangeError
from lwfast.state import State


def add_heralds_to_state(state: State | Iterable[int], heralds: Mapping[int, int]) -> list[int]:
    """Return the photon numbers of all modes, for a state without the heralded ones.

    `add_heralds_to_state([1, 0], {1: 2})` is `[1, 2, 0]`.

    Args:
        state: Photons in each mode that is not heralded.
        heralds: Photons by heralded mode; modes are counted with the heralded ones in place.

    Raises:
        ModeRangeError: A heralded mode is not among those of the whole state.
    """
    rest = list(state)
    n_modes = len(rest) + len(heralds)
    for mode in heralds:
        _check(mode, n_modes)
    others = iter(rest)
    return [heralds[mode] if mode in heralds else next(others) for mode in range(n_modes)]


def remove_heralds_from_state(state: State | Iterable[int], herald_modes: Iterable[int]) -> list[int]:
    """Return the photon numbers of the modes that are not heralded.

    `remove_heralds_from_state([1, 2, 0], [1])` is `[1, 0]`.

    Args:
        state: Photons in each mode.
        herald_modes: The modes to leave out.

    Raises:
        ModeRangeError: A heralded mode is not among those of the state.
    """
    whole, left_out = list(state), set(herald_modes)
    for mode in left_out:
        _check(mode, len(whole))
    return [n for mode, n in enumerate(whole) if mode not in left_out]


def _check(mode: int, n_modes: int) -> None:
    if not 0 <= mode < n_modes:
        msg = f"Heralded mode {mode} is outside of the state, whose modes are 0 to {n_modes - 1}."
        raise ModeRangeError(msg)
