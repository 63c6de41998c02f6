"""`lwfast run`: run a program written for Lightworks, with lwfast in its place."""

from __future__ import annotations

import sys

import click

from lwfast.cli.programs.deferred import Deferred
from lwfast.cli.shared_options import command

EXIT_NOT_FOUND = 2
"""What Python exits with where a program cannot be opened."""


@command(
    "run",
    ("lwfast run script.py --shots 1000", "Instead of `python script.py --shots 1000`:"),
    ("lwfast run -m package.module", "Instead of `python -m package.module`:"),
    ("lwfast run --profile script.py", "See how long calls take:"),
    # What stands behind the program is the program's, whatever it looks like.
    context_settings={"allow_interspersed_args": False},
)
@click.option("--profile", is_flag=True, help="Print at the end, on stderr, how long calls took.")
@click.option("-m", "is_module", is_flag=True, help="PROGRAM is a module, as with `python -m`.")
@click.argument("program", type=click.Path())
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_command(profile: bool, is_module: bool, program: str, arguments: tuple[str, ...]) -> Deferred:
    """Run a Python program as `python` does, with lwfast where it imports lightworks.

    PROGRAM is a script, folder or zip file, or a module with -m. All further arguments go to it as they are.
    """

    def run() -> int:
        _forget_parser()
        return _ran(profile, is_module, program, arguments)

    return Deferred(run)


def _ran(profile: bool, is_module: bool, program: str, arguments: tuple[str, ...]) -> int:
    """Run the program; what it raises is its own, and Python's to print."""
    import contextlib

    from lwfast.lightworks.program import UnreadableProgramError, run_module, run_script

    if profile:
        from lwfast.lightworks.call_times import profiled
    with profiled() if profile else contextlib.nullcontext():
        if is_module:
            run_module(program, arguments)
            return 0
        try:
            run_script(program, arguments)
        except UnreadableProgramError as error:
            print(f"lwfast: {error}", file=sys.stderr)
            return EXIT_NOT_FOUND
    return 0


def _forget_parser() -> None:
    """Let the program import Click as if nobody had: it may have a `click.py` of its own beside it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "click"]:
        del sys.modules[name]
