"""No sender can fill the memory: answers have caps, which count after unpacking."""

from __future__ import annotations

import functools
import gzip
import io
import json
import tracemalloc
import zlib

import pytest

from lwfast import remote
from lwfast.remote.connection import body
from lwfast.remote.connection import size_limits as caps
from lwfast.wire import BATCH_JOBS
from tests.faults.fake_scheduler import Handler, details, status
from tests.remote.samples import sampler

pytestmark = pytest.mark.guarantee

MIB = 1 << 20
ALL_JOBS = caps.JOBS


@functools.cache
def bomb(megabytes: int, layers: int = 1) -> bytes:
    """Zeros, packed as often as there are layers."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(MIB)
    packed = b"".join(packer.compress(zeros) for _ in range(megabytes)) + packer.flush()
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


def packed(code: int, content: bytes, encoding: str = "gzip", **headers: str):
    """Answer with a body that is packed already."""
    return status(code, content, Content_Encoding=encoding, **headers)


def endless(code: int = 200, *, chunked: bool = False, **headers: str):
    """Send zeros for as long as somebody reads, and count them."""

    def fault(handler: Handler) -> bool:
        handler.send_response(code)
        for key, text in headers.items():
            handler.send_header(key.replace("_", "-"), text)
        handler.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Connection", "close")))
        handler.end_headers()
        block = bytes(MIB)
        piece = b"%x\r\n%b\r\n" % (MIB, block) if chunked else block
        fault.sent = 0
        try:
            while fault.sent < 1000 * MIB:
                handler.wfile.write(piece)
                fault.sent += MIB
        except OSError:
            pass
        handler.close_connection = True
        return True

    return fault


CALLS = [
    ("qpus", "What is said of QPUs", lambda: remote.list_qpus()),
    ("[Qq]pus/1", "What is said of QPUs", lambda: remote.get_qpu_details("Artemis")),
    ("jobs", "A list of all jobs", lambda: remote.list_all_jobs()),
    ("jobs", "A list of all jobs", lambda: remote.list_scheduled_jobs()),
    ("jobs/17770", "What is said of a job", lambda: remote.get_job_details(17770)),
    ("jobs/17770/results", "A result", lambda: remote.get_results(17770)),
]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let results and lists be small, so that the tests are quick; nothing that is tested depends on it."""
    monkeypatch.setenv("LWFAST_MAX_MEMORY", str(64 * MIB))
    monkeypatch.setattr(caps, "JOBS", caps.Cap(caps.JOBS.what, 16 * MIB, caps.JOBS.remedy))


@pytest.mark.parametrize(("path", "what", "call"), CALLS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_small_answer_that_unpacks_to_a_large_one(plain, path, what, call, layers):
    plain.add(status="Completed")
    content = bomb(200, layers)
    assert len(content) < 2.5e5
    encoding = ", ".join(["gzip"] * layers)
    plain.fault("GET", path, packed(200, content, encoding))
    tracemalloc.start()
    with pytest.raises(remote.AnswerTooLargeError, match=f"^{what} is longer than the .* MB") as caught:
        call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 40 * MIB
    assert isinstance(caught.value, remote.HTTPError)
    assert len(plain.seen("GET", path)) <= 1 + (path == "qpus")
    call()  # on a new connection


@pytest.mark.parametrize(("path", "what", "call"), CALLS)
@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_answer(plain, path, what, call, chunked):
    plain.add(status="Completed")
    fault = endless(chunked=chunked)
    plain.fault("GET", path, fault)
    with pytest.raises(remote.AnswerTooLargeError, match=f"^{what} is longer than"):
        call()
    call()
    assert fault.sent < 40 * MIB


@pytest.mark.parametrize(("path", "what", "call"), CALLS)
@pytest.mark.parametrize("length", [200 * MIB, 10**18, "9" * 5000])
def test_an_announced_size_is_compared_before_anything_is_read(plain, path, what, call, length):
    plain.add(status="Completed")

    def announce(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.close_connection = True
        return True

    plain.fault("GET", path, announce)
    with pytest.raises(remote.AnswerTooLargeError, match=f"^{what} is .* long, and .* are allowed") as caught:
        call()
    if what == "A result":
        assert "LWFAST_MAX_MEMORY" in str(caught.value)
        assert "22.4 MB are allowed" in str(caught.value)


def test_a_result_that_there_is_memory_for(plain, monkeypatch):
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "4e9")
    text = json.dumps({"results": {"(0, 1)": 3}, "job_data": {"x": "y" * (20 * MIB)}}).encode()
    plain.add(status="Completed", results=text)
    assert len(remote.get_results(17770)) == 1
    monkeypatch.setenv("LWFAST_MAX_MEMORY", str(caps.RESULT_COST * (len(text) - 1)))
    with pytest.raises(remote.AnswerTooLargeError):
        remote.get_results(17770)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", str(caps.RESULT_COST * len(text)))
    assert len(remote.get_results(17770)) == 1


# --- a submit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [lambda **h: packed(202, bomb(200), **h), lambda **h: endless(202, **h)])
def test_an_accepted_submit_with_too_much_to_say(plain, fault):
    """It was accepted: the error says so, and names the job that the headers name."""
    plain.fault("POST", "jobs", fault(X_Job_Id="17999"))
    with pytest.raises(remote.AmbiguousSubmissionError, match="An answer to a submit is longer") as caught:
        remote.QPU("Artemis").run_async(sampler())
    assert caught.value.job_id == "17999"
    assert "17999" in str(caught.value)
    assert len(plain.seen("POST", "jobs")) == 1


def test_an_accepted_submit_with_a_key(ours):
    ours.fault("POST", "v1/jobs", packed(202, bomb(200)))
    with pytest.raises(remote.AmbiguousSubmissionError, match="An answer to a submit is longer") as caught:
        remote.QPU("Artemis").run_async(sampler())
    assert caught.value.key
    caught.value.job.retry()
    assert caught.value.job.job_id == 17770


def test_a_poll_with_too_much_to_say(ours):
    job = remote.QPU("Artemis").run_async(sampler())
    ours.fault("GET", "v1/changes", packed(200, bomb(200)))
    with pytest.raises(remote.AnswerTooLargeError, match="News of jobs") as caught:
        job.wait_until_complete(timeout=10)
    assert caught.value.job is job
    job.wait_until_complete(timeout=10)
    assert job.success


# --- errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        lambda code: packed(code, bomb(200)),
        endless,
        lambda code: packed(code, b"junk", "br"),
        lambda code: packed(code, b"junk", ", ".join(["gzip"] * 9)),
    ],
)
@pytest.mark.parametrize(
    ("code", "error"),
    [(401, remote.AuthenticationError), (302, remote.HTTPError), (404, remote.JobNotFoundError)],
)
def test_an_error_means_the_same_however_long_it_is(plain, code, error, fault):
    plain.fault("GET", "jobs/17770", fault(code))
    with pytest.raises(error) as caught:
        remote.get_job_details(17770)
    assert not isinstance(caught.value, remote.AnswerTooLargeError)
    assert len(str(caught.value)) < 1000


