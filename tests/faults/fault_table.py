"""The faults of a network, what is done while they happen, and what comes of it: the table of the promises.

`docs/guarantees.md` shows it, written by `tools/guarantees.py`; `test_fault_table.py` goes through its cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.faults import fault_proxy as proxy
from tests.faults.fault_proxy import Exchange, Fault, answered, replaced

OPERATIONS = {
    "submit": "run, key",
    "batch": "batch, key",
    "submit plain": "run",
    "batch plain": "batch",
    "poll": "status",
    "wait": "wait",
    "cancel": "cancel",
    "result": "result",
}
"""What is done, and the head of its column. A scheduler of lwfast takes an idempotency key, others do not."""

DONE = "done"
OUTCOMES = {
    DONE: "done",
    "asks": "**asks**",
    "raises": "error",
    "lost": "lost",
    "large": "too large",
}
"""What comes of it, and how the page says so."""

HTML = b"<!doctype html><html><body>Please sign in to use this network.</body></html>"


def in_a_second(exchange: Exchange) -> bool | None:
    """Answer 429, with a date as `Retry-After`."""
    moment = datetime.now(UTC) + timedelta(seconds=2)
    return answered(429, Retry_After=format_datetime(moment, usegmt=True))(exchange)


def half(body: bytes) -> bytes:
    """Cut a body; of an empty one, make what begins like JSON."""
    return body[: len(body) // 2] or b'{"jo'


@dataclass(frozen=True)
class Row:
    """A fault and its outcomes.

    Attributes:
        words: How the page calls it.
        faults: What happens to the first requests, one each; or what makes these of the other host's URL.
        outcomes: One for each of `OPERATIONS`, in a line: `.` stands for "done".
        refused: Whether, rather than that, nobody takes connections at first.
    """

    words: str
    faults: tuple[Fault, ...] | Callable[[str], tuple[Fault, ...]]
    outcomes: str
    refused: bool = False

    def outcome(self, operation: str) -> str:
        """Return what should come of an operation, a key of `OUTCOMES`."""
        said = self.outcomes.split()[list(OPERATIONS).index(operation)]
        return DONE if said == "." else said


ROWS = {
    "refused": Row("connection refused, twice", (), ". . . . . . . .", refused=True),
    "reset before the body": Row(
        "reset before the body", (proxy.reset_before_body,), ". . asks asks . . . ."
    ),
    "reset within the body": Row(
        "reset within the body", (proxy.reset_within_body,), ". . asks asks . . . ."
    ),
    "reset after the body": Row(
        "reset after the body, nothing done", (proxy.reset_after_body,), ". . asks asks . . . ."
    ),
    "reset after doing": Row(
        "reset after the body, all done", (proxy.reset_after_doing,), ". . asks asks . . . ."
    ),
    "reset in the headers": Row(
        "reset within the headers of the answer", (proxy.reset_in_headers,), ". . asks asks . . . ."
    ),
    "reset in the answer": Row("reset within the answer", (proxy.reset_in_answer,), ". . asks asks . . . ."),
    "stall": Row("an answer that stops", (proxy.stall,), ". . asks asks . . . ."),
    "drip": Row("an answer that drips", (proxy.drip,), ". . asks asks . . . ."),
    "silence": Row("no answer within the timeout", (proxy.silence,), ". . asks asks . . . ."),
    "429 seconds": Row(
        "429 with `Retry-After` in seconds", (answered(429, Retry_After="1"),), ". . . . . . . ."
    ),
    "429 date": Row("429 with `Retry-After` as a date", (in_a_second,), ". . . . . . . ."),
    "503 burst": Row("503, three times", (answered(503),) * 3, ". . raises raises . . . ."),
    "502 after doing": Row("502, all done", (answered(502, after=True),), ". . asks asks . . . ."),
    "500": Row("500, nothing done", (answered(500, body=HTML),), ". . asks asks raises . . raises"),
    "500 after doing": Row("500, all done", (answered(500, after=True),), ". . asks asks raises . . raises"),
    "cut headers": Row("headers cut in the middle of one", (proxy.cut_headers,), ". . asks asks . . . ."),
    "truncated": Row("an answer that ends too early", (proxy.truncated,), ". . asks asks . . . ."),
    "cut JSON": Row("JSON cut in its middle", (replaced(half),), ". . asks asks . . . ."),
    "not JSON": Row("an answer that is not JSON", (replaced(b"OK, thanks."),), ". . asks asks . . . ."),
    "HTML": Row("an HTML page that says 200", (answered(200, body=HTML),), ". . asks asks . . . ."),
    "HTML after doing": Row(
        "an HTML page in place of the answer", (replaced(HTML),), ". . asks asks . . . ."
    ),
    "length too small": Row(
        "fewer bytes announced than sent",
        (replaced(lambda body: body + b"{}", -2, names_job=True),),
        ". . . . . . . .",
    ),
    "length too large": Row(
        "more bytes announced than sent",
        (replaced(lambda body: body, 7, names_job=True),),
        ". . asks asks . . . .",
    ),
    "odd length": Row(
        "a length that is not a number",
        (replaced(lambda body: body, names_job=True, Content_Length="many"),),
        ". . . . . . . .",
    ),
    "redirect": Row(
        "a redirect to another host",
        lambda other: (answered(307, Location=f"{other}jobs"),),
        "raises raises raises raises raises raises raises raises",
    ),
    "redirect to http": Row(
        "a redirect to plain http",
        lambda other: (answered(301, Location="http://scheduler.example/api/jobs"),),
        "raises raises raises raises raises raises raises raises",
    ),
    "bomb": Row(
        "a small answer that unpacks to a large one",
        (replaced(lambda _: proxy.bomb(), Content_Encoding="gzip"),),
        "asks . asks asks large large . large",
    ),
}
