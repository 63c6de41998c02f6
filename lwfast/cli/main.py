"""Parse the command line, run one command, turn errors into one line and an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from lwfast._version import __version__
from lwfast.cli.client_commands import add_parsers as add_client_parsers
from lwfast.cli.demo import add_parser as add_demo
from lwfast.cli.process import add_parser as add_process
from lwfast.cli.programs.run_program import add_parser as add_run
from lwfast.cli.serve import add_parser as add_serve
from lwfast.cli.warmup_command import add_parser as add_warmup
from lwfast.errors import LightworksError, LightworksRemoteError, SubmissionInterrupted

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of every command; imports nothing heavy."""
    parser = argparse.ArgumentParser(
        prog="lwfast", description="Fast photonic-quantum job path: emulate, submit, collect, process."
    )
    parser.add_argument("--version", action="version", version=f"lwfast {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (add_demo, add_run, add_serve, add_warmup, add_process, add_client_parsers):
        add(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 for success, 1 for an error that was explained on stderr, 2 for wrong usage, 130 for Ctrl-C.
    """
    args = build_parser().parse_args(argv)
    if args.command == "run":
        # Streams and errors belong to the program.
        return int(args.run(args))
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files and jobs may hold what the terminal cannot show; stderr shows escapes by itself.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return int(args.run(args))
    except (LightworksError, LightworksRemoteError, OSError, ValueError) as error:
        if isinstance(error, BrokenPipeError):  # the reader of our output left, e.g. `lwfast jobs | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        if os.environ.get("LWFAST_TRACEBACK") == "1":
            raise
        print(f"lwfast: {type(error).__name__}: {_with_notes(error)}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt as error:
        said = f": {_with_notes(error)}" if isinstance(error, SubmissionInterrupted) else ""
        print(f"lwfast: interrupted{said}", file=sys.stderr)
        return EXIT_INTERRUPTED


def _with_notes(error: BaseException) -> str:
    return " ".join([str(error), *getattr(error, "__notes__", ())])
