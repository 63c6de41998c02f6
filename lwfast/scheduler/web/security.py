"""Who may ask: the token, and the names under which the scheduler answers."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path

from lwfast._base.atomic import write_atomic
from lwfast.scheduler.faults import ConfigError

TOKEN_FILE = "token"  # noqa: S105  (a file's name)


def load_token(data_dir: Path) -> tuple[str, bool]:
    """Read the token of the data folder, or make one.

    Returns:
        The token, and whether it is new.

    Raises:
        ConfigError: The file is empty.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data_dir / TOKEN_FILE
    try:
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _make_token(path), True
    if not token:
        raise ConfigError(f"the token file {path} is empty: delete it to get a new token")
    return token, False


def _make_token(path: Path) -> str:
    token = secrets.token_urlsafe(32)
    write_atomic(path, f"{token}\n".encode(), mode=0o600)
    return token


def same_token(given: str | None, token: str) -> bool:
    """Compare in a time that does not depend on where they differ."""
    return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


class HostNames:
    """The names that a Host header may hold.

    A page of another site can make a name of its own point at this machine (DNS rebinding); its requests then
    carry that name. So only `localhost`, addresses, this machine's own name and the one listened on are
    taken. The port is not looked at: it protects nothing, and differs behind a tunnel.

    Args:
        names: Further names.
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
