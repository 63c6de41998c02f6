"""Whether jobs can be run, for load balancers and service managers; asked without a token."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast.scheduler.web.http import json_answer, scheduler_of
from lwfast.wire import Health, encode

HEALTH_PATH = "/api/v1/health"


async def health(request: Request) -> Response:
    """`GET v1/health`: 200 while jobs can be run or workers get ready, else 503.

    It says no more than that, since whoever can connect may ask.
    """
    scheduler = scheduler_of(request)
    if scheduler.trouble is not None or scheduler.closing:
        return json_answer(encode(Health(status="trouble")), 503)
    return json_answer(encode(Health(status="ok" if scheduler.pool.ready else "starting")))


ROUTES = [Route("/health", health, methods=["GET"])]
