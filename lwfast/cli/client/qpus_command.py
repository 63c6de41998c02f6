"""`lwfast qpus`: the QPUs of a scheduler and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lwfast._base.showing.amounts import several
from lwfast.cli.client.finding import client_of
from lwfast.cli.shared_options import client_options, command, json_option
from lwfast.cli.terminal.screen import BAD, GOOD, Column, is_terminal, print_json, print_table
from lwfast.cli.terminal.wording import shown, when

if TYPE_CHECKING:
    from lwfast.wire import ArtemisQPU

COLUMNS = (
    Column("QPU"),
    Column("State"),
    Column("Modes", right=True),
    Column("Photons", right=True),
    Column("Samples", right=True),
    Column("Detection", right=True, spare=1),
    Column("Updated", spare=2, flexible=True),
)


@command(
    "qpus",
    ("lwfast qpus", "Which QPUs are there, and what do they take?"),
    ("lwfast qpus Artemis --json", "One of them, for another program:"),
)
@click.argument("name", required=False)
@client_options
@json_option
def qpus_command(name: str | None, url: str | None, profile: str | None, local: bool, as_json: bool) -> None:
    """List the QPUs and their limits, or show the one called NAME."""
    from msgspec import to_builtins

    with client_of(url, profile, local) as client:
        found = [client.get_qpu_details(one) for one in ([name] if name else client.list_qpus())]
    if as_json:
        print_json([to_builtins(qpu, str_keys=True) for qpu in found])
    elif is_terminal() and name is None:
        print_table(COLUMNS, [_row(qpu) for qpu in found])
    else:
        for qpu in found:
            _print_limits(qpu)


def _row(qpu: ArtemisQPU) -> list[str | tuple[str, str]]:
    """Return a QPU in a line: what it takes at most."""
    return [
        qpu.name,
        ("online", GOOD) if qpu.available else ("OFFLINE", BAD),
        str(qpu.n_modes),
        str(qpu.max_photon_input),
        f"{qpu.default_max_samples:,}",
        str(qpu.max_detection_filter),
        when(qpu.last_updated, local=True),
    ]


def _print_limits(qpu: ArtemisQPU) -> None:
    limits = ", ".join(f"{several(least, 'photon')}: {n:,}" for least, n in qpu.max_samples.items())
    state = "online" if qpu.available else "OFFLINE"
    print(f"{shown(qpu.name)}  {state} (updated {when(qpu.last_updated, local=False) or 'never'})")
    print(f"  modes             at most {qpu.n_modes}")
    print(f"  photons put in    at most {qpu.max_photon_input}")
    print(f"  detection filter  at most {several(qpu.max_detection_filter, 'photon')}")
    print(f"  samples           at most {qpu.default_max_samples:,}")
    print(f"  by detection      {limits or 'no other limits'}")
