"""The connection that the module's functions use, and every job and QPU that has none of its own."""

from __future__ import annotations

import threading

from lwfast.remote.connection.connection import Connection

_lock = threading.Lock()
_default: Connection | None = None
_in_place: list[Connection] = []


def default_connection() -> Connection:
    """Return the default: the latest that was put in place, else the one of the settings."""
    global _default
    with _lock:
        if _in_place:
            return _in_place[-1]
        if _default is None:
            _default = Connection()
        return _default


def present_connection() -> Connection | None:
    """Return what `default_connection` would, or None if none was made yet."""
    with _lock:
        return _in_place[-1] if _in_place else _default


def put_in_place(connection: Connection) -> None:
    """Let `connection` be the default until it is taken away."""
    with _lock:
        _in_place.append(connection)


def take_away(connection: Connection) -> None:
    """Let the default be what it was before `connection`, whatever was put in place since."""
    with _lock:
        for index in range(len(_in_place) - 1, -1, -1):
            if _in_place[index] is connection:
                del _in_place[index]
                break
