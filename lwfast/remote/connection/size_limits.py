"""How large each kind of answer may be, so that no sender can fill the memory.

Sizes count after unpacking. An answer above its cap is not read to its end; see `AnswerTooLargeError`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lwfast._base.limits import MIB
from lwfast._base.memory import memory_limit
from lwfast.wire import BATCH_BYTES

RESULT_COST = 3
"""Memory that a result takes while it is read, over the length of its text: the text, the columns made of
it, and what sorts them."""
ERROR_BYTES = 8 * MIB
"""What is read of an answer that reports an error; the rest is left unread."""

_WRONG_PLACE = "No scheduler sends as much, so check that the URL is one: {url}."


@dataclass(frozen=True)
class Cap:
    """The cap of one kind of answer.

    Attributes:
        what: The kind, with its article.
        size: Most bytes, after unpacking.
        remedy: What to do about an answer above it, as a sentence that may name the `{url}`.
        large: Whether one may take longer than the client's timeout, as long as it keeps coming.
    """

    what: str
    size: int
    remedy: str = _WRONG_PLACE
    large: bool = False


SUBMIT = Cap("An answer to a submit", 8 * MIB)
BATCH = Cap("An answer to the submit of a batch", BATCH_BYTES, large=True)
JOB = Cap("What is said of a job", 8 * MIB)
CANCEL = Cap("An answer to a cancellation", MIB)
PAYLOAD = Cap("A payload", BATCH_BYTES, large=True)
PAGE = Cap("A page of jobs", 8 * MIB)
CHANGES = Cap("News of jobs", 8 * MIB)
QPUS = Cap("What is said of QPUs", 8 * MIB)
STATUS = Cap("The scheduler's status", MIB)
JOBS = Cap(
    "A list of all jobs",
    128 * MIB,  # 100 000 jobs of 1.3 kB
    "Ask for the jobs of one status, e.g. remote.jobs(status='Scheduled'), or check that the URL is that of "
    "a scheduler: {url}.",
    large=True,
)


def result_cap() -> Cap:
    """Return the cap of a result: what this process has the memory to read.

    Raises:
        ValueError: `LWFAST_MAX_MEMORY` is not a positive number of bytes.
    """
    return Cap(
        "A result",
        memory_limit() // RESULT_COST,
        f"Reading one takes about {RESULT_COST} times its size of memory; LWFAST_MAX_MEMORY sets how much "
        "may be taken, by default half of the memory of the machine.",
        large=True,
    )
