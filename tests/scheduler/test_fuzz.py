"""Whatever is sent, the answer is one that the wire knows, and never a 500."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.validation.payloads import FIELDS, check_one, parse_json
from lwfast.wire import decode_payload
from tests.scheduler.harness import payload

QPUS = load_qpus()
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, 2, 20, 21, 2**63, -(2**63), 10**400])
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Artemis", "1j", "(0.1+0.2j)", "nan", "infj", "\x00", "9" * 5000])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(["BeamSplitter", "PhaseShifter", "Barrier", "ModeSwaps", "UnitaryMatrix"])
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            "mode",
            "mode_1",
            "mode_2",
            "reflectivity",
            "convention",
            "phi",
            "modes",
            "swaps",
            "unitary",
            "label",
        ]
    ),
    VALUES | st.sampled_from([0, 1, 0.5, "Rx", [0, 1], {"0": 1, "1": 0}, [["1"]]]),
)
SPECS = st.lists(st.tuples(ELEMENTS, PARAMETERS).map(list), max_size=4)
RULES = st.lists(st.lists(st.lists(st.integers(-1, 3) | LEAVES, max_size=3), max_size=3), max_size=3)
FIELD_VALUES = (
    VALUES | SPECS | st.fixed_dictionaries({"post_select": RULES | VALUES, "herald": RULES | VALUES})
)


@st.composite
def mutations(draw):
    """A valid payload with some fields replaced, dropped or added."""
    value = payload(n_modes=3, photons=2)
    value["direct_implementation"] = draw(st.booleans())
    for name in draw(st.lists(st.sampled_from(FIELDS), max_size=4)):
        value[name] = draw(FIELD_VALUES)
    if draw(st.booleans()):
        value.pop(draw(st.sampled_from(FIELDS)))
    if draw(st.booleans()):
        matrix = copy.deepcopy(payload(n_modes=3)["unitary"])
        matrix[draw(st.integers(0, 2))][draw(st.integers(0, 2))] = draw(LEAVES)
        value["unitary"] = matrix
    return value


@given(mutations())
@settings(max_examples=300)
def test_checks_never_break(value):
    """A payload is either accepted, and then the worker can read it, or refused with names and reasons."""
    try:
        job = check_one(value, QPUS)
    except RequestError as error:
        errors = error.errors
    else:
        sent = decode_payload(job.payload)
        assert sent.min_detection == job.min_detection
        assert len(sent.input) == job.n_modes == len(sent.unitary)
        return
    assert errors
    assert all(item.name and item.reason and len(item.reason) < 400 for item in errors)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_bytes_never_break(body):
    with pytest.raises(RequestError) as caught:
        check_one(parse_json(body), QPUS)
    assert caught.value.errors


@given(value=mutations() | VALUES, path=st.sampled_from(["jobs", "v1/jobs", "v1/jobs/batch"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_requests_never_break(api, value, path):
    """Over HTTP, with JSON as Python writes it, NaN included."""
    body = json.dumps({"jobs": [value]} if path.endswith("batch") else value)
    answer = api.post(path, data=body.encode())
    assert answer.status_code in {202, 400}
    if answer.status_code == 400:
        assert api.errors(answer)


@given(
    path=st.sampled_from(["jobs", "v1/jobs", "v1/changes", "v1/status", "qpus"]),
    query=st.dictionaries(
        st.sampled_from(["pageSize", "statuses", "status", "limit", "before", "ids", "after", "name", "qpu"]),
        st.text(max_size=12) | st.integers().map(str),
        max_size=4,
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_queries_never_break(api, path, query):
    answer = api.get(path, params={"timeout": "0"} | query)
    assert answer.status_code in {200, 400, 404}
    assert answer.json() is not None


@given(st.text(max_size=20), st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_paths_never_break(api, path, method):
    answer = api.call(method, "api/jobs/" + path.replace("?", "").replace("#", ""), allow_redirects=False)
    assert answer.status_code < 500
