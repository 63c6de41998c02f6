"""The form of the API, as OpenAPI 3.1, at `/api/v1/openapi.json`; made of the structs that are on the wire.

The structs are what a client reads, which takes much as it comes. This scheduler promises more: what it sends
of dates, places and notes is refined here, and no answer has further fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast._base.limits import MAX_INT64
from lwfast._version import __version__
from lwfast.scheduler.job_query import MOST_SEARCH
from lwfast.scheduler.web import reference_api, v1_api
from lwfast.scheduler.web.http import json_answer
from lwfast.scheduler.web.operations.health import ROUTES as HEALTH_ROUTES
from lwfast.state import State
from lwfast.wire import (
    BATCH_JOBS,
    IDEMPOTENCY_HEADER,
    JOB_ID_HEADER,
    REQUEST_ID_HEADER,
    TOKEN_HEADER,
    ArtemisJobDetails,
    ArtemisPayload,
    Changes,
    ErrorAnswer,
    Health,
    JobList,
    JobPage,
    JobRecord,
    JobRecords,
    QPUAnswer,
    QPUListItem,
    SchedulerStatus,
    Status,
)

Schema = dict[str, Any]

_WHOLE = {"type": "integer", "minimum": 0}
_TIME = {"type": "string", "format": "date-time"}
_TEXT = {"type": ["string", "null"]}
_ID = {"type": "integer", "minimum": 1, "maximum": MAX_INT64}
_RECORD = {
    "jobId": _ID,
    "queuePosition": {"type": ["integer", "null"], "minimum": 1},
    "createdDate": _TIME,
    "updatedDate": _TIME,
    "startedDate": {"type": ["string", "null"], "format": "date-time"},
    "finishedDate": {"type": ["string", "null"], "format": "date-time"},
    "notes": _TEXT,
    "owner": _TEXT,
}
_LOG = {
    "type": "object",
    "properties": {
        "message": {"type": "string"},
        "createdDate": _TIME,
        "status": {"$ref": "#/components/schemas/Status"},
        "meta": {"type": "object"},
    },
    "required": ["message", "createdDate", "status", "meta"],
    "additionalProperties": False,
}
_REFINED: dict[str, dict[str, Schema]] = {
    "JobRecord": _RECORD,
    "ArtemisJobDetails": {
        **{name: _RECORD[name] for name in ("jobId", "queuePosition", "createdDate", "updatedDate")},
        "logs": {"type": "array", "items": _LOG},
        "userExecutionNotes": _TEXT,
    },
    "JobListItem": {"id": _ID},
    "QPUListItem": {"id": _WHOLE},
    "QPUAnswer": {"id": _WHOLE, "isAvailable": {"type": "boolean"}, "lastUpdated": _TIME},
    "ArtemisPayload": {
        "job_name": {"type": "string", "maxLength": 1000},
        "n_modes": {"type": "integer", "minimum": 1},
        "n_samples": {"type": "integer", "minimum": 1},
        "min_detection": {"type": ["integer", "null"], "minimum": 1},
    },
}
"""By struct and field: what this scheduler sends and takes, where the struct would let anything pass."""
_RESULT = {
    "description": "Counts by state, or the columns of a sweep.",
    "type": "object",
    "properties": {
        "results": {"type": "object", "additionalProperties": _WHOLE},
        "sweep": {"type": "object"},
        "job_data": {"type": "object"},
    },
    "additionalProperties": False,
    "anyOf": [{"required": ["results"]}, {"required": ["sweep"]}],
}
_BATCH = {
    "type": "object",
    "properties": {
        "jobs": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/ArtemisPayload"},
            "minItems": 1,
            "maxItems": BATCH_JOBS,
        }
    },
    "required": ["jobs"],
    "additionalProperties": False,
}
EXAMPLE = {
    "qpu": "Artemis",
    "job_name": "Hong-Ou-Mandel",
    "lightworks_version": "2.3.5",
    "n_modes": 2,
    "input": [1, 1],
    "n_samples": 100,
    "min_detection": 1,
    "direct_implementation": False,
    "unitary": [
        ["(0.7071067811865476+0j)", "0.7071067811865476j"],
        ["0.7071067811865476j", "(0.7071067811865476+0j)"],
    ],
}
"""A job that the built-in QPU takes."""
_ERRORS = {
    400: "The request breaks rules; all of them are listed.",
    401: "The token is missing, or not known here.",
    403: "More than this owner may ever have.",
    404: "There is no such thing, it is another owner's, or it is not there yet.",
    408: "The body did not arrive in time.",
    409: "The job is not in a state that allows this.",
    413: "The body is too large.",
    421: "The Host header names another machine.",
    422: "The idempotency key was used with another payload.",
    429: "More than this owner may have now; the header Retry-After says when to ask again.",
    503: "Not now, such as while the disk is full; the header Retry-After says when to ask again.",
}
_ALWAYS = (401, 421, 503)
_SUBMIT = (400, 403, 408, 413, 422, 429)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What one route takes and answers.

    Attributes:
        answer: Struct, schema or list of structs of a good answer; None for one without a body.
        status: Of a good answer.
        errors: Statuses of other answers, besides those that every route has.
        query: Schemas of the query's fields by name.
        body: Schema of the body; None where none is read.
        example: A body that is taken.
        names_job: Whether a header of the answer names the job.
        is_public: Whether it asks for no token.
    """

    answer: Any = None
    status: int = 200
    errors: tuple[int, ...] = ()
    query: tuple[tuple[str, Schema], ...] = ()
    body: Any = None
    example: Any = None
    names_job: bool = False
    is_public: bool = False


