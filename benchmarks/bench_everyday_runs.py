"""Small tasks as people run them all day, from the task object to the result object, beside Lightworks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import lwfast as lw
from benchmarks.adapters import emulator_lwfast
from benchmarks.peers import peers

ADAPTERS = peers("emulator", "lwfast", "lightworks")
Call = Callable[[], Any]


def sampler(adapter: Any, occupation: list[int], n_samples: int) -> Call:
    """A new Sampler on a circuit that is there, run on a new backend."""
    package = adapter.package
    circuit = package.Unitary(lw.random_unitary(len(occupation), seed=1))
    state = package.State(occupation)
    return lambda: adapter.run(package.Sampler(circuit, state, n_samples, random_seed=1), "slos")


def one_photon(adapter: Any) -> Call:
    return sampler(adapter, [1, 0, 0, 0], 100)


def two_photons(adapter: Any) -> Call:
    return sampler(adapter, [1, 0, 1, 0], 1000)


def three_photons(adapter: Any) -> Call:
    return sampler(adapter, [1, 0, 1, 0, 1, 0], 1000)


def gate(adapter: Any) -> Call:
    """A post-selected CNOT on two dual-rail qubits, from |10> to |11>."""
    package = adapter.package
    circuit = package.PhotonicCircuit(6)
    circuit.bs(3, convention="H")
    for mode, reflectivity in ((0, 1 / 3), (2, 1 / 3), (4, 1 / 3)):
        circuit.bs(mode, reflectivity=reflectivity, convention="H")
    circuit.bs(3, convention="H")
    circuit.herald(0, 0)
    circuit.herald(5, 0)
    rules = package.PostSelection()
    rules.add((0, 1), 1)
    rules.add((2, 3), 1)
    state = package.State([0, 1, 1, 0])
    return lambda: adapter.run(
        package.Sampler(circuit, state, 1000, post_selection=rules, random_seed=1), "slos"
    )


def amplitude(adapter: Any) -> Call:
    package = adapter.package
    circuit = package.Unitary(lw.random_unitary(4, seed=1))
    inputs, outputs = package.State([1, 0, 1, 0]), package.State([0, 1, 0, 1])
    return lambda: adapter.run(package.Simulator(circuit, inputs, outputs), "permanent")


def analyzer(adapter: Any) -> Call:
    package = adapter.package
    circuit = package.Unitary(lw.random_unitary(4, seed=1))
    inputs = [package.State([1, 0, 1, 0]), package.State([0, 1, 0, 1])]
    return lambda: adapter.run(
        package.Analyzer(circuit, inputs), "auto" if adapter is emulator_lwfast else "permanent"
    )


def lossy(adapter: Any) -> Call:
    """A mesh whose beam splitters lose 3 %, run again and again."""
    package = adapter.package
    circuit = package.PhotonicCircuit(4)
    for mode in (0, 2, 1, 0, 2):
        circuit.bs(mode, loss=0.03)
    state = package.State([1, 0, 1, 0])
    return lambda: adapter.run(package.Sampler(circuit, state, 1000, random_seed=1), "slos")


def imperfect_source(adapter: Any) -> Call:
    package = adapter.package
    circuit, state = package.Unitary(lw.random_unitary(4, seed=1)), package.State([1, 0, 1, 0])
    source = adapter.emulator.Source(purity=0.98, brightness=0.9, indistinguishability=0.95)
    return lambda: adapter.run(package.Sampler(circuit, state, 1000, source=source, random_seed=1), "slos")


def imperfect_detectors(adapter: Any) -> Call:
    """Threshold detectors with dark counts; shots are counted, as Lightworks asks for."""
    package = adapter.package
    circuit, state = package.Unitary(lw.random_unitary(4, seed=1)), package.State([1, 0, 1, 0])
    detector = adapter.emulator.Detector(efficiency=0.9, p_dark=1e-3, photon_counting=False)
    options = {"detector": detector, "random_seed": 1, "sampling_mode": "input"}
    return lambda: adapter.run(package.Sampler(circuit, state, 1000, **options), "slos")


def batch(adapter: Any) -> Call:
    """Four inputs of one circuit."""
    package = adapter.package
    circuit = package.Unitary(lw.random_unitary(4, seed=1))
    states = [package.State(s) for s in ([1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1])]

    def run() -> Any:
        several = package.Batch(package.Sampler, task_args=[[circuit], states, [1000]])
        return adapter.run(several, "slos")

    return run


RUNS: dict[str, Callable[[Any], Call]] = {
    "Sampler, 4 modes, 1 photon, 100 samples": one_photon,
    "Sampler, 4 modes, 2 photons, 1,000 samples": two_photons,
    "Sampler, 6 modes, 3 photons, 1,000 samples": three_photons,
    "Sampler, post-selected CNOT, 1,000 samples": gate,
    "Simulator, one amplitude of 4 modes": amplitude,
    "Analyzer, two inputs of 4 modes": analyzer,
    "Sampler, 4 modes, 2 photons, lossy, 1,000 samples": lossy,
    "Sampler, 4 modes, 2 photons, imperfect source, 1,000 samples": imperfect_source,
    "Sampler, 4 modes, 2 photons, imperfect detectors, 1,000 shots": imperfect_detectors,
    "Batch of four Samplers, 4 modes, 2 photons, 1,000 samples each": batch,
}


def values(result: Any) -> dict[tuple[int, ...], complex]:
    """Counts by state, of a batch by task and state; of the first input, probabilities or amplitudes."""
    if isinstance(result, list):
        tasks = [values(one) for one in result]
        return {(k, *state): value for k, task in enumerate(tasks) for state, value in task.items()}
    found = dict(result.items())
    if not all(isinstance(value, int | float) or hasattr(value, "real") for value in found.values()):
        found = dict(next(iter(found.values())).items())
    return {tuple(state.s): value for state, value in found.items()}


def assert_same(ours: Any, theirs: Any, name: str) -> None:
    """Amplitudes and probabilities agree; samples of the same distribution differ by no more than chance."""
    mine, other = values(ours), values(theirs)
    for state in mine.keys() | other.keys():
        a, b = mine.get(state, 0), other.get(state, 0)
        sampled = name.startswith(("Sampler", "Batch"))
        allowed = 6 * math.sqrt(abs(a) + abs(b) + 1) if sampled else 1e-9
        assert abs(a - b) <= allowed, (name, state, a, b)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("name", RUNS)
def test_run(benchmark, adapter, name):
    assert_same(benchmark(RUNS[name](adapter)), RUNS[name](emulator_lwfast)(), name)
