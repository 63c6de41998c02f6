from lwfast.wire.codec import UNREADABLE as UNREADABLE
from lwfast.wire.codec import decode_changes as decode_changes
from lwfast.wire.codec import decode_errors as decode_errors
from lwfast.wire.codec import decode_job_details as decode_job_details
from lwfast.wire.codec import decode_job_list as decode_job_list
from lwfast.wire.codec import decode_page as decode_page
from lwfast.wire.codec import decode_payload as decode_payload
from lwfast.wire.codec import decode_qpu as decode_qpu
from lwfast.wire.codec import decode_qpu_list as decode_qpu_list
from lwfast.wire.codec import decode_record as decode_record
from lwfast.wire.codec import decode_records as decode_records
from lwfast.wire.codec import decode_status as decode_status
from lwfast.wire.codec import encode as encode
from lwfast.wire.codec import encode_status_bearing as encode_status_bearing
from lwfast.wire.codec import payload_from_builtins as payload_from_builtins
from lwfast.wire.codec import payload_to_builtins as payload_to_builtins
from lwfast.wire.complex_text import matrix_from_text as matrix_from_text
from lwfast.wire.complex_text import matrix_to_text as matrix_to_text
from lwfast.wire.details import ArtemisJobDetails as ArtemisJobDetails
from lwfast.wire.details import ArtemisQPU as ArtemisQPU
from lwfast.wire.details import ErrorAnswer as ErrorAnswer
from lwfast.wire.details import FieldError as FieldError
from lwfast.wire.details import JobList as JobList
from lwfast.wire.details import JobListItem as JobListItem
from lwfast.wire.details import QPUAnswer as QPUAnswer
from lwfast.wire.details import QPUListItem as QPUListItem
from lwfast.wire.details import SampleLimit as SampleLimit
from lwfast.wire.ids import id_order as id_order
from lwfast.wire.ids import plain_id as plain_id
from lwfast.wire.name_search import fits as fits
from lwfast.wire.payload import ArtemisPayload as ArtemisPayload
from lwfast.wire.status import Status as Status
from lwfast.wire.sweep_form import (
    MOST_PARAMETERS as MOST_PARAMETERS,
)
from lwfast.wire.sweep_form import (
    MOST_SETTINGS as MOST_SETTINGS,
)
from lwfast.wire.sweep_form import (
    MOST_STEPS as MOST_STEPS,
)
from lwfast.wire.sweep_form import (
    SWEEP_BYTES as SWEEP_BYTES,
)
from lwfast.wire.sweep_form import (
    SweepBlock as SweepBlock,
)
from lwfast.wire.sweep_form import (
    SweepForm as SweepForm,
)
from lwfast.wire.sweep_form import (
    form_of as form_of,
)
from lwfast.wire.sweep_form import (
    settings_of as settings_of,
)
from lwfast.wire.sweep_form import (
    unitaries_of as unitaries_of,
)
from lwfast.wire.sweep_form import (
    values_of as values_of,
)
from lwfast.wire.v1 import ALL_JOBS as ALL_JOBS
from lwfast.wire.v1 import API_HEADER as API_HEADER
from lwfast.wire.v1 import API_VERSION as API_VERSION
from lwfast.wire.v1 import BATCH_BYTES as BATCH_BYTES
from lwfast.wire.v1 import BATCH_JOBS as BATCH_JOBS
from lwfast.wire.v1 import BATCH_PARTS as BATCH_PARTS
from lwfast.wire.v1 import IDEMPOTENCY_HEADER as IDEMPOTENCY_HEADER
from lwfast.wire.v1 import JOB_ID_HEADER as JOB_ID_HEADER
from lwfast.wire.v1 import QUEUED_BYTES as QUEUED_BYTES
from lwfast.wire.v1 import QUEUED_JOBS as QUEUED_JOBS
from lwfast.wire.v1 import REQUEST_ID_HEADER as REQUEST_ID_HEADER
from lwfast.wire.v1 import TOKEN_HEADER as TOKEN_HEADER
from lwfast.wire.v1 import Changes as Changes
from lwfast.wire.v1 import Health as Health
from lwfast.wire.v1 import JobPage as JobPage
from lwfast.wire.v1 import JobRecord as JobRecord
from lwfast.wire.v1 import JobRecords as JobRecords
from lwfast.wire.v1 import SchedulerStatus as SchedulerStatus
from lwfast.wire.v1 import is_request_id as is_request_id
