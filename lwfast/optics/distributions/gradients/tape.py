"""The layers of an output polynomial, kept for the way back from outcomes to linear forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.optics.distributions.layers import OutputPolynomial
from lwfast.optics.distributions.layout import chunks_of
from lwfast.optics.photon_limits import states_of

_KEPT = 64
"""Shapes of small tapes that are kept, the last ones used: to make one takes as long as to use it."""
_SMALL = 4_096
"""Entries of the last layer of those, of which 64 shapes take no more than some tens of megabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class TapeShape:
    """The tables of a tape, which are the same whatever the matrix is; kernels only read them.

    Attributes:
        inner: Modes whose entries the tables list.
        sizes: Entries of each layer.
        limits: int64[3, n_modes], bounds, floors and fixed photons of the modes.
        tables: What `polynomial_layer` reads.
        link_mode: From `inner_tables`.
        back: What `adjoint_layer` reads.
        weights: What `weigh_outcomes` reads.
        origin: int64[n_photons + 1], zeros.
    """

    inner: int
    sizes: tuple[int, ...]
    limits: AnyArray
    tables: tuple[AnyArray, ...]
    link_mode: AnyArray
    back: tuple[AnyArray, ...]
    weights: tuple[AnyArray, ...]
    origin: AnyArray


def _shape_of(work: OutputPolynomial) -> TapeShape:
    """Return the tables for a polynomial, kept ones where it is small."""
    n, n_modes = work.columns.shape
    make = _kept_shape if states_of(n_modes, n) <= _SMALL else _kept_shape.__wrapped__
    return make(work.bounds.tobytes(), work.floors.tobytes(), work.fixed.tobytes(), work.unlimited, n)


@lru_cache(_KEPT)
def _kept_shape(bounds: bytes, floors: bytes, fixed: bytes, unlimited: int, n: int) -> TapeShape:
    from lwfast._kernels.optics import slos
    from lwfast._kernels.optics.gradients import adjoint

    limits = np.stack([np.frombuffer(one, dtype=np.int64) for one in (bounds, floors, fixed)])
    n_modes = limits.shape[1]
    counts, sums = slos.prefix_counts(limits[0], limits[1], n)
    inner = int(slos.inner_modes(unlimited, n, float(counts[n_modes, n])))
    first, start, link, link_mode, weight = slos.inner_tables(inner, n, counts, sums)
    return TapeShape(
        inner,
        tuple(int(size) for size in counts[n_modes]),
        limits,
        (counts, sums, first, start, link, weight),
        link_mode,
        (counts, sums, *adjoint.raised_entries(inner, n, counts, sums)),
        (counts, sums, first, weight),
        np.zeros(n + 1, dtype=np.int64),
    )


