"""Draw samples of an experiment that meet conditions, from its distribution or shot by shot."""

from __future__ import annotations

from typing import Any

import numpy as np

from lwfast import _progress
from lwfast._experiment import CLICKS, FOCK, Experiment, distribution
from lwfast._outcomes import OutputDistribution
from lwfast._shots import draw_shots
from lwfast._types import Counts, StateTable
from lwfast.emulator.conditions import Conditions, grouped
from lwfast.emulator.plans import PERMANENT, SLOS, Plan
from lwfast.errors import SamplerError
from lwfast.sampling import sample_counts

_ROUND = 1 << 18
"""Shots that are drawn at a time; a fixed number, so that the samples are a function of the seed."""
_HOPELESS = 50_000_000
"""Shots without a single one that counts, after which no more are drawn."""
_ASK_ALL = 20_000
"""Up to so many outcomes, a callable is asked about all of them before anything is drawn."""
NOTHING_COUNTS = (
    "No output states compatible with provided post-selection/min-detection criteria: {}. Relax heralds, "
    "rules or min_detection."
)


def draw_from_distribution(
    experiment: Experiment,
    conditions: Conditions,
    n_samples: int,
    plan: Plan,
    *,
    every_shot: bool,
    generator: np.random.Generator,
) -> tuple[StateTable, Counts]:
    """Draw samples from the exact distribution.

    Args:
        experiment: The shot.
        conditions: Which outcomes count.
        n_samples: Number of outcomes that count, or of shots.
        plan: What `plan_sampling` chose.
        every_shot: `n_samples` counts shots, also those that do not count.
        generator: Where the random numbers come from.

    Returns:
        Distinct states uint8[K, m] and their counts int64[K].

    Raises:
        SamplerError: Outcomes that count are asked for, and there are none.
    """
    found = outcome_distribution(experiment, conditions, plan)
    if conditions.test is not None and len(found) > _ASK_ALL:
        return _draw_and_ask(found, conditions, n_samples, every_shot=every_shot, generator=generator)
    if conditions.test is not None:
        keep = conditions.ask(found.states)
        found = OutputDistribution(found.probabilities[keep], states=found.states[keep])
    probabilities = found.probabilities
    total = float(probabilities.sum())
    if every_shot and conditions.any:
        # One outcome more stands for all that do not count.
        probabilities = np.append(probabilities, max(1.0 - total, 0.0))
        counts = sample_counts(probabilities, n_samples, rng=generator)[:-1]
    else:
        if n_samples and not total > 0:
            raise SamplerError(NOTHING_COUNTS.format("none of them can occur"))
        counts = (
            sample_counts(probabilities, n_samples, rng=generator) if total > 0 else np.zeros(0, np.int64)
        )
    seen = np.flatnonzero(counts)
    return found.states_at(seen), counts[seen]


def outcome_distribution(experiment: Experiment, conditions: Conditions, plan: Plan) -> OutputDistribution:
    """Compute the distribution of what meets all conditions but a callable, by the way of the plan."""
    if plan.method == PERMANENT and experiment.is_plain:
        from lwfast.emulator.permanents import permanent_distribution

        found = permanent_distribution(experiment)
        states, ranks = conditions.select(found.states, np.arange(len(found), dtype=np.int64))
        return OutputDistribution(found.probabilities[ranks], states=states)
    return distribution(
        experiment,
        heralds=conditions.heralds,
        pairs=conditions.pairs,
        least=conditions.least,
        way=FOCK if plan.method == SLOS else CLICKS,
    )


def _draw_and_ask(
    found: OutputDistribution,
    conditions: Conditions,
    n_samples: int,
    *,
    every_shot: bool,
    generator: np.random.Generator,
) -> tuple[StateTable, Counts]:
    """Draw first, and ask the callable only about what was drawn."""
    total = float(found.probabilities.sum())
    probabilities = np.append(found.probabilities, max(1.0 - total, 0.0) if every_shot else 0.0)
    known: dict[int, bool] = {}
    collected = np.zeros(len(found), dtype=np.int64)
    wanted, drawn = n_samples, 0
    while wanted > 0:
        counts = sample_counts(probabilities, wanted if every_shot else max(wanted, 1000), rng=generator)[:-1]
        drawn += int(counts.sum())
        seen = np.flatnonzero(counts)
        new = np.array([rank for rank in seen.tolist() if rank not in known], dtype=np.int64)
        known.update(zip(new.tolist(), conditions.ask(found.states_at(new)).tolist(), strict=True))
        kept = np.array([rank for rank in seen.tolist() if known[rank]], dtype=np.int64)
        if every_shot:
            collected[kept] = counts[kept]
            break
        have = int(counts[kept].sum())
        if have > wanted:
            collected[kept] += generator.multivariate_hypergeometric(counts[kept], wanted, method="marginals")
            break
        collected[kept] += counts[kept]
        wanted -= have
        if not collected.any() and drawn >= _HOPELESS:
            raise SamplerError(NOTHING_COUNTS.format(f"{drawn:,} samples were drawn"))
        _progress.step("samples", n_samples - wanted, n_samples)
    seen = np.flatnonzero(collected)
    return found.states_at(seen), collected[seen]


