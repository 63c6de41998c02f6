"""State tomography of one qubit and of a Bell pair, ideal and with an imperfect source."""

import lightworks as lw
import matplotlib.pyplot as plt
import numpy as np
from lightworks import emulator, qubit
from lightworks.sdk.results import SamplingResult
from lightworks.tomography import StateTomography, density_from_state


def draw(rho):
    """Draw real and imaginary parts beside each other."""
    figure, axes = plt.subplots(1, 2, figsize=(12, 5))
    for part, place in zip((np.real(rho), np.imag(rho)), axes, strict=True):
        image = place.imshow(part, vmin=-1, vmax=1)
    figure.colorbar(image, ax=axes.ravel().tolist())
    plt.show()


def rules_for(n_qubits):
    """Ask for one photon in the modes of each qubit."""
    rules = lw.PostSelection()
    for k in range(n_qubits):
        rules.add((2 * k, 2 * k + 1), 1)
    return rules


def run(experiments, n_qubits, source, backend):
    """Return the result of each experiment."""
    results = []
    for circuit in experiments.all_circuits:
        sampler = lw.Sampler(
            circuit,
            lw.State([1, 0] * n_qubits),
            5000,
            source=source,
            post_selection=rules_for(n_qubits),
            random_seed=21,
        )
        results.append(backend.run(sampler))
    return results


def chances(experiments, state):
    """Return the result of each experiment without the noise of sampling: probabilities as counts."""
    found = {}
    for each in experiments:
        simulated = emulator.Backend("permanent").run(lw.Simulator(each.circuit, state))
        squares = {s: abs(a) ** 2 for s, a in simulated[state].items()}
        result = SamplingResult(squares, state).apply_post_selection(rules_for(len(state) // 2))
        found[each.measurement_basis] = result
    return found


exact, close, sampled = {}, {}, {}
backend = emulator.Backend("slos")
for name, gate in (("I", qubit.I()), ("H", qubit.H()), ("S", qubit.S())):
    gate.display()
    tomography = StateTomography(1, gate)
    experiments = tomography.get_experiments()
    exact[name] = tomography.process(chances(experiments, lw.State([1, 0])))
    results = {}
    for each in experiments:
        sampler = lw.Sampler(each.circuit, lw.State([1, 0]), 10000, random_seed=11)
        results[each.measurement_basis] = backend.run(sampler)
        sampled[f"{name}, {each.measurement_basis}"] = results[each.measurement_basis]
    rho = tomography.process(results)
    close[name] = (rho, 0.05)
    draw(rho)
    listed = tomography.process([results[each.measurement_basis] for each in experiments])
    exact[f"{name}, as a list"] = abs(listed - rho).max()

bell = lw.PhotonicCircuit(4)
bell.add(qubit.H())
bell.add(qubit.CNOT())
bell.display()
tomography = StateTomography(2, bell)
experiments = tomography.get_experiments()
wanted = density_from_state([2**-0.5, 0, 0, 2**-0.5])
exact["Bell"] = tomography.process(chances(experiments, lw.State([1, 0, 1, 0])))
exact["fidelity"] = [tomography.fidelity(wanted), abs(tomography.rho - wanted).max()]
source = emulator.Source()
rho = tomography.process(run(experiments, 2, source, backend))
close["Bell"] = (rho, 0.08)
close["fidelity"] = (tomography.fidelity(wanted), 0.04)
draw(rho)

source.indistinguishability = 0.9
results = run(experiments, 2, source, backend)
rho = tomography.process(results)
close["distinguishable"] = (rho, 0.08)
close["its fidelity"] = (tomography.fidelity(wanted), 0.04)
close["eigenvalues"] = (np.sort(np.real(tomography.check_eigenvalues())), 0.08)
rho = tomography.process(results, project_to_physical=True)
close["projected"] = (rho, 0.08)
exact["physical"] = bool(np.min(np.real(tomography.check_eigenvalues())) > -1e-9)
draw(rho)
