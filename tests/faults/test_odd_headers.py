"""Text from outside never raises outside of our errors: headers, dates, numbers, JSON of any depth."""

from __future__ import annotations

import gc
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast import remote
from lwfast.errors import LightworksError
from lwfast.remote.connection import retry
from tests.faults.fake_scheduler import Handler, details, qpu, record, status
from tests.remote.samples import sampler

RETRY_AFTER = [
    "Fri, 01 Jan 999999999999 00:00:00 GMT",
    "Fri, 01 Jan 9999 23:59:59 -2359",
    "Fri, 01 Jan 0001 00:00:00 +2359",
    "Fri, 01 Jan 2030 00:00:00 +" + "9" * 30,
    "Fri, 01 Jan 2030 99:99:99 GMT",
    "Fri, 01 Jan 2030 " + "9" * 5000,
    "9" * 5000,
    "-1",
    "1e999",
    "nan",
    "NaN",
    "inf",
    "1.5",
    "\xb2",
    "\xe9\xff",
    ",",
    "0 ",
    "Fri",
    "Fri,",
    "Fri, ",
    "()",
]
HEADERS = [
    *[("Retry-After", text) for text in RETRY_AFTER],
    *[
        ("X-Job-Id", text)
        for text in ("9" * 5000, "\xb2", "1, 2", "..", "\xe9", "nan", "-1", "x" * 60_000, "")
    ],
    *[("Content-Type", text) for text in ("text/html; charset", "a; charset=utf-\xff", ";" * 999, "\xff")],
    *[("Content-Length", text) for text in ("9" * 5000, "-1", "\xb2", "1e3", "nan", "0, 0")],
    *[("Location", text) for text in ("http://[", "\xff\xfe", "//@", "x" * 60_000, "http://a:b@[::1")],
    *[("Content-Encoding", text) for text in ("\xff", ",", "gzip, br, x", "gzip;q=1")],
    *[("Transfer-Encoding", text) for text in ("\xff", "gzip", "chunked, chunked", "chunked")],
    *[
        ("Set-Cookie", text)
        for text in ("=", "a=b; expires=Fri, 01-Jan-99999999999 00:00:00 GMT", "\xff; max-age=x")
    ],
    *[("X-Lwfast-Api", text) for text in ("\xff", "1,", "9" * 5000)],
    *[("Connection", text) for text in ("\xff", "upgrade")],
    *[("Date", "\xff"), ("\xff", "\xff"), ("a" * 3, "b" * 70_000)],
]
CODES = [200, 202, 204, 301, 308, 400, 404, 429, 500, 503]


def fault(code: int, name: str, text: str, body: bytes = b'{"items": [], "x": 1}'):
    """Answer with one odd header, written as it is; the connection ends."""

    def answer(handler: Handler) -> bool:
        handler.wfile.write(f"HTTP/1.1 {code} Odd\r\n".encode())
        if name != "Connection":
            handler.wfile.write(b"Connection: close\r\n")
        if name != "Content-Length":
            handler.wfile.write(b"Content-Length: %d\r\n" % len(body))
        handler.wfile.write(name.encode("latin-1") + b": " + text.encode("latin-1") + b"\r\n\r\n" + body)
        handler.close_connection = True
        return True

    return answer


