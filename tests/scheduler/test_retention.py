"""Finished jobs are kept for as long as was asked for, and live ones for ever."""

from __future__ import annotations

import time

import pytest

from lwfast.scheduler.queue import retention
from tests.scheduler.harness import make_settings, payload, running
from tests.scheduler.runners import LARGE, SLEEPS
from tests.started import PATIENCE

pytestmark = pytest.mark.guarantee


def submit(api, key, **changes):
    answer = api.post("v1/jobs", json=payload(**changes), headers={"Idempotency-Key": key})
    assert answer.status_code == 202
    return answer.json()["jobId"]


def test_old_jobs_go(tmp_path, monkeypatch):
    """With their results, files and keys; ids are not used again, and what is not old enough stays."""
    monkeypatch.setattr(retention, "SWEEP_SECONDS", 0.1)
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    settings = make_settings(tmp_path)
    with running(settings) as api:
        old = [submit(api, "first", n_samples=LARGE), submit(api, "second")]
        for job_id in old:
            api.wait(job_id)
        waits = submit(api, "third", n_samples=SLEEPS)
        assert list(settings.results_dir.iterdir())
    with running(make_settings(tmp_path, keep_days=1.0)) as api:
        time.sleep(0.5)
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


def test_jobs_are_kept_by_default(tmp_path, monkeypatch):
    monkeypatch.setattr(retention, "SWEEP_SECONDS", 0.05)
    with running(make_settings(tmp_path)) as api:
        job_id = api.submit()
        api.wait(job_id)
        time.sleep(0.3)
        assert api.get(f"jobs/{job_id}/results").status_code == 200
