"""`lwfast serve` as a user types it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lwfast.cli.main import main
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.wire.loopback import OWN_LOG
from lwfast.wire.loopback import SERVE_TOKEN_VARIABLE as TOKEN_VARIABLE
from tests.marks import posix
from tests.scheduler.harness import ROOT, Api
from tests.started import PATIENCE, child, read_line, read_rest


def serve(*arguments, env=None, stdin=None, **pipes):
    environment = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
    return child(
        [sys.executable, "-m", "lwfast", "serve", "--port", "0", "--workers", "1", *arguments],
        stdin=stdin,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment | (env or {}),
        **pipes,
    )


def refused(capsys, *arguments):
    assert main(["serve", "--port", "0", *map(str, arguments)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_token_is_made_and_kept(tmp_path):
    """The first start makes a token and says where it is, and so does the second; logs never have it."""
    folder = tmp_path / "made"
    tokens = set()
    for _ in range(2):
        with serve("--data-dir", str(folder)) as process:
            lines = [read_line(process) for _ in range(3)]
            root = re.search(r"http://127\.0\.0\.1:\d+/", lines[0])[0]
            assert lines[0].endswith("/api/\n")
            assert lines[1:] == [f"Dashboard: {root}\n", f"Token: in {folder / 'token'}\n"]
            token = (folder / "token").read_text().strip()
            tokens.add(token)
            api = Api(root, token)
            with api.session:
                assert api.get("qpus").status_code == 200
            process.terminate()
            rest = read_rest(process)
            assert process.wait(10) == 0
            assert token not in rest
    assert len(tokens) == 1


@posix
def test_a_terminal_shows_a_new_token(tmp_path):
    import pty

    ours, theirs = pty.openpty()
    try:
        with serve("--data-dir", str(tmp_path), stdout=theirs) as process:
            shown, deadline = "", time.monotonic() + PATIENCE
            while "Press Ctrl-C" not in shown:
                assert time.monotonic() < deadline
                if select.select([ours], [], [], 0.1)[0]:
                    shown += os.read(ours, 4096).decode()
            token = (tmp_path / "token").read_text().strip()
            assert f"Token, shown only this once: {token}" in shown
            assert f"/#token={token}" in shown
            process.terminate()
            assert process.wait(PATIENCE) == 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_ctrl_c_ends_quietly_after_the_store_was_read(tmp_path):
    """Connections that other threads opened are closed without a complaint."""
    with serve("--data-dir", str(tmp_path), env={TOKEN_VARIABLE: "a-token"}) as process:
        root = re.search(r"http://127\.0\.0\.1:\d+/", read_line(process))[0]
        api = Api(root, "a-token")
        with api.session:
            assert api.get("v1/jobs").json()["items"] == []
            assert api.get("jobs?pageSize=10&statuses=Completed").json()["items"] == []
        process.send_signal(signal.SIGINT)
        rest = read_rest(process)
        assert process.wait(10) == 0
        assert "Traceback" not in rest


def test_announced_in_json_and_ends_with_its_parent(tmp_path):
    """One line of JSON; a token from the environment is not shown; the end of stdin ends the server."""
    arguments = ("--announce", "json", "--exit-with-parent", "--data-dir", str(tmp_path))
    with serve(*arguments, env={TOKEN_VARIABLE: "given"}, stdin=subprocess.PIPE) as process:
        facts = json.loads(read_line(process))
        assert set(facts) == {"url", "dashboard", "pid"}
        assert facts["pid"] == process.pid
        assert facts["url"].endswith("/api/")
        api = Api(facts["url"].removesuffix("api/"), "given")
        with api.session:
            assert api.get("qpus").status_code == 200
        process.stdin.close()
        assert process.wait(10) == 0
        assert not (tmp_path / "token").exists()


@pytest.mark.parametrize("has_log", [True, False])
def test_what_a_program_writes_into_standard_input_removes_no_folder_of_its_own(tmp_path, has_log):
    """Only a folder that `local_scheduler` has made goes: such a name, with a log in it."""
    folder = tmp_path / ("campaign" if has_log else "lwfast-campaign")
    folder.mkdir()
    if has_log:
        (folder / OWN_LOG).write_text("what the user logged")
    data = folder / "data"
    arguments = ("--announce", "json", "--exit-with-parent", "--data-dir", str(data), "--token", "t")
    with serve(*arguments, stdin=subprocess.PIPE) as process:
        read_line(process)
        process.stdin.write(f"{folder}\n")
        process.stdin.close()
        assert process.wait(10) == 0
    assert (data / STORE_FILE).exists()
    assert (folder / OWN_LOG).exists() == has_log


def test_announced_in_json_with_the_token_once(tmp_path):
    """A program is told the new token, and of each kept one which file holds it."""
    starts = []
    for _ in range(2):
        with serve("--announce", "json", "--data-dir", str(tmp_path)) as process:
            starts.append(json.loads(read_line(process)))
            process.terminate()
            read_rest(process)
            assert process.wait(10) == 0
    first, second = starts
    assert first["token_file"] == second["token_file"] == str(tmp_path / "token")
    assert (tmp_path / "token").read_text().strip() == first["token"]
    assert first["dashboard"].endswith(f"#token={first['token']}")
    assert "token" not in second
    assert "#" not in second["dashboard"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_other_machines_only_if_asked(capsys, tmp_path, host):
    assert "--allow-remote" in refused(capsys, "--host", host, "--data-dir", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_host_in_capitals(tmp_path):
    """A host name is the same in any spelling."""
    with serve("--host", "LOCALHOST", "--data-dir", str(tmp_path), "--token", "t") as process:
        api = Api(re.search(r"http://\S+/", read_line(process))[0].removesuffix("api/"), "t")
        with api.session:
            assert api.get("qpus").status_code == 200
        process.terminate()
        read_rest(process)
        assert process.wait(10) == 0


def test_port_in_use(capsys, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port}" in refused(capsys, "--port", port, "--data-dir", tmp_path)
    assert not (tmp_path / "token").exists(), "the start that shows a new token is the one that makes it"


def test_bad_config(capsys, tmp_path):
    config = tmp_path / "qpus.toml"
    config.write_text("[[qpus]]\nname = 'x'\ncolour = 1\n")
    message = refused(capsys, "--config", config, "--data-dir", tmp_path)
    assert str(config) in message
    assert "colour" in message


def test_config_and_profile(capsys, tmp_path):
    assert "not both" in refused(capsys, "--config", tmp_path / "x", "--profile", "artemis")


@pytest.mark.parametrize("token", ["", "two words", "ünï", "tab\t"])
def test_bad_token(capsys, tmp_path, token):
    assert "printable ASCII" in refused(capsys, "--token", token, "--data-dir", tmp_path)


def test_damaged_store(capsys, tmp_path):
    (tmp_path / "scheduler.sqlite3").write_bytes(b"x" * 5000)
    assert "damaged" in refused(capsys, "--data-dir", tmp_path, "--port", 0, "--token", "t")


def test_show_config(capsys):
    """The default file can be printed, to start one's own from."""
    assert main(["serve", "--show-config"]) == 0
    assert 'name = "Artemis"' in capsys.readouterr().out
    for name in ("artemis_like", "artemis-like"):
        assert main(["serve", "--show-config", "--profile", name]) == 0
        assert "[qpus.hardware]" in capsys.readouterr().out


