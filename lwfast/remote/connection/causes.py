"""Looking into what requests and urllib3 raised: where it comes from, and what it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    InvalidHeader,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
)


def is_of_request(error: BaseException) -> bool:
    """Whether requests refuses a URL or a header of the request, so that nothing was sent."""
    if not (isinstance(error, ValueError) and isinstance(error, requests.exceptions.RequestException)):
        return False
    # It says the same of the headers of an answer, where urllib3 did before.
    return not isinstance(innermost(error), InvalidHeader)


def nothing_sent(error: Exception) -> bool:
    """Whether no byte can have reached the scheduler: the connection was never made."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | NameResolutionError | ConnectTimeoutError | ProxyError)


def passed_through(error: BaseException, *functions: Callable[..., Any]) -> bool:
    """Whether an exception came out of one of the functions: that tells connecting from what follows it."""
    codes = [function.__code__ for function in functions]
    trace = error.__traceback__
    while trace is not None:
        if any(trace.tb_frame.f_code is code for code in codes):
            return True
        trace = trace.tb_next
    return False


def forget_request(error: BaseException) -> None:
    """Take the request, whose headers hold the token, out of an exception and those it was made of."""
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, requests.exceptions.RequestException):
            item.request = item.response = None
        if isinstance(item, requests.exceptions.InvalidHeader):
            item.args = ("a header, perhaps the token, holds what no header can",)
        parts = [getattr(item, "reason", None), *item.args, item.__cause__, item.__context__]
        todo += [part for part in parts if isinstance(part, BaseException)]


def innermost(error: BaseException) -> BaseException:
    """The exception at the bottom of what requests and urllib3 wrapped, which has the plainest words."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inside = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        below = next((item for item in inside if isinstance(item, BaseException)), None)
        if below is None:
            break
        error = below
    return error
