"""Three entangled qubits from two post-selected CNOT gates, ideal and with imperfect hardware."""

import lightworks as lw
from lightworks import State, emulator

lw.settings.sampler_probability_threshold = 0  # so that Lightworks leaves nothing out

hadamard, cnot = lw.qubit.H(), lw.qubit.CNOT()
circuit = lw.PhotonicCircuit(6)
circuit.add(hadamard)
circuit.add(cnot, 0, group=True, name="First")
circuit.add(cnot, 2, group=True, name="Second")
circuit.display(display_type="svg", mode_labels=["0", "1", "0", "1", "0", "1"])

in_state = State([1, 0, 1, 0, 1, 0])
is_valid = lambda s: all(sum(s[k : k + 2]) == 1 for k in (0, 2, 4))  # noqa: E731  (as people write it)
sampler = lw.Sampler(circuit, in_state, 20000, post_selection=is_valid, random_seed=1)
backend = emulator.Backend("slos")
results = backend.run(sampler)
qubits = results.map(lw.convert.dual_rail_to_qubit)
qubits.plot()
exact = {"U": circuit.U, "U_full": circuit.U_full, "ideal": dict(sampler.probability_distribution)}
sampled = {"ideal": qubits}

sampler.n_samples = 5000
sampler.source = emulator.Source(indistinguishability=0.95, purity=0.97, probability_threshold=1e-3)
sampler.detector = emulator.Detector(efficiency=0.8, p_dark=1e-6)
sampler.sampling_mode = "input"
noisy = backend.run(sampler).map(lw.convert.dual_rail_to_qubit)
noisy.plot()
exact["settings"] = [sampler.source.purity, sampler.detector.efficiency, sampler.sampling_mode]
exact["label"] = str(sampler.source)
