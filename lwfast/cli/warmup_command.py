"""`lwfast warmup`: compile every kernel once, so that no later call has to wait for it."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "warmup", help="compile every kernel now", description="Compile every kernel now, with progress."
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:  # noqa: ARG001  (every command takes its arguments)
    """Compile, and say how long each kernel took."""
    from lwfast.emulator.warmup import warmup

    seconds = warmup(progress=True)
    print(f"{len(seconds)} kernels ready, {sum(seconds.values()):.1f} s")
    return 0
