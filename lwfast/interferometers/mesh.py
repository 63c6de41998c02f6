"""Cells, where they stand, and what they multiply up to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._base.memory import check_memory
from lwfast._base.parallel import checked_workers, run_chunks
from lwfast._base.validation import refuse_masked
from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.elements import ElementTable, ElementWriter

_CHUNK_ENTRIES = 1 << 14
"""Phases of cells in a chunk of a stack: half a millisecond of work, and enough of them for threads."""


@dataclass(slots=True, frozen=True, eq=False, repr=False)
class Mesh:
    """A mesh of interferometers with two modes each, with one or many settings of its phases.

    Light that enters a cell on the modes k and k + 1 meets a phase shift by `phi` on mode k + 1, a beam
    splitter, a phase shift by `theta` on mode k, and another beam splitter. Behind all cells there is a phase
    shift on each mode. A copy with other phases is `dataclasses.replace(mesh, theta=mesh.theta + 0.01)`.

    All of it is checked when a mesh is made; arrays of other real numbers are converted.

    Attributes:
        modes: int64[n], the first mode k of each cell, in the order in which light meets them.
        layers: int64[n], the layer of each cell, from 0 on; cells of one layer have no mode in common.
        theta: float64[..., n], the phase between its beam splitters, in radians. Decompositions give 0 to pi.
        phi: float64[..., n], the phase in front of them, in radians. Decompositions give -pi to pi.
        output_phases: float64[..., m], behind all cells, in radians. Decompositions give -pi to pi.

    Raises:
        TypeError: Phases are not real numbers, or modes or layers not integers.
        ValueError: Shapes do not fit each other, a phase is masked, NaN or infinite, or a mode or layer is
            outside its range.

    Example:
        >>> from lwfast.interferometers import clements_decomposition
        >>> mesh = clements_decomposition(lw.random_unitary(3, seed=1))
        >>> mesh.n_modes, mesh.n_layers
        (3, 3)
        >>> mesh.unitaries().shape
        (3, 3)
    """

    modes: NDArray[np.int64]
    layers: NDArray[np.int64]
    theta: FloatArray
    phi: FloatArray
    output_phases: FloatArray

    def __post_init__(self) -> None:
        for name in ("theta", "phi", "output_phases"):
            object.__setattr__(self, name, _phases(getattr(self, name), name))
        if self.output_phases.ndim < 1 or self.output_phases.shape[-1] < 1:
            msg = f"A mesh should have one mode at least, got output phases {self.output_phases.shape}."
            raise ValueError(msg)
        leading, n_modes = self.output_phases.shape[:-1], self.n_modes
        n_cells = n_modes * (n_modes - 1) // 2
        wanted = (*leading, n_cells)
        if not self.theta.shape == self.phi.shape == wanted:
            msg = (
                f"A mesh of {n_modes} modes with output phases of shape {self.output_phases.shape} should "
                f"have theta and phi of shape {wanted}, got {self.theta.shape} and {self.phi.shape}."
            )
            raise ValueError(msg)
        for name, end in (("modes", n_modes - 1), ("layers", n_cells)):
            object.__setattr__(self, name, _places(getattr(self, name), name, n_cells, end))

    def __repr__(self) -> str:
        settings = self.output_phases.shape[:-1]
        return f"<Mesh of {self.n_modes} modes in {self.n_layers} layers, settings {settings}>"

    @property
    def n_modes(self) -> int:
        """The number of modes."""
        return int(self.output_phases.shape[-1])

    @property
    def n_layers(self) -> int:
        """The number of layers of cells, which is the depth of the mesh."""
        return int(self.layers.max(initial=-1)) + 1

    def unitaries(self, reflectivities: ArrayLike = 0.5, *, workers: int | None = None) -> ComplexArray:
        """Compute the unitary of the mesh, or of each of its settings.

        With `reflectivities` of shape (100, n, 2), a mesh of one unitary gives the unitaries of 100 chips
        that have its phases and other beam splitters.

        Args:
            reflectivities: Reflectivities of the beam splitters, from 0 to 1: one number for all, or an array
                that broadcasts to (..., n, 2), with the first and the second beam splitter of each cell.
                Leading dimensions broadcast with those of the phases.
            workers: Number of threads; by default None, for all cores.

        Returns:
            complex128[..., m, m].

        Raises:
            TypeError: Reflectivities are not real numbers, or `workers` is not an integer.
            ValueError: Reflectivities are masked or outside [0, 1], shapes do not broadcast, or `workers` is
                below 1.
            ResourceLimitError: The matrices do not fit in memory.
        """
        threads = checked_workers(workers)
        n_modes, n_cells = self.n_modes, len(self.modes)
        splitters = _reflectivities(reflectivities, n_cells)
        leading = np.broadcast_shapes(self.theta.shape[:-1], splitters.shape[:-2])
        count = math.prod(leading)
        n_columns = 4 * n_cells + n_modes
        check_memory(
            8 * count * (2 * n_columns + 2 * n_modes**2),
            f"Matrices of {count} settings of a mesh of {n_modes} modes",
        )
        cells: FloatArray = np.empty((*leading, n_cells, 4))
        cells[..., 0], cells[..., 2] = self.phi, self.theta
        cells[..., 1], cells[..., 3] = splitters[..., 0], splitters[..., 1]
        settings: FloatArray = np.empty((count, n_columns))
        outputs = np.broadcast_to(self.output_phases, (*leading, n_modes))
        settings[:, :n_modes] = outputs.reshape(count, n_modes)
        settings[:, n_modes:] = cells.reshape(count, 4 * n_cells)
        table = self._table()
        out: ComplexArray = np.empty((count, n_modes, n_modes), dtype=np.complex128)
        chunk = max(1, _CHUNK_ENTRIES // n_columns)

        def multiply(number: int) -> None:
            part = slice(number * chunk, (number + 1) * chunk)
            out[part] = table.products(settings[part])

        run_chunks(multiply, -(-count // chunk), threads)
        return out.reshape(*leading, n_modes, n_modes)

    def _table(self) -> ElementTable:
        """Return the elements of all cells, with a column of settings for each."""
        elements = ElementWriter(self.n_modes)
        column = self.n_modes
        for mode in self.modes.tolist():
            elements.phase_shift(mode + 1, 0.0, column)
            elements.beam_splitter(mode, mode + 1, 0.5, "Rx", column + 1)
            elements.phase_shift(mode, 0.0, column + 2)
            elements.beam_splitter(mode, mode + 1, 0.5, "Rx", column + 3)
            column += 4
        for mode in range(self.n_modes):
            elements.phase_shift(mode, 0.0, mode)
        return elements.table()


def _phases(given: ArrayLike, name: str) -> FloatArray:
    """Return phases as float64."""
    refuse_masked(given, f"The phases {name} have")
    array = np.asarray(given)
    if array.dtype.kind not in "iuf":
        msg = f"The phases {name} should be real numbers, got dtype {array.dtype}."
        raise TypeError(msg)
    if not np.isfinite(array).all():
        msg = f"The phases {name} should be finite; one of them is {array[~np.isfinite(array)].flat[0]}."
        raise ValueError(msg)
    return array.astype(np.float64, copy=False)


def _places(given: ArrayLike, name: str, n_cells: int, end: int) -> NDArray[np.int64]:
    """Return the mode or the layer of each cell as int64; a kernel trusts what is in them."""
    array = np.asarray(given)
    if array.shape != (n_cells,):
        msg = f"The {name} of a mesh should have shape ({n_cells},), got {array.shape}."
        raise ValueError(msg)
    if n_cells and array.dtype.kind not in "iu":
        msg = f"The {name} of a mesh should be integers, got dtype {array.dtype}."
        raise TypeError(msg)
    wrong = (array < 0) | (array >= end)
    if wrong.any():
        msg = f"The {name} of a mesh should be from 0 to {end - 1}, got {array[wrong][0]}."
        raise ValueError(msg)
    return array.astype(np.int64, copy=False)


def _reflectivities(given: ArrayLike, n_cells: int) -> FloatArray:
    """Return reflectivities as float64[..., n, 2]."""
    refuse_masked(given, "Reflectivities have")
    array = np.asarray(given)
    if array.dtype.kind not in "iuf":
        msg = f"Reflectivities should be real numbers, got dtype {array.dtype}."
        raise TypeError(msg)
    wrong = ~((array >= 0) & (array <= 1))
    if wrong.any():
        msg = f"Reflectivities should be in range [0,1], got {array[wrong].flat[0]}."
        raise ValueError(msg)
    try:
        shape = np.broadcast_shapes(array.shape, (n_cells, 2))
    except ValueError:
        shape = ()
    if shape[-2:] != (n_cells, 2):
        msg = f"Reflectivities should broadcast to (..., {n_cells}, 2), got shape {array.shape}."
        raise ValueError(msg)
    return np.broadcast_to(array, shape).astype(np.float64, copy=False)