class Tape:
    """An output polynomial, multiplied out, with all of its layers.

    Going back through a layer takes two multiplications where going forward took one, so that all derivatives
    cost about twice as much again as the probabilities.

    The rounding on the way back is that of the way forward: it applies the adjoint of the same operators,
    whose norms are the same, in the order that keeps those small (see `photon_order.py`).

    Args:
        work: What is multiplied out.
        n_modes: Output modes of the circuit, heralded ones counted.
        workers: Number of threads, None for all cores.

    Raises:
        ResourceLimitError: The layers would not fit in memory.
    """

    def __init__(self, work: OutputPolynomial, n_modes: int, workers: int | None = None) -> None:
        from lwfast._kernels._simd import PADDING
        from lwfast._kernels.optics.layers import polynomial_layer
        from lwfast._kernels.optics.slos import link_forms

        self._work = work
        self._n_rows = n_modes
        self._workers = workers
        n, n_modes = work.columns.shape  # free, heralded and loss modes
        most = 16 * sum(states_of(n_modes, k) for k in range(n + 1)) + 16 * states_of(n_modes, n)
        check_memory(
            most,
            f"The layers of {n} photons over {n_modes} modes, which derivatives need",
            remedy="Take fewer.",
        )
        self._shape = shape = _shape_of(work)
        self._forms = np.empty((n, 2, n_modes))
        self._forms[:, 0], self._forms[:, 1] = work.columns.real, work.columns.imag
        layout = shape.inner, n_modes, n_modes, n_modes, 0
        kernel: Any = polynomial_layer
        self._layers = [np.zeros((2, 1 + PADDING))]
        self._layers[0][0, 0] = 1.0
        for k, form in enumerate(self._forms, 1):
            out = np.zeros((2, shape.sizes[k] + PADDING))
            links = link_forms(shape.link_mode, shape.inner, form)
            fixed = self._layers[-1], k, form, links, layout, shape.limits, shape.tables, shape.origin, out
            self._spread(kernel, fixed, shape.sizes[k])
            self._layers.append(out)

    def probabilities(self) -> FloatArray:
        """Return the probability of each outcome of the layout, float64[K]."""
        from lwfast._kernels.optics.gradients.adjoint import PROBABILITIES

        values = np.zeros((2, self._work.bases[1]))
        # Loss modes make chunks add to the same outcomes.
        alone = self._work.columns.shape[1] > self._work.n_kept
        self._weigh(self._layers[-1], values, PROBABILITIES, alone=alone)
        found: FloatArray = values[0]
        return found

    def amplitudes(self) -> ComplexArray:
        """Return the amplitude of each outcome of the layout, complex128[K]; there are no loss modes."""
        from lwfast._kernels.optics.gradients.adjoint import AMPLITUDES

        values = np.zeros((2, self._work.bases[1]))
        self._weigh(self._layers[-1], values, AMPLITUDES)
        found: ComplexArray = values[0] + 1j * values[1]
        return found

    def pull(self, values: FloatArray | ComplexArray) -> tuple[ComplexArray, ComplexArray]:
        """Go back from derivatives by outcomes.

        Args:
            values: Derivatives by the probabilities of the outcomes of the layout, float64[K]; or by their
                amplitudes, complex128[K].

        Returns:
            Derivatives by the columns of the transfer matrix, complex128[m, q], and by the rows for lost
            light, complex128[r, q].
        """
        from lwfast._kernels.optics.gradients.adjoint import BY_AMPLITUDES, BY_PROBABILITIES, adjoint_layer

        kernel: Any = adjoint_layer
        shape = self._shape
        n, n_modes = self._work.columns.shape
        task = BY_AMPLITUDES if np.iscomplexobj(values) else BY_PROBABILITIES
        above = self._layers[-1].copy()
        both = np.empty((2, len(values)))
        both[0], both[1] = values.real, values.imag
        self._weigh(above, both, task)
        by_forms = np.zeros((n, n_modes), dtype=np.complex128)
        for k in range(n, 0, -1):
            layer = self._layers[k - 1]
            below = np.zeros(layer.shape)
            size = shape.sizes[k - 1]
            parts = np.zeros((chunks_of(size), 2, n_modes))
            fixed: Any = above, k, layer, self._forms[k - 1], shape.inner, shape.limits, shape.back, below
            if len(parts) == 1:
                kernel(*fixed, parts[0], (0, 1))
                summed = parts[0]
            else:

                def back(*given: Any, parts: FloatArray = parts) -> None:
                    *fixed, chunk = given
                    kernel(*fixed, parts[chunk[0]], chunk)

                self._spread(back, fixed, size)
                summed = parts.sum(axis=0)
            by_forms.real[k - 1], by_forms.imag[k - 1] = summed
            above = below
        return self._by_columns(by_forms)

    def _by_columns(self, by_forms: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
        """Add up what photons of the same input mode have in common."""
        work = self._work
        of_photons = [column for column, _ in work.photons]
        shares = np.zeros((len(of_photons), max(of_photons) + 1))
        for photon, (column, repeat) in enumerate(work.photons):
            shares[photon, column] = 1.0 / math.sqrt(repeat)
        by_all = by_forms.T @ shares
        by_columns = np.zeros((self._n_rows, shares.shape[1]), dtype=np.complex128)
        by_columns[work.kept] = by_all[: work.n_kept]
        return by_columns, by_all[work.n_kept :]

    def _weigh(self, layer: FloatArray, values: FloatArray, task: int, *, alone: bool = False) -> None:
        from lwfast._kernels.optics.gradients.adjoint import weigh_outcomes

        work = self._work
        n, n_modes = work.columns.shape
        shape = self._shape
        places = shape.inner, work.n_free, work.n_kept, n_modes, work.layout.n_least, work.layout.n_photons
        fixed = layer, n, places, shape.limits, shape.weights, work.bases[0], values, task
        self._spread(weigh_outcomes, fixed, shape.sizes[n], alone=alone)

    def _spread(
        self, task: Callable[..., None], fixed: tuple[Any, ...], size: int, *, alone: bool = False
    ) -> None:
        """Run a task on the chunks of a layer, on threads."""
        chunks = 1 if alone else chunks_of(size)
        if chunks == 1:
            task(*fixed, (0, 1))
            return
        run_chunks(lambda chunk: task(*fixed, (chunk, chunks)), chunks, self._workers)
