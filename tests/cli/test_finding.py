"""Commands find a scheduler that runs here, and give a token only to one that proves who it is."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

import lwfast
from lwfast import remote
from lwfast.cli import main
from lwfast.remote.configuration import found_here, persistence
from lwfast.remote.configuration.client_settings import save_login
from lwfast.wire.announcement import FOLDER, Announcement, proof_of, this_machine
from tests.faults.fake_scheduler import TOKEN, FakeScheduler
from tests.faults.isolation import folders, quick
from tests.marks import posix
from tests.started import PATIENCE, child, read_line, read_rest

__all__ = ["folders", "quick"]

KEY = "k" * 64


@pytest.fixture
def run(capsys):
    def do(*argv: str) -> tuple[int, str, str]:
        code = main(list(argv))
        out = capsys.readouterr()
        assert TOKEN not in out.out + out.err
        return code, out.out, out.err

    return do


@pytest.fixture
def fake(quick):
    with FakeScheduler(v1=True) as fake:
        yield fake


def announce(
    url: str,
    *,
    token_file: Path | None = None,
    name: str = "a",
    mode: int = 0o600,
    machine: str | None = None,
) -> Path:
    """Write what a scheduler says of itself."""
    folder = persistence.own_folder() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    said = Announcement(
        url=url.removesuffix("api/"),
        key=KEY,
        pid=1,
        started=f"2026-01-02T03:04:05Z{name}",
        machine=this_machine() if machine is None else machine,
        token_file=None if token_file is None else str(token_file),
    )
    path.write_bytes(msgspec.json.encode(said))
    path.chmod(mode)
    return path


def proven(fake: FakeScheduler) -> None:
    """Let a scheduler answer challenges as the one that was announced."""
    fake.identity = lambda challenge: proof_of(KEY, challenge)


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    return path


def sent_tokens(fake: FakeScheduler) -> list[str]:
    """Every token that a scheduler was sent."""
    return [
        value
        for asked in fake.requests
        for key, value in asked.headers.items()
        if key.lower() == "x-access-token"
    ]


# --- a scheduler that runs ------------------------------------------------------------------------------


@posix
def test_a_scheduler_is_found_and_a_crash_is_noticed(run, tmp_path, monkeypatch):
    """`lwfast serve` in one terminal, `lwfast jobs` in another; nothing is exported."""
    monkeypatch.setenv("PYTHONPATH", str(Path(lwfast.__file__).parents[1]))
    command = [sys.executable, "-m", "lwfast", "serve", "--port", "0", "--workers", "1", "--data-dir"]
    folder = persistence.own_folder() / FOLDER
    for end in (signal.SIGTERM, signal.SIGKILL):
        with child([*command, str(tmp_path / "data")], stderr=subprocess.PIPE) as process:
            line = read_line(process)
            url = line.split()[-1]
            (path,) = folder.iterdir()
            assert path.stat().st_mode & 0o777 == 0o600
            token = (tmp_path / "data" / "token").read_text().strip()
            assert token not in path.read_text()
            code, out, err = run("jobs")
            assert (code, out) == (0, "No jobs.\n")
            assert err == f"lwfast: using your scheduler at {url}, which runs on this machine.\n"
            code, out, _ = run("doctor")
            assert (code, token in out, url in out) == (0, False, True)
            process.send_signal(end)
            read_rest(process)
            process.wait(PATIENCE)
        assert list(folder.iterdir()) == ([] if end == signal.SIGTERM else [path])
    code, _, err = run("jobs")
    assert (code, "`lwfast serve`" in err) == (1, True)
    assert list(folder.iterdir()) == []


def test_a_program_that_starts_a_scheduler_keeps_it_to_itself(tmp_path):
    with remote.local_scheduler(workers=1):
        assert not (persistence.own_folder() / FOLDER).exists()


# --- who is asked, and what is sent ---------------------------------------------------------------------


def test_the_token_of_its_file_is_sent_once_it_has_proven_itself(run, fake, token_file, monkeypatch):
    proven(fake)
    announce(fake.url, token_file=token_file)
    monkeypatch.setenv("LWFAST_TOKEN", "of-another-scheduler")
    assert run("jobs")[0] == 0
    assert set(sent_tokens(fake)) == {TOKEN}
    assert fake.requests[0].path == "/identity"
    assert "x-access-token" not in {key.lower() for key in fake.requests[0].headers}


@pytest.mark.parametrize("answer", [None, "none", "wrong", "echo", "other key"])
def test_another_program_at_the_address_gets_nothing(run, fake, token_file, answer):
    """Its scheduler crashed, and something else listens there now."""
    fake.identity = {
        None: None,
        "none": lambda challenge: "",
        "wrong": lambda challenge: "0" * 64,
        "echo": lambda challenge: challenge,
        "other key": lambda challenge: proof_of("x" * 64, challenge),
    }[answer]
    path = announce(fake.url, token_file=token_file)
    code, _, err = run("jobs")
    assert (code, "No URL is set" in err) == (1, True)
    assert sent_tokens(fake) == []
    assert not path.exists()


def test_an_address_where_nothing_listens_is_forgotten(run, fake):
    path = announce(fake.url)
    fake.stop()
    assert run("jobs")[0] == 1
    assert not path.exists()


def test_an_address_that_does_not_answer_in_time_is_kept(run, monkeypatch):
    """The scheduler may be busy: it is not found now, and it may be found later."""
    monkeypatch.setattr(found_here, "ANSWER_SECONDS", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        path = announce(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert run("jobs")[0] == 1
    assert path.exists()


def test_an_announcement_of_another_machine_is_left_alone(run, fake, token_file):
    """A home folder may be shared: the same address is a program there that may pass challenges on."""
    proven(fake)
    path = announce(fake.url, token_file=token_file, machine="0" * 64)
    assert run("jobs")[0] == 1
    assert fake.requests == []
    assert path.exists()


def answering(content: bytes, *, then: bytes = b"", every: float = 0.05):
    """A program that answers each request with some bytes, and goes on with others; returns its address."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    connection.recv(4096)
                    connection.sendall(content)
                    for _ in range(200 if then else 0):
                        time.sleep(every)
                        connection.sendall(then)

    threading.Thread(target=answer, daemon=True).start()
    return server, f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_a_scheduler_that_cannot_answer_now_is_kept(run, token_file):
    server, url = answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}")
    with server:
        path = announce(url, token_file=token_file)
        assert run("jobs")[0] == 1
    assert path.exists()


