"""Spans of OpenTelemetry, from `QPU.run` over the scheduler to the worker, in processes that trace.

A process traces once something in it has imported OpenTelemetry's API, as a program that sets it up does, and
`opentelemetry-instrument` for one that does not. Everywhere else a span costs a look into a dictionary.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lwfast._version import __version__

TRACE_HEADERS = ("traceparent", "tracestate")
"""W3C's headers: which span a request belongs to. Baggage, which may hold anything, is not sent."""


@contextmanager
def span(name: str, parent: Mapping[str, str] | None = None, **about: Any) -> Iterator[None]:
    """Trace what a block does; an exception that leaves it is noted.

    Args:
        name: What it does, such as `lwfast.run`.
        parent: Headers that name the span it belongs to, as `trace_headers` gives them; None or without such
            headers for the present one.
        about: Attributes, by names without the `lwfast.` that they get. No secret belongs here.
    """
    if "opentelemetry" not in sys.modules:
        yield
        return
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract(dict(parent)) if parent else None
    tracer = trace.get_tracer("lwfast", __version__)
    attributes = {f"lwfast.{key}": value for key, value in about.items() if value is not None}
    with tracer.start_as_current_span(name, context=context, attributes=attributes):
        yield


def trace_headers() -> dict[str, str]:
    """Return the headers that name the present span; an empty dictionary without one."""
    if "opentelemetry" not in sys.modules:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return {name: value for name, value in headers.items() if name in TRACE_HEADERS}
