"""Distributions over outcomes, and the one of photon numbers behind a transfer matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._loss import UNIT_ROUNDING
from lwfast._slos import FockLayout, expand
from lwfast._types import ComplexArray, FloatArray, StateTable


class OutputDistribution:
    """Outcomes and their probabilities.

    Attributes:
        probabilities: float64[K]. They sum to 1, or to the probability of the heralds and rules.
        amplitudes: complex128[K] where they were asked for, else None.
    """

    __slots__ = ("_layout", "_ranks", "_shape", "_states", "amplitudes", "probabilities")

    def __init__(
        self,
        probabilities: FloatArray,
        *,
        layout: FockLayout | None = None,
        shape: tuple[int, int] | None = None,
        ranks: NDArray[np.int64] | None = None,
        states: StateTable | None = None,
        amplitudes: ComplexArray | None = None,
    ) -> None:
        self.probabilities = probabilities
        self.amplitudes = amplitudes
        self._layout = layout
        self._ranks = ranks
        self._shape = shape
        self._states = states

    @property
    def layout(self) -> FockLayout | None:
        """How the outcomes are laid out, where they follow the recursive order; else None."""
        if self._layout is None and self._shape is not None:
            n_modes, n_photons = self._shape
            self._layout = FockLayout(n_modes, n_photons, n_photons)
        return self._layout

    @property
    def states(self) -> StateTable:
        """uint8[K, n_modes], the outcomes as rows; written on first use."""
        if self._states is None:
            if self.layout is None:
                raise AssertionError("a distribution has its states or their layout")
            self._states = self.layout.rows(self._ranks)
        return self._states

    def states_at(self, indices: NDArray[np.int64]) -> StateTable:
        """Return some outcomes as rows.

        Args:
            indices: int64[N], ascending.

        Returns:
            uint8[N, n_modes].
        """
        if self._states is None and self.layout is not None:
            return self.layout.rows(indices if self._ranks is None else self._ranks[indices])
        return self.states[indices]

    def __len__(self) -> int:
        return len(self.probabilities)

    def __repr__(self) -> str:
        return f"OutputDistribution({len(self)} outcomes, total probability {self.probabilities.sum():.12g})"


_kernel: Any = None
_SMALL = 4000.0
"""Outcomes up to which the kernel without blocks and lanes is the faster one."""


def small_distribution(unitary: Any, occupation: Any) -> OutputDistribution | None:
    """Compute a small distribution of photon numbers behind a unitary, with as little ceremony as can be.

    Args:
        unitary: The transfer matrix, not checked yet.
        occupation: Photons in each input mode, not checked yet.

    Returns:
        The distribution; None where anything is out of the ordinary, wrong arguments among it.
    """
    global _kernel
    if _kernel is None:
        from lwfast._kernels.slos import slos_small

        _kernel = slos_small
    try:
        photons = np.array(getattr(occupation, "s", occupation))
        matrix = np.ascontiguousarray(unitary, dtype=np.complex128)
    except (TypeError, ValueError):
        return None
    n_modes = len(photons) if photons.ndim == 1 else 0
    if photons.dtype != np.int64 or matrix.shape != (n_modes, n_modes) or n_modes == 0:
        return None
    status, n_photons, probabilities = _kernel(matrix.view(np.float64), photons, UNIT_ROUNDING, _SMALL)
    if status:
        return None
    return OutputDistribution(probabilities, shape=(n_modes, n_photons))


def fock_distribution(
    matrix: ComplexArray,
    photons: tuple[int, ...],
    heralds: dict[int, int],
    least: int,
    tolerance: float,
    *,
    amplitudes: bool = False,
    follow_loss: bool = True,
    workers: int | None = None,
) -> OutputDistribution:
    """Compute the distribution of photon numbers.

    Args:
        matrix: complex128[m, m], transfer matrix.
        photons: Photons in each input mode.
        heralds: Photons demanded in output modes.
        least: Fewest photons in the other modes.
        tolerance: How far the matrix may be off by rounding.
        amplitudes: Compute amplitudes too.
        follow_loss: False keeps only the outcomes in which no photon is lost, which have amplitudes.
        workers: Number of threads.

    Raises:
        ValueError: Amplitudes are asked for, and the matrix is lossy.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: It would not fit in memory.
    """
    n_free = len(photons) - len(heralds)
    n_herald = sum(heralds.values())
    if sum(photons) == 0:
        met = n_herald == 0 and least <= 0
        rows = np.zeros((int(met), n_free), dtype=np.uint8)
        ones = np.ones(int(met))
        return OutputDistribution(ones, states=rows, amplitudes=ones.astype(complex) if amplitudes else None)
    if n_free == 0:
        # Every mode is heralded: follow the last one freely, and take the one outcome that is asked for.
        last = max(heralds)
        others = {mode: number for mode, number in heralds.items() if mode != last}
        wide = fock_distribution(
            matrix,
            photons,
            others,
            0,
            tolerance,
            amplitudes=amplitudes,
            follow_loss=follow_loss,
            workers=workers,
        )
        at = np.flatnonzero(wide.states[:, 0] == heralds[last]) if least <= 0 else np.empty(0, dtype=np.int64)
        return OutputDistribution(
            wide.probabilities[at],
            states=np.zeros((len(at), 0), dtype=np.uint8),
            amplitudes=None if wide.amplitudes is None else wide.amplitudes[at],
        )
    work = expand(matrix, photons, heralds=heralds, least=least, tolerance=tolerance, follow_loss=follow_loss)
    layout = work.layout
    if layout.size == 0:
        empty = np.empty(0)
        return OutputDistribution(
            empty, layout=layout, amplitudes=empty.astype(complex) if amplitudes else None
        )
    if not amplitudes:
        return OutputDistribution(work.run(workers=workers)[0], layout=layout)
    if work.columns.shape[1] > work.n_kept:
        raise ValueError("A lossy transfer matrix mixes outcomes; amplitudes need a unitary matrix.")
    real, imag = work.run(amplitudes=True, workers=workers)
    states = layout.rows()
    factorials = np.array([math.factorial(k) for k in range(layout.n_photons + 1)], dtype=np.float64)
    scale = np.full(len(states), float(math.prod(math.factorial(k) for k in heralds.values())))
    for column in states.T:
        scale *= factorials[column]
    values = (real + 1j * imag) * np.sqrt(scale)
    return OutputDistribution(np.abs(values) ** 2, states=states, layout=layout, amplitudes=values)


def keep_by_rules(
    found: OutputDistribution, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
) -> OutputDistribution:
    """Keep the outcomes that keep every rule.

    Args:
        found: A distribution.
        pairs: (modes, allowed sums) of each rule, checked.

    Returns:
        The distribution of what is left.
    """
    if not pairs:
        return found
    keep = rule_mask(found.states, pairs)
    return OutputDistribution(
        found.probabilities[keep],
        states=found.states[keep],
        amplitudes=None if found.amplitudes is None else found.amplitudes[keep],
    )


def rule_mask(
    states: StateTable, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
) -> NDArray[np.bool_]:
    """Say which rows keep every rule: bool[K]."""
    keep = np.ones(len(states), dtype=np.bool_)
    for modes, sums in pairs:
        total = np.zeros(len(states), dtype=np.int64)
        for mode in modes:
            total += states[:, mode]
        keep &= np.isin(total, sums)
    return keep
