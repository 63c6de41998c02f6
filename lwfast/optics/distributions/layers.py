"""The polynomial whose coefficients are the amplitudes of outcomes, laid and multiplied out on threads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lwfast._base.memory import check_memory, memory_limit
from lwfast._base.parallel import run_chunks
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.optics.costs import layers_bytes, layers_seconds
from lwfast.optics.distributions.layout import FockLayout, chunks_of
from lwfast.optics.light import Light
from lwfast.optics.noise.loss import Dilation, lossy_rows, without_rounding
from lwfast.optics.photon_limits import check_amplitudes_hold, states_of
from lwfast.optics.photon_order import growth_one_by_one, in_turn
from lwfast.rules import Rule

_CAPPED_FROM = 5_000
"""Fewer outcomes are not worth the thought of how rules could leave some out."""
_MOST_GROWTH = 100.0
"""Beyond, photons that may be lost are taken in turn, not mode by mode: rounding is to stay below 1e-12."""
_KEPT = 128
"""Small polynomials whose places and tables are kept, the last ones used: to make them takes longer than to
use them, and they take some tens of megabytes in all."""
_SMALL = 4_096
"""Entries of the last layer of those."""


@dataclass(frozen=True, eq=False)
class LayerTables:
    """What kernels look up to multiply out, the same whatever the matrix is; nothing in it is changed.

    Attributes:
        inner: Modes whose entries the tables list.
        sizes: Entries of each layer.
        limits: int64[3, n_modes], bounds, floors and fixed photons of the modes.
        forward: The tables that the kernel `polynomial_layer` reads.
        link_mode: Which mode each link adds a photon to, from `inner_tables`.
        origin: int64[n_photons + 1], zeros.
    """

    inner: int
    sizes: tuple[int, ...]
    limits: NDArray[np.int64]
    forward: tuple[AnyArray, ...]
    link_mode: NDArray[np.int64]
    origin: NDArray[np.int64]

    @property
    def weights(self) -> tuple[AnyArray, ...]:
        """What `weigh_outcomes` reads."""
        counts, sums, first, _, _, weight = self.forward
        return counts, sums, first, weight

    @cached_property
    def back(self) -> tuple[AnyArray, ...]:
        """What `adjoint_layer` reads, on the way back to derivatives."""
        from lwfast._kernels.optics.gradients.adjoint import raised_entries

        counts, sums = self.forward[:2]
        return counts, sums, *raised_entries(self.inner, len(self.sizes) - 1, counts, sums)


@lru_cache(_KEPT)
def _kept_tables(bounds: bytes, floors: bytes, fixed: bytes, unlimited: int, n: int) -> LayerTables:
    from lwfast._kernels.optics import slos

    limits = np.stack([np.frombuffer(one, dtype=np.int64) for one in (bounds, floors, fixed)])
    counts, sums = slos.prefix_counts(limits[0], limits[1], n)
    inner = int(slos.inner_modes(unlimited, n, float(counts[-1, n])))
    first, start, link, link_mode, weight = slos.inner_tables(inner, n, counts, sums)
    forward = counts, sums, first, start, link, weight
    origin = np.zeros(n + 1, dtype=np.int64)
    return LayerTables(inner, tuple(counts[-1].tolist()), limits, forward, link_mode, origin)


@dataclass(frozen=True)
class OutputPolynomial:
    """An output polynomial that is ready to be multiplied out.

    Attributes:
        layout: The outcomes over the free modes.
        columns: complex128[n_photons, n_modes], the linear form of each photon: free modes, heralded modes,
            loss modes.
        n_free: Number of modes that are neither heralded nor take lost light.
        n_kept: Free and heralded modes.
        bounds: int64[n_modes], most photons in each mode.
        floors: int64[n_modes], fewest photons in each mode.
        fixed: int64[n_modes], photons in heralded modes.
        photons: For each photon the occupied input mode that it comes from, and how often that came up to
            here.
        kept: The output modes of the free and heralded modes.
    """

    layout: FockLayout
    columns: ComplexArray
    n_free: int
    n_kept: int
    bounds: NDArray[np.int64]
    floors: NDArray[np.int64]
    fixed: NDArray[np.int64]
    photons: list[tuple[int, int]]
    kept: list[int]

    @property
    def n_photons(self) -> int:
        """Photons that enter."""
        return len(self.columns)

    def needed_bytes(self, *, amplitudes: bool = False, n_kept: int | None = None) -> int:
        """Estimate the memory of multiplying out.

        Args:
            amplitudes: Amplitudes are asked for, not only probabilities.
            n_kept: How many outcomes rules keep; None where there are no rules.
        """
        limited = self.layout.n_modes if self.layout.caps else None
        return layers_bytes(
            self._layer_sizes, self.layout.size, limited, amplitudes=amplitudes, n_kept=n_kept
        )

    def seconds(self) -> float:
        """Estimate the time of multiplying out on one core."""
        return layers_seconds(self._layer_sizes)

    @cached_property
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
            workers: Number of threads; by default None, for all cores. The answer does not depend on it.

        Returns:
            float64[1, K], the probabilities; or float64[2, K], real and imaginary part of the coefficients.
        """
        from lwfast._kernels._simd import PADDING
        from lwfast._kernels.optics.layers import polynomial_layer
        from lwfast._kernels.optics.slos import link_forms

        n, n_modes = self.columns.shape
        # An upper bound takes a microsecond, the estimate a hundred.
        most = 48 * states_of(n_modes, n)
        check_memory(
            self.needed_bytes(amplitudes=amplitudes) if most > memory_limit() else 0,
            f"The distribution of {n} photons over {self.layout.size:,} outcomes",
            remedy="Draw samples instead (boson_sample, or Backend('clifford')).",
        )
        tables = self.tables
        inner, limits, sizes = tables.inner, tables.limits, tables.sizes
        base, n_out = self.bases
        forms = np.stack([self.columns.real, self.columns.imag], axis=1)
        layout = inner, n_modes, n_modes, n_modes, 0
        origin = tables.origin
        source = np.zeros((2, 1 + PADDING))
        source[0, 0] = 1.0
        for k, form in enumerate(forms, 1):
            out = np.empty((2, sizes[k] + PADDING)) if k < n else None
            if out is None:
                out = np.zeros((2 if amplitudes else 1, n_out))
                layout = inner, self.n_free, self.n_kept, n_modes, self.layout.n_least
                origin = base
            links = link_forms(tables.link_mode, inner, form)
            layer = partial(
                polynomial_layer, source, k, form, links, layout, limits, tables.forward, origin, out
            )
            chunks = chunks_of(sizes[k])

            def task(chunk: int, layer: Any = layer, chunks: int = chunks) -> None:
                layer((chunk, chunks))

            run_chunks(task, chunks, workers, f"photon {k} of {n}" if chunks > 1 else None)
            source = out
            del layer, task, out  # they hold the layer before, while the next one is made
        return source

    @property
    def tables(self) -> LayerTables:
        """What kernels look up, kept ones where the polynomial is small."""
        n, n_modes = self.columns.shape
        make = _kept_tables if states_of(n_modes, n) <= _SMALL else _kept_tables.__wrapped__
        return make(self.bounds.tobytes(), self.floors.tobytes(), self.fixed.tobytes(), self.unlimited, n)

    @property
    def unlimited(self) -> int:
        """How many of the first modes take any number of photons."""
        if not self.layout.caps:
            return self.n_free
        return int(np.count_nonzero(self.bounds[: self.n_free] >= self.n_photons))

    @property
    def bases(self) -> tuple[NDArray[np.int64], int]:
        """Where the outcomes of each number of photons begin, int64[n_photons + 1], and their number."""
        return _bases(self.layout, self.n_photons)


