"""Who is let in, how much they may send, and what answers give away."""

from __future__ import annotations

import socket
import stat
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.owners import OPERATOR, KnownOwners
from lwfast.scheduler.web import protocol
from lwfast.scheduler.web.security import HostNames, load_token
from tests.scheduler.harness import TOKEN, make_settings, payload, running
from tests.started import threads


def raw(api, data, seconds=5):
    """Send bytes over a new connection and read until it closes or falls silent."""
    with socket.create_connection(("127.0.0.1", urlsplit(api.root).port), timeout=seconds) as connection:
        answer = b""
        try:
            connection.sendall(data)
            while chunk := connection.recv(65536):
                answer += chunk
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            pass  # who closes while bytes are still coming resets, and what was said may be lost
        return answer


@pytest.mark.parametrize("given", [None, "", "test-toke", "test-token ", "Test-token", "é"])
def test_only_the_same_token_is_the_same(given, tmp_path):
    known = KnownOwners(tmp_path / "owners.toml", "test-token")
    assert known.of("test-token") is OPERATOR
    assert known.of(given) is None


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "127.0.0.1:8765", "[::1]:8765", "[::1]", "192.168.1.5", "box", "box.:80"],
)
def test_hosts_taken(host):
    assert HostNames(["box"]).allows(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:8765",
        "localhost.evil.example",
        "localhost:x",
        "[::1",
        "[::1]x",
        "a@b",
    ],
)
def test_hosts_refused(host):
    assert not HostNames(["box"]).allows(host)


