"""Which scheduler a command asks, and with which token.

What is set counts first, as everywhere in lwfast. Where no URL is set, the scheduler of this user that runs
here is taken, if there is one: it has to prove that it is the one which announced itself, before it gets its
token (see `lwfast.remote.configuration.found_here`). Where a URL is saved and no token is set, the only saved
token is taken. A URL from anywhere else gets no token that was not meant for it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lwfast.errors import AuthenticationError, ConfigurationError

if TYPE_CHECKING:
    from lwfast.remote import Client
    from lwfast.remote.configuration.found_here import RunningScheduler


@dataclass(frozen=True)
class Found:
    """Which scheduler is asked. What is None is looked up by the client itself.

    Attributes:
        url: Base URL of the scheduler.
        token: Its access token; not shown in the repr.
        profile: The profile that was named.
        how: How URL or token were found, where no setting has them.
    """

    url: str | None
    token: str | None = field(default=None, repr=False)
    profile: str | None = None
    how: str | None = None

    def client(self) -> Client:
        """Return a client of it."""
        from lwfast.remote import Client

        return Client(url=self.url, token=self.token, profile=self.profile)


def client_of(url: str | None, profile: str | None, local: bool) -> Client:
    """Return the client of a command; see `find`.

    Where the scheduler was found without being named, a line on stderr says so.
    """
    found = find(url, profile, local)
    if found.url is not None and url is None and not local and found.how is not None:
        print(f"lwfast: {found.how}.", file=sys.stderr)
    return found.client()


def find(url: str | None, profile: str | None, local: bool) -> Found:
    """Find the scheduler that a command asks.

    Args:
        url: Value of the option `--url`, or None.
        profile: Value of the option `--profile`, or None.
        local: Whether the option `--local` was given.

    Raises:
        ConfigurationError: No scheduler is set, and none or several run here; or a setting cannot be used.
        AuthenticationError: No token is known for it.
    """
    from lwfast.remote.configuration.client_settings import (
        MissingTokenError,
        MissingURLError,
        resolve_token,
        resolve_url,
    )

    if local:
        if url is not None or profile is not None:
            raise ConfigurationError(
                "Give --local alone: --url and --profile say which scheduler is meant, too."
            )
        return _running_here(required_running())
    try:
        found, source = resolve_url(url, profile)
    except MissingURLError:
        running = _only_running()
        if running is None:
            raise
        return _running_here(running)
    try:
        resolve_token(None, profile, found)
    except MissingTokenError:
        token, how = _token_of_running(found), "using the token of your scheduler, which runs on this machine"
        if token is None and _is_saved_address(source, profile):
            token, how = only_saved_token(found), "using the only saved token"
        if token is None:
            raise
        return Found(found, token, profile, how)
    return Found(url, profile=profile)


def required_running() -> RunningScheduler:
    """Return the scheduler of this user that runs here.

    Raises:
        ConfigurationError: None does, or several do.
    """
    running = _only_running()
    if running is None:
        raise ConfigurationError("No scheduler of yours runs on this machine; start one with `lwfast serve`.")
    return running


def _only_running() -> RunningScheduler | None:
    from lwfast.remote.configuration.found_here import running_schedulers

    found = running_schedulers()
    if len(found) > 1:
        urls = ", ".join(one.url for one in found)
        raise ConfigurationError(
            f"{len(found)} schedulers of yours run on this machine; choose with --url: {urls}."
        )
    return found[0] if found else None


def _running_here(running: RunningScheduler) -> Found:
    """Return a scheduler that has proven who it is.

    Raises:
        AuthenticationError: Its token is in no file, and not to be guessed.
    """
    import os

    token = running.token or os.environ.get("LWFAST_TOKEN") or only_saved_token(running.url)
    if token is None:
        raise AuthenticationError(
            f"The scheduler at {running.url} was started with a token of its own. Set LWFAST_TOKEN "
            f"to it, or save "
            "it with `lwfast login`."
        )
    return Found(running.url, token, how=f"using your scheduler at {running.url}, which runs on this machine")


def _token_of_running(url: str) -> str | None:
    """Return the token of a scheduler that runs here, if `url` is its address."""
    from urllib.parse import urlsplit

    from lwfast.wire.loopback import is_loopback

    if not is_loopback(urlsplit(url).hostname or ""):
        return None
    from lwfast.remote.configuration.found_here import running_schedulers

    return next((one.token for one in running_schedulers() if one.url == url), None)


def _is_saved_address(source: str, profile: str | None) -> bool:
    """Say whether an address is the one that was saved for all commands, and not one of a profile."""
    return profile is None and source not in {"argument", "LWFAST_URL"} and not source.startswith("profile")


def only_saved_token(url: str) -> str | None:
    """Return the saved token where there is exactly one, and None otherwise.

    Args:
        url: Where it is to be sent. A token that `lwfast login` saved, or that a profile names, goes to the
            address that stands beside it and to no other.
    """
    from lwfast.remote.configuration.client_settings import read_login
    from lwfast.remote.configuration.persistence import read_tokens, saved_token, urls_of_token

    names = {name for tokens in read_tokens() for name in tokens}
    if len(names) != 1:
        return None
    (name,) = names
    login = read_login()
    bound = [login[0]] if login is not None and login[1] == name else []
    bound += urls_of_token(name)
    own = not bound or url.rstrip("/") in {address.rstrip("/") for address in bound}
    return saved_token(name) if own else None
