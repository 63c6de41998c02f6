"""What is known of a request once it was answered: the facts that the access log and the metrics share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import isfunction

from starlette.types import Message, Scope, Send

from lwfast.wire import JOB_ID_HEADER

UNKNOWN = "other"
"""Stands for the route of a request that none of ours took, so that made-up paths add no names to metrics."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


@dataclass(kw_only=True)
class Answered:
    """One request and its answer. Neither headers nor query nor bodies are kept, so no token is.

    Attributes:
        request_id: Id of the request, which client and log have too.
        method: GET and so on; `other` for any unusual one.
        path: As it was sent, without the query.
        client: Address that it came from; None where the server does not say.
        route: Name of the function that answered; `other` where none did.
        owner: Name of who sent it; empty for the operator, None for who showed no token that is known.
        status: Of the answer; None where none was sent.
        job_id: The job that it made, as the answer's header names it.
        n_bytes: Bytes of the answer's body.
        seconds: From the head of the request to the end of the answer.
    """

    request_id: str
    method: str
    path: str
    client: str | None
    route: str = UNKNOWN
    owner: str | None = None
    status: int | None = None
    job_id: str | None = None
    n_bytes: int = 0
    seconds: float = 0.0
    _began: float = field(default_factory=time.perf_counter)

    @classmethod
    def begun(cls, scope: Scope, request_id: str) -> Answered:
        """Note a request that has just come."""
        client = scope.get("client")
        return cls(
            request_id=request_id,
            method=scope["method"] if scope["method"] in _METHODS else UNKNOWN,
            path=scope["path"],
            client=None if client is None else str(client[0]),
        )

    def watched(self, send: Send) -> Send:
        """Return what sends the answer and notes what is sent."""
        wanted = JOB_ID_HEADER.lower().encode("ascii")

        async def noting(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                self.status = message["status"]
                named = next((value for name, value in message["headers"] if name.lower() == wanted), None)
                self.job_id = None if named is None else named.decode("latin-1")
            elif message["type"] == "http.response.body":
                self.n_bytes += len(message.get("body", b""))

        return noting

    def end(self, scope: Scope, owner: str | None) -> None:
        """Note that the answer has ended."""
        self.seconds = time.perf_counter() - self._began
        self.owner = owner
        endpoint = scope.get("endpoint")  # the router of a mount, where no route took the path
        if isfunction(endpoint):
            self.route = f"{endpoint.__module__.rpartition('.')[2]}.{endpoint.__name__}"


Watcher = Callable[[Answered], None]
