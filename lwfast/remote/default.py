"""The client that the module's functions use."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lwfast.remote.client import Client

_lock = threading.Lock()
_default: Client | None = None
_in_place: list[Client] = []


def default_client() -> Client:
    """Return the client of the module's functions: the latest put in place, else the one of the settings."""
    global _default
    with _lock:
        if _in_place:
            return _in_place[-1]
        if _default is None:
            from lwfast.remote.client import Client

            _default = Client()
        return _default


def put_in_place(client: Client) -> None:
    """Let the module's functions use `client` until it is taken away."""
    with _lock:
        _in_place.append(client)


def take_away(client: Client) -> None:
    """Let the module's functions use what they used before `client`, whatever was put in place since."""
    with _lock:
        for index in range(len(_in_place) - 1, -1, -1):
            if _in_place[index] is client:
                del _in_place[index]
                break
