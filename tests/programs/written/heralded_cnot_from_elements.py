"""A heralded CNOT put together from beam splitters, with an imperfect source and threshold detectors."""

import lightworks as lw
import numpy as np
from lightworks import emulator

lw.settings.sampler_probability_threshold = 0
n1 = 2 * np.arccos(1 / np.sqrt(4 - 2 * np.sqrt(2)))
n2 = 2 * np.arccos(np.sqrt(2) - 1)
half, whole = np.pi / 2, np.pi
mirrors = [(1, whole, 0), (3, half, 0), (5, whole, 0)]
elements = [(0, n1, whole), (4, half, 0), (6, n1, 0), *mirrors, (2, n2, 0), (4, n2, whole)]
elements += [*mirrors, (0, n1, whole), (4, half, 0), (6, n1, 0)]

circuit = lw.PhotonicCircuit(8)
for mode, theta, phase in elements:
    if phase:
        circuit.ps(mode + 1, phase)
    circuit.bs(mode, reflectivity=np.cos(theta / 2) ** 2, convention="H")
    if phase:
        circuit.ps(mode, phase)
for mode, photons in ((0, 0), (1, 1), (6, 1), (7, 0)):
    circuit.herald(mode, photons)
circuit.display(mode_labels=["a", "b", "control 0", "control 1", "target 0", "target 1", "c", "d"])

exact = {"U": circuit.U, "modes": [circuit.n_modes, circuit.input_modes]}
backend = emulator.Backend("slos")
ideal = lw.Sampler(circuit, lw.convert.qubit_to_dual_rail("11"), 2000, min_detection=2, random_seed=3)
sampled = {"ideal": backend.run(ideal)}
exact["ideal"] = dict(ideal.probability_distribution)

source = emulator.Source(indistinguishability=0.93)
detector = emulator.Detector(photon_counting=False)
sampler = lw.Sampler(
    circuit,
    lw.convert.qubit_to_dual_rail("10"),
    10000,
    source=source,
    detector=detector,
    min_detection=2,
    random_seed=7,
)
results = backend.run(sampler)
results.plot()
qubits = results.map(lw.convert.dual_rail_to_qubit, allow_invalid=True)
qubits.plot()
sampled |= {"modes": results, "qubits": qubits}
