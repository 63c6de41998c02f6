"""The ASGI application over a scheduler: routes, and the guard around them."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.owners import OWNERS_FILE, KnownOwners
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.web import dashboard, identity, reference_api, v1_api
from lwfast.scheduler.web.connections import BodyRoom, Load
from lwfast.scheduler.web.guard import Guard, answer_http_error, answer_request_error
from lwfast.scheduler.web.operations import health, openapi
from lwfast.scheduler.web.operations import metrics as metrics_routes
from lwfast.scheduler.web.operations.answered import Watcher
from lwfast.scheduler.web.pages import page_routes
from lwfast.scheduler.web.pages.page_html import load_templates
from lwfast.scheduler.web.pages.stored_results import StoredResults


def create_app(
    scheduler: Scheduler,
    token: str,
    load: Load | None = None,
    identity_key: str | None = None,
    watchers: Sequence[Watcher] = (),
) -> Starlette:
    """Make the application; whoever serves it starts and stops the scheduler.

    Args:
        scheduler: Answers what the routes ask.
        token: The operator's; owners of the data folder have theirs.
        load: How many connections there are; None where nobody counts them.
        identity_key: What challenges are answered with; None where the scheduler has not announced itself.
        watchers: Called with each request once it was answered.

    Raises:
        ConfigError: The file of owners cannot be used.
    """
    settings = scheduler.settings
    owners = KnownOwners(settings.data_dir / OWNERS_FILE, token)
    metrics = _metrics(scheduler)
    all_watchers = [*watchers, *([] if metrics is None else [metrics.answered])]
    load_templates()
    v1 = [Mount("/pages", routes=page_routes.ROUTES), *v1_api.ROUTES, *health.ROUTES, *openapi.ROUTES]
    api = [Mount("/v1", routes=v1), *reference_api.ROUTES]
    app = Starlette(
        routes=[Mount("/api", routes=api), *identity.ROUTES, *metrics_routes.ROUTES, *dashboard.ROUTES],
        middleware=[
            Middleware(
                Guard, owners=owners, hosts=[settings.host, *settings.names], load=load, watchers=all_watchers
            )
        ],
        exception_handlers={RequestError: answer_request_error, HTTPException: answer_http_error},
    )
    app.state.scheduler = scheduler
    app.state.bodies = BodyRoom()
    app.state.owners = owners
    app.state.metrics = metrics
    app.state.identity_key = identity_key
    app.state.results = StoredResults(scheduler)
    return app


def _metrics(scheduler: Scheduler) -> metrics_routes.Metrics | None:
    """Begin to measure; None where prometheus-client is not installed."""
    if importlib.util.find_spec("prometheus_client") is None:
        return None
    return metrics_routes.Metrics(scheduler)