def output_polynomial(
    light: Light,
    *,
    heralds: Mapping[int, int],
    least: int = 0,
    follow_loss: bool = True,
    pairs: Sequence[Rule] = (),
    dilation: Dilation | None = None,
) -> OutputPolynomial:
    """Lay out the output polynomial of an input state.

    Args:
        light: Photons, one at least in all, and where they may go.
        heralds: Photons that are demanded in some output modes, not all modes.
        least: Fewest photons wanted in the other modes.
        follow_loss: False keeps only the outcomes in which no photon is lost.
        pairs: Rules on the free modes. Where they leave modes little room, outcomes
            with more photons there are left out; those that are left still have to be asked.
        dilation: Rows for lost light, each of which counts; None takes those of the light that lose anything.

    Raises:
        ResourceLimitError: There are more than 170 photons.
    """
    n = light.n_photons
    check_amplitudes_hold(n)
    columns = light.columns
    linked: tuple[tuple[int, ...], ...] = ()
    rows = columns[:0]
    if dilation is not None:
        rows = dilation.rows
        linked = _linked(np.arange(len(rows)), dilation.links)
    elif follow_loss and not light.is_isometry:
        rows = without_rounding(light.loss_rows)
        lossy = lossy_rows(rows)
        linked, rows = _linked(lossy, rows != 0), rows[lossy]
    lay_out = _kept_places if states_of(light.n_modes + len(linked), n) <= _SMALL else _places
    places = lay_out(
        light.n_modes,
        tuple(light.numbers),
        tuple(sorted(heralds.items())),
        least,
        tuple(pairs),
        linked,
        dilation is None or dilation.triangular,
    )
    forms = columns[places.kept]
    if linked:
        forms = np.concatenate([forms, rows])
    scaled = forms[:, places.of_photon] / places.roots
    return OutputPolynomial(
        layout=places.layout,
        columns=np.ascontiguousarray(scaled.T),
        n_free=places.n_free,
        n_kept=len(places.kept),
        bounds=places.bounds,
        floors=places.floors,
        fixed=places.fixed,
        photons=places.photons,
        kept=places.kept,
    )


