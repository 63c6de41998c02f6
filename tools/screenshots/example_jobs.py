"""The jobs that the screenshots of the dashboard show: a morning of a small group."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

import lwfast as lw
from lwfast import remote

QPUS = """
[[qpus]]
id = 1
name = "Artemis"
n_modes = 20
max_photon_input = 8
max_detection_filter = 4
default_max_samples = 1_000_000
max_samples = { 1 = 1_000_000, 2 = 1_000_000, 3 = 50_000, 4 = 10_000 }

[[qpus]]
id = 2
name = "Artemis (lossy)"
n_modes = 12
max_photon_input = 6
max_detection_filter = 4
default_max_samples = 500_000
[qpus.hardware]
loss = [0.31, 0.28, 0.3, 0.35, 0.29, 0.27, 0.33, 0.3, 0.32, 0.28, 0.36, 0.3]
[qpus.hardware.source]
purity = 0.99
brightness = 0.6
indistinguishability = 0.95
[qpus.hardware.detector]
efficiency = 0.85
p_dark = 1e-6
photon_counting = false

[[qpus]]
id = 3
name = "Lab B"
n_modes = 8
max_photon_input = 4
max_detection_filter = 4
default_max_samples = 100_000
available = false
"""


def submit_all() -> dict[str, int]:
    """Submit the jobs to the present scheduler, wait for those that can end, and return ids by name."""
    artemis, lossy, offline = (remote.QPU(name) for name in ("Artemis", "Artemis (lossy)", "Lab B"))
    shown: dict[str, int] = {}
    ended = []
    for k in range(4):
        bell = lw.Sampler(_hom(0.5 + 0.05 * k), lw.State([1, 1]), 20_000)
        ended.append(artemis.run(bell, job_name=f"HOM reflectivity {0.5 + 0.05 * k:.2f}"))
    boson = lw.Sampler(
        lw.Unitary(lw.random_unitary(8, seed=4)), lw.State([1, 1, 1, 1, 0, 0, 0, 0]), 10_000, min_detection=4
    )
    ended.append(artemis.run(boson, job_name="Boson sampling, 8 modes"))
    shown["boson"] = ended[-1].job_id
    gate = lw.qubit.CNOT_Heralded()
    one_each = lw.PostSelection()
    one_each.add((0, 1), 1)
    one_each.add((2, 3), 1)
    heralded = lw.Sampler(gate, lw.State([0, 1, 0, 1]), 10_000, min_detection=2, post_selection=one_each)
    ended.append(artemis.run(heralded, job_name="Heralded CNOT, input 11"))
    shown["heralded"] = ended[-1].job_id
    phase, tilt = lw.Parameter(0.0, label="phase"), lw.Parameter(0.5, label="reflectivity")
    fringe = lw.PhotonicCircuit(3)
    fringe.bs(0)
    fringe.ps(0, phase)
    fringe.bs(0)
    fringe.bs(1, reflectivity=tilt)
    sampler = lw.Sampler(fringe, lw.State([1, 1, 0]), 2_000)
    ended.append(
        artemis.run(lw.Sweep(sampler, {phase: np.linspace(0, 2 * np.pi, 61)}), job_name="Fringe, 61 phases")
    )
    shown["sweep"] = ended[-1].job_id
    grid = {phase: np.linspace(0, 2 * np.pi, 31), tilt: np.linspace(0, 1, 9)}
    ended.append(artemis.run(lw.Sweep(sampler, grid, grid=True), job_name="Fringe, phase × reflectivity"))
    shown["grid"] = ended[-1].job_id
    for k in range(3):
        noisy = lw.Sampler(
            lw.Unitary(lw.random_unitary(6, seed=k)), lw.State([1, 1, 1, 0, 0, 0]), 50_000, min_detection=2
        )
        ended.append(lossy.run(noisy, job_name=f"Loss calibration {k + 1}"))
    shown["lossy"] = ended[-1].job_id
    large = lw.Sampler(
        lw.Unitary(lw.random_unitary(20, seed=2)), lw.State([1] * 6 + [0] * 14), 10_000, min_detection=4
    )
    ended.append(artemis.run(large, job_name="Reference run, 20 modes"))
    shown["large"] = ended[-1].job_id
    for job in ended:
        with suppress(lw.LightworksError):
            job.result(timeout=120)
    for k in range(3):
        waits = offline.run(lw.Sampler(_hom(0.5), lw.State([1, 1]), 50_000), job_name=f"Alignment {k + 1}")
    shown["waiting"] = waits.job_id
    gone = offline.run(lw.Sampler(_hom(0.5), lw.State([1, 1]), 5_000), job_name="Alignment, wrong fibre")
    gone.cancel()
    shown["cancelled"] = gone.job_id
    return shown


def _hom(reflectivity: float) -> lw.PhotonicCircuit:
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0, reflectivity=reflectivity)
    return circuit
