"""Click patterns by sets of modes: what cannot occur is zero, and defects show."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast.emulator import Backend
from lwfast.hardware import Detector, Source
from lwfast.optics.costs import estimate_clicks, estimate_fock
from lwfast.optics.distributions.rounding import clicks_rounding
from lwfast.optics.distributions.ways import distribution
from lwfast.optics.experiment import make_experiment
from lwfast.optics.unitary import random_unitary

CLICKING = Detector(photon_counting=False)


def patterns(matrix, photons, *, dark=0.0, source=None, by_clicks=True):
    shot = make_experiment(
        matrix, photons, source=source, detector=Detector(p_dark=dark, photon_counting=False)
    )
    found = distribution(shot, way=estimate_clicks(shot) if by_clicks else estimate_fock(shot, {}, 0))
    return dict(zip(map(tuple, found.states.tolist()), found.probabilities.tolist(), strict=True)), shot


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("source", [None, Source(purity=0.9), Source(indistinguishability=0.5)], ids=str)
def test_no_clicks_without_loss(seed, source):
    """Where no light is lost and each photon comes, at least one detector clicks: exactly."""
    found, _ = patterns(random_unitary(3, seed), (1, 1, 0), source=source)
    assert found[(0, 0, 0)] == 0
    assert sum(found.values()) == pytest.approx(1, abs=1e-14)


def test_no_clicks_from_what_did_not_come():
    """The probability of the vacuum is that of no photon at all, without dark counts, to the last bit."""
    source = Source(brightness=1e-3, purity=0.9)
    found, shot = patterns(random_unitary(3, 1), (1, 1, 0), dark=0.1, source=source)
    assert found[(0, 0, 0)] == pytest.approx(shot.terms.missing**2 * 0.9**3, rel=1e-14)


def test_modes_that_are_dark_or_always_click():
    """A mode that no light reaches is silent, one that always counts too many always clicks: exactly."""
    matrix = np.eye(4, dtype=complex)
    matrix[:2, :2] = random_unitary(2, 1)
    matrix[2:, 2:] = random_unitary(2, 2)
    found, _ = patterns(matrix, (1, 1, 0, 0), dark=(0.0, 0.0, 0.0, 1.0))
    assert all(p == 0 for state, p in found.items() if state[2] or not state[3])
    assert sum(found.values()) == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize(("m", "n"), [(2, 2), (4, 3), (6, 6), (9, 4)])
def test_rounding_of_patterns_is_bounded(m, n):
    """The bound on the rounding of patterns holds against photon numbers."""
    for seed in range(5):
        photons = (1,) * n + (0,) * (m - n)
        found, shot = patterns(random_unitary(m, seed), photons)
        exact, _ = patterns(random_unitary(m, seed), photons, by_clicks=False)
        off = sum(abs(p - exact.get(state, 0.0)) for state, p in found.items())
        assert off < clicks_rounding(shot, 1 << m)


@pytest.mark.parametrize("defect", [lambda v: v * 1.001, lambda v: v - 2e-5 * (np.arange(len(v)) == 5)])
def test_defects_are_not_scaled_away(monkeypatch, defect):
    """Patterns that miss a sum of 1, or fall below zero, by more than rounding raise."""
    from lwfast._kernels.optics import clicks

    real = clicks.clicks_from_no_clicks

    def broken(values, modes):
        real(values, modes)
        values[:] = defect(values)

    monkeypatch.setattr(clicks, "clicks_from_no_clicks", broken)
    with pytest.raises(AssertionError, match="defect"):
        patterns(random_unitary(3, 1), (1, 1, 0))


@pytest.mark.parametrize(
    ("n_modes", "photons", "detector", "source", "reason"),
    [
        (
            4,
            [1, 1, 0, 0],
            Detector(photon_counting=[True, False, False, True]),
            None,
            "2 of 4 detectors tell",
        ),
        (23, [1], CLICKING, None, "23 modes, and it takes at most 22"),
        (4, [0], Detector(photon_counting=False, p_dark=0.1), None, "no photon goes in"),
        (4, [9, 8], CLICKING, None, "17 photons go in, and it takes at most 16"),
        (4, [2], CLICKING, Source(purity=0.9), "at most one photon in each input mode"),
    ],
)
def test_why_clicks_cannot_be_worked_out_by_permanents(n_modes, photons, detector, source, reason):
    """The plan gives the very reason, and not one that holds in other cases."""
    state = [*photons, *[0] * (n_modes - len(photons))]
    circuit = lw.Unitary(lw.random_unitary(n_modes, 1))
    task = lw.Sampler(circuit, lw.State(state), 10, source=source, detector=detector, sampling_mode="input")
    plan = Backend("permanent").plan(task)
    assert plan.method == "slos"
    assert reason in plan.reason
    assert plan.reason.endswith(".")
    few = lw.Sampler(circuit, lw.State([1] + [0] * (n_modes - 1)), 10, detector=CLICKING)
    if n_modes <= 22:
        assert Backend("permanent").plan(few).method == "permanent"
