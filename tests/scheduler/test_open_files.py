"""A scheduler that runs out of open files says so once, loses nothing, and answers again afterwards."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sqlite3
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest

from lwfast.scheduler.faults import UnavailableError
from lwfast.scheduler.store import reader, result_files
from lwfast.scheduler.web import connections
from lwfast.scheduler.web.connections import Listener, Load
from tests.marks import posix
from tests.scheduler.harness import Api, make_settings, own_process, running
from tests.started import PATIENCE, read_rest, threads

LARGE = 300_000


@posix
def test_many_clients_at_a_low_limit(tmp_path):
    with own_process(tmp_path, files=64, stderr=subprocess.PIPE) as (process, api):
        job = api.submit(n_samples=LARGE)
        details = api.wait(job)
        assert details["jobStatus"] == "Completed", details
        api.session.close()
        answers: list[tuple[int, str]] = []

        def is_over():
            """After three seconds, and on a slow machine after both kinds of answer."""
            spent = time.monotonic() - began
            return spent > 3 and (spent > PATIENCE / 2 or {code for code, _ in answers} >= {200, 503})

        def ask():
            own = Api(api.root)
            with contextlib.closing(own.session):
                while not is_over():
                    try:
                        answer = own.get(f"jobs/{job}/results")
                    except OSError:
                        time.sleep(0.05)
                        continue
                    answers.append((answer.status_code, "" if answer.ok else answer.text))

        place = ("127.0.0.1", urlsplit(api.root).port)
        idle = [socket.create_connection(place, PATIENCE) for _ in range(70)]
        began = time.monotonic()
        with threads(*[ask] * 60):
            time.sleep(1)
            for connection in idle:
                connection.close()
        # The ends of all these connections may reach the scheduler after the next request.
        last = time.monotonic() + PATIENCE
        while (code := api.get(f"jobs/{job}/results").status_code) == 503:
            assert time.monotonic() < last
            time.sleep(0.05)
        assert code == 200
        process.terminate()
        said = read_rest(process)
        assert process.wait(10) == 0
    codes = {code for code, _ in answers}
    assert codes == {200, 503}
    refusals = " ".join({text for code, text in answers if code == 503})
    assert "try again later" in refusals
    assert "restore" not in refusals
    assert "copy" not in refusals
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 4, said
    assert "ulimit -n" in said
    assert "64 open files" in said or "64 files may be open" in said


@posix
def test_a_connection_without_a_file_is_closed(monkeypatch, caplog):
    monkeypatch.setattr(connections, "seldom", connections.OncePerMinute(connections.log))
    with Listener(socket.AF_INET) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
        clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
        taken: list[int] = []
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        try:
            for _ in clients:
                with pytest.raises(BlockingIOError, match="Too many open files"):
                    listener.accept()
        finally:
            for file in taken:
                os.close(file)
        for client in clients:
            client.settimeout(5)
            assert client.recv(1) == b""
            client.close()
        [said] = [record.message for record in caplog.records if record.name == connections.log.name]
        assert "ulimit -n" in said
        again = socket.create_connection(listener.getsockname())
        listener.settimeout(5)
        listener.accept()[0].close()
        again.close()


def test_connections_that_there_is_room_for(monkeypatch):
    monkeypatch.setattr(connections, "seldom", connections.OncePerMinute(connections.log))
    now: list[int] = []
    load = Load(1, lambda: now[-1], 64)
    assert load.most == 10
    for count, is_high, is_full in (
        (5, False, False),
        (6, True, False),
        (10, True, False),
        (11, True, True),
    ):
        now.append(count)
        assert load.is_high is is_high
        assert (load.refusal() is not None) is is_full
    assert Load(4, lambda: 0, 65_536).most == 32_740


def test_the_same_is_said_once_a_minute(caplog, monkeypatch):
    now = 100.0
    monkeypatch.setattr("lwfast.scheduler.once_per_minute.time.monotonic", lambda: now)
    seldom = connections.OncePerMinute(connections.log)
    for now in (100.0, 101.0, 159.0, 160.0, 161.0):
        seldom.warning("it is %s", now)
    assert [record.message for record in caplog.records] == ["it is 100.0", "it is 160.0"]


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_a_result_that_cannot_be_opened_now_is_not_damaged(tmp_path, monkeypatch, code):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(result_files, "open_own", fail)
    with pytest.raises(UnavailableError, match=f"{os.strerror(code)}; try again later") as caught:
        result_files.open_result(tmp_path, f"1-{'0' * 16}-{'0' * 16}.json", 1)
    assert "copy" not in str(caught.value)


RESTORE = "restore it from a copy, or keep what can be read of it with `lwfast serve --recover`"


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (sqlite3.SQLITE_CANTOPEN, "try again later"),
        (sqlite3.SQLITE_READONLY_CANTINIT, "try again later"),
        (
            sqlite3.SQLITE_CORRUPT_INDEX,
            RESTORE,
        ),
        (
            sqlite3.SQLITE_NOTADB,
            RESTORE,
        ),
    ],
)
def test_a_store_is_to_be_restored_only_where_it_is_damaged(tmp_path, monkeypatch, code, remedy):
    def fail(*_, **__):
        error = sqlite3.OperationalError("no")
        error.sqlite_errorcode = code
        raise error

    with running(make_settings(tmp_path)) as api:
        job = api.submit()
        api.wait(job)
        monkeypatch.setattr(reader, "connect", fail)
        api.scheduler._reader._local = threading.local()
        answer = api.get("jobs/999")
        assert (answer.status_code, api.errors(answer)) == (
            503,
            {"store": f"the store could not be read: no; {remedy}"},
        )
