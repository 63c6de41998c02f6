"""`lwfast token`: save, list and delete access tokens."""

from __future__ import annotations

import sys

import click
from click.shell_completion import CompletionItem

from lwfast.cli.shared_options import command, json_option
from lwfast.cli.terminal.wording import shown
from lwfast.errors import TokenError


def read_secret() -> str:
    """Read a token: from the terminal without showing it, or from standard input.

    It is never an argument: those are seen by everyone who lists processes, and kept by shells.

    Raises:
        TokenError: None came.
    """
    if sys.stdin.isatty():
        import getpass

        try:
            text = getpass.getpass("Token (not shown): ").strip()
        except EOFError:
            raise TokenError("Input ended before a token was given; run the command again.") from None
    else:
        text = sys.stdin.read().strip()
    if not text:
        raise TokenError("No token came in on standard input; type it, or pipe it in.")
    return text


def _saved_names(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    from lwfast.remote.configuration.persistence import read_tokens

    return [CompletionItem(name) for name in read_tokens()[0] if name.startswith(typed)]


@click.group("token")
def token_command() -> None:
    """Save, list and delete access tokens. A token is read without being shown, and never printed."""


@command(
    "save",
    ("lwfast token save lab", "Type or paste the token, which is not shown:"),
    ("lwfast token save lab < token.txt", "Take it from a file:"),
)
@click.argument("name")
@click.option("--overwrite", is_flag=True, help="Replace a token of this name.")
def save(name: str, overwrite: bool) -> None:
    """Save a token under NAME, in a file that only you can read.

    A profile names it by `token_name`, and a program by `remote.token.load`.
    """
    from lwfast import remote

    remote.token.set(read_secret())
    remote.token.save(name, overwrite=overwrite)
    print(f"Saved token {name!r}.")


@command("list", ("lwfast token list", "See which tokens are saved; their names only:"))
@json_option
def list_names(as_json: bool) -> None:
    """List the names of saved tokens."""
    from lwfast.cli.terminal.screen import print_json
    from lwfast.remote.configuration.persistence import read_tokens

    saved, theirs = read_tokens()
    names = list(dict.fromkeys([*saved, *theirs]))
    if as_json:
        print_json(
            [{"name": name, "saved_by": "lwfast" if name in saved else "lightworks"} for name in names]
        )
        return
    for name in names:
        print(shown(name) if name in saved else f"{shown(name)}  (saved by Lightworks' client)")


@command("delete", ("lwfast token delete lab", "Forget a token:"))
@click.argument("name", shell_complete=_saved_names)
def delete(name: str) -> None:
    """Delete the saved token NAME."""
    from lwfast import remote

    remote.token.delete_saved(name)
    print(f"Deleted token {name!r}.")


for _command in (save, list_names, delete):
    token_command.add_command(_command)
