from lwfast.errors import (
    AmbiguousSubmissionError as AmbiguousSubmissionError,
)
from lwfast.errors import (
    AnswerTooLargeError as AnswerTooLargeError,
)
from lwfast.errors import (
    AuthenticationError as AuthenticationError,
)
from lwfast.errors import (
    BatchSubmissionError as BatchSubmissionError,
)
from lwfast.errors import (
    ConfigurationError as ConfigurationError,
)
from lwfast.errors import (
    ConnectionFailedError as ConnectionFailedError,
)
from lwfast.errors import (
    HTTPError as HTTPError,
)
from lwfast.errors import (
    JobError as JobError,
)
from lwfast.errors import (
    JobFileError as JobFileError,
)
from lwfast.errors import (
    JobNotFoundError as JobNotFoundError,
)
from lwfast.errors import (
    JobSubmissionError as JobSubmissionError,
)
from lwfast.errors import (
    LightworksRemoteError as LightworksRemoteError,
)
from lwfast.errors import (
    QPUOfflineError as QPUOfflineError,
)
from lwfast.errors import (
    QuotaExceededError as QuotaExceededError,
)
from lwfast.errors import (
    ResultsError as ResultsError,
)
from lwfast.errors import (
    SubmissionInterrupted as SubmissionInterrupted,
)
from lwfast.errors import (
    TokenError as TokenError,
)
from lwfast.errors import (
    ValidationError as ValidationError,
)
from lwfast.errors import (
    WaitTimeoutError as WaitTimeoutError,
)
from lwfast.remote.client import (
    Client as Client,
)
from lwfast.remote.configuration.tokens import (
    token as token,
)
from lwfast.remote.functions import (
    cancel_job as cancel_job,
)
from lwfast.remote.functions import (
    check_job_complete as check_job_complete,
)
from lwfast.remote.functions import (
    get_global_require_online as get_global_require_online,
)
from lwfast.remote.functions import (
    get_job_details as get_job_details,
)
from lwfast.remote.functions import (
    get_job_status as get_job_status,
)
from lwfast.remote.functions import (
    get_qpu_details as get_qpu_details,
)
from lwfast.remote.functions import (
    get_results as get_results,
)
from lwfast.remote.functions import (
    install_certificate as install_certificate,
)
from lwfast.remote.functions import (
    job as job,
)
from lwfast.remote.functions import (
    jobs as jobs,
)
from lwfast.remote.functions import (
    list_all_jobs as list_all_jobs,
)
from lwfast.remote.functions import (
    list_qpus as list_qpus,
)
from lwfast.remote.functions import (
    list_scheduled_jobs as list_scheduled_jobs,
)
from lwfast.remote.functions import (
    load_job_from_file as load_job_from_file,
)
from lwfast.remote.functions import (
    pending as pending,
)
from lwfast.remote.functions import (
    set_api_url as set_api_url,
)
from lwfast.remote.functions import (
    set_global_require_online as set_global_require_online,
)
from lwfast.remote.functions import (
    show_scheduled as show_scheduled,
)
from lwfast.remote.job_path.job_and_batch import (
    BatchJob as BatchJob,
)
from lwfast.remote.job_path.job_and_batch import (
    Job as Job,
)
from lwfast.remote.job_path.job_files import (
    saved_job_exists as saved_job_exists,
)
from lwfast.remote.job_path.resuming import (
    PendingSubmission as PendingSubmission,
)
from lwfast.remote.job_path.waiting import (
    as_completed as as_completed,
)
from lwfast.remote.job_path.waiting import (
    wait as wait,
)
from lwfast.remote.local import (
    LocalScheduler as LocalScheduler,
)
from lwfast.remote.local import (
    local_scheduler as local_scheduler,
)
from lwfast.remote.qpu import (
    QPU as QPU,
)
from lwfast.results import (
    QPUSamplingResult as QPUSamplingResult,
)
from lwfast.wire import (
    ArtemisJobDetails as ArtemisJobDetails,
)
from lwfast.wire import (
    ArtemisPayload as ArtemisPayload,
)
from lwfast.wire import (
    ArtemisQPU as ArtemisQPU,
)
from lwfast.wire import (
    JobRecord as JobRecord,
)
from lwfast.wire import (
    Status as Status,
)
