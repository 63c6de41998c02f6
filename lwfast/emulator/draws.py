"""Draw samples of an experiment that meet conditions, from its distribution or shot by shot."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast._base.progress import step
from lwfast._types import Counts, FloatArray, StateTable
from lwfast.emulator.conditions import Conditions, grouped
from lwfast.emulator.plans import ASK_ALL, PERMANENT, SLOS, Plan
from lwfast.emulator.rounds import Tally, round_size, rounds
from lwfast.emulator.sampling import Sampling, why_impossible
from lwfast.errors import SamplerError
from lwfast.optics.costs import FOCK, estimates
from lwfast.optics.distributions.photon_numbers import OutputDistribution
from lwfast.optics.distributions.rounding import CLEAR_OF_ROUNDING, clicks_rounding, fock_rounding
from lwfast.optics.distributions.ways import distribution
from lwfast.optics.experiment import Experiment
from lwfast.optics.grouping import distinct_rows
from lwfast.optics.samples.sample_counts import sample_counts
from lwfast.optics.samples.shots import draw_shots

_HOPELESS = 50_000_000
"""Shots without a single one that counts, after which no more are drawn."""
_HOPELESS_SECONDS = 600.0
_LEAST_SHOTS = 16
_FALLBACK_SECONDS = 300.0
_LEAST_DRAWN = 1000
_MOST_DRAWN = 1 << 22
"""Samples that are drawn at a time where a callable decides."""
NOTHING_COUNTS = (
    "No output states compatible with provided post-selection/min-detection criteria: {}. Relax heralds, "
    "rules or min_detection."
)


def draw_from_distribution(
    sampling: Sampling, plan: Plan, generator: np.random.Generator, limit: int | None = None
) -> tuple[StateTable, Counts]:
    """Draw samples from the exact distribution.

    Args:
        sampling: What is asked for.
        plan: The way that `plan_sampling` chose, and what it laid out.
        generator: Where the random numbers come from.
        limit: Bytes that a second, more precise distribution may take; None takes `memory_limit()`.

    Returns:
        Distinct states uint8[K, m] and their counts int64[K].

    Raises:
        SamplerError: Outcomes that count are asked for, and there are no such outcomes, or rounding alone.
    """
    found, rounding = what_counts(sampling, plan, limit)
    return draw_what_counts(found, rounding, sampling, generator)


def what_counts(sampling: Sampling, plan: Plan, limit: int | None = None) -> tuple[OutputDistribution, float]:
    """Compute the outcomes that count, or those that a callable may yet refuse.

    Args:
        sampling: What is asked for.
        plan: The way that `plan_sampling` chose, and what it laid out.
        limit: Bytes that a more precise distribution may take, as in `draw_from_distribution`.

    Returns:
        Outcomes and probabilities, and how much of all of them may be rounding.

    Raises:
        SamplerError: As `draw_from_distribution`.
    """
    experiment, conditions = sampling.experiment, sampling.conditions
    need_some = not sampling.every_shot and sampling.n_samples > 0
    found, by_clicks = _counting(experiment, conditions, plan)
    # Where nothing is demanded, everything counts.
    rounding = _rounding(experiment, found, by_clicks=by_clicks) if need_some and conditions.any else 0.0
    if by_clicks and rounding * CLEAR_OF_ROUNDING > found.probabilities.sum():
        found, rounding = _counting_precisely(experiment, conditions, plan, limit) or (found, rounding)
    if need_some:
        refuse_rounding(found.probabilities, rounding)
    return found, rounding


def draw_what_counts(
    found: OutputDistribution, rounding: float, sampling: Sampling, generator: np.random.Generator
) -> tuple[StateTable, Counts]:
    """Draw from what `what_counts` found, which stays as it is."""
    conditions, n_samples = sampling.conditions, sampling.n_samples
    if conditions.test is not None and len(found) > ASK_ALL:
        return _draw_and_ask(found, sampling, generator, rounding)
    probabilities = found.probabilities
    total = float(probabilities.sum())
    if sampling.every_shot and conditions.any:
        # One outcome more stands for all that do not count.
        probabilities = np.append(probabilities, max(1.0 - total, 0.0))
        counts = sample_counts(probabilities, n_samples, rng=generator)[:-1]
    elif n_samples:
        counts = sample_counts(probabilities, n_samples, rng=generator)
    else:
        counts = np.zeros(0, dtype=np.int64)
    seen = np.flatnonzero(counts)
    return found.states_at(seen), counts[seen]


def refuse_impossible(sampling: Sampling) -> None:
    """Raise SamplerError where photon numbers alone tell that no outcome can count."""
    reason = why_impossible(sampling.experiment, sampling.conditions)
    if reason is not None:
        raise SamplerError(NOTHING_COUNTS.format(reason))


def refuse_rounding(probabilities: FloatArray, rounding: float) -> None:
    """Raise SamplerError where nothing is left but rounding."""
    total = float(probabilities.sum())
    if total > rounding:
        return
    reason = f"together they have a probability of {total:.2g}, where up to {rounding:.2g} is rounding"
    raise SamplerError(NOTHING_COUNTS.format(reason if total else "none of them can occur"))


def _counting(experiment: Experiment, conditions: Conditions, plan: Plan) -> tuple[OutputDistribution, bool]:
    """Return what counts, unless a callable would be asked too often, and whether sets of modes told it."""
    found = outcome_distribution(experiment, conditions, plan)
    by_clicks = plan.method == PERMANENT and not experiment.is_plain
    if conditions.test is not None and len(found) <= ASK_ALL:
        keep = conditions.ask(found.states)
        found = OutputDistribution(found.probabilities[keep], states=found.states[keep])
    return found, by_clicks


def _rounding(experiment: Experiment, found: OutputDistribution, *, by_clicks: bool) -> float:
    """Return how much of all probabilities together may be rounding."""
    return clicks_rounding(experiment, len(found)) if by_clicks else fock_rounding(experiment)


def _counting_precisely(
    experiment: Experiment, conditions: Conditions, plan: Plan, limit: int | None
) -> tuple[OutputDistribution, float] | None:
    """Do the same over photon numbers, where click patterns are too unlikely for their rounding.

    None where that is out of reach.
    """
    ways = estimates(experiment, conditions.heralds, conditions.least)
    way = next(way for way in ways if way.way == FOCK)
    allowed = memory_limit() if limit is None else limit
    if way.needed_bytes > allowed or way.seconds > _FALLBACK_SECONDS:
        return None
    found, _ = _counting(experiment, conditions, replace(plan, method=SLOS, way=way))
    return found, fock_rounding(experiment)


def outcome_distribution(experiment: Experiment, conditions: Conditions, plan: Plan) -> OutputDistribution:
    """Compute the distribution of what meets all conditions but a callable, by the way of the plan."""
    if plan.method == PERMANENT and experiment.is_plain:
        from lwfast.optics.distributions.amplitudes import permanent_distribution

        found = permanent_distribution(experiment)
        states, ranks = conditions.select(found.states, np.arange(len(found), dtype=np.int64))
        return OutputDistribution(found.probabilities[ranks], states=states)
    return distribution(
        experiment,
        heralds=conditions.heralds,
        pairs=conditions.pairs,
        least=conditions.least,
        way=plan.way,
        polynomial=plan.polynomial,
    )


def _draw_and_ask(
    found: OutputDistribution, sampling: Sampling, generator: np.random.Generator, rounding: float
) -> tuple[StateTable, Counts]:
    """Draw first, and ask the callable only about what was drawn.

    What it refused is not drawn again: outcomes that count keep their shares of all that count.
    """
    conditions, n_samples, every_shot = sampling.conditions, sampling.n_samples, sampling.every_shot
    total = float(found.probabilities.sum())
    probabilities = np.append(found.probabilities, max(1.0 - total, 0.0) if every_shot else 0.0)
    known: dict[int, bool] = {}
    collected = np.zeros(len(found), dtype=np.int64)
    wanted, drawn, begun = n_samples, 0, time.monotonic()
    size = n_samples if every_shot else max(n_samples, _LEAST_DRAWN)
    while wanted > 0:
        counts = sample_counts(probabilities, size, rng=generator)[:-1]
        drawn += size
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
        probabilities[[rank for rank in new.tolist() if not known[rank]]] = 0.0
        refuse_rounding(probabilities, rounding)
        # As many as should do, but not many more than so far: each may have to be asked about.
        size = min(wanted * size // have if have else drawn, drawn, _MOST_DRAWN)
        size = max(wanted, _LEAST_DRAWN, size)
        hopeless = drawn >= _HOPELESS or time.monotonic() - begun > _HOPELESS_SECONDS
        if hopeless and not collected.any():
            raise SamplerError(NOTHING_COUNTS.format(f"{drawn:,} samples were drawn"))
        step("samples", n_samples - wanted, n_samples)
    seen = np.flatnonzero(collected)
    return found.states_at(seen), collected[seen]


def draw_shot_by_shot(
    sampling: Sampling, generator: np.random.Generator, executor: Any = None
) -> tuple[StateTable, Counts]:
    """Draw shots until enough of them count; those whose number of photons cannot do are not drawn.

    Args:
        sampling: What is asked for.
        generator: Where the random numbers come from.
        executor: A `concurrent.futures.Executor` for the rounds, where their number is known before; or None.
            The samples do not depend on it.

    Returns:
        Distinct states uint8[K, m] and their counts int64[K].

    Raises:
        SamplerError: No outcome can count; or fifty million shots or ten minutes went by, and none did.
        ResourceLimitError: Shots could have more than 255 photons.
    """
    if sampling.all_count:
        return _fixed_shots(sampling, generator, executor)
    experiment, conditions, n_samples = sampling.experiment, sampling.conditions, sampling.n_samples
    emission = sampling.emission
    if n_samples and not emission.share:
        raise SamplerError(NOTHING_COUNTS.format("no shot has a number of photons that can meet them"))
    tally = Tally(experiment.n_modes - len(conditions.heralds))
    most = round_size(experiment)
    wanted, drawn, hits = n_samples, 0, 0
    shots, begun = math.ceil(1.1 * wanted), time.monotonic()
    while wanted > 0:
        shots = min(shots, most)
        rows = draw_shots(emission, shots, generator)
        rows, ones = conditions.select(rows, np.ones(shots, dtype=np.int64))
        if conditions.test is not None:
            distinct, where = distinct_rows(rows)
            keep = conditions.ask(distinct)[where]
            rows, ones = rows[keep], ones[keep]
        drawn += shots
        hits += len(rows)
        if len(rows) > wanted:
            # Any of these shots is as good as another; their order is not random, so the choice has to be.
            chosen = generator.choice(len(rows), wanted, replace=False, shuffle=False)
            rows, ones = rows[chosen], ones[chosen]
        tally.add(*grouped(rows, ones))
        wanted -= len(rows)
        # As many as should do, and at most twice as many as so far while few were hit.
        shots = min(math.ceil(1.1 * wanted * drawn / hits), 8 * drawn) if hits else 2 * shots
        shots = max(shots, min(_LEAST_SHOTS, most))
        if hits == 0 and (drawn >= _HOPELESS or time.monotonic() - begun > _HOPELESS_SECONDS):
            raise SamplerError(NOTHING_COUNTS.format(f"{drawn:,} shots were drawn"))
        step("samples", n_samples - wanted, n_samples)
    return tally.result()


def _fixed_shots(
    sampling: Sampling, generator: np.random.Generator, executor: Any
) -> tuple[StateTable, Counts]:
    experiment, conditions, n_shots = sampling.experiment, sampling.conditions, sampling.n_samples
    emission = sampling.emission
    if emission.share < 1:
        # The others have a number of photons that cannot do, whatever else is in them.
        n_shots = int(generator.binomial(n_shots, emission.share))
    most = round_size(experiment)
    sizes = (min(most, n_shots - begin) for begin in range(0, n_shots, most))
    tally = Tally(experiment.n_modes - len(conditions.heralds))
    done = 0
    for states, counts in rounds(emission, sizes, generator, executor):
        done += int(counts.sum())
        kept, numbers = conditions.select(states, counts)
        keep = conditions.ask(kept)
        tally.add(kept[keep], numbers[keep])
        step("samples", done, n_shots)
    return tally.result()
