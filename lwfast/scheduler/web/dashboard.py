"""The dashboard's frame: one static page for all addresses; its script fetches what stands in it."""

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
    "charts.css": "text/css",
    "following.js": "text/javascript",
    "widgets.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@cache
def _file(name: str) -> bytes:
    return resources.files("lwfast.scheduler.web").joinpath("static", name).read_bytes()


async def frame(_: Request) -> Response:
    """`GET /`, and the addresses of jobs and QPUs: which of them it is, the script sees."""
    return Response(_file("index.html"), media_type=FILES["index.html"])


async def asset(request: Request) -> Response:
    """`GET /static/{name}`."""
    name = request.path_params["name"]
    if name not in FILES:
        raise NotFoundError.of("file", f"there is no file {name[:40]!r}")
    return Response(_file(name), media_type=FILES[name])


ROUTES = [
    Route("/", frame, methods=["GET"]),
    Route("/jobs/{job_id}", frame, methods=["GET"]),
    Route("/qpus", frame, methods=["GET"]),
    Route("/qpus/{qpu_id}", frame, methods=["GET"]),
    Route("/static/{name}", asset, methods=["GET"]),
]
