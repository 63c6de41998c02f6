"""Lay out modes and photons for the SLOS kernels, and run them on threads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import MAX_FACTORIAL_PHOTONS
from lwfast._base.memory import check_memory, memory_limit
from lwfast._base.parallel import run_chunks
from lwfast._types import AnyArray, ComplexArray, FloatArray, StateTable
from lwfast.errors import ResourceLimitError
from lwfast.optics.noise.loss import complete_columns, lossy_rows
from lwfast.optics.photon_order import growth_one_by_one, in_turn
from lwfast.rules import Rule

THREADED_ENTRIES = 60_000
"""Layers with fewer entries are done before a second thread would have begun."""
_CHUNKS = 16
_CAPPED_FROM = 5_000
"""Fewer outcomes are not worth the thought of how rules could leave some out."""
ENTRY_SECONDS = 9e-9
"""Seconds for each entry of a layer, lost photons included."""
CALL_SECONDS = 1e-4
"""Seconds for one expansion, whatever its size."""
_MOST_GROWTH = 100.0
"""Beyond, photons that may be lost are taken in turn, not mode by mode: rounding is to stay below 1e-12."""
_CHUNK_ENTRIES = 2_000_000
"""Entries of a chunk of the largest layers: some tens of milliseconds, so that Ctrl-C is soon heard."""


@dataclass(frozen=True, slots=True)
class FockLayout:
    """The outcomes of a distribution, in the recursive order, not written out.

    Attributes:
        n_modes: Modes of an outcome.
        n_photons: Most photons of an outcome.
        n_least: Fewest photons; the outcomes with most photons come first.
        caps: Most photons of each mode, at least one of them `n_photons`; empty where there are no limits.
            Modes with a limit then count as the outer ones, so that the order is another.
    """

    n_modes: int
    n_photons: int
    n_least: int
    caps: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """The number of outcomes, which may exceed any integer of the machine."""
        return sum(self.sizes)

    @property
    def sizes(self) -> list[int]:
        """The number of outcomes of each number of photons, from the most down."""
        degrees = range(self.n_photons, self.n_least - 1, -1)
        if not self.caps:
            return [states_of(self.n_modes, d) for d in degrees]
        numbers = [1] + [0] * self.n_photons
        for cap in self.caps:
            below = [0, *itertools.accumulate(numbers)]
            numbers = [below[d + 1] - below[max(d - cap, 0)] for d in range(self.n_photons + 1)]
        return [numbers[d] for d in degrees]

    @property
    def order(self) -> list[int]:
        """The modes as they are laid out, those without a limit first."""
        modes = range(self.n_modes)
        return sorted(modes, key=lambda mode: self.caps[mode] < self.n_photons) if self.caps else list(modes)

    def walk(self) -> tuple[NDArray[np.int64], AnyArray]:
        """Return what kernels need to walk over the outcomes.

        Returns:
            The largest power of each mode, int64, and the sums of `prefix_counts`. Photons that are missing
            sit in one mode more, the last.
        """
        from lwfast._kernels.optics.slos import prefix_counts

        total = self.n_modes + (self.n_least < self.n_photons)
        bounds = np.full(total, self.n_photons, dtype=np.int64)
        if self.caps:
            bounds[: self.n_modes] = [self.caps[mode] for mode in self.order]
        return bounds, prefix_counts(bounds, np.zeros(total, dtype=np.int64), self.n_photons)[1]

    def rows(self, ranks: NDArray[np.int64] | range | None = None) -> StateTable:
        """Write outcomes as rows.

        Args:
            ranks: int64[N], ascending, or a range of step 1; None for all outcomes.

        Returns:
            uint8[N, n_modes].
        """
        from lwfast._kernels.optics.layout import states_at

        ranks = range(self.size) if ranks is None else ranks
        n_rows = len(ranks)
        out = np.zeros((n_rows, self.n_modes), dtype=np.uint8)
        if self.n_modes == 0 or self.n_photons == 0 or n_rows == 0:
            return out
        bounds, sums = self.walk()
        pieces = chunks_of(n_rows)

        def write(piece: int) -> None:
            part = slice(n_rows * piece // pieces, n_rows * (piece + 1) // pieces)
            these = ranks[part]
            if isinstance(these, range):
                these = np.arange(these.start, these.stop, dtype=np.int64)
            states_at(these, self.n_photons, sums, bounds, out[part])

        run_chunks(write, pieces, what="states" if pieces > _CHUNKS else None)
        if self.caps:
            columns = np.empty_like(out)
            columns[:, self.order] = out
            return columns
        return out

    def ranks(self, rows: StateTable) -> NDArray[np.int64]:
        """Return the rank of each of uint8[N, n_modes], which are outcomes of this layout without limits."""
        from lwfast._kernels.optics.fock import fock_rank
        from lwfast._kernels.optics.slos import prefix_counts

        out = np.empty(len(rows), dtype=np.int64)
        unbounded = np.full(self.n_modes, self.n_photons, dtype=np.int64)
        _, sums = prefix_counts(unbounded, np.zeros(self.n_modes, dtype=np.int64), self.n_photons)
        fock_rank(rows, np.ascontiguousarray(sums[:, 1:]), out)
        if self.n_least < self.n_photons:
            # The outcomes with more photons come before.
            base = np.array([0, *itertools.accumulate(self.sizes)][:-1], dtype=np.int64)
            out += base[self.n_photons - rows.sum(axis=1, dtype=np.int64)]
        return out


def chunks_of(entries: int) -> int:
    """Return into how many chunks a layer is cut; a function of its size alone."""
    if entries < THREADED_ENTRIES:
        return 1
    return max(_CHUNKS, entries // _CHUNK_ENTRIES)


def check_photons(n_photons: int) -> None:
    """Raise where amplitudes of so many photons cannot be computed.

    Raises:
        ResourceLimitError: There are more than 170.
    """
    if n_photons > MAX_FACTORIAL_PHOTONS:
        msg = f"{n_photons} photons are too many for float64 factorials; {MAX_FACTORIAL_PHOTONS} is the most."
        raise ResourceLimitError(msg)


def states_of(n_modes: int, n_photons: int) -> int:
    """Return the number of Fock states, C(n_modes + n_photons - 1, n_photons)."""
    if n_modes == 0 or n_photons < 0:
        return int(n_photons == 0)
    return math.comb(n_modes + n_photons - 1, n_photons)


@dataclass(slots=True)
class Expansion:
    """An output polynomial that is ready to be multiplied out.

    Attributes:
        layout: The outcomes over the free modes.
        columns: complex128[n_photons, n_modes], the linear form of each photon: free modes, heralded modes,
            loss modes.
        n_free: Free modes.
        n_kept: Free and heralded modes.
        bounds: int64[n_modes].
        floors: int64[n_modes].
        fixed: int64[n_modes], photons in heralded modes.
    """

    layout: FockLayout
    columns: ComplexArray
    n_free: int
    n_kept: int
    bounds: NDArray[np.int64]
    floors: NDArray[np.int64]
    fixed: NDArray[np.int64]

    @property
    def n_photons(self) -> int:
        """Photons that enter."""
        return len(self.columns)

    def needed_bytes(self, *, amplitudes: bool = False, n_kept: int | None = None) -> int:
        """Estimate the memory of multiplying out: two layers, or the last one and the result.

        Args:
            amplitudes: Amplitudes are asked for, not only probabilities.
            n_kept: How many outcomes rules keep; None where there are no rules.
        """
        n = self.n_photons
        counts = self._layer_sizes()
        last, before = float(counts[max(n - 1, 0)]), float(counts[max(n - 2, 0)])
        size = float(self.layout.size)
        layers = 16 * (last + max(before, size if amplitudes else 0.5 * size))
        result = (32 if amplitudes else 8) * size
        if n_kept is not None:
            # A mark for each outcome; then ranks and values of those that are kept, beside all values.
            limited = self.layout.n_modes + 8 if self.layout.caps else 0
            result = max(
                result, size * (25 if amplitudes else 9) + n_kept * (40.0 if amplitudes else 16.0 + limited)
            )
        return int(max(layers, result))

    def seconds(self) -> float:
        """Estimate the time of multiplying out on one core: every entry of every layer."""
        return CALL_SECONDS + float(self._layer_sizes()[1:].sum()) * ENTRY_SECONDS

    def _layer_sizes(self) -> FloatArray:
        """Return the number of entries of each layer, as `prefix_counts` does, float64[n_photons + 1].

        Floats hold sizes beyond any integer of the machine.
        """
        n = self.n_photons
        counts = np.zeros(n + 1)
        counts[0] = 1.0
        for bound, floor in zip(self.bounds.tolist(), self.floors.tolist(), strict=True):
            below = np.concatenate([[0.0], counts.cumsum()])
            degrees = np.arange(n + 1)
            counts = below[1:] - below[degrees - np.minimum(bound, np.maximum(degrees - floor, 0))]
        return counts

    def run(self, *, amplitudes: bool = False, workers: int | None = None) -> FloatArray:
        """Multiply out.

        Args:
            amplitudes: Return coefficients instead of probabilities.
            workers: Number of threads, None for all cores. The answer does not depend on it.

        Returns:
            float64[1, K], the probabilities; or float64[2, K], real and imaginary part of the coefficients.
        """
        from lwfast._kernels._simd import PADDING
        from lwfast._kernels.optics import layers, slos

        n, n_modes = self.columns.shape
        # An upper bound takes a microsecond, the estimate a hundred.
        most = 48 * states_of(n_modes, n)
        check_memory(
            self.needed_bytes(amplitudes=amplitudes) if most > memory_limit() else 0,
            f"The distribution of {n} photons over {self.layout.size:,} outcomes",
            remedy="Draw samples instead (boson_sample, or Backend('clifford')).",
        )
        counts, sums = slos.prefix_counts(self.bounds, self.floors, n)
        inner = slos.inner_modes(self._unlimited(), n, float(counts[n_modes, n]))
        first, start, link, link_mode, weight = slos.inner_tables(inner, n, counts, sums)
        tables = counts, sums, first, start, link, weight
        limits = np.stack([self.bounds, self.floors, self.fixed])
        base, n_out = self._bases()
        forms = np.stack([self.columns.real, self.columns.imag], axis=1)
        layout = inner, n_modes, n_modes, n_modes, 0
        origin = np.zeros_like(base)
        source = np.zeros((2, 1 + PADDING))
        source[0, 0] = 1.0
        for k, form in enumerate(forms, 1):
            out = np.empty((2, int(counts[n_modes, k]) + PADDING)) if k < n else None
            if out is None:
                out = np.zeros((2 if amplitudes else 1, n_out))
                layout = inner, self.n_free, self.n_kept, n_modes, self.layout.n_least
                origin = base
            links = slos.link_forms(link_mode, inner, form)
            layer = partial(
                layers.polynomial_layer, source, k, form, links, layout, limits, tables, origin, out
            )
            chunks = chunks_of(int(counts[n_modes, k]))

            def task(chunk: int, layer: Any = layer, chunks: int = chunks) -> None:
                layer((chunk, chunks))

            run_chunks(task, chunks, workers, f"photon {k} of {n}" if chunks > 1 else None)
            source = out
            del layer, task, out  # they hold the layer before, while the next one is made
        return source

    def _unlimited(self) -> int:
        """Return how many of the first modes take any number of photons."""
        if not self.layout.caps:
            return self.n_free
        return int(np.count_nonzero(self.bounds[: self.n_free] >= self.n_photons))

    def _bases(self) -> tuple[NDArray[np.int64], int]:
        """Return where the outcomes of each number of photons begin, and how many outcomes there are."""
        base = np.zeros(self.n_photons + 1, dtype=np.int64)
        n_out = 0
        for d, size in zip(
            range(self.layout.n_photons, self.layout.n_least - 1, -1), self.layout.sizes, strict=True
        ):
            base[d] = n_out
            n_out += size
        return base, n_out


def expand(
    matrix: ComplexArray,
    occupation: tuple[int, ...],
    *,
    heralds: Mapping[int, int],
    least: int = 0,
    tolerance: float,
    follow_loss: bool = True,
    pairs: Sequence[Rule] = (),
) -> Expansion:
    """Lay out the output polynomial of an input state.

    Args:
        matrix: complex128[m, m], transfer matrix.
        occupation: Photons in each input mode, one at least in all.
        heralds: Photons that are demanded in some output modes, not all modes.
        least: Fewest photons wanted in the other modes.
        tolerance: How far the matrix may be off by rounding.
        follow_loss: False keeps only the outcomes in which no photon is lost.
        pairs: Rules on the free modes. Where they leave modes little room, outcomes
            with more photons there are left out; those that are left still have to be asked.

    Raises:
        NotUnitaryError: The matrix amplifies.
        ResourceLimitError: There are more than 170 photons.
    """
    n = sum(occupation)
    check_photons(n)
    occupied = [mode for mode, photons in enumerate(occupation) if photons]
    columns, rows = complete_columns(matrix[:, occupied], tolerance)
    if not follow_loss:
        rows = rows[:0]
    rows = np.where(np.abs(rows) > 1e-9, rows, 0.0)
    lossy = lossy_rows(rows)
    # A herald of no photon leaves nothing to follow: its mode is left out.
    herald_modes = [mode for mode in sorted(heralds) if heralds[mode] > 0]
    free = [mode for mode in range(len(occupation)) if mode not in heralds]
    most = n - sum(heralds.values())
    least = max(least, 0) if len(lossy) else max(least, most)
    layout = FockLayout(len(free), max(most, -1), max(least, 0))
    layout = layout if not pairs else replace(layout, caps=useful_caps(pairs, layout))
    free = [free[position] for position in layout.order]
    forms = np.vstack([columns[free], columns[herald_modes], rows[lossy]])
    numbers = [occupation[mode] for mode in occupied]
    # The triangle of lost photons saves most of their states, but asks for the photons mode by mode.
    mode_by_mode = len(lossy) > 0 and growth_one_by_one(numbers) < _MOST_GROWTH
    photons = _photon_order(numbers, mode_by_mode=mode_by_mode)
    n_kept = len(free) + len(herald_modes)
    n_modes = len(forms)
    bounds = np.full(n_modes, n, dtype=np.int64)
    floors = np.zeros(n_modes, dtype=np.int64)
    fixed = np.zeros(n_modes, dtype=np.int64)
    for position, column in enumerate(layout.order if layout.caps else ()):
        if layout.caps[column] < layout.n_photons:
            bounds[position] = layout.caps[column]
    for position, mode in enumerate(herald_modes, len(free)):
        bounds[position] = fixed[position] = heralds[mode]
    for position, row in enumerate(lossy, n_kept):
        floors[position] = sum(column < row for column, _ in photons) if mode_by_mode else 0
        bounds[position] = sum(rows[row, column] != 0 for column, _ in photons)
    scaled = [forms[:, column] / math.sqrt(repeat) for column, repeat in photons]
    return Expansion(
        layout=layout,
        columns=np.array(scaled, dtype=np.complex128).reshape(n, n_modes),
        n_free=len(free),
        n_kept=n_kept,
        bounds=bounds,
        floors=floors,
        fixed=fixed,
    )


def useful_caps(pairs: Sequence[Rule], layout: FockLayout) -> tuple[int, ...]:
    """Return the most photons that rules allow in each mode, where that leaves out half of the outcomes."""
    caps = [layout.n_photons] * layout.n_modes
    for modes, sums in pairs:
        for mode in modes:
            caps[mode] = min(caps[mode], max(sums, default=0))
    if layout.size < _CAPPED_FROM or min(caps) == layout.n_photons:
        return ()
    if max(caps) < layout.n_photons:
        # The innermost mode takes what is left, whatever it is.
        caps[caps.index(max(caps))] = layout.n_photons
    limited = replace(layout, caps=tuple(caps))
    return limited.caps if 2 * limited.size <= layout.size else ()


def _photon_order(multiplicities: list[int], *, mode_by_mode: bool) -> list[tuple[int, int]]:
    """List the photons as (column, how often this column came up to here); see `photon_order.py`."""
    if mode_by_mode:
        order = [column for column, k in enumerate(multiplicities) for _ in range(k)]
    else:
        order = in_turn(multiplicities).tolist()
    seen = [0] * len(multiplicities)
    photons = []
    for column in order:
        seen[column] += 1
        photons.append((column, seen[column]))
    return photons
