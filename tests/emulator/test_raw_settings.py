"""Raw samples of many settings: what a loop over `run_raw` gives, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast.emulator import Detector, Source
from lwfast.emulator.raw import run_raw
from lwfast.emulator.sweeps import raw_settings
from lwfast.emulator.sweeps.raw_settings import run_raw_settings
from lwfast.errors import ResourceLimitError, SamplerError
from lwfast.hardware import HardwareModel

SOME = np.array([lw.random_unitary(5, seed=k) for k in range(9)])
INPUT = (1, 1, 0, 2, 0)
MODELS = {
    "none": None,
    "ideal": HardwareModel(source=Source(), detector=Detector()),
    "loss": HardwareModel(loss=0.1),
    "source": HardwareModel(source=Source(purity=0.95, indistinguishability=0.9)),
    "threshold": HardwareModel(detector=Detector(photon_counting=False)),
}


def loop(unitaries, n_samples, seed, **options):
    children = np.random.SeedSequence(seed).spawn(len(unitaries))
    return [
        run_raw(u, INPUT, n_samples, rng=child, **options)
        for u, child in zip(unitaries, children, strict=True)
    ]


def assert_same(found, singles):
    states, counts, lengths = found
    assert lengths.tolist() == [len(single[1]) for single in singles]
    assert np.array_equal(states, np.concatenate([single[0] for single in singles]))
    assert np.array_equal(counts, np.concatenate([single[1] for single in singles]))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("n_samples", "least"), [(0, 0), (300, 0), (300, 2), (40_000, 0)])
def test_they_are_the_loop_over_single_runs(model, n_samples, least):
    options = {"min_detection": least, "hardware": MODELS[model]}
    assert_same(
        run_raw_settings(SOME, INPUT, n_samples, seed=7, **options), loop(SOME, n_samples, 7, **options)
    )


def test_imprecise_matrices_among_them():
    mixed = SOME.copy()
    mixed[4] += 1e-11
    assert_same(run_raw_settings(mixed, INPUT, 200, seed=3), loop(mixed, 200, 3))


def test_ideal_ones_are_run_as_a_stack(monkeypatch):
    def alone(*_):
        raise AssertionError("one by one")

    monkeypatch.setattr(raw_settings.RawSettings, "one_by_one", alone)
    for model in (None, MODELS["ideal"]):
        run_raw_settings(SOME, INPUT, 200, min_detection=1, hardware=model, seed=3)


def test_how_many_are_run_together_changes_nothing(monkeypatch):
    whole = run_raw_settings(SOME, INPUT, 500, seed=1)
    monkeypatch.setattr(raw_settings, "_PART_BYTES", 3000)
    for one, other in zip(run_raw_settings(SOME, INPUT, 500, seed=1), whole, strict=True):
        assert np.array_equal(one, other)


def test_another_runner_is_asked_for_every_setting():
    asked = []

    def runner(unitary, occupation, n_samples, **options):
        asked.append(options["rng"])
        return run_raw(unitary, occupation, n_samples, **options)

    assert_same(run_raw_settings(SOME, INPUT, 50, seed=2, runner=runner), loop(SOME, 50, 2))
    assert [child.spawn_key for child in asked] == [(k,) for k in range(9)]


def test_an_error_names_the_setting():
    mixed = SOME.copy()
    mixed[5] *= 1.1
    with pytest.raises(
        lw.NotUnitaryError, match=r"^Setting 5 of the sweep \(theta=5\): The matrix amplifies"
    ):
        run_raw_settings(mixed, INPUT, 20, seed=1, told=lambda number: f"theta={number}")
    with pytest.raises(SamplerError, match=r"^Setting 0 of the sweep: No output states"):
        run_raw_settings(SOME, INPUT, 20, min_detection=5, seed=1)


def test_results_that_do_not_fit_in_memory_are_refused(monkeypatch):
    monkeypatch.setattr(raw_settings, "_PART_BYTES", 1)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "5000")
    with pytest.raises(ResourceLimitError, match=r"The results of \d settings .* Split the sweep"):
        run_raw_settings(SOME, INPUT, 2000, hardware=MODELS["threshold"], seed=1)
