"""What a checker has to find fault with: each line that is marked, and no other."""

import lwfast as lw
from lwfast import emulator

sampler = lw.Sampler(lw.PhotonicCircuit(2), lw.State([1, 1]), n_samples=10)
counts = emulator.Backend().run(sampler)
counts.plot(error=True)  # wrong: errors
counts.plot(top="ten")  # wrong: an integer
seconds = emulator.Backend().plan(sampler).secnds  # wrong: seconds
shape = lw.permanent([[1.0]]).shape  # wrong: a complex number has no shape
lw.visualisation.plot_unitary([[1.0]], kind=3)  # wrong: a text
