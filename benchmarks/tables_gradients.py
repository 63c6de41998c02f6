"""Tables of gradients: beside MerLin, and the cost of all slopes beside the mean alone."""

from __future__ import annotations

from importlib.util import find_spec

import lwfast as lw
from benchmarks.adapters import gradients_lwfast
from benchmarks.bench_gradients import assert_same, mesh, setting
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text
from lwfast.emulator import Detector, Source

PACKAGES = ("merlinquantum", "torch", "perceval-quandela")
SETTLE = 0.02
"""Seconds of rest before each pair of calls, of which the second is timed: threads of torch spin on after
theirs, beside whoever comes next."""
PEER_SIZES = (
    ("ideal", 6, 3, 1.0, 1.0),
    ("ideal", 8, 4, 1.0, 1.0),
    ("ideal", 10, 5, 1.0, 1.0),
    ("brightness 0.9", 6, 3, 0.9, 1.0),
    ("indistinguishability 0.9", 6, 3, 1.0, 0.9),
)


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_cost(), *([_peers()] if find_spec("merlin") else [])]


def _peers() -> Table:
    from benchmarks.adapters import gradients_merlin

    rows = []
    for what, n_modes, n_photons, *noise in PEER_SIZES:
        given = n_modes, *setting(n_modes, n_photons), *noise
        ours, theirs = (a.mean_and_slopes(*given) for a in (gradients_lwfast, gradients_merlin))
        assert_same(theirs(), ours())
        seconds = medians({"lwfast": ours, "merlin": theirs}, rounds=15, settle=SETTLE)
        rows.append(
            [
                f"{n_modes} modes, {n_photons} photons, {what}",
                seconds_text(seconds["lwfast"]),
                seconds_text(seconds["merlin"]),
                ratio_text(seconds["merlin"], seconds["lwfast"]),
            ]
        )
    note = "Each time is that of a second call after 20 ms of rest, in which threads of torch come to theirs."
    return "A mean and all its slopes", markdown(["what", "lwfast", "merlin", "ratio"], rows) + f"\n\n{note}"


def _cost() -> Table:
    noisy = Source(purity=0.98, brightness=0.9, indistinguishability=0.95)
    settings = (
        ("ideal", 6, 3, None, None),
        ("ideal", 10, 5, None, None),
        ("ideal", 16, 8, None, None),
        ("efficiency 0.9", 10, 5, None, Detector(efficiency=0.9)),
        ("threshold detectors", 10, 5, None, Detector(photon_counting=False)),
        ("imperfect source", 8, 4, noisy, None),
    )
    rows = []
    for what, n_modes, n_photons, source, detector in settings:
        occupation, angles, weights = setting(n_modes, n_photons)
        circuit, parameters = mesh(n_modes, angles)
        task = lw.Sampler(
            circuit, lw.State(occupation), 1, source=source, detector=detector, sampling_mode="input"
        )
        found = lw.output_distribution(circuit.U, occupation, source=source, detector=detector, gradient=True)
        worth = found.states @ weights
        seconds = medians(
            {
                "value": lambda task=task, worth=worth: lw.expectation(task, worth),
                "both": lambda task=task, worth=worth: lw.expectation(task, worth, gradient=True),
            }
        )
        rows.append(
            [
                f"{n_modes} modes, {n_photons} photons, {len(parameters)} Parameters, {what}",
                seconds_text(seconds["value"]),
                seconds_text(seconds["both"]),
                ratio_text(seconds["both"], seconds["value"]),
            ]
        )
    return "The cost of all slopes", markdown(["what", "mean alone", "with all slopes", "ratio"], rows)
