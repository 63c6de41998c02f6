"""Every violation is named, all in one answer."""

from __future__ import annotations

import pytest

from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.validation.payloads import check_batch, check_one, parse_json
from lwfast.wire import decode_payload, matrix_to_text
from tests.scheduler.harness import payload

QPUS = load_qpus()
LONG = 10**400


def errors(value):
    with pytest.raises(RequestError) as caught:
        check_one(value, QPUS)
    return {error.name: error.reason for error in caught.value.errors}


def test_valid_payload_is_kept_to_the_letter():
    job = check_one(payload(n_modes=3, photons=2, min_detection=2), QPUS)
    assert (job.n_modes, job.n_photons, job.n_samples, job.min_detection) == (3, 2, 100, 2)
    assert decode_payload(job.payload).min_detection == 2
    assert 0 <= job.seed < 2**63


def test_the_longest_name_is_taken():
    assert check_one(payload(job_name="x" * 1000), QPUS).name == "x" * 1000


def test_seeds_differ():
    assert check_one(payload(), QPUS).seed != check_one(payload(), QPUS).seed


@pytest.mark.parametrize(("levels", "accepted"), [(99, True), (101, False), (900, False)])
def test_nested_job_data(levels, accepted):
    """What no result could hold is refused before the job has run for nothing."""
    data = []
    for _ in range(levels - 2):
        data = [data]
    value = payload(job_data={"option": data})
    if accepted:
        check_one(value, QPUS)
    else:
        assert "levels" in errors(value)["job_data"]


def test_everything_wrong_at_once():
    """One answer names every field that is wrong."""
    found = errors(
        {
            "qpu": "Apollo",
            "job_name": 7,
            "lightworks_version": None,
            "n_modes": "4",
            "input": "1000",
            "n_samples": True,
            "min_detection": 1.0,
            "direct_implementation": "no",
            "unitary": {},
            "job_data": [],
            "extra": 1,
        }
    )
    assert set(found) == {
        "qpu",
        "job_name",
        "lightworks_version",
        "n_modes",
        "input",
        "n_samples",
        "min_detection",
        "direct_implementation",
        "unitary",
        "job_data",
        "extra",
    }
    assert found["n_modes"] == "should be an integer, got a string, '4'"


def test_answers_stay_small():
    """However much is wrong, the answer is short: the first hundred, and how many more."""
    many = payload() | {f"x{i}": 1 for i in range(1000)} | {"y" * 10_000: 1}
    with pytest.raises(RequestError) as caught:
        check_one(many, QPUS)
    assert len(caught.value.errors) == 101
    assert caught.value.errors[-1].reason.startswith("and 901 other violations, the last: yyy")
    with pytest.raises(RequestError) as caught:
        check_batch({"jobs": [{}] * 10_000}, QPUS)
    assert len(caught.value.errors) < 1200
    assert "were not checked" in caught.value.errors[-1].reason


def test_a_matrix_is_checked_whatever_n_modes_says():
    """Too many modes and not unitary: both are named."""
    value = payload() | {"n_modes": 21, "input": [1] + [0] * 20, "unitary": [["0.5"] * 21] * 21}
    assert {"n_modes", "unitary"} <= set(errors(value))


def test_missing_fields():
    assert len(errors({})) == 9
    assert set(errors({}).values()) == {"is missing"}


