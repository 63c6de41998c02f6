"""The average fidelity of a lossy CNOT and of a T gate, by tomography."""

import lightworks as lw
import matplotlib.pyplot as plt
import numpy as np
from lightworks import emulator, qubit
from lightworks.sdk.results import SamplingResult
from lightworks.tomography import GateFidelity


def run(experiments, indistinguishability, n_samples):
    """Return the result of each experiment, in a batch."""
    rules = lw.PostSelection()
    rules.add((0, 1), 1)
    rules.add((2, 3), 1)
    batch = lw.Batch(
        lw.Sampler,
        task_args=[experiments.all_circuits, experiments.all_inputs, [n_samples]],
        task_kwargs={
            "source": [emulator.Source(indistinguishability=indistinguishability)],
            "post_selection": [rules],
            "random_seed": [10],
        },
    )
    return emulator.Backend("slos").run(batch)


def one_each(state):
    """Say whether there is one photon for each qubit."""
    return all(sum(state[k : k + 2]) == 1 for k in range(0, len(state), 2))


def chances(experiments):
    """Return the result of each experiment without the noise of sampling: probabilities as counts."""
    found = []
    for each in experiments:
        simulated = emulator.Backend("permanent").run(lw.Simulator(each.circuit, each.input_state))
        squares = {s: abs(a) ** 2 for s, a in simulated[each.input_state].items() if one_each(s)}
        found.append(SamplingResult(squares, each.input_state))
    return found


cnot = qubit.CNOT()
for mode in range(4):
    cnot.loss(mode, 0.5)
cnot.display(display_loss=True)
of_cnot = GateFidelity(2, cnot)
experiments = of_cnot.get_experiments()
u_cnot = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
exact = {
    "experiments": [len(experiments), len(experiments.all_circuits)],
    "inputs": experiments.all_inputs,
    "first": experiments.all_circuits[5].U,
}
exact["fidelity"] = of_cnot.process(chances(experiments), u_cnot)
by_state = of_cnot.process_state_fidelities(chances(experiments), u_cnot)
close = {"ideal by state": (by_state, 1e-6)}  # rounding, where Lightworks takes roots of matrices
runs = {value: run(experiments, value, 5000) for value in (0.8, 1.0)}
fidelities = [of_cnot.process(results, u_cnot) for results in runs.values()]
plt.figure()
plt.plot(list(runs), fidelities)
plt.show()
by_state = of_cnot.process_state_fidelities(runs[0.8], u_cnot)
plt.figure()
plt.bar(range(len(by_state)), by_state.values())
plt.xticks(range(len(by_state)), labels=by_state, rotation=90)
plt.show()
close |= {"fidelities": (fidelities, 0.03), "by state": (by_state, 0.12)}

t_gate, u_t = qubit.T(), np.array([[1, 0], [0, np.exp(1j * np.pi / 4)]])
of_t = GateFidelity(1, t_gate)
experiments = of_t.get_experiments()
exact["T"] = of_t.process(chances(experiments), u_t)
results = [
    emulator.Backend("slos").run(lw.Sampler(each.circuit, each.input_state, 400, random_seed=1))
    for each in experiments
]
close["T"] = (of_t.process(results, u_t), 0.1)
sampled = {"of the first T experiment": results[0]}
of_t.check_eigenvalues(results)
close["T, projected"] = (of_t.process(results, u_t, project_to_physical=True), 0.1)
exact["eigenvalues"] = {
    name: bool(np.min(values) > -1e-9)
    for name, values in of_t.check_eigenvalues(results, project_to_physical=True).items()
}
