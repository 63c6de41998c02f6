"""Circuits: elements, swaps, losses, parameters, sub-circuits, heralds and unitaries."""

import lightworks as lw
import numpy as np

exact = {}
circuit = lw.PhotonicCircuit(4)
circuit.bs(0)
circuit.bs(2)
circuit.ps(1, 1)
circuit.ps(3, np.pi)
circuit.display()
exact["elements"] = circuit.U
circuit.mode_swaps({0: 2, 2: 3, 3: 0})
circuit.display()
exact["swapped"] = circuit.U
circuit.bs(1, loss=0.1)
circuit.loss(0, 0.3)
circuit.display(display_loss=True)
exact["lossy"] = circuit.U

reflectivity = lw.Parameter(0.2)
circuit.bs(0, reflectivity=reflectivity)
circuit.bs(2, reflectivity=reflectivity)
circuit.display()
exact["with a parameter"] = circuit.U
reflectivity.set(0.7)
circuit.display()
exact["with another value"] = circuit.U
twice = circuit + circuit
twice.display()
exact["twice"] = twice.U

small = lw.PhotonicCircuit(3)
small.bs(1)
small.ps(1, 0.6)
small.bs(1)
small.mode_swaps({0: 1, 1: 2, 2: 0})
small.display()
circuit.add(small, 1)
circuit.display()
exact["with a part"] = circuit.U
circuit.herald((2, 0), 0)
circuit.display()
exact["heralds"] = [circuit.heralds.input, circuit.heralds.output, circuit.input_modes]
small.herald(1, 0)
circuit.add(small, 2)
circuit.display()
exact["with heralds"] = circuit.U
exact["all heralds"] = [circuit.heralds.input, circuit.heralds.output, circuit.n_modes]
circuit.add(lw.Unitary(lw.random_unitary(3, seed=5), label="U"), 1)
circuit.add(lw.Unitary(lw.random_unitary(3), label="V").copy(), 0, group=True, name="drawn")
circuit.display()
exact["modes"] = [circuit.n_modes, circuit.input_modes]
