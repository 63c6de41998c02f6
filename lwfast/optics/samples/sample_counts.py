"""Counts of samples drawn from a distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._base.buffers import readable
from lwfast._base.generators import generator_of
from lwfast._base.memory import check_memory
from lwfast._base.parallel import available_cores, run_chunks
from lwfast._base.progress import step
from lwfast._base.validation import refuse_masked
from lwfast._types import Counts, FloatArray, SeedLike, StateTable
from lwfast.optics.arguments import checked_samples
from lwfast.optics.costs import MULTINOMIAL_RATIO, MULTINOMIAL_SAMPLES
from lwfast.optics.distributions.stacks import naming
from lwfast.optics.samples.spawned import Spawned, spawned

_BLOCK = 1 << 18
"""Uniform numbers drawn at a time: 2 MB, which stays in the cache until they are counted."""
_WIDE = 1 << 14
"""From so many outcomes on, their tables leave the cache: numbers are sorted into bins, many at a time."""
_WIDE_BLOCK = 1 << 20
_NUMBERED_BY_32_BITS = 1 << 31
"""Most outcomes whose numbers fit in the int32 of a guide table."""
_MULTINOMIAL_BLOCK = 1 << 20
_CHUNK_NANOSECONDS = 3e5
"""Distributions of a stack are handed to threads in chunks of about so much work."""
_SAMPLE_NANOSECONDS = 8.0
_OUTCOME_NANOSECONDS = 4.0
_COPIED = 128
"""Distributions of which a thread copies what was seen at a time."""


def sample_counts(probabilities: ArrayLike, n_samples: int, *, rng: SeedLike = None) -> Counts:
    """Draw samples from a distribution, or from each of a stack, and count how often each outcome was seen.

    For the same seed the counts are those of `numpy.random.Generator.choice(K, n_samples, p=probabilities)`.
    Only from 2^24 samples on, and if there are 16 or more of them for each outcome, the counts are drawn as
    one multinomial vector instead: the same distribution, other numbers.

    Each distribution of a stack has a stream of its own. The counts of the i-th, in C order of the leading
    dimensions, are those of a call of its own with the i-th generator of
    `numpy.random.default_rng(rng).spawn(n_settings)`, bit for bit. An integer is the fastest choice: NumPy
    takes some microseconds to spawn each stream from a generator.

    Args:
        probabilities: float64[..., K], not negative, each with a positive sum; they need not be normalised.
        n_samples: Number of samples to draw from each distribution.
        rng: An integer, a `SeedSequence` or a `Generator`; None draws a new seed.

    Returns:
        int64[..., K], each summing to `n_samples`.

    Raises:
        TypeError: `n_samples` is not an integer.
        ValueError: A probability is negative, NaN or infinite, all are zero, or `n_samples` is negative. Of a
            stack, the message names the first distribution that is wrong.
        ResourceLimitError: `n_samples` is 2^63 or more.

    Source:
        Inversion with a guide table: Chen and Asau, AIIE Trans. 6, 163 (1974).

    Example:
        >>> lw.sample_counts([0.25, 0.75], 1000, rng=1).tolist()
        [239, 761]
    """
    refuse_masked(probabilities, "Probabilities have")
    p = np.ascontiguousarray(probabilities, dtype=np.float64)
    n = checked_samples(n_samples)
    if p.size == 0:
        if n and math.prod(p.shape[:-1]):
            raise ValueError("Cannot draw samples from no outcomes.")
        return np.zeros(p.shape, dtype=np.int64)
    if p.ndim > 1:
        rows = p.reshape(-1, p.shape[-1])
        return counts_of_stack(rows, n, spawned(rng, len(rows)), p.shape[:-1]).reshape(p.shape)
    return _count_one(p, n, generator_of(rng))


def _count_one(p: FloatArray, n: int, generator: np.random.Generator) -> Counts:
    """Draw from one distribution, float64[K], with one outcome at least."""
    cdf = p.cumsum()
    total = cdf[-1]
    if not (np.isfinite(total) and total > 0) or p.min() < 0:
        raise ValueError(_wrong(p))
    cdf /= total
    if _by_multinomial(n, p.size):
        return _multinomial(p, float(total), n, generator)
    return _count(cdf, n, generator)


def _wrong(p: FloatArray) -> str:
    bad = np.flatnonzero(~np.isfinite(p) | (p < 0))
    what = f"number {bad[0]} is {p[bad[0]]}" if len(bad) else f"the sum is {p.sum()}"
    return f"Probabilities should be finite, not negative and not all zero; {what}."


def counts_of_stack(p: FloatArray, n: int, streams: Spawned, shape: tuple[int, ...]) -> Counts:
    """Draw samples of each distribution of a stack, and count how often each outcome was seen.

    Args:
        p: float64[S, K], with one distribution and one outcome at least.
        n: Samples of each distribution.
        streams: Where the random numbers of each come from.
        shape: The shape of the stack, for messages.

    Returns:
        int64[S, K].

    Raises:
        ValueError: A probability is negative, NaN or infinite, or all of a distribution are zero.
        ResourceLimitError: The counts do not fit in memory.
    """
    n_settings, n_outcomes = p.shape
    check_memory(16 * p.size, f"Counts of {n_outcomes:,} outcomes for each of {n_settings:,} distributions")
    counts: Counts = np.empty(p.shape, dtype=np.int64)
    states = streams.states()
    if states is None or n_outcomes >= _WIDE or _by_multinomial(n, n_outcomes):
        for index in range(n_settings):
            with naming(index, shape):
                counts[index] = _count_one(p[index], n, streams.generator(index))
            step("settings", index + 1, n_settings)
        return counts
    from lwfast._kernels.optics.samples.sampling import count_stack

    given, totals = readable(p), np.empty(n_settings)
    size = max(1, int(_CHUNK_NANOSECONDS / (n * _SAMPLE_NANOSECONDS + n_outcomes * _OUTCOME_NANOSECONDS)))
    chunks = -(-n_settings // size)

    def work(chunk: int) -> None:
        part = chunk * size, min((chunk + 1) * size, n_settings)
        with np.errstate(over="ignore"):  # uncompiled, NumPy warns of words that wrap
            count_stack(given, states, n, guide_cells(n_outcomes, n), part, totals, counts)

    run_chunks(work, chunks, None, "settings" if chunks > 1 else None)
    wrong = np.flatnonzero(~((totals > 0) & (totals < np.inf)))
    if len(wrong):
        with naming(int(wrong[0]), shape):
            raise ValueError(_wrong(p[wrong[0]]))
    return counts


def seen_of_stack(counts: Counts, states: StateTable) -> tuple[StateTable, Counts, NDArray[np.int64]]:
    """Return what was seen of each distribution of a stack, one after the other.

    Args:
        counts: int64[S, K], as `counts_of_stack` returns them.
        states: uint8[k, m], the states of the first k of K outcomes; the others are left out.

    Returns:
        States uint8[N, m], their counts int64[N], and how many of them each distribution has, int64[S].
    """
    from lwfast._kernels.optics.samples.sampling import copy_seen, count_seen

    numbers = np.empty(len(counts), dtype=np.int64)
    count_seen(counts, len(states), numbers)
    ends = numbers.cumsum()
    found = np.empty((int(ends[-1]), states.shape[1]), dtype=np.uint8), np.empty(int(ends[-1]), np.int64)
    given = readable(states)

    def work(chunk: int) -> None:
        part = chunk * _COPIED, min((chunk + 1) * _COPIED, len(counts))
        copy_seen(counts, given, ends, part, *found)

    run_chunks(work, -(-len(counts) // _COPIED))
    return *found, numbers


def _by_multinomial(n_samples: int, n_outcomes: int) -> bool:
    return n_samples >= MULTINOMIAL_SAMPLES and n_samples >= MULTINOMIAL_RATIO * n_outcomes


def guide_cells(n_outcomes: int, n_samples: int) -> int:
    """Return the cells of a guide table, a power of two.

    One or two an outcome, where both tables fit in the cache, and fewer where few samples are drawn.
    """
    wanted = 2 * n_outcomes if n_outcomes < _WIDE else n_outcomes
    return 1 << max(4, min(wanted, 4 * n_samples).bit_length() - 1)


def guide_to(cdf: FloatArray, n_samples: int) -> Any:
    """Return the guide table, int32 or int64, to cumulative probabilities float64[K], the last one 1."""
    from lwfast._kernels.optics.samples.sampling import guide_table

    kind = np.int32 if cdf.size <= _NUMBERED_BY_32_BITS else np.int64
    guide: Any = np.empty(guide_cells(cdf.size, n_samples), dtype=kind)
    guide_table(cdf, guide)
    return guide


def _multinomial(p: FloatArray, total: float, n_samples: int, generator: np.random.Generator) -> Counts:
    """Draw counts; of many outcomes those of blocks first, so that one block takes a tenth of a second."""
    if p.size <= _MULTINOMIAL_BLOCK:
        return generator.multinomial(n_samples, p / total)
    starts = range(0, p.size, _MULTINOMIAL_BLOCK)
    weights = np.add.reduceat(p, starts)
    numbers = generator.multinomial(n_samples, weights / weights.sum())
    counts: Counts = np.zeros(p.size, dtype=np.int64)
    for block, begin in enumerate(starts):
        if numbers[block]:
            part = slice(begin, begin + _MULTINOMIAL_BLOCK)
            counts[part] = generator.multinomial(numbers[block], p[part] / p[part].sum())
        step("outcomes", min(begin + _MULTINOMIAL_BLOCK, p.size), p.size)
    return counts


def _count(cdf: FloatArray, n_samples: int, generator: np.random.Generator) -> Counts:
    from lwfast._kernels.optics.samples.sampling import count_uniforms

    counts: Counts = np.zeros(cdf.size, dtype=np.int64)
    guide = guide_to(cdf, n_samples)
    wide = cdf.size >= _WIDE and n_samples >= cdf.size // 8
    block = _WIDE_BLOCK if wide else _BLOCK
    blocks = range(0, n_samples, block)
    if len(blocks) < 4 or available_cores() == 1:
        buffer = np.empty(min(n_samples, block))
        scratch = np.empty(buffer.size if wide else 0)
        for begin in blocks:
            uniforms = buffer[: min(block, n_samples - begin)]
            generator.random(out=uniforms)
            count_uniforms(uniforms, scratch, cdf, guide, counts)
            if len(blocks) > 1:
                step("samples counted", begin + len(uniforms), n_samples)
        return counts
    return _count_beside_drawing(cdf, n_samples, generator, guide, counts, block, wide=wide)


def _count_beside_drawing(
    cdf: FloatArray,
    n_samples: int,
    generator: np.random.Generator,
    guide: Any,
    counts: Counts,
    block: int,
    *,
    wide: bool,
) -> Counts:
    """Count on other threads while this one draws; sums of integers do not depend on who adds them."""
    from concurrent.futures import Future, ThreadPoolExecutor

    from lwfast._kernels.optics.samples.sampling import count_uniforms

    workers = min(available_cores(), 4)
    tallies = [counts, *(np.zeros_like(counts) for _ in range(workers - 1))]
    buffers = [np.empty(block) for _ in range(2 * workers)]
    scratches = [np.empty(block if wide else 0) for _ in range(workers)]
    waiting: list[Future[None] | None] = [None] * len(buffers)
    with ThreadPoolExecutor(workers) as pool:
        # Buffer b is always counted into tally b % workers; two buffers of a tally never overlap in time.
        for index, begin in enumerate(range(0, n_samples, block)):
            slot = index % len(buffers)
            busy = waiting[slot]
            if busy is not None:
                busy.result()
            other = waiting[(slot + workers) % len(buffers)]
            uniforms = buffers[slot][: min(block, n_samples - begin)]
            generator.random(out=uniforms)
            if other is not None:
                other.result()
            mine = slot % workers
            waiting[slot] = pool.submit(count_uniforms, uniforms, scratches[mine], cdf, guide, tallies[mine])
            step("samples counted", begin + len(uniforms), n_samples)
        for future in waiting:
            if future is not None:
                future.result()
    for tally in tallies[1:]:
        counts += tally
    return counts