def _statuses(name: str) -> tuple[str, Schema]:
    return name, {"type": "array", "items": {"$ref": "#/components/schemas/Status"}}


_IDS = {"type": "string", "pattern": r"^([0-9]{1,19}(,[0-9]{1,19})*)?$"}
_ANY_TEXT = {"type": "string"}
_FROM_ONE = {"type": "integer", "minimum": 1}


async def openapi(_: Request) -> Response:
    """`GET v1/openapi.json`: this."""
    return json_answer(document())


OPERATIONS: dict[Callable[..., Any], Operation] = {
    reference_api.submit: Operation(
        status=202, names_job=True, body=ArtemisPayload, example=EXAMPLE, errors=_SUBMIT
    ),
    reference_api.job_list: Operation(
        answer=JobList, errors=(400,), query=(("pageSize", _FROM_ONE), _statuses("statuses"))
    ),
    reference_api.job_details: Operation(answer=ArtemisJobDetails, errors=(404,)),
    reference_api.cancel: Operation(status=204, errors=(404, 409)),
    reference_api.results: Operation(answer=_RESULT, errors=(400, 404)),
    reference_api.qpu_list: Operation(answer=list[QPUListItem]),
    reference_api.qpu_details: Operation(answer=QPUAnswer, errors=(404,)),
    v1_api.submit: Operation(
        answer=JobRecord, status=202, names_job=True, body=ArtemisPayload, example=EXAMPLE, errors=_SUBMIT
    ),
    v1_api.submit_many: Operation(
        answer=JobRecords, status=202, body=_BATCH, example={"jobs": [EXAMPLE]}, errors=_SUBMIT
    ),
    v1_api.job_page: Operation(
        answer=JobPage,
        errors=(400,),
        query=(
            _statuses("status"),
            ("name", _ANY_TEXT),
            ("search", {"type": "string", "maxLength": MOST_SEARCH}),
            ("qpu", _ANY_TEXT),
            ("owner", _ANY_TEXT),
            ("ids", _IDS),
            ("limit", _FROM_ONE),
            ("before", _WHOLE),
        ),
    ),
    v1_api.job_record: Operation(answer=JobRecord, errors=(404,)),
    v1_api.job_payload: Operation(answer=ArtemisPayload, errors=(404,)),
    v1_api.changes: Operation(
        answer=Changes,
        errors=(400, 404),
        query=(
            ("after", _WHOLE),
            ("ids", _IDS),
            ("timeout", {"type": "number", "minimum": 0}),
            ("results", _WHOLE),
        ),
    ),
    v1_api.status: Operation(answer=SchedulerStatus),
    HEALTH_ROUTES[0].endpoint: Operation(answer=Health, is_public=True),
    openapi: Operation(answer={"type": "object"}),
}
"""What is said of each route, by the function that answers."""

ROUTES = [Route("/openapi.json", openapi, methods=["GET"])]


def described_routes() -> list[tuple[str, Route]]:
    """Return every route of the document, with its path below `/api`; pages of the dashboard are none."""
    v1 = [*v1_api.ROUTES, *HEALTH_ROUTES, *ROUTES]
    return [(route.path, route) for route in reference_api.ROUTES] + [
        (f"/v1{route.path}", route) for route in v1
    ]


@cache
def document() -> bytes:
    """Return the document as JSON."""
    structs = [
        kind
        for operation in OPERATIONS.values()
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
            operation = OPERATIONS[route.endpoint]
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
    raise NotImplementedError(f"{kind} has no form in the document.")


def _refine(name: str, schema: Schema) -> None:
    schema.pop("description", None)  # attributes of Python, by names that the wire does not have
    if name == "Status":
        schema["enum"] = [status.wire_name for status in Status if status is not Status.UNKNOWN]
        return
    schema["additionalProperties"] = False
    for field, refined in _REFINED.get(name, {}).items():
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
        {"name": name, "in": "path", "required": True, "schema": _ID if name == "job_id" else _ANY_TEXT}
        for name in ("job_id", "qpu_id")
        if f"{{{name}}}" in path
    ]
    found += [{"name": name, "in": "query", "schema": schema} for name, schema in operation.query]
    if operation.status == 202:
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append({"name": IDEMPOTENCY_HEADER, "in": "header", "schema": key})
    return found


def _responses(operation: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    headers: dict[str, Any] = {REQUEST_ID_HEADER: {"required": True, "schema": _ANY_TEXT}}
    good: dict[str, Any] = {"description": "It was done.", "headers": dict(headers)}
    if operation.names_job:
        good["headers"][JOB_ID_HEADER] = {"required": True, "schema": _ID}
    if operation.answer is not None:
        good["content"] = {"application/json": {"schema": _schema_of(operation.answer, schemas)}}
    said: dict[str, Any] = {str(operation.status): good}
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
    for status in sorted({*operation.errors, *_ALWAYS}):
        if status == 401 and operation.is_public:
            continue
        content = body
        if status == 503 and operation.answer is Health:
            alone = _schema_of(Health, schemas)
            content = {"application/json": {"schema": {"anyOf": [alone, body["application/json"]["schema"]]}}}
        said[str(status)] = {"description": _ERRORS[status], "headers": headers, "content": content}
    return said


def _schema_of(kind: Any, schemas: dict[str, Schema]) -> Schema:
    return kind if isinstance(kind, dict) else schemas[str(kind)]
