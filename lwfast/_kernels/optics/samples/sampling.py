"""Draw outcomes and counts from a distribution.

Both use the inversion method with a guide table: cell g of the table holds the first outcome whose
cumulative probability exceeds g / cells, so a uniform number starts next to its outcome. It finds the very
index that `numpy.searchsorted(cdf, u, side="right")` finds, and with it `Generator.choice`.

`count_stack` and `draw_stack` do the same for many distributions, each with a generator of its own.

Source: H.-C. Chen, Y. Asau, "On generating random variates from an empirical distribution", AIIE Trans. 6,
163 (1974).
"""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels.optics.samples.pcg64 import draw_uniforms
from lwfast._types import AnyArray, Counts, FloatArray, StateTable

_U = np.uint64  # an unsigned index needs no check for negative ones
_FEW = 12
"""Outcomes up to which `_count_few` is the quicker way."""


@jit("const float64[:], int32[:]", "const float64[:], int64[:]")
def guide_table(cdf: FloatArray, guide: AnyArray) -> None:
    """Fill `guide` with the first outcome of each cell.

    Args:
        cdf: float64[K], cumulative probabilities, ascending, the last one 1.
        guide: int32 or int64[cells], out; a power of two, by which products are exact.
    """
    cells = guide.size
    for cell in range(cells):
        guide[cell] = 0
    # Cells beyond the one in which an outcome ends begin with a later one. Two passes without a branch: how
    # many outcomes end in a cell is as good as random.
    for outcome in range(cdf.size - 1):
        ends_in = np.uint64(min(cdf[outcome] * cells, cells - 1.0))
        guide[ends_in] = outcome + 1
    start = 0
    for cell in range(cells):
        ends_here = guide[cell]
        guide[cell] = start
        start = max(start, ends_here)


@jit
def _outcome_at(u: float, cdf: FloatArray, guide: AnyArray) -> np.uint64:
    """Return the outcome of a uniform number."""
    outcome = _U(guide[_U(u * guide.size)])
    # Two steps without a branch, which nobody could foretell; more are seldom.
    outcome += _U(cdf[outcome] <= u)
    outcome += _U(cdf[outcome] <= u)
    while cdf[outcome] <= u:
        outcome += _U(1)
    return outcome


@jit(
    "const float64[:], const float64[:], const int32[:], int64[:]",
    "const float64[:], const float64[:], const int64[:], int64[:]",
)
def draw_outcomes(uniforms: FloatArray, cdf: FloatArray, guide: AnyArray, outcomes: AnyArray) -> None:
    """Write the outcome of each uniform number.

    Args:
        uniforms: float64[N] in [0, 1).
        cdf: float64[K], cumulative probabilities.
        guide: From `guide_table`.
        outcomes: int64[N], out.
    """
    for i in range(uniforms.size):
        outcomes[i] = _outcome_at(uniforms[i], cdf, guide)


@jit
def _count_few(uniforms: FloatArray, cdf: FloatArray, counts: Counts) -> None:
    """Add to the counts of a few outcomes: how many numbers are beyond each bound, in whole registers.

    A table would be as quick to look into, but what is added to the same counts has to wait for them.
    """
    rest = uniforms.size
    for outcome in range(cdf.size - 1):
        bound = cdf[outcome]
        beyond = 0
        for i in range(uniforms.size):
            beyond += 1 if uniforms[i] >= bound else 0
        counts[outcome] += rest - beyond
        rest = beyond
    counts[cdf.size - 1] += rest


@jit(
    "float64[:], float64[:], const float64[:], const int32[:], int64[:]",
    "float64[:], float64[:], const float64[:], const int64[:], int64[:]",
)
def count_uniforms(
    uniforms: FloatArray, scratch: FloatArray, cdf: FloatArray, guide: AnyArray, counts: Counts
) -> None:
    """Add one to the count of the outcome of each uniform number, in place.

    Args:
        uniforms: float64[N] in [0, 1).
        scratch: float64[N]: the numbers are first put into 256 bins there, so that what a bin looks up stays
            in the cache (at 10^6 outcomes 9 ns a sample against 35). float64[0] where the tables fit there
            whole.
        cdf: float64[K], cumulative probabilities, ascending, the last one 1.
        guide: From `guide_table`.
        counts: int64[K], out.
    """
    if cdf.size <= _FEW:
        _count_few(uniforms, cdf, counts)
        return
    numbers = uniforms
    if scratch.size >= uniforms.size:
        ends = np.zeros(257, np.int64)
        for i in range(uniforms.size):
            ends[np.uint64(uniforms[i] * 256.0) + np.uint64(1)] += 1
        for k in range(256):
            ends[k + 1] += ends[k]
        for i in range(uniforms.size):
            bin_ = np.uint64(uniforms[i] * 256.0)
            scratch[np.uint64(ends[bin_])] = uniforms[i]
            ends[bin_] += 1
        numbers = scratch
    for i in range(uniforms.size):
        counts[_outcome_at(numbers[i], cdf, guide)] += 1


