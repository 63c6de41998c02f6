"""Unitaries as meshes of cells: the triangle of Reck et al. and the rectangle of Clements et al.

Sources: M. Reck, A. Zeilinger, H. J. Bernstein, P. Bertani, "Experimental realization of any discrete
unitary operator", Physical Review Letters 73, 58 (1994); W. R. Clements, P. C. Humphreys, B. J. Metcalf,
W. S. Kolthammer, I. A. Walmsley, "Optimal design for universal multiport interferometers", Optica 3, 1460
(2016).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._base.memory import check_memory
from lwfast._base.parallel import checked_workers, run_chunks
from lwfast._types import ComplexArray, FloatArray
from lwfast.errors import DecompositionUnsuccessful
from lwfast.interferometers.mesh import Mesh
from lwfast.optics.unitary import check_unitary, in_double_precision

_LARGEST_MISS = 1e-10
"""Per mode: what may remain beside the diagonal, of a matrix that is unitary to 1e-10."""
_CHUNK_ENTRIES = 1 << 13
"""Entries of matrices in a chunk of a stack: a few hundred microseconds of work."""


def reck_decomposition(unitaries: ArrayLike, *, workers: int | None = None) -> Mesh:
    """Decompose unitaries into a triangle of m (m - 1) / 2 cells, 2 m - 3 layers deep.

        mesh = lw.interferometers.reck_decomposition(lw.random_unitary(8))
        mesh.unitaries()  # the unitary again, to 1e-14

    The phases are those that Lightworks finds, up to multiples of 2 pi.

    Args:
        unitaries: (..., m, m), any numeric dtype; leading dimensions are a stack of matrices, each of which
            is decomposed as it would be alone. A matrix in single precision stands for the nearest unitary.
        workers: Number of threads for a stack; by default None, for all cores.

    Returns:
        The mesh, with theta and phi of shape (..., m (m - 1) / 2).

    Raises:
        NotUnitaryError: A matrix is not unitary; the message says by how much it misses.
        DecompositionUnsuccessful: More than 1e-10 m remains beside the diagonal, of a matrix that is unitary
            only because `lwfast.settings.unitary_precision` allows for its error.
        TypeError: Matrices are not numeric, or `workers` is not an integer.
        ValueError: Matrices are not square or have no modes, or `workers` is below 1.
        ResourceLimitError: The work does not fit in memory.

    Example:
        >>> from lwfast.interferometers import reck_decomposition
        >>> matrix = lw.random_unitary(8, seed=1)
        >>> mesh = reck_decomposition(matrix)
        >>> len(mesh.modes), mesh.n_layers, np.allclose(mesh.unitaries(), matrix)
        (28, 13, True)
    """
    return _decomposed(unitaries, _reck_program, workers)


def clements_decomposition(unitaries: ArrayLike, *, workers: int | None = None) -> Mesh:
    """Decompose unitaries into a rectangle of m (m - 1) / 2 cells, m layers deep.

    It is half as deep as the triangle, and all paths pass nearly the same number of cells, so the loss is
    even.

    Args:
        unitaries: (..., m, m), as for `reck_decomposition`.
        workers: Number of threads for a stack; by default None, for all cores.

    Returns:
        The mesh, with theta and phi of shape (..., m (m - 1) / 2).

    Raises:
        NotUnitaryError: A matrix is not unitary; the message says by how much it misses.
        DecompositionUnsuccessful: More than 1e-10 m remains beside the diagonal, of a matrix that is unitary
            only because `lwfast.settings.unitary_precision` allows for its error.
        TypeError: Matrices are not numeric, or `workers` is not an integer.
        ValueError: Matrices are not square or have no modes, or `workers` is below 1.
        ResourceLimitError: The work does not fit in memory.

    Example:
        >>> from lwfast.interferometers import clements_decomposition
        >>> matrix = lw.random_unitary(8, seed=1)
        >>> mesh = clements_decomposition(matrix)
        >>> len(mesh.modes), mesh.n_layers, np.allclose(mesh.unitaries(), matrix)
        (28, 8, True)
    """
    return _decomposed(unitaries, _clements_program, workers)


@dataclass(slots=True, frozen=True)
class _Program:
    """How matrices of one size are taken apart.

    Attributes:
        steps: int64[n, 6], what the kernel does.
        modes: int64[n], the first mode of each cell, in the order of `Mesh`.
        layers: int64[n], the layer of each cell.
    """

    steps: NDArray[np.int64]
    modes: NDArray[np.int64]
    layers: NDArray[np.int64]


def _decomposed(unitaries: ArrayLike, program_of: Callable[[int], _Program], workers: int | None) -> Mesh:
    from lwfast._kernels.optics.decomposition import decompose

    threads = checked_workers(workers)
    matrices = _as_unitaries(unitaries)
    leading, n_modes = matrices.shape[:-2], matrices.shape[-1]
    count = math.prod(leading)
    program = program_of(n_modes)
    n_cells = len(program.modes)
    stack = matrices.reshape(count, n_modes, n_modes)
    real: FloatArray = np.ascontiguousarray(stack.real)
    imag: FloatArray = np.ascontiguousarray(stack.imag)
    theta, phi = np.empty((2, count, n_cells))
    outputs, missed = np.empty((count, n_modes)), np.empty(count)
    chunk = max(1, _CHUNK_ENTRIES // n_modes**2)

    def work(number: int) -> None:
        part = slice(number * chunk, (number + 1) * chunk)
        decompose(program.steps, real[part], imag[part], theta[part], phi[part], outputs[part], missed[part])

    run_chunks(work, -(-count // chunk), threads)
    most = float(np.max(missed, initial=0.0))
    if most > _LARGEST_MISS * n_modes:
        msg = (
            f"The unitary could not be decomposed: {most:.3g} remains beside the diagonal, and at most "
            f"{_LARGEST_MISS * n_modes:.3g} may. Replace it by the nearest unitary, `v, _, wh = "
            "numpy.linalg.svd(U); U = v @ wh`."
        )
        raise DecompositionUnsuccessful(msg)
    shape = (*leading, n_cells)
    return Mesh(
        program.modes,
        program.layers,
        theta.reshape(shape),
        phi.reshape(shape),
        outputs.reshape(*leading, n_modes),
    )


def _as_unitaries(unitaries: ArrayLike) -> ComplexArray:
    array = np.asarray(unitaries)
    if array.ndim > 1 and array.shape[-1] == 0:
        msg = f"A unitary should have at least 1 mode, got shape {array.shape}."
        raise ValueError(msg)
    check_memory(64 * array.size, f"Decomposing matrices with {array.size} entries in all")
    check_unitary(unitaries)
    return in_double_precision(array)


@functools.lru_cache(maxsize=32)
def _reck_program(n_modes: int) -> _Program:
    from lwfast._kernels.optics.decomposition import RIGHT_SECOND

    steps, modes, layers = [], [], []
    for row in range(n_modes - 1):
        for mode in range(n_modes - 2, row - 1, -1):
            steps.append((RIGHT_SECOND, mode, row, row, n_modes))
            modes.append(mode)
            layers.append(n_modes - 2 - mode + 2 * row)
    return _program(steps, range(len(steps)), modes, layers)


@functools.lru_cache(maxsize=32)
def _clements_program(n_modes: int) -> _Program:
    from lwfast._kernels.optics.decomposition import LEFT, RIGHT_FIRST

    steps: list[tuple[int, ...]] = []
    first, last = [], []
    for diagonal in range(1, n_modes):
        for j in range(diagonal):
            if diagonal % 2:
                row, mode = n_modes - 1 - j, diagonal - 1 - j
                first.append((len(steps), mode))
                steps.append((RIGHT_FIRST, mode, row, 0, row + 1))
            else:
                mode = n_modes - 1 + j - diagonal
                last.append((len(steps), mode))
                steps.append((LEFT, mode, j, j, n_modes))
    # Cells of the right come first; those of the left are exchanged with the diagonal, the last one first.
    depth = [0] * n_modes
    places = []
    for step, mode in first + last[::-1]:
        layer = max(depth[mode], depth[mode + 1])
        depth[mode] = depth[mode + 1] = layer + 1
        places.append((layer, mode, step))
    places.sort()
    slots = [0] * len(steps)
    for slot, (_, _, step) in enumerate(places):
        slots[step] = slot
    return _program(steps, slots, [mode for _, mode, _ in places], [layer for layer, _, _ in places])


def _program(
    steps: Sequence[tuple[int, ...]], slots: Iterable[int], modes: list[int], layers: list[int]
) -> _Program:
    rows = [(*step, slot) for step, slot in zip(steps, slots, strict=True)]
    program = _Program(
        np.array(rows, dtype=np.int64).reshape(-1, 6),
        np.array(modes, dtype=np.int64),
        np.array(layers, dtype=np.int64),
    )
    # All meshes of this size share them.
    program.modes.flags.writeable = program.layers.flags.writeable = False
    return program
