"""The pace of a device: one job at a time on each QPU, results that come when a device would have them."""

from __future__ import annotations

import time

import pytest

from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.qpus import PACES, device_seconds, parse_qpus
from tests.scheduler.harness import make_settings, running
from tests.scheduler.runners import CRASHES, NAPS, REFUSED

QPU = """
[[qpus]]
id = {id}
name = "{name}"
n_modes = 4
max_photon_input = 4
max_detection_filter = 4
default_max_samples = 1000
{more}
"""


def qpus(**pace):
    """QPUs by name, with what the file says of their pace."""
    return parse_qpus(
        "".join(QPU.format(id=i, name=name, more=more) for i, (name, more) in enumerate(pace.items())), "test"
    )


def settings(folder, workers=2, **pace):
    return make_settings(folder, workers=workers, pace="artemis", qpus=qpus(**pace))


HALF = "setup_seconds = 0.5\nshots_per_second = 1000"
LONG = "setup_seconds = 600"


def seconds_of(details):
    from datetime import datetime

    at = {entry["status"]: datetime.fromisoformat(entry["createdDate"]) for entry in details["logs"]}
    return (at["Completed"] - at["Running"]).total_seconds()


def test_a_job_takes_the_time_of_a_device(tmp_path):
    """Set-up, then shots; a job that is computed longer takes as long as it takes."""
    with running(settings(tmp_path, Artemis=HALF)) as api:
        few, many = api.submit(n_samples=10), api.submit(n_samples=1000)
        assert seconds_of(api.wait(few)) >= 0.51
        assert seconds_of(api.wait(many)) >= 1.5
        assert api.get(f"jobs/{many}/results").status_code == 200
        assert seconds_of(api.wait(api.submit(n_samples=NAPS))) >= 1.5


def test_one_job_at_a_time_on_each_qpu(tmp_path):
    """Two workers are there, and the second job of a QPU waits; another QPU runs beside it."""
    with running(settings(tmp_path, Artemis=LONG, Other=LONG)) as api:
        first, second, third = (api.submit() for _ in range(3))
        other = api.submit(qpu="Other")
        api.wait(first, {"Running"})
        api.wait(other, {"Running"})
        time.sleep(0.3)  # both are computed by now
        assert [api.details(job)["queuePosition"] for job in (first, second, third)] == [None, 1, 2]
        assert api.get(f"jobs/{first}/results").status_code == 404
        told = api.get("v1/status").json()
        assert (told["running"], told["waiting"]) == (2, 2)
        assert api.cancel(second).status_code == 204
        assert api.details(third)["queuePosition"] == 1
        assert api.cancel(first).status_code == 204
        api.wait(third, {"Running"})
        assert api.status(first) == "Cancelled"
        assert api.get(f"jobs/{first}/results").status_code == 400


def test_without_a_pace_nothing_waits(tmp_path):
    with running(make_settings(tmp_path, qpus=qpus(Artemis=LONG))) as api:
        assert api.wait(api.submit())["jobStatus"] == "Completed"


def test_a_time_limit_is_for_computing(tmp_path):
    """A job whose device takes longer than its limit for computing completes all the same."""
    with running(settings(tmp_path, Artemis="setup_seconds = 1.0\ntimeout_seconds = 0.9")) as api:
        api.wait(api.submit(qpu="Artemis"))  # the first one may wait for its worker's start
        assert api.wait(api.submit())["jobStatus"] == "Completed"


@pytest.mark.parametrize(("n_samples", "status"), [(REFUSED, "Failed"), (CRASHES, "Failed")])
def test_a_job_that_fails_makes_room_at_once(tmp_path, n_samples, status):
    with running(settings(tmp_path, Artemis=LONG)) as api:
        failing = api.submit(n_samples=n_samples)
        after = api.submit()
        assert api.wait(failing)["jobStatus"] == status
        api.wait(after, {"Running"})


def test_a_result_that_is_kept_back_is_computed_again_after_a_stop(tmp_path):
    with running(settings(tmp_path, Artemis=LONG)) as api:
        job = api.submit()
        api.wait(job, {"Running"})
        time.sleep(0.2)
    with running(make_settings(tmp_path, qpus=qpus(Artemis=LONG))) as api:
        assert api.wait(job)["jobStatus"] == "Completed"
        assert api.get(f"jobs/{job}/results").status_code == 200


def test_times():
    """The file's numbers count, and the built-in ones where it has none."""
    usual = PACES["artemis"]
    [plain, own] = qpus(A="", B="setup_seconds = 0\nshots_per_second = 10").values()
    assert device_seconds(plain, "artemis", 100_000) == usual.setup_seconds + 100_000 / usual.shots_per_second
    assert device_seconds(None, "artemis", 0) == usual.setup_seconds
    assert device_seconds(own, "artemis", 5) == 0.5


@pytest.mark.parametrize("more", ["setup_seconds = -1", "shots_per_second = 0", "setup_seconds = nan"])
def test_numbers_that_make_no_sense(more):
    with pytest.raises(ConfigError, match="qpus"):
        qpus(A=more)
