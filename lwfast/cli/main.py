"""Parse the command line, run one command, turn errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from lwfast.cli.command_group import COMPLETE_VARIABLE, completed, lwfast
from lwfast.cli.error_words import message_of, usage_of
from lwfast.cli.programs.deferred import Deferred
from lwfast.errors import LightworksError, LightworksRemoteError, SubmissionInterrupted

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words behind `lwfast`; None takes those that this process was started with.

    Returns:
        0 for success, 1 for an error that was explained in a line on stderr, 130 for Ctrl-C; of a program
        that was run, what it ends with.

    Raises:
        SystemExit: With 2 where the command line is wrong, after a line that says how; with 0 after `--help`
            and `--version`.
    """
    instruction = os.environ.get(COMPLETE_VARIABLE)
    if instruction is not None:
        return completed(instruction)
    outcome = _outcome(list(sys.argv[1:] if argv is None else argv))
    # A program runs outside of all that catches errors here: streams and errors are its own.
    return outcome.run() if isinstance(outcome, Deferred) else outcome


def _outcome(arguments: list[str]) -> int | Deferred:
    try:
        with lwfast.make_context("lwfast", arguments) as context:
            outcome = lwfast.invoke(context)
            sys.stdout.flush()  # here, where it is known what a broken pipe means
        return outcome if isinstance(outcome, Deferred) else int(outcome or 0)
    except click.exceptions.Exit as end:
        raise SystemExit(end.exit_code) from None
    except click.UsageError as error:
        print(usage_of(error), file=sys.stderr)
        raise SystemExit(EXIT_USAGE) from None
    except (LightworksError, LightworksRemoteError, click.ClickException, OSError, ValueError) as error:
        if isinstance(error, BrokenPipeError):  # the reader of our output left, e.g. `lwfast jobs | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        if os.environ.get("LWFAST_TRACEBACK") == "1":
            raise
        print(message_of(error), file=sys.stderr)
        return EXIT_ERROR
    except (KeyboardInterrupt, click.Abort) as error:
        said = "".join(f": {note}" for note in getattr(error, "__notes__", ()))
        said = f": {message_of(error)}" if isinstance(error, SubmissionInterrupted) else said
        print(f"lwfast: interrupted{said.removeprefix(': lwfast')}", file=sys.stderr)
        return EXIT_INTERRUPTED
