"""`lwfast run`: run a program written for Lightworks, with lwfast in its place."""

from __future__ import annotations

import argparse
import sys
from typing import Any

EXIT_NOT_FOUND = 2
"""What Python exits with where a program cannot be opened."""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="run a program written for Lightworks, unchanged",
        description="Run a Python program as `python` does, with lwfast where it imports lightworks.",
    )
    parser.add_argument("--profile", action="store_true", help="print at the end which calls took how long")
    parser.add_argument(
        "-m", dest="is_module", action="store_true", help="PROGRAM is a module, as in `python -m`"
    )
    parser.add_argument(
        "program", metavar="PROGRAM", help="the script, folder or zip file; with -m the module"
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="arguments of the program")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the program; what it raises is its own, and Python's to print."""
    import contextlib

    from lwfast.lightworks.program import UnreadableProgramError, run_module, run_script

    if args.profile:
        from lwfast.lightworks.call_times import profiled
    with profiled() if args.profile else contextlib.nullcontext():
        if args.is_module:
            run_module(args.program, args.arguments)
            return 0
        try:
            run_script(args.program, args.arguments)
        except UnreadableProgramError as error:
            print(f"lwfast: {error}", file=sys.stderr)
            return EXIT_NOT_FOUND
    return 0
