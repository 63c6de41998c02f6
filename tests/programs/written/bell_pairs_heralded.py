"""A Bell pair of four photons, heralded by two of them, in a circuit with loss at each beam splitter."""

import lightworks as lw
import matplotlib.pyplot as plt
import numpy as np
from lightworks import emulator

circuit = lw.PhotonicCircuit(8)
loss = lw.Parameter(0.05, label="loss")
for mode in range(4):
    circuit.bs(mode, mode + 4)
    circuit.ps(mode, np.pi / 2)
    circuit.bs(mode, mode + 4)
for first in (4, 6):
    circuit.bs(first, first + 1)
    circuit.ps(first, np.pi / 2)
    circuit.bs(first, first + 1)
circuit.bs(5, 6, loss=loss)
circuit.ps(5, 0)
circuit.bs(5, 6, loss=loss)
circuit.display()

in_state = lw.State([1] * 4 + [0] * 4)
heralded = lambda s: s[4] == 1 and s[5] == 1 and s[6] == 0 and s[7] == 0  # noqa: E731  (as people write it)
sampler = lw.Sampler(circuit, in_state, 20000, post_selection=heralded, min_detection=4, random_seed=10)
results = emulator.Backend("slos").run(sampler)

states, counts = [], []
for state, count in results.items():
    states.append(state[:4])
    counts.append(count)
plt.figure()
bars = plt.bar(range(len(states)), counts)
plt.bar_label(bars, counts)
plt.xticks(range(len(states)), states)
plt.show()

exact = {
    "U": circuit.U,
    "parameters": [parameter.label for parameter in circuit.get_all_params()],
    "same": [a == b for a, b in zip(sampler.circuit.U, circuit.U, strict=True)],
}
loss.set(0.3)
exact["more loss"] = circuit.U
sampled = {"pairs": dict(zip(states, counts, strict=True))}
