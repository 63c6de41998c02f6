"""Idempotency keys: what was accepted is answered again, whatever would be taken now."""

from __future__ import annotations

import json

import pytest

from lwfast.scheduler.qpus import parse_qpus, profile_text
from lwfast.scheduler.web.submission import BATCH, ONE, _digest_unchecked
from tests.scheduler.harness import make_settings, payload, running

pytestmark = pytest.mark.guarantee

FEWER_MODES = profile_text("artemis").replace("n_modes = 20", "n_modes = 3")
RENAMED = profile_text("artemis").replace('"Artemis"', '"Apollo"')


def send(api, key, **changes):
    return api.post("v1/jobs", json=payload(**changes), headers={"Idempotency-Key": key})


def send_batch(api, key, *jobs):
    return api.post("v1/jobs/batch", json={"jobs": list(jobs)}, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("changed", [FEWER_MODES, RENAMED])
def test_key_outlives_a_change_of_the_qpus(tmp_path, changed):
    """A job that the QPU would refuse by now, sent again under its key, is the job that was accepted."""
    with running(make_settings(tmp_path)) as api:
        one = send(api, "one", n_modes=5, photons=2, min_detection=None).json()["jobId"]
        two = [job["jobId"] for job in send_batch(api, "two", payload(n_modes=4), payload()).json()["jobs"]]
    with running(make_settings(tmp_path, qpus=parse_qpus(changed, "test"))) as api:
        again = send(api, "one", n_modes=5, photons=2, min_detection=None)
        assert (again.status_code, again.json()["jobId"]) == (202, one)
        assert send(api, "one", n_modes=5, photons=2, min_detection=2).json()["jobId"] == one
        again = send_batch(api, "two", payload(n_modes=4), payload())
        assert [job["jobId"] for job in again.json()["jobs"]] == two
        assert send(api, "new", n_modes=5).status_code == 400


OTHERS = {
    "another number": payload(n_samples=7),
    "not taken": payload(n_samples=0),
    "a field too many": payload() | {"priority": 1},
    "a field too few": {name: value for name, value in payload().items() if name != "qpu"},
    "a list": [payload()],
    "no photons": payload(input=None, min_detection=None),
    "odd photons": payload(input=["1", None], min_detection=None),
    "large numbers": payload(input=[2**64, 10**40], min_detection=None),
}


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_key_of_another_body(api, body):
    """The documented conflict, whether or not the other body would be taken."""
    first = send(api, "conflict").json()["jobId"]
    answer = api.post("v1/jobs", json=body, headers={"Idempotency-Key": "conflict"})
    assert answer.status_code == 422
    assert str(first) in api.errors(answer)["Idempotency-Key"]
    assert send_batch(api, "conflict", payload()).status_code == 422


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"jobs": 1}', b'{"jobs": [], "x": 1}', b'{"jobs": [1]}'])
def test_key_of_a_broken_body(api, body):
    send_batch(api, "whole", payload())
    for path in ("v1/jobs", "v1/jobs/batch"):
        assert api.post(path, data=body, headers={"Idempotency-Key": "whole"}).status_code == 422
        assert api.post(path, data=body, headers={"Idempotency-Key": "unheard of"}).status_code == 400


def test_one_job_is_not_a_batch_of_one():
    """The kind of a request belongs to what its key stands for."""
    one = _digest_unchecked(ONE, json.dumps(payload()).encode())
    batch = _digest_unchecked(BATCH, json.dumps({"jobs": [payload()]}).encode())
    assert b"" != one != batch != b""
