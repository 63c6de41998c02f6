"""`lwfast help`: the help of a command, for who looks for it there."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from lwfast.cli.shared_options import command


def _names(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    root = context.find_root().command
    assert isinstance(root, click.Group)  # noqa: S101  (all commands are in a group)
    return [CompletionItem(name) for name in root.list_commands(context) if name.startswith(typed)]


@command(
    "help",
    ("lwfast help jobs", "How to list jobs:"),
    ("lwfast help token save", "How to save a token:"),
)
@click.argument("words", nargs=-1, metavar="[COMMAND]...", shell_complete=_names)
@click.pass_context
def help_command(context: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command, or the list of all commands."""
    within = context.find_root()
    for word in words:
        group = within.command
        if not isinstance(group, click.Group):
            raise click.UsageError(
                f"`{within.command_path}` has no commands of its own, so not {word!r}.", within
            )
        name, found, _ = group.resolve_command(within, [word])
        assert found is not None  # noqa: S101  (an unknown name is an error of its own)
        within = click.Context(found, parent=within, info_name=name)
    click.echo(within.get_help())
