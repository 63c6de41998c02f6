"""Which method runs a task, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lwfast._base.memory import memory_limit, readable_bytes
from lwfast.emulator.conditions import Conditions
from lwfast.errors import ResourceLimitError
from lwfast.optics.costs import Estimate
from lwfast.optics.distributions.amplitudes import amplitude_bytes, amplitude_seconds
from lwfast.optics.distributions.experiment import CLICKS, FOCK, Experiment, estimates
from lwfast.optics.distributions.layers import MAX_PHOTONS as MAX_AMPLITUDE_PHOTONS
from lwfast.optics.distributions.layers import FockLayout, check_photons, expand, states_of
from lwfast.optics.distributions.pruning import count_kept
from lwfast.optics.samples.boson_sampling import check_sample_cost, sample_bytes, seconds_estimate
from lwfast.optics.samples.sample_counts import MULTINOMIAL_RATIO, MULTINOMIAL_SAMPLES
from lwfast.optics.samples.shots import check_states_hold, draws_from_distribution, sample_seconds

SLOS = "slos"
PERMANENT = "permanent"
CLIFFORD = "clifford"
_PER_SAMPLE = 3e-8
"""Seconds to draw one sample from a distribution and count it."""
_PER_COUNT = 2e-7
"""Seconds to draw the count of one outcome, where there are many samples of each."""
ROUND_SHOTS = 1 << 18
"""Shots that are drawn at a time."""
_WORTH_A_LOOK = 32 << 20
"""Estimates above are worked out from the very layers."""
_SEVERAL_THREADS = 1 << 20
"""From so many samples on, threads count into arrays of their own."""
TESTED_SECONDS = 2e-6
"""Seconds to ask a callable about one outcome."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backend will do with a task.

    Attributes:
        method: "slos" (distribution of photon numbers), "permanent" (permanents: of single amplitudes, or of
            sets of modes where nothing clicks) or "clifford" (samples, shot by shot).
        reason: Why, in a sentence.
        n_outcomes: Outcomes of the distribution; 0 where none is made.
        needed_bytes: Estimate of the memory.
        seconds: Rough estimate of the time.
    """

    method: str
    reason: str
    n_outcomes: int
    needed_bytes: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.method}: {self.reason} About {readable_bytes(self.needed_bytes)} of memory and "
            f"{_readable_seconds(self.seconds)}."
        )


def plan_sampling(
    experiment: Experiment, conditions: Conditions, n_samples: int, name: str, limit: int | None = None
) -> Plan:
    """Choose between a distribution and single shots.

    Args:
        experiment: The shot.
        conditions: Which outcomes count.
        n_samples: How many samples are asked for.
        name: "auto", or the method that is demanded.
        limit: Bytes that a distribution may take; None takes `memory_limit()`.

    Raises:
        ResourceLimitError: An outcome could have more than 255 photons, or the demanded method would not fit
            in memory.
    """
    limit = memory_limit() if limit is None else limit
    n = sum(experiment.photons)
    check_states_hold(experiment)
    if name == CLIFFORD:
        return _shots_plan(experiment, n_samples)
    if experiment.is_plain and n > MAX_AMPLITUDE_PHOTONS:
        if name != "auto":
            check_photons(n)
        return _because(
            _shots_plan(experiment, n_samples), f"{n} photons have no float64 factorials, so shots are drawn."
        )
    if name == PERMANENT and experiment.is_plain:
        return _permanent_plan(experiment)
    ways = [
        _with_sampling(way, experiment, conditions, n_samples)
        for way in _allowed_ways(experiment, conditions, name)
    ]
    best = next((way for way in ways if way.needed_bytes <= limit), ways[0])
    seconds = best.seconds + _drawing_seconds(n_samples, best.n_outcomes)
    what = f"the distribution has {best.n_outcomes:,} outcomes"
    method = SLOS if best.way == FOCK else PERMANENT
    exact = Plan(method, "", best.n_outcomes, best.needed_bytes, seconds)
    if best.needed_bytes > limit:
        if name != "auto":
            msg = (
                f"Backend {name!r} would need about {readable_bytes(best.needed_bytes)}: {what}, and "
                f"{readable_bytes(limit)} are allowed (LWFAST_MAX_MEMORY sets the limit). "
                "Backend('clifford') draws samples without a distribution."
            )
            raise ResourceLimitError(msg)
        reason = (
            f"{what}, which would take {readable_bytes(best.needed_bytes)} where "
            f"{readable_bytes(limit)} are allowed, so shots are drawn one by one."
        )
        return _because(_shots_plan(experiment, n_samples), reason)
    if method == name:
        return _because(exact, f"asked for; {what}.")
    if name != "auto":
        reason = (
            f"{what}; permanents were asked for, but do an imperfect source or detectors only where all "
            "detectors are threshold detectors on at most 22 modes."
        )
        return _because(exact, reason)
    if _shots_seconds(experiment, n_samples) < seconds and not conditions.any:
        reason = (
            f"{what} and would take {_readable_seconds(seconds)}; {n_samples:,} samples are drawn one by "
            "one in less."
        )
        return _because(_shots_plan(experiment, n_samples), reason)
    return _because(exact, f"{what}, which is quicker than drawing {n_samples:,} samples one by one.")


def _allowed_ways(experiment: Experiment, conditions: Conditions, name: str) -> list[Estimate]:
    ways = estimates(experiment, conditions.heralds, conditions.least)
    if name == SLOS:
        return [way for way in ways if way.way == FOCK]
    if name == PERMANENT:
        # Lightworks runs these on either backend; without a way by permanents, the distribution is the same.
        return [way for way in ways if way.way == CLICKS] or ways
    return ways


def _with_sampling(way: Estimate, experiment: Experiment, conditions: Conditions, n_samples: int) -> Estimate:
    """Return the estimate with what rules leave out of it, and what drawing samples adds."""
    needed, n_kept = way.needed_bytes, way.n_outcomes
    kept: int | None = None
    layout = FockLayout(experiment.n_modes, experiment.most_photons, 0)
    n_free = experiment.n_modes - len(conditions.heralds)
    if way.way == FOCK and experiment.is_plain and n_free and any(experiment.photons):
        if conditions.pairs or needed > _WORTH_A_LOOK:
            work = expand(
                experiment.matrix,
                experiment.photons,
                heralds=conditions.heralds,
                least=conditions.least,
                tolerance=experiment.tolerance,
                pairs=conditions.pairs,
            )
            kept = count_kept(work.layout, conditions.pairs) if conditions.pairs else None
            needed = work.needed_bytes(n_kept=kept)
            n_kept = work.layout.size if kept is None else kept
    elif way.way == FOCK and conditions.pairs:
        kept = n_kept = min(count_kept(layout, conditions.pairs), n_kept)
        needed += way.n_outcomes + 16 * n_kept
    # Ranks where rules chose; probabilities, their sums, counts, the guide and the counts of other threads.
    held = n_kept * (8 if kept is not None else 0)
    sampling = n_kept * (24 + (8 if conditions.any else 0)) + 4 * min(n_kept, 4 * n_samples)
    seen = min(n_samples, n_kept)
    if n_samples > _SEVERAL_THREADS:
        sampling += 16 * n_kept
    if conditions.test is not None:
        # The counts that passed, and a State and an answer for each outcome that was drawn.
        sampling += 16 * n_kept + seen * (400 + 40 * experiment.n_modes)
    sampling += seen * (experiment.n_modes + 24)
    return replace(way, needed_bytes=max(needed, held + sampling))


def _drawing_seconds(n_samples: int, n_outcomes: int) -> float:
    if n_samples >= max(MULTINOMIAL_SAMPLES, MULTINOMIAL_RATIO * n_outcomes):
        return n_outcomes * _PER_COUNT
    return n_samples * _PER_SAMPLE


def _shots_seconds(experiment: Experiment, n_samples: int) -> float:
    return 1e-3 + n_samples * sample_seconds(sum(experiment.photons), experiment.n_modes)


def _shots_plan(experiment: Experiment, n_samples: int) -> Plan:
    """Plan single shots.

    Raises:
        ResourceLimitError: One shot would take minutes, or would not fit in memory.
    """
    n, n_modes = sum(experiment.photons), experiment.n_modes
    terms = experiment.terms
    # Of an imperfect source, as many photons interfere as usually do.
    interfering = n if terms is None else round(n * (terms.interfering + terms.both))
    at_once = min(n_samples, ROUND_SHOTS)
    needed = at_once * (3 * n_modes + 16 * interfering + 32)
    if not draws_from_distribution(experiment, interfering, max(at_once, 1)):
        check_sample_cost(interfering, n_modes)
        needed += sample_bytes(interfering, n_modes)
    each = min(sample_seconds(interfering, n_modes), seconds_estimate(interfering, n_modes) + 1e-6)
    seconds = 1e-3 + n_samples * each
    return Plan(CLIFFORD, f"asked for; {n_samples:,} samples of {n} photons.", 0, needed, seconds)


def _permanent_plan(experiment: Experiment) -> Plan:
    way = next(way for way in estimates(experiment) if way.way == FOCK)
    n = sum(experiment.photons)
    lost = sum(k > 0 for k in experiment.photons) if way.n_outcomes > states_of(experiment.n_modes, n) else 0
    everywhere = states_of(experiment.n_modes + lost, n)
    seconds = everywhere * amplitude_seconds(n)
    needed = amplitude_bytes(n, experiment.n_modes + lost, everywhere) + way.n_outcomes * (
        24 + experiment.n_modes
    )
    if needed > memory_limit():
        msg = (
            f"Backend 'permanent' would need about {readable_bytes(needed)} for {way.n_outcomes:,} outcomes, "
            f"and {readable_bytes(memory_limit())} are allowed (LWFAST_MAX_MEMORY sets the limit)."
        )
        raise ResourceLimitError(msg)
    reason = f"asked for; one permanent for each of {way.n_outcomes:,} outcomes."
    return Plan(PERMANENT, reason, way.n_outcomes, needed, seconds)


def _because(plan: Plan, reason: str) -> Plan:
    return Plan(plan.method, reason, plan.n_outcomes, plan.needed_bytes, plan.seconds)


def _readable_seconds(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 600:
        return f"{seconds:.1f} s"
    return f"{seconds / 3600:,.1f} h" if seconds < 1e15 else f"{seconds / 3600:.3g} h"