@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_not_an_object(value):
    assert list(errors(value)) == ["body"]


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"qpu": "artemis"}, "qpu", "unknown QPU 'artemis'; there are: Artemis"),
        ({"job_name": "x" * 1001}, "job_name", "1000 are allowed"),
        ({"n_modes": 0}, "n_modes", "from 1 to 20"),
        ({"n_modes": 21}, "n_modes", "from 1 to 20"),
        ({"n_modes": LONG}, "n_modes", "..."),
        ({"input": [1]}, "input", "has 1 modes and n_modes is 2"),
        ({"input": [2, 0]}, "input", "mode 0 holds an integer, 2; a mode takes 0 or 1"),
        ({"input": [1, -1]}, "input", "mode 1"),
        ({"input": [1, True]}, "input", "mode 1 should hold an integer, got true or false, True"),
        ({"input": [0, 0]}, "input", "holds 0 photons; the QPU takes 1 to 8"),
        ({"min_detection": 0}, "min_detection", "at least 1"),
        ({"min_detection": 2}, "min_detection", "is an integer, 2 and only 1 photons"),
        ({"min_detection": -LONG}, "min_detection", "at least 1"),
        ({"n_samples": 0}, "n_samples", "at least 1"),
        ({"n_samples": 1_000_001}, "n_samples", "at most 1000000 with min_detection 1"),
        ({"n_samples": 1e3}, "n_samples", "a number, 1000.0"),
        ({"direct_implementation": True}, "circuit_spec", "is missing"),
        ({"circuit_spec": []}, "circuit_spec", "only sent with direct_implementation true"),
        ({"unitary": []}, "unitary", "is 0 × 0 and should be 2 × 2"),
        ({"unitary": [["1", "0"]]}, "unitary", "is 1 × 2 and should be 2 × 2"),
        ({"unitary": [["1"], ["0", "1"]]}, "unitary", "Row 1 has 2 columns where row 0 has 1"),
        ({"unitary": [["1", "x"], ["0", "1"]]}, "unitary", "Row 0, column 1: 'x' is not a complex number"),
        ({"unitary": [["1", None], ["0", "1"]]}, "unitary", "Row 0, column 1"),
        ({"unitary": [["1", "nan"], ["0", "1"]]}, "unitary", "Row 0, column 1 is not finite"),
        ({"unitary": [["1", "(0+infj)"], ["0", "1"]]}, "unitary", "Row 0, column 1 is not finite"),
        ({"unitary": [["1", "1e308"], ["1e308", "1"]]}, "unitary", "is not unitary"),
        ({"unitary": [["1", "0.1"], ["0", "1"]]}, "unitary", "|U^H U - 1| is 0.1 and 1e-05 is allowed"),
        ({"unitary": ["10", "01"]}, "unitary", "Row 0 is not a list"),
    ],
)
def test_one_violation(changes, name, reason):
    found = errors(payload() | changes)
    assert list(found) == [name]
    assert reason in found[name]


@pytest.mark.parametrize(
    ("filtered", "samples", "good"),
    [(3, 50_000, True), (3, 50_001, False), (4, 10_000, True), (4, 10_001, False), (2, 1_000_000, True)],
)
def test_samples_by_filter(filtered, samples, good):
    value = payload(n_modes=4, photons=4, min_detection=filtered, n_samples=samples)
    if good:
        check_one(value, QPUS)
    else:
        assert list(errors(value)) == ["n_samples"]


def test_photon_limits():
    """Eight photons fit, with a filter of at most four; nine do not."""
    check_one(payload(n_modes=20, photons=8, min_detection=4), QPUS)
    assert "at most 4" in errors(payload(n_modes=20, photons=8, min_detection=5))["min_detection"]
    assert "at most 4" in errors(payload(n_modes=20, photons=8, min_detection=None))["min_detection"]
    assert "1 to 8" in errors(payload(n_modes=20, photons=9))["input"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"post_select": {}}, "job_data.post_select"),
        ({"post_select": [[[0], [1]], [[2], [0]]]}, "job_data.post_select[1]"),
        ({"post_select": [[[-1], [1]]]}, "job_data.post_select[0]"),
        ({"post_select": [[[0, 0], [1]]]}, "job_data.post_select[0]"),
        ({"post_select": [[[], [1]]]}, "job_data.post_select[0]"),
        ({"post_select": [[[0], []]]}, "job_data.post_select[0]"),
        ({"post_select": [[[0], [-1]]]}, "job_data.post_select[0]"),
        ({"post_select": [[0, 1]]}, "job_data.post_select[0]"),
        ({"post_select": [[[True], [1]]]}, "job_data.post_select[0]"),
        ({"herald": [[[0, 1], [1]]]}, "job_data.herald[0]"),
        ({"herald": [[[0], [1]], [[0], [1]]]}, "job_data.herald"),
        ({"herald": 1}, "job_data.herald"),
        ({"herald": [[[0], [2]]]}, "job_data.herald[0]"),
    ],
)
def test_bad_job_data(data, name):
    assert list(errors(payload(job_data=data))) == [name]


