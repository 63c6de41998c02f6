"""Bases of several qubits, and the linear maps between counts, Pauli expectations and density matrices.

Everything of `n` qubits is a Kronecker power of what it is for one. It is made once, unless it is large: the
map of 5 qubits from frequencies to expectations takes 64 MB, that of 6 qubits 1.5 GB.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from lwfast._types import AnyArray, ComplexArray, FloatArray

P = ParamSpec("P")
T = TypeVar("T", bound="AnyArray | tuple[AnyArray, ...]")

MEASURED = ("X", "Y", "Z")
"""The bases that a qubit is measured in."""
PREPARED = {"X+": (1, 1), "X-": (1, -1), "Y+": (2, 1), "Y-": (2, -1), "Z+": (3, 1), "Z-": (3, -1)}
"""The states that a qubit is prepared in: number of the Pauli matrix, and the eigenvalue."""
PAULIS: ComplexArray = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=np.complex128
)
"""I, X, Y, Z: complex128[4, 2, 2]."""

MOST_KEPT_BYTES = 16 << 20
"""Larger arrays are made anew each time, which takes about as long as to multiply with them once."""


def kept_while_small(make: Callable[P, T]) -> Callable[P, T]:
    """Return a function that keeps the arrays it returns, by its arguments, unless one of them is large."""
    kept: dict[Any, T] = {}

    @functools.wraps(make)
    def found(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (*args, *kwargs.items())
        if key in kept:
            return kept[key]
        made = make(*args, **kwargs)
        if all(array.nbytes <= MOST_KEPT_BYTES for array in (made if isinstance(made, tuple) else (made,))):
            kept[key] = made
        return made

    return found


def labels(single: tuple[str, ...], n_qubits: int) -> list[str]:
    """Return all combinations of the labels of one qubit, joined by commas; the last qubit varies fastest."""
    return [",".join(combination) for combination in itertools.product(single, repeat=n_qubits)]


@kept_while_small
def pauli_products(n_qubits: int) -> ComplexArray:
    """Return all products of Pauli matrices, in the order II, IX, ..., ZZ: complex128[4^n, d, d], d = 2^n."""
    return _power(PAULIS, n_qubits)


@kept_while_small
def bloch_vectors(prepared: tuple[str, ...], n_qubits: int) -> FloatArray:
    """Return what `pauli_products` give in product states: float64[k^n, 4^n].

    Args:
        prepared: The k states of one qubit.
        n_qubits: Number of qubits of each state.
    """
    single = np.zeros((len(prepared), 4))
    single[:, 0] = 1.0
    for row, name in enumerate(prepared):
        axis, sign = PREPARED[name]
        single[row, axis] = sign
    return _power(single, n_qubits)


@kept_while_small
def expectation_map(n_qubits: int) -> FloatArray:
    """Return the map from frequencies to expectations of `pauli_products`: float64[4^n, 3^n * 2^n].

    Frequencies stand in the order of bases (XX, XY, ..., ZZ), and within each of outcomes (00, 01, ...). A
    qubit that a product leaves alone is taken from its measurements in Z.
    """
    single = np.zeros((4, 3, 2))
    single[0, 2] = 1.0
    for axis in range(3):
        single[axis + 1, axis] = 1.0, -1.0
    return _power(single, n_qubits).reshape(4**n_qubits, -1)


def density_matrices(frequencies: FloatArray, n_qubits: int) -> ComplexArray:
    """Return the density matrices of frequencies: complex128[B, d, d].

    The map of one qubit is applied to one after the other: that of all would take 3 GB for six.

    Args:
        frequencies: float64[B, 3^n * 2^n], in the order of `expectation_map`.
        n_qubits: How many qubits there are, n in these shapes.
    """
    n_sets = len(frequencies)
    by_qubit = frequencies.reshape(n_sets, *[3] * n_qubits, *[2] * n_qubits)
    found: AnyArray = by_qubit.transpose(0, *[k + 1 for q in range(n_qubits) for k in (q, n_qubits + q)])
    for q in range(n_qubits):  # the basis and outcome of the first become row and column, behind the others
        others = 6 ** (n_qubits - 1 - q) * 4**q
        found = found.reshape(n_sets, 6, others).swapaxes(1, 2) @ _density_of_one()
    rows, columns = range(1, 2 * n_qubits, 2), range(2, 2 * n_qubits + 1, 2)
    found = found.reshape(n_sets, *[2] * (2 * n_qubits)).transpose(0, *rows, *columns)
    return found.reshape(n_sets, 2**n_qubits, 2**n_qubits)


@functools.cache
def _density_of_one() -> ComplexArray:
    """Return the map from frequencies of one qubit to its density matrix: complex128[6, 4]."""
    found: ComplexArray = expectation_map(1).T @ PAULIS.reshape(4, 4) / 2
    found.flags.writeable = False
    return found


@kept_while_small
def input_dual(prepared: tuple[str, ...], n_qubits: int) -> ComplexArray:
    """Return the matrices F_a with Tr[rho_b^T F_a] = 1 for a = b, and 0 otherwise: complex128[4^n, d, d].

    Args:
        prepared: Four states of one qubit that span all matrices.
        n_qubits: Number of qubits of each input.
    """
    # rho_b^T = 1/2 sum_p r_bp P_p^T, and the P_p^T are orthogonal with norm 2.
    coefficients = np.linalg.inv(bloch_vectors(prepared, 1)).T
    single = np.einsum("ap,pji->aij", coefficients, PAULIS)
    return _power(single, n_qubits)


@kept_while_small
def prepared_states(prepared: tuple[str, ...], n_qubits: int) -> ComplexArray:
    """Return the density matrices of the product states: complex128[k^n, d, d]."""
    found: ComplexArray = np.einsum(
        "ap,pij->aij", bloch_vectors(prepared, n_qubits), pauli_products(n_qubits)
    ) / (2**n_qubits)
    found.flags.writeable = False
    return found


def _power(single: AnyArray, n_qubits: int) -> AnyArray:
    """Return the Kronecker power of an array, axis by axis; shared, and not to be written to."""
    product = single
    for _ in range(n_qubits - 1):
        product = np.kron(product, single)
    product = np.ascontiguousarray(product)
    product.flags.writeable = False
    return product
