"""What a page shows of a QPU: its limits, the hardware that it imitates, and how busy it is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lwfast.hardware import HardwareModel
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.qpus import QPUConfig
from lwfast.scheduler.store.reader import Span
from lwfast.scheduler.web.pages.charts import Bar, bars
from lwfast.scheduler.web.pages.page_html import seconds_between
from lwfast.wire import Status

HOURS = 24
LOOKED_AT = 20_000
"""Latest jobs that the load is counted from, so that the answer does not depend on how many there are."""


@dataclass(frozen=True, kw_only=True)
class Hour:
    """What finished in an hour: how many jobs completed, and how many ended otherwise, and their bars."""

    start: str
    completed: int
    failed: int
    height: float
    failed_height: float


@dataclass(frozen=True, kw_only=True)
class QPUView:
    """A QPU as its page, and the list of QPUs, show it.

    Attributes:
        qpu: Name and limits of the QPU.
        running: Jobs that run on it.
        waiting: Jobs that wait for it.
        hours: What finished in each of the last hours, oldest first; empty in the list.
        n_finished: Jobs that finished in these, of those that were looked at.
        looked_at: How many of the latest jobs of all QPUs that is; None where no other finished in these.
        median_wait: Seconds; None where none did. Likewise `median_run`.
        filters: Most samples for each detection filter.
        is_ideal: Whether the hardware changes nothing.
        source: What the source does, by name.
        detector: What all detectors do, by name.
        losses: Loss of each mode, where modes differ.
        loss: Loss of all modes; None where they differ.
    """

    qpu: QPUConfig
    running: int
    waiting: int
    hours: list[Hour]
    n_finished: int
    looked_at: int | None
    median_wait: float | None
    median_run: float | None
    filters: list[tuple[int, int]]
    is_ideal: bool
    source: dict[str, str]
    detector: dict[str, str]
    losses: list[Bar]
    loss: float | None


def first_hour(now: datetime) -> datetime:
    """Return the start of the first hour that the load is shown of."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def first_text(now: datetime) -> str:
    """Return the same as the store writes times."""
    return first_hour(now).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def qpu_view(
    qpu: QPUConfig,
    live: Sequence[StoredJob],
    spans: Sequence[Span],
    now: datetime,
    looked_at: int | None = None,
) -> QPUView:
    """Return what is shown of a QPU.

    Args:
        qpu: Its limits and hardware.
        live: All jobs that have not finished.
        spans: Jobs of it that have finished lately.
        now: The present time, with a zone.
        looked_at: How many of the latest jobs `spans` are taken from, where more finished in the hours shown.
    """
    mine = [job.status for job in live if job.qpu == qpu.name]
    first, begin = first_hour(now), first_text(now)
    recent = [span for span in spans if span.finished >= begin]
    model = HardwareModel.from_dict(qpu.hardware)
    losses = model.loss_per_mode(qpu.n_modes).tolist()
    is_even = len(set(losses)) == 1
    modes = [str(mode) for mode in range(qpu.n_modes)]
    return QPUView(
        qpu=qpu,
        running=mine.count(Status.RUNNING),
        waiting=len(mine) - mine.count(Status.RUNNING),
        hours=_hours(recent, first),
        n_finished=len(recent),
        looked_at=looked_at,
        median_wait=_median_of(recent, "created", "started"),
        median_run=_median_of(recent, "started", "finished"),
        filters=sorted(qpu.max_samples.items()),
        is_ideal=model.is_ideal,
        source=_source(model),
        detector=_detector(model),
        losses=[]
        if is_even
        else bars(modes, losses, [0.0] * len(losses), [f"{loss:.3f}" for loss in losses], None),
        loss=losses[0] if is_even else None,
    )


def _median_of(spans: Sequence[Span], start: str, end: str) -> float | None:
    lengths = [
        seconds
        for span in spans
        if (seconds := seconds_between(getattr(span, start), getattr(span, end))) is not None
    ]
    return statistics.median(lengths) if lengths else None


def _hours(spans: Sequence[Span], first: datetime) -> list[Hour]:
    counts = {(first + timedelta(hours=k)).strftime("%Y-%m-%dT%H"): [0, 0] for k in range(HOURS)}
    for span in spans:
        if span.finished[:13] in counts:
            counts[span.finished[:13]][span.status is not Status.COMPLETED] += 1
    peak = max(map(sum, counts.values())) or 1
    return [
        Hour(
            start=f"{hour}:00:00Z",
            completed=completed,
            failed=failed,
            height=round(100 * (completed + failed) / peak, 1),
            failed_height=round(100 * failed / peak, 1),
        )
        for hour, (completed, failed) in counts.items()
    ]


def _source(model: HardwareModel) -> dict[str, str]:
    source = model.source
    if source is None or source.is_perfect:
        return {}
    return {
        "Purity": f"{source.purity:g}",
        "Brightness": f"{source.brightness:g}",
        "Indistinguishability": f"{source.indistinguishability:g}",
    }


def _detector(model: HardwareModel) -> dict[str, str]:
    detector = model.detector
    if detector is None or detector.is_perfect:
        return {}
    return {
        "Efficiency": _per_mode(detector.efficiency),
        "Dark counts per shot": _per_mode(detector.p_dark),
        "Resolves photon numbers": _per_mode(detector.photon_counting),
    }


def _per_mode(value: Any) -> str:
    if isinstance(value, tuple):
        if len(set(value)) > 1:
            return f"{_per_mode(min(value))} to {_per_mode(max(value))}, by mode"
        value = value[0]
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:g}"
