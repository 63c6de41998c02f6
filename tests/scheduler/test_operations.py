"""Health, metrics, request ids and logs: what whoever runs a scheduler sees, and what they do not."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lwfast
from lwfast.errors import HTTPError
from lwfast.remote import Client
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.owners import OWNERS_FILE, Owner, digest_of, write_owners
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.server import Server
from lwfast.scheduler.web.operations.access_log import line_of
from lwfast.scheduler.web.operations.answered import Answered
from lwfast.wire import is_request_id
from tests.scheduler.harness import ROOT, TOKEN, Api, make_settings, payload, running
from tests.scheduler.runners import BROKEN, NAPS, SLEEPS
from tests.started import PATIENCE, until


def test_health_asks_for_no_token_and_tells_nothing(api):
    api.wait(api.submit())  # a worker is ready
    answer = api.get("v1/health", headers={"x-access-token": None})
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


def test_health_while_no_job_can_be_run(tmp_path):
    """503 for load balancers; the reason stands in the status, which needs a token."""
    settings = make_settings(tmp_path, runner="tests.scheduler.no_such_module:runner")
    with running(settings) as api:
        deadline = time.monotonic() + PATIENCE
        while (answer := api.get("v1/health")).status_code == 200 and time.monotonic() < deadline:
            assert answer.json() == {"status": "starting"}
            time.sleep(0.1)
        assert (answer.status_code, answer.json()) == (503, {"status": "trouble"})
        assert "no_such_module" in api.get("v1/status").json()["trouble"]


# --- request ids ------------------------------------------------------------------------------------


def test_a_request_id_goes_through_answer_log_and_store(api):
    answer = api.post("v1/jobs", json=payload(), headers={"X-Request-Id": "from-me.1"})
    assert answer.headers["X-Request-Id"] == "from-me.1"
    first = api.details(answer.json()["jobId"])["logs"][0]
    # Beside it stands a trace, where a test before this one has set tracing up.
    assert first["meta"]["RequestId"] == "from-me.1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "é", 'a"b'])
def test_an_id_that_is_none_is_replaced(api, given):
    """What cannot stand in every log as it is gets none of its own there."""
    found = api.get("v1/status", headers={"X-Request-Id": given.encode("utf-8")}).headers["X-Request-Id"]
    assert is_request_id(found)
    assert found != given


def test_errors_of_all_kinds_carry_an_id(api):
    for path, headers in (("nothing", {}), ("jobs", {"x-access-token": "wrong"}), ("jobs/9999999", {})):
        answer = api.get(path, headers=headers)
        assert answer.status_code >= 400
        assert is_request_id(answer.headers["X-Request-Id"])


def test_the_worker_names_the_request(tmp_path, capfd):
    with running(make_settings(tmp_path)) as api:
        answer = api.post("v1/jobs", json=payload(n_samples=BROKEN), headers={"X-Request-Id": "of-broken"})
        api.wait(answer.json()["jobId"])
    assert f"job {answer.json()['jobId']} (request of-broken) failed" in capfd.readouterr().err


def test_the_client_names_its_requests(tmp_path, caplog):
    """The id of the client's log is that of the scheduler's, and an error of the scheduler's shows it."""
    log = tmp_path / "access.log"
    caplog.set_level(logging.DEBUG, "lwfast.remote")
    with (
        running(make_settings(tmp_path / "data", access_log=str(log))) as api,
        Client(url=f"{api.root}api/", token=TOKEN) as client,
    ):
        client.list_qpus()
        api.scheduler.book.find = None  # what breaks inside is a 500
        with pytest.raises(HTTPError) as error:
            client.get_job_details(1)
    ids = {json.loads(line)["request"] for line in log.read_text().splitlines()}
    named = re.search(r"request ([0-9a-f]{16})", str(error.value))[1]
    assert named in ids
    assert set(re.findall(r"request ([0-9a-f]{16})", caplog.text)) >= ids
    assert TOKEN not in caplog.text


# --- the access log ----------------------------------------------------------------------------------


def test_access_log(tmp_path):
    """A line for each request, with who, what and how long, and without any secret."""
    log, anna = tmp_path / "logs.jsonl", "a-token-of-anna"
    (tmp_path / "data").mkdir()
    write_owners(tmp_path / "data" / OWNERS_FILE, [Owner(name="anna", token_sha256=digest_of(anna))])
    with running(make_settings(tmp_path / "data", access_log=str(log))) as api:
        job = Api(api.root, anna)
        with job.session:
            job_id = job.submit(job_name="hidden-name")
            job.get("v1/jobs?name=hidden-name")
            job.wait(job_id)
        api.get("jobs", headers={"x-access-token": "a-wrong-token"})
        api.call("GET", "api/\n\x1b[31m")
        api.get(f"jobs/{job_id}/results")
    text = log.read_text()
    assert not [secret for secret in (anna, TOKEN, "a-wrong-token", "hidden-name", "\x1b") if secret in text]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in text.splitlines()]
    assert set(lines[0]) == {
        "time", "request", "client", "owner", "method", "path", "route", "status", "job", "bytes", "ms"
    }  # fmt: skip
    first = lines[0]
    assert (first["owner"], first["route"], first["status"]) == ("anna", "reference_api.submit", 202)
    assert first["job"] == str(job_id)
    assert [(line["owner"], line["status"]) for line in lines if line["path"] == "/api/jobs"][-1] == (
        None,
        401,
    )
    last = lines[-1]
    assert (last["owner"], last["route"], last["status"]) == ("", "reference_api.results", 200)
    assert last["bytes"] > 0
    assert last["ms"] > 0


