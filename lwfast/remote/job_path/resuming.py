"""Submits whose end nobody heard of: listed from the disk, and resumed without making a job twice."""

from __future__ import annotations

from datetime import datetime

from lwfast import wire
from lwfast.errors import JobError, JobFileError, JobNotFoundError, JobSubmissionError
from lwfast.remote.configuration import intents
from lwfast.remote.connection.connection import Connected, Connection, connection_of
from lwfast.remote.connection.default import default_connection
from lwfast.remote.job_path.attempt import Attempt, count, quoted
from lwfast.remote.job_path.job_and_batch import BatchJob, Job, batch_of, several_of
from lwfast.remote.job_path.submit import send
from lwfast.remote.tracked import tracked_of


class PendingSubmission:
    """A submit that was sent, or about to be sent, and whose outcome is unknown.

    Attributes:
        key: The idempotency key under which it is sent.
        url: Base URL of its scheduler.
        created: When the submit began, as a datetime in UTC.
        qpu: Name of the QPU.
        names: Names of the jobs, in order.

    Example:
        >>> for lost in remote.pending():  # submits whose answer was lost
        ...     job = lost.resume()
    """

    def __init__(self, record: intents.Record, connection: Connection | None) -> None:
        self.key = record.key
        self.url = record.url
        self.created = datetime.fromisoformat(record.created)
        self.qpu = record.qpu
        self.names = record.names
        self._connection = connection

    @property
    def n_jobs(self) -> int:
        """The number of jobs in the submit."""
        return len(self.names)

    @property
    def job_name(self) -> str:
        """The name of the job, or those of the first and the last."""
        return self.names[0] if self.n_jobs == 1 else f"{self.names[0]} ... {self.names[-1]}"

    def __repr__(self) -> str:
        return (
            f"<pending submit of {count(self.n_jobs)} {self.job_name!r} to {self.qpu!r} at {self.url}, "
            f"{self.created:%Y-%m-%d %H:%M:%S} UTC, key {self.key}>"
        )

    def resume(self, *, client: Connected | None = None) -> Job | BatchJob:
        """Send the submit again under its key: existing jobs are returned, and missing ones are made.

        This does not wait for the compilation.

        Args:
            client: Client to send it with, even if its URL is another one; by default None, for the client
                that listed it, which must have the same URL.

        Returns:
            The `Job`, or the `BatchJob` with all jobs in their order.

        Raises:
            JobError: It was resumed or discarded meanwhile, another process is at it, or the client is one of
                another scheduler.
            JobFileError: The file of it cannot be read any more.
            JobSubmissionError: The scheduler refused it, or takes no keys any more.
            LightworksRemoteError: As for any submit; it can be resumed again.
        """
        connection = self._target(client)
        intent = self._claimed()
        try:
            record = intent.read()
            payloads = [wire.decode_payload(item) for part in record.parts for item in part.payloads]
            jobs = [Job(payload, client=connection) for payload in payloads]
            tracked = [tracked_of(job) for job in jobs]
            attempt = Attempt(tracked, several_of(jobs), single=None if record.batch else jobs[0])
            attempt.hold(self.key, intent, tracked)
        except BaseException as error:
            intent.release()
            if isinstance(error, ValueError):
                raise JobFileError(f"{intent.path} cannot be read: {error}. Delete it.") from error
            raise

        def submit() -> Job | BatchJob:
            if not connection.api.offers_v1():
                raise JobSubmissionError(
                    f"{connection.url} takes no idempotency keys, so sending this again might make a job "
                    f"twice; nothing was sent. Look for a job created after {record.created}; then discard() "
                    "this."
                )
            if not record.batch:
                tracked[0].pending_key = self.key
            send(connection, tracked, record.parts, attempt, batch=record.batch)
            attempt.hand_over()
            if not record.batch:
                return jobs[0]
            return batch_of(BatchJob, [item.job_name for item in payloads], jobs, connection)

        return attempt.run(submit)

    def discard(self) -> None:
        """Forget the submit on this machine; jobs that the scheduler accepted stay there.

        Raises:
            JobError: It was resumed or discarded meanwhile, or another process is at it.
        """
        self._claimed().drop()

    def _target(self, client: Connected | None) -> Connection:
        target = (self._connection or default_connection()) if client is None else connection_of(client)
        if client is None and target.url != self.url:
            raise JobError(
                f"This submit is one to the scheduler at {self.url}, but {target.url} is in use now, where "
                "it would make new jobs. Use its URL, e.g. with remote.set_api_url(...). If that is the same "
                "scheduler: resume(client=remote.Client(...)), or `lwfast jobs --resume KEY --url URL`.",
                in_shell=f"This submit is one to the scheduler at {self.url}, but {target.url} is "
                f"in use now, where "
                "it would make new jobs. If that is the same scheduler, name it: "
                f"`lwfast jobs --resume {self.key} --url {target.url}`.",
            )
        return target

    def _claimed(self) -> intents.Intent:
        intent = intents.claim_key(self.key)
        if intent is not None:
            return intent
        if intents.exists(self.key):
            raise JobError(f"Another process or thread is sending the submit {self.key} now; wait for it.")
        raise JobError(
            f"The submit {self.key} was resumed or discarded meanwhile; see remote.jobs().",
            in_shell=f"The submit {self.key} was resumed or discarded meanwhile; see `lwfast jobs`.",
        )


def find_pending(url: str | None = None, client: Connected | None = None) -> list[PendingSubmission]:
    """List the submits on the disk that nobody is at, the oldest first.

    Args:
        url: Only those of this scheduler; None for all.
        client: Who resumes them; None for the default client at that time.
    """
    connection = None if client is None else connection_of(client)
    return [PendingSubmission(record, connection) for record in intents.listed(url)]


def find_one(key: str, client: Connected | None) -> PendingSubmission:
    """Find a submit by its key, or by that of one of its parts.

    Raises:
        JobNotFoundError: No such submit is free to be resumed; the message names the others.
    """
    found = find_pending(client=client)
    for item in found:
        if key == item.key or key.startswith(f"{item.key}."):
            return item
    known = quoted([item.key for item in found])
    message = f"No pending submit has the key {key!r}; there are: {known}."
    raise JobNotFoundError(message, in_shell=f"{message} `lwfast jobs --pending` lists them.")