def test_show_config_of_a_file(capsys, tmp_path):
    """The file that would be served is shown, once it was checked."""
    config = tmp_path / "qpus.toml"
    assert main(["serve", "--show-config"]) == 0
    text = "# mine\n" + capsys.readouterr().out
    config.write_text(text)
    assert main(["serve", "--config", str(config), "--show-config"]) == 0
    assert capsys.readouterr().out == text
    config.write_text(text.replace("max_detection_filter = 4", "max_detection_filter = 30"))
    assert "max_detection_filter is 30" in refused(capsys, "--config", config, "--show-config")


def test_missing_extra(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve"]) == 1
    assert "pip install uvicorn (the extra lwfast[server])" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--port", "70000"], ["--port", "x"], ["--workers", "0"], ["--nonsense"]]
)
def test_usage(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(["serve", *arguments])
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_data_folder_that_cannot_be_made(capsys, tmp_path, monkeypatch):
    """The folder is named, with what to do, whether its token or its store is wanted first."""
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "data"
    for token in (None, "t" * 24):
        monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
        if token is not None:
            monkeypatch.setenv(TOKEN_VARIABLE, token)
        said = refused(capsys, "--data-dir", folder)
        assert f"The folder {folder} cannot be made: Not a directory" in said
        assert "--data-dir" in said


def test_a_user_without_a_home(capsys, tmp_path, monkeypatch):
    """There is no folder "~" in the working folder afterwards."""
    import platformdirs

    monkeypatch.delenv("LWFAST_CONFIG_DIR")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *args, **kwargs: Path("~/.local/share/lwfast"))
    monkeypatch.chdir(tmp_path)
    assert "no home folder: name a data folder with --data-dir" in refused(capsys)
    assert list(tmp_path.iterdir()) == []
