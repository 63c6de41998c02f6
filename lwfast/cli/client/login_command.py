"""`lwfast login`: save a scheduler's address and its token together."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import click

from lwfast.cli.client.finding import required_running
from lwfast.cli.client.token_command import read_secret
from lwfast.cli.shared_options import command
from lwfast.cli.terminal.wording import shown
from lwfast.errors import ConfigurationError, TokenError

LOCAL_NAME = "local"


@command(
    "login",
    (
        "lwfast login --url https://scheduler.example/api/",
        "Save an address; the command asks for the token and does not show it:",
    ),
    ("lwfast login --local", "Use the scheduler that `lwfast serve` runs on this machine, in programs too:"),
    ("lwfast login --url https://scheduler.example/api/ < token.txt", "Without a question, in a script:"),
)
@click.option("--url", metavar="URL", help="Base URL of the scheduler. Default: the command asks for it.")
@click.option("--local", is_flag=True, help="Use your scheduler on this machine, with its own token.")
@click.option("--name", help="Name to save the token under. Default: the host of the URL, or `local`.")
@click.option(
    "--overwrite", is_flag=True, help="Replace a token of this name that was saved for something else."
)
def login_command(url: str | None, local: bool, name: str | None, overwrite: bool) -> None:
    """Save the address of a scheduler and your token, after trying both.

    All commands and programs use them from then on, unless something else is set. The token goes to this
    address only. `lwfast token delete NAME` forgets it.
    """
    from lwfast.remote import Client, token
    from lwfast.remote.configuration import persistence
    from lwfast.remote.configuration.client_settings import normalise_url, read_login, save_login

    if local and url is not None:
        raise click.UsageError("Give --local or --url, not both.")
    if local:
        running = required_running()
        address, secret = running.url, running.token or read_secret()
    else:
        address = normalise_url(url or _asked_url())
        secret = read_secret()
    label = name or (LOCAL_NAME if local else urlsplit(address).hostname or "main")
    before = read_login()
    known = persistence.read_tokens()[0].get(label)
    # The token that an earlier login saved may be replaced: it is the one that has expired.
    if known not in {None, secret} and not overwrite and (before is None or before[1] != label):
        raise TokenError(
            f"A token named {label!r} is saved already; choose another name with --name, or add --overwrite."
        )
    with Client(url=address, token=secret) as client:
        qpus = client.list_qpus()  # raises what is wrong with the two before anything is saved
    token.set(secret)
    token.save(label, overwrite=True)
    save_login(address, label)
    print(
        f"Logged in at {address} (QPUs: {shown(', '.join(qpus)) or 'none'}). The token is saved as {label!r}."
    )


def _asked_url() -> str:
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "No address is given; add --url URL, or --local for the scheduler that runs here."
        )
    answer: str = click.prompt("URL of the scheduler", err=True)
    return answer
