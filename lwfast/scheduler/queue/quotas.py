"""How much of the queue an owner may hold: jobs that wait or run, and the bytes of their payloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from lwfast.scheduler.faults import ForbiddenError, QuotaError
from lwfast.scheduler.jobs import NewJob
from lwfast.scheduler.owners import Owner
from lwfast.scheduler.queue.known_jobs import InQueue

_NOTHING = InQueue(0, 0)


class Quotas:
    """Check what is submitted against the limits of its owner.

    Args:
        held: What each owner has in the queue, by name; looked at with every check.
    """

    def __init__(self, held: Mapping[str, InQueue]) -> None:
        self._held = held
        self._coming: dict[str, InQueue] = {}

    @contextmanager
    def reserved(self, owner: Owner, jobs: Sequence[NewJob]) -> Iterator[Callable[[], None]]:
        """Hold room for jobs that are on their way to the disk, so that no two requests take the same room.

        Yields:
            What gives the room back; call it once the jobs are in the queue. The end of the block does, too.

        Raises:
            ForbiddenError: They are more than this owner may ever have.
            QuotaError: They are more than this owner may have now.
        """
        wanted = InQueue(len(jobs), sum(len(job.payload) for job in jobs))
        self._check(owner, wanted)
        self._change(owner.name, wanted, 1)
        is_held = True

        def give_back() -> None:
            nonlocal is_held
            if is_held:
                is_held = False
                self._change(owner.name, wanted, -1)

        try:
            yield give_back
        finally:
            give_back()

    def _check(self, owner: Owner, wanted: InQueue) -> None:
        held, coming = self._held.get(owner.name, _NOTHING), self._coming.get(owner.name, _NOTHING)
        for what, limit, new, old in (
            ("queued_jobs", owner.queued_jobs, wanted.jobs, held.jobs + coming.jobs),
            (
                "queued_bytes",
                owner.queued_bytes,
                wanted.payload_bytes,
                held.payload_bytes + coming.payload_bytes,
            ),
        ):
            if limit is None or old + new <= limit:
                continue
            unit = "jobs" if what == "queued_jobs" else "bytes of payloads"
            if new > limit:
                raise ForbiddenError.of(
                    what,
                    f"this request has {new} {unit}, and {owner.name} may have {limit} waiting or running; "
                    "send less at once, or ask for a larger limit",
                )
            raise QuotaError.of(
                what,
                f"{owner.name} has {old} {unit} waiting or running and may have {limit}, so {new} more are "
                "too many; send them again when some have ended",
            )

    def _change(self, name: str, by: InQueue, sign: int) -> None:
        old = self._coming.pop(name, _NOTHING)
        new = InQueue(old.jobs + sign * by.jobs, old.payload_bytes + sign * by.payload_bytes)
        if new != _NOTHING:
            self._coming[name] = new
