"""One photon in a unitary: amplitudes are its entries, and samples follow their squares."""

from collections import Counter

import lightworks as lw
import matplotlib.pyplot as plt
from lightworks import State, emulator

N = 8
drawn = lw.random_unitary(N)
U = lw.random_unitary(N, seed=20)
circuit = lw.Unitary(U)
states = [State([int(i == j) for j in range(N)]) for i in range(N)]
backend = emulator.Backend("permanent")
results = backend.run(lw.Simulator(circuit, states, states))
exact = {
    "U": U,
    "as an array": results.array,
    "as a unitary": abs(results.array - U.T).max(),
    "unitary": abs(drawn @ drawn.conj().T).round(12),
}

_, axes = plt.subplots(1, 2, figsize=(12, 6))
for side, (matrix, title) in enumerate(((U.T, "Unitary"), (results.array, "Amplitudes"))):
    axes[side].imshow(abs(matrix))
    axes[side].set_title(title)
plt.show()
exact["frame"] = results.display_as_dataframe(conv_to_probability=True).to_numpy()

sampler = lw.Sampler(circuit, State([1] + [0] * (N - 1)), n_samples=1000, random_seed=6)
places = []
for state, count in backend.run(sampler).items():
    places += [state.s.index(1)] * count
seen = Counter(places)
plt.figure(figsize=(7, 6))
plt.bar(range(N), [seen[mode] / 1000 for mode in range(N)], label="Measured", alpha=1)
plt.bar(range(N), abs(U.T[0, :]) ** 2, label="Expected", edgecolor="Black", fill=False)
plt.legend()
plt.show()
sampled = {"places": {mode: seen[mode] for mode in range(N)}}
