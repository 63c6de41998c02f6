"""Small work with circuits, states and results: each case as calls of lwfast and of a peer that agree."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import lwfast as lw
from lwfast.results import SamplingResult


class Case(NamedTuple):
    """Calls that do the same."""

    ours: Callable[[], Any]
    theirs: Callable[[], Any]


def mesh(package: Any, value: Callable[[float], Any] = float) -> Any:
    """A circuit of 6 modes: 15 beam splitters, and as many phases."""
    circuit = package.PhotonicCircuit(6)
    for i in range(15):
        circuit.bs(i % 5, reflectivity=value(0.1 + 0.05 * i))
        circuit.ps(i % 5, value(0.3 * i))
    return circuit


def _settings(package: Any, bound: Callable[[int], bool]) -> Callable[[], Any]:
    numbers = itertools.count()
    circuit = mesh(package, lambda value: package.Parameter(value) if bound(next(numbers)) else value)
    last = circuit.get_all_params()[-1]
    values = itertools.cycle(np.linspace(0, 1, 50).tolist())

    def set_and_build() -> Any:
        last.set(next(values))
        return circuit.U

    return set_and_build


def one_parameter() -> Case:
    import lightworks

    case = Case(*(_settings(package, lambda i: i == 15) for package in (lw, lightworks)))
    np.testing.assert_allclose(case.ours(), case.theirs(), atol=1e-12)
    return case


def all_parameters() -> Case:
    import lightworks

    case = Case(*(_settings(package, lambda i: True) for package in (lw, lightworks)))
    np.testing.assert_allclose(case.ours(), case.theirs(), atol=1e-12)
    return case


def building() -> Case:
    import lightworks

    case = Case(lambda: mesh(lw), lambda: mesh(lightworks))
    np.testing.assert_allclose(case.ours().U, case.theirs().U, atol=1e-12)
    return case


def items() -> Case:
    import lightworks
    from lightworks.sdk.results import SamplingResult as TheirResult

    states = [state for state in np.ndindex(*(5,) * 8) if sum(state) == 4]
    counts = np.random.default_rng(1).integers(1, 100, len(states))
    ours = SamplingResult.from_columns(np.array(states, np.uint8), counts)
    pairs = zip(states, counts.tolist(), strict=True)
    theirs = TheirResult(
        {lightworks.State(list(s)): n for s, n in pairs}, lightworks.State([1] * 4 + [0] * 4)
    )
    case = Case(lambda: list(ours.items()), lambda: list(theirs.items()))
    assert len(ours) == 330
    assert [(s.s, n) for s, n in case.ours()] == [(s.s, n) for s, n in case.theirs()]
    return case


def post_selection() -> Case:
    rng = np.random.default_rng(1)
    states = np.unique(rng.integers(0, 2, (1000, 20), np.uint8), axis=0)
    counts = rng.integers(1, 100, len(states))
    rules = lw.PostSelection()
    rules.add((0, 1), 1)
    rules.add((2, 3), 1)

    def careful_numpy() -> Any:
        """Sums that do not wrap round at 256."""
        kept = (states[:, [0, 1]].sum(axis=1) == 1) & (states[:, [2, 3]].sum(axis=1) == 1)
        return states[kept], counts[kept]

    case = Case(lambda: lw.post_select(states, counts, rules), careful_numpy)
    for ours, theirs in zip(case.ours(), case.theirs(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    return case


def decoding() -> Case:
    import orjson

    rng = np.random.default_rng(1)
    states = np.unique(rng.integers(0, 3, (200, 12), np.uint8), axis=0)[:100]
    body = lw.encode_result(states, rng.integers(1, 1000, len(states)))
    case = Case(lambda: lw.decode_result(body), lambda: orjson.loads(body))
    assert case.ours().counts.tolist() == list(case.theirs()["results"].values())
    np.testing.assert_array_equal(case.ours().states, states)
    return case


def values_of_inputs() -> Case:
    """Values of ten inputs."""
    import lightworks
    from lightworks.sdk.results import SimulationResult as TheirResult

    inputs = [[int(mode in (k, 9 - k)) for mode in range(10)] for k in range(5)]
    inputs += [[2 * int(mode == k) for mode in range(10)] for k in range(5)]
    outputs = [[int(mode in (k, k + 1)) for mode in range(10)] for k in range(9)]
    array = np.random.default_rng(1).random((10, 9))
    kinds = (lw.results.SimulationResult, lw.State), (TheirResult, lightworks.State)
    found = [
        kind(array, "probability", [state(s) for s in inputs], [state(s) for s in outputs])
        for kind, state in kinds
    ]
    case = Case(*(functools.partial(lambda result: list(result.items()), result) for result in found))
    for (ours, values), (theirs, others) in zip(case.ours(), case.theirs(), strict=True):
        assert ours.s == theirs.s
        assert [(s.s, v) for s, v in values.items()] == [(s.s, v) for s, v in others.items()]
    return case


def new_circuit() -> Case:
    import lightworks

    case = Case(lambda: lw.PhotonicCircuit(6), lambda: lightworks.PhotonicCircuit(6))
    assert case.ours().n_modes == case.theirs().n_modes
    return case


def new_detector() -> Case:
    from lightworks import emulator

    case = Case(lw.emulator.Detector, emulator.Detector)
    assert str(case.ours()) == str(case.theirs())
    return case


def of_states(operation: Callable[[Any, Any], Any]) -> Case:
    """What is done with two states of a package that are equal."""
    import lightworks

    (mine, same), (other, equal) = (
        [kind([1, 0, 1, 0]) for _ in "ab"] for kind in (lw.State, lightworks.State)
    )
    case = Case(lambda: operation(mine, same), lambda: operation(other, equal))
    assert str(case.ours()) == str(case.theirs())
    return case


def new_state() -> Case:
    import lightworks

    case = Case(lambda: lw.State([1, 0, 1, 0]), lambda: lightworks.State([1, 0, 1, 0]))
    assert case.ours().s == case.theirs().s
    return case


STATES: dict[str, Callable[[Any, Any], Any]] = {
    "two States compared": lambda a, b: a == b,
    "hash of a State": lambda a, _: hash(a),
    "slice of a State": lambda a, _: a[1:3],
    "two States joined by +": lambda a, b: a + b,
}
CASES: dict[str, tuple[str, Callable[[], Case]]] = {
    "one `Parameter.set`, then `circuit.U`: 6 modes, 30 elements": ("lightworks", one_parameter),
    "the same with a Parameter in each element": ("lightworks", all_parameters),
    "building that circuit": ("lightworks", building),
    "`list(result.items())`, 330 states": ("lightworks", items),
    "`post_select`, 1000 rows of 20 modes": ("numpy", post_selection),
    "`decode_result`, 100 rows of 12 modes": ("orjson", decoding),
    "`list(result.items())` of a simulation, 10 inputs": ("lightworks", values_of_inputs),
    "`State([1, 0, 1, 0])`": ("lightworks", new_state),
    "`PhotonicCircuit(6)`": ("lightworks", new_circuit),
    "`Detector()`": ("lightworks", new_detector),
    **{name: ("lightworks", functools.partial(of_states, operation)) for name, operation in STATES.items()},
}
"""Peer and maker of each case. orjson makes a dict of texts of the same body, and no table."""
