"""Loss, sources and detectors: what each of them does to photons."""

from random import random, seed

import lightworks as lw
import matplotlib.pyplot as plt
import numpy as np
from lightworks import emulator

lw.settings.sampler_probability_threshold = 0
backend = emulator.Backend("permanent")
exact, sampled = {}, {}


def run(name, *args, **kwargs):
    """Run a sampler and draw what it found."""
    sampler = lw.Sampler(*args, **kwargs)
    results = backend.run(sampler)
    results.plot()
    sampled[name] = results
    return sampler, results


lossy = lw.PhotonicCircuit(2)
lossy.bs(0, reflectivity=0.5)
lossy.loss(0, 0.5)
lossy.display(display_loss=True)
run("lossy", lossy, lw.State([1, 0]), 10000, min_detection=1, random_seed=1)
exact["lossy"] = lossy.U

n_modes, loss = 6, lw.Parameter(0, bounds=[0, 1], label="loss")
mesh = lw.PhotonicCircuit(n_modes)
seed(111)
for i in range(n_modes - 1):
    for j in range(n_modes - 1 - i):
        first = n_modes - 2 - j
        mesh.barrier([first, first + 1])
        mesh.ps(first, 2 * np.pi * random())
        mesh.bs(first, reflectivity=random(), loss=loss)
mesh.display(display_loss=True)
loss.set(0)
exact["mesh"] = mesh.U
loss.set(0.2)
exact["lossy mesh"] = mesh.U
_, axes = plt.subplots(1, 2, figsize=(14, 6))
axes[0].imshow(abs(exact["mesh"]))
axes[1].imshow(abs(exact["lossy mesh"]))
plt.show()

hom, pair = lw.PhotonicCircuit(2), lw.State([1, 1])
hom.bs(0, reflectivity=0.5)
hom.display()
for flaw in ("indistinguishability", "purity", "brightness"):
    source = emulator.Source(**{flaw: 0.8}, probability_threshold=0)
    sampler, _ = run(flaw, hom, pair, 10000, source=source, random_seed=99)
    exact[flaw] = {s: p for s, p in sampler.probability_distribution.items() if p > 1e-12}

weak, dark, clicks = (
    emulator.Detector(efficiency=0.8),
    emulator.Detector(p_dark=1e-2),
    emulator.Detector(photon_counting=False),
)
run("weak", hom, pair, 10000, detector=weak, random_seed=99, sampling_mode="input")
empty = lw.PhotonicCircuit(6)
_, results = run("dark", empty, lw.State([0] * 6), 10000, detector=dark, random_seed=1, sampling_mode="input")
counts = [0] * 6
for state, count in results.items():
    for mode, photons in enumerate(state):
        counts[mode] += count * (photons >= 1)
plt.figure()
plt.bar(range(6), counts)
plt.show()
sampled["dark counts"] = dict(enumerate(counts))
run("clicks", hom, pair, 10000, detector=clicks, random_seed=99)

loss, theta = lw.Parameter(0), np.arccos(1 / 3)
bell = lw.PhotonicCircuit(6)
for mode, inner, outer in [
    (1, np.pi / 2, 0),
    (3, np.pi / 2, 0),
    (0, theta, 0),
    (2, theta, np.pi),
    (4, theta, 0),
    (3, np.pi / 2, 0),
]:
    bell.bs(mode, loss=loss, reflectivity=0.5)
    bell.ps(mode + 1, inner)
    bell.bs(mode, loss=loss, reflectivity=0.5)
    bell.ps(mode + 1, outer)
bell.herald(0, 0)
bell.herald(5, 0)
sampler, _ = run(
    "bell",
    bell,
    lw.State([1, 0, 1, 0]),
    20000,
    post_selection=lambda s: sum(s[:2]) == 1 and sum(s[2:]) == 1,
    sampling_mode="input",
    random_seed=99,
)
exact["bell"] = {s: p for s, p in sampler.probability_distribution.items() if p > 1e-12}
loss.set(0.3)
exact["lossy bell"] = bell.U
sampler.source = emulator.Source(brightness=0.8, indistinguishability=0.9, purity=0.9)
sampler.detector = emulator.Detector(efficiency=0.8, p_dark=1e-4, photon_counting=False)
sampled["imperfect bell"] = backend.run(sampler)
sampled["imperfect bell"].plot()
