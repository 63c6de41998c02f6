"""The public client, as it comes from the package index, against the local scheduler."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scheduler.harness import TOKEN, make_settings, running

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lightworks_remote") is None, reason="needs lightworks_remote"
)
SCRIPT = Path(__file__).with_name("reference_client_script.py")


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    runner = "tests.scheduler.real_runner:real_or_slow"
    with running(make_settings(folder / "data", runner=runner)) as api:
        home = folder / "home"
        home.mkdir()
        command = [sys.executable, str(SCRIPT), api.root + "api/", TOKEN, str(home)]
        environment = os.environ | {"HOME": str(home), "no_proxy": "*"}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_token(seen):
    assert "Unable to authenticate" in seen["refused"]


def test_qpus(seen):
    assert seen["qpus"] == ["Artemis"]
    assert seen["limits"] == [20, 8, 4, True]
    assert seen["max_samples"] == [[1, 1_000_000], [2, 1_000_000], [3, 50_000], [4, 10_000]]


def test_single_job(seen):
    assert seen["id"] == 1
    assert seen["status"] == "Completed"
    assert seen["check"] == ["Completed", True, True]
    assert seen["total"] == 100
    assert seen["modes"] == [4]
    assert seen["job_details"].startswith(
        "ArtemisJobDetails(job_id=1, queue_position=None, job_status=<Status.COMPLETED: 'Completed'>, created"
    )
    assert "'message': 'Job received successfully'" in seen["job_details"]


def test_direct_encoding_with_heralds_and_rules(seen):
    """The result is raw on the wire, and the client applies job_data to it."""
    assert seen["direct"] == ["Completed", [4], True]
    assert seen["raw_total"] == 500
    assert seen["raw_modes"] == [5]
    assert seen["raw_photons"] == [3]


def test_batch(seen):
    assert seen["batch"] == [["Batch_1", "Batch_2", "Batch_3"], True, [50, 50, 50]]
    assert seen["listed"] == [5, 4, 3, 2, 1]


def test_queue_and_cancel(seen):
    assert seen["positions"] == [None, 1, 2]
    assert seen["scheduled"]
    assert seen["shown"]
    assert seen["cancelled"] == ["Cancelled", "Cancelled"]
    assert "already been cancelled" in seen["again"]


def test_errors(seen):
    assert seen["no_result"].startswith("ResultsError")
    assert seen["unknown"].startswith("JobNotFoundError")
    assert "unitary : is not unitary" in seen["rejected"]
    assert "n_samples : should be at least 1" in seen["rejected"]


def test_save_load_retry(seen):
    assert seen["loaded"]
    assert seen["retry"]
