"""The scheduler's wire: structs, and how they are encoded.

Shared by the client (`lwfast.remote`) and the local scheduler (`lwfast.scheduler`).
"""

from .codec import (
    decode_changes,
    decode_errors,
    decode_job_details,
    decode_job_list,
    decode_page,
    decode_payload,
    decode_qpu,
    decode_qpu_list,
    decode_record,
    decode_records,
    decode_status,
    encode,
    encode_status_bearing,
    payload_from_builtins,
    payload_to_builtins,
)
from .complex_text import matrix_from_text, matrix_to_text
from .details import (
    ArtemisJobDetails,
    ArtemisQPU,
    ErrorAnswer,
    FieldError,
    JobList,
    JobListItem,
    QPUAnswer,
    QPUListItem,
    SampleLimit,
)
from .payload import ArtemisPayload
from .status import Status
from .v1 import (
    API_HEADER,
    API_VERSION,
    IDEMPOTENCY_HEADER,
    JOB_ID_HEADER,
    TOKEN_HEADER,
    Changes,
    JobPage,
    JobRecord,
    JobRecords,
    SchedulerStatus,
)

__all__ = [
    "API_HEADER",
    "API_VERSION",
    "IDEMPOTENCY_HEADER",
    "JOB_ID_HEADER",
    "TOKEN_HEADER",
    "ArtemisJobDetails",
    "ArtemisPayload",
    "ArtemisQPU",
    "Changes",
    "ErrorAnswer",
    "FieldError",
    "JobList",
    "JobListItem",
    "JobPage",
    "JobRecord",
    "JobRecords",
    "QPUAnswer",
    "QPUListItem",
    "SampleLimit",
    "SchedulerStatus",
    "Status",
    "decode_changes",
    "decode_errors",
    "decode_job_details",
    "decode_job_list",
    "decode_page",
    "decode_payload",
    "decode_qpu",
    "decode_qpu_list",
    "decode_record",
    "decode_records",
    "decode_status",
    "encode",
    "encode_status_bearing",
    "matrix_from_text",
    "matrix_to_text",
    "payload_from_builtins",
    "payload_to_builtins",
]
