"""The document of the API says what the scheduler does: its routes, and its answers to a fuzzer."""

from __future__ import annotations

import json

import pytest

from lwfast.scheduler.web.operations.api_operations import EXAMPLE
from lwfast.scheduler.web.operations.openapi import DESCRIBED, described_routes, document
from lwfast.wire import TOKEN_HEADER
from tests.scheduler.harness import TOKEN, make_settings, running

EXAMPLES = 12
"""Requests to each operation; with the checks of each, a thousand in all."""


def test_it_is_served(api):
    answer = api.get("v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads(document())


def test_every_route_is_described():
    """A route that is added without a word of what it answers fails here."""
    endpoints = {route.endpoint for _, route in described_routes()}
    assert endpoints == set(DESCRIBED)
    paths = json.loads(document())["paths"]
    for path, route in described_routes():
        assert set(paths[path]) >= {method.lower() for method in route.methods - {"HEAD"}}
        for operation in paths[path].values():
            assert operation["summary"]


def test_other_methods_are_told(api):
    """405 names every method of the path, also where several routes share it."""
    for path, allowed in (("jobs", "GET, HEAD, POST"), ("jobs/1/cancel", "PUT"), ("v1/jobs/batch", "POST")):
        answer = api.call("DELETE", f"api/{path}")
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert api.call("POST", "static/api.js").headers["Allow"] == "GET, HEAD"


def test_the_example_is_taken(api):
    assert api.post("v1/jobs", json=EXAMPLE).status_code == 202


try:
    import schemathesis
except ImportError:
    pass
else:
    from hypothesis import HealthCheck, settings
    from schemathesis.checks import CHECKS, load_all_checks

    load_all_checks()
    # What fits the schema of a payload need not be a unitary, so a refusal of it is right.
    LEFT_OUT = {"positive_data_acceptance"}
    WANTED = [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]
    schema = schemathesis.openapi.from_dict(json.loads(document()))

    @pytest.fixture(scope="module")
    def fuzzed(tmp_path_factory):
        """A scheduler of its own, with a job that every fuzzer finds."""
        with running(make_settings(tmp_path_factory.mktemp("fuzzed"))) as api:
            api.wait(api.submit())
            yield api

    @schema.parametrize()
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def test_answers_are_those_of_the_document(fuzzed, case):
        """No 5xx, no status, header or body that the document does not name."""
        # `GET v1/jobs/batch` asks for a job of that name, which is not there: 404 and not 405.
        left_out = {"unsupported_method"} if case.operation.path == "/v1/jobs/batch" else set()
        checks = [check for check in WANTED if check.__name__ not in left_out]
        case.call_and_validate(
            base_url=f"{fuzzed.root}api", headers={TOKEN_HEADER: TOKEN}, checks=checks, timeout=30
        )
