"""The most frequent outcomes of a result, as a table, as lines or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lwfast._base.showing.amounts import several
from lwfast.cli.terminal.screen import ACTIVE, Cell, Column, is_terminal, print_json, print_table
from lwfast.cli.terminal.wording import shown

if TYPE_CHECKING:
    from lwfast.results import SamplingResult, SweepResult

DEFAULT_TOP = 20
BAR_CELLS = 20
COLUMNS = (
    Column("Count", right=True),
    Column("Share", right=True),
    Column("", spare=1),
    Column("Outcome", flexible=True),
)


def is_sweep(result: Any) -> bool:
    """Say whether a result is one of many settings."""
    from lwfast.results.sweeps.sweep_table import SweepTable

    return isinstance(result, SweepTable)


def print_outcomes(result: SamplingResult, top: int) -> None:
    """Print the most frequent outcomes, and how many there are."""
    rows = list(result.top(top).items())
    total = result.n_samples
    if is_terminal():
        highest = max((count for _, count in rows), default=1) or 1
        cells: list[list[Cell]] = [
            [f"{count:,}", f"{count / total:.2%}", (_bar(count / highest), ACTIVE), str(state)]
            for state, count in rows
        ]
        print_table(COLUMNS, cells)
        print(_summary(result, top))
        return
    for state, count in rows:
        print(f"{count:>10}  {state}")
    print(f"{total:>10}  {_summary(result, top, with_total=False)}")


def _summary(result: SamplingResult, top: int, *, with_total: bool = True) -> str:
    n, total = len(result), result.n_samples
    left = f", {n - top:,} of them not shown" if n > top else ""
    samples = several(total, "sample") if with_total else f"sample{'' if total == 1 else 's'}"
    return f"{samples} in {several(n, 'outcome')}{left}"


def _bar(share: float) -> str:
    """Return a bar of a line, in eighths of a character."""
    eighths = round(share * BAR_CELLS * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + ("▏▎▍▌▋▊▉"[rest - 1] if rest else "") or "▏"


def outcomes_as_plain(result: SamplingResult, top: int | None) -> dict[str, Any]:
    """Return a result as JSON has it: its most frequent outcomes, or all, with the number of all."""
    rows = result if top is None else result.top(top)
    return {
        "modes": int(result.n_modes),
        "samples": int(result.n_samples),
        "outcomes": len(result),
        "counts": [{"state": state_as_plain(state), "count": int(count)} for state, count in rows.items()],
    }


def state_as_plain(state: Any) -> list[int | str]:
    """Return a state as JSON has it: the photons of each mode, or "X" for an invalid qubit."""
    return [part if isinstance(part, str) else int(part) for part in state]


def print_sweep(sweep: SweepResult) -> None:
    """Print the most frequent outcome of each setting."""
    for row, single in enumerate(sweep):
        most = next(((state, count) for state, count in single.top(1).items()), None)
        told = "no outcome" if most is None else f"{most[1]:>10} of {single.n_samples:>10}  {most[0]}"
        print(f"{shown(sweep.axis.told(row))}  {told}")


def sweep_as_plain(sweep: SweepResult, top: int | None) -> list[dict[str, Any]]:
    """Return a sweep as JSON has it: a result for each setting."""
    return [
        {"setting": dict(zip(sweep.labels, map(float, sweep.settings[row]), strict=True))}
        | outcomes_as_plain(single, top)
        for row, single in enumerate(sweep)
    ]


def save_or_show(result: Any, output: Any, *, top: int, as_json: bool) -> None:
    """Save a result where a file is named, else print it.

    Args:
        result: Of samples, or of a sweep.
        output: Path of the file, or None.
        top: How many outcomes are printed.
        as_json: Whether to print JSON.
    """
    from lwfast.results.columns.json_like import path_text

    if output is not None:
        path = result.save(output)
        settings = f" of {several(len(result), 'setting')}" if is_sweep(result) else ""
        n = len(result.states) if is_sweep(result) else len(result)
        print(f"Saved {several(n, 'outcome')}{settings} to {shown(path_text(path))}.")
    elif as_json:
        print_json(sweep_as_plain(result, top) if is_sweep(result) else outcomes_as_plain(result, top))
    elif is_sweep(result):
        print_sweep(result)
    else:
        print_outcomes(result, top)