def test_an_answer_that_drips_is_given_up(run, token_file, monkeypatch):
    """The time is that of the whole answer: a byte at a time would keep a command for hours."""
    monkeypatch.setattr(found_here, "ANSWER_SECONDS", 0.3)
    server, url = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", then=b"x")
    with server:
        path = announce(url, token_file=token_file)
        began = time.monotonic()
        assert run("jobs")[0] == 1
        assert time.monotonic() - began < 8  # of the ten seconds that the bytes take, on any machine
    assert path.exists()


@pytest.mark.parametrize("bound", ["login", "profile"])
@pytest.mark.parametrize("how", ["profile", "saved address", "running"])
def test_a_token_that_has_an_address_goes_to_no_other(run, fake, how, bound):
    save("real", TOKEN)
    real = '[profiles.real]\nurl = "https://real.example/api/"\ntoken_name = "real"\n'
    if bound == "login":
        save_login("https://real.example/api/", "real")
    (persistence.own_folder() / "config.toml").write_text(real if bound == "profile" else "")
    argv = ["qpus"]
    if how == "profile":
        with (persistence.own_folder() / "config.toml").open("a") as file:
            file.write(f'[profiles.other]\nurl = "{fake.url}"\n')
        argv += ["--profile", "other"]
    elif how == "saved address":
        persistence.save_setting("api_url", fake.url)
    else:
        proven(fake)
        announce(fake.url)
        argv += ["--local"]
    assert run(*argv)[0] == 1
    assert sent_tokens(fake) == []


