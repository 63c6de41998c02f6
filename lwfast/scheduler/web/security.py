"""Who may ask: the token, and the names under which the scheduler answers."""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path

from starlette.datastructures import Headers

from lwfast._base.files.atomic import write_atomic
from lwfast._base.files.edited_text import edited_text
from lwfast._base.files.own_files import open_own, why
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.server_settings import TOKEN_FILE
from lwfast.scheduler.store.data_folder import make_folder
from lwfast.wire import TOKEN_HEADER
from lwfast.wire.loopback import SERVE_TOKEN_VARIABLE


def load_token(data_dir: Path) -> tuple[str, bool]:
    """Read the token of the data folder, or make one.

    Returns:
        The token, and whether it is new.

    Raises:
        ConfigError: The file is empty, a link, cannot be read or written, or holds what no header can carry.
        StoreOpenError: The folder cannot be made.
    """
    path = data_dir / TOKEN_FILE
    make_folder(data_dir)
    try:
        with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
            token = edited_text(file.read()).strip()
    except FileNotFoundError:
        return _make_token(path), True
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error
    if not token:
        raise ConfigError(f"The token file {path} is empty: delete it to get a new token.")
    check_token(token, f"The token in {path}")
    return token, False


def check_token(token: str, source: str = "The token") -> None:
    """Check that a token can travel in a header.

    Raises:
        ConfigError: It cannot; never shows it.
    """
    if not token or not all("!" <= character <= "~" for character in token):
        raise ConfigError(f"{source} should be printable ASCII characters without spaces, and not empty.")


def _make_token(path: Path) -> str:
    token = secrets.token_urlsafe(32)
    try:
        write_atomic(path, f"{token}\n".encode(), mode=0o600)
    except OSError as error:
        raise _unusable(path, error) from error
    return token


def _unusable(path: Path, error: OSError | ValueError) -> ConfigError:
    reason = why(error) if isinstance(error, OSError) else str(error)
    return ConfigError(
        f"The token file {path} cannot be used: {reason}; correct that, or give the token in the environment "
        f"variable {SERVE_TOKEN_VARIABLE}."
    )


def token_of(headers: Headers) -> str | None:
    """Return the token of a request: from the wire's own header, or from `Authorization: Bearer`."""
    given = headers.get(TOKEN_HEADER)
    if given is not None:
        return given
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


class HostNames:
    """The names that a Host header may hold.

    A page of another site can make a name of its own point at this machine (DNS rebinding); its requests then
    carry that name. So only `localhost`, addresses, this machine's own name and the one listened on are
    taken. The port is not looked at: it protects nothing, and differs behind a tunnel.

    Args:
        names: Further names under which the scheduler is reached.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {"localhost", socket.gethostname().lower(), *(name.lower() for name in names)}

    def allows(self, header: str | None) -> bool:
        """Whether a request with this Host header is taken."""
        if not header:
            return False
        if header.startswith("["):
            host, bracket, port = header[1:].partition("]")
            port = port[1:] if port.startswith(":") else port and "?"
            if not bracket:
                return False
        else:
            host, _, port = header.partition(":")
        if port and not port.isdecimal():
            return False
        return host.lower().rstrip(".") in self._names or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
