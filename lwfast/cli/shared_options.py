"""What the commands share: examples in the help, and options that several have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Whole(click.IntRange):
    """A whole number within limits; click calls anything else not "a valid integer range"."""

    name = "whole number"


class Number(click.FloatRange):
    """A number within limits."""

    name = "number"


POSITIVE = Whole(min=1)
SECONDS = Number(min=0)


class ExampleCommand(click.Command):
    """A command whose help ends with examples.

    Attributes:
        examples: Command lines, each with what it is for.
    """

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        write_examples(self.examples, formatter)


def write_examples(examples: Sequence[tuple[str, str]], formatter: click.HelpFormatter) -> None:
    """Write examples at the end of a help page: what each is for, and below it the line to type."""
    if examples:
        with formatter.section("Examples"):
            for number, (line, purpose) in enumerate(examples):
                if number:
                    formatter.write_paragraph()
                formatter.write_text(purpose)
                with formatter.indentation():
                    formatter.write(f"{'':>{formatter.current_indent}}$ {line}\n")


def command(name: str, *examples: tuple[str, str], **settings: Any) -> Callable[[Any], click.Command]:
    """Make a command of a function, whose docstring is its help.

    Args:
        name: As it is typed.
        examples: Command lines, each with a sentence of what it is for.
        settings: Further arguments of `click.Command`.
    """
    return click.command(name, cls=ExampleCommand, examples=examples, **settings)


def client_options(function: F) -> F:
    """Add the options that say which scheduler is meant."""
    for option in reversed(
        (
            click.option(
                "--url",
                metavar="URL",
                help="Base URL of the scheduler. Default: LWFAST_URL, the profile, what `lwfast login` "
                "saved, or your scheduler on this machine.",
            ),
            click.option(
                "--profile", metavar="NAME", help="Profile of config.toml to use. Default: LWFAST_PROFILE."
            ),
            click.option(
                "--local",
                is_flag=True,
                help="Use your scheduler on this machine, whatever else is set.",
            ),
        )
    ):
        function = option(function)
    return function


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
"""Print JSON instead."""


def output_path(_: Any, __: Any, text: str | None) -> Path | None:
    """Return the path of a file to write; `-` would mean standard output, which nothing is written to."""
    if text == "-":
        raise click.BadParameter("A file is needed; nothing is written to standard output (-).")
    return None if text is None else Path(text)
