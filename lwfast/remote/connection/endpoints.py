"""The scheduler's calls: every URL stands here, bytes come in and structs go out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from lwfast import wire
from lwfast.errors import JobNotFoundError, JobSubmissionError
from lwfast.remote.connection import size_limits as caps
from lwfast.remote.connection.body import OnBytes
from lwfast.remote.connection.causes import complaints, is_web_page, over_quota, wrong_address
from lwfast.remote.connection.retry import IDEMPOTENT, KEYED, ONCE, RetryPolicy
from lwfast.remote.connection.transport import (
    SHOWN_BYTES,
    SHOWN_CHARACTERS,
    Answer,
    Transport,
    UnreadableAnswerError,
    named_job,
)
from lwfast.remote.tracked import check_job_id

T = TypeVar("T")
Decoder = Callable[["bytes | bytearray"], T]


SMALL_RESULT_BYTES = 4096
"""Results up to this size come with the news that a job is complete; larger ones are fetched when wanted."""


class Endpoints:
    """The calls that one scheduler takes."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def offers_v1(self) -> bool:
        """Say whether the scheduler offers lwfast's API; if nothing was asked yet, ask something harmless."""
        if self.transport.speaks_v1 is None:
            self.qpus()
        return bool(self.transport.speaks_v1)

    # --- QPUs ---------------------------------------------------------------------------------------

    def qpus(self) -> list[wire.QPUListItem]:
        """Ask for all QPUs."""
        return self._get("qpus", caps.QPUS, wire.decode_qpu_list, "listing the QPUs")

    def qpu(self, qpu_id: int | str) -> wire.ArtemisQPU | None:
        """Ask for one QPU; None if the scheduler has no QPU with this id."""
        doing = "asking for a QPU"
        path = f"Qpus/{quote(str(qpu_id), safe='')}"
        read = self._reader(wire.decode_qpu, doing)
        answer = self.transport.request("GET", path, cap=caps.QPUS, read=read)
        if answer.status_code == 404:
            return None
        found: wire.QPUAnswer = self._value(answer, doing)
        return found.to_qpu()

    # --- jobs, on the reference wire ----------------------------------------------------------------

    def submit(self, body: bytes) -> int | str:
        """Send a payload, once, and return the job's id."""
        answer = self.transport.request("POST", "jobs", cap=caps.SUBMIT, body=body, retry=ONCE)
        self._check_accepted(answer)
        named = named_job(answer.headers)
        if named is None:
            given = answer.headers.get(wire.JOB_ID_HEADER, "").strip()
            what = f"with the id {given[:SHOWN_CHARACTERS]!r}, an invalid one" if given else "without an id"
            raise self.transport.unexpected(answer, f"submitting: the job was accepted {what}")
        return wire.plain_id(named)

    def details(
        self, job_id: Any, *, retry: RetryPolicy = IDEMPOTENT, deadline: float | None = None
    ) -> wire.ArtemisJobDetails:
        """Ask for the details of a job; a queue position is only kept while the job is scheduled."""
        path = f"jobs/{check_job_id(job_id)}"
        how = {"retry": retry, "deadline": deadline}
        details = self._get(path, caps.JOB, wire.decode_job_details, "asking for a job", job_id, **how)
        if details.job_status is not wire.Status.SCHEDULED and details.queue_position is not None:
            details = msgspec.structs.replace(details, queue_position=None)
        return details

    def cancel(self, job_id: Any) -> Answer:
        """Ask to cancel a job, once; the caller reads the answer."""
        return self.transport.request(
            "PUT", f"jobs/{check_job_id(job_id)}/cancel", cap=caps.CANCEL, retry=ONCE
        )

    def results(self, job_id: Any, decode: Callable[[bytes], Any], progress: OnBytes | None = None) -> Answer:
        """Ask for the results of a job; the caller looks at the status of the answer, whose value they are.

        Args:
            job_id: Id of the job, at this scheduler.
            decode: Reads a body, or raises a ResultFormatError: then it is asked for again.
            progress: Called with the bytes that came, and how many there will be.

        Raises:
            AnswerTooLargeError: There is not the memory to read them.
            ResultFormatError: They cannot be read, however often they are asked for.
        """

        def read(answer: Answer) -> Any:
            return decode(bytes(answer.body)) if answer.status_code == 200 else None

        path = f"jobs/{check_job_id(job_id)}/results"
        return self.transport.request("GET", path, cap=caps.result_cap(), progress=progress, read=read)

    def job_ids(self, statuses: Iterable[wire.Status] = ()) -> list[int | str]:
        """Ask for the ids of all jobs, or of those in some statuses, in no order."""
        params: list[tuple[str, str | int]] = [("pageSize", wire.ALL_JOBS)]
        params += [("statuses", status.wire_name) for status in statuses]
        found = self._get("jobs", caps.JOBS, wire.decode_job_list, "listing jobs", params=params)
        return [wire.plain_id(item.id) for item in found.items]

    # --- what lwfast's own scheduler adds -----------------------------------------------------------

    def submit_keyed(self, body: bytes, key: str) -> wire.JobRecord:
        """Send a payload, as often as it takes: the key lets it become one job."""
        return self._post_keyed("v1/jobs", caps.SUBMIT, body, key, wire.decode_record, "submitting")

    def submit_batch_keyed(self, bodies: Sequence[bytes], key: str) -> list[wire.JobRecord]:
        """Send several payloads, of which all are accepted or none; as often as it takes."""

        def records(answer: bytes | bytearray) -> list[wire.JobRecord]:
            found = wire.decode_records(answer).jobs
            if len(found) != len(bodies):
                raise ValueError(f"{len(bodies)} jobs were sent, {len(found)} came back.")
            return found

        body = b'{"jobs":[' + b",".join(bodies) + b"]}"
        return self._post_keyed("v1/jobs/batch", caps.BATCH, body, key, records, "submitting a batch")

    def record(self, job_id: Any) -> wire.JobRecord:
        """Ask for a job's line, which has its name, QPU and samples."""
        path = f"v1/jobs/{check_job_id(job_id)}"
        return self._get(path, caps.JOB, wire.decode_record, "asking for a job", job_id)

    def payload(self, job_id: Any) -> wire.ArtemisPayload:
        """Ask for a job's payload, as it was stored."""
        path = f"v1/jobs/{check_job_id(job_id)}/payload"
        return self._get(path, caps.PAYLOAD, wire.decode_payload, "asking for a payload", job_id)

    def page(
        self,
        *,
        statuses: Iterable[wire.Status] = (),
        name: str | None = None,
        search: str | None = None,
        qpu: str | None = None,
        owner: str | None = None,
        limit: int,
        before: int | None = None,
    ) -> wire.JobPage:
        """Ask for a page of jobs, newest first; for `search` see `lwfast.wire.name_search`."""
        params: list[tuple[str, str | int]] = [("status", status.wire_name) for status in statuses]
        asked = {"name": name, "search": search, "qpu": qpu, "owner": owner}
        params += [(key, value) for key, value in asked.items() if value is not None]
        params.append(("limit", limit))
        if before is not None:
            params.append(("before", before))
        return self._get("v1/jobs", caps.PAGE, wire.decode_page, "listing jobs", params=params)

    def changes(
        self,
        ids: Sequence[Any],
        *,
        after: int = 0,
        timeout: float = 0.0,
        retry: RetryPolicy = IDEMPOTENT,
        deadline: float | None = None,
    ) -> wire.Changes:
        """Ask for the records of some jobs, once one changed after `after`, or after `timeout` seconds.

        Small results come with the records of completed jobs.
        """
        params: dict[str, Any] = {"after": after, "ids": ",".join(check_job_id(item) for item in ids)}
        params |= {"timeout": f"{timeout:g}", "results": SMALL_RESULT_BYTES}
        return self._get(
            "v1/changes",
            caps.CHANGES,
            wire.decode_changes,
            "following jobs",
            list(ids),
            params=params,
            retry=retry,
            read_timeout=self.transport.timeouts.read + timeout,
            deadline=deadline,
        )

    def status(
        self, *, retry: RetryPolicy = IDEMPOTENT, deadline: float | None = None
    ) -> wire.SchedulerStatus:
        """Ask the scheduler how it is."""
        doing = "asking for the scheduler's status"
        return self._get("v1/status", caps.STATUS, wire.decode_status, doing, retry=retry, deadline=deadline)

    # --- bytes to structs ---------------------------------------------------------------------------

    def _get(
        self, path: str, cap: caps.Cap, decode: Decoder[T], doing: str, job_id: Any = None, **how: Any
    ) -> T:
        """Ask for something, of a job, or of a list of jobs, where an id is given."""
        answer = self.transport.request("GET", path, cap=cap, read=self._reader(decode, doing), **how)
        if job_id is not None:
            self._check_found(answer, job_id)
        value: T = self._value(answer, doing)
        return value

    def _post_keyed(
        self, path: str, cap: caps.Cap, body: bytes, key: str, decode: Decoder[T], doing: str
    ) -> T:
        answer = self.transport.request(
            "POST",
            path,
            cap=cap,
            body=body,
            headers={wire.IDEMPOTENCY_HEADER: key},
            retry=KEYED,
            read=self._reader(decode, doing, expected=202),
        )
        self._check_accepted(answer)
        value: T = self._value(answer, doing, expected=202)
        return value

    def _reader(self, decode: Decoder[T], doing: str, expected: int = 200) -> Callable[[Answer], T | None]:
        """Return what makes the value of an answer while it may still be asked for again."""

        def read(answer: Answer) -> T | None:
            said = ""
            if answer.status_code == expected:
                try:
                    return decode(answer.body)
                except wire.UNREADABLE as error:
                    said = f" ({self.transport.scrub(str(error))[:SHOWN_BYTES]})"
            elif not 200 <= answer.status_code < 300:
                return None
            raise self.transport.unexpected(answer, doing + said, UnreadableAnswerError)

        return read

    def _value(self, answer: Answer, doing: str, expected: int = 200) -> Any:
        """Return what was read of an answer.

        Raises:
            HTTPError: The answer is another than the one that is expected.
        """
        if answer.status_code != expected:
            raise self.transport.unexpected(answer, doing)
        return answer.value

    def _check_found(self, answer: Answer, job_id: Any) -> None:
        if answer.status_code == 404:
            found = complaints(answer.body)
            ids = job_id if isinstance(job_id, list) else [job_id]
            # The words of lwfast's own scheduler for one job would say it twice.
            said = (item.reason for item in found or () if item.reason != f"there is no job {ids[0]}")
            reasons = "".join(f" The scheduler says: {reason}" for reason in said)
            what = f"Job with requested ID ({ids[0]}) not found."
            if len(ids) > 1:
                what = f"At least one of {len(ids)} jobs ({', '.join(map(str, ids))}) was not found."
            if is_web_page(answer.headers, answer.body):
                reasons = f" {wrong_address(self.transport.settings.url)}"
            raise JobNotFoundError(self.transport.scrub(what + reasons))

    def _check_accepted(self, answer: Answer) -> None:
        """Raise for anything but 202; a refusal names every field that the scheduler refused.

        Raises:
            QuotaExceededError: The jobs are more than their owner may ever have.
            JobSubmissionError: They were refused for another reason.
            HTTPError: The answer does not say why.
        """
        if answer.status_code == 202:
            return
        beyond = over_quota(answer.status_code, answer.body, self.transport.scrub)
        if beyond is not None:
            raise beyond
        found = complaints(answer.body) if 400 <= answer.status_code < 500 else None
        if found is None:
            raise self.transport.unexpected(answer, "submitting")
        listed = "".join(f"\n\t{item.name} : {item.reason}" for item in found)
        message = f"The scheduler refused these fields of the job:{listed}"
        error = JobSubmissionError(self.transport.scrub(message))
        error.errors = tuple((item.name, item.reason) for item in found)
        raise error