def test_job_data_may_hold_more():
    check_one(payload(job_data={"post_select": None, "herald": [], "option": {"deep": [1]}}), QPUS)


R = 0.3**0.5
T = 0.7**0.5
SPEC = [
    ["BeamSplitter", {"mode_1": 0, "mode_2": 1, "reflectivity": 0.3, "convention": "Rx"}],
    ["PhaseShifter", {"mode": 1, "phi": 3.141592653589793}],
    ["Barrier", {"modes": [0, 1]}],
    ["ModeSwaps", {"swaps": {"0": 1, "1": 0}}],
    ["UnitaryMatrix", {"mode": 0, "unitary": [["0", "1"], ["1", "0"]], "label": "X"}],
]
MADE = [[R, 1j * T], [-1j * T, -R]]


def direct(spec, unitary=MADE):
    return payload(direct_implementation=True, circuit_spec=spec, unitary=matrix_to_text(unitary))


def test_spec_that_makes_the_unitary():
    check_one(direct(SPEC), QPUS)
    hadamard = [["BeamSplitter", {"mode_1": 0, "mode_2": 1, "reflectivity": 0.3, "convention": "H"}]]
    check_one(direct(hadamard, [[R, T], [T, -R]]), QPUS)


def test_spec_that_makes_another_unitary():
    assert "does not make `unitary`: an entry differs by" in errors(direct(SPEC[:-1]))["circuit_spec"]


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (1, "should be [name, parameters]"),
        (["Barrier"], "should be [name, parameters]"),
        ([1, {}], "a string and an object"),
        (["Loss", {"mode": 0, "loss": 0.1}], "unknown element 'Loss'"),
        (["BeamSplitter", {}], "lacks 'mode_1'"),
        ([*SPEC[0][:1], SPEC[0][1] | {"mode_2": 0}], "are both 0"),
        ([*SPEC[0][:1], SPEC[0][1] | {"mode_2": 2}], "mode_2 should be a mode from 0 to 1"),
        ([*SPEC[0][:1], SPEC[0][1] | {"reflectivity": 1.1}], "from 0 to 1"),
        ([*SPEC[0][:1], SPEC[0][1] | {"reflectivity": "1"}], "finite number"),
        ([*SPEC[0][:1], SPEC[0][1] | {"convention": "Ry"}], "'Rx' or 'H'"),
        (["PhaseShifter", {"mode": 0, "phi": LONG}], "finite number"),
        (["Barrier", {"modes": 1}], "a list"),
        (["Barrier", {"modes": [2]}], "a mode from 0 to 1"),
        (["ModeSwaps", {"swaps": {"0": 1}}], "same modes"),
        (["ModeSwaps", {"swaps": {"x": 1}}], "a mode from 0 to 1"),
        (["ModeSwaps", {"swaps": {"9" * 5000: 1}}], "a mode from 0 to 1"),
        (["ModeSwaps", {"swaps": []}], "an object"),
        (["UnitaryMatrix", {"mode": 1, "unitary": [["0", "1"], ["1", "0"]], "label": ""}], "end at mode 1"),
        (["UnitaryMatrix", {"mode": 0, "unitary": [["0", "1"]], "label": ""}], "square"),
        (["UnitaryMatrix", {"mode": 0, "unitary": [["nan"]], "label": ""}], "not finite"),
        (["UnitaryMatrix", {"mode": 0, "unitary": [["q"]], "label": ""}], "not a complex number"),
        (["UnitaryMatrix", {"mode": 0, "unitary": [["1"]], "label": 1}], "label"),
    ],
)
def test_bad_element(element, reason):
    found = errors(direct([*SPEC, element]))
    assert reason in found["circuit_spec[5]"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"a": NaN}',
        b'"\\ud800"',
        b"1 2",
        b"[[]," + b"[]," * 500_000 + b"0]",
    ],
    ids=range(8),
)
def test_not_json(body):
    with pytest.raises(RequestError, match="body"):
        parse_json(body)
