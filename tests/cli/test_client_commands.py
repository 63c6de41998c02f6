"""The commands of the client, against a scheduler in memory."""

from __future__ import annotations

import io
import json
import sys

import pytest

from lwfast import remote
from lwfast.cli import doctor
from lwfast.cli.error_words import words_of
from lwfast.cli.main import main
from lwfast.remote.configuration import persistence
from lwfast.remote.connection.causes import LostAnswerError
from lwfast.wire import Status
from tests.faults.fake_scheduler import TOKEN, qpu
from tests.faults.isolation import folders, ours, plain, quick, scheduler
from tests.remote.samples import batch, sampler

__all__ = ["folders", "ours", "plain", "quick", "scheduler"]


@pytest.fixture
def run(capsys):
    """Run a command line; returns exit code, output and errors."""

    def do(*argv: str) -> tuple[int, str, str]:
        code = main(list(argv))
        out = capsys.readouterr()
        return code, out.out, out.err

    return do


def test_save_list_and_delete_tokens(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{TOKEN}\n"))
    code, out, err = run("token", "save", "main_token")
    assert (code, err) == (0, "")
    assert TOKEN not in out
    assert persistence.read_tokens()[0] == {"main_token": TOKEN}
    assert run("token", "list") == (0, "main_token\n", "")
    monkeypatch.setattr(sys, "stdin", io.StringIO("another"))
    code, _, err = run("token", "save", "main_token")
    assert code == 1
    assert "overwrite" in err
    monkeypatch.setattr(sys, "stdin", io.StringIO("another"))
    assert run("token", "save", "main_token", "--overwrite")[0] == 0
    assert run("token", "delete", "main_token")[0] == 0
    assert run("token", "list") == (0, "", "")
    assert run("token", "delete", "main_token")[0] == 1


def test_no_token_on_standard_input(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, _, err = run("token", "save", "a")
    assert (code, "No token" in err) == (1, True)


def test_a_token_is_no_argument(run):
    with pytest.raises(SystemExit) as caught:
        run("token", "save", "a", TOKEN)
    assert caught.value.code == 2


def test_qpus(run, scheduler):
    code, out, _ = run("qpus")
    assert code == 0
    for text in ("Artemis  online", "at most 20", "at most 8", "1,000,000", "3 photons: 50,000"):
        assert text in out
    scheduler.qpus[:] = [qpu(isAvailable=False, maxSamples=[])]
    assert "OFFLINE" in run("qpus", "Artemis")[1]
    code, _, err = run("qpus", "Apollo")
    assert (code, "Apollo" in err) == (1, True)


def test_jobs(run, scheduler):
    remote.QPU("Artemis").run_async(sampler(), job_name="Mine")
    scheduler.add(status="Completed")
    code, out, _ = run("jobs")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["Job", "ID", "Status", "Queue", "Created", "QPU", "Took", "Name"]
    assert [line.split()[0] for line in lines[1:]] == ["17771", "17770"]
    assert "Completed" in lines[1]
    assert ("Mine" in lines[2]) is scheduler.v1
    assert len(run("jobs", "--limit", "1")[1].splitlines()) == 2
    assert len(run("jobs", "--status", "completed")[1].splitlines()) == 2
    code, _, err = run("jobs", "--status", "sleeping")
    assert (code, "Accepted, Compiling, Scheduled, Running" in err, "TimedOut." in err) == (1, True, True)


def test_the_help_names_every_status(run, capsys, monkeypatch):
    """But for those that no job is found with."""
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit):
        run("jobs", "--help")
    shown = capsys.readouterr().out
    for status in set(Status) - {Status.UNKNOWN, Status.COMPILING}:
        assert status.wire_name in shown


def test_a_job(run, scheduler):
    fake = scheduler.add(status="Scheduled", position=3, script=[])
    code, out, _ = run("job", str(fake.id))
    assert code == 0
    assert f"Job {fake.id}: Scheduled" in out
    assert "position in the queue: 3" in out
    assert "Job received" in out
    facts = (
        "  name: Job\n  QPU: Artemis\n  circuit: 4 modes, 1 photon\n  samples: 100 with at least 1 photon\n"
    )
    assert (facts in out) is scheduler.v1
    code, out, _ = run("job", str(fake.id), "--cancel")
    assert (code, f"Job {fake.id}: Cancelled" in out) == (0, True)
    assert run("job", str(fake.id), "--cancel")[0] == 1
    assert run("job", "1")[0] == 1


def test_a_job_that_failed(run, scheduler):
    fake = scheduler.add(
        status="Failed", script=[], notes="too hot", errors=[{"Code": 7, "Message": "too deep"}]
    )
    code, out, _ = run("job", str(fake.id), "--wait")
    assert code == 1
    assert "compilation error 7: too deep" in out
    assert "notes: too hot" in out


def test_wait_for_a_job(run, scheduler):
    assert run("job", str(scheduler.add().id), "--wait", "--timeout", "5")[0] == 0
    code, _, err = run("job", str(scheduler.add(script=[]).id), "--wait", "--timeout", "0.05")
    assert (code, "Nothing is lost: wait again" in err) == (1, True)


def test_the_reference_wire_gives_no_payloads(run, plain):
    job = remote.QPU("Artemis").run(sampler())
    assert run("job", str(job.job_id), "--payload")[0] == 1


def test_a_payload_goes_round(run, ours, tmp_path):
    job = remote.QPU("Artemis").run(sampler(), job_name="Mine")
    code, out, _ = run("job", str(job.job_id), "--payload")
    assert code == 0
    (tmp_path / "payload.json").write_text(out)
    code, out, _ = run("submit", str(tmp_path / "payload.json"))
    assert code == 0
    first, second = ours.jobs.values()
    assert f"'Mine' as job {second.id}" in out
    assert first.payload == second.payload


def test_submit_a_saved_job(run, scheduler, tmp_path):
    job = remote.QPU("Artemis").run(sampler(), job_name="Mine")
    job.save_to_file(tmp_path / "job")
    saved = tmp_path / "again.json"
    code, _, _ = run(
        "submit",
        str(tmp_path / "job.json"),
        "--name",
        "Again",
        "--wait",
        "--timeout",
        "5",
        "--save",
        str(saved),
    )
    assert code == 0
    assert list(scheduler.jobs.values())[1].payload["job_name"] == "Again"
    assert remote.load_job_from_file(saved).job_id == list(scheduler.jobs)[1]


def test_submit_a_job_by_the_name_it_was_saved_under(run, scheduler, tmp_path):
    job = remote.QPU("Artemis").run(sampler(), job_name="Mine")
    job.save_to_file(tmp_path / "first.try")
    assert run("submit", str(tmp_path / "first.try"))[0] == 0
    assert len(scheduler.jobs) == 2
    code, _, err = run("submit", str(tmp_path / "second"))
    assert (code, "second, nor" in err, "second.json" in err) == (1, True, True)


def test_submit_a_saved_batch(run, scheduler, tmp_path):
    remote.QPU("Artemis").run(batch(2)).save_to_file(tmp_path / "all")
    scheduler.script = ["Failed"]
    assert run("submit", str(tmp_path / "all.json"))[0] == 0
    assert run("submit", str(tmp_path / "all.json"), "--name", "Same", "--wait", "--timeout", "5")[0] == 1
    assert len(scheduler.jobs) == 6


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"job_type": "job", "job_id": 1, "payload": null}'])
def test_a_file_without_a_payload(run, scheduler, tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    code, _, err = run("submit", str(tmp_path / "bad.json"))
    assert (code, "bad.json" in err) == (1, True)
    assert scheduler.jobs == {}


def test_a_file_that_is_not_there(run, scheduler, tmp_path):
    assert run("submit", str(tmp_path / "none.json"))[0] == 1


def test_a_result(run, scheduler, tmp_path):
    fake = scheduler.add(status="Completed")
    code, out, _ = run("result", str(fake.id))
    assert code == 0
    assert out.splitlines()[0].split() == ["55", "|1,0,0,0>"]
    assert out.splitlines()[-1].split()[0] == "100"
    assert "1 of them not shown" in run("result", str(fake.id), "--top", "1")[1]
    assert run("result", str(fake.id), "--raw")[0] == 0
    code, out, _ = run("result", str(fake.id), "-o", str(tmp_path / "r.json"))
    assert (code, "Saved 2 outcomes" in out) == (0, True)
    assert json.loads((tmp_path / "r.json").read_text()) == {"0, 1, 0, 0": 45, "1, 0, 0, 0": 55}
    for name, written in (("r.csv", "r.csv"), ("r_0.5", "r_0.5.json")):
        _, out, _ = run("result", str(fake.id), "-o", str(tmp_path / name))
        assert f"Saved 2 outcomes to {tmp_path / written}." in out
        assert (tmp_path / written).exists()
    assert (tmp_path / "r.csv").read_text().startswith("mode_0,mode_1,mode_2,mode_3,counts\n")
    code, _, err = run("result", "no such job", "-o", str(tmp_path / "r.txt"))
    assert (code, "not a form of results; take one of .json, .npz, .parquet, .csv" in err) == (1, True)
    assert len(list(tmp_path.glob("r*"))) == 3
    running = scheduler.add(script=["Running", "Completed"])
    assert run("result", str(running.id))[0] == 1
    assert run("result", str(running.id), "--wait", "--timeout", "5")[0] == 0


@pytest.mark.parametrize("arguments", [("result", "1", "-o", "-"), ("submit", "job.json", "--save", "-")])
def test_nothing_is_written_to_standard_output(run, arguments, capsys):
    with pytest.raises(SystemExit):
        run(*arguments)
    assert "nothing is written to standard output (-)" in capsys.readouterr().err


@pytest.mark.parametrize("name", [".csv", ".JSON"])
def test_an_ending_is_no_name(run, scheduler, tmp_path, name):
    code, _, err = run("result", "1", "-o", str(tmp_path / name))
    assert (code, "is an ending without a name; put one before it" in err) == (1, True)
    assert not list(tmp_path.glob("*csv*"))


def test_doctor(run, scheduler):
    code, out, _ = run("doctor")
    assert code == 0
    assert "BAD" not in out
    assert f"URL {scheduler.url} (from LWFAST_URL)" in out
    assert "token set, not shown (from LWFAST_TOKEN)" in out
    assert ("lwfast's API" in out) is scheduler.v1
    assert ("1 worker; jobs: 0 running, 2 waiting" in out) is scheduler.v1
    assert out.count("the scheduler") == 1
    assert TOKEN not in out


def test_doctor_tells_of_workers_that_cannot_start(run, ours):
    ours.health = {"ready": 0, "trouble": "the worker processes end before they are ready (exit code 3)"}
    code, out, _ = run("doctor")
    assert (code, "BAD  no job can be run: the worker processes end" in out) == (1, True)
    assert "exit code 3" in out


def test_doctor_is_calm_where_nothing_is_set_up(run, folders):
    """Nothing is wrong with a fresh installation: it computes, and the line says how to add a scheduler."""
    code, out, _ = run("doctor")
    assert code == 0
    assert "BAD" not in out
    line = next(line for line in out.splitlines() if "no scheduler is set up" in line)
    assert line.startswith("ok ")
    assert "`lwfast serve`" in line
    assert "`lwfast login`" in line


@pytest.mark.parametrize(
    ("options", "variables", "said"),
    [
        (["--url", "scheduler.example"], {}, "not a URL to connect to"),
        ([], {"LWFAST_URL": "http://scheduler.example/"}, "unencrypted to another machine"),
        (["--profile", "lab"], {}, "profile 'lab' has no url"),
        ([], {"LWFAST_PROFILE": "lab"}, "profile 'lab' has no url"),
        (["--profile", "other"], {}, "other"),
        (["--local"], {}, "No scheduler of yours runs on this machine"),
    ],
)
def test_doctor_finds_what_is_set_wrong(run, folders, monkeypatch, options, variables, said):
    """What somebody has set, or asked for, and does not work is BAD."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (folders / "lwfast").mkdir(exist_ok=True)
    (folders / "lwfast" / "config.toml").write_text("[profiles.lab]\nrequire_online = true\n")
    code, out, _ = run("doctor", *options)
    assert code == 1
    (line,) = (line for line in out.splitlines() if line.startswith("BAD"))
    assert said in line


def test_doctor_still_fails_where_something_else_is_bad(run, folders, monkeypatch):
    monkeypatch.setattr(doctor, "kernels", lambda: {"cannot run": "there is no Numba"})
    code, out, _ = run("doctor")
    assert (code, out.count("BAD"), "no scheduler is set up" in out) == (1, 1, True)


def test_doctor_tells_of_a_scheduler_that_does_not_answer(run, scheduler):
    scheduler.stop()
    code, out, _ = run("doctor")
    assert (code, "BAD  no answer that can be used: Could not connect" in out) == (1, True)
    assert "lwfast doctor" not in out  # it is what speaks
    assert "`lwfast serve` runs a scheduler on this machine." in out


def test_advice_stands_where_it_helps(run, scheduler):
    """A scheduler that hangs or does not speak https is not cured by another one."""
    port = scheduler.port
    scheduler.stop()
    _, _, err = run("qpus")
    assert "`lwfast doctor` says where the address comes from. `lwfast serve` runs" in err
    scheduler.start()
    code, _, err = run("qpus", "--url", f"https://127.0.0.1:{port}/api/")
    assert (code, "does not speak https" in err) == (1, True)
    assert "lwfast serve" not in err
    assert "lwfast doctor" not in err
    lost = words_of(LostAnswerError("It sent nothing for 60 s."))
    assert lost == "It sent nothing for 60 s."
    away = remote.ConnectionFailedError("Could not connect to lab.example: refused.")
    away.host = "lab.example"
    assert "lwfast serve" not in words_of(away)


def test_doctor_looks_for_the_host_without_a_token(run, scheduler, monkeypatch):
    monkeypatch.delenv("LWFAST_TOKEN")
    host = f"127.0.0.1:{scheduler.port}"
    assert f"ok   {host} (from LWFAST_URL) can be reached" in run("doctor")[1]
    scheduler.stop()
    assert f"BAD  no connection to {host} (from LWFAST_URL): " in run("doctor")[1]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("localhost:8790", "http://localhost:8790/api/."),
        ("127.0.0.1:8790/x", "http://127.0.0.1:8790/x/."),
        ("lab.example", "https://HOST/PATH/, or http://127.0.0.1:PORT/api/ for a scheduler on this machine."),
    ],
)
def test_an_address_without_its_scheme(run, folders, typed, meant):
    """For this machine http:// is what one needs; the command says that it was --url."""
    said = f"{typed!r} is not a URL to connect to; expected {meant}"
    assert run("qpus", "--url", typed)[2] == f"lwfast: {said.removesuffix('.')} (from --url).\n"
    with pytest.raises(remote.ConfigurationError) as caught:
        remote.set_api_url(typed)
    assert str(caught.value) == said


def test_a_list_without_jobs_says_why(run, ours):
    assert run("jobs")[1] == "No jobs.\n"
    ours.add()
    hint = "In names * stands for any text: --name 'HOM*' finds those that begin so."
    assert run("jobs", "--name", "HOM")[1] == f"No job has the name 'HOM'. {hint}\n"
    assert run("jobs", "--name", "HOM*")[1] == "No job has the name 'HOM*'.\n"
    assert run("jobs", "--status", "Failed")[1] == "No job has such a status.\n"
    assert run("jobs", "--name", "HOM", "--json")[1] == "[]\n"


def test_a_wrong_key_leads_to_the_list_of_keys(run, ours):
    assert "`lwfast jobs --pending` lists them." in run("jobs", "--resume", "nothing")[2]


def test_doctor_sees_tokens_that_others_can_read(run, scheduler):
    remote.token.set(TOKEN)
    remote.token.save("a")
    (persistence.own_folder() / "tokens.json").chmod(0o644)
    code, out, _ = run("doctor")
    assert (code, "chmod 600" in out) == (1, True)


def test_url_and_profile_are_arguments(run, scheduler, monkeypatch, folders):
    monkeypatch.delenv("LWFAST_URL")
    assert run("qpus")[0] == 1
    assert run("qpus", "--url", scheduler.url)[0] == 0
    (folders / "lwfast").mkdir(exist_ok=True)
    (folders / "lwfast" / "config.toml").write_text(f'[profiles.lab]\nurl = "{scheduler.url}"\n')
    assert run("qpus", "--profile", "lab")[0] == 0
    assert run("qpus", "--profile", "other")[0] == 1


def test_doctor_goes_on_where_its_folder_cannot_be_read(run, scheduler, monkeypatch):
    """One check that fails does not hide the others."""

    def fail(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(persistence.Path, "exists", fail)
    code, out, _ = run("doctor")
    assert (code, "cannot be read (Permission denied); set LWFAST_CONFIG_DIR" in out) == (1, True)
    assert "the scheduler answers" in out


def test_no_answer_to_the_question_for_a_token(run, monkeypatch):
    """Ctrl-D is an answer that is said as such."""
    import getpass

    def end(prompt):
        raise EOFError

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", end)
    code, _, err = run("token", "save", "a")
    assert (code, "Input ended before a token was given" in err) == (1, True)
