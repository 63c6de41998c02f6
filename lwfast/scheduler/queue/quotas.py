"""How much of the queue an owner may hold: jobs that wait or run, and the bytes of their payloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from lwfast.scheduler.faults import BeyondQuotaError, QuotaError
from lwfast.scheduler.jobs import NewJob
from lwfast.scheduler.owners import Owner
from lwfast.scheduler.queue.known_jobs import InQueue
from lwfast.wire import QUEUED_BYTES, QUEUED_JOBS

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
            BeyondQuotaError: They are more than this owner may ever have.
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
        kinds = (
            (QUEUED_JOBS, "job", owner.queued_jobs, wanted.jobs, held.jobs + coming.jobs),
            (
                QUEUED_BYTES,
                "byte of payloads",
                owner.queued_bytes,
                wanted.payload_bytes,
                held.payload_bytes + coming.payload_bytes,
            ),
        )
        for name, unit, limit, new, _ in kinds:  # of both kinds first, so that nobody tries in vain
            if limit is not None and new > limit:
                less = "send fewer jobs at once" if wanted.jobs > 1 else "make the job smaller"
                raise BeyondQuotaError.of(
                    name,
                    f"this request has {_several(new, unit)}, and {owner.name} may have {limit} waiting or "
                    f"running in all, so it never fits; {less}, or ask whoever runs the scheduler for a "
                    "larger limit",
                )
        for name, unit, limit, new, old in kinds:
            if limit is not None and old + new > limit:
                more = "more is" if new == 1 else "more are"
                them = "it" if wanted.jobs == 1 else "them"
                raise QuotaError.of(
                    name,
                    f"{owner.name} has {_several(old, unit)} waiting or running and may have {limit}, so "
                    f"{new} {more} too many; send {them} again when some have ended",
                )

    def _change(self, name: str, by: InQueue, sign: int) -> None:
        old = self._coming.pop(name, _NOTHING)
        new = InQueue(old.jobs + sign * by.jobs, old.payload_bytes + sign * by.payload_bytes)
        if new != _NOTHING:
            self._coming[name] = new


def _several(number: int, unit: str) -> str:
    """Return a number with its unit, of which the first word takes the plural: 2 bytes of payloads."""
    first, *rest = unit.split(" ", 1)
    return " ".join([f"{number} {first}{'' if number == 1 else 's'}", *rest])
