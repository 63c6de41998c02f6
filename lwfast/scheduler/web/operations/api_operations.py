"""What each route of the API takes and answers, and what is promised of fields beyond their structs.

The structs are what a client reads, which takes much as it comes. This scheduler promises more: what it sends
of dates, places and notes is refined here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lwfast._base.limits import MAX_INT64
from lwfast.scheduler.job_query import MOST_SEARCH
from lwfast.scheduler.web import reference_api, v1_api
from lwfast.scheduler.web.operations.health import ROUTES as HEALTH_ROUTES
from lwfast.wire import (
    BATCH_JOBS,
    ArtemisJobDetails,
    ArtemisPayload,
    Changes,
    Health,
    JobList,
    JobPage,
    JobRecord,
    JobRecords,
    QPUAnswer,
    QPUListItem,
    SchedulerStatus,
)

Schema = dict[str, Any]

WHOLE: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "format": "date-time"}
_TEXT: Schema = {"type": ["string", "null"]}
ID: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_INT64}
_RECORD: dict[str, Schema] = {
    "jobId": ID,
    "queuePosition": {"type": ["integer", "null"], "minimum": 1},
    "createdDate": _TIME,
    "updatedDate": _TIME,
    "startedDate": {"type": ["string", "null"], "format": "date-time"},
    "finishedDate": {"type": ["string", "null"], "format": "date-time"},
    "notes": _TEXT,
    "owner": _TEXT,
}
_LOG: Schema = {
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
REFINED: dict[str, dict[str, Schema]] = {
    "JobRecord": _RECORD,
    "ArtemisJobDetails": {
        **{name: _RECORD[name] for name in ("jobId", "queuePosition", "createdDate", "updatedDate")},
        "logs": {"type": "array", "items": _LOG},
        "userExecutionNotes": _TEXT,
    },
    "JobListItem": {"id": ID},
    "QPUListItem": {"id": WHOLE},
    "QPUAnswer": {"id": WHOLE, "isAvailable": {"type": "boolean"}, "lastUpdated": _TIME},
    "ArtemisPayload": {
        "job_name": {"type": "string", "maxLength": 1000},
        "n_modes": {"type": "integer", "minimum": 1},
        "n_samples": {"type": "integer", "minimum": 1},
        "min_detection": {"type": ["integer", "null"], "minimum": 1},
    },
}
"""By struct and field: what this scheduler sends and takes, where the struct would let anything pass."""
_RESULT: Schema = {
    "description": "Counts by state, or the columns of a sweep.",
    "type": "object",
    "properties": {
        "results": {"type": "object", "additionalProperties": WHOLE},
        "sweep": {"type": "object"},
        "job_data": {"type": "object"},
    },
    "additionalProperties": False,
    "anyOf": [{"required": ["results"]}, {"required": ["sweep"]}],
}
_BATCH: Schema = {
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
ERRORS = {
    400: "The request breaks rules; all of them are listed.",
    401: "The token is missing, or not known here.",
    403: "This token does not allow it.",
    404: "There is no such thing, it is another owner's, or it is not there yet.",
    408: "The body did not arrive in time.",
    409: "The job is not in a state that allows this.",
    413: "The body is too large, or more than this owner may ever have.",
    421: "The Host header names another machine.",
    422: "The idempotency key was used with another payload.",
    429: "More than this owner may have now; the header Retry-After says when to ask again.",
    503: "Not now, such as while the disk is full; the header Retry-After says when to ask again.",
}
ALWAYS = (401, 421, 503)
_SUBMIT = (400, 408, 413, 422, 429)


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


_IDS: Schema = {"type": "string", "pattern": r"^([0-9]{1,19}(,[0-9]{1,19})*)?$"}
ANY_TEXT: Schema = {"type": "string"}
_FROM_ONE: Schema = {"type": "integer", "minimum": 1}


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
            ("name", ANY_TEXT),
            ("search", {"type": "string", "maxLength": MOST_SEARCH}),
            ("qpu", ANY_TEXT),
            ("owner", ANY_TEXT),
            ("ids", _IDS),
            ("limit", _FROM_ONE),
            ("before", WHOLE),
        ),
    ),
    v1_api.job_record: Operation(answer=JobRecord, errors=(404,)),
    v1_api.job_payload: Operation(answer=ArtemisPayload, errors=(404,)),
    v1_api.changes: Operation(
        answer=Changes,
        errors=(400, 404),
        query=(
            ("after", WHOLE),
            ("ids", _IDS),
            ("timeout", {"type": "number", "minimum": 0}),
            ("results", WHOLE),
        ),
    ),
    v1_api.status: Operation(answer=SchedulerStatus),
    HEALTH_ROUTES[0].endpoint: Operation(answer=Health, is_public=True),
}
"""What is said of each route, by the function that answers."""
