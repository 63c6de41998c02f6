"""Tables of tomography: beside Lightworks, and what standard errors take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.adapters import tomography_lightworks, tomography_lwfast
from benchmarks.bench_tomography import (
    N_SAMPLES,
    NOISE,
    assert_process,
    assert_state,
    cnot,
    one_photon_each,
    process,
    processing,
    state,
)
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text

PACKAGES = ("lightworks",)
PAIR = [tomography_lwfast, tomography_lightworks]
LI, MLE = "LIProcessTomography", "MLEProcessTomography"
N_REPLICAS = 200


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_beside(), _errors()]


def _beside() -> Table:
    lines = [
        _row("state, from the circuit to the matrix", state, assert_state, 15),
        _row("state, the same with an imperfect source", _noisy, lambda rho: assert_state(rho, 0.2), 3),
        _row("process by linear inversion: processing alone", lambda a: processing(a, LI), assert_process, 7),
        _row(
            "process by maximum likelihood: processing alone", lambda a: processing(a, MLE), assert_process, 7
        ),
        _row(
            "process by maximum likelihood, from the circuit to the matrix",
            lambda a: process(a, MLE),
            assert_process,
            3,
        ),
    ]
    title = f"Tomography of two qubits, {N_SAMPLES:,} samples for each experiment"
    return title, markdown(["", "lwfast", "lightworks", "ratio"], lines)


def _noisy(adapter: Any) -> Callable[[], np.ndarray]:
    return state(adapter, **NOISE)


def _row(what: str, make: Callable[[Any], Any], check: Callable[[Any], None], rounds: int) -> list[str]:
    calls = {adapter.name: make(adapter) for adapter in PAIR}
    for call in calls.values():
        check(call())
    ours, theirs = medians(calls, rounds).values()
    return [what, seconds_text(ours), seconds_text(theirs), ratio_text(theirs, ours)]


def _errors() -> Table:
    package = tomography_lwfast.package
    lines = []
    for kind in ("StateTomography", LI, MLE):
        tomography = getattr(package.tomography, kind)(2, cnot(package))
        tomography.process(tomography_lwfast.measure(tomography, N_SAMPLES, one_photon_each(package)))
        errors = tomography.standard_errors(N_REPLICAS, rng=1)
        if not 0 < errors.real.max() < 0.05:
            raise AssertionError("the errors are not those of so many counts")
        call = {kind: lambda t=tomography: t.standard_errors(N_REPLICAS, rng=1)}
        lines.append([kind, seconds_text(medians(call, 3)[kind])])
    return f"Standard errors of two qubits, from {N_REPLICAS} replicas", markdown(["", "lwfast"], lines)
