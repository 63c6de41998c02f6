"""`lwfast completion`: what lets bash, zsh and fish complete commands, options and names."""

from __future__ import annotations

import click

from lwfast.cli.shared_options import command

SHELLS = ("bash", "zsh", "fish")


@command(
    "completion",
    ('eval "$(lwfast completion bash)"', "In ~/.bashrc (bash 4.4 or newer):"),
    ('eval "$(lwfast completion zsh)"', "In ~/.zshrc, behind `autoload -Uz compinit && compinit`:"),
    ("lwfast completion fish > ~/.config/fish/completions/lwfast.fish", "Once, for fish:"),
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> int:
    """Print what lets your shell complete the commands, options, file names and saved names of lwfast.

    SHELL is bash, zsh or fish.
    """
    from lwfast.cli.command_group import completed

    return completed(f"{shell}_source")
