"""Two photons in a random unitary: the light in each mode, as it was sampled and as it is expected."""

import lightworks as lw
import matplotlib.pyplot as plt
from lightworks import State, emulator

lw.settings.sampler_probability_threshold = 0
N = 8
U = lw.random_unitary(N, seed=10)
circuit = lw.Unitary(U)
sampler = lw.Sampler(circuit, State([1, 1, 0] + [0] * (N - 3)), 200)
results = emulator.Backend("slos").run(sampler)

counts = dict.fromkeys(range(N), 0)
for state, count in results.items():
    for mode in range(N):
        counts[mode] += state[mode] * count
measured = [counts[mode] / sum(counts.values()) for mode in range(N)]
expected = [0.0] * N
for state, probability in sampler.probability_distribution.items():
    for mode in range(N):
        expected[mode] += probability * state[mode] / 2

plt.figure(figsize=(7, 6))
plt.bar(range(N), measured, label="Measured", alpha=1)
plt.bar(range(N), expected, label="Expected", edgecolor="Black", fill=False, linestyle="dashed")
plt.xlabel("Mode")
plt.ylabel("Light")
plt.legend()
plt.show()

exact = {"U": U, "light": expected, "distribution": dict(sampler.probability_distribution)}
sampled = {"light": counts}
