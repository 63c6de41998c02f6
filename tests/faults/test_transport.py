"""What the client does when the network or the scheduler misbehaves."""

from __future__ import annotations

import logging
import os
import shutil
import ssl
import subprocess
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests

from lwfast import remote
from lwfast.remote.connection import retry, transport
from tests.faults.fake_scheduler import (
    TOKEN,
    FakeScheduler,
    reset,
    results,
    slow,
    status,
    stuck,
    truncated,
)
from tests.started import threads

BIG = results({f"({i}, 0, 0, 0)": i for i in range(200)})


def client(fake: FakeScheduler, **changes) -> remote.Client:
    return remote.Client(url=fake.url, token=TOKEN, **changes)


# --- what is tried again ----------------------------------------------------------------------------


def test_a_get_is_asked_again_after_a_broken_connection(plain):
    plain.fault("GET", "qpus", reset, reset)
    assert remote.list_qpus() == ["Artemis"]
    assert len(plain.seen("GET", "qpus")) == 3


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_a_get_is_asked_again_while_the_scheduler_is_busy(plain, code):
    plain.fault("GET", "qpus", status(code), status(code))
    assert remote.list_qpus() == ["Artemis"]


def test_it_is_not_asked_for_ever(plain):
    plain.fault("GET", "qpus", *[status(503)] * 20)
    with pytest.raises(remote.HTTPError) as caught:
        remote.list_qpus()
    assert caught.value.status_code == 503
    assert len(plain.seen("GET", "qpus")) == retry.IDEMPOTENT.attempts


@pytest.mark.parametrize("code", [500, 501, 404, 418])
def test_other_answers_are_not_asked_for_again(plain, code):
    plain.fault("GET", "jobs", status(code, {"why": "because"}))
    with pytest.raises(remote.HTTPError, match="because") as caught:
        remote.list_all_jobs()
    assert caught.value.status_code == code
    assert len(plain.seen("GET", "jobs")) == 1


@pytest.mark.parametrize("code", [429, 500, 503, 507])
def test_reasons_are_shown_as_words(plain, code, monkeypatch):
    monkeypatch.setattr(retry.IDEMPOTENT.__class__, "pause", lambda *_: 0.0)
    body = {
        "errors": [
            {"name": "store", "reason": "is full; my token is test-token"},
            {"name": "a", "reason": "b"},
        ]
    }
    plain.fault("GET", "jobs", *[status(code, body)] * 9)
    with pytest.raises(remote.HTTPError) as caught:
        remote.list_all_jobs()
    now = "cannot answer now" if code in (429, 503) else "gave an error while listing jobs"
    assert str(caught.value).startswith(f"The scheduler {now}: store: is full; my token is ")
    assert "; a: b. (Code: " in str(caught.value)
    assert "{" not in str(caught.value)


