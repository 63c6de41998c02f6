"""A runner in a worker that traces: spans are appended to a file, a line of JSON each."""

from __future__ import annotations

import os

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from tests.scheduler.runners import fake

_file = open(os.environ["LWFAST_TEST_SPANS"], "a")  # noqa: SIM115, PTH123  (open as long as the worker)
_provider = TracerProvider()
_provider.add_span_processor(
    SimpleSpanProcessor(
        ConsoleSpanExporter(out=_file, formatter=lambda span: span.to_json(indent=None) + "\n")
    )
)
trace.set_tracer_provider(_provider)

traced = fake
