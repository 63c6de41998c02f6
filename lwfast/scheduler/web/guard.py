"""The outermost layer: checks every request before anything reads it, and shapes every answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.faults import RequestError, is_scarce
from lwfast.scheduler.owners import KnownOwners, Owner
from lwfast.scheduler.web.connections import Load
from lwfast.scheduler.web.http import error_answer
from lwfast.scheduler.web.operations.answered import Answered, Watcher
from lwfast.scheduler.web.operations.health import HEALTH_PATH
from lwfast.scheduler.web.operations.request_ids import take_request_id
from lwfast.scheduler.web.security import HostNames, token_of
from lwfast.scheduler.web.visible_jobs import OWNER_KEY
from lwfast.wire import API_HEADER, API_VERSION, REQUEST_ID_HEADER, TOKEN_HEADER, FieldError
from lwfast.wire.announcement import IDENTITY_PATH

log = log_of(__name__)

HEADERS = {
    API_HEADER: API_VERSION,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
NEVER_STORE = "no-store"
PUBLIC = ("/static/", "/jobs/", "/qpus")
"""Addresses of the one static page, which is the same for everybody, and of what belongs to it."""
UNREAD = (401, 408, 413, 421, 503)
"""Answers that may be given before the body was read; the connection ends with them."""
PUBLIC_PATHS = frozenset({"/", IDENTITY_PATH, HEALTH_PATH})


class Guard:
    """Check host and token, add headers, turn what goes wrong inside into JSON.

    Args:
        app: The application that answers what is let through.
        owners: Whose tokens requests have to show, but for the static page and the answer to a challenge.
        hosts: Names to answer under, besides the usual ones.
        load: How many connections there are; None where nobody counts them.
        watchers: Called with each request once it was answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        owners: KnownOwners,
        hosts: Iterable[str],
        load: Load | None = None,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        self._watchers = watchers
        self._load = load
        self._app = app
        self._owners = owners
        self._hosts = HostNames(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; pass everything else on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = take_request_id(scope)
        if not self._watchers:
            await self._answer(scope, receive, send, request_id)
            return
        facts = Answered.begun(scope, request_id)
        try:
            await self._answer(scope, receive, facts.watched(send), request_id)
        finally:
            owner: Owner | None = scope.get(OWNER_KEY)
            facts.end(scope, None if owner is None else owner.name)
            for watcher in self._watchers:
                watcher(facts)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started = False
        is_public = scope["path"] in PUBLIC_PATHS or scope["path"].startswith(PUBLIC)

        async def shaped(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers[REQUEST_ID_HEADER] = request_id
                headers.setdefault("Cache-Control", "no-cache" if is_public else NEVER_STORE)
                if message["status"] in UNREAD or (self._load is not None and self._load.is_high):
                    headers["Connection"] = "close"
            await send(message)

        owner = None if is_public else self._owners.of(token_of(Headers(scope=scope)))
        scope[OWNER_KEY] = owner
        refusal = self._refusal(Headers(scope=scope), is_let_in=is_public or owner is not None)
        try:
            await (refusal or self._app)(scope, receive, shaped)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:
            if isinstance(error, OSError) and is_scarce(error) and not started:
                reason = f"cannot answer now: {error.strerror}; try again later"
                answer = error_answer(503, [FieldError(name="server", reason=reason)])
                await answer(scope, receive, shaped)
                return
            # The access log says which request; the answer says nothing of the inside.
            log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            answer = error_answer(
                500, [FieldError(name="server", reason="internal error; see the server's log")]
            )
            await answer(scope, receive, shaped)

    def _refusal(self, headers: Headers, *, is_let_in: bool) -> Response | None:
        full = None if self._load is None else self._load.refusal()
        if full is not None:
            return error_answer(503, [FieldError(name="connections", reason=full)])
        host = headers.get("host")
        if not self._hosts.allows(host):
            reason = (
                f"{(host or 'nothing')[:60]!r} is not a name of this scheduler; use localhost or an address"
            )
            return error_answer(421, [FieldError(name="Host", reason=reason)])
        if not is_let_in:
            reason = "is missing, or no token that this scheduler knows"
            return error_answer(401, [FieldError(name=TOKEN_HEADER, reason=reason)])
        return None


async def answer_request_error(_: Request, error: Exception) -> Response:
    """Answer with what a request did wrong."""
    assert isinstance(error, RequestError)  # noqa: S101  (Starlette looks the handler up by type)
    return error_answer(error.status_code, error.errors)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Answer Starlette's own 404 and 405 in our format."""
    assert isinstance(error, HTTPException)  # noqa: S101  (as above)
    answer = error_answer(error.status_code, [FieldError(name=request.url.path[:200], reason=error.detail)])
    answer.headers.update(error.headers or {})
    if error.status_code == 405:  # Starlette names the methods of the first route with this path only
        answer.headers["Allow"] = ", ".join(sorted(_methods(request.app.routes, request.scope)))
    return answer


def _methods(routes: Iterable[BaseRoute], scope: Scope) -> set[str]:
    """Return the methods of the first route that takes the path of a request, and of others like it."""
    found: set[str] = set()
    path: str | None = None
    for route in routes:
        match, below = route.matches({**scope, "root_path": scope.get("app_root_path", "")})
        if match is Match.NONE:
            continue
        if isinstance(route, Mount):
            return _methods(route.routes, {**scope, **below, "app_root_path": below["root_path"]})
        if isinstance(route, Route) and route.path == (path or route.path):
            path = route.path
            found |= route.methods or set()
    return found
