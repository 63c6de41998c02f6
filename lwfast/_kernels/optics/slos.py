"""Tables for layers of polynomials, see `layers.py`."""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._simd import PADDING
from lwfast._types import AnyArray, FloatArray


@jit("const int64[:], const int64[:], int64")
def prefix_counts(bounds: AnyArray, floors: AnyArray, n_photons: int) -> tuple[AnyArray, AnyArray]:
    """Count the entries of layers over the first j modes.

    Args:
        bounds: int64[n_modes], largest power of each mode.
        floors: int64[n_modes], least degree below a mode that has a power.
        n_photons: Largest degree.

    Returns:
        counts int64[n_modes + 1, n_photons + 1]: entries of degree d over j modes.
        sums int64[n_modes + 1, n_photons + 2]: `sums[j, d]` adds the counts of degrees below d.
    """
    n_modes = bounds.size
    counts = np.zeros((n_modes + 1, n_photons + 1), np.int64)
    sums = np.zeros((n_modes + 1, n_photons + 2), np.int64)
    counts[0, 0] = 1
    for j in range(n_modes + 1):
        for d in range(n_photons + 1):
            if j > 0:
                top = min(bounds[j - 1], max(d - floors[j - 1], 0))
                counts[j, d] = sums[j - 1, d + 1] - sums[j - 1, d - top]
            sums[j, d + 1] = sums[j, d] + counts[j, d]
    return counts, sums


@jit("int64, int64, float64")
def inner_modes(n_free: int, n_photons: int, entries: float) -> int:
    """Choose how many modes the shared table of `inner_tables` serves.

    Larger blocks mean longer vectors and fewer steps of the walk, and a table that costs more to make. A
    twentieth of the entries, and at most what the second-level cache holds, is within 20 % of the best choice
    from 2 to 20 modes and 2 to 60 photons.

    Args:
        n_free: Modes that may be inner ones.
        n_photons: Largest degree.
        entries: Entries of the largest layer, as a float.
    """
    limit = min(3500.0, max(6.0, entries / 40.0))
    inner = 1
    size = 1.0
    while inner < n_free:
        # Entries of degree n_photons over one mode more.
        size = size * (inner + n_photons) / inner
        if size > limit:
            break
        inner += 1
    return inner


@jit("int64, int64, const int64[:, :], const int64[:, :]")
def inner_tables(
    inner: int, n_photons: int, counts: AnyArray, sums: AnyArray
) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray, FloatArray]:
    """List, for each entry over the inner modes, the entries one photon below it.

    Args:
        inner: Number of inner modes, all unbounded.
        n_photons: Largest degree.
        counts: From `prefix_counts`.
        sums: From `prefix_counts`.

    Returns:
        first int64[n_photons + 2]: first row of each degree.
        start int64[n_photons + 2]: where the links of each degree begin; an entry of degree d has min(d,
            inner).
        link uint64[...]: rank of the entry below, within its degree; 0 for a link too many.
        link_mode int64[...]: the mode that the photon went to; `inner` for a link too many.
        weight float64[rows + PADDING]: product of the factorials of the powers.
    """
    rows = sums[inner, n_photons + 1]
    first = np.zeros(n_photons + 2, np.int64)
    start = np.zeros(n_photons + 2, np.int64)
    for d in range(n_photons + 1):
        start[d + 1] = start[d] + counts[inner, d] * min(inner, d)
    link = np.zeros(start[n_photons + 1], np.uint64)
    link_mode = np.full(start[n_photons + 1], inner, np.int64)
    weight = np.zeros(rows + PADDING)
    powers = np.zeros(inner, np.int64)
    row = 0
    for degree in range(n_photons + 1):
        first[degree] = row
        powers[:] = 0
        powers[0] = degree
        for entry in range(counts[inner, degree]):
            if entry > 0:
                next_powers(powers)
            used = start[degree] + entry * min(inner, degree)
            w = 1.0
            for i in range(inner):
                for factor in range(2, powers[i] + 1):
                    w *= factor
                if powers[i] > 0:
                    rank = 0
                    d = degree - 1
                    for j in range(inner - 1, -1, -1):
                        x = powers[j] - (1 if j == i else 0)
                        rank += sums[j, d + 1] - sums[j, d + 1 - x]
                        d -= x
                    link[used] = np.uint64(rank)
                    link_mode[used] = i
                    used += 1
            weight[row] = w
            row += 1
    first[n_photons + 1] = row
    return first, start, link, link_mode, weight


@jit("const int64[:], int64, const float64[:, :]")
def link_forms(link_mode: AnyArray, inner: int, form: FloatArray) -> FloatArray:
    """Return the coefficients of a linear form at each link, 0 at links too many: float64[k, ...].

    Args:
        link_mode: From `inner_tables`.
        inner: Number of inner modes.
        form: float64[k, n_modes].
    """
    out = np.zeros((len(form), link_mode.size))
    for part in range(len(form)):
        for z in range(link_mode.size):
            if link_mode[z] < inner:
                out[part, z] = form[part, link_mode[z]]
    return out


@jit
def next_powers(powers: AnyArray) -> None:
    """Step `powers` to the next entry of its degree, in place; the last entry has no next."""
    if powers[0] > 0:
        powers[0] -= 1
        powers[1] += 1
        return
    p = 1
    while powers[p] == 0:
        p += 1
    powers[0] = powers[p] - 1
    powers[p] = 0
    powers[p + 1] += 1