@pytest.mark.parametrize("in_words", [False, True])
def test_retry_after_is_heeded(plain, in_words):
    """Seconds, or a date."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True) if in_words else "1"
    plain.fault("GET", "qpus", status(503, Retry_After=later))
    began = time.monotonic()
    assert remote.list_qpus() == ["Artemis"]
    assert 0.8 < time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(None, None), ("", None), ("soon", None), ("-1", None), ("3", 3.0), ("9" * 400, 60.0), ("²", None)],
)
def test_retry_after_is_read_with_care(text, seconds):
    assert retry.parse_retry_after(text) == seconds


def test_a_date_gone_by_means_now():
    assert retry.parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    # "-0000" says nothing of the zone: it is taken for UTC.
    assert retry.parse_retry_after("Wed, 21 Oct 2988 07:28:00 -0000") == retry.LONGEST_RETRY_AFTER_SECONDS
    assert retry.parse_retry_after("Wed, 21 Oct 2988 07:28:00 GMT") == retry.LONGEST_RETRY_AFTER_SECONDS
    assert retry.RetryPolicy().pause(1, 1e9) == retry.LONGEST_RETRY_AFTER_SECONDS


def test_pauses_grow_and_differ():
    policy = retry.RetryPolicy()
    for attempt in range(1, 12):
        longest = min(retry.LONGEST_PAUSE_SECONDS, retry.FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
        draws = {policy.pause(attempt, None) for _ in range(20)}
        assert len(draws) > 1
        assert all(longest / 2 <= pause <= longest for pause in draws)


def test_a_refused_connection_is_tried_again_until_somebody_listens(quick, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(retry, "LONGEST_PAUSE_SECONDS", 0.4)
    with FakeScheduler() as fake:
        pass
    with client(fake) as one:

        def later():
            time.sleep(0.15)
            fake.start()

        with threads(later):
            assert one.list_qpus() == ["Artemis"]
    fake.stop()


def test_nobody_listens(quick):
    with FakeScheduler() as fake:
        pass
    with pytest.raises(
        remote.ConnectionFailedError, match=f"Could not connect to 127.0.0.1:{fake.port}"
    ) as caught:
        client(fake).list_qpus()
    assert isinstance(caught.value, ConnectionError)


# --- time -------------------------------------------------------------------------------------------


def test_a_scheduler_that_says_nothing_is_given_up(plain, monkeypatch):
    monkeypatch.setattr(transport, "IDEMPOTENT", retry.RetryPolicy(attempts=1))
    plain.fault("GET", "qpus", stuck(2.0))
    began = time.monotonic()
    with pytest.raises(remote.ConnectionFailedError, match=r"nothing for 0\.2 s"):
        client(plain, timeout=0.2).list_qpus()
    assert time.monotonic() - began < 1.5


def test_a_large_result_may_take_longer_than_the_timeout(plain):
    """The timeout is for the time between two pieces, so that size does not matter."""
    job = plain.add(status="Completed")
    plain.fault("GET", "jobs/.*/results", slow(BIG, pieces=8, pause=0.16))
    result = client(plain, timeout=1.0).get_results(job.id)
    assert len(result) == 200


def test_a_result_that_stops_half_way_is_fetched_again(plain):
    job = plain.add(status="Completed", results=BIG)
    plain.fault("GET", "jobs/.*/results", truncated(BIG[: len(BIG) // 2]), stuck(0.6))
    assert len(client(plain, timeout=0.4).get_results(job.id)) == 200
    assert len(plain.seen("GET", "jobs/.*/results")) == 3


@pytest.mark.parametrize("bad", [0, -1, (1,), (1, 0), (1, 2, 3), "x", float("nan")])
def test_a_timeout_is_a_number_of_seconds(bad):
    with pytest.raises((TypeError, ValueError)):
        remote.Client(timeout=bad)


# --- redirects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_token_stays_here(plain, code):
    with FakeScheduler() as other:
        plain.fault("GET", "qpus", status(code, Location=f"{other.url}qpus"))
        with pytest.raises(remote.HTTPError, match=f"127.0.0.1:{other.port}") as caught:
            remote.list_qpus()
        assert caught.value.status_code == code
        assert other.requests == []


def test_a_password_in_a_redirect_is_not_repeated(plain):
    plain.fault("GET", "qpus", status(302, Location="https://user:hunter2@b.example/"))
    with pytest.raises(remote.HTTPError, match=r"b\.example") as caught:
        remote.list_qpus()
    assert "hunter2" not in str(caught.value)


# --- the error table --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_token(plain, code):
    plain.fault("GET", "qpus", status(code, {"you sent": TOKEN}))
    with pytest.raises(remote.AuthenticationError, match=str(code)) as caught:
        remote.list_qpus()
    assert TOKEN not in str(caught.value)
    assert len(plain.seen("GET", "qpus")) == 1


def test_a_wrong_token(plain):
    with pytest.raises(remote.AuthenticationError):
        remote.Client(url=plain.url, token="wrong").list_qpus()


@pytest.mark.parametrize("body", [b"", b"{}", b'[{"name": 3}]', b"\xff\xfe", b"null"])
def test_an_answer_that_is_no_list_of_qpus(plain, body):
    plain.fault("GET", "qpus", *[status(200, body)] * retry.IDEMPOTENT.attempts)
    with pytest.raises(remote.HTTPError, match="QPUs") as caught:
        remote.list_qpus()
    assert caught.value.status_code == 200
    assert remote.list_qpus() == ["Artemis"]


def test_a_body_that_repeats_the_token_is_scrubbed(plain):
    plain.fault("GET", "qpus", status(500, {"headers": {"x-access-token": TOKEN}}))
    with pytest.raises(remote.HTTPError, match=r"\[token\]") as caught:
        remote.list_qpus()
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        remote.list_qpus,
        remote.list_all_jobs,
        remote.list_scheduled_jobs,
        lambda: remote.get_job_details(17770),
        lambda: remote.get_results(17770),
    ],
)
def test_every_call_looks_at_the_status(plain, call):
    """Nowhere does a 500 become a KeyError."""
    plain.add(status="Completed")
    plain.fault("GET", ".*", status(500))
    with pytest.raises(remote.HTTPError):
        call()


# --- secrets, connections ---------------------------------------------------------------------------


def test_the_token_is_in_no_log_and_no_traceback(plain, caplog):
    caplog.set_level(logging.DEBUG)
    plain.fault("GET", "qpus", *[reset] * 10)
    one = client(plain)
    with pytest.raises(remote.ConnectionFailedError) as caught:
        one.list_qpus()
    text = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(one) + str(one)
    assert TOKEN not in text
    inside = [caught.value]
    for error in inside:
        shown = f"{error!r} {error.args!r} {vars(error)!r}"
        held = [getattr(getattr(error, name, None), "headers", None) for name in ("request", "response")]
        assert TOKEN not in f"{shown} {held!r}"
        linked = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
        inside += [item for item in linked if isinstance(item, BaseException) and item not in inside]
    assert any(isinstance(error, requests.exceptions.RequestException) for error in inside)


def test_a_pickled_client_leaves_the_token_behind(plain):
    import pickle

    data = pickle.dumps(client(plain))
    assert TOKEN.encode() not in data
    assert pickle.loads(data).list_qpus() == ["Artemis"]  # the environment has a token


def test_headers(plain):
    remote.list_qpus()
    headers = {key.lower(): value for key, value in plain.requests[0].headers.items()}
    assert headers["x-access-token"] == TOKEN
    assert headers["user-agent"].startswith("lwfast/")
    assert "authorization" not in headers
    assert "cookie" not in headers


def test_a_netrc_file_is_not_used(plain, folders, monkeypatch):
    """Also not for hosts where proxies are: requests would add its password."""
    netrc = folders / "netrc"
    netrc.write_text("machine qpu.example login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    sent = []

    class Recorder(requests.adapters.BaseAdapter):
        def send(self, request, **_):
            sent.append(request)
            raise requests.exceptions.ConnectTimeout

        def close(self):
            pass

    with pytest.raises(remote.ConnectionFailedError):
        remote.Client("https://qpu.example", TOKEN, adapter=Recorder()).list_qpus()
    assert sent
    assert not any("Authorization" in request.headers for request in sent)


def test_cookies_are_not_kept(plain):
    plain.fault("GET", "qpus", status(200, [], Set_Cookie="a=b"))
    remote.list_qpus()
    remote.list_qpus()
    assert "Cookie" not in plain.requests[1].headers


def test_a_proxy_is_not_used_for_loopback(plain, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert remote.list_qpus() == ["Artemis"]


def test_one_connection_is_kept(plain):
    for _ in range(20):
        remote.list_all_jobs()
    assert plain.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_replaced(plain):
    remote.list_qpus()
    port = plain.port
    plain.stop()
    plain.start()
    assert plain.port == port
    assert remote.list_qpus() == ["Artemis"]


def test_threads_share_a_client(plain):
    one = client(plain)
    job = plain.add(status="Completed", results=BIG)

    def work(number: int) -> int:
        if number % 3 == 0:
            return len(one.get_results(job.id))
        if number % 3 == 1:
            return one.get_job_details(job.id).job_id
        return len(one.list_qpus())

    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(work, range(192)))
    assert found == [{0: 200, 1: job.id, 2: 1}[number % 3] for number in range(192)]
    assert plain.connections <= 33


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_does_not_share_connections(plain):
    one = client(plain)
    one.list_qpus()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if one.list_qpus() == ["Artemis"] else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert one.list_qpus() == ["Artemis"]
    assert plain.connections == 2


def test_a_closed_client_opens_again(plain):
    with client(plain) as one:
        one.list_qpus()
    one.close()
    assert one.list_qpus() == ["Artemis"]


def test_several_clients_at_once(plain, monkeypatch):
    with FakeScheduler() as other:
        other.token = "another"
        other.qpus[0]["name"] = "Apollo"
        second = remote.Client(url=other.url, token="another")
        assert remote.list_qpus() == ["Artemis"]
        assert second.list_qpus() == ["Apollo"]
        assert second.url == other.url


def test_a_url_set_later_is_used_at_once(plain, monkeypatch):
    assert remote.list_qpus() == ["Artemis"]
    with FakeScheduler() as other:
        other.qpus[0]["name"] = "Apollo"
        remote.set_api_url(other.url)
        assert remote.list_qpus() == ["Apollo"]


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Sign a certificate for 127.0.0.1 with itself."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command, "-keyout", key, "-out", certificate], check=True, timeout=240, capture_output=True
    )
    return certificate, key


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_https_is_checked_against_the_certificate(tmp_path, plain):
    good, key = make_certificate(tmp_path, "good")
    bad, _ = make_certificate(tmp_path, "bad")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(good, key)
    plain.stop()
    plain.tls = context
    plain.start()
    url = plain.url.replace("http:", "https:")
    assert remote.Client(url, TOKEN, str(good)).list_qpus() == ["Artemis"]
    plain.requests.clear()
    for certificate in (str(bad), "system"):
        with pytest.raises(remote.ConnectionFailedError, match="could not be trusted") as caught:
            remote.Client(url, TOKEN, certificate).list_qpus()
        assert ("bad.pem" in str(caught.value)) == (certificate != "system")
    assert plain.requests == []
    good.write_text("not a certificate")
    with pytest.raises(remote.ConnectionFailedError):
        remote.Client(url, TOKEN, str(good)).list_qpus()


@pytest.mark.parametrize("v1", [False, True])
def test_a_failed_handshake_sent_nothing_and_is_not_tried_again(quick, v1):
    """Plain http answers what should be a handshake; that is no lost answer, whatever was asked."""
    with FakeScheduler(v1=v1) as fake:
        one = remote.Client(fake.url.replace("http:", "https:"), TOKEN, "system")
        one._connection.api.transport.speaks_v1 = v1
        for call in (
            lambda: one._connection.api.submit(b"{}"),
            lambda: one._connection.api.submit_keyed(b"{}", "key"),
            one.list_qpus,
        ):
            before = fake.connections
            with pytest.raises(
                remote.ConnectionFailedError, match="does not speak https, so nothing was sent"
            ) as caught:
                call()
            assert isinstance(caught.value, transport.UntrustedError)
            assert fake.connections == before + 1
        assert fake.requests == []


def test_what_cannot_be_sent_is_a_setting_to_mend(plain, tmp_path, monkeypatch):
    for name, value in (("url", "https://.example/"), ("token", f"{TOKEN}\r\nx")):
        one = remote.Client(plain.url, TOKEN)
        object.__setattr__(one._connection.api.transport.settings, name, value)
        with pytest.raises(remote.ConfigurationError, match="No request can be made") as caught:
            one._connection.api.submit(b"{}")
        assert TOKEN not in "".join(traceback.format_exception(caught.value))
    missing = tmp_path / "gone.pem"
    missing.write_text("")
    one = remote.Client("https://127.0.0.1:9", TOKEN, str(missing))
    assert one.url
    missing.unlink()
    with pytest.raises(remote.ConfigurationError, match=r"gone\.pem.*install_certificate"):
        one._connection.api.submit(b"{}")
    assert plain.requests == []


def test_an_interrupted_request_abandons_its_session(monkeypatch):
    """Ctrl-C within urllib3's queue leaves its lock taken: the next request must not wait for it for ever."""
    import requests

    from lwfast import remote

    client = remote.Client("http://127.0.0.1:9/api/", "token")
    transport = client._connection.api.transport
    first = transport._get_session()

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(requests.Session, "request", interrupt)
    with pytest.raises(KeyboardInterrupt):
        client.list_qpus()
    assert transport._get_session() is not first
