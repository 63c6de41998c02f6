"""Process tomography of a CNOT by linear inversion and by maximum likelihood, ideal and noisy."""

import lightworks as lw
import matplotlib.pyplot as plt
import numpy as np
from lightworks import emulator, qubit
from lightworks.sdk.results import SamplingResult
from lightworks.tomography import LIProcessTomography, MLEProcessTomography, choi_from_unitary


def draw(choi):
    """Draw real and imaginary parts as bars."""
    across, along = np.meshgrid(range(choi.shape[0]), range(choi.shape[1]))
    figure = plt.figure(figsize=(11, 5))
    for place, (part, title) in enumerate(((choi.real, "Real"), (choi.imag, "Imaginary"))):
        axes = figure.add_subplot(121 + place, projection="3d")
        heights = part.flatten()
        axes.bar3d(across.ravel(), along.ravel(), np.zeros_like(heights), 0.7, 0.7, heights, shade=True)
        axes.set_title(title)
        axes.set_zlim(-1, 1)
    plt.show()


class Experiment:
    """Runs the experiments of a tomography on some qubits."""

    def __init__(self, n_qubits: int, source: emulator.Source | None = None) -> None:
        self.source = source
        self.rules = lw.PostSelection()
        for k in range(n_qubits):
            self.rules.add((2 * k, 2 * k + 1), 1)
        self.backend = emulator.Backend("slos")

    def run(self, experiments, n_samples) -> list:
        """Return a result for each experiment."""
        batch = lw.Batch(
            lw.Sampler,
            task_args=[experiments.all_circuits, experiments.all_inputs, [n_samples]],
            task_kwargs={
                "source": [self.source],
                "post_selection": [self.rules],
                "random_seed": [123],
            },
        )
        return self.backend.run(batch)


def chances(experiments):
    """Return the result of each experiment without the noise of sampling: probabilities as counts."""
    found = []
    for each in experiments:
        simulated = emulator.Backend("permanent").run(lw.Simulator(each.circuit, each.input_state))
        squares = {s: abs(a) ** 2 for s, a in simulated[each.input_state].items()}
        found.append(SamplingResult(squares, each.input_state).apply_post_selection(rules))
    return found


cnot = qubit.CNOT()
cnot.display()
rules = lw.PostSelection()
rules.add((0, 1), 1)
rules.add((2, 3), 1)
wanted = choi_from_unitary([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])

linear = LIProcessTomography(2, cnot)
experiments = linear.get_experiments()
exact = {"wanted": wanted, "by inversion": linear.process(chances(experiments))}
close = {"ideal fidelity": (linear.fidelity(wanted), 1e-6)}  # rounding, where Lightworks takes a root
results, backend = [], emulator.Backend("slos")
for each in experiments:
    sampler = lw.Sampler(each.circuit, each.input_state, 5000, post_selection=rules, random_seed=98)
    results.append(backend.run(sampler))
choi = linear.process(results)
draw(choi)
close |= {"by inversion": (choi, 0.1), "its fidelity": (linear.fidelity(wanted), 0.02)}

likely = MLEProcessTomography(1, qubit.H())  # two qubits take Lightworks a while
experiments = likely.get_experiments()
batch = lw.Batch(
    lw.Sampler,
    [experiments.all_circuits, experiments.all_inputs, [5000]],
    {"random_seed": [98]},
)
choi = likely.process(backend.run(batch))
draw(choi)
close["most likely"] = (choi, 0.1)
close["its fidelity, too"] = (
    likely.fidelity(choi_from_unitary([[2**-0.5, 2**-0.5], [2**-0.5, -(2**-0.5)]])),
    0.02,
)

noisy = Experiment(2, source=emulator.Source(indistinguishability=0.95))
results = noisy.run(linear.get_experiments(), 2000)
choi = linear.process(results)
close["noisy"] = (choi, 0.1)
close["eigenvalues"] = ({k: np.sort(np.real(v)) for k, v in linear.check_eigenvalues(results).items()}, 0.15)
close["of the matrix"] = (np.sort(np.real(np.linalg.eigvals(choi))), 0.1)
choi = linear.process(results, project_to_physical=True)
close["projected"] = (choi, 0.1)
close["fidelity of the projected"] = (linear.fidelity(wanted), 0.02)
exact["physical"] = bool(np.linalg.eigvalsh(choi).min() > -1e-3)
