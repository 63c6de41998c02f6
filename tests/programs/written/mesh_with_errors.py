"""A Bell circuit on a triangular mesh, with beam splitters, phases and losses that are not as intended."""

import lightworks as lw
from lightworks import emulator, qubit
from lightworks.interferometers import ErrorModel, Reck, dists

bell = lw.PhotonicCircuit(4)
bell.add(qubit.H())
bell.add(qubit.CNOT())
bell.display()
errors = ErrorModel()
mesh = Reck(errors)
encoded = mesh.map(bell)
encoded.display()

rules = lw.PostSelection()
rules.add((0, 1), 1)
rules.add((2, 3), 1)
sampler = lw.Sampler(encoded, lw.State([1, 0, 1, 0]), 10000, post_selection=rules, random_seed=1)
backend = emulator.Backend("slos")
results = backend.run(sampler)
results.plot()
exact = {"bell": bell.U, "encoded": encoded.U, "heralds": [encoded.heralds.input, encoded.heralds.output]}
sampled = {"encoded": results}

errors.bs_reflectivity = dists.Gaussian(0.45, 0.02, min_value=0, max_value=1)
errors.loss = dists.Constant(0.05)
errors.phase_offset = dists.TopHat(-0.1, 0.1)
worse = mesh.map(bell, seed=99)
worse.display(display_loss=True)
sampler.circuit = worse
results = backend.run(sampler)
results.plot(show=True)
exact["names"] = [str(errors.bs_reflectivity), str(errors.loss), str(errors.phase_offset)]
exact["photons"] = sorted({state.n_photons for state in results})

# Where entries of a matrix are 0, as many of the Bell circuit are, phases of the mesh are of no matter, and
# those of the two packages differ: its errors do too. A random unitary has no such entries.
drawn = mesh.map(lw.Unitary(lw.random_unitary(4, seed=3)), seed=99)
exact["random, with errors"] = drawn.U
sampler = lw.Sampler(drawn, lw.State([1, 0, 1, 0]), 10000, post_selection=rules, random_seed=1)
sampled["random, with errors"] = backend.run(sampler)
