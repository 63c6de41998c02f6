"""Imperfect sources, exactly: a sum over which photons interfere, times independent single photons.

A source photon is one of: missing, alone and interfering, alone and distinguishable, interfering beside a
distinguishable one, two distinguishable ones. Distinguishable photons walk alone, so their distributions
multiply as polynomials. What is left is a sum over how many photons of each input mode interfere, at most 2^n
terms where an enumeration of inputs has 6^n.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lwfast._base.limits import check_state_photons
from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._base.progress import step
from lwfast._types import FloatArray
from lwfast.optics.costs import noisy_bytes
from lwfast.optics.distributions.layers import output_polynomial
from lwfast.optics.distributions.layout import FockLayout, chunks_of
from lwfast.optics.light import Light
from lwfast.optics.noise.loss import NO_LOSS
from lwfast.optics.noise.source_terms import SourceTerms
from lwfast.optics.photon_limits import states_of


class _Products:
    """Polynomials over the modes and the missing photons, and their products with linear forms."""

    def __init__(self, n_modes: int, degree: int, workers: int | None) -> None:
        from lwfast._kernels._simd import PADDING
        from lwfast._kernels.optics import layers, slos

        self.n_modes = n_modes
        self.workers = workers
        variables = n_modes + 1
        self.limits = np.zeros((3, variables), dtype=np.int64)
        self.limits[layers.BOUNDS] = degree
        counts, sums = slos.prefix_counts(self.limits[layers.BOUNDS], self.limits[layers.FLOORS], degree)
        self.inner = slos.inner_modes(n_modes, degree, float(counts[variables, degree]))
        self.padding = PADDING
        _, start, link, self.link_mode, _ = slos.inner_tables(self.inner, degree, counts, sums)
        self.tables = counts, sums, start, link

    def zeros(self, degree: int) -> FloatArray:
        """Return the polynomial 0, padded for the kernels."""
        return np.zeros(states_of(self.n_modes + 1, degree) + self.padding)

    def add_product(self, source: FloatArray, degree: int, form: FloatArray, out: FloatArray) -> None:
        """Add `source`, of degree - 1, times `form` to `out`."""
        from lwfast._kernels.optics.layers import linear_product
        from lwfast._kernels.optics.slos import link_forms

        form = form[np.newaxis]
        links = link_forms(self.link_mode, self.inner, form)
        shared = self.inner, self.limits, self.tables
        chunks = chunks_of(len(out))
        run_chunks(
            lambda chunk: linear_product(source, degree, form, links, *shared, out, (chunk, chunks)),
            chunks,
            self.workers,
        )

    def add_missing(
        self, source: FloatArray, degree: int, factor: float, missing: int, out: FloatArray
    ) -> None:
        """Add `factor` times `source`, with `missing` photons more that are missing, to `out` of `degree`."""
        length = len(source) - self.padding
        # The power of the last mode ascends outermost: missing photons shift the whole polynomial.
        skip = sum(states_of(self.n_modes, degree - t) for t in range(missing))
        out[skip : skip + length] += factor * source[:length]


def noisy_distribution(
    light: Light,
    weights: FloatArray,
    terms: SourceTerms,
    dark: FloatArray,
    *,
    workers: int | None = None,
) -> tuple[FloatArray, FockLayout]:
    """Compute the distribution behind an imperfect source, with dark counts.

    Args:
        light: The photons that are intended, behind a transfer matrix with losses and efficiencies in it.
        weights: float64[m, q], where a photon of each occupied mode goes.
        terms: What the source emits for each.
        dark: float64[m], probability of a dark count in each mode.
        workers: Number of threads.

    Returns:
        Probabilities float64[K] and the layout of their outcomes.

    Raises:
        ResourceLimitError: It would not fit in memory.
    """
    occupation, occupied, n_modes = light.photons, light.occupied, light.n_modes
    noisy_modes = np.flatnonzero(dark)
    n = sum(occupation)
    degree = n * terms.most + len(noisy_modes)
    check_state_photons(degree, "With all that source and dark counts may add, an outcome could have")
    check_memory(
        noisy_bytes(n_modes, len(occupied), n, degree),
        f"The distribution of up to {degree} photons (source and dark counts included) in {n_modes} modes",
        remedy="Draw samples instead.",
    )
    products = _Products(n_modes, max(degree, 1), workers)
    lost = 1.0 - weights.sum(axis=0)
    forms = np.vstack([weights, np.where(lost > NO_LOSS, lost, 0.0)])
    last = np.zeros(n_modes + 1)
    last[-1] = 1.0

    leaves = math.prod(occupation[mode] + 1 for mode in occupied)
    done = 0

    def leaf(chosen: tuple[int, ...]) -> FloatArray:
        """Distribution of the photons that interfere, of degree sum(chosen)."""
        nonlocal done
        done += 1
        step("ways to interfere", done, leaves)
        total = sum(chosen)
        out = products.zeros(total)
        if total == 0:
            out[0] = 1.0
            return out
        work = output_polynomial(light.part(chosen), heralds={})
        found = work.run(workers=workers)[0]
        out[: len(found)] = found
        return out

    def combine(chosen: tuple[int, ...]) -> FloatArray:
        """Sum over the input modes from len(chosen) on; `chosen` photons interfere in those before."""
        if len(chosen) == len(occupied):
            return leaf(chosen)
        here = len(chosen)
        number = occupation[occupied[here]]
        f = forms[:, here]
        degree_here = sum(chosen) + terms.most * sum(occupation[mode] for mode in occupied[here:])
        result = products.zeros(degree_here)
        for interfering in range(number + 1):
            weight = math.comb(number, interfering)
            if interfering and not (terms.interfering or terms.both):
                continue
            value = combine((*chosen, interfering))
            d = degree_here - number * terms.most + interfering
            for _ in range(interfering):
                value = _interfering_factor(products, value, d, f, last, terms)
                d += terms.most - 1
            for _ in range(number - interfering):
                value = _single_factor(products, value, d, f, last, terms)
                d += terms.most
            result += weight * value
        return result

    value = combine(())
    d = n * terms.most
    for mode in noisy_modes:
        form = (1.0 - dark[mode]) * last
        form[mode] += dark[mode]
        out = products.zeros(d + 1)
        products.add_product(value, d + 1, form, out)
        value, d = out, d + 1
    # Every factor is a probability, so nothing is negative by more than a rounding.
    return np.maximum(value[:-8], 0.0), FockLayout(n_modes, d, 0)


def _interfering_factor(
    products: Any, value: FloatArray, degree: int, f: FloatArray, last: FloatArray, terms: SourceTerms
) -> FloatArray:
    """Multiply by what may come beside a photon that interferes."""
    if terms.most == 1:
        return value * terms.interfering
    out: FloatArray = products.zeros(degree + 1)
    products.add_product(value, degree + 1, terms.interfering * last + terms.both * f, out)
    return out


def _single_factor(
    products: Any, value: FloatArray, degree: int, f: FloatArray, last: FloatArray, terms: SourceTerms
) -> FloatArray:
    """Multiply by what comes where no photon interferes."""
    if terms.most == 1:
        out: FloatArray = products.zeros(degree + 1)
        products.add_product(value, degree + 1, terms.missing * last + terms.alone * f, out)
        return out
    once = products.zeros(degree + 1)
    products.add_product(value, degree + 1, f, once)
    out = products.zeros(degree + 2)
    products.add_product(once, degree + 2, terms.alone * last + terms.pair * f, out)
    products.add_missing(value, degree + 2, terms.missing, 2, out)
    return out
