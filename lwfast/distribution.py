"""The full output distribution of photons in a linear-optical circuit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._slos import FockLayout, expand
from lwfast._types import ComplexArray, FloatArray, StateTable
from lwfast._validation import as_integer
from lwfast.errors import ModeMismatchError, ModeRangeError

Heralds = Mapping[int, int]
Rules = Iterable[Any]


class OutputDistribution:
    """Outcomes and their probabilities.

    Attributes:
        probabilities: float64[K]. They sum to 1, or to the probability of the heralds and rules.
        amplitudes: complex128[K] where they were asked for, else None.
    """

    __slots__ = ("_layout", "_ranks", "_states", "amplitudes", "probabilities")

    def __init__(
        self,
        probabilities: FloatArray,
        *,
        layout: FockLayout | None = None,
        ranks: NDArray[np.int64] | None = None,
        states: StateTable | None = None,
        amplitudes: ComplexArray | None = None,
    ) -> None:
        self.probabilities = probabilities
        self.amplitudes = amplitudes
        self._layout = layout
        self._ranks = ranks
        self._states = states

    @property
    def states(self) -> StateTable:
        """uint8[K, n_modes], the outcomes as rows; written on first use."""
        if self._states is None:
            if self._layout is None:
                raise AssertionError("a distribution has its states or their layout")
            self._states = self._layout.rows(self._ranks)
        return self._states

    def states_at(self, indices: NDArray[np.int64]) -> StateTable:
        """Return some outcomes as rows.

        Args:
            indices: int64[N], ascending.

        Returns:
            uint8[N, n_modes].
        """
        if self._states is None and self._layout is not None:
            return self._layout.rows(indices if self._ranks is None else self._ranks[indices])
        return self.states[indices]

    def __len__(self) -> int:
        return len(self.probabilities)

    def __repr__(self) -> str:
        return f"OutputDistribution({len(self)} outcomes, total probability {self.probabilities.sum():.12g})"


def output_distribution(
    unitary: ArrayLike,
    occupation: Sequence[int],
    *,
    heralds: Heralds | None = None,
    rules: Rules | None = None,
    min_detection: int = 0,
    threshold: bool = False,
    amplitudes: bool = False,
    workers: int | None = None,
) -> OutputDistribution:
    """Compute the probability of every outcome.

    Args:
        unitary: (m, m) complex, unitary or a transfer matrix that loses light (singular values of at most 1).
            Column j is where a photon in input mode j goes.
        occupation: Photons in each of the m input modes; a `State` will do.
        heralds: Photons that are demanded in output modes. Outcomes that miss them are left out, and so are the
            heralded modes of those that do not. The layers are pruned by them.
        rules: Post-selection: an object with `.rules`, or pairs (modes, allowed sums). Modes are numbered as
            in the outcomes, heralded modes not counted.
        min_detection: Fewest photons of an outcome, heralded photons not counted.
        threshold: Report clicks, 0 or 1 a mode, instead of photon numbers. Heralds and rules then apply to
            clicks.
        amplitudes: Also return the probability amplitudes; for a unitary without `threshold` only.
        workers: Number of threads, None for all cores; the answer does not depend on it.

    Returns:
        An `OutputDistribution` with `.states` uint8[K, k] and `.probabilities` float64[K]. Outcomes with most
        photons come first; among those, the power of the last mode ascends outermost, from |n,0,...,0>. Nothing
        is renormalised: the probabilities sum to that of heralds, rules and `min_detection`.

    Raises:
        ValueError: The matrix is not square or not finite, the occupation is empty or negative, or
            `amplitudes` is asked for where there are none.
        TypeError: An occupation is no integer.
        ModeMismatchError: `occupation` has another length than the matrix.
        ModeRangeError: A herald or rule names a mode that is not there.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: The distribution would not fit in memory; the message gives the estimate.

    Source:
        Heurtel et al., arXiv:2206.10549, with the block layout and the dilation of the guide "The emulator".
    """
    matrix = checked_matrix(unitary)
    photons = checked_occupation(occupation, len(matrix))
    fixed = checked_heralds(heralds, len(matrix))
    least = as_integer(min_detection, "min_detection")
    kept = [mode for mode in range(len(matrix)) if mode not in fixed]
    pairs = checked_rules(rules, len(kept))
    if amplitudes and threshold:
        raise ValueError("Clicks have no amplitudes; ask for either amplitudes or threshold.")
    tolerance = matrix_tolerance(unitary)
    if threshold:
        from lwfast._clicks import click_distribution

        return click_distribution(matrix, photons, fixed, pairs, least, tolerance, workers)
    found = _fock_distribution(matrix, photons, fixed, least, tolerance, amplitudes, workers)
    return keep_by_rules(found, pairs)


def _fock_distribution(
    matrix: ComplexArray,
    photons: tuple[int, ...],
    heralds: dict[int, int],
    least: int,
    tolerance: float,
    amplitudes: bool,
    workers: int | None,
) -> OutputDistribution:
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
        wide = _fock_distribution(matrix, photons, others, 0, tolerance, amplitudes, workers)
        at = np.flatnonzero(wide.states[:, 0] == heralds[last]) if least <= 0 else np.empty(0, dtype=np.int64)
        return OutputDistribution(
            wide.probabilities[at],
            states=np.zeros((len(at), 0), dtype=np.uint8),
            amplitudes=None if wide.amplitudes is None else wide.amplitudes[at],
        )
    work = expand(matrix, photons, heralds=heralds, least=least, tolerance=tolerance)
    layout = work.layout
    if len(layout) == 0:
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


def checked_matrix(unitary: ArrayLike) -> ComplexArray:
    """Return a square, finite matrix as complex128, or raise."""
    matrix = np.asarray(unitary)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        msg = f"A transfer matrix should be square, got shape {matrix.shape}."
        raise ValueError(msg)
    matrix = np.ascontiguousarray(matrix, dtype=np.complex128)
    if not np.isfinite(matrix).all():
        raise ValueError("The transfer matrix has entries that are NaN or infinite.")
    return matrix


def matrix_tolerance(unitary: ArrayLike) -> float:
    """Return how far a matrix may miss unitarity by rounding: 1e-10, or 1e-5 in single precision."""
    return 1e-5 if getattr(unitary, "dtype", None) in (np.complex64, np.float32, np.float16) else 1e-10


def checked_occupation(occupation: Any, n_modes: int) -> tuple[int, ...]:
    """Return photons of each mode as a tuple, or raise."""
    values = tuple(
        as_integer(value, f"Photon number of mode {mode}")
        for mode, value in enumerate(getattr(occupation, "s", occupation))
    )
    if len(values) != n_modes:
        msg = f"The input state has {len(values)} modes, and the matrix {n_modes}."
        raise ModeMismatchError(msg)
    if n_modes == 0:
        raise ValueError("A circuit needs at least one mode.")
    if min(values) < 0:
        msg = f"Photon numbers cannot be negative, got {min(values)} in mode {values.index(min(values))}."
        raise ValueError(msg)
    return values


def checked_heralds(heralds: Heralds | None, n_modes: int) -> dict[int, int]:
    """Return heralds as a dict of Python ints, or raise."""
    fixed: dict[int, int] = {}
    for mode, photons in (heralds or {}).items():
        position, number = as_integer(mode, "Herald mode"), as_integer(photons, "Herald photon number")
        if not 0 <= position < n_modes:
            msg = f"Herald on mode {position}, but there are {n_modes} modes (0 to {n_modes - 1})."
            raise ModeRangeError(msg)
        if number < 0:
            msg = f"A herald cannot demand {number} photons (mode {position})."
            raise ValueError(msg)
        fixed[position] = number
    return fixed


def checked_rules(rules: Any, n_modes: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return rules as (modes, allowed sums), or raise."""
    pairs = []
    for rule in getattr(rules, "rules", rules) or ():
        modes, sums = rule.as_tuple() if hasattr(rule, "as_tuple") else rule
        modes = tuple(as_integer(mode, "Rule mode") for mode in np.atleast_1d(modes).tolist())
        sums = tuple(as_integer(number, "Rule photon number") for number in np.atleast_1d(sums).tolist())
        outside = [mode for mode in modes if not 0 <= mode < n_modes]
        if outside:
            msg = (
                f"Post-selection rule {(modes, sums)} names mode {outside[0]}, but outcomes have {n_modes} modes "
                f"(0 to {n_modes - 1}, heralded modes not counted)."
            )
            raise ModeRangeError(msg)
        pairs.append((modes, sums))
    return pairs
