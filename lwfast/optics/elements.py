"""Tables of elements: what a circuit is to the kernel that multiplies it up, for one setting or for many.

Circuits multiply their elements up with these, and the scheduler checks an encoded circuit with them, so that
both mean the same light.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels.optics.element_kinds import (
    BEAM_SPLITTER_H,
    BEAM_SPLITTER_RX,
    LOSS,
    PHASE_SHIFT,
    SWAP,
)
from lwfast._types import ComplexArray, FloatArray

CONVENTIONS = ("Rx", "H")
"""Names of the two beam splitters that Lightworks has: a rotation about X, and the Hadamard-like real one."""
FIXED = -1
"""The column of an element whose value is a constant."""


@dataclass(slots=True, frozen=True)
class ElementTable:
    """Elements in order, over `n_modes` modes and a loss mode for each loss; never changed once it is made.

    Attributes:
        n_modes: The number of modes, loss modes not counted.
        n_rows: The number of modes, loss modes counted.
        steps: int64[n, 4], an element a row: its kind, as `lwfast._kernels.optics.element_kinds` numbers them
            (the kind of a beam splitter says its convention); its first mode; its second mode (of a loss: its
            loss mode; of a phase shift: the first one again); the column of its value among the settings, or
            `FIXED`.
        constants: float64[n], reflectivity, phase in radians or loss of each element without a column.
        blocks: Unitary matrices among the elements: before which element each stands, and its modes,
            int64[r].
    """

    n_modes: int
    n_rows: int
    steps: NDArray[np.int64]
    constants: FloatArray
    blocks: tuple[tuple[int, NDArray[np.int64]], ...]

    def products(self, settings: FloatArray, matrices: Sequence[ComplexArray] = ()) -> ComplexArray:
        """Multiply the elements up, for each setting.

        Args:
            settings: float64[k, p], C-contiguous: the values of p parameters, k times, valid ones.
            matrices: The matrix of each block, complex128[r, r], or complex128[k, r, r] for one per setting.

        Returns:
            complex128[k, n_rows, n_rows], C-contiguous.
        """
        size = self.n_rows
        if len(self.blocks) == 1 and not len(self.steps) and len(self.blocks[0][1]) == size:
            # Its bits, signs of zeros too.
            return np.array(np.broadcast_to(matrices[0], (len(settings), size, size)), order="C")
        products: ComplexArray = np.zeros((len(settings), size, size), dtype=np.complex128)
        products.reshape(-1, size * size)[:, :: size + 1] = 1.0
        at = 0
        for (before, rows), matrix in zip(self.blocks, matrices, strict=True):
            self._multiply(at, before, settings, products)
            products[:, rows] = matrix @ np.take(products, rows, axis=1)
            at = before
        self._multiply(at, len(self.steps), settings, products)
        return products

    def _multiply(self, first: int, end: int, settings: FloatArray, products: ComplexArray) -> None:
        if first < end:
            from lwfast._kernels.optics.elements import multiply_elements

            multiply_elements(self.steps[first:end], self.constants[first:end], settings, products)


class ElementWriter:
    """Takes elements in order, and makes a table of them.

    Args:
        n_modes: The number of modes, loss modes not counted.
    """

    __slots__ = ("_blocks", "_constants", "_n_losses", "_n_modes", "_steps")

    def __init__(self, n_modes: int) -> None:
        self._n_modes = n_modes
        self._n_losses = 0
        self._steps: list[tuple[int, int, int, int]] = []
        self._constants: list[float] = []
        self._blocks: list[tuple[int, NDArray[np.int64]]] = []

    def beam_splitter(
        self, mode_1: int, mode_2: int, reflectivity: float, convention: str, column: int = FIXED
    ) -> None:
        """Add a beam splitter.

        With r = sqrt(reflectivity) and t = sqrt(1 - reflectivity), "Rx" is [[r, it], [it, r]] and "H" is
        [[r, t], [t, -r]].

        Args:
            mode_1: The first mode, counted from 0.
            mode_2: The second mode, another one.
            reflectivity: Probability of staying in a mode, from 0 to 1.
            convention: Which matrix is meant, "Rx" or "H".
            column: Where settings hold the reflectivity.
        """
        kind = BEAM_SPLITTER_RX if convention == "Rx" else BEAM_SPLITTER_H
        self._steps.append((kind, mode_1, mode_2, column))
        self._constants.append(reflectivity)

    def phase_shift(self, mode: int, phi: float, column: int = FIXED) -> None:
        """Add a phase shift by `phi`, in radians."""
        self._steps.append((PHASE_SHIFT, mode, mode, column))
        self._constants.append(phi)

    def loss(self, mode: int, loss: float, column: int = FIXED) -> None:
        """Add a loss, the probability that a photon is lost, to a loss mode of its own."""
        self._steps.append((LOSS, mode, self._n_modes + self._n_losses, column))
        self._constants.append(loss)
        self._n_losses += 1

    def mode_swaps(self, swaps: Mapping[int, int]) -> None:
        """Add a permutation of modes: each key goes to its value."""
        for first, second in _exchanges(swaps):
            self._steps.append((SWAP, first, second, FIXED))
            self._constants.append(0.0)

    def block(self, modes: Sequence[int]) -> None:
        """Add a unitary matrix over increasing modes, which `products` is given."""
        self._blocks.append((len(self._steps), np.array(modes, dtype=np.int64)))

    def table(self) -> ElementTable:
        """Return the elements so far as a table."""
        return ElementTable(
            self._n_modes,
            self._n_modes + self._n_losses,
            np.array(self._steps, dtype=np.int64).reshape(-1, 4),
            np.array(self._constants, dtype=np.float64),
            tuple(self._blocks),
        )


def _exchanges(swaps: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Yield pairs of rows that change places, one after the other, and make a permutation together."""
    left = dict(swaps)
    while left:
        start, end = left.popitem()
        # What was in `start` is carried round the cycle, each exchange setting one row right.
        while end != start:
            yield start, end
            end = left.pop(end)