def test_a_busy_scheduler_is_asked_again_however_long_its_page_is(plain):
    plain.fault("GET", "qpus", endless(503), packed(502, bomb(200)))
    assert remote.list_qpus() == ["Artemis"]


def test_a_refusal_with_a_thousand_complaints_is_read_whole(plain):
    listed = [{"name": f"jobs[{i}].n_samples", "reason": "is too large " * 8} for i in range(2000)]
    plain.fault("POST", "jobs", status(400, {"errors": listed}))
    with pytest.raises(remote.JobSubmissionError) as caught:
        remote.QPU("Artemis").run_async(sampler())
    assert len(caught.value.errors) == 2000


# --- what fits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("identity", bytes),
        ("GZIP", gzip.compress),
        ("gzip, gzip", lambda text: gzip.compress(gzip.compress(text))),
        ("deflate, gzip", lambda text: gzip.compress(zlib.compress(text))),
        ("gzip", lambda text: gzip.compress(text[:9]) + gzip.compress(text[9:])),
    ],
)
def test_packed_answers_are_unpacked(plain, encoding, pack):
    job = plain.add()
    text = json.dumps(details(job) | {"userExecutionNotes": "n" * 10**6}).encode()
    plain.fault("GET", "jobs/17770", packed(200, pack(text), encoding))
    assert len(remote.get_job_details(17770).notes) == 10**6


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("br", b"x"),
        ("gzip", b"x"),
        ("gzip", gzip.compress(b"[]" * 50, mtime=0)[:-9]),
        (", ".join(["gzip"] * 9), b"x"),
    ],
)
def test_what_cannot_be_unpacked_is_a_lost_answer(plain, encoding, content):
    plain.fault("GET", "qpus", *[packed(200, content, encoding)] * 10)
    with pytest.raises(remote.ConnectionFailedError, match=r"The answer of 127.* to GET .*\."):
        remote.list_qpus()
    plain.faults.clear()
    plain.fault("POST", "jobs", packed(202, content, encoding, X_Job_Id="17999"))
    with pytest.raises(remote.AmbiguousSubmissionError) as caught:
        remote.QPU("Artemis").run_async(sampler())
    assert caught.value.job_id == "17999"


def test_an_empty_body_is_never_unpacked(plain):
    plain.fault("POST", "jobs", status(202, None, Content_Encoding="gzip", X_Job_Id="17999"))
    assert remote.QPU("Artemis").run_async(sampler()).job_id == 17999


def test_only_what_is_unpacked_here_is_asked_for(plain):
    remote.list_qpus()
    assert plain.requests[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("size", [0, 1, body.PIECE_BYTES - 1, body.PIECE_BYTES, body.PIECE_BYTES + 1, 10**6])
@pytest.mark.parametrize("step", [1, 7, 10**6])
def test_pieces_of_any_size_give_the_body(size, step):
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    for pack in (bytes, gzip.compress, zlib.compress):
        raw = pack(content)

        class Drip(io.BytesIO):
            def read(self, _=None):
                return super().read(step)

        if step == 1 and len(raw) > 10**5:
            continue
        headers = {} if pack is bytes else {"Content-Encoding": "gzip"}
        seen: list[int] = []
        found = body.read_body(
            Drip(raw), headers, max(size, len(raw)), lambda done, _, seen=seen: seen.append(done)
        )
        assert bytes(found) == content
        assert seen == sorted(seen)
        if size > len(raw):
            with pytest.raises(body.CapExceededError):
                body.read_body(Drip(raw), headers, size - 1)


def test_layers_that_yield_nothing_are_counted_too():
    """A million empty members yield nothing, but take their time."""
    nothing = gzip.compress(b"", 9)
    raw = gzip.compress(nothing * 10**6)
    assert len(raw) < 10**5
    with pytest.raises(body.CapExceededError):
        body.read_body(io.BytesIO(raw), {"Content-Encoding": "gzip, gzip"}, 10**6)


def test_the_caps_leave_room_for_what_schedulers_send():
    """A list of all jobs, a page, and the records of the largest batch."""
    assert ALL_JOBS.size >= 100_000 * 1_300
    assert caps.BATCH.size >= BATCH_JOBS * 1_000
    assert caps.PAGE.size >= 500 * 10_000
