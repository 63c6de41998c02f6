"""Tables for layers of polynomials (see `layers.py`), and small distributions in one call."""

from __future__ import annotations

import math

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
                _next_powers(powers)
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
def _next_powers(powers: AnyArray) -> None:
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


DONE = 0
NOT_SIMPLE = 1


@jit("const float64[:, :], const int64[:], float64, float64")
def slos_small(
    matrix: FloatArray, photons: AnyArray, rounding: float, most_entries: float
) -> tuple[int, int, FloatArray]:
    """Do a whole small distribution in one call: checks, layout and layers, for unitary columns only.

    At a few modes the layers take a microsecond, and preparing them in Python fifty. Each entry is added to
    the entries with one photon more, whose ranks follow from its own; blocks and lanes do not pay at this
    size, and calling `polynomial_layer` would compile it a second time.

    Args:
        matrix: float64[n_modes, 2 n_modes], re and im adjacent.
        photons: int64[n_modes].
        rounding: Largest entry of |T^H T - 1| over the occupied columns.
        most_entries: Largest distribution that is done here.

    Returns:
        `DONE`, the number of photons and the probabilities; or `NOT_SIMPLE`, 0 and nothing, where the
        arguments are wrong, lossy or large, and the caller has to look closer.
    """
    nothing = np.empty(0)
    n_modes = photons.size
    n_photons = 0
    for j in range(n_modes):
        if photons[j] < 0 or photons[j] > 100:
            return NOT_SIMPLE, 0, nothing
        n_photons += photons[j]
    entries = 1.0
    for k in range(n_photons):
        entries = entries * (n_modes + k) / (k + 1)
    if n_photons == 0 or n_photons > 100 or entries > most_entries:
        return NOT_SIMPLE, 0, nothing
    undefined = 0.0
    for i in range(n_modes):
        for j in range(2 * n_modes):
            undefined += matrix[i, j] * 0.0
    if undefined != 0.0:  # NaN or infinite entries, also where no photon enters
        return NOT_SIMPLE, 0, nothing
    columns_re = np.empty((n_photons, n_modes))
    columns_im = np.empty((n_photons, n_modes))
    for j in range(n_modes):
        if photons[j] == 0:
            continue
        # The occupied columns, each once: an isometry, or not for this kernel.
        for k in range(j + 1):
            if photons[k] == 0:
                continue
            re = -1.0 if k == j else 0.0
            im = 0.0
            for i in range(n_modes):
                re += matrix[i, 2 * j] * matrix[i, 2 * k] + matrix[i, 2 * j + 1] * matrix[i, 2 * k + 1]
                im += matrix[i, 2 * j] * matrix[i, 2 * k + 1] - matrix[i, 2 * j + 1] * matrix[i, 2 * k]
            if not (abs(re) <= rounding and abs(im) <= rounding):
                return NOT_SIMPLE, 0, nothing
    # The photons of all modes in turn, in proportion: see `photon_order.py`.
    taken = np.zeros(n_modes, np.int64)
    for row in range(n_photons):
        best = -1
        for j in range(n_modes):
            if taken[j] < photons[j] and (
                best < 0 or (2 * taken[j] + 1) * photons[best] < (2 * taken[best] + 1) * photons[j]
            ):
                best = j
        taken[best] += 1
        scale = 1.0 / math.sqrt(taken[best])
        for i in range(n_modes):
            columns_re[row, i] = matrix[i, 2 * best] * scale
            columns_im[row, i] = matrix[i, 2 * best + 1] * scale
    bounds = np.full(n_modes, n_photons)
    counts, sums = prefix_counts(bounds, np.zeros(n_modes, np.int64), n_photons)
    powers = np.zeros(n_modes + 1, np.int64)
    source_re = np.ones(1)
    source_im = np.zeros(1)
    for k in range(1, n_photons + 1):
        out_re = np.zeros(counts[n_modes, k])
        out_im = np.zeros(counts[n_modes, k])
        powers[:] = 0
        powers[0] = k - 1
        for entry in range(counts[n_modes, k - 1]):
            if entry > 0:
                _next_powers(powers)
            x_re = source_re[entry]
            x_im = source_im[entry]
            # One photon more in mode j: the ranks of the modes above count one photon more below them.
            above = 0
            below = entry
            left = k - 1
            for level in range(n_modes):
                j = n_modes - 1 - level
                x = powers[j]
                below -= sums[j, left + 1] - sums[j, left + 1 - x]
                target = above + sums[j, left + 2] - sums[j, left + 1 - x] + below
                f_re = columns_re[k - 1, j]
                f_im = columns_im[k - 1, j]
                out_re[target] += f_re * x_re - f_im * x_im
                out_im[target] += f_re * x_im + f_im * x_re
                above += sums[j, left + 2] - sums[j, left + 2 - x]
                left -= x
        source_re = out_re
        source_im = out_im
    powers[:] = 0
    powers[0] = n_photons
    for entry in range(source_re.size):
        if entry > 0:
            _next_powers(powers)
        weight = source_re[entry] * source_re[entry] + source_im[entry] * source_im[entry]
        for j in range(n_modes):
            for factor in range(2, powers[j] + 1):
                weight *= factor
        source_re[entry] = weight
    return DONE, n_photons, source_re
