"""What went wrong with a request: what requests and urllib3 raised, and what a refusal complains of.

A program may ask within an `except` block of its own. Python then puts the exception that is being handled
there at the end of every chain of contexts, though it has nothing to do with the request: functions are given
it as `outside`, and stop before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import InvalidHeader

from lwfast import wire
from lwfast.remote.connection.connecting import NoConnectionError


def is_of_request(error: BaseException, outside: BaseException | None = None) -> bool:
    """Whether requests refuses a URL or a header of the request, so that nothing was sent."""
    if not (isinstance(error, ValueError) and isinstance(error, requests.exceptions.RequestException)):
        return False
    # It says the same of the headers of an answer, where urllib3 did before.
    return not isinstance(innermost(error, outside), InvalidHeader)


def nothing_sent(error: BaseException, outside: BaseException | None = None) -> bool:
    """Whether no byte can have reached the scheduler: the connection was never made."""
    return isinstance(error, requests.exceptions.ConnectTimeout) or any(
        isinstance(item, NoConnectionError) for item in _with_causes(error, outside)
    )


def forget_request(error: BaseException, outside: BaseException | None = None) -> None:
    """Take the request, whose headers hold the token, out of an exception and those it was made of."""
    for item in _with_causes(error, outside):
        if isinstance(item, requests.exceptions.RequestException):
            item.request = item.response = None
        if isinstance(item, requests.exceptions.InvalidHeader):
            item.args = ("a header, perhaps the token, holds what no header can",)


def innermost(error: BaseException, outside: BaseException | None = None) -> BaseException:
    """The exception at the bottom of what requests and urllib3 wrapped, which has the plainest words."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        below = next(iter(_held(error, outside)), None)
        if below is None:
            break
        error = below
    return error


def _with_causes(error: BaseException, outside: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that it was made of, each once."""
    todo = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if id(item) not in seen:
            seen.add(id(item))
            todo += _held(item, outside)
            yield item


def _held(error: BaseException, outside: BaseException | None) -> list[BaseException]:
    """Return the exceptions that another one holds, the one that it wraps first."""
    held = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
    return [item for item in held if isinstance(item, BaseException) and item is not outside]


def complaints(body: bytes | bytearray) -> list[wire.FieldError] | None:
    """Return what a refusal complains of, or None where it is not in the wire's words."""
    try:
        return wire.decode_errors(body).errors
    except wire.UNREADABLE:
        return None


def listed(body: bytes | bytearray) -> str:
    """Return the names and reasons in a refusal as one text; empty where it has none."""
    return "; ".join(f"{item.name}: {item.reason}" for item in complaints(body) or ())


def is_web_page(headers: Mapping[str, str], body: bytes | bytearray) -> bool:
    """Whether an answer is a page for people, which no call of a scheduler's API gives."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in {"text/html", "application/xhtml+xml"} or bytes(body[:20]).lstrip().lower().startswith(
        (b"<!doctype html", b"<html")
    )


def wrong_address(url: str) -> str:
    """Say that an address answers with a web page, and which one to try."""
    said = f"{url} answered with a web page, so it is probably not the address of a scheduler's API"
    if urlsplit(url).path.endswith("/api/"):
        return f"{said}; ask whoever runs the scheduler for it."
    return f"{said}, which usually ends in /api/. Try {url}api/."
