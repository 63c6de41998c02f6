"""What a submit has come to so far, so that whatever ends it can tell: also Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from lwfast._base.limits import some
from lwfast.errors import LightworksRemoteError, SubmissionInterrupted
from lwfast.remote.configuration import intents
from lwfast.remote.tracked import Tracked

T = TypeVar("T")

NAMES_SHOWN = 20


class Attempt:
    """One call that submits jobs, from before the first byte leaves until its caller has them all.

    It keeps no list of what was accepted: that is read off the jobs, so that no moment lies between the id of
    a job and the note of it.

    Args:
        jobs: The jobs to be submitted, in order; these are what the caller's objects hold.
        batch_of: Makes the batch that exceptions carry of those of the jobs that were accepted.
        single: Who holds the only job, where the call is about one.
        whole: Else what the exceptions' `job` is; None for the batch of those that were accepted.

    Attributes:
        key: The idempotency key that all, or those under way, are sent under; None without one.
        sent_at: When the latest request left, ISO 8601 in UTC; empty before the first.
    """

    def __init__(
        self,
        jobs: Sequence[Tracked],
        batch_of: Callable[[Sequence[Tracked]], Any],
        *,
        single: Any = None,
        whole: Any = None,
    ) -> None:
        self._jobs = list(jobs)
        self._ids_before = {job: job.job_id for job in self._jobs}
        self._whole = whole if single is None else single
        self._is_single = single is not None
        self._sent: list[Tracked] = []  # without the refused ones
        self._held: list[tuple[str, intents.Intent, Sequence[Tracked]]] = []
        self._taken: list[intents.Intent] = []  # also those that are not held yet
        self.batch_of = batch_of
        self.key: str | None = None
        self.sent_at = ""

    # --- what happens to it -------------------------------------------------------------------------

    def record(
        self, key: str, url: str, jobs: Sequence[Tracked], parts: list[intents.SubmitPart], *, batch: bool
    ) -> None:
        """Put on the disk what is going to be sent under a key, unless a file of it is held already."""
        self.key = key
        if any(held == key for held, _, _ in self._held):
            return
        record = intents.Record(
            key=key,
            url=url,
            created=now(),
            qpu="" if jobs[0].payload is None else jobs[0].payload.qpu,
            names=[str(job.name) for job in jobs],
            batch=batch,
            parts=parts,
        )
        written = intents.write(record, self._taken)
        if written is not None:
            self.hold(key, written, jobs)

    def hold(self, key: str, intent: intents.Intent, jobs: Sequence[Tracked]) -> None:
        """Take over a file of jobs that are going to be sent under its key."""
        self.key = key
        self._held.append((key, intent, jobs))

    @property
    def is_on_disk(self) -> bool:
        """Whether a file holds what is sent."""
        return bool(self._held)

    def sends(self, jobs: Sequence[Tracked]) -> None:
        """Note that a request leaves, from which on these jobs may exist."""
        self.sent_at = now()
        self._sent = [*self.doubtful, *jobs]

    def refused(self, jobs: Sequence[Tracked]) -> None:
        """Note that the request certainly made none of these jobs."""
        self._sent = [job for job in self._sent if job not in jobs]

    def hand_over(self) -> None:
        """Note that the caller has what was accepted; before a return, this is the last step."""
        for item in list(self._held):
            if all(map(self._is_accepted, item[2])):
                item[1].drop()
                self._held.remove(item)

    def run(self, submit: Callable[[], T]) -> T:
        """Call `submit`; whatever it raises once something was sent tells what was accepted.

        Raises:
            SubmissionInterrupted: Ctrl-C came after something was sent.
        """
        try:
            try:
                return submit()
            except BaseException as error:
                self._tell(error)
                raise
        except KeyboardInterrupt as error:  # another one, or the first while the lines above were at work
            self._tell(error)
            raise

    # --- telling ------------------------------------------------------------------------------------

    @property
    def accepted(self) -> list[Tracked]:
        """The jobs that got an id."""
        return [job for job in self._jobs if self._is_accepted(job)]

    @property
    def doubtful(self) -> list[Tracked]:
        """The jobs that may or may not exist."""
        return [job for job in self._sent if not self._is_accepted(job)]

    def _is_accepted(self, job: Tracked) -> bool:
        return job.job_id is not None and job.job_id != self._ids_before[job]

    def _tell(self, error: BaseException) -> None:
        if isinstance(error, SubmissionInterrupted):
            return
        # These say what they are about; anything else may end the program before somebody looks at it.
        kept = self._leave(with_accepted=not isinstance(error, LightworksRemoteError))
        if isinstance(error, LightworksRemoteError):
            if error.job is None and (self._whole is not None or self.accepted):
                error.job = self._about()
        elif self.sent_at:
            facts, remedy = self._facts(), self._remedy(kept)
            if type(error) is KeyboardInterrupt:
                interrupted = SubmissionInterrupted(f"Interrupted during a submit: {facts}")
                self._put_into(interrupted)
                interrupted.add_note(remedy)
                raise interrupted.with_traceback(error.__traceback__) from None
            self._put_into(error)
            error.add_note(f"This ended a submit: {facts} {remedy}")

    def _leave(self, with_accepted: bool) -> list[str]:
        """Let the files go, delete those that nobody needs any more, and return the keys of the others."""
        accepted, doubtful = set(self.accepted), set(self.doubtful)
        held = [intent for _, intent, _ in self._held]
        for intent in self._taken:
            if intent not in held and not intent.was_there:
                intent.drop()  # interrupted while it was written; nothing was sent
            elif intent not in held:
                intent.release()
        kept = []
        for key, intent, jobs in self._held:
            # One that was there before holds a submit whose answer was lost then.
            in_doubt = doubtful.intersection(jobs) or (intent.was_there and not accepted.issuperset(jobs))
            if in_doubt or (with_accepted and accepted.intersection(jobs)):
                kept.append(key)
                intent.release()
            else:
                intent.drop()
        return kept

    def _put_into(self, error: Any) -> None:
        error.job = self._about()
        error.jobs = self.batch_of(self.accepted)
        error.payload = [job.payload for job in self.doubtful]
        if self._is_single:
            error.payload = self._jobs[0].payload
        error.key = self.key
        error.sent_at = self.sent_at

    def _about(self) -> Any:
        return self.batch_of(self.accepted) if self._whole is None else self._whole

    def _facts(self) -> str:
        accepted, doubtful = self.accepted, self.doubtful
        ids = quoted([job.job_id for job in accepted])
        said = [f"{len(accepted)} of {len(self._jobs)} jobs accepted (ids {ids}; see the attribute jobs)"]
        if doubtful:
            said.append(f"{quoted([job.name for job in doubtful])} may or may not exist")
        neither = set(self._jobs).difference(accepted, doubtful)
        if neither:
            said.append(f"not accepted: {quoted([job.name for job in self._jobs if job in neither])}")
        return f"{'; '.join(said)}."

    def _remedy(self, kept: Sequence[str]) -> str:
        if kept:
            return how_to_resume(*kept)
        if not self.doubtful:
            return "Nothing is in doubt."
        if self.key is not None and self._is_single:
            return "The attribute job's retry() sends it again under its key, and makes no second job."
        return how_to_look(self.sent_at)


def how_to_resume(*keys: str) -> str:
    """Say how a submit that is on the disk, or several, are found again."""
    if len(keys) > 1:
        return (
            f"remote.pending() lists these submits under the keys {quoted(keys)}, and the resume() of each "
            "gives its job without making one twice; so does `lwfast jobs --resume KEY` with each key."
        )
    return (
        f"remote.pending() lists this submit under the key {keys[0]!r}, and its resume() gives the jobs "
        f"without making one twice; so does `lwfast jobs --resume {keys[0]}`."
    )


def how_to_look(sent_at: str) -> str:
    """Say how to find out what became of a submit without a key."""
    return (
        f"Before you submit again, look for a job created after {sent_at}, in remote.list_all_jobs() or on "
        "the dashboard."
    )


def quoted(items: Sequence[object]) -> str:
    """Return names or ids for a message, each as Python writes it; "none" for an empty list."""
    return some(list(map(repr, items)), NAMES_SHOWN) or "none"


def count(number: int) -> str:
    """A number of jobs."""
    return f"{number} job{'' if number == 1 else 's'}"


def now() -> str:
    """The time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
