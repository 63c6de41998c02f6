"""Shots in rounds: how many at a time, from which stream, and their outcomes added up."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from lwfast._types import Counts, StateTable
from lwfast.emulator.conditions import grouped
from lwfast.optics.experiment import Experiment
from lwfast.optics.samples.emission import Emission
from lwfast.optics.samples.prices import sample_seconds
from lwfast.optics.samples.shots import draw_shots

ROUND_SHOTS = 1 << 18
"""Shots that are drawn at a time."""
_ROUND_SECONDS = 2.0
_WAITING = 64
"""Rounds that are handed to an executor before the first is waited for."""

Stream = np.random.SeedSequence
Drawn = tuple[StateTable, Counts]


def round_size(experiment: Experiment) -> int:
    """Return how many shots are drawn at a time, one at least.

    By an estimate, never by the clock: the samples are a function of the seed.
    """
    each = sample_seconds(experiment.light.n_photons, experiment.n_modes)
    return max(1, min(ROUND_SHOTS, int(_ROUND_SECONDS / each)))


def streams(generator: np.random.Generator) -> Iterator[Stream]:
    """Yield seeds of streams that are independent of each other, as many as are asked for.

    They come from numbers that the generator draws, once: its state moves on, whatever its kind, and no seed
    of the caller is spawned from.
    """
    entropy = [int(number) for number in generator.integers(2**63, size=4)]
    index = 0
    while True:
        yield Stream(entropy, spawn_key=(index,))
        index += 1


def rounds(
    emission: Emission, sizes: Iterable[int], generator: np.random.Generator, executor: Any = None
) -> Iterator[Drawn]:
    """Draw rounds of these sizes, in order, each from a stream of its own.

    Args:
        emission: What happens in a shot, and how many photons it has to have.
        sizes: Shots of each round.
        generator: Where the streams come from.
        executor: A `concurrent.futures.Executor` that draws them, or None.

    Yields:
        Distinct states uint8[K, m] and their counts int64[K], of each round.
    """
    work = zip(sizes, streams(generator), strict=False)
    if executor is None:
        for size, stream in work:
            yield draw_round(emission, size, stream)
        return
    waiting: deque[Any] = deque()
    try:
        for size, stream in work:
            waiting.append(executor.submit(draw_round, emission, size, stream))
            if len(waiting) >= _WAITING:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def draw_round(emission: Emission, n_shots: int, stream: Stream) -> Drawn:
    """Draw one round and add up equal outcomes; picklable, for process pools."""
    rows = draw_shots(emission, n_shots, np.random.default_rng(stream))
    return grouped(rows, np.ones(n_shots, dtype=np.int64))


class Tally:
    """Outcomes of rounds, added up now and then, so that many rounds take the memory of few.

    Args:
        n_modes: Modes of an outcome.
    """

    def __init__(self, n_modes: int) -> None:
        self._tables: list[StateTable] = [np.zeros((0, n_modes), dtype=np.uint8)]
        self._counts: list[Counts] = [np.zeros(0, dtype=np.int64)]
        self._rows = 0

    def add(self, states: StateTable, counts: Counts) -> None:
        """Add outcomes, equal ones among them or not."""
        self._tables.append(states)
        self._counts.append(counts)
        self._rows += len(states)
        if self._rows > 2 * len(self._tables[0]) + ROUND_SHOTS:
            self._merge()

    def result(self) -> Drawn:
        """Return distinct states uint8[K, m] and their counts int64[K]."""
        self._merge()
        return self._tables[0], self._counts[0]

    def _merge(self) -> None:
        states, counts = grouped(np.concatenate(self._tables), np.concatenate(self._counts))
        self._tables, self._counts, self._rows = [states], [counts], 0
