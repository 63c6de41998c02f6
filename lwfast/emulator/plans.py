"""Which method runs a task, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lwfast._base.limits import MAX_FACTORIAL_PHOTONS
from lwfast._base.memory import memory_limit, readable_bytes
from lwfast.emulator.acceptance import LOOK_SECONDS, Acceptance, acceptance, share_of_callable
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.feasibility import emission_for
from lwfast.errors import ResourceLimitError
from lwfast.optics.costs import Estimate
from lwfast.optics.distributions.amplitudes import amplitude_bytes, amplitude_seconds
from lwfast.optics.distributions.experiment import CLICKS, FOCK, Experiment, estimates
from lwfast.optics.distributions.layers import FockLayout, check_photons, expand, states_of
from lwfast.optics.distributions.pruning import count_kept
from lwfast.optics.distributions.rounding import fock_rounding
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.optics.samples.boson_sampling import check_sample_cost, sample_bytes
from lwfast.optics.samples.sample_counts import MULTINOMIAL_RATIO, MULTINOMIAL_SAMPLES
from lwfast.optics.samples.shots import check_states_hold, draws_from_distribution, shots_seconds

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
ASK_ALL = 20_000
"""Up to so many outcomes, a callable is asked about all of them before anything is drawn."""
_PRECISE = 1e4
"""How often the rounding of a distribution its part that counts has to be."""
_NO_ROUNDING = 1e-12
_LEAST_SHOT_SECONDS = 4e-7
"""No shot takes less."""
_SHOTS_SECONDS = 1e-3
"""Drawing shots takes as much, however few."""
_ENDLESS_SECONDS = 7 * 86400.0
"""Nobody waits for longer, whatever for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backend will do with a task.

    Attributes:
        method: "slos" (distribution of photon numbers), "permanent" (permanents: of single amplitudes, or of
            sets of modes where nothing clicks) or "clifford" (samples, shot by shot).
        reason: Why, in a sentence.
        n_outcomes: Outcomes of the distribution; 0 where none is made.
        needed_bytes: Estimate of the memory.
        seconds: Rough estimate of the time on one core, with what is drawn and then thrown away.
        acceptance: Share of all shots that counts, as far as it is known before; None where no shot is thrown
            away.
    """

    method: str
    reason: str
    n_outcomes: int
    needed_bytes: int
    seconds: float
    acceptance: float | None = None

    def __str__(self) -> str:
        return (
            f"{self.method}: {self.reason} About {readable_bytes(self.needed_bytes)} of memory and "
            f"{readable_seconds(self.seconds)}."
        )


def plan_sampling(
    experiment: Experiment,
    conditions: Conditions,
    n_samples: int,
    name: str,
    limit: int | None = None,
    *,
    every_shot: bool = False,
) -> Plan:
    """Choose between a distribution and single shots.

    Args:
        experiment: The shot.
        conditions: Which outcomes count.
        n_samples: How many samples are asked for.
        name: "auto", or the method that is demanded.
        limit: Bytes that a distribution may take; None takes `memory_limit()`.
        every_shot: `n_samples` counts shots, also those that do not count.

    Raises:
        ResourceLimitError: An outcome could have more than 255 photons, or the demanded method would not fit
            in memory.
    """
    limit = memory_limit() if limit is None else limit
    n = sum(experiment.photons)
    check_states_hold(experiment)
    if name == CLIFFORD:
        reason = f"asked for; {n_samples:,} {'shots' if every_shot else 'samples'} of {n} photons."
        return _shots_plan(experiment, conditions, n_samples, reason, every_shot=every_shot)
    if experiment.is_plain and n > MAX_FACTORIAL_PHOTONS:
        if name != "auto":
            check_photons(n)
        reason = f"{n} photons have no float64 factorials, so shots are drawn."
        return _shots_plan(experiment, conditions, n_samples, reason, every_shot=every_shot)
    if name == PERMANENT and experiment.is_plain:
        return _permanent_plan(experiment)
    ways = [
        _with_sampling(way, experiment, conditions, n_samples)
        for way in _allowed_ways(experiment, conditions, name)
    ]
    best = next((way for way in ways if way.needed_bytes <= limit), ways[0])
    seconds = best.seconds + _drawing_seconds(n_samples, best.n_outcomes)
    seconds += _asking_seconds(experiment, conditions, n_samples, best.n_outcomes, every_shot=every_shot)
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
        return _shots_plan(experiment, conditions, n_samples, reason, every_shot=every_shot)
    if method == name:
        return replace(exact, reason=f"asked for; {what}.")
    if name != "auto":
        reason = (
            f"{what}; permanents were asked for, but do an imperfect source or detectors only where all "
            "detectors are threshold detectors on at most 22 modes."
        )
        return replace(exact, reason=reason)
    if conditions.any and not every_shot and _is_lost_in_rounding(experiment, conditions):
        reason = f"{what}, and what counts of it is no more than rounding, so shots are drawn one by one."
        return _shots_plan(experiment, conditions, n_samples, reason, every_shot=every_shot)
    reason = (
        f"{what} and would take {readable_seconds(seconds)}; {n_samples:,} "
        f"{'shots' if every_shot else 'samples'} are drawn one by one in less."
    )
    shots = _quicker_shots_plan(experiment, conditions, n_samples, reason, seconds, every_shot=every_shot)
    if shots is not None:
        return shots
    return replace(exact, reason=f"{what}, which is quicker than drawing {n_samples:,} samples one by one.")


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
    needed, n_kept, seconds = way.needed_bytes, way.n_outcomes, way.seconds
    kept: int | None = None
    layout = FockLayout(experiment.n_modes, experiment.most_photons, 0)
    n_free = experiment.n_modes - len(conditions.heralds)
    if way.way == FOCK and experiment.is_plain and n_free and any(experiment.photons):
        if conditions.pairs or conditions.heralds or needed > _WORTH_A_LOOK:
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
            seconds = work.seconds()
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
    return replace(way, needed_bytes=max(needed, held + sampling), n_outcomes=n_kept, seconds=seconds)


def _drawing_seconds(n_samples: int, n_outcomes: int) -> float:
    if n_samples >= max(MULTINOMIAL_SAMPLES, MULTINOMIAL_RATIO * n_outcomes):
        return n_outcomes * _PER_COUNT
    return n_samples * _PER_SAMPLE


def _asking_seconds(
    experiment: Experiment, conditions: Conditions, n_samples: int, n_outcomes: int, *, every_shot: bool
) -> float:
    """Estimate how long a callable is asked: about all outcomes, or about each that is drawn, once."""
    if conditions.test is None:
        return 0.0
    if n_outcomes > ASK_ALL:
        drawn = n_samples if every_shot else n_samples / share_of_callable(experiment, conditions)
        n_outcomes = int(min(n_outcomes, drawn))
    return n_outcomes * TESTED_SECONDS


def _is_lost_in_rounding(experiment: Experiment, conditions: Conditions) -> bool:
    """Say whether so few shots have a number of photons that can do that a distribution rounds them away."""
    if experiment.most_photons == sum(experiment.photons):
        # Whatever photons arrive: where even the least likely case is no rounding, nothing else is looked at.
        missing = experiment.terms.missing if experiment.terms else 0.0
        arriving = (np.abs(experiment.matrix) ** 2).sum(axis=0) * (1.0 - missing)
        least = np.minimum(arriving, 1.0 - arriving)
        photons = np.array(experiment.photons)
        if (least**photons)[least > UNIT_ROUNDING].prod() > _NO_ROUNDING:
            return False
    return 0 < emission_for(experiment, conditions).share <= _PRECISE * fock_rounding(experiment)


def _quicker_shots_plan(
    experiment: Experiment,
    conditions: Conditions,
    n_samples: int,
    reason: str,
    seconds: float,
    *,
    every_shot: bool,
) -> Plan | None:
    """Plan single shots where they take less than `seconds` for sure, all that do not count included."""
    if _SHOTS_SECONDS + n_samples * _LEAST_SHOT_SECONDS >= seconds:
        return None
    emission = emission_for(experiment, conditions)
    drawn = n_samples * emission.share if every_shot else float(n_samples)
    at_best = _SHOTS_SECONDS + shots_seconds(emission, drawn, ROUND_SHOTS)
    if every_shot or not conditions.any:
        if at_best >= seconds:
            return None
        return _shots_plan(experiment, conditions, n_samples, reason, every_shot=every_shot)
    if LOOK_SECONDS + at_best >= seconds:
        return None
    found = acceptance(experiment, conditions)
    # What interference forbids never counts: shots would be drawn on and on where a distribution tells.
    if not found.sure or not found.share or LOOK_SECONDS + at_best / found.share >= seconds:
        return None
    return _shots_plan(experiment, conditions, n_samples, reason, every_shot=False, found=found)


def _shots_plan(
    experiment: Experiment,
    conditions: Conditions,
    n_samples: int,
    reason: str,
    *,
    every_shot: bool,
    found: Acceptance | None = None,
) -> Plan:
    """Plan single shots; `found` is how many of them count, where that is known.

    Raises:
        ResourceLimitError: One shot would take minutes, or would not fit in memory.
    """
    n_modes = experiment.n_modes
    counting: float | None = None
    if every_shot or not conditions.any:
        emission = emission_for(experiment, conditions)
        drawn = n_samples * emission.share
    else:
        found = found or acceptance(experiment, conditions)
        emission, counting = found.emission, found.of_all
        drawn = n_samples / found.share if found.share else 0.0
        reason += f" {_counting_text(counting, at_most=found.at_most)}"
    if emission.share < 1:
        reason += " Shots whose number of photons rules them out are not drawn."
    # As many photons interfere as usually do.
    interfering = round(emission.mean_interfering())
    at_once = int(min(max(drawn, 1.1 * n_samples), ROUND_SHOTS))
    needed = at_once * (3 * n_modes + 16 * interfering + 32)
    if not draws_from_distribution(experiment, interfering, max(at_once, 1)):
        check_sample_cost(interfering, n_modes)
        needed += sample_bytes(interfering, n_modes)
    seconds = _SHOTS_SECONDS + shots_seconds(emission, drawn, ROUND_SHOTS)
    if conditions.test is not None:
        # Once about each that is different, as far as anybody knows before.
        seconds += drawn * TESTED_SECONDS
    return Plan(CLIFFORD, reason, 0, needed, seconds, counting)


def _counting_text(share: float, *, at_most: bool) -> str:
    if share == 0:
        return "No shot can count."
    one_of = f"{1 / share:,.0f}" if share > 1e-9 else f"{1 / share:.3g}"
    if share > 0.95:
        return "Nearly every shot counts."
    return f"Fewer than one of {one_of} shots counts." if at_most else f"About one of {one_of} shots counts."


def refuse_endless(plan: Plan, n_samples: int) -> None:
    """Raise ResourceLimitError where so few shots count that nobody would wait for the samples."""
    if plan.acceptance and plan.acceptance < 1 and plan.seconds > _ENDLESS_SECONDS:
        msg = (
            f"{n_samples:,} samples would take about {readable_seconds(plan.seconds)} where "
            f"{readable_seconds(_ENDLESS_SECONDS)} are allowed. The plan is {plan.method}: "
            f"{plan.reason} Ask for fewer samples, relax heralds, rules or min_detection, or take "
            "sampling_mode='input', which counts shots."
        )
        raise ResourceLimitError(msg)


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


def readable_seconds(seconds: float) -> str:
    """Return a time as a person reads it."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 600:
        return f"{seconds:.1f} s"
    return f"{seconds / 3600:,.1f} h" if seconds < 1e15 else f"{seconds / 3600:.3g} h"
