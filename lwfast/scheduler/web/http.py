"""Reading requests and writing answers, in the one format that all of them share."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable
from typing import Any, BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from lwfast.scheduler.faults import NotFoundError, RequestError, TooLargeError, TooSlowError, UnavailableError
from lwfast.scheduler.queue.core import Scheduler
from lwfast.wire import ErrorAnswer, FieldError, Status, encode

OFF_LOOP_BYTES = 64 * 1024
"""Bodies larger than this are checked in a thread, so that other requests need not wait."""
RETRY_SECONDS = {429: 5, 503: 2}
"""What answers of these statuses name as the time after which to ask again."""
CHUNK_BYTES = 256 * 1024
"""Of a file on its way to a client."""
_STATUSES = {status.wire_name: status for status in Status if status is not Status.UNKNOWN}


def scheduler_of(request: Request) -> Scheduler:
    """The scheduler that the app serves."""
    scheduler: Scheduler = request.app.state.scheduler
    return scheduler


def json_answer(body: bytes, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer of JSON bytes."""
    return Response(body, status_code, headers, media_type="application/json")


def error_answer(status_code: int, errors: Iterable[FieldError]) -> Response:
    """An answer that lists violations."""
    seconds = RETRY_SECONDS.get(status_code)
    headers = None if seconds is None else {"Retry-After": str(seconds)}
    return json_answer(encode(ErrorAnswer(errors=list(errors))), status_code, headers)


@contextlib.asynccontextmanager
async def held_body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Read a body of at most `limit` bytes, and hold room for it for as long as a block runs.

    Raises:
        TooLargeError: It is larger than the limit, as announced or as counted.
        TooSlowError: It takes too long.
        UnavailableError: There was no room for it for as long, or the scheduler ends before it is there.
    """
    scheduler = scheduler_of(request)
    seconds = scheduler.settings.body_seconds
    too_large = TooLargeError.of(
        "body", f"is larger than the {limit} bytes that are taken; send fewer jobs at once"
    )
    text = request.headers.get("content-length", "")
    announced = int(text[:20]) if text.isdecimal() else limit  # in chunks, it may become that large
    if announced > limit:
        raise too_large
    body = bytearray()
    has_room = False
    async with contextlib.AsyncExitStack() as held:
        try:
            async with scheduler.changes.until_closed(seconds):
                await held.enter_async_context(request.app.state.bodies.held(announced))
                has_room = True
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        raise too_large
        except TimeoutError:
            if scheduler.changes.closed:
                raise UnavailableError.of("scheduler", "is shutting down; send the job again later") from None
            if not has_room:
                reason = (
                    f"others were sent for {seconds:g} s, and left no room for this one; send it again later"
                )
                raise UnavailableError.of("body", reason) from None
            raise TooSlowError.of("body", f"did not arrive within {seconds:g} s") from None
        yield bytes(body)


async def until_gone(request: Request) -> None:
    """Return once the connection of a request has ended, or its answer was sent; its body is dropped."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class FileAnswer(StreamingResponse):
    """An answer of the JSON in an open file, which is closed in the end, whether it was sent or not.

    Args:
        file: The file, at its start.
        size: Its size in bytes.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        super().__init__(_chunks(file), headers={"Content-Length": str(size)}, media_type="application/json")
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._file:
            await super().__call__(scope, receive, send)


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
        yield chunk


def path_id(request: Request) -> int:
    """The job id of a path.

    Raises:
        NotFoundError: It is not a whole number, so there is no such job.
    """
    text = request.path_params["job_id"]
    number = _whole(text)
    if number is None:
        raise NotFoundError.of("job", f"there is no job {text[:40]!r}")
    return number


def integer(request: Request, name: str, default: int | None, *, least: int, most: int) -> int | None:
    """A whole number of the query; larger ones count as `most`.

    Raises:
        RequestError: It is not a number, or below `least`.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    number = _whole(text)
    if number is None or number < least:
        raise RequestError.of(name, f"should be a whole number from {least} on, got {text[:40]!r}")
    return min(number, most)


def integers(request: Request, name: str, most: int) -> list[int] | None:
    """A list such as `ids=1,2,3`; None where it is absent.

    Raises:
        RequestError: It is not a list of whole numbers, or longer than `most`.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    numbers = [_whole(part) for part in text.split(",")] if text else []
    if any(number is None for number in numbers):
        raise RequestError.of(name, f"should be whole numbers with commas between, got {text[:40]!r}")
    if len(numbers) > most:
        raise RequestError.of(name, f"has {len(numbers)} ids and {most} are allowed; ask in parts")
    return [number for number in numbers if number is not None]


def statuses(request: Request, name: str) -> Collection[Status] | None:
    """A repeated parameter of statuses in the wire's spelling; None where it is absent.

    Raises:
        RequestError: A status is unknown.
    """
    names = request.query_params.getlist(name)
    unknown = [text for text in names if text not in _STATUSES]
    if unknown:
        raise RequestError.of(name, f"unknown status {unknown[0][:40]!r}; known are {', '.join(_STATUSES)}")
    return {_STATUSES[text] for text in names} or None


def _whole(text: str) -> int | None:
    # 19 digits are enough for every id, and int() of a megabyte of digits is slow.
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 else None


async def checked(work: Any, body: bytes) -> Any:
    """Run a check of a body, in a thread if the body is large."""
    if len(body) > OFF_LOOP_BYTES:
        return await asyncio.to_thread(work, body)
    return work(body)
