"""Every number of a sweep is looked at before it is accepted."""

from __future__ import annotations

import base64
import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lwfast.errors import ResourceLimitError
from lwfast.hardware import HardwareModel
from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.validation import sweep_time
from lwfast.scheduler.validation.payloads import check_one, stored_form
from lwfast.scheduler.workers.sweep_jobs import run_settings
from lwfast.wire import decode_payload, settings_of, unitaries_of
from tests.scheduler.harness import payload

QPUS = load_qpus()


def text(values, dtype):
    return base64.b64encode(np.array(values, dtype=dtype).tobytes()).decode()


def deflated(values, more=b"", cut=0):
    """Return numbers as a client compresses them, and what else may be there."""
    planes = np.array(values, dtype="<f8").view(np.uint8).reshape(-1, 8).T.tobytes()
    stream = zlib.compress(planes)
    return base64.b64encode(stream[: len(stream) - cut] + more).decode()


def sweep(**changes):
    return {
        "labels": ["theta", "mix"],
        "shape": [3],
        "values": [text([0.1, 0.2, 0.3], "<f8"), text([0.5], "<f8")],
        "steps": text([[0, 0, 1, 1], [2, 0, 0, 0], [1, 0, 1, -1], [4, 0, 1, -1]], "<i4"),
        "constants": text([0, 0, 0.25, 0], "<f8"),
        "blocks": [{"before": 0, "modes": [0, 1], "matrices": text(np.eye(2).ravel(), "<c16")}],
    } | changes


def errors(**changes):
    return errors_of(payload(sweep=sweep(**changes)), QPUS)


def errors_of(posted, qpus):
    with pytest.raises(RequestError) as caught:
        check_one(posted, qpus)
    return {error.name: error.reason for error in caught.value.errors}


def test_a_valid_sweep_is_kept_to_the_letter():
    job = check_one(payload(sweep=sweep()), QPUS)
    assert job.n_samples == 300  # of all settings
    kept = decode_payload(job.payload)
    assert kept.sweep.n_settings == 3
    assert settings_of(kept.sweep).tolist() == [[0.1, 0.5], [0.2, 0.5], [0.3, 0.5]]
    found = unitaries_of(kept.sweep, 2)
    assert np.allclose(np.abs(np.linalg.det(found)), 1)
    assert stored_form(payload(sweep=sweep())) == job.payload


def test_a_worker_multiplies_up_only_what_fits_in_memory(monkeypatch):
    form = decode_payload(check_one(payload(sweep=sweep()), QPUS).payload).sweep
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "383")
    with pytest.raises(
        ResourceLimitError, match=r"The unitaries of 3 settings of 2 modes .* Split the sweep"
    ):
        unitaries_of(form, 2)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "384")
    assert unitaries_of(form, 2).shape == (3, 2, 2)


def test_a_worker_holds_only_results_that_fit_in_memory(monkeypatch):
    """Each of many settings may have as many outcomes as samples; the job ends before the machine does."""
    job = decode_payload(check_one(payload(sweep=sweep()), QPUS).payload)
    ran = []

    def runner(*_, **__):
        ran.append(1)
        return np.zeros((100, 2), np.uint8), np.ones(100, np.int64)

    hardware = HardwareModel(source=None, detector=None)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "5999")
    with pytest.raises(ResourceLimitError, match=r"The results of 2 settings .* Split the sweep"):
        run_settings(job, job.sweep, hardware, 1, runner)
    assert len(ran) == 2


def test_compressed_values_are_those_of_plain_ones():
    plain = check_one(payload(sweep=sweep()), QPUS)
    short = check_one(
        payload(sweep=sweep(deflated=[0], values=[deflated([0.1, 0.2, 0.3]), text([0.5], "<f8")])), QPUS
    )
    forms = [decode_payload(job.payload).sweep for job in (plain, short)]
    assert np.array_equal(*map(settings_of, forms))


def test_a_sweep_that_its_qpu_would_end_is_refused(monkeypatch):
    """Ten thousand settings of many samples each, where a job has a second; more cores take less."""
    monkeypatch.setattr(sweep_time, "available_cores", lambda: 1)
    many = sweep(shape=[10_000], values=[text(np.zeros(10_000), "<f8"), text([0.5], "<f8")])
    assert check_one(payload(sweep=many), QPUS)
    slow = {
        name: msgspec.structs.replace(qpu, timeout_seconds=1.0, hardware=qpu.hardware)
        for name, qpu in QPUS.items()
    }
    with pytest.raises(RequestError) as caught:
        check_one(payload(sweep=many, n_samples=100_000), slow)
    [error] = caught.value.errors
    assert error.name == "sweep"
    assert "at the very least, and the QPU gives a job 1; split it into" in error.reason
    assert check_one(payload(n_samples=100_000), slow)
    monkeypatch.setattr(sweep_time, "available_cores", lambda: 1000)
    assert check_one(payload(sweep=many, n_samples=100_000), slow)
    monkeypatch.setattr(sweep_time, "available_cores", lambda: 1)
    steps = np.tile([[2, 0, 0, 0]], (20_000, 1))
    deep = many | {"steps": text(steps, "<i4"), "constants": text(np.zeros(20_000), "<f8")}
    assert "seconds at the very least" in errors_of(payload(sweep=deep), slow)["sweep"]


def test_a_payload_without_one_is_stored_as_ever():
    assert b"sweep" not in check_one(payload(), QPUS).payload


def test_a_grid_has_an_axis_for_each_parameter():
    job = check_one(
        payload(sweep=sweep(shape=[3, 2], values=[text([1, 2, 3], "<f8"), text([0, 1], "<f8")])), QPUS
    )
    assert len(settings_of(decode_payload(job.payload).sweep)) == 6


