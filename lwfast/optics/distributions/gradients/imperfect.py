"""The way back from the distribution behind an imperfect source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from lwfast._base.parallel import run_chunks
from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.distributions.gradients.few_photons import few_photons
from lwfast.optics.distributions.gradients.plain import Pull, Taped, taped_light
from lwfast.optics.distributions.layout import chunks_of
from lwfast.optics.distributions.noisy import NoisyPolynomials, noisy_distribution
from lwfast.optics.light import Light
from lwfast.optics.noise.source_terms import SourceTerms


class RecordedPolynomials(NoisyPolynomials):
    """The steps to a noisy distribution, written down so that they can be taken back.

    Source:
        A. Griewank and A. Walther, "Evaluating Derivatives", SIAM (2008), chapter 3.
    """

    def __init__(
        self, light: Light, weights: FloatArray, degree: int, workers: int | None, *, lossy: bool
    ) -> None:
        from lwfast._kernels.optics.gradients.adjoint import raised_entries

        super().__init__(light, weights, degree, workers)
        self._lossy = lossy
        counts, sums = self.tables[:2]
        self._back = counts, sums, *raised_entries(self.inner, degree, counts, sums)
        self._undo: list[Callable[[], None]] = []
        self._by: dict[int, FloatArray] = {}
        """Derivatives by polynomials, which `_undo` keeps alive, by their identity."""
        self._by_forms = np.zeros_like(self.forms)
        self._by_matrix = np.zeros((self.n_modes, self.n_modes), dtype=np.complex128)
        self._whole: ComplexArray | None = None
        """The columns in their places in the matrix, where no light is lost."""
        if light.is_isometry and not lossy:
            self._whole = np.zeros_like(self._by_matrix)
            self._whole[:, light.occupied] = light.columns

    def pull(self, last: FloatArray, values: FloatArray) -> ComplexArray:
        """Go back from derivatives by the entries of the last polynomial to those by the transfer matrix.

        Args:
            last: The polynomial whose entries the probabilities are.
            values: float64[K], the derivative by each of its entries.
        """
        self._by.clear()
        self._by_forms[:] = 0.0
        self._by_matrix[:] = 0.0
        self._of(last)[: len(values)] = values
        for undo in reversed(self._undo):
            undo()
        # A photon that walks alone is in mode i with |T_ij|^2, and nowhere with what is left to 1.
        by_weights = self._by_forms[:-1] - self._by_forms[-1]
        self._by_matrix[:, self.light.occupied] += 2.0 * self.light.given * by_weights
        return self._by_matrix.copy()

    def product(self, source: FloatArray, degree: int, form: FloatArray) -> FloatArray:
        """Return `source`, of degree - 1, times `form`, which is the same whatever the matrix."""
        out = super().product(source, degree, form)
        self._undo.append(partial(self._undo_product, source, degree, form, out))
        return out

    def walked(
        self, source: FloatArray, degree: int, missing: float, column: int, there: float
    ) -> FloatArray:
        """Return `source`, of degree - 1, times one photon more."""
        form = missing * self.last + there * self.forms[:, column]
        out = super().product(source, degree, form)

        def undo() -> None:
            self._by_forms[:, column] += there * self._undo_product(source, degree, form, out)

        self._undo.append(undo)
        return out

    def add(self, weight: float, source: FloatArray, places: slice, target: FloatArray) -> None:
        """Add `weight` times `source` to some places of `target`."""
        super().add(weight, source, places, target)

        def undo() -> None:
            self._of(source)[: places.stop - places.start] += weight * self._of(target)[places]

        self._undo.append(undo)

    def interfered(self, chosen: tuple[int, ...]) -> FloatArray:
        """Return the distribution of photons that interfere, so many of each occupied mode."""
        out = self.zeros(sum(chosen))
        if not any(chosen):
            out[0] = 1.0
            return out
        probabilities, pull = self._taped(chosen)
        size = len(probabilities)
        out[:size] = probabilities

        def undo() -> None:
            self._by_matrix += pull(self._of(out)[:size])

        self._undo.append(undo)
        return out

    def _taped(self, chosen: tuple[int, ...]) -> tuple[FloatArray, Pull]:
        """Return the distribution of photons that interfere, and the way back from it."""
        if self._whole is not None:
            photons = [0] * self.n_modes
            for mode, number in zip(self.light.occupied, chosen, strict=True):
                photons[mode] = number
            few = few_photons(tuple(photons))
            if few is not None:  # a part of the light takes as long to make as all else of it
                probabilities, way_back = few.probabilities(self._whole, few.modes)
                return probabilities, partial(few.pull, way_back)
        part = taped_light(self.light.part(chosen), {}, 0, lossy=self._lossy, workers=self.workers)
        return part.probabilities, part.pull

    def _of(self, polynomial: FloatArray) -> FloatArray:
        """Return the derivatives by a polynomial, as far as they are known."""
        found = self._by.get(id(polynomial))
        if found is None:
            found = self._by[id(polynomial)] = np.zeros_like(polynomial)
        return found

    def _undo_product(self, source: FloatArray, degree: int, form: FloatArray, out: FloatArray) -> Any:
        """Add to the derivatives by `source`; return those by `form`."""
        from lwfast._kernels.optics.gradients.adjoint import adjoint_layer

        below = np.zeros_like(source)
        chunks = chunks_of(len(source))
        parts = np.zeros((chunks, 1, len(form)))
        fixed = self._of(out)[np.newaxis], degree, source[np.newaxis], form[np.newaxis], self.inner
        tables = self.limits, self._back, below[np.newaxis]
        run_chunks(
            lambda chunk: adjoint_layer(*fixed, *tables, parts[chunk], (chunk, chunks)), chunks, self.workers
        )
        by_source = self._of(source)
        by_source += below
        return parts.sum(axis=0)[0]


def taped_noise(
    light: Light, terms: SourceTerms, dark: FloatArray, *, lossy: bool, workers: int | None
) -> Taped:
    """Compute the distribution behind an imperfect source, with dark counts, so that there is a way back.

    Args:
        light: The photons that are intended, behind a transfer matrix with losses and efficiencies in it.
        terms: What the source emits for each.
        dark: float64[m], probability of a dark count in each mode.
        lossy: Follow lost light even where less is lost than rounding may be.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Raises:
        ResourceLimitError: It would not fit in memory.
    """
    weights = np.abs(light.given) ** 2
    recorded = partial(RecordedPolynomials, lossy=lossy)
    probabilities, layout, last, steps = noisy_distribution(
        light, weights, terms, dark, polynomials=recorded, workers=workers
    )
    return Taped(probabilities, partial(steps.pull, last), layout=layout)
