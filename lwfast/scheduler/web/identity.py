"""Proving to the user's own commands that this is the scheduler which announced itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast.scheduler.faults import NotFoundError, RequestError
from lwfast.scheduler.web.http import json_answer
from lwfast.wire import encode
from lwfast.wire.announcement import CHALLENGE_DIGITS, IDENTITY_PATH, Identity, is_challenge, proof_of


async def identity(request: Request) -> Response:
    """`GET /identity?challenge=`: what only the scheduler that wrote its announcement can say."""
    key: str | None = request.app.state.identity_key
    if key is None:
        raise NotFoundError.of("identity", "this scheduler has not announced itself")
    challenge = request.query_params.get("challenge", "")
    if not is_challenge(challenge):
        raise RequestError.of("challenge", f"should be {CHALLENGE_DIGITS} hexadecimal digits")
    return json_answer(encode(Identity(proof=proof_of(key, challenge))))


ROUTES = [Route(IDENTITY_PATH, identity, methods=["GET"])]
