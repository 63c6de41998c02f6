"""`lwfast show`: look at a result file."""

from __future__ import annotations

from typing import Any

import click

from lwfast._base.showing.amounts import several
from lwfast.cli.local_files.named_results import read_result
from lwfast.cli.local_files.outcomes import (
    is_sweep,
    outcomes_as_plain,
    print_outcomes,
    print_sweep,
    sweep_as_plain,
)
from lwfast.cli.shared_options import POSITIVE, command, json_option
from lwfast.cli.terminal.screen import print_json
from lwfast.cli.terminal.wording import shown


@command(
    "show",
    ("lwfast show result.npz", "The most frequent outcomes of a result:"),
    ("lwfast show demo_results.json --top 5 --json", "The first five, for another program:"),
)
@click.argument("file", type=click.Path())
@click.option("--raw", is_flag=True, help="Show the data before post-selection, if the file holds them.")
@click.option("--top", type=POSITIVE, default=20, show_default=True, help="Number of outcomes to show.")
@json_option
def show_command(file: str, raw: bool, top: int, as_json: bool) -> None:
    """Show what FILE holds: a result in .json, .npz, .parquet or .csv, as lwfast or Lightworks saves it."""
    result = read_result(file, raw)
    if as_json:
        print_json(sweep_as_plain(result, top) if is_sweep(result) else outcomes_as_plain(result, top))
        return
    for line in _about(result):
        print(line)
    if is_sweep(result):
        print_sweep(result)
    elif len(result):
        print_outcomes(result, top)


def _about(result: Any) -> list[str]:
    """Say what a result is, and what its file says about it."""
    kind = type(result).__name__
    if is_sweep(result):
        return [f"{kind}: {several(len(result), 'setting')} of {', '.join(map(shown, result.labels))}"]
    if not len(result):
        why = result.nothing_left
        return [f"{kind}: no outcomes" + (f"; {shown(why)}" if why else "")]
    lines = [f"{kind}: {several(int(result.n_modes), 'mode')}"]
    if result.input is not None:
        lines.append(f"input: {result.input}")
    told = ("job_id", "job_name", "qpu", "created_date")
    lines += [
        f"{name.replace('_', ' ')}: {shown(result.metadata[name])}"
        for name in told
        if name in result.metadata
    ]
    if result.history:
        lines.append(f"history: {', '.join(shown(step['step']) for step in result.history)}")
    return [*lines, ""]
