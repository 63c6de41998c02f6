"""The interferometers within gates on two and three qubits.

Each returns the unitary over all modes of a gate. Vacuum modes are at both ends, the modes of qubits in the
middle. Qubits interact because photons that meet at a beam splitter of reflectivity 1/3 change their sign
compared with photons that do not: 1/3 - 2/3 = -1/3.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from lwfast._types import ComplexArray

_Step = tuple[Sequence[int], Any]


def controlled_z() -> ComplexArray:
    """Return the post-selected CZ of two qubits, complex128[6, 6], which succeeds with probability 1/9.

    Modes: vacuum, qubit 0, qubit 1, vacuum. Photons in the modes for 1 of the first and 0 of the second qubit
    meet at a beam splitter of 1/3; the other two modes lose two thirds to the vacuum, so that all states of
    the qubits have the same amplitude. [Ralph, Langford, Bell and White 2002](https://arxiv.org/abs/quant-ph/0112088).
    """
    reflected, passed = sqrt(1 / 3), sqrt(2 / 3)
    outer = [[-reflected, passed], [passed, reflected]]
    middle = [[-reflected, passed], [-passed, -reflected]]
    return _product(6, ((0, 1), outer), ((2, 3), middle), ((4, 5), outer))


def heralded_controlled_z() -> ComplexArray:
    """Return the heralded CZ of two qubits, complex128[8, 8], which succeeds with probability 1/16.

    Modes: vacuum, ancilla, qubit 0, qubit 1, ancilla, vacuum. The mode for 1 of the first and the mode for 0
    of the second qubit meet at a balanced beam splitter, which bunches two photons; each output passes a gate
    that changes the sign of two photons, and a second beam splitter parts them again.
    [Knill, Laflamme and Milburn 2001](https://doi.org/10.1038/35051009).
    """
    a, b, c, d = 2**-0.25, sqrt(3 / sqrt(2) - 2), 0.5 - sqrt(0.5), sqrt(2) - 0.5
    # Of the signal, of the ancilla with one photon, and of the vacuum.
    nonlinear_sign = [[1 - sqrt(2), a, b], [a, 0.5, c], [b, c, d]]
    balanced = np.array([[1, 1j], [1j, 1]]) * sqrt(0.5)
    return _product(
        8,
        ((3, 4), np.diag([-1, 1]) @ balanced),
        ((3, 1, 0), nonlinear_sign),
        ((4, 6, 7), nonlinear_sign),
        ((3, 4), balanced),
    )


def double_controlled_z() -> ComplexArray:
    """Return the post-selected CCZ of three qubits, complex128[10, 10]: it succeeds with probability 1/72.

    Modes: two of vacuum, qubits 0, 1 and 2, two of vacuum. The mode for 1 of the third qubit meets a vacuum
    mode three times, and in between, at beam splitters of 1/3, the modes for 0 of the first and of the second
    qubit.
    [Ralph, Resch and Gilchrist 2007](https://arxiv.org/abs/0806.0654).
    """
    reflected, passed = sqrt(1 / 3), sqrt(2 / 3)
    meeting = [[-reflected, passed], [passed, reflected]]
    # The modes in which the first two qubits do not meet the third, and the 0 of the third: all states of
    # the qubits get the same amplitude.
    kept = [[reflected, 1j * passed], [-1j * passed, -reflected]]
    eighth = [[1j * sqrt(1 / 8), 1j * sqrt(7 / 8)], [-sqrt(7 / 8), sqrt(1 / 8)]]
    split = [[sqrt(3 / 4), -0.5j], [0.5, 1j * sqrt(3 / 4)]]
    joined = [[sqrt(3 / 4), 0.5], [-0.5, sqrt(3 / 4)]]
    balanced = np.array([[1, 1], [1, -1]]) * -1j * sqrt(0.5)
    return _product(
        10,
        ((0, 3), kept),
        ((1, 5), kept),
        ((6, 9), eighth),
        ((7, 8), split),
        ((2, 7), meeting),
        ((7, 8), balanced),
        ((4, 7), meeting),
        ((7, 8), joined),
    )


def _product(n_modes: int, *steps: _Step) -> ComplexArray:
    """Return the product of matrices over some of the modes, in the order in which light passes them.

    Entries that only rounding keeps from zero are zero, so that no outcome is possible because of them.
    """
    product: ComplexArray = np.eye(n_modes, dtype=np.complex128)
    for modes, matrix in steps:
        rows = list(modes)
        product[rows] = np.asarray(matrix) @ product[rows]
    for part in (product.real, product.imag):
        part[np.abs(part) < 1e-15] = 0
    return product
