"""The layers of an output polynomial, kept for the way back from outcomes to linear forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.distributions.layers import OutputPolynomial
from lwfast.optics.distributions.layout import chunks_of
from lwfast.optics.photon_limits import states_of


class Tape:
    """An output polynomial, multiplied out, with all of its layers.

    Going back through a layer takes two multiplications where going forward took one, so that all derivatives
    cost about twice as much again as the probabilities.

    The rounding on the way back is that of the way forward: it applies the adjoint of the same operators,
    whose norms are the same, in the order that keeps those small (see `photon_order.py`).

    Args:
        work: What is multiplied out.
        n_modes: Output modes of the circuit, heralded ones counted.
        workers: Number of threads; by default None, for all cores.

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
        self._tables = tables = work.tables
        self._forms = np.empty((n, 2, n_modes))
        self._forms[:, 0], self._forms[:, 1] = work.columns.real, work.columns.imag
        layout = tables.inner, n_modes, n_modes, n_modes, 0
        kernel: Any = polynomial_layer
        self._layers = [np.zeros((2, 1 + PADDING))]
        self._layers[0][0, 0] = 1.0
        for k, form in enumerate(self._forms, 1):
            out = np.zeros((2, tables.sizes[k] + PADDING))
            links = link_forms(tables.link_mode, tables.inner, form)
            fixed = (
                self._layers[-1],
                k,
                form,
                links,
                layout,
                tables.limits,
                tables.forward,
                tables.origin,
                out,
            )
            self._spread(kernel, fixed, tables.sizes[k])
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
        tables = self._tables
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
            size = tables.sizes[k - 1]
            parts = np.zeros((chunks_of(size), 2, n_modes))
            fixed: Any = above, k, layer, self._forms[k - 1], tables.inner, tables.limits, tables.back, below
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
        tables = self._tables
        places = tables.inner, work.n_free, work.n_kept, n_modes, work.layout.n_least, work.layout.n_photons
        fixed = layer, n, places, tables.limits, tables.weights, work.bases[0], values, task
        self._spread(weigh_outcomes, fixed, tables.sizes[n], alone=alone)

    def _spread(
        self, task: Callable[..., None], fixed: tuple[Any, ...], size: int, *, alone: bool = False
    ) -> None:
        """Run a task on the chunks of a layer, on threads."""
        chunks = 1 if alone else chunks_of(size)
        if chunks == 1:
            task(*fixed, (0, 1))
            return
        run_chunks(lambda chunk: task(*fixed, (chunk, chunks)), chunks, self._workers)
