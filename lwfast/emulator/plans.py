"""Which method runs a task, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lwfast._base.limits import MAX_FACTORIAL_PHOTONS
from lwfast._base.memory import memory_limit, readable_bytes
from lwfast._kernels.stderr_notes import is_quiet, say
from lwfast.emulator.acceptance import LOOK_SECONDS, Acceptance, acceptance, share_of_callable
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.rounds import ROUND_SHOTS
from lwfast.emulator.sampling import Sampling
from lwfast.errors import ResourceLimitError
from lwfast.optics.costs import (
    CLICKS,
    FOCK,
    Estimate,
    asking_seconds,
    counting_bytes,
    counting_seconds,
    estimate_permanents,
    estimates,
    least_shots_seconds,
    pruned_bytes,
    shots_bytes,
    why_no_clicks,
)
from lwfast.optics.distributions.layers import OutputPolynomial, output_polynomial
from lwfast.optics.distributions.layout import FockLayout
from lwfast.optics.distributions.pruning import count_kept
from lwfast.optics.distributions.rounding import CLEAR_OF_ROUNDING, fock_rounding
from lwfast.optics.experiment import Experiment
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.optics.photon_limits import check_amplitudes_hold
from lwfast.optics.samples.shots import check_shots_hold, estimated_seconds

SLOS = "slos"
PERMANENT = "permanent"
CLIFFORD = "clifford"
_WORTH_A_LOOK = 32 << 20
"""Estimates above are worked out from the very layers."""
ASK_ALL = 20_000
"""Up to so many outcomes, a callable is asked about all of them before anything is drawn."""
_NO_ROUNDING = 1e-12
LONG_SECONDS = 5.0
"""Runs that are expected to take longer are announced."""
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
        acceptance: Share of all shots that counts, as far as it is known before; 0 where none can, and a run
            would be refused. None where no shot would be drawn and thrown away: all count, shots are counted
            (input mode), or a distribution of what counts is made.
        way: The way to the distribution, for the run; None without a distribution.
        polynomial: What was laid out to tell the costs, for the run; None where nothing was.
    """

    method: str
    reason: str
    n_outcomes: int
    needed_bytes: int
    seconds: float
    acceptance: float | None = None
    way: Estimate | None = field(default=None, repr=False, compare=False)
    polynomial: OutputPolynomial | None = field(default=None, repr=False, compare=False)

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import facts, grouped

        counting = None if self.acceptance is None else f"{self.acceptance:.3g} of all shots"
        rows = [
            ("Method", self.method),
            ("Reason", self.reason),
            ("Outcomes", grouped(self.n_outcomes) if self.n_outcomes else None),
            ("Memory", f"about {readable_bytes(self.needed_bytes)}"),
            ("Time", f"about {readable_seconds(self.seconds)} on one core"),
            ("Counted", counting),
        ]
        return facts("Plan", rows)

    def __str__(self) -> str:
        return (
            f"{self.method}: {self.reason} About {readable_bytes(self.needed_bytes)} of memory and "
            f"{readable_seconds(self.seconds)}."
        )


def plan_sampling(sampling: Sampling, name: str, limit: int | None = None) -> Plan:
    """Choose between a distribution and single shots.

    Args:
        sampling: What is asked for.
        name: "auto", or the method that is demanded.
        limit: Bytes that a distribution may take; None takes `memory_limit()`.

    Raises:
        ResourceLimitError: An outcome could have more than 255 photons, or the demanded method would not fit
            in memory.
    """
    limit = memory_limit() if limit is None else limit
    experiment, n_samples = sampling.experiment, sampling.n_samples
    n = experiment.light.n_photons
    asked = f"{n_samples:,} {'shots' if sampling.every_shot else 'samples'}"
    check_shots_hold(experiment)
    if name == CLIFFORD:
        return _shots_plan(sampling, f"asked for; {asked} of {n} photons.")
    if experiment.is_plain and n > MAX_FACTORIAL_PHOTONS:
        if name != "auto":
            check_amplitudes_hold(n)
        return _shots_plan(sampling, f"{n} photons have no float64 factorials, so shots are drawn.")
    if name == PERMANENT and experiment.is_plain:
        return _permanent_plan(experiment)
    exact = _cheapest_plan(sampling, name, limit)
    what = f"the distribution has {exact.n_outcomes:,} outcomes"
    if exact.needed_bytes > limit:
        if name != "auto":
            msg = (
                f"Backend {name!r} would need about {readable_bytes(exact.needed_bytes)}: {what}, and "
                f"{readable_bytes(limit)} are allowed (LWFAST_MAX_MEMORY sets the limit). "
                "Backend('clifford') draws samples without a distribution."
            )
            raise ResourceLimitError(msg)
        reason = (
            f"{what}, which would take {readable_bytes(exact.needed_bytes)} where "
            f"{readable_bytes(limit)} are allowed, so shots are drawn one by one."
        )
        return _shots_plan(sampling, reason)
    if exact.method == name:
        return replace(exact, reason=f"asked for; {what}.")
    if name != "auto":
        reason = f"{what}; permanents were asked for and cannot do it: {why_no_clicks(experiment)}."
        return replace(exact, reason=reason)
    if not sampling.all_count and _is_lost_in_rounding(sampling):
        reason = f"{what}, and what counts of it is no more than rounding, so shots are drawn one by one."
        return _shots_plan(sampling, reason)
    reason = f"{what} and would take {readable_seconds(exact.seconds)}; {asked} are drawn one by one in less."
    shots = _quicker_shots_plan(sampling, reason, exact.seconds)
    if shots is not None:
        return shots
    return replace(exact, reason=f"{what}, which is quicker than drawing {n_samples:,} samples one by one.")


