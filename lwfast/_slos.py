"""Lay out modes and photons for the SLOS kernels, and run them on threads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._loss import complete_columns, kept_rows
from lwfast._memory import check_memory
from lwfast._parallel import run_chunks
from lwfast._types import ComplexArray, FloatArray, StateTable
from lwfast.errors import ResourceLimitError

MAX_PHOTONS = 170
"""170! is the largest factorial of a float64."""
THREADED_ENTRIES = 60_000
"""Layers with fewer entries are done before a second thread would have begun."""
_CHUNKS = 16
_CHUNK_ENTRIES = 2_000_000
"""Entries of a chunk of the largest layers: some tens of milliseconds, so that Ctrl-C is soon heard."""


@dataclass(frozen=True, slots=True)
class FockLayout:
    """The outcomes of a distribution, in the recursive order, not written out.

    Attributes:
        n_modes: Modes of an outcome.
        n_photons: Most photons of an outcome.
        n_least: Fewest photons; the outcomes with most photons come first.
    """

    n_modes: int
    n_photons: int
    n_least: int

    @property
    def size(self) -> int:
        """The number of outcomes, which may exceed any integer of the machine."""
        return sum(states_of(self.n_modes, d) for d in range(self.n_least, self.n_photons + 1))

    def rows(self, ranks: NDArray[np.int64] | None = None) -> StateTable:
        """Write outcomes as rows.

        Args:
            ranks: int64[N], ascending; None for all outcomes.

        Returns:
            uint8[N, n_modes].
        """
        from lwfast._kernels.sampling import states_at
        from lwfast._kernels.slos import prefix_counts

        if ranks is None:
            ranks = np.arange(self.size, dtype=np.int64)
        out = np.zeros((len(ranks), self.n_modes), dtype=np.uint8)
        if self.n_modes == 0 or self.n_photons == 0 or len(ranks) == 0:
            return out
        # Photons that are missing sit in one mode more, the last, which is not written.
        total = self.n_modes + (self.n_least < self.n_photons)
        unbounded = np.full(total, self.n_photons, dtype=np.int64)
        _, sums = prefix_counts(unbounded, np.zeros(total, dtype=np.int64), self.n_photons)
        pieces = chunks_of(len(ranks))
        cuts = [len(ranks) * piece // pieces for piece in range(pieces + 1)]
        run_chunks(
            lambda c: states_at(
                ranks[cuts[c] : cuts[c + 1]], self.n_photons, sums, out[cuts[c] : cuts[c + 1]]
            ),
            pieces,
        )
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
    if n_photons > MAX_PHOTONS:
        msg = f"{n_photons} photons are too many for float64 factorials; {MAX_PHOTONS} is the most."
        raise ResourceLimitError(msg)


def states_of(n_modes: int, n_photons: int) -> int:
    """Return the number of Fock states, C(n_modes + n_photons - 1, n_photons)."""
    if n_modes == 0:
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

    @property
    def needed_bytes(self) -> int:
        """Estimate of the memory that multiplying out takes."""
        n_modes = self.columns.shape[1]
        lower = sum(states_of(n_modes, k) for k in range(max(self.n_photons - 2, 0), self.n_photons))
        return 8 * self.layout.size + 16 * lower

    def run(self, *, amplitudes: bool = False, workers: int | None = None) -> tuple[FloatArray, FloatArray]:
        """Multiply out.

        Args:
            amplitudes: Return coefficients instead of probabilities.
            workers: Number of threads, None for all cores. The answer does not depend on it.

        Returns:
            Real and imaginary part of the coefficients, or the probabilities and an empty array.
        """
        from lwfast._kernels import slos

        n = self.n_photons
        check_memory(
            self.needed_bytes * (2 if amplitudes else 1),
            f"The distribution of {n} photons over {self.layout.size:,} outcomes",
            remedy="Draw samples instead (boson_sample, or Backend('clifford')).",
        )
        counts, sums = slos.prefix_counts(self.bounds, self.floors, n)
        base = np.zeros(n + 1, dtype=np.int64)
        n_out = 0
        for d in range(self.layout.n_photons, self.layout.n_least - 1, -1):
            base[d] = n_out
            n_out += states_of(self.n_free, d)
        kind = slos.AMPLITUDES if amplitudes else slos.PROBABILITIES
        n_modes = self.columns.shape[1]
        inner = slos.inner_modes(self.n_free, n, float(counts[n_modes, n]))
        sizes = (inner, self.n_free, self.n_kept, n_modes)
        columns_re = np.ascontiguousarray(self.columns.real)
        columns_im = np.ascontiguousarray(self.columns.imag)
        return self._layers(columns_re, columns_im, sizes, counts, sums, kind, n_out, base, workers)

    def _layers(
        self,
        columns_re: FloatArray,
        columns_im: FloatArray,
        sizes: tuple[int, int, int, int],
        counts: Any,
        sums: Any,
        kind: int,
        n_out: int,
        base: Any,
        workers: int | None,
    ) -> tuple[FloatArray, FloatArray]:
        """Multiply out layer by layer, each large layer cut into chunks."""
        from lwfast._kernels import slos

        n, n_modes = columns_re.shape
        inner = sizes[0]
        first, start, link, link_mode, weight = slos.inner_tables(inner, n, counts, sums)
        source_re, source_im = np.zeros(9), np.zeros(9)
        source_re[0] = 1.0
        origin = np.zeros(n + 1, dtype=np.int64)
        for k in range(1, n + 1):
            last = k == n
            size = n_out if last else int(counts[n_modes, k]) + 8
            make = np.zeros if last else np.empty
            out_re = make(size)
            out_im = make(size if kind == slos.AMPLITUDES or not last else 0)
            chunks = chunks_of(int(counts[n_modes, k]))
            link_re = slos.link_forms(link_mode, inner, columns_re[k - 1])
            link_im = slos.link_forms(link_mode, inner, columns_im[k - 1])
            arguments = (
                (source_re, source_im, k, columns_re[k - 1], columns_im[k - 1]),
                sizes if last else (inner, n_modes, n_modes, n_modes),
                (self.bounds, self.floors, self.fixed, self.layout.n_least if last else 0),
                (
                    counts,
                    sums,
                    first,
                    start,
                    link,
                    link_re,
                    link_im,
                    weight,
                    kind if last else slos.AMPLITUDES,
                ),
                (base if last else origin, out_re, out_im),
            )

            def task(chunk: int, arguments: Any = arguments, chunks: int = chunks) -> None:
                photon, layout, limits, shared, out = arguments
                layer: Any = slos.polynomial_layer
                layer(*photon, layout, *limits, *shared, chunk, chunks, *out)

            run_chunks(task, chunks, workers, f"photon {k} of {n}" if chunks > 1 else None)
            source_re, source_im = out_re, out_im
        return source_re, source_im


def expand(
    matrix: ComplexArray,
    occupation: tuple[int, ...],
    *,
    heralds: Mapping[int, int],
    least: int = 0,
    tolerance: float,
    follow_loss: bool = True,
) -> Expansion:
    """Lay out the output polynomial of an input state.

    Args:
        matrix: complex128[m, m], transfer matrix.
        occupation: Photons in each input mode, one at least in all.
        heralds: Photons that are demanded in some output modes, not all modes.
        least: Fewest photons wanted in the other modes.
        tolerance: How far the matrix may be off by rounding.
        follow_loss: False keeps only the outcomes in which no photon is lost.

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
    lossy = kept_rows(rows)
    # A herald of no photon leaves nothing to follow: its mode is left out.
    herald_modes = [mode for mode in sorted(heralds) if heralds[mode] > 0]
    free = [mode for mode in range(len(occupation)) if mode not in heralds]
    forms = np.vstack([columns[free], columns[herald_modes], rows[lossy]])
    photons = _photon_order([occupation[mode] for mode in occupied], interleave=len(lossy) == 0)
    n_kept = len(free) + len(herald_modes)
    n_modes = len(forms)
    bounds = np.full(n_modes, n, dtype=np.int64)
    floors = np.zeros(n_modes, dtype=np.int64)
    fixed = np.zeros(n_modes, dtype=np.int64)
    for position, mode in enumerate(herald_modes, len(free)):
        bounds[position] = fixed[position] = heralds[mode]
    for position, row in enumerate(lossy, n_kept):
        floors[position] = sum(column < row for column, _ in photons)
        bounds[position] = sum(rows[row, column] != 0 for column, _ in photons)
    scaled = [forms[:, column] / math.sqrt(repeat) for column, repeat in photons]
    most = n - sum(heralds.values())
    least = max(least, 0) if len(lossy) else max(least, most)
    return Expansion(
        layout=FockLayout(len(free), max(most, -1), max(least, 0)),
        columns=np.array(scaled, dtype=np.complex128).reshape(n, n_modes),
        n_free=len(free),
        n_kept=n_kept,
        bounds=bounds,
        floors=floors,
        fixed=fixed,
    )


def _photon_order(multiplicities: list[int], *, interleave: bool) -> list[tuple[int, int]]:
    """List the photons as (column, how often this column came up to here).

    Taking one photon of each mode in turn keeps intermediate coefficients small, and with them the rounding:
    (x+y)(x-y) has fewer terms than (x+y)^2. The triangular dilation needs the columns in order instead.
    """
    photons = [(column, r) for column, k in enumerate(multiplicities) for r in range(1, k + 1)]
    return sorted(photons, key=lambda photon: photon[1]) if interleave else photons
