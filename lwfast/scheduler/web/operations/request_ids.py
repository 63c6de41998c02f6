"""The id of each request: the sender's where it is one, else one of ours; it stands in answers and logs."""

from __future__ import annotations

import logging
import secrets
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

from lwfast.wire import REQUEST_ID_HEADER, is_request_id

_KEY = "lwfast.request_id"
current: ContextVar[str | None] = ContextVar("lwfast_request_id", default=None)
"""Of the request that is being answered; log records made meanwhile carry it."""


def take_request_id(scope: MutableMapping[str, Any]) -> str:
    """Find the id of a request, or make one, and keep it with the request."""
    wanted = REQUEST_ID_HEADER.lower().encode("ascii")
    given = next((value for name, value in scope["headers"] if name == wanted), b"").decode("latin-1")
    found = given if is_request_id(given) else secrets.token_hex(8)
    scope[_KEY] = found
    current.set(found)
    return found


def request_id_of(scope: MutableMapping[str, Any]) -> str:
    """Return the id of a request that `take_request_id` has seen."""
    found: str = scope[_KEY]
    return found


class RequestIdFilter(logging.Filter):
    """Gives log records `request`: the id of the request that they were made for, or an empty text."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        found = current.get()
        record.request = "" if found is None else f" [request {found}]"
        return True
