"""`lwfast owners`: what it prints, keeps and refuses."""

from __future__ import annotations

import contextlib
import json
import stat
import sys

import pytest

from lwfast.cli.main import main
from lwfast.scheduler.owners import OPERATOR, KnownOwners
from tests.scheduler.harness import ROOT
from tests.started import PATIENCE, child


def run(capsys, folder, *words):
    code = main(["owners", words[0], "--data-dir", str(folder), *words[1:]])
    return code, *capsys.readouterr()


def test_a_token_is_shown_once_and_kept_as_a_hash(tmp_path, capsys):
    folder = tmp_path / "data"
    code, token, _ = run(capsys, folder, "add", "anna", "--queued-jobs", "5", "--queued-mb", "2")
    assert code == 0
    path = folder / "owners.toml"
    assert token.strip() not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = KnownOwners(path, "operator").of(token.strip())
    assert (found.name, found.queued_jobs, found.queued_bytes, found.sees_all) == (
        "anna",
        5,
        2_000_000,
        False,
    )
    assert run(capsys, folder, "add", "chef", "--sees-all")[0] == 0
    code, listed, _ = run(capsys, folder, "list", "--json")
    assert [(item["name"], item["sees_all"]) for item in json.loads(listed)] == [
        ("anna", False),
        ("chef", True),
    ]
    assert "sha" not in listed
    _, table, _ = run(capsys, folder, "list")
    assert "anna" in table
    assert "all jobs" in table


def test_renew_and_remove(tmp_path, capsys):
    old = run(capsys, tmp_path, "add", "anna", "--queued-jobs", "5")[1].strip()
    new = run(capsys, tmp_path, "renew", "anna")[1].strip()
    known = KnownOwners(tmp_path / "owners.toml", "operator")
    assert known.of(old) is None
    assert known.of(new).queued_jobs == 5
    assert run(capsys, tmp_path, "remove", "anna")[0] == 0
    known = KnownOwners(tmp_path / "owners.toml", "operator")
    assert known.of(new) is None
    assert known.of("operator") is OPERATOR


def test_commands_at_once_lose_no_owner(tmp_path):
    names = [f"owner-{k}" for k in range(5)]
    command = [sys.executable, "-m", "lwfast", "owners", "add", "--data-dir", str(tmp_path)]
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(child([*command, name], cwd=ROOT)) for name in names]
        tokens = [process.communicate(timeout=PATIENCE)[0].strip() for process in started]
    known = KnownOwners(tmp_path / "owners.toml", "operator")
    assert [known.of(token).name for token in tokens] == names


@pytest.mark.parametrize("name", ["", "a b", "-x", "x" * 65, "(operator)", "é", 'a"b', "a\n"])
def test_names_that_cannot_be(tmp_path, capsys, name):
    code, out, said = run(capsys, tmp_path, "add", "--", name)
    assert (code, out) == (1, "")
    assert "letters" in said
    assert not (tmp_path / "owners.toml").exists()


def test_what_is_not_there(tmp_path, capsys):
    run(capsys, tmp_path, "add", "anna")
    for words in (["renew", "ben"], ["remove", "ben"], ["add", "anna"]):
        code, out, said = run(capsys, tmp_path, *words)
        assert (code, out) == (1, "")
        assert "anna" in said
    (tmp_path / "owners.toml").chmod(0o640)
    code, _, said = run(capsys, tmp_path, "list")
    assert code == 1
    assert "chmod 600" in said