@posix
@pytest.mark.parametrize("mode", [0o644, 0o620, 0o666])
def test_an_announcement_that_others_could_read_or_write_is_left_alone(run, fake, token_file, mode):
    proven(fake)
    announce(fake.url, token_file=token_file, mode=mode)
    assert run("jobs")[0] == 1
    assert fake.requests == []


@posix
def test_links_are_not_followed(run, fake, token_file, tmp_path):
    proven(fake)
    path = announce(fake.url, token_file=token_file)
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    assert run("jobs")[0] == 1
    assert fake.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:{port}/",
        "http://example.org:{port}/",
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1/",
        "x",
    ],
)
def test_only_loopback_addresses_in_numbers_are_asked(run, fake, token_file, url, monkeypatch):
    asked = []
    monkeypatch.setattr(found_here, "_is_who_it_says", asked.append)
    announce(url.format(port=fake.port), token_file=token_file)
    assert run("jobs")[0] == 1
    assert asked == []


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"url": 1}', b"\xff", b"null"])
def test_a_broken_announcement_is_left_alone(run, text):
    path = announce("http://127.0.0.1:1/")
    path.write_bytes(text)
    assert run("jobs")[0] == 1


def test_two_schedulers_are_named(run, fake, token_file):
    proven(fake)
    with FakeScheduler(v1=True) as other:
        proven(other)
        announce(fake.url, token_file=token_file, name="a")
        announce(other.url, token_file=token_file, name="b")
        code, _, err = run("jobs")
        assert (code, f"choose with --url: {fake.url}, {other.url}." in err) == (1, True)
        assert run("jobs", "--url", other.url)[0] == 0
        assert sent_tokens(fake) == []
        assert set(sent_tokens(other)) == {TOKEN}


def test_a_token_that_is_in_no_file(run, fake, monkeypatch):
    """It was given to `lwfast serve`: the only saved token is taken, or that of the environment."""
    proven(fake)
    announce(fake.url)
    code, _, err = run("jobs")
    assert (code, "`lwfast login`" in err, sent_tokens(fake)) == (1, True, [])
    save("mine", TOKEN)
    assert run("jobs")[0] == 0
    save("second", "another")
    assert run("jobs")[0] == 1
    monkeypatch.setenv("LWFAST_TOKEN", TOKEN)
    assert run("jobs")[0] == 0
    assert set(sent_tokens(fake)) == {TOKEN}


def save(name: str, token: str) -> None:
    with persistence.changing_tokens() as saved:
        saved[name] = token


def test_local_goes_before_all_that_is_set(run, fake, token_file, monkeypatch):
    proven(fake)
    announce(fake.url, token_file=token_file)
    monkeypatch.setenv("LWFAST_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("LWFAST_TOKEN", "another")
    assert run("jobs", "--local")[0] == 0
    assert set(sent_tokens(fake)) == {TOKEN}
    assert run("jobs", "--local", "--url", fake.url)[0] == 1


# --- the only saved token -------------------------------------------------------------------------------


def test_the_only_saved_token_goes_to_the_saved_address(run, fake):
    persistence.save_setting("api_url", fake.url)
    assert run("qpus")[0] == 1
    save("mine", TOKEN)
    assert run("qpus")[0] == 0
    save("second", "another")
    code, _, err = run("qpus")
    assert (code, "`lwfast login`" in err) == (1, True)
    assert set(sent_tokens(fake)) == {TOKEN}


def test_the_only_saved_token_goes_nowhere_else(run, fake, monkeypatch):
    save("mine", TOKEN)
    assert run("qpus", "--url", fake.url)[0] == 1
    monkeypatch.setenv("LWFAST_URL", fake.url)
    assert run("qpus")[0] == 1
    assert fake.requests == []


def test_nothing_is_removed_from_where_nobody_may_write(run, fake):
    """An announcement that cannot be removed is no error of the command that sees it."""
    path = announce(fake.url)
    fake.stop()
    path.parent.chmod(0o500)
    try:
        assert run("jobs")[0] == 1
    finally:
        path.parent.chmod(0o700)
