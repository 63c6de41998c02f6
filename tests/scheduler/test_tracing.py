"""Spans of OpenTelemetry: one trace from `QPU.run` over the scheduler to the worker."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import lwfast as lw
from lwfast.remote import Client
from lwfast.wire.tracing import span, trace_headers
from tests.scheduler.harness import ROOT, TOKEN, make_settings, payload, running
from tests.started import PATIENCE

TASK = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 0, 0, 0]), n_samples=100)


@pytest.fixture(scope="module")
def spans():
    """The spans of this process, as they end."""
    pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


def test_one_trace_from_run_to_worker(tmp_path, spans, monkeypatch):
    """The worker's span belongs to that of the scheduler, and this to that of the client, by their ids."""
    written = tmp_path / "spans"
    monkeypatch.setenv("LWFAST_TEST_SPANS", str(written))
    settings = make_settings(tmp_path / "data", runner="tests.scheduler.traced_runner:traced")
    with running(settings) as api, Client(url=f"{api.root}api/", token=TOKEN) as client:
        spans.clear()
        job = client.qpu("Artemis").run(TASK)
        job.wait_until_complete(timeout=PATIENCE)
        logged = api.details(job.job_id)["logs"][0]["meta"]["Trace"]
    found = {span.name: span for span in spans.get_finished_spans()}
    run, accept = found["lwfast.run"], found["lwfast.accept"]
    [work] = [json.loads(line) for line in written.read_text().splitlines()]
    assert work["name"] == "lwfast.job"
    assert work["attributes"]["lwfast.job_id"] == job.job_id
    assert accept.parent.span_id == run.context.span_id
    assert int(work["parent_id"], 16) == accept.context.span_id
    assert accept.context.trace_id == run.context.trace_id == int(work["context"]["trace_id"], 16)
    assert f"{accept.context.span_id:016x}" in logged["traceparent"]
    assert accept.attributes["lwfast.request_id"] == work["attributes"]["lwfast.request_id"]
    assert run.attributes["lwfast.qpu"] == "Artemis"
    assert TOKEN not in str([one.to_json() for one in found.values()]) + written.read_text()


def test_a_block_that_fails_is_noted(spans):
    spans.clear()
    with pytest.raises(ValueError, match="no"), span("lwfast.fails", number=None):
        raise ValueError("no")
    [failed] = spans.get_finished_spans()
    assert failed.status.status_code.name == "ERROR"
    assert dict(failed.attributes) == {}


@pytest.mark.parametrize("given", ["", "nonsense", "00-0-0-0", f"00-{'f' * 32}-{'0' * 16}-01", "é"])
def test_headers_that_name_no_span(tmp_path_factory, spans, api, given):
    """Whatever stands there, the job is taken, and its span begins a trace of its own."""
    spans.clear()
    answer = api.post("v1/jobs", json=payload(), headers={"traceparent": given.encode()})
    assert answer.status_code == 202
    [accept] = [one for one in spans.get_finished_spans() if one.name == "lwfast.accept"]
    assert accept.parent is None


def test_without_opentelemetry_nothing_is_imported_or_sent():
    """A program that does not trace pays nothing, installed or not."""
    code = (
        "import sys\n"
        "from lwfast.wire.tracing import span, trace_headers\n"
        "with span('lwfast.run', {'traceparent': 'x'}, number=1):\n"
        "    assert trace_headers() == {}\n"
        "assert 'opentelemetry' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE, cwd=ROOT)
    assert set(trace_headers()) <= {"traceparent", "tracestate"}
