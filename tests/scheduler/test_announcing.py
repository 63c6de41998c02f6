"""What a scheduler says of itself to its user: where, to whom, and for how long."""

from __future__ import annotations

import json
import logging
import socket

import msgspec
import pytest
import requests

from lwfast.scheduler.announcing import Announcer
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.server import Server
from lwfast.scheduler.store.data_folder import make_folder
from lwfast.wire.announcement import FOLDER, Announcement, is_challenge, proof_of
from tests.marks import posix
from tests.scheduler.harness import make_settings, running

CHALLENGE = "0123456789abcdef" * 4


@pytest.fixture
def listener():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        yield found


def test_it_is_written_for_its_user_and_taken_back(announced_elsewhere, listener, tmp_path):
    announcer = Announcer()
    announcer.write(listener, tmp_path / "token")
    (path,) = (announced_elsewhere / FOLDER).iterdir()
    said = msgspec.json.decode(path.read_bytes(), type=Announcement)
    assert said.url == f"http://127.0.0.1:{listener.getsockname()[1]}/"
    assert said.key == announcer.key
    assert said.token_file == str(tmp_path / "token")
    assert said.key not in repr(said)
    announcer.remove()
    announcer.remove()
    assert list((announced_elsewhere / FOLDER).iterdir()) == []


@posix
def test_nobody_else_can_read_it(announced_elsewhere, listener):
    Announcer().write(listener, None)
    (path,) = (announced_elsewhere / FOLDER).iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@posix
def test_folders_of_a_user_are_private_whoever_makes_them(tmp_path, monkeypatch, listener):
    """The announcement, or a data folder, may be the first that is written to the folder of the tokens."""
    first, second = tmp_path / "a" / "user", tmp_path / "b" / "user"
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(first))
    Announcer().write(listener, None)
    make_folder(second / "scheduler" / "results")
    for folder in (first, first / FOLDER, second, second / "scheduler", second / "scheduler" / "results"):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert tmp_path.stat().st_mode & 0o777 == tmp_path.parent.stat().st_mode & 0o777


def test_every_scheduler_has_a_key_and_a_file_of_its_own(announced_elsewhere, listener):
    announcers = [Announcer() for _ in range(3)]
    for announcer in announcers:
        announcer.write(listener, None)
    assert len(list((announced_elsewhere / FOLDER).iterdir())) == 3
    assert len({announcer.key for announcer in announcers}) == 3
    announcers[0].remove()
    assert len(list((announced_elsewhere / FOLDER).iterdir())) == 2


def test_all_addresses_are_announced_as_a_loopback_number(announced_elsewhere):
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        Announcer().write(listener, None)
    (path,) = (announced_elsewhere / FOLDER).iterdir()
    assert json.loads(path.read_text())["url"].startswith("http://127.0.0.1:")


def test_an_address_of_the_network_is_not_announced(announced_elsewhere):
    class Listener:
        def getsockname(self):
            return "192.168.1.5", 80

    Announcer().write(Listener(), None)
    assert not (announced_elsewhere / FOLDER).exists()


def test_a_folder_that_cannot_be_written_is_a_warning(announced_elsewhere, listener, caplog):
    (announced_elsewhere / FOLDER).write_text("in the way")
    announcer = Announcer()
    with caplog.at_level(logging.WARNING, logger="lwfast.scheduler"):
        announcer.write(listener, None)
    assert "cannot be written" in caplog.text
    announcer.remove()


@pytest.mark.parametrize("has_announcer", [False, True])
def test_only_who_announced_itself_answers_a_challenge(tmp_path, monkeypatch, has_announcer):
    """Without a token; and whatever else is asked without one is refused as before."""
    announcers = []

    class WithAnnouncer(Server):
        def __init__(self, scheduler: Scheduler, token, on_ready) -> None:
            announcers.append(Announcer())
            super().__init__(scheduler, token, on_ready, announcers[0] if has_announcer else None)

    monkeypatch.setattr("tests.scheduler.harness.Server", WithAnnouncer)
    with running(make_settings(tmp_path)) as api, requests.Session() as session:
        session.trust_env = False

        def ask(path: str) -> requests.Response:
            return session.get(f"{api.root}{path}", timeout=30)

        answer = ask(f"identity?challenge={CHALLENGE}")
        if has_announcer:
            assert answer.json() == {"proof": proof_of(announcers[0].key, CHALLENGE)}
            assert answer.headers["Cache-Control"] == "no-cache"
            for wrong in ("", "x", CHALLENGE.upper(), CHALLENGE + "0", CHALLENGE[:-1] + "é"):
                assert ask(f"identity?challenge={wrong}").status_code == 400
        else:
            assert answer.status_code == 404
        assert ask("api/qpus").status_code == 401
        assert ask("identity/").status_code in {401, 404}


def test_what_a_challenge_is():
    assert is_challenge(CHALLENGE)
    assert not any(map(is_challenge, ("", CHALLENGE[1:], CHALLENGE[1:] + "A", CHALLENGE[1:] + "²")))
    assert proof_of("a", CHALLENGE) != proof_of("b", CHALLENGE)
    assert proof_of("a", CHALLENGE) != proof_of("a", CHALLENGE[::-1])
