"""Finished jobs are kept for as long as was asked for, and live ones for ever."""

from __future__ import annotations

import contextlib
import time

import pytest
from click.testing import CliRunner

from lwfast.cli.serve import serve_command
from lwfast.scheduler.queue import retention
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store.checksums import CHECKSUM
from lwfast.scheduler.store.store import connect
from tests.scheduler.harness import make_settings, payload, running
from tests.scheduler.runners import LARGE, SLEEPS
from tests.started import PATIENCE, until

pytestmark = pytest.mark.guarantee


@pytest.fixture
def swept(monkeypatch):
    """The number of each look for old jobs that has ended, in a list."""
    looks = []
    sweep = retention.Retention.sweep

    async def counted(self):
        found = await sweep(self)
        looks.append(found)
        return found

    monkeypatch.setattr(retention.Retention, "sweep", counted)
    monkeypatch.setattr(retention, "SWEEP_SECONDS", 0.1)
    return looks


def submit(api, key, **changes):
    answer = api.post("v1/jobs", json=payload(**changes), headers={"Idempotency-Key": key})
    assert answer.status_code == 202
    return answer.json()["jobId"]


def test_old_jobs_go(tmp_path, monkeypatch, swept):
    """With their results, files and keys; ids are not used again, and what is not old enough stays."""
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    settings = make_settings(tmp_path)
    with running(settings) as api:
        old = [submit(api, "first", n_samples=LARGE), submit(api, "second")]
        for job_id in old:
            api.wait(job_id)
        waits = submit(api, "third", n_samples=SLEEPS)
        assert list(settings.results_dir.iterdir())
    with running(make_settings(tmp_path, keep_days=1.0)) as api:
        until(lambda: len(swept) > 1)
        assert swept == [0] * len(swept)
        assert [api.get(f"jobs/{job_id}/results").status_code for job_id in old] == [200, 200]
    with running(make_settings(tmp_path, keep_days=1e-6)) as api:
        deadline = time.monotonic() + PATIENCE
        while any(api.get(f"jobs/{job_id}").status_code != 404 for job_id in old):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        while any(path.name.startswith(f"{old[0]}-") for path in settings.results_dir.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert api.get(f"jobs/{waits}").status_code == 200
        assert submit(api, "third", n_samples=SLEEPS) == waits
        assert submit(api, "second", n_samples=SLEEPS) == waits + 1
        assert api.cancel(waits).status_code == 204


def test_a_damaged_store_costs_no_job_and_no_other_file(tmp_path, swept):
    """Where the date of an end is damaged, the job stays; the name of a result leads to no other file."""
    settings = make_settings(tmp_path / "data")
    with running(settings) as api:
        ids = [submit(api, key, n_samples=LARGE) for key in ("astray", "other", "young", "old")]
        for job_id in ids:
            api.wait(job_id)
    astray, other, young, old = ids
    precious = tmp_path / "precious.json"
    precious.write_text("{}")
    files = {job: path for job in ids for path in settings.results_dir.glob(f"{job}-*")}
    with contextlib.closing(connect(settings.data_dir / STORE_FILE)) as store:
        store.execute("UPDATE results SET file = '../../precious.json' WHERE job_id = ?", (astray,))
        store.execute("UPDATE results SET file = ? WHERE job_id = ?", (files[young].name, other))
        for job_id in (astray, other, old):
            store.execute("UPDATE jobs SET finished = '2001-01-01T00:00:00.000000Z' WHERE id = ?", (job_id,))
        for job_id in (astray, other):
            store.execute(f"UPDATE jobs SET checksum = {CHECKSUM['jobs']} WHERE id = ?", (job_id,))
        store.commit()
    with running(make_settings(tmp_path / "data", keep_days=1.0)) as api:
        deadline = time.monotonic() + PATIENCE
        while {api.get(f"jobs/{job_id}").status_code for job_id in (astray, other)} != {404}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        done = len(swept)
        until(lambda: len(swept) > done + 1)
        assert api.get(f"jobs/{young}/results").status_code == 200
    assert precious.exists()
    assert files[young].exists()
    with contextlib.closing(connect(settings.data_dir / STORE_FILE)) as store:
        assert {row[0] for row in store.execute("SELECT id FROM jobs")} == {young, old}


def test_jobs_are_kept_by_default(tmp_path, swept):
    """Nobody looks for old ones; where they go, the first look is made at the start."""
    with running(make_settings(tmp_path, keep_days=1.0)):
        until(lambda: swept)
    swept.clear()
    with running(make_settings(tmp_path)) as api:
        job_id = api.submit()
        api.wait(job_id)
        assert api.get(f"jobs/{job_id}/results").status_code == 200
    assert not swept


def test_a_look_that_fails_is_told_and_not_the_last(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(retention, "SWEEP_SECONDS", 0.05)
    looks = []

    async def fail(self):
        looks.append(self)
        raise ZeroDivisionError

    monkeypatch.setattr(retention.Retention, "sweep", fail)
    with running(make_settings(tmp_path, keep_days=1.0)):
        until(lambda: len(looks) > 2)
    assert "A look for jobs that ended long ago failed" in capfd.readouterr().err


@pytest.mark.parametrize("days", ["nan", "inf", "1e6", "0"])
def test_days_that_no_calendar_has_are_refused(days):
    answer = CliRunner().invoke(serve_command, ["--keep-days", days, "--show-config"])
    assert answer.exit_code == 2
    assert "--keep-days" in answer.output
    assert CliRunner().invoke(serve_command, ["--keep-days", "36525", "--show-config"]).exit_code == 0
