"""Whole tasks on the emulator beside Lightworks, from the task object to the result object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import lwfast as lw
from benchmarks.adapters import emulator_lwfast
from benchmarks.peers import large, peers

ADAPTERS = peers("emulator", "lwfast", "lightworks")


def sampler(adapter: Any, n_modes: int, n_photons: int, n_samples: int, **options: Any) -> Any:
    """A Sampler of either package, on the same circuit."""
    package = adapter.package
    state = package.State([1] * n_photons + [0] * (n_modes - n_photons))
    circuit = package.Unitary(lw.random_unitary(n_modes, seed=1))
    return package.Sampler(circuit, state, n_samples, random_seed=1, **options)


def perfect(adapter: Any) -> Any:
    return sampler(adapter, 8, 4, 100_000)


def imperfect_source(adapter: Any) -> Any:
    """The case of Lightworks' documentation: 8 modes, 4 photons, a dim and slightly impure source."""
    source = adapter.emulator.Source(purity=0.99, indistinguishability=0.95, brightness=0.6)
    return sampler(adapter, 8, 4, 10_000, source=source)


def detector(adapter: Any) -> Any:
    detectors = adapter.emulator.Detector(efficiency=0.9, p_dark=1e-3, photon_counting=False)
    return sampler(adapter, 6, 3, 1_000_000, detector=detectors, sampling_mode="input")


def lossy(adapter: Any) -> Any:
    """A mesh with a loss on every beam splitter."""
    package = adapter.package
    circuit = package.PhotonicCircuit(4)
    for layer in range(3):
        for mode in range(layer % 2, 3, 2):
            circuit.bs(mode, mode + 1, reflectivity=0.4, loss=0.05)
    return package.Sampler(circuit, package.State([1, 1, 1, 0]), 10_000, random_seed=1)


def simulator(adapter: Any) -> Any:
    package = adapter.package
    return package.Simulator(package.Unitary(lw.random_unitary(6, seed=1)), package.State([1, 1, 1, 0, 0, 0]))


def analyzer(adapter: Any) -> Any:
    package = adapter.package
    circuit = package.Unitary(lw.random_unitary(6, seed=1))
    return package.Analyzer(circuit, package.State([1, 1, 1, 0, 0, 0]))


TASKS: dict[str, Callable[[Any], Any]] = {
    "8 modes, 4 photons, 10^5 samples": perfect,
    "the same with an imperfect source, 10^4 samples": imperfect_source,
    "6 modes, 3 photons, noisy threshold detectors, 10^6 shots": detector,
    "4 modes, 3 photons, 4 lossy elements, 10^4 samples": lossy,
    "Simulator, 6 modes, 3 photons, all outputs": simulator,
    "Analyzer, 6 modes, 3 photons": analyzer,
}


def backend_of(adapter: Any, task: Any) -> str:
    """Lightworks runs samplers by SLOS and the rest by permanents."""
    if adapter is emulator_lwfast:
        return "auto"
    return "slos" if type(task).__name__ == "Sampler" else "permanent"


def assert_plausible(result: Any, name: str) -> None:
    """So many samples, or so much probability, as there should be."""
    if "Simulator" in name:
        total = float((abs(result.array) ** 2).sum())
    elif "Analyzer" in name:
        total = float(result.array.sum())
    else:
        total = (
            sum(result.values()) / {"10^4": 1e4, "10^5": 1e5, "10^6": 1e6}[name.split(", ")[-1].split()[0]]
        )
    assert abs(total - 1) < 1e-9


SECONDS = ("source", "shots")
"""Words in the names of the tasks that take Lightworks seconds."""


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    "name", [large(name) if any(word in name for word in SECONDS) else name for name in TASKS]
)
def test_task(benchmark, adapter, name):
    task = TASKS[name](adapter)
    if adapter.name == "lightworks" and any(word in name for word in SECONDS):
        result = benchmark.pedantic(adapter.run, (task, backend_of(adapter, task)), rounds=1)
    else:
        result = benchmark(adapter.run, task, backend_of(adapter, task))
    assert_plausible(result, name)


@pytest.mark.large
def test_full_size(benchmark):
    result = benchmark(emulator_lwfast.run, sampler(emulator_lwfast, 20, 8, 1_000_000))
    assert result.counts.sum() == 1_000_000