_BLOCK = 1 << 12
"""Uniform numbers drawn at a time: 32 kB, which stays in the first-level cache until they are counted."""


@jit("const float64[:, :], uint64[:, :], int64, int64, (int64, int64), float64[:], int64[:, :]")
def count_stack(
    probabilities: FloatArray,
    streams: AnyArray,
    n_samples: int,
    cells: int,
    part: tuple[int, int],
    totals: FloatArray,
    counts: Counts,
) -> None:
    """Draw samples of many distributions, and count how often each outcome was seen.

    Args:
        probabilities: float64[S, K].
        streams: uint64[S, 4], a generator for each, from `seed_streams`; they move on, in place.
        n_samples: Samples of each distribution.
        cells: Cells of the guide table.
        part: First distribution to work on, and one behind the last.
        totals: float64[S], out: the sum of the probabilities; NaN where one is negative or NaN. Where this
            is not finite and positive, nothing is drawn.
        counts: int64[S, K], out.
    """
    n_outcomes = probabilities.shape[1]
    cdf = np.empty(n_outcomes)
    guide = np.empty(cells, np.int32)
    uniforms = np.empty(min(n_samples, _BLOCK))
    scratch = np.empty(0)
    for s in range(part[0], part[1]):
        total = 0.0
        negative = False
        for k in range(n_outcomes):
            p = probabilities[s, k]
            negative |= p < 0.0
            total += p
            cdf[k] = total
            counts[s, k] = 0
        totals[s] = np.nan if negative else total
        if not (total > 0.0 and total < np.inf) or negative:
            continue
        for k in range(n_outcomes):
            cdf[k] /= total
        guide_table(cdf, guide)
        for begin in range(0, n_samples, _BLOCK):
            numbers = uniforms[: min(_BLOCK, n_samples - begin)]
            draw_uniforms(streams[s], numbers)
            count_uniforms(numbers, scratch, cdf, guide, counts[s])


@jit(
    "const float64[:, :], uint64[:, :], const uint8[:, :], int64, const int64[:], (int64, int64), "
    "uint8[:, :, :]"
)
def draw_stack(
    probabilities: FloatArray,
    streams: AnyArray,
    states: StateTable,
    cells: int,
    places: AnyArray,
    part: tuple[int, int],
    out: AnyArray,
) -> None:
    """Draw samples of many distributions over the same outcomes, and write the states.

    Args:
        probabilities: float64[S, K], each with a positive sum.
        streams: uint64[S, 4], a generator for each, from `seed_streams`; they move on, in place.
        states: uint8[K, m], the outcomes.
        cells: Cells of the guide table.
        places: int64[S], where in `out` the samples of each distribution stand.
        part: First distribution to work on, and one behind the last.
        out: uint8[T, n_samples, m], out.
    """
    n_outcomes, n_modes = states.shape
    n_samples = out.shape[1]
    cdf = np.empty(n_outcomes)
    guide = np.empty(cells, np.int32)
    uniforms = np.empty(min(n_samples, _BLOCK))
    for s in range(part[0], part[1]):
        total = 0.0
        for k in range(n_outcomes):
            total += probabilities[s, k]
            cdf[k] = total
        for k in range(n_outcomes):
            cdf[k] /= total
        guide_table(cdf, guide)
        for begin in range(0, n_samples, _BLOCK):
            numbers = uniforms[: min(_BLOCK, n_samples - begin)]
            draw_uniforms(streams[s], numbers)
            for i in range(numbers.size):
                outcome = _outcome_at(numbers[i], cdf, guide)
                for mode in range(n_modes):
                    out[places[s], begin + i, mode] = states[outcome, mode]


@jit("const int64[:, :], int64, int64[:]")
def count_seen(counts: Counts, n_outcomes: int, numbers: AnyArray) -> None:
    """Write how many different outcomes were seen of each distribution.

    Args:
        counts: int64[S, K].
        n_outcomes: The first outcomes, which are looked at.
        numbers: int64[S], out.
    """
    for s in range(counts.shape[0]):
        seen = 0
        for k in range(n_outcomes):
            seen += 1 if counts[s, k] > 0 else 0
        numbers[s] = seen


