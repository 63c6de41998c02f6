"""https: what a client trusts, what it sends to whom it does not, and keys that cannot be used."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

import lwfast as lw
from lwfast.cli.error_words import words_of
from lwfast.errors import ConnectionFailedError
from lwfast.remote import Client
from lwfast.remote.connection import connecting, retry
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.tls import server_context
from tests.scheduler import certificates
from tests.scheduler.harness import ROOT, TOKEN, make_settings, running
from tests.scheduler.test_security import raw
from tests.scheduler.test_serve_command import refused, serve
from tests.started import PATIENCE, read_line, read_rest, until


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return certificates.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def api(tmp_path_factory, certificate):
    settings = make_settings(
        tmp_path_factory.mktemp("scheduler"),
        certfile=certificate.certfile,
        keyfile=certificate.keyfile,
        names=("localhost",),
        access_log=str(tmp_path_factory.mktemp("log") / "access.log"),
    )
    with running(settings) as api:
        api.session.verify = str(certificate.authority)
        yield api


def client_of(api, certificate, token=TOKEN):
    return Client(url=f"{api.root}api/", token=token, certificate=str(certificate), timeout=20)


def test_a_job_over_https(api, certificate):
    assert api.root.startswith("https://localhost:")
    with client_of(api, certificate.authority) as client:
        task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 0, 0, 0]), n_samples=100)
        job = client.qpu("Artemis").run(task)
        assert job.result(timeout=60).n_samples == 100


def test_another_authority_is_not_trusted(api, tmp_path):
    """No request leaves: the scheduler sees none, and the error names the file that was looked at."""
    other = certificates.make(tmp_path)
    answer = api.get("qpus")
    assert answer.status_code == 200
    until(lambda: answer.headers["X-Request-ID"] in log(api))  # a line comes behind its answer
    before = log(api)
    for looked_at in (other.authority, "system"):
        with (
            client_of(api, looked_at) as client,
            pytest.raises(ConnectionFailedError, match="trusted") as error,
        ):
            client.list_qpus()
        assert TOKEN not in str(error.value)
    assert log(api) == before


def log(api):
    """Return what is said of the requests that have come."""
    return Path(api.scheduler.settings.access_log).read_text()


@pytest.mark.parametrize("case", ["name", "ended", "early", "self-signed", "authority"])
def test_what_is_wrong_with_a_certificate(tmp_path, case):
    """The error says what it is, which name and dates there are, and who can do what; nothing is sent."""
    name = "lab.example.org" if case == "name" else "localhost"
    years = {"ended": (2020, 2021), "early": (2090, 2091)}.get(case)
    made = certificates.make(tmp_path / "made", name, years=years)
    known, files = made.authority, {"certfile": made.certfile, "keyfile": made.keyfile}
    if case in {"self-signed", "authority"}:
        known = certificates.make(tmp_path / "other").authority
    if case == "self-signed":
        key = tmp_path / "made" / "ca.key"
        key.chmod(0o600)
        files = {"certfile": made.authority, "keyfile": key}
    log = tmp_path / "access.log"
    settings = make_settings(tmp_path / "data", names=("localhost",), access_log=str(log), **files)
    words = {
        "name": r"asked for as localhost, and its certificate is for lab\.example\.org\. Use the name",
        "ended": r"has expired on 2021-01-01 00:00 UTC, and it is 2.* has to renew",
        "early": r"is not valid before 2090-01-01 00:00 UTC, and it is 2.* clock",
        "self-signed": r"signed by itself, and is not in .*ca\.pem\. Ask .*LWFAST_CERT.*remote\.install_c",
        "authority": r"checked against .*ca\.pem\. Ask .*LWFAST_CERTIFICATE.*remote\.install_certificate",
    }
    with (
        running(settings) as api,
        client_of(api, known) as client,
        pytest.raises(
            ConnectionFailedError, match=rf"^localhost:.* could not be trusted.*{words[case]}"
        ) as error,
    ):
        client.list_qpus()
    assert log.read_text() == ""
    assert re.search(words[case], words_of(error.value))  # and so it does in a shell


def test_a_certificate_that_is_gone_at_the_second_look(tmp_path, monkeypatch):
    """What cannot be had of a certificate is left out; what OpenSSL found is said all the same."""
    made = certificates.make(tmp_path / "made", "lab.example.org")
    settings = make_settings(tmp_path / "data", certfile=made.certfile, keyfile=made.keyfile)
    looks = []

    def refused(address, seconds):
        looks.append((address, seconds))
        raise ConnectionRefusedError

    with running(settings) as api, client_of(api, made.authority) as client:
        port = urlsplit(api.root).port
        monkeypatch.setattr(connecting.socket, "create_connection", refused)
        with pytest.raises(ConnectionFailedError, match=r"as 127\.0\.0\.1, .* is for other names\."):
            client.list_qpus()
    assert looks == [(("127.0.0.1", port), 3.0)]


def test_the_s_of_https(api, certificate, tmp_path):
    """Where one of both sides speaks https, the error says which URL to take."""
    with (
        Client(url=f"http{api.root[5:]}api/", token=TOKEN, timeout=20) as client,
        pytest.raises(ConnectionFailedError, match=r"speaks https, and the URL .* begin with https://"),
    ):
        client.list_qpus()
    with (
        running(make_settings(tmp_path)) as plain,
        client_of(SimpleNamespace(root=f"https{plain.root[4:]}"), certificate.authority) as client,
        pytest.raises(ConnectionFailedError, match=r"not speak https, so nothing.* begins with http://"),
    ):
        client.list_qpus()


@pytest.mark.parametrize("call", ["get", "wait", "cancel", "submit"])
def test_a_token_goes_out_in_plain_text_once_at_most(certificate, monkeypatch, call):
    """A server of https does not begin to speak http while it is asked again."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certfile, certificate.keyfile)
    monkeypatch.setattr(retry, "FIRST_PAUSE_SECONDS", 0.001)
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(one):
            if one.recv(1, socket.MSG_PEEK) != b"\x16":  # which begins a handshake
                seen.append(one.recv(65536))
                return
            with contextlib.suppress(OSError), context.wrap_socket(one, server_side=True) as encrypted:
                encrypted.recv(1)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    one, _ = server.accept()
                    with one:
                        one.settimeout(PATIENCE)
                        answer(one)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api/"
        with Client(url=url, token=TOKEN, timeout=20) as client:
            api = client._connection.api
            calls = {
                "get": client.list_qpus,
                "wait": lambda: client.job(1).wait_until_complete(20),
                "cancel": lambda: client.job(1).cancel(),
                "submit": lambda: api.submit_keyed(b"{}", "key"),
            }
            with pytest.raises(ConnectionFailedError, match="begin with https://") as error:
                calls[call]()
        assert TOKEN not in str(error.value)
        server.shutdown(socket.SHUT_RDWR)
        serving.join(PATIENCE)
    assert sum(TOKEN.encode() in request for request in seen) == len(seen) == 1