STEPS = [[0, 0, 1, 1], [2, 0, 0, 0], [1, 0, 1, -1], [4, 0, 1, -1]]


def step(row, column, value):
    changed = [list(one) for one in STEPS]
    changed[row][column] = value
    return {"steps": text(changed, "<i4")}


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"more": 1}, "sweep", "not a sweep"),
        ({"labels": 3}, "sweep", "not a sweep"),
        ({"values": ["!!", "!!"]}, "sweep", "not a sweep"),
        ({"labels": ["theta"]}, "sweep.values", "for each of"),
        ({"labels": ["a", "a"]}, "sweep.labels", "differ"),
        ({"labels": ["a", "setting"]}, "sweep.labels", "another column"),
        ({"labels": ["mode_0", "a"]}, "sweep.labels", "another column"),
        ({"shape": [0]}, "sweep.shape", "at least 1"),
        ({"shape": []}, "sweep.shape", "lengths"),
        ({"shape": [10**9, 10**9]}, "sweep.shape", "split"),
        ({"shape": [4]}, "sweep.values[0]", "should have 1 or 4"),
        ({"deflated": [2]}, "sweep.deflated", "from 0 to 1, each once"),
        ({"deflated": [0, 0]}, "sweep.deflated", "from 0 to 1, each once"),
        ({"deflated": [0]}, "sweep.values[0]", "should have 1 or 3 float64"),
        ({"deflated": [0], "values": [deflated(range(4)), text([0.5], "<f8")]}, "sweep.values[0]", "1 or 3"),
        (
            {"deflated": [0], "values": [deflated([1] * 10**6), text([0.5], "<f8")]},
            "sweep.values[0]",
            "1 or 3",
        ),
        (
            {"deflated": [0], "values": [deflated([0.1, np.inf, 0.3]), text([0.5], "<f8")]},
            "sweep.values[0]",
            "finite",
        ),
        (
            {"deflated": [0], "values": [deflated([1, 2, 3], b"more"), text([0.5], "<f8")]},
            "sweep.values[0]",
            "1 or 3",
        ),
        (
            {"deflated": [0], "values": [deflated([1, 2, 3], cut=2), text([0.5], "<f8")]},
            "sweep.values[0]",
            "1 or 3",
        ),
        ({"values": [text([0.1, np.nan, 0.3], "<f8"), text([0.5], "<f8")]}, "sweep.values[0]", "finite"),
        ({"values": [text([0.1, 0.2, 0.3], "<f8"), text([1.5], "<f8")]}, "sweep.values[1]", "reflectivity"),
        ({"values": [text([1], "<i4"), text([0.5], "<f8")]}, "sweep.values[0]", "float64"),
        (step(0, 0, 3), "sweep.steps[0]", "kind"),
        (step(0, 0, 9), "sweep.steps[0]", "kind"),
        (step(2, 2, 2), "sweep.steps[2]", "mode outside"),
        (step(2, 1, -1), "sweep.steps[2]", "mode outside"),
        (step(2, 2, 0), "sweep.steps[2]", "twice"),
        (step(1, 3, 2), "sweep.steps[1]", "column outside"),
        (step(3, 3, 0), "sweep.steps[3]", "no use"),
        ({"steps": text([1, 2, 3], "<i4")}, "sweep.steps", "int32"),
        ({"constants": text([0, 0, np.inf, 0], "<f8")}, "sweep.steps[2]", "finite"),
        ({"constants": text([0, 0, 2, 0], "<f8")}, "sweep.steps[2]", "reflectivity"),
    ],
)
def test_what_is_wrong_is_named(changes, name, reason):
    assert reason in errors(**changes)[name]


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"before": 5}, "one of the steps"),
        ({"modes": [1, 0]}, "increasing"),
        ({"modes": [0, 2]}, "increasing"),
        ({"matrices": text([1], "<c16")}, "for all settings"),
        ({"matrices": text([1, 0, 0, 2], "<c16")}, "not unitary"),
        ({"matrices": text([1, 0, 0, np.nan], "<c16")}, "finite"),
    ],
)
def test_what_is_wrong_with_a_matrix_is_named(block, reason):
    whole = {"before": 0, "modes": [0, 1], "matrices": text(np.eye(2).ravel(), "<c16")} | block
    assert reason in errors(blocks=[whole])["sweep.blocks[0]"]


def test_a_matrix_for_each_setting():
    matrices = text(np.tile(np.eye(2).ravel(), 3), "<c16")
    assert check_one(
        payload(sweep=sweep(blocks=[{"before": 1, "modes": [0, 1], "matrices": matrices}])), QPUS
    )


def some_bytes(most):
    return st.binary(max_size=most).map(lambda body: base64.b64encode(body).decode())


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "labels": st.lists(st.text(max_size=3), max_size=3),
            "shape": st.lists(st.integers(-2, 5), max_size=3),
            "values": st.lists(some_bytes(33), max_size=3),
            "deflated": st.lists(st.integers(-1, 2), max_size=2),
            "steps": some_bytes(50),
            "constants": some_bytes(33),
            "blocks": st.lists(
                st.fixed_dictionaries(
                    {
                        "before": st.integers(-1, 5),
                        "modes": st.lists(st.integers(-1, 3), max_size=3),
                        "matrices": some_bytes(70),
                    }
                ),
                max_size=2,
            ),
        },
    )
)
def test_anything_is_either_refused_or_can_be_run(changes):
    try:
        job = check_one(payload(sweep=sweep(**changes)), QPUS)
    except RequestError:
        return
    form = decode_payload(job.payload).sweep
    assert np.isfinite(unitaries_of(form, 2)).all()
    assert settings_of(form).shape == (form.n_settings, len(form.labels))
