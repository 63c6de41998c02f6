"""The form of the API, as OpenAPI 3.1, at `/api/v1/openapi.json`; made of the structs on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast._version import __version__
from lwfast.scheduler.web import reference_api, v1_api
from lwfast.scheduler.web.http import json_answer
from lwfast.scheduler.web.operations.api_operations import (
    ALWAYS,
    ANY_TEXT,
    ERRORS,
    ID,
    OPERATIONS,
    REFINED,
    Operation,
    Schema,
)
from lwfast.scheduler.web.operations.health import ROUTES as HEALTH_ROUTES
from lwfast.state import State
from lwfast.wire import (
    IDEMPOTENCY_HEADER,
    JOB_ID_HEADER,
    REQUEST_ID_HEADER,
    TOKEN_HEADER,
    ErrorAnswer,
    Health,
    Status,
)


async def openapi(_: Request) -> Response:
    """`GET v1/openapi.json`: this."""
    return json_answer(document())


DESCRIBED = {**OPERATIONS, openapi: Operation(answer={"type": "object"})}
"""What is said of each route, this one included."""

ROUTES = [Route("/openapi.json", openapi, methods=["GET"])]


def described_routes() -> list[tuple[str, Route]]:
    """Return every route of the document, with its path below `/api`; pages of the dashboard are left out."""
    v1 = [*v1_api.ROUTES, *HEALTH_ROUTES, *ROUTES]
    return [(route.path, route) for route in reference_api.ROUTES] + [
        (f"/v1{route.path}", route) for route in v1
    ]


@cache
def document() -> bytes:
    """Return the document as JSON."""
    structs = [
        kind
        for operation in DESCRIBED.values()
        for kind in (operation.answer, operation.body)
        if kind is not None and not isinstance(kind, dict)
    ]
    given, components = msgspec.json.schema_components(
        [*structs, ErrorAnswer], schema_hook=_special, ref_template="#/components/schemas/{name}"
    )
    for name, schema in components.items():
        _refine(name, schema)
    schemas = dict(zip(map(str, structs), given, strict=False))
    paths: dict[str, Any] = {}
    for path, route in described_routes():
        for method in sorted((route.methods or set()) - {"HEAD"}):
            operation = DESCRIBED[route.endpoint]
            paths.setdefault(path, {})[method.lower()] = _described(path, method, route, operation, schemas)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "lwfast scheduler", "version": __version__, "license": {"name": "Apache-2.0"}},
            "servers": [{"url": "/api"}],
            "security": [{"token": []}, {"bearer": []}],
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "token": {"type": "apiKey", "in": "header", "name": TOKEN_HEADER},
                    "bearer": {"type": "http", "scheme": "bearer"},
                },
            },
        }
    )


def _special(kind: type) -> Schema:
    """Say how states and matrices look on the wire."""
    if kind is State:
        return {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1}}
    if kind is np.ndarray or getattr(kind, "__origin__", None) is np.ndarray:
        return {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}
    # Of this very kind, for msgspec: it then says which struct has the field.
    raise NotImplementedError(f"{kind} has no form in the document.")


def _refine(name: str, schema: Schema) -> None:
    schema.pop("description", None)  # attributes of Python, by names that the wire does not have
    if name == "Status":
        schema["enum"] = [status.wire_name for status in Status if status is not Status.UNKNOWN]
        return
    schema["additionalProperties"] = False
    for field, refined in REFINED.get(name, {}).items():
        schema["properties"][field] = refined


def _described(
    path: str, method: str, route: Route, operation: Operation, schemas: dict[str, Schema]
) -> dict[str, Any]:
    module = route.endpoint.__module__.rpartition(".")[2]
    kind = "v1" if path.startswith("/v1") else "reference"
    said = (route.endpoint.__doc__ or "").partition("\n")[0].partition(": ")[2]
    found: dict[str, Any] = {
        "operationId": f"{method.lower()}_{path.strip('/').translate(_NO_SIGNS)}",
        "tags": [kind],
        "summary": f"{module}.{route.endpoint.__name__}" if not said else said[0].upper() + said[1:],
        "parameters": list(_parameters(path, operation)),
        "responses": _responses(operation, schemas),
    }
    if operation.is_public:
        found["security"] = []
    if operation.body is not None:
        content: dict[str, Any] = {"schema": _schema_of(operation.body, schemas)}
        if operation.example is not None:
            content["examples"] = {"job": {"value": operation.example}}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    return found


_NO_SIGNS = str.maketrans({"/": "_", "{": None, "}": None, ".": "_"})


def _parameters(path: str, operation: Operation) -> Sequence[Schema]:
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": ID if name == "job_id" else ANY_TEXT}
        for name in ("job_id", "qpu_id")
        if f"{{{name}}}" in path
    ]
    found += [{"name": name, "in": "query", "schema": schema} for name, schema in operation.query]
    if operation.status == 202:
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append({"name": IDEMPOTENCY_HEADER, "in": "header", "schema": key})
    return found


def _responses(operation: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    headers: dict[str, Any] = {REQUEST_ID_HEADER: {"required": True, "schema": ANY_TEXT}}
    good: dict[str, Any] = {"description": "It was done.", "headers": dict(headers)}
    if operation.names_job:
        good["headers"][JOB_ID_HEADER] = {"required": True, "schema": ID}
    if operation.answer is not None:
        good["content"] = {"application/json": {"schema": _schema_of(operation.answer, schemas)}}
    said: dict[str, Any] = {str(operation.status): good}
    error: Schema = {"$ref": "#/components/schemas/ErrorAnswer"}
    for status in sorted({*operation.errors, *ALWAYS}):
        if status == 401 and operation.is_public:
            continue
        is_either = status == 503 and operation.answer is Health
        schema = {"anyOf": [_schema_of(Health, schemas), error]} if is_either else error
        content = {"application/json": {"schema": schema}}
        said[str(status)] = {"description": ERRORS[status], "headers": headers, "content": content}
    return said


def _schema_of(kind: Any, schemas: dict[str, Schema]) -> Schema:
    return kind if isinstance(kind, dict) else schemas[str(kind)]
