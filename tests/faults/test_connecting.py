"""Faults of the network are told apart by their types: could a connection be made, was something sent?"""

from __future__ import annotations

import gc
import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from lwfast import Sampler, State, Unitary, random_unitary, remote
from lwfast.remote.configuration.chosen import chosen
from lwfast.remote.connection import transport
from lwfast.remote.connection.causes import nothing_sent
from lwfast.remote.connection.connecting import Adapter, CertificateFileError, NoConnectionError
from tests.faults.fake_scheduler import TOKEN, FakeScheduler, reset, status
from tests.started import until


class Untraceable(Adapter):
    """An adapter whose exceptions say nothing of where they come from."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            return super().send(*args, **kwargs)
        except Exception as error:
            inside: list[BaseException] = [error]
            for item in inside:
                item.__traceback__ = None
                linked = [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
                inside += [one for one in linked if isinstance(one, BaseException) and one not in inside]
            raised = error
        raise raised


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A port where every connection gets an answer and is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    one.settimeout(5)
                    one.recv(65536)
                    one.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def calls(client: remote.Client) -> list[Any]:
    api = client._connection.api
    return [lambda: api.submit(b"{}"), lambda: api.submit_keyed(b"{}", "key"), client.list_qpus]


def test_a_failed_handshake_needs_no_traceback(quick):
    with FakeScheduler() as fake:
        one = remote.Client(fake.url.replace("http:", "https:"), TOKEN, "system", adapter=Untraceable())
        for call in calls(one):
            with pytest.raises(transport.UntrustedError, match="not speak https"):
                call()
        assert fake.requests == []


def test_a_missing_certificate_file_needs_no_traceback(quick, tmp_path):
    missing = tmp_path / "gone.pem"
    missing.write_text("")
    one = remote.Client("https://127.0.0.1:9", TOKEN, str(missing), adapter=Untraceable())
    assert one.url
    missing.unlink()
    for call in calls(one):
        with pytest.raises(remote.ConfigurationError, match=r"gone\.pem.*install_certificate"):
            call()


def test_a_broken_answer_is_no_connection_that_was_not_made(plain, quick):
    one = remote.Client(plain.url, TOKEN, adapter=Untraceable())
    one.list_qpus()
    plain.fault("POST", "jobs", reset)
    with pytest.raises(transport.LostAnswerError):
        one._connection.api.submit(b"{}")


def ask_twice(fake):
    one = remote.Client(fake.url, TOKEN)
    one.list_qpus()
    one.list_qpus()
    return weakref.ref(one._connection.api.transport)


def ask_after_login(fake):
    """A client that finds other settings connects anew, and has no use for what it had."""
    one = remote.Client(fake.url)
    one.list_qpus()
    dropped = weakref.ref(one._connection.api.transport)
    fake.token = "another-token-never-to-be-shown"
    chosen.set_token(fake.token)
    one.list_qpus()
    assert dropped() is not one._connection.api.transport
    return dropped


def ask_in_vain(fake):
    one = remote.Client(fake.url, TOKEN)
    fake.fault("GET", "qpus", status(400, {"errors": []}))
    with pytest.raises(remote.HTTPError):
        one.list_qpus()
    return weakref.ref(one._connection.api.transport)


@pytest.mark.parametrize("ask", [ask_twice, ask_after_login, ask_in_vain])
def test_a_client_that_nobody_holds_leaves_no_connection_open(plain, ask):
    """A program that makes a client a job would else run out of files, and keep each token."""
    dropped = ask(plain)
    gc.collect()
    assert dropped() is None
    # The scheduler closes its end once it finds the other one closed.
    until(lambda: plain.sockets[0].fileno() == -1)


def test_a_job_that_is_held_keeps_no_settings_that_were_given_up(plain):
    """A program that keeps its jobs while tokens are renewed holds one connection, and not one per token."""
    one = remote.Client(plain.url)
    job = one.qpu("Artemis").run(Sampler(Unitary(random_unitary(4)), State([1, 0, 0, 0]), 100))
    dropped = weakref.ref(one._connection.api.transport)
    plain.token = "another-token-never-to-be-shown"
    chosen.set_token(plain.token)
    one.list_qpus()
    gc.collect()
    assert dropped() is None
    assert one._connection.open_jobs() == []
    assert job.job_id is not None
    until(lambda: plain.sockets[0].fileno() == -1)


def test_types():
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", Adapter())
    session.mount("https://", Adapter())
    with pytest.raises(requests.exceptions.ConnectionError) as caught:
        session.get(f"http://127.0.0.1:{closed_port()}/")
    assert nothing_sent(caught.value)
    with pytest.raises(CertificateFileError):
        session.get("https://127.0.0.1:9/", verify="/nowhere/at/all.pem")
    with answering(b"") as port, pytest.raises(requests.exceptions.ConnectionError) as caught:
        session.get(f"http://127.0.0.1:{port}/")
    assert not nothing_sent(caught.value)


def test_within_an_except_block(plain, quick):
    """What a program is handling when it asks has nothing to do with what it asks for.

    A submit that was sent, and whose answer was lost, must not be taken for one that was not: it would be
    sent twice.
    """
    one = remote.Client(plain.url, TOKEN)
    plain.fault("POST", "jobs", reset)
    try:
        requests.get(f"http://127.0.0.1:{closed_port()}/", timeout=1)
    except requests.exceptions.ConnectionError as error:
        theirs = error.request
        try:
            raise NoConnectionError("another request")
        except NoConnectionError:
            with pytest.raises(transport.LostAnswerError, match="broke off while answering POST"):
                one._connection.api.submit(b"{}")
        seen_after = error.request
    assert seen_after is theirs
    assert len(plain.seen("POST", "jobs")) == 1


def test_the_reason_is_not_that_of_another_error(quick):
    try:
        raise ValueError("Input data was truncated")
    except ValueError:
        with pytest.raises(remote.ConnectionFailedError, match="refused"):
            remote.Client(f"http://127.0.0.1:{closed_port()}/", TOKEN).list_qpus()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_does_not_listen(quick, monkeypatch, scheme):
    monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    one = remote.Client(f"{scheme}://qpu.example/", TOKEN, "system", allow_insecure=True)
    for call in calls(one):
        with pytest.raises(remote.ConnectionFailedError, match="Could not connect") as caught:
            call()
        assert not isinstance(caught.value, transport.LostAnswerError)


def test_a_proxy_that_refuses_the_tunnel(quick, monkeypatch):
    with answering(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        one = remote.Client("https://qpu.example/", TOKEN, "system")
        for call in calls(one):
            with pytest.raises(remote.ConnectionFailedError, match=r"Could not connect.*407") as caught:
                call()
            assert not isinstance(caught.value, transport.LostAnswerError)


def test_a_connection_says_why_it_was_not_made():
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", Adapter())
    with pytest.raises(requests.exceptions.ConnectionError) as caught:
        session.get(f"http://127.0.0.1:{closed_port()}/")
    inside = caught.value.args[0].args[1]
    assert isinstance(inside, NoConnectionError)
    assert isinstance(inside.__cause__, Exception)
