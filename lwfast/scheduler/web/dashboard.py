"""The dashboard: one static page; its script asks the API, with the user's token."""

from __future__ import annotations

from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast.scheduler.faults import NotFoundError

FILES = {
    "index.html": "text/html",
    "dashboard.css": "text/css",
    "dashboard.js": "text/javascript",
    "api.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@cache
def _file(name: str) -> bytes:
    return resources.files("lwfast.scheduler.web").joinpath("static", name).read_bytes()


async def page(_: Request) -> Response:
    """`GET /`."""
    return Response(_file("index.html"), media_type=FILES["index.html"])


async def asset(request: Request) -> Response:
    """`GET /static/{name}`."""
    name = request.path_params["name"]
    if name not in FILES:
        raise NotFoundError.of("file", f"there is no file {name[:40]!r}")
    return Response(_file(name), media_type=FILES[name])


ROUTES = [Route("/", page, methods=["GET"]), Route("/static/{name}", asset, methods=["GET"])]
