"""Tables of elements, and the kernel that multiplies them up."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

import lwfast as lw
from lwfast._kernels.optics.elements import multiply_elements
from lwfast.optics.elements import ElementTable, ElementWriter
from tests.reference import elements as reference


def random_table(seed: int, n_modes: int, n_parameters: int) -> ElementTable:
    """A table of every kind of element; `n_parameters` values, all in [0, 1], are asked for by column."""
    draw = random.Random(seed)
    write = ElementWriter(n_modes)
    for i in range(20):
        column = draw.randrange(-1, n_parameters)
        first, second = draw.sample(range(n_modes), 2)
        value = 0.0 if column >= 0 else draw.choice([0.0, 1.0, draw.random()])
        match i % 5:
            case 0 | 1:
                write.beam_splitter(first, second, value, draw.choice(["Rx", "H"]), column)
            case 2:
                write.phase_shift(first, value * 7, column)
            case 3:
                write.loss(first, value, column)
            case _:
                write.mode_swaps(dict(zip(range(n_modes), draw.sample(range(n_modes), n_modes), strict=True)))
    return write.table()


@pytest.mark.parametrize("seed", range(20))
def test_kernel_multiplies_the_matrices_of_the_elements(seed: int) -> None:
    """Row by row it does what the product of whole matrices does, for each setting of its own."""
    table = random_table(seed, 2 + seed % 5, 3)
    settings = np.random.default_rng(seed).random((4, 3))
    settings[0] = 0, 1, 0
    found = np.zeros((4, table.n_rows, table.n_rows), dtype=complex)
    found[:] = np.identity(table.n_rows)
    expected = found.copy()
    multiply_elements(table.steps, table.constants, settings, found)
    reference.multiply_elements(table.steps, table.constants, settings, expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(table.products(settings), found)


@pytest.mark.parametrize("seed", range(5))
def test_a_stack_is_its_settings_one_by_one(seed: int) -> None:
    """Many settings at once are, bit for bit, each of them alone; so are blocks given for each setting."""
    write = ElementWriter(4)
    write.block((1, 3))
    write.beam_splitter(0, 2, 0, "Rx", 0)
    write.loss(1, 0.3)
    write.block((0, 1, 2))
    write.phase_shift(3, 0, 1)
    write.block((0, 1, 2, 3))
    table = write.table()
    settings = np.random.default_rng(seed).random((5, 2))
    single, whole = lw.random_unitary(2, seed), lw.random_unitary(4, seed)
    each = np.stack([lw.random_unitary(3, 10 * seed + k) for k in range(5)])
    stack = table.products(settings, [single, each, whole])
    assert stack.shape == (5, 5, 5)
    for k in range(5):
        alone = table.products(settings[k : k + 1], [single, each[k], whole])
        assert stack[k].tobytes() == alone[0].tobytes()


def test_a_matrix_alone_keeps_its_bits() -> None:
    """A circuit of one matrix is that matrix, with the signs of its zeros, and a copy of it."""
    write = ElementWriter(2)
    write.block((0, 1))
    given = np.array([[-0.0, -1.0], [1.0, complex(0, -0.0)]], dtype=complex)
    found = write.table().products(np.zeros((3, 0)), [given])
    assert all(matrix.tobytes() == given.tobytes() for matrix in found)
    found[0] = 0
    assert given[1, 0] == 1


def test_every_permutation_is_made_of_exchanges() -> None:
    """Each key goes to its value, whatever the cycles; modes that stay cost nothing."""
    for targets in itertools.permutations(range(5)):
        write = ElementWriter(5)
        write.mode_swaps(dict(enumerate(targets)))
        table = write.table()
        expected = np.zeros((5, 5))
        expected[targets, range(5)] = 1
        np.testing.assert_array_equal(table.products(np.zeros((1, 0)))[0], expected)
        assert len(table.steps) < 5
        assert (targets != tuple(range(5))) == bool(len(table.steps))


def test_nothing_is_the_identity() -> None:
    """A table without elements makes identities."""
    table = ElementWriter(3).table()
    np.testing.assert_array_equal(table.products(np.zeros((2, 0))), np.stack([np.identity(3)] * 2))
    assert table.products(np.zeros((0, 0))).shape == (0, 3, 3)
