"""The ASGI application over a scheduler: routes, and the guard around them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.web import dashboard, identity, reference_api, v1_api
from lwfast.scheduler.web.connections import BodyRoom, Load
from lwfast.scheduler.web.guard import Guard, answer_http_error, answer_request_error
from lwfast.scheduler.web.pages import page_routes
from lwfast.scheduler.web.pages.page_html import load_templates
from lwfast.scheduler.web.pages.stored_results import StoredResults


def create_app(
    scheduler: Scheduler, token: str, load: Load | None = None, identity_key: str | None = None
) -> Starlette:
    """Make the application; whoever serves it starts and stops the scheduler.

    Args:
        scheduler: Answers what the routes ask.
        token: What requests have to show.
        load: How many connections there are; None where nobody counts them.
        identity_key: What challenges are answered with; None where the scheduler has not announced itself.
    """
    load_templates()
    v1 = [Mount("/pages", routes=page_routes.ROUTES), *v1_api.ROUTES]
    api = [Mount("/v1", routes=v1), *reference_api.ROUTES]
    app = Starlette(
        routes=[Mount("/api", routes=api), *identity.ROUTES, *dashboard.ROUTES],
        middleware=[Middleware(Guard, token=token, hosts=[scheduler.settings.host], load=load)],
        exception_handlers={RequestError: answer_request_error, HTTPException: answer_http_error},
    )
    app.state.scheduler = scheduler
    app.state.bodies = BodyRoom()
    app.state.identity_key = identity_key
    app.state.results = StoredResults(scheduler)
    return app
