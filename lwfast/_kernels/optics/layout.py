"""Walk over the outcomes of a layout: write some, say which keep rules, scale amplitudes.

Outcomes lie in graded recursive order (see `slos.py`). The step from one to the next lets the lowest mode
that can take one more photon have it from the modes below, whose other photons go to mode 0. All kernels work
on a stretch of ranks and write what belongs to it, so that threads can share a layout.
"""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._types import AnyArray, FloatArray, StateTable


@jit
def _powers_at(rank: int, n_photons: int, sums: AnyArray, powers: AnyArray) -> None:
    """Write the powers of the outcome of a rank to int64[n_modes]."""
    left = n_photons
    rest = rank
    for j in range(powers.size - 1, 0, -1):
        x = 0
        while x < left and rest >= sums[j, left + 1] - sums[j, left - x]:
            x += 1
        rest -= sums[j, left + 1] - sums[j, left + 1 - x]
        powers[j] = x
        left -= x
    powers[0] = left


@jit
def _next_mode(powers: AnyArray, bounds: AnyArray) -> int:
    """Return the lowest mode that can take one more photon from those below; there is one."""
    below = powers[0]
    j = 1
    while below == 0 or powers[j] == bounds[j]:
        below += powers[j]
        j += 1
    return j


@jit
def _advance(powers: AnyArray, bounds: AnyArray) -> None:
    """Go on to the next outcome; there is one."""
    below = powers[0]
    j = 1
    while below == 0 or powers[j] == bounds[j]:
        below += powers[j]
        powers[j] = 0
        j += 1
    powers[0] = below - 1
    powers[j] += 1


@jit("const int64[:], int64, const int64[:, :], const int64[:], uint8[:, :]")
def states_at(ranks: AnyArray, n_photons: int, sums: AnyArray, bounds: AnyArray, out: StateTable) -> None:
    """Write the states of the given ranks, in the recursive order.

    Args:
        ranks: int64[N], in any order; neighbours that are near each other take least time.
        n_photons: Photons in all modes together.
        sums: int64[modes + 1, n_photons + 2], from `prefix_counts`.
        bounds: int64[modes], largest powers; that of mode 0 is `n_photons`.
        out: uint8[N, m], out; m may be less than modes, the last modes are then left out.
    """
    n_modes = sums.shape[0] - 1
    kept = out.shape[1]
    powers = np.zeros(n_modes, np.int64)
    powers[0] = n_photons
    here = 0
    for row in range(ranks.size):
        gap = ranks[row] - here
        if gap < 0 or gap > n_modes:
            _powers_at(ranks[row], n_photons, sums, powers)
        else:
            for _ in range(gap):
                _advance(powers, bounds)
        here = ranks[row]
        for j in range(kept):
            out[row, j] = powers[j]


@jit(
    "(int64, int64), int64, const int64[:, :], const int64[:], "
    "(const int64[:, :], const int64[:], const uint8[:]), uint8[:]"
)
def mark_outcomes(
    chunk: tuple[int, int],
    n_photons: int,
    sums: AnyArray,
    bounds: AnyArray,
    rules: tuple[AnyArray, AnyArray, AnyArray],
    out: AnyArray,
) -> None:
    """Say which outcomes keep every rule.

    Args:
        chunk: First rank, and one behind the last, which is more.
        n_photons: Photons in all modes together.
        sums: int64[n_modes + 1, n_photons + 2], from `prefix_counts`.
        bounds: int64[n_modes], largest powers; that of mode 0 is `n_photons`.
        rules: (member, start, allowed): int64[n_modes, R], how often each mode counts in each rule; int64[R],
            where the table of each rule begins; uint8, the tables, 1 for each total that a rule allows.
        out: uint8[end - begin], out.
    """
    begin, end = chunk
    member, start, allowed = rules
    n_modes = bounds.size
    n_rules = start.size
    powers = np.zeros(n_modes, np.int64)
    _powers_at(begin, n_photons, sums, powers)
    totals = start.copy()
    for j in range(n_modes):
        for r in range(n_rules):
            totals[r] += member[j, r] * powers[j]
    row = begin
    while True:
        # Photons go one by one from mode 0 to mode 1.
        run = end - row
        room = min(powers[0], bounds[1] - powers[1]) if n_modes > 1 else 0
        run = min(run, room + 1)
        for i in range(run):
            keep = np.uint8(1)
            for r in range(n_rules):
                keep &= allowed[np.uint64(totals[r])]
                totals[r] += member[1, r] - member[0, r] if n_modes > 1 else 0
            out[row - begin + i] = keep
        row += run
        if row == end:
            return
        for r in range(n_rules):
            totals[r] -= member[1, r] - member[0, r]
        powers[0] -= run - 1
        powers[1] += run - 1
        mode = _next_mode(powers, bounds)
        below = np.int64(0)
        for j in range(mode):
            x = powers[j]
            if x > 0:
                below += x
                powers[j] = 0
                for r in range(n_rules):
                    totals[r] -= member[j, r] * x
        powers[0] = below - 1
        powers[mode] += 1
        for r in range(n_rules):
            totals[r] += member[0, r] * (below - 1) + member[mode, r]


@jit("const uint8[:, :], const int64[:], const int64[:], const int64[:], const uint8[:], uint8[:]")
def mark_rows(
    states: StateTable, modes: AnyArray, first: AnyArray, start: AnyArray, allowed: AnyArray, out: AnyArray
) -> None:
    """Say which rows keep every rule.

    Args:
        states: uint8[K, m].
        modes: int64, the modes of all rules in a row.
        first: int64[R + 1], where the modes of each rule begin.
        start: int64[R], where the table of each rule begins in `allowed`.
        allowed: uint8, 1 for each total that a rule allows.
        out: uint8[K], out.
    """
    for row in range(states.shape[0]):
        keep = np.uint8(1)
        for r in range(start.size):
            total = start[r]
            for k in range(first[r], first[r + 1]):
                total += np.int64(states[row, modes[k]])
            keep &= allowed[total]
        out[row] = keep


@jit(
    "(int64, int64), int64, const int64[:, :], const int64[:], float64, const float64[:], "
    "const float64[:, :], float64[:]"
)
def scaled_amplitudes(
    chunk: tuple[int, int],
    n_photons: int,
    sums: AnyArray,
    bounds: AnyArray,
    factor: float,
    roots: FloatArray,
    coefficients: FloatArray,
    out: FloatArray,
) -> None:
    """Multiply coefficients by the roots of the factorials of their powers.

    Args:
        chunk: First rank, and one behind the last, which is more.
        n_photons: Photons in all modes together.
        sums: int64[n_modes + 1, n_photons + 2], from `prefix_counts`.
        bounds: int64[n_modes], largest powers; that of mode 0 is `n_photons`.
        factor: What all outcomes share.
        roots: float64[n_photons + 1], the roots of the factorials.
        coefficients: float64[2, ...], real and imaginary parts, by rank.
        out: float64[...], out: real and imaginary part side by side.
    """
    begin, end = chunk
    re, im = coefficients[0], coefficients[1]
    n_modes = bounds.size
    powers = np.zeros(n_modes, np.int64)
    _powers_at(begin, n_photons, sums, powers)
    for row in range(begin, end):
        scale = factor
        for j in range(n_modes):
            scale *= roots[powers[j]]
        out[2 * row] = re[row] * scale
        out[2 * row + 1] = im[row] * scale
        if row + 1 < end:
            _advance(powers, bounds)