def outcome(call):
    """What a call returns or raises."""
    try:
        return call()
    except Exception as error:
        return error


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask once: what is tested is one answer."""
    from lwfast.remote.connection import transport

    monkeypatch.setattr(transport, "IDEMPOTENT", retry.SINGLE)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "call", [remote.list_qpus, remote.list_all_jobs, lambda: remote.get_job_details(17770)]
)
def test_an_odd_header_in_the_answer_to_a_question(plain, once, code, call):
    plain.add()
    for name, text in HEADERS:
        plain.fault("GET", ".*", fault(code, name, text))
        found = outcome(call)
        if isinstance(found, Exception):
            assert isinstance(found, remote.LightworksRemoteError), (name, text)
            assert len(str(found)) < 2000
        else:  # details are asked for again, so they come
            assert found == [] or found.job_id == 17770
        plain.faults.clear()


@pytest.mark.parametrize("code", CODES)
def test_an_odd_header_in_the_answer_to_a_submit(plain, once, code):
    """A job that may exist is never lost: only a clear refusal is one."""
    for name, text in HEADERS:
        plain.fault("POST", "jobs", fault(code, name, text))
        try:
            job = remote.Client().qpu("Artemis").run_async(sampler())
        except remote.AmbiguousSubmissionError:
            assert code == 202 or code not in range(300, 500) or name in BROKEN, (code, name, text)
        except remote.LightworksRemoteError:
            assert code in {301, 308, 400, 404, 429, 503}, (code, name, text)
        else:
            assert code == 429 or (code, name) == (202, "X-Job-Id")
            assert code == 429 or job.job_id in {"\xb2", "\xe9", "nan", "-1"}
        assert plain.faults == []


@pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore:.*:pytest.PytestUnraisableExceptionWarning"
)
def test_two_lengths_are_no_setting_to_mend(plain, once):
    """urllib3 refuses them, and lets the connection go unclosed; the request was sent all the same."""
    plain.fault("POST", "jobs", fault(202, "Content-Length", "5, 6"))
    with pytest.raises(remote.AmbiguousSubmissionError, match="cannot be read"):
        remote.QPU("Artemis").run_async(sampler())
    plain.fault("GET", "qpus", fault(200, "Content-Length", "5, 6"))
    with pytest.raises(remote.ConnectionFailedError, match="cannot be read"):
        remote.list_qpus()
    gc.collect()


BROKEN = {"Content-Length", "Transfer-Encoding", "Content-Encoding", "aaa", "\xff"}
"""With these no answer may have come at all."""


@pytest.mark.parametrize("text", RETRY_AFTER)
def test_any_retry_after_is_a_number_of_seconds_or_none(text):
    found = retry.parse_retry_after(text)
    assert found is None or 0 <= found <= retry.LONGEST_RETRY_AFTER_SECONDS


words = st.sampled_from(
    [
        "Fri,",
        "Fri",
        "01",
        "Jan",
        "Foo",
        "2030",
        "9" * 12,
        "0",
        "-1",
        "00:00:00",
        "1:2",
        ":",
        "GMT",
        "+9999",
        "EST",
    ]
)


@given(st.lists(words, max_size=8).map(" ".join) | st.text(max_size=20))
def test_any_text_may_stand_in_retry_after(text):
    found = retry.parse_retry_after(text)
    assert found is None or 0 <= found <= retry.LONGEST_RETRY_AFTER_SECONDS


# --- bodies -----------------------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


ODD_VALUES = [
    b"1e999",
    b"-1e999",
    b"9" * 5000,
    b"9" * 30,
    b"NaN",
    b"Infinity",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\xff\xfe"',
    b'"\\u0000"',
    b'"' + b"9" * 5000 + b'"',
    nested(100),
    nested(5_000),
    nested(200_000),
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
]


def bent(value: object):
    """Each member of an answer replaced by each odd value, and the whole of it."""
    yield from ODD_VALUES
    text = json.dumps(value).encode()
    for place in _leaves(value):
        marked = json.dumps(_with(value, place, "@@")).encode()
        yield from (marked.replace(b'"@@"', odd) for odd in ODD_VALUES)
    yield b"\xef\xbb\xbf" + text
    yield text.decode().encode("utf-16")


def _leaves(value, path=()):
    if isinstance(value, dict | list) and value:
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from _leaves(value[key], (*path, key))


def _with(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


PAYLOAD = {
    "qpu": "Artemis",
    "job_name": "Job",
    "lightworks_version": "2.3.5",
    "n_modes": 2,
    "input": [1, 0],
    "n_samples": 5,
    "min_detection": 1,
    "direct_implementation": False,
    "unitary": [["1", "0j"], ["0", "1"]],
    "circuit_spec": None,
    "job_data": {"herald": []},
}
ANSWERS = {
    "qpus": ("qpus", lambda job: [{"name": "Artemis", "id": 1}], lambda: remote.list_qpus()),
    "qpu": ("Qpus/1", lambda job: qpu(), lambda: remote.get_qpu_details("Artemis")),
    "list": ("jobs", lambda job: {"items": [{"id": 3}]}, lambda: remote.list_all_jobs()),
    "details": ("jobs/17770", details, lambda: remote.get_job_details(17770).compilation_errors),
    "table": ("jobs/17770", details, lambda: remote.show_scheduled()),
    "results": (
        "jobs/17770/results",
        lambda job: {"results": {"(0, 1)": 3}, "job_data": {"post_select": [[[0], [0]]], "herald": []}},
        lambda: remote.get_results(17770),
    ),
    "page": ("v1/jobs", lambda job: {"items": [record(job)], "before": None}, lambda: remote.jobs()),
    "payload": ("v1/jobs/17770/payload", lambda job: PAYLOAD, lambda: remote.job(17770).payload),
    "changes": (
        "v1/changes",
        lambda job: {"seq": 1, "items": [record(job)], "results": {"17770": {"results": {"(1,)": 2}}}},
        lambda: remote.job(17770).wait_until_complete(timeout=0.05),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_odd_value_in_an_answer(ours, once, name):
    path, value, call = ANSWERS[name]
    job = ours.add(status="Scheduled" if name in {"table", "changes"} else "Completed")
    if name == "table":
        ours.v1 = False
    for body in bent(value(job)):
        ours.fault("GET", path, status(200, body))
        found = outcome(call)
        if isinstance(found, TypeError | ValueError) and not isinstance(found, LightworksError):
            # No QPU of that name, or rules that make no sense of a result that is there.
            assert "not found" in str(found) or hasattr(found, "raw_data"), body[:80]
        elif isinstance(found, Exception):
            assert isinstance(found, remote.LightworksRemoteError | LightworksError), body[:80]
            assert len(str(found)) < 2000, body[:80]
        ours.faults.clear()


def test_a_job_number_of_thousands_of_digits_is_told(plain):
    plain.fault("POST", "jobs", status(202, None, X_Job_Id="9" * 5000))
    with pytest.raises(remote.AmbiguousSubmissionError, match="with the id '9999") as caught:
        remote.QPU("Artemis").run_async(sampler())
    assert len(str(caught.value)) < 2000