@jit("const int64[:, :], const uint8[:, :], const int64[:], (int64, int64), uint8[:, :], int64[:]")
def copy_seen(
    counts: Counts,
    states: StateTable,
    ends: AnyArray,
    part: tuple[int, int],
    seen: StateTable,
    numbers: Counts,
) -> None:
    """Copy the outcomes that were seen of each distribution, one distribution after the other.

    Args:
        counts: int64[S, K].
        states: uint8[k, m], of the first k of K outcomes; the others are left out.
        ends: int64[S], how many outcomes were seen of this distribution and those before it.
        part: First distribution to work on, and one behind the last.
        seen: uint8[N, m], out: the states.
        numbers: int64[N], out: their counts.
    """
    n_modes = states.shape[1]
    row = ends[part[0] - 1] if part[0] > 0 else 0
    outcomes = np.empty(states.shape[0], np.int64)
    for s in range(part[0], part[1]):
        # First without a branch: which outcomes were seen is as good as random.
        n_seen = 0
        for k in range(states.shape[0]):
            outcomes[_U(n_seen)] = k
            n_seen += 1 if counts[s, k] > 0 else 0
        for i in range(n_seen):
            outcome = _U(outcomes[i])
            for mode in range(n_modes):
                seen[row, mode] = states[outcome, mode]
            numbers[row] = counts[s, outcome]
            row += 1


@jit("const float64[:, :], uint64[:, :], int64, int64, const uint8[:, :]")
def count_small_stack(
    probabilities: FloatArray, streams: AnyArray, n_samples: int, cells: int, states: StateTable
) -> tuple[StateTable, Counts, Counts]:
    """Draw samples of a few small distributions in one call; `count_stack` does it, and says what is drawn.

    Args:
        probabilities: float64[S, K] or more, not negative, each with a positive sum. What has no state is not
            returned.
        streams: uint64[S, 4], a generator for each, from `seed_streams`; they move on, in place.
        n_samples: Samples of each distribution.
        cells: Cells of the guide table.
        states: uint8[K, m].

    Returns:
        The states that were seen of one distribution after the other, uint8[N, m], their counts, int64[N],
        and where those of each begin, and the last ones end, int64[S + 1].
    """
    n_settings = probabilities.shape[0]
    counts = np.empty(probabilities.shape, np.int64)
    count_stack(probabilities, streams, n_samples, cells, (0, n_settings), np.empty(n_settings), counts)
    lengths = np.empty(n_settings, np.int64)
    count_seen(counts, len(states), lengths)
    offsets = np.zeros(n_settings + 1, np.int64)
    for s in range(n_settings):
        offsets[s + 1] = offsets[s] + lengths[s]
    seen = np.empty((offsets[n_settings], states.shape[1]), np.uint8)
    numbers = np.empty(offsets[n_settings], np.int64)
    copy_seen(counts, states, offsets[1:], (0, n_settings), seen, numbers)
    return seen, numbers, offsets


@jit("const float64[:], const float64[:], int64, const uint8[:, :]")
def count_small(
    probabilities: FloatArray, uniforms: FloatArray, cells: int, states: StateTable
) -> tuple[StateTable, Counts]:
    """Count the outcomes of a few uniform numbers in one call.

    Args:
        probabilities: float64[K] or more, not negative, with a positive sum. What has no state is not
            returned.
        uniforms: float64[N] in [0, 1).
        cells: Length of the guide table.
        states: uint8[K, m].

    Returns:
        The states that were seen, uint8[k, m], and their counts, int64[k].
    """
    cdf = np.empty(probabilities.size)
    total = 0.0
    for outcome in range(probabilities.size):
        total += probabilities[outcome]
        cdf[outcome] = total
    for outcome in range(probabilities.size):
        cdf[outcome] /= total
    guide = np.empty(cells, np.int32)
    guide_table(cdf, guide)
    counts = np.zeros(probabilities.size, np.int64)
    count_uniforms(uniforms, np.empty(0), cdf, guide, counts)
    n_seen = 0
    for outcome in range(len(states)):
        n_seen += counts[outcome] > 0
    seen = np.empty((n_seen, states.shape[1]), np.uint8)
    numbers = np.empty(n_seen, np.int64)
    k = 0
    for outcome in range(len(states)):
        if counts[outcome] > 0:
            for mode in range(states.shape[1]):
                seen[k, mode] = states[outcome, mode]
            numbers[k] = counts[outcome]
            k += 1
    return seen, numbers
