"""`lwfast warmup`: compile every kernel once, so that no later call has to wait for it."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "warmup", help="compile every kernel now", description="Compile every kernel now, with progress."
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:  # noqa: ARG001  (every command takes its arguments)
    """Compile, and say how long each kernel took; 1, and at once, where no later process would find them."""
    from lwfast._kernels.report import are_compiled_here, kept_in, why_not_kept
    from lwfast.emulator.warmup import warmup

    if not are_compiled_here():
        print("No kernel has to be compiled: the package holds them, or NUMBA_DISABLE_JIT is set.")
        return 0
    if kept_in() is not None:
        seconds = warmup(progress=True)
        if not why_not_kept():
            print(
                f"{len(seconds)} groups of kernels ready, {sum(seconds.values()):.1f} s; kept in {kept_in()}"
            )
            return 0
    print(f"lwfast: {why_not_kept()}", file=sys.stderr)
    return 1
