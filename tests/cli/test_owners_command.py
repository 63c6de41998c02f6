"""`lwfast owners`: what it prints, keeps and refuses."""

from __future__ import annotations

import contextlib
import json
import stat
import sys
from types import SimpleNamespace

import pytest

from lwfast.cli.main import main
from lwfast.scheduler import owners as owners_module
from lwfast.scheduler.faults import BeyondQuotaError, QuotaError
from lwfast.scheduler.owners import OPERATOR, KnownOwners, Owner, digest_of
from lwfast.scheduler.queue.known_jobs import InQueue
from lwfast.scheduler.queue.quotas import Quotas
from lwfast.scheduler.server_settings import STORE_FILE
from tests.scheduler.harness import ROOT, Api, make_settings, payload, running
from tests.scheduler.runners import SLEEPS
from tests.started import PATIENCE, child


@pytest.fixture
def folder(tmp_path):
    """The data folder of a scheduler."""
    made = tmp_path / "data"
    made.mkdir()
    (made / STORE_FILE).touch()
    return made


def run(capsys, folder, *words):
    code = main(["owners", words[0], "--data-dir", str(folder), *words[1:]])
    return code, *capsys.readouterr()


def test_a_token_is_shown_once_and_kept_as_a_hash(folder, capsys):
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


def test_renew_and_remove(folder, capsys):
    old = run(capsys, folder, "add", "anna", "--queued-jobs", "5")[1].strip()
    new = run(capsys, folder, "renew", "anna")[1].strip()
    known = KnownOwners(folder / "owners.toml", "operator")
    assert known.of(old) is None
    assert known.of(new).queued_jobs == 5
    assert run(capsys, folder, "remove", "anna")[0] == 0
    known = KnownOwners(folder / "owners.toml", "operator")
    assert known.of(new) is None
    assert known.of("operator") is OPERATOR


def test_commands_at_once_lose_no_owner(folder):
    names = [f"owner-{k}" for k in range(5)]
    command = [sys.executable, "-m", "lwfast", "owners", "add", "--data-dir", str(folder)]
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(child([*command, name], cwd=ROOT)) for name in names]
        tokens = [process.communicate(timeout=PATIENCE)[0].strip() for process in started]
    known = KnownOwners(folder / "owners.toml", "operator")
    assert [known.of(token).name for token in tokens] == names


@pytest.mark.parametrize("name", ["", "a b", "-x", "x" * 65, "(operator)", "é", 'a"b', "a\n"])
def test_names_that_cannot_be(folder, capsys, name):
    code, out, said = run(capsys, folder, "add", "--", name)
    assert (code, out) == (1, "")
    assert "letters" in said
    assert not (folder / "owners.toml").exists()


def test_what_is_not_there(folder, capsys):
    run(capsys, folder, "add", "anna")
    for words in (["renew", "ben"], ["remove", "ben"], ["add", "anna"]):
        code, out, said = run(capsys, folder, *words)
        assert (code, out) == (1, "")
        assert "anna" in said
    (folder / "owners.toml").chmod(0o640)
    code, _, said = run(capsys, folder, "list")
    assert code == 1
    assert "chmod 600" in said


OTHERS = (["list"], ["list", "--json"], ["add", "anna"], ["set", "anna", "--sees-all"], ["renew", "anna"],
          ["remove", "anna"])  # fmt: skip


