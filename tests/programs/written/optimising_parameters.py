"""A mesh with a Parameter for each phase, made to do what a random unitary does."""

import lightworks as lw
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

n_modes = 4
mesh = lw.PhotonicCircuit(n_modes)
parameters = lw.ParameterDict()
for i in range(n_modes - 1):
    for j in range(n_modes - 1 - i):
        mesh.barrier([j, j + 1])
        theta, phi = f"theta_{i}_{j}", f"phi_{i}_{j}"
        parameters[theta] = lw.Parameter(0, bounds=[0, 2 * np.pi], label=theta)
        parameters[phi] = lw.Parameter(0, bounds=[0, 2 * np.pi], label=phi)
        mesh.ps(j, parameters[phi])
        mesh.bs(j)
        mesh.ps(j + 1, parameters[theta])
        mesh.bs(j)
mesh.display()
target = lw.random_unitary(n_modes, seed=99)


def miss(values, circuit, wanted):
    """Set the parameters, and return minus the likeness of circuit and target."""
    for name, value in zip(parameters, values, strict=True):
        parameters[name] = value
    return -np.trace(abs(np.conj(wanted.T)) @ abs(circuit.U)) / n_modes


start = [np.pi / 2] * len(parameters)
bounds = list(parameters.get_bounds().values())
exact = {
    "bounds": bounds,
    "names": list(parameters),
    "at the start": miss(start, mesh, target),
    "further on": miss(np.linspace(0.1, 6, len(start)), mesh, target),
    "its unitary": mesh.U,
    "values": [parameters[name].get() for name in parameters],
}
progress = []
found = minimize(
    miss,
    start,
    args=(mesh, target),
    bounds=bounds,
    callback=lambda values: progress.append(-miss(values, mesh, target)),
    options={"maxiter": 25},
)
plt.figure()
plt.plot(progress)
plt.show()
for name, value in zip(parameters, found.x, strict=True):
    parameters[name] = value
mesh.display(show_parameter_values=True)
_, axes = plt.subplots(1, 2, figsize=(13, 6))
axes[0].imshow(abs(target))
axes[1].imshow(abs(mesh.U))
plt.show()
close = {"first steps": (progress[:3], 1e-4), "likeness": (-found.fun, 0.02)}
exact["likely"] = -found.fun > 0.95