@pytest.mark.parametrize("path", ["", "api/jobs", "static/api.js"])
def test_foreign_host_is_refused_everywhere(api, path):
    """A page whose name points at this machine gets nothing, not even the dashboard."""
    answer = api.call("GET", path, headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert "evil.example" in api.errors(answer)["Host"]


def test_no_cross_origin(api):
    """There is no CORS: a browser lets no other page read an answer or send the token header."""
    answer = api.call("OPTIONS", "api/jobs", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 405
    for name in api.get("jobs", headers={"Origin": "http://evil.example"}).headers:
        assert not name.lower().startswith("access-control")


def test_announced_body_too_large(api):
    """The length is believed and refused before a byte of the body is read."""
    head = f"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nx-access-token: {TOKEN}\r\n"
    answer = raw(api, f"{head}Content-Length: {9 * 2**20}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"x-lwfast-api: 1" in answer.lower()


def test_chunked_body_too_large(api):
    """A body without a length is counted as it comes."""
    chunks = (b"[" * 2**16 for _ in range(140))
    answer = api.post("jobs", data=chunks)
    assert answer.status_code == 413
    assert "8388608" in api.errors(answer)["body"]


def test_body_of_the_limit_is_read(api):
    answer = api.post("jobs", data=b" " * (8 * 2**20))
    assert answer.status_code == 400


def test_token_is_checked_before_the_body(api):
    answer = raw(api, b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n", 2)
    assert answer.startswith(b"HTTP/1.1 401")


def test_slow_body(tmp_path):
    with running(make_settings(tmp_path, body_seconds=0.2)) as api:
        head = f"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nx-access-token: {TOKEN}\r\n"
        answer = raw(api, f"{head}Content-Length: 100\r\n\r\n[".encode())
        assert answer.startswith(b"HTTP/1.1 408")


def test_slow_heads(tmp_path, monkeypatch):
    """Connections that never finish their head are closed; others are answered meanwhile."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    with running(make_settings(tmp_path)) as api:
        port = urlsplit(api.root).port
        idle = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(100)]
        for number, connection in enumerate(idle):
            if number % 2:
                connection.sendall(b"GET /api/jobs HTTP/1.1\r\nX-Slow: ")
        assert api.get("jobs").status_code == 200
        time.sleep(0.7)
        assert api.get("jobs").status_code == 200
        for connection in idle:
            assert connection.recv(1) == b""
            connection.close()


def test_client_that_leaves(api, caplog):
    """Who leaves in the middle of a body is no error of the server's."""
    head = f"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nx-access-token: {TOKEN}\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(api.root).port)) as connection:
        connection.sendall(f"{head}Content-Length: 100\r\n\r\n[".encode())
        time.sleep(0.05)
    time.sleep(0.05)
    assert api.get("jobs").status_code == 200
    assert caplog.records == []


def test_nonsense_instead_of_http(api):
    assert raw(api, b"\x16\x03\x01\x02\x00\x01\x00", 2).startswith(b"HTTP/1.1 400")
    answers = (raw(api, b"GET / HTTP/1.1\r\nX: " + b"a" * 400_000, 2) for _ in range(20))
    assert next(filter(None, answers)).startswith(b"HTTP/1.1 400")
    assert api.get("jobs").status_code == 200


def test_internal_errors_show_nothing(api, monkeypatch, caplog):
    """An unforeseen exception is a 500 in JSON without a word of the inside."""

    def broken(*args, **kwargs):
        raise RuntimeError("secret path /etc")

    monkeypatch.setattr(type(api.scheduler), "submit", broken)
    answer = api.post("jobs", json=payload())
    assert answer.status_code == 500
    assert api.errors(answer) == {"server": "internal error; see the server's log"}
    assert answer.headers["X-Lwfast-Api"] == "1"
    assert TOKEN not in caplog.text


def test_token_file(tmp_path):
    """The token is made once, kept for this user alone, and is hard to guess."""
    folder = tmp_path / "data"
    token, is_new = load_token(folder)
    assert is_new
    assert len(token) >= 40
    assert load_token(folder) == (token, False)
    assert stat.S_IMODE((folder / "token").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["token"]
    (folder / "token").write_text("")
    with pytest.raises(ConfigError, match="delete it"):
        load_token(folder)


def test_dashboard_is_static_and_locked_down(api):
    """The page loads without a token, holds nothing of the jobs, and runs its own scripts only."""
    answer = api.call("GET", "", headers={"x-access-token": None})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in answer.text
    assert " on" + "click" not in answer.text
    assert "style=" not in answer.text
    for name, kind in (
        ("dashboard.js", "text/javascript"),
        ("dashboard.css", "text/css"),
        ("icon.svg", "image/svg"),
    ):
        asset = api.call("GET", f"static/{name}", headers={"x-access-token": None})
        assert asset.headers["content-type"].startswith(kind)
        assert f"/static/{name}" in answer.text
    assert api.call("GET", "static/..%2fapp.py").status_code == 404
    assert api.call("GET", "static/nothing.js").status_code == 404


def test_scripts_make_no_markup_of_text():
    """One line puts in markup, that of the scheduler's own pages; all else reaches them as text nodes."""
    folder = Path(protocol.__file__).parent / "static"
    scripts = list(folder.glob("*.js"))
    assert "api.js" in {path.name for path in scripts}
    for path in scripts:
        text = path.read_text()
        if path.name == "api.js":
            assert text.count("holder.innerHTML = text;") == 1
            text = text.replace("holder.innerHTML = text;", "")
        for danger in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert danger not in text, path


def test_templates_escape_all():
    """No template marks anything as safe, or turns escaping off; `test_pages` tries hostile names."""
    folder = Path(protocol.__file__).parent / "pages"
    templates = list((folder / "templates").glob("*.html"))
    assert len(templates) > 5
    for path in [*templates, *folder.glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        for danger in (
            "|safe",
            "| safe",
            "{% autoescape",
            "Markup(",
            "autoescape=False",
            "<script",
            "style=",
        ):
            assert danger not in text, path


def test_workers_import_nothing_from_the_folder_they_start_in(tmp_path, monkeypatch):
    """A file named like a module, in the folder where the server was started, is not run."""
    (tmp_path / "msgspec.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    with running(make_settings(tmp_path / "data")) as api:
        assert api.wait(api.submit())["jobStatus"] == "Completed"


def test_many_clients_wait(api):
    """Hundreds of waiting clients cost nothing: others are answered as fast as before."""
    port = urlsplit(api.root).port
    seq = api.get("v1/changes", params={"after": 2**53, "timeout": 0}).json()["seq"]
    head = f"Host: localhost\r\nx-access-token: {TOKEN}\r\n\r\n"
    ask = f"GET /api/v1/changes?after={seq}&timeout=60 HTTP/1.1\r\n{head}"
    waiting = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(300)]
    for connection in waiting:
        connection.sendall(ask.encode())
    began = time.monotonic()
    for _ in range(20):
        assert api.get("v1/status").status_code == 200
    assert time.monotonic() - began < 3
    with threads(api.submit):
        for connection in waiting:
            assert connection.recv(12) == b"HTTP/1.1 200"
            connection.close()


def test_settings_hide_the_token(tmp_path):
    """What a log or a debugger shows of the settings has no token in it."""
    from lwfast.scheduler.server_settings import ServerSettings

    assert "SECRET" not in repr(ServerSettings(data_dir=tmp_path, token="SECRET"))