@pytest.mark.parametrize("words", OTHERS, ids=" ".join)
def test_a_mistyped_folder_is_refused_and_not_made(tmp_path, capsys, words):
    """It is named, with what to do; a folder of something else is left as it was."""
    mistyped = tmp_path / "dtaa" / "scheduler"
    code, out, said = run(capsys, mistyped, *words)
    assert (code, out) == (1, "")
    assert f"{mistyped} does not exist" in said
    assert f"`lwfast serve --data-dir {mistyped}`" in said
    assert not mistyped.parent.exists()
    (tmp_path / "notes.txt").write_text("")
    code, out, said = run(capsys, tmp_path, *words)
    assert (code, out) == (1, "")
    assert f"{tmp_path} holds no data of a scheduler" in said
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_numbers_of_jobs_are_counted_as_people_do():
    """One job is not "1 jobs", in either limit."""
    small = SimpleNamespace(payload=b"x")
    owner = Owner(name="ben", token_sha256=digest_of("t"), queued_jobs=1, queued_bytes=1)
    with pytest.raises(QuotaError) as caught, Quotas({"ben": InQueue(1, 1)}).reserved(owner, [small]):
        pass
    said = "ben has 1 job waiting or running and may have 1, so 1 more is too many; send it again when some"
    assert said in str(caught.value)
    two = pytest.raises(BeyondQuotaError, match="this request has 2 jobs, and ben may have 1 ")
    with two, Quotas({}).reserved(owner, [small, small]):
        pass


def test_limits_are_changed_and_the_token_stays(folder, capsys):
    token = run(capsys, folder, "add", "anna", "--queued-jobs", "5", "--queued-mb", "2")[1].strip()
    run(capsys, folder, "add", "ben", "--queued-jobs", "7")

    def anna():
        found = KnownOwners(folder / "owners.toml", "operator").of(token)
        return found.queued_jobs, found.queued_bytes, found.sees_all

    for words, wanted, said in (
        (
            ["--queued-jobs", "1"],
            (1, 2_000_000, False),
            "sees own jobs, and may have 1 job and 2 MB altogether in the queue.",
        ),
        (
            ["--queued-mb", "none", "--sees-all"],
            (1, None, True),
            "sees all jobs, and may have 1 job and any number of MB",
        ),
        (
            ["--queued-jobs", "none", "--queued-mb", "2000"],
            (None, 2 * 10**9, True),
            "any number of jobs and 2,000 MB",
        ),
        (["--sees-own"], (None, 2 * 10**9, False), "own jobs"),
    ):
        code, out, _ = run(capsys, folder, "set", "anna", *words)
        assert (code, anna()) == (0, wanted)
        assert said in out
    code, _, said = run(capsys, folder, "set", "anna")
    assert code == 1
    assert "--queued-jobs, --queued-mb, --sees-all or --sees-own" in said
    code, _, said = run(capsys, folder, "set", "nobody", "--sees-all")
    assert (code, "there are: anna, ben" in said) == (1, True)
    for wrong in ("0", "-1", "many", "1.5", ""):
        with pytest.raises(SystemExit):
            run(capsys, folder, "set", "anna", "--queued-jobs", wrong)
        assert "whole number from 1, or `none`" in capsys.readouterr().err
    assert anna() == (None, 2 * 10**9, False)
    listed = json.loads(run(capsys, folder, "list", "--json")[1])
    assert [item["queued_jobs"] for item in listed if item["name"] == "ben"] == [7]


def test_a_running_scheduler_follows_a_change_of_limits(tmp_path, capsys, monkeypatch):
    """What is in the queue stays when a limit is lowered, and nothing is added until there is room."""
    monkeypatch.setattr(owners_module, "LOOK_SECONDS", 0.0)
    with running(make_settings(tmp_path)) as operator:
        token = run(capsys, tmp_path, "add", "anna", "--queued-jobs", "2")[1].strip()
        anna = Api(operator.root, token)
        with contextlib.closing(anna.session):
            waits = [anna.submit(n_samples=SLEEPS) for _ in range(2)]
            assert anna.post("jobs", json=payload()).status_code == 429
            assert run(capsys, tmp_path, "set", "anna", "--queued-jobs", "3")[0] == 0
            waits.append(anna.submit(n_samples=SLEEPS))
            assert run(capsys, tmp_path, "set", "anna", "--queued-jobs", "1")[0] == 0
            assert anna.post("jobs", json=payload()).status_code == 429
            assert {anna.status(job_id) for job_id in waits} <= {"Scheduled", "Running"}
            assert run(capsys, tmp_path, "set", "anna", "--queued-jobs", "none")[0] == 0
            waits.append(anna.submit(n_samples=SLEEPS))
            for job_id in waits:
                assert anna.cancel(job_id).status_code == 204
