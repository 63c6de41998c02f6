"""What the tests of tomography share."""

import numpy as np
import pytest

import lwfast as lw


@pytest.fixture
def cnot():
    """A post-selected CNOT of three beam splitters of a third, with an empty herald mode on each side.

    Source: T. C. Ralph et al., Phys. Rev. A 65, 062324 (2002).
    """
    inner = lw.PhotonicCircuit(6)
    hadamard = lw.Unitary(np.array([[1, 1], [1, -1]]) / np.sqrt(2))
    third = np.array([[1, np.sqrt(2)], [np.sqrt(2), -1]]) / np.sqrt(3)
    inner.add(hadamard, 3)
    for mode, matrix in ((0, third), (2, third), (4, third[::-1, ::-1])):
        inner.add(lw.Unitary(matrix), mode)
    inner.add(hadamard, 3)
    inner.herald(0, 0)
    inner.herald(5, 0)
    circuit = lw.PhotonicCircuit(4)
    circuit.add(inner)
    return circuit
