"""Plans know that photons that share a mode make permanents cheap and boson samples dear."""

from __future__ import annotations

import pytest

import lwfast as lw
from lwfast.emulator import Backend
from lwfast.optics.costs import amplitude_seconds, sample_seconds


@pytest.mark.parametrize("n", [12, 20, 60, 85])
def test_amplitudes_of_repeated_photons_are_not_announced(n, capsys):
    """One amplitude of |n,n> takes milliseconds, as the plan says, though 2n different photons take years."""
    state = lw.State([n, n])
    circuit = lw.Unitary(lw.random_unitary(2, seed=1))
    for task in (lw.Simulator(circuit, state, [state]), lw.Analyzer(circuit, state)):
        for name in ("auto", "permanent"):
            assert Backend(name).plan(task).seconds < 1.0
    assert Backend("permanent").plan(lw.Sampler(circuit, state, 10)).seconds < 1.0
    Backend().run(lw.Simulator(circuit, state, [state]))
    assert "take about" not in capsys.readouterr().err


def test_the_side_that_shares_modes_sets_the_price():
    """Different photons that are wanted in one mode are as cheap as the reverse."""
    spread, bunched = lw.State([1] * 26 + [0] * 4), lw.State([26] + [0] * 29)
    circuit = lw.Unitary(lw.random_unitary(30, seed=1))
    there = Backend().plan(lw.Simulator(circuit, spread, [bunched])).seconds
    back = Backend().plan(lw.Simulator(circuit, bunched, [spread])).seconds
    assert there == back == amplitude_seconds(bunched) < 1e-3
    assert Backend().plan(lw.Simulator(circuit, spread, [spread])).seconds > 0.1


@pytest.mark.parametrize(
    ("n_photons", "n_modes", "measured"), [(80, 2, 4.3e-4), (60, 3, 1.1e-3), (32, 4, 3.4e-4)]
)
def test_samples_of_photons_that_share_modes(n_photons, n_modes, measured, monkeypatch):
    """One sample costs as was measured, to a factor of three; the largest table alone says ten times less."""
    assert 1 / 3 < sample_seconds(n_photons, n_modes) / measured < 3
    photons = lw.State([n_photons // n_modes] * n_modes)
    task = lw.Sampler(lw.Unitary(lw.random_unitary(n_modes, seed=1)), photons, 100_000)
    assert Backend("clifford").plan(task).seconds < 10.0, "their distribution is small, and draws them all"
    monkeypatch.setattr("lwfast.optics.costs.sample_costs.draws_from_distribution", lambda *_: False)
    assert Backend("clifford").plan(task).seconds > 30_000 * measured
