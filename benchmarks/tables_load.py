"""Tables of a scheduler under load: percentiles of its answers, memory, open files."""

from __future__ import annotations

from benchmarks.compare import Table, markdown, seconds_text
from benchmarks.load import FULL, Measured, run_load

PACKAGES = ("starlette", "uvicorn", "msgspec")


def tables() -> list[Table]:
    """Measure, and write the tables."""
    measured = run_load(FULL)
    return [_answers(measured), _held(measured)]


def _answers(measured: Measured) -> Table:
    title = (
        f"Answers with {FULL.queued:,} jobs in the queue, {FULL.pollers} pollers, {FULL.readers} readers of "
        f"{measured.rows:,} rows"
    )
    rows = []
    for kind, seconds in sorted(measured.seconds.items()):
        ordered = sorted(seconds)
        times = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99)]
        rows.append([kind, f"{len(ordered):,}", *(seconds_text(time) for time in (*times, ordered[-1]))])
    return title, markdown(["", "requests", "median", "95 %", "99 %", "longest"], rows)


def _held(measured: Measured) -> Table:
    rows = [
        ["the large result", f"{measured.result_bytes / 1e6:.0f} MB"],
        ["most memory of the server process", f"{measured.peak_bytes / 1e6:.0f} MB"],
        ["most open files of the server process", f"{measured.handles}"],
        [f"jobs that ran in {FULL.seconds:.0f} s meanwhile", f"{measured.finished}"],
    ]
    return "What the scheduler held meanwhile", markdown(["", "value"], rows)