def test_access_log_is_closed_where_nothing_is_served(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = make_settings(
            tmp_path / "data", access_log=str(tmp_path / "log"), port=taken.getsockname()[1]
        )
        server = Server(Scheduler(settings), lambda: TOKEN, lambda _: None)
        with pytest.raises(ConfigError, match="Cannot listen"):
            asyncio.run(server.run_scheduler())
    assert server._access_log._handler.stream is None


def test_access_log_is_ascii():
    """A path may hold what ends a line elsewhere, or begins a command of a terminal."""
    path = "/\u2028\x85\x9b31m\x1b[31m\x7f\r\n{}"
    line = line_of(Answered(request_id="r", method="GET", path=path, client=None))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["path"] == path


def test_access_log_goes_on_after_it_was_moved_away(tmp_path):
    log = tmp_path / "access.log"
    with running(make_settings(tmp_path / "data", access_log=str(log))) as api:
        api.get("qpus")
        until(lambda: lines(log) == 1)  # a line comes behind its answer
        log.rename(tmp_path / "access.log.1")
        api.get("qpus")
        api.get("qpus")
        until(lambda: lines(log) == 2)
    assert lines(tmp_path / "access.log.1") == 1
    assert lines(log) == 2


def lines(log):
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_logs_are_silent_by_default():
    """A warning of ours reaches no terminal of a program that set up no logging."""
    code = (
        "import logging\n"
        "from lwfast.scheduler import once_per_minute\n"
        "from lwfast.scheduler.web import guard\n"
        "guard.log.error('not for the terminal')\n"
        "logging.getLogger('lwfast.remote.anything').warning('nor this')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_log_is_made_in_the_same_way():
    """So that none of them speaks without being asked to."""
    sources = Path(lwfast.__file__).parent.rglob("*.py")
    assert [file.name for file in sources if "getLogger(" in file.read_text(encoding="utf-8")] == [
        "silent_log.py"
    ]


# --- metrics -----------------------------------------------------------------------------------------


def numbers(api, token=TOKEN):
    """The samples of `/metrics`, by name and labels."""
    parser = pytest.importorskip("prometheus_client.parser", reason="needs prometheus-client")
    answer = api.call("GET", "metrics", headers={"x-access-token": None, "Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in parser.text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics(tmp_path):
    """What waits, runs and ended, how long it took, what is left of the disk."""
    pytest.importorskip("prometheus_client", reason="needs prometheus-client")
    with running(make_settings(tmp_path)) as api:
        done = [api.submit(n_samples=n) for n in (10, NAPS)]
        for job in done:
            api.wait(job)
        failed = api.submit(n_samples=BROKEN)
        api.wait(failed)
        runs, *waits = (api.submit(n_samples=SLEEPS) for _ in range(3))
        api.wait(runs, {"Running"})
        time.sleep(0.1)
        found = numbers(api)
        assert found["lwfast_jobs_ended_total", "Artemis", "Completed"] == 2
        assert found["lwfast_jobs_ended_total", "Artemis", "Failed"] == 1
        assert found["lwfast_jobs_waiting", "Artemis"] == 2
        assert found["lwfast_jobs_running", "Artemis"] == 1
        assert 0.1 <= found["lwfast_oldest_waiting_seconds", "Artemis"] < PATIENCE
        assert found["lwfast_job_run_seconds_count", "Artemis"] == 3
        assert found["lwfast_job_run_seconds_sum", "Artemis"] >= 1.5
        assert found["lwfast_job_wait_seconds_count", "Artemis"] == 3
        assert found["lwfast_owner_jobs", ""] == 3
        assert found["lwfast_owner_payload_bytes", ""] > 300
        assert found["lwfast_workers",] == found["lwfast_workers_ready",] == 1
        assert found["lwfast_trouble",] == 0
        assert found["lwfast_disk_free_bytes",] > 0
        assert found["lwfast_store_bytes",] >= (tmp_path / "scheduler.sqlite3").stat().st_size / 2
        assert found["lwfast_requests_total", "202", "POST", "reference_api.submit"] == 6
        assert found["lwfast_request_seconds_count", "reference_api.submit"] == 6
        assert found["process_open_fds",] > 0
        assert found["process_resident_memory_bytes",] > 1e6
        api.get("made/up/path")
        assert not any("made" in part for name in numbers(api) for part in name)
        for job in (*waits, runs):
            api.cancel(job)
        left = numbers(api)
        assert left["lwfast_jobs_waiting", "Artemis"] == left["lwfast_jobs_running", "Artemis"] == 0
        assert left["lwfast_jobs_ended_total", "Artemis", "Cancelled"] == 3


def test_metrics_are_for_who_sees_all(tmp_path):
    write_owners(
        tmp_path / OWNERS_FILE,
        [
            Owner(name="anna", token_sha256=digest_of("of-anna")),
            Owner(name="chef", token_sha256=digest_of("of-chef"), sees_all=True),
        ],
    )
    with running(make_settings(tmp_path)) as api:
        for token, status in (("of-anna", 403), ("wrong", 401), (None, 401)):
            answer = api.call("GET", "metrics", headers={"x-access-token": token})
            assert answer.status_code == status
            assert "lwfast_jobs" not in answer.text
        numbers(api, "of-chef")


def test_metrics_without_the_package(tmp_path, monkeypatch):
    """The scheduler runs, and says what is missing when it is asked."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with running(make_settings(tmp_path)) as api:
        answer = api.call("GET", "metrics")
        assert answer.status_code == 404
        assert "pip install prometheus-client" in api.errors(answer)["metrics"]