def surely_exact(sampling: Sampling, plan: Plan, name: str) -> bool:
    """Say whether any unitary in the place of this one is sampled from its distribution as well.

    What `plan_sampling` asks of the entries of a matrix is how many shots would count; where single shots
    cannot be quicker, whatever counts, nothing depends on them.

    Args:
        sampling: What is asked for, of a unitary, a perfect source and perfect detectors.
        plan: Its plan, a distribution of photon numbers.
        name: "auto", or the method that was demanded.
    """
    if name != "auto" or sampling.all_count:
        return True
    return least_shots_seconds(sampling.n_samples) >= plan.seconds


def _cheapest_plan(sampling: Sampling, name: str, limit: int) -> Plan:
    """Plan the cheapest distribution that fits, or, where none does, the cheapest one; without a reason."""
    plans = []
    for way in _allowed_ways(sampling.experiment, sampling.conditions, name):
        plan = _with_counting(way, sampling)
        if plan.needed_bytes <= limit:
            break
        plans.append(plan)
    else:
        plan = plans[0]
    seconds = plan.seconds + counting_seconds(sampling.n_samples, plan.n_outcomes)
    return replace(plan, seconds=seconds + _asking_seconds(sampling, plan.n_outcomes))


def _allowed_ways(experiment: Experiment, conditions: Conditions, name: str) -> list[Estimate]:
    ways = estimates(experiment, conditions.heralds, conditions.least)
    if name == SLOS:
        return [way for way in ways if way.way == FOCK]
    if name == PERMANENT:
        # Lightworks runs these on either backend; without a way by permanents, the distribution is the same.
        return [way for way in ways if way.way == CLICKS] or ways
    return ways


def _with_counting(way: Estimate, sampling: Sampling) -> Plan:
    """Plan a way with what rules leave out of it, and what drawing samples adds."""
    experiment, conditions = sampling.experiment, sampling.conditions
    needed, n_kept, seconds = way.needed_bytes, way.n_outcomes, way.seconds
    kept: int | None = None
    polynomial: OutputPolynomial | None = None
    n_free = experiment.n_modes - len(conditions.heralds)
    if way.way == FOCK and experiment.is_plain and n_free and experiment.light.occupied:
        if conditions.pairs or conditions.heralds or needed > _WORTH_A_LOOK:
            polynomial = output_polynomial(
                experiment.light, heralds=conditions.heralds, least=conditions.least, pairs=conditions.pairs
            )
            kept = count_kept(polynomial.layout, conditions.pairs) if conditions.pairs else None
            needed = polynomial.needed_bytes(n_kept=kept)
            n_kept = polynomial.layout.size if kept is None else kept
            seconds = polynomial.seconds()
    elif way.way == FOCK and conditions.pairs:
        layout = FockLayout(experiment.n_modes, experiment.most_photons, 0)
        kept = n_kept = min(count_kept(layout, conditions.pairs), n_kept)
        needed += pruned_bytes(way.n_outcomes, n_kept)
    counting = counting_bytes(
        n_kept,
        sampling.n_samples,
        experiment.n_modes,
        ranked=kept is not None,
        conditional=conditions.any,
        asked=conditions.test is not None,
    )
    method = SLOS if way.way == FOCK else PERMANENT
    return Plan(method, "", n_kept, max(needed, counting), seconds, way=way, polynomial=polynomial)


def _asking_seconds(sampling: Sampling, n_outcomes: int) -> float:
    """Estimate how long a callable is asked: about all outcomes, or about each that is drawn, once."""
    if sampling.conditions.test is None:
        return 0.0
    if n_outcomes > ASK_ALL:
        drawn = float(sampling.n_samples)
        if not sampling.every_shot:
            drawn /= share_of_callable(sampling.experiment, sampling.conditions)
        n_outcomes = int(min(n_outcomes, drawn))
    return asking_seconds(n_outcomes)


