"""Say so before a run that takes long."""

from __future__ import annotations

from collections.abc import Sequence

from lwfast._kernels._stderr import is_quiet, say
from lwfast.emulator.plans import Plan, readable_seconds

LONG_SECONDS = 5.0
"""Runs that are expected to take longer are announced."""


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
        f"{longest.reason} LWFAST_QUIET=1 keeps this line away."
    )
