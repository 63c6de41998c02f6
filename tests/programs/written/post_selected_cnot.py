"""A post-selected CNOT with loss: amplitudes, probabilities, samples, and how often it errs."""

import lightworks as lw
import matplotlib.pyplot as plt
import numpy as np
from lightworks import State, emulator

lw.settings.sampler_probability_threshold = 0
backend = emulator.Backend("permanent")
theta = np.arccos(1 / 3)
circuit = lw.PhotonicCircuit(6)
for mode, inner, outer in [
    (3, np.pi / 2, 0),
    (0, theta, 0),
    (2, theta, np.pi),
    (4, theta, 0),
    (3, np.pi / 2, 0),
]:
    circuit.bs(mode, loss=0.05, reflectivity=0.5)
    circuit.ps(mode + 1, inner)
    circuit.bs(mode, loss=0.05, reflectivity=0.5)
    circuit.ps(mode + 1, outer)
    if mode in {3, 4}:
        circuit.barrier()
circuit.herald(0, 0)
circuit.herald(5, 0)
circuit.display(mode_labels=["a", "control 0", "control 1", "target 0", "target 1", "b"])

inputs = {
    "00": State([1, 0, 1, 0]),
    "01": State([1, 0, 0, 1]),
    "10": State([0, 1, 1, 0]),
    "11": State([0, 1, 0, 1]),
}
states = list(inputs.values())
simulator = lw.Simulator(circuit, states)
every = backend.run(simulator)
exact = {"U": circuit.U, "every output": every, "frame": every.display_as_dataframe().to_numpy()}
simulator.outputs = states
chosen = backend.run(simulator)
frame = chosen.display_as_dataframe(conv_to_probability=True)
exact |= {"chosen": chosen.array, "chances": frame.to_numpy(), "names": [*frame.index, *frame.columns]}

sampler = lw.Sampler(circuit, State([0, 1, 1, 0]), 10000, random_seed=4)
results = backend.run(sampler)
results.plot()
sampled = {"lossy": results}
exact["lossy"] = {s: p for s, p in sampler.probability_distribution.items() if sum(s)}

source = emulator.Source(purity=0.98, brightness=0.5, indistinguishability=0.94)
detector = emulator.Detector(efficiency=0.9, p_dark=1e-5, photon_counting=False)
sampler = lw.Sampler(
    circuit,
    State([0, 1, 1, 0]),
    20000,
    source=source,
    detector=detector,
    sampling_mode="input",
    random_seed=5,
)
results = backend.run(sampler)
results.plot()
sampled["noisy"] = results
sampler.post_selection = lambda s: s[0] + s[1] == 1 and s[2] + s[3] == 1
results = backend.run(sampler)
results.plot()
sampled["post-selected"] = results

expected = {inputs[name]: inputs[to] for name, to in (("00", "00"), ("01", "01"), ("10", "11"), ("11", "10"))}
analyzer = lw.Analyzer(circuit, states, expected)
analyzer.post_selection = lambda s: s[0] + s[1] == 1 and s[2] + s[3] == 1
analysis = backend.run(analyzer)
exact["analysis"] = analysis
exact["performance and errors"] = [analysis.performance, analysis.error_rate]

table = np.zeros((4, 4))
for row, start in enumerate(inputs.values()):
    for column, end in enumerate(inputs.values()):
        table[row, column] = analysis[start, end]
plt.figure(figsize=(7, 6))
plt.imshow(table)
plt.xticks(range(4), labels=list(inputs))
plt.yticks(range(4), labels=list(inputs))
plt.show()
exact["table"] = table
