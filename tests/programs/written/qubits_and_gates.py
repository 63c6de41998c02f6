"""Qubits in pairs of modes: gates, an entangled state of three, and the truth table of CCNOT."""

import lightworks as lw
import matplotlib.pyplot as plt
import numpy as np
from lightworks import emulator, qubit

backend = emulator.Backend("permanent")
hadamard = lw.qubit.H()
circuit = lw.PhotonicCircuit(2)
circuit.add(hadamard, 0)
circuit.display(mode_labels=["|0>", "|1>"])
results = backend.run(lw.Simulator(circuit, [lw.State([1, 0]), lw.State([0, 1])]))
exact = {"H": results, "frame": results.display_as_dataframe().to_numpy()}

labels = [f"{name} : |{value}>" for name in "ABC" for value in (0, 1)]
circuit = lw.PhotonicCircuit(6)
gates = ((qubit.H, 0), (qubit.X, 0), (qubit.Y, 2), (qubit.Z, 2), (qubit.S, 4), (qubit.T, 4))
for gate, mode in gates:
    circuit.add(gate(), mode)
circuit.display(mode_labels=labels)
exact["gates"] = circuit.U

cnot = lw.qubit.CNOT()
cnot.display()
circuit = lw.PhotonicCircuit(6)
circuit.add(lw.qubit.H(), 0)
circuit.add(cnot, 0)
circuit.display(mode_labels=labels)
circuit.add(cnot, 2)
circuit.display(mode_labels=labels)
rules = lw.PostSelection()
for k in (0, 2, 4):
    rules.add((k, k + 1), 1)
sampler = lw.Sampler(
    circuit, lw.convert.qubit_to_dual_rail("000"), 10000, post_selection=rules, random_seed=8
)
results = backend.run(sampler)
results.plot()
qubits = results.map(lw.convert.dual_rail_to_qubit)
qubits.plot()
sampled = {"modes": results, "qubits": qubits}

toffoli = lw.qubit.CCNOT()
toffoli.display()
names = ["000", "001", "100", "101", "010", "011", "110", "111"]
states = {name: lw.State(lw.convert.qubit_to_dual_rail(name)) for name in names}
results = backend.run(lw.Simulator(toffoli, list(states.values()), list(states.values())))
table = np.zeros((8, 8), dtype=complex)
for row, start in enumerate(names):
    for column, end in enumerate(names):
        table[row, column] = results[states[start], states[end]]
exact["truth table"] = table
plt.figure()
plt.imshow(abs(table) ** 2)
plt.xticks(range(8), names)
plt.yticks(range(8), names)
plt.show()