def _linked(lossy: NDArray[np.int64], links: NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    """Return of each row that takes lost light its number, then which occupied modes reach it."""
    return tuple((row, *links[row].tolist()) for row in lossy.tolist())


class _Places(NamedTuple):
    """All of an output polynomial but its entries; nothing in it is changed."""

    layout: FockLayout
    n_free: int
    kept: list[int]
    photons: list[tuple[int, int]]
    of_photon: list[int]
    roots: ComplexArray
    bounds: NDArray[np.int64]
    floors: NDArray[np.int64]
    fixed: NDArray[np.int64]


def _places(
    n_modes: int,
    numbers: tuple[int, ...],
    heralds: tuple[tuple[int, int], ...],
    least: int,
    pairs: tuple[Rule, ...],
    links: tuple[tuple[int, ...], ...],
    triangular: bool,
) -> _Places:
    """Lay out modes and photons.

    Args:
        n_modes: Number of output modes, heralded ones counted.
        numbers: Photons of each occupied input mode.
        heralds: Modes and photons, by mode.
        least: Fewest photons wanted in the other modes.
        pairs: Rules on the other modes, as (modes, allowed sums).
        links: What `_linked` says of the rows that take lost light.
        triangular: Whether those rows are an upper triangle.
    """
    n = sum(numbers)
    wanted = dict(heralds)
    # A herald of no photon leaves nothing to follow: its mode is left out.
    herald_modes = [mode for mode, photons in heralds if photons > 0]
    free = [mode for mode in range(n_modes) if mode not in wanted]
    most = n - sum(wanted.values())
    least = max(least, 0) if links else max(least, most)
    layout = FockLayout(len(free), max(most, -1), max(least, 0))
    caps = useful_caps(pairs, layout) if pairs else ()
    layout = replace(layout, caps=caps) if caps else layout
    free = [free[position] for position in layout.order]
    # The triangle of lost photons saves most of their states, but asks for the photons mode by mode.
    mode_by_mode = triangular and len(links) > 0 and growth_one_by_one(list(numbers)) < _MOST_GROWTH
    photons = listed_photons(list(numbers), mode_by_mode=mode_by_mode)
    n_kept = len(free) + len(herald_modes)
    n_all = n_kept + len(links)
    bounds = np.full(n_all, n, dtype=np.int64)
    floors = np.zeros(n_all, dtype=np.int64)
    fixed = np.zeros(n_all, dtype=np.int64)
    for position, column in enumerate(layout.order if layout.caps else ()):
        if layout.caps[column] < layout.n_photons:
            bounds[position] = layout.caps[column]
    for position, mode in enumerate(herald_modes, len(free)):
        bounds[position] = fixed[position] = wanted[mode]
    for position, (row, *linked) in enumerate(links, n_kept):
        floors[position] = sum(column < row for column, _ in photons) if mode_by_mode else 0
        bounds[position] = sum(linked[column] for column, _ in photons)
    return _Places(
        layout=layout,
        n_free=len(free),
        kept=[*free, *herald_modes],
        photons=photons,
        of_photon=[column for column, _ in photons],
        roots=np.array([math.sqrt(repeat) for _, repeat in photons], dtype=np.complex128),
        bounds=bounds,
        floors=floors,
        fixed=fixed,
    )


_kept_places = lru_cache(_KEPT)(_places)


@lru_cache(_KEPT)
def _bases(layout: FockLayout, n_photons: int) -> tuple[NDArray[np.int64], int]:
    base = np.zeros(n_photons + 1, dtype=np.int64)
    n_out = 0
    for d, size in zip(range(layout.n_photons, layout.n_least - 1, -1), layout.sizes, strict=True):
        base[d] = n_out
        n_out += size
    return base, n_out


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


def listed_photons(multiplicities: list[int], *, mode_by_mode: bool) -> list[tuple[int, int]]:
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