def draw_shot_by_shot(
    experiment: Experiment,
    conditions: Conditions,
    n_samples: int,
    *,
    every_shot: bool,
    generator: np.random.Generator,
    executor: Any = None,
) -> tuple[StateTable, Counts]:
    """Draw shots until enough of them count.

    Args:
        experiment: The shot.
        conditions: Which outcomes count.
        n_samples: Number of outcomes that count, or of shots.
        every_shot: `n_samples` counts shots, also those that do not count.
        generator: Where the random numbers come from.
        executor: A `concurrent.futures.Executor` for the rounds, or None. The samples do not depend on it.

    Returns:
        Distinct states uint8[K, m] and their counts int64[K].

    Raises:
        SamplerError: Fifty million shots were drawn, and none of them counts.
    """
    if every_shot or not conditions.any:
        return _fixed_shots(experiment, conditions, n_samples, generator, executor)
    tables: list[StateTable] = []
    tallies: list[Counts] = []
    wanted, drawn, hits = n_samples, 0, 0
    while wanted > 0:
        rate = hits / drawn if hits else 1.0
        shots = int(min(_ROUND, max(1000, 1.1 * wanted / rate)))
        rows = draw_shots(experiment, shots, generator)
        rows, ones = conditions.select(rows, np.ones(shots, dtype=np.int64))
        if conditions.test is not None:
            distinct, where = _distinct(rows)
            keep = conditions.ask(distinct)[where]
            rows, ones = rows[keep], ones[keep]
        drawn += shots
        hits += len(rows)
        if len(rows) > wanted:
            # Any of these shots is as good as another; their order is not random, so the choice has to be.
            chosen = generator.choice(len(rows), wanted, replace=False, shuffle=False)
            rows, ones = rows[chosen], ones[chosen]
        states, counts = grouped(rows, ones)
        tables.append(states)
        tallies.append(counts)
        wanted -= len(rows)
        if hits == 0 and drawn >= _HOPELESS:
            raise SamplerError(NOTHING_COUNTS.format(f"{drawn:,} shots were drawn"))
        _progress.step("samples", n_samples - wanted, n_samples)
    return _merged(tables, tallies, experiment.n_modes - len(conditions.heralds))


def _fixed_shots(
    experiment: Experiment,
    conditions: Conditions,
    n_shots: int,
    generator: np.random.Generator,
    executor: Any,
) -> tuple[StateTable, Counts]:
    sizes = [min(_ROUND, n_shots - begin) for begin in range(0, n_shots, _ROUND)]
    children = generator.spawn(len(sizes))
    tables: list[StateTable] = []
    tallies: list[Counts] = []
    if executor is None:
        rounds: Any = (_round(experiment, size, child) for size, child in zip(sizes, children, strict=True))
    else:
        rounds = executor.map(_round, [experiment] * len(sizes), sizes, children)
    for done, (states, counts) in enumerate(rounds, 1):
        kept, numbers = conditions.select(states, counts)
        keep = conditions.ask(kept)
        tables.append(kept[keep])
        tallies.append(numbers[keep])
        _progress.step("samples", sum(sizes[:done]), n_shots)
    return _merged(tables, tallies, experiment.n_modes - len(conditions.heralds))


def _round(experiment: Experiment, n_shots: int, generator: np.random.Generator) -> tuple[StateTable, Counts]:
    """Draw one round and add up equal outcomes; picklable, for process pools."""
    rows = draw_shots(experiment, n_shots, generator)
    return grouped(rows, np.ones(n_shots, dtype=np.int64))


def _merged(tables: list[StateTable], tallies: list[Counts], n_modes: int) -> tuple[StateTable, Counts]:
    if not tables:
        return np.zeros((0, n_modes), dtype=np.uint8), np.zeros(0, dtype=np.int64)
    if len(tables) == 1:
        return grouped(tables[0], tallies[0])
    return grouped(np.concatenate(tables), np.concatenate(tallies))


def _distinct(rows: StateTable) -> tuple[StateTable, Any]:
    """Return the distinct rows, and for each row which of them it is."""
    order = np.lexsort(rows.T) if rows.shape[1] else np.arange(len(rows))
    ordered = rows[order]
    starts = np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)] if len(rows) else np.zeros(0, dtype=bool)
    where = np.empty(len(rows), dtype=np.int64)
    where[order] = np.cumsum(starts) - 1
    return ordered[starts], where
