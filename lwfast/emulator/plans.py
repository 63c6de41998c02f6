"""Which method runs a task, and why."""

from __future__ import annotations

from dataclasses import dataclass

from lwfast._experiment import CLICKS, FOCK, Experiment, estimates
from lwfast._memory import memory_limit, readable_bytes
from lwfast._shots import sample_seconds
from lwfast.emulator.conditions import Conditions
from lwfast.errors import ResourceLimitError

SLOS = "slos"
PERMANENT = "permanent"
CLIFFORD = "clifford"
_PER_SAMPLE = 3e-8
"""Seconds to draw one sample from a distribution and count it."""
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


def plan_sampling(experiment: Experiment, conditions: Conditions, n_samples: int, name: str) -> Plan:
    """Choose between a distribution and single shots.

    Args:
        experiment: The shot.
        conditions: Which outcomes count.
        n_samples: How many samples are asked for.
        name: "auto", or the method that is demanded.

    Raises:
        ResourceLimitError: The demanded method would not fit in memory.
    """
    limit = memory_limit()
    shots = _shots_plan(experiment, n_samples)
    if name == CLIFFORD:
        return shots
    ways = estimates(experiment, conditions.heralds, conditions.least)
    if name == SLOS:
        ways = [way for way in ways if way.way == FOCK]
    if name == PERMANENT:
        if experiment.is_plain:
            return _permanent_plan(experiment)
        # Lightworks runs these on either backend; without a way by permanents, the distribution is the same.
        ways = [way for way in ways if way.way == CLICKS] or ways
    best = ways[0]
    for way in ways:
        if way.needed_bytes <= limit:
            best = way
            break
    seconds = best.seconds + n_samples * _PER_SAMPLE
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
        return _because(shots, reason)
    if method == name:
        return _because(exact, f"asked for; {what}.")
    if name != "auto":
        reason = (
            f"{what}; permanents were asked for, but do an imperfect source or detectors only where all "
            "detectors are threshold detectors on at most 22 modes."
        )
        return _because(exact, reason)
    if shots.seconds < seconds and not conditions.any:
        reason = (
            f"{what} and would take {_readable_seconds(seconds)}; {n_samples:,} samples are drawn one by "
            "one in less."
        )
        return _because(shots, reason)
    return _because(exact, f"{what}, which is quicker than drawing {n_samples:,} samples one by one.")


def _shots_plan(experiment: Experiment, n_samples: int) -> Plan:
    n = sum(experiment.photons)
    seconds = 1e-3 + n_samples * sample_seconds(n, experiment.n_modes)
    needed = min(n_samples, 1 << 20) * (experiment.n_modes + 32)
    return Plan(CLIFFORD, f"asked for; {n_samples:,} samples of {n} photons.", 0, needed, seconds)


def _permanent_plan(experiment: Experiment) -> Plan:
    way = next(way for way in estimates(experiment) if way.way == FOCK)
    n = sum(experiment.photons)
    seconds = way.n_outcomes * (1e-6 + n * 2.0**n * 5e-10)
    needed = way.needed_bytes + way.n_outcomes * experiment.n_modes
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
    return f"{seconds / 3600:.1f} h"
