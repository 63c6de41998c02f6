"""Arguments for the kernels that take unitaries apart; see `test_py_func_optics.py`."""

from __future__ import annotations

import numpy as np

import lwfast as lw
from lwfast._kernels.optics.decomposition import LEFT, RIGHT_FIRST, RIGHT_SECOND
from tests.kernels.twins import calls_of


def decompositions():
    meshes = lw.interferometers

    def work():
        for take_apart in (meshes.reck_decomposition, meshes.clements_decomposition):
            take_apart(np.array([lw.random_unitary(5, seed=k) for k in range(3)]), workers=1)
            # Blocks have entries to null that are 0, and entries that take no light.
            take_apart(np.kron(np.eye(2), lw.random_unitary(3, seed=1)))
            take_apart(lw.random_permutation(4, 2))

    return calls_of("optics", "decomposition.decompose", work)


def cells():
    for kind in (LEFT, RIGHT_FIRST, RIGHT_SECOND):
        yield kind, 0.3, -0.4, 0.5, 0.1
        yield kind, 0.0, 1e-16, 0.6, 0.8
        yield kind, 0.6, 0.8, 0.0, -1e-16


def steps():
    unitary = lw.random_unitary(4, seed=4)
    for step in ((LEFT, 1, 0, 0, 4, 0), (RIGHT_FIRST, 0, 3, 0, 4, 0), (RIGHT_SECOND, 2, 0, 0, 4, 0)):
        yield np.array(step), 4, unitary.real.reshape(-1), unitary.imag.reshape(-1)


DECOMPOSITION_ROWS = {
    "decomposition.decompose": decompositions,
    "decomposition._null": steps,
    "decomposition._nulling_cell": cells,
    "decomposition._wrapped": lambda: [(angle,) for angle in (0.0, 3.0, -4.0, 20.0)],
}