def _is_lost_in_rounding(sampling: Sampling) -> bool:
    """Say whether so few shots have a number of photons that can do that a distribution rounds them away."""
    experiment = sampling.experiment
    if experiment.most_photons == experiment.light.n_photons:
        # Whatever photons arrive: where even the least likely case is no rounding, nothing else is looked at.
        missing = experiment.terms.missing if experiment.terms else 0.0
        arriving = (np.abs(experiment.matrix) ** 2).sum(axis=0) * (1.0 - missing)
        least = np.minimum(arriving, 1.0 - arriving)
        photons = np.array(experiment.photons)
        if (least**photons)[least > UNIT_ROUNDING].prod() > _NO_ROUNDING:
            return False
    return 0 < sampling.emission.share <= CLEAR_OF_ROUNDING * fock_rounding(experiment)


def _quicker_shots_plan(sampling: Sampling, reason: str, seconds: float) -> Plan | None:
    """Plan single shots where they take less than `seconds` for sure, all that do not count included."""
    n_samples = sampling.n_samples
    if least_shots_seconds(n_samples) >= seconds:
        return None
    emission = sampling.emission
    drawn = n_samples * emission.share if sampling.every_shot else float(n_samples)
    at_best = estimated_seconds(emission, drawn, ROUND_SHOTS)
    if sampling.all_count:
        return None if at_best >= seconds else _shots_plan(sampling, reason)
    if LOOK_SECONDS + at_best >= seconds:
        return None
    found = acceptance(emission, sampling.conditions)
    # What interference forbids never counts: shots would be drawn on and on where a distribution tells.
    if not found.sure or not found.share or LOOK_SECONDS + at_best / found.share >= seconds:
        return None
    return _shots_plan(sampling, reason, found)


def _shots_plan(sampling: Sampling, reason: str, found: Acceptance | None = None) -> Plan:
    """Plan single shots; `found` is how many of them count, where that is known.

    Raises:
        ResourceLimitError: One shot would take minutes, or would not fit in memory.
    """
    n_samples, emission = sampling.n_samples, sampling.emission
    counting: float | None = None
    if sampling.all_count:
        drawn = n_samples * emission.share
    else:
        found = found or acceptance(emission, sampling.conditions)
        counting = found.of_all
        drawn = n_samples / found.share if found.share else 0.0
        reason += f" {_counting_text(counting, at_most=found.at_most)}"
    if emission.share < 1:
        reason += " Shots whose number of photons rules them out are not drawn."
    # As many photons interfere as usually do.
    interfering = round(emission.mean_interfering())
    at_once = int(min(max(drawn, 1.1 * n_samples), ROUND_SHOTS))
    needed = shots_bytes(interfering, sampling.experiment.n_modes, len(emission.light.rows), at_once)
    seconds = estimated_seconds(emission, drawn, ROUND_SHOTS)
    if sampling.conditions.test is not None:
        # Once about each that is different, as far as anybody knows before.
        seconds += asking_seconds(drawn)
    return Plan(CLIFFORD, reason, 0, needed, seconds, counting)


def _counting_text(share: float, *, at_most: bool) -> str:
    if share == 0:
        return "No shot can count."
    one_of = f"{1 / share:,.0f}" if share > 1e-9 else f"{1 / share:.3g}"
    if share > 0.95:
        return "Nearly every shot counts."
    if share > 0.1 and not at_most:
        return f"About {share:.0%} of all shots count."
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
    light = experiment.light
    way = estimate_permanents(experiment.photons, experiment.n_modes, lossy=not light.is_isometry)
    if way.needed_bytes > memory_limit():
        msg = (
            f"Backend 'permanent' would need about {readable_bytes(way.needed_bytes)} for "
            f"{way.n_outcomes:,} outcomes, and {readable_bytes(memory_limit())} are allowed "
            "(LWFAST_MAX_MEMORY sets the limit)."
        )
        raise ResourceLimitError(msg)
    reason = f"asked for; one permanent for each of {way.n_outcomes:,} outcomes."
    return Plan(PERMANENT, reason, way.n_outcomes, way.needed_bytes, way.seconds)


def readable_seconds(seconds: float) -> str:
    """Return a time as a person reads it."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 600:
        return f"{seconds:.1f} s"
    return f"{seconds / 3600:,.1f} h" if seconds < 1e15 else f"{seconds / 3600:.3g} h"


def announce(plans: Sequence[Plan]) -> None:
    """Say on stderr how long a run is expected to take, where that is long; silent with `LWFAST_QUIET=1`.

    Args:
        plans: What will be done, one plan for each task.
    """
    seconds = sum(plan.seconds for plan in plans)
    if seconds <= LONG_SECONDS or is_quiet():
        return
    longest = max(plans, key=lambda plan: plan.seconds)
    what = "this run" if len(plans) == 1 else f"these {len(plans)} tasks"
    where = "" if len(plans) == 1 else " The longest:"
    say(
        f"{what} will take about {readable_seconds(seconds)} on one core.{where} {longest.method}: "
        f"{longest.reason} Set LWFAST_QUIET=1 to hide this line."
    )
