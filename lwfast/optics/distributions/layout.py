"""The outcomes of a distribution in their order, without writing them out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lwfast._base.parallel import run_chunks
from lwfast._types import AnyArray, StateTable
from lwfast.optics.photon_limits import states_of

THREADED_ENTRIES = 60_000
"""Layers with fewer entries are done before a second thread would have begun."""
_CHUNKS = 16
_CHUNK_ENTRIES = 2_000_000
"""Entries of a chunk of the largest layers: some tens of milliseconds, so that Ctrl-C is soon heard."""


@dataclass(frozen=True)
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

    @cached_property
    def size(self) -> int:
        """The number of outcomes, which may exceed any integer of the machine."""
        return sum(self.sizes)

    @cached_property
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

    @cached_property
    def order(self) -> list[int]:
        """The modes as they are laid out, those without a limit first."""
        modes = range(self.n_modes)
        return sorted(modes, key=lambda mode: self.caps[mode] < self.n_photons) if self.caps else list(modes)

    @cached_property
    def walk(self) -> tuple[NDArray[np.int64], AnyArray]:
        """What kernels need to walk over the outcomes.

        The largest power of each mode, int64, and the sums of `prefix_counts`. Photons that are missing sit
        in one mode more, the last.
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
            ranks: int64[N], or a range of step 1; None for all outcomes.

        Returns:
            uint8[N, n_modes].
        """
        from lwfast._kernels.optics.layout import states_at

        ranks = range(self.size) if ranks is None else ranks
        n_rows = len(ranks)
        out = np.zeros((n_rows, self.n_modes), dtype=np.uint8)
        if self.n_modes == 0 or self.n_photons == 0 or n_rows == 0:
            return out
        bounds, sums = self.walk
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