def test_plain_http_gets_no_answer(api):
    """Whoever forgets the s learns nothing, and the scheduler goes on."""
    api_over_http = type("Plain", (), {"root": api.root})
    request = f"GET /api/jobs HTTP/1.1\r\nHost: localhost\r\nx-access-token: {TOKEN}\r\n\r\n".encode()
    assert b"HTTP/1.1" not in raw(api_over_http, request)
    assert api.get("qpus").status_code == 200


def test_old_protocols_are_not_spoken(api, certificate):
    import warnings

    context = ssl.create_default_context(cafile=certificate.authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    where = ("127.0.0.1", urlsplit(api.root).port)
    with socket.create_connection(where, timeout=10) as plain, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(plain, server_hostname="localhost")


def test_keys_that_cannot_be_used(tmp_path, certificate):
    """Each says which file, and what to do; an encrypted one asks nobody."""
    other = certificates.make(tmp_path / "other")
    with pytest.raises(ConfigError, match="belong together"):
        server_context(certificate.certfile, other.keyfile)
    locked = certificates.make(tmp_path / "locked", encrypted=True)
    with pytest.raises(ConfigError, match="encrypted"):
        server_context(locked.certfile, locked.keyfile)
    other.keyfile.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        server_context(other.certfile, other.keyfile)
    other.keyfile.chmod(0o640)
    server_context(other.certfile, other.keyfile)
    with pytest.raises(ConfigError, match="cannot be read"):
        server_context(other.certfile, tmp_path / "none.pem")
    (tmp_path / "text").write_text("no certificate")
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(ConfigError, match="PEM"):
        server_context(tmp_path / "text", None)
    both = tmp_path / "both.pem"
    both.write_bytes(certificate.certfile.read_bytes() + certificate.keyfile.read_bytes())
    both.chmod(0o600)
    server_context(both, None)


def test_the_command(tmp_path, certificate):
    """`lwfast serve` says the https address of the name, and is not announced to other commands."""
    files = ("--certfile", str(certificate.certfile), "--keyfile", str(certificate.keyfile))
    with serve("--data-dir", str(tmp_path), *files, "--name", "localhost") as process:
        url = read_line(process).split()[-1]
        assert url.startswith("https://localhost:")
        assert [read_line(process) for _ in range(2)][1] == f"Token: in {tmp_path / 'token'}\n"
        token = (tmp_path / "token").read_text().strip()
        with Client(url=url, token=token, certificate=str(certificate.authority)) as client:
            assert client.list_qpus() == ["Artemis"]
        listed = subprocess.run(
            [sys.executable, "-m", "lwfast", "jobs", "--local"],
            capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
        )  # fmt: skip
        assert listed.returncode == 1
        process.terminate()
        assert "Traceback" not in read_rest(process)


def test_options_that_do_not_fit(tmp_path, capsys, certificate):
    assert "--certfile" in refused(capsys, "--data-dir", tmp_path, "--keyfile", certificate.keyfile)
    said = refused(capsys, "--data-dir", tmp_path, "--host", "192.0.2.1")
    assert "--allow-remote" in said
    assert "--certfile" in said
    said = refused(capsys, "--data-dir", tmp_path, "--host", "192.0.2.1", "--certfile", certificate.certfile)
    assert "https" in said
