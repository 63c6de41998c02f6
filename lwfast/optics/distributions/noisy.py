"""Imperfect sources, exactly: a sum over which photons interfere, times independent single photons.

A source photon is one of: missing, alone and interfering, alone and distinguishable, interfering beside a
distinguishable one, two distinguishable ones. Distinguishable photons walk alone, so their distributions
multiply as polynomials. What is left is a sum over how many photons of each input mode interfere, at most 2^n
terms where an enumeration of inputs has 6^n.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

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

S = TypeVar("S", bound="NoisyPolynomials")


class NoisyPolynomials:
    """Polynomials over the modes and the missing photons of a shot, and what is done with them.

    A subclass may write down each step.

    Args:
        light: The photons that are intended.
        weights: float64[m, q], where a photon of each occupied mode goes.
        degree: The largest degree that a polynomial may get, in photons.
        workers: Number of threads; None takes all cores. The answer does not depend on it.
    """

    def __init__(self, light: Light, weights: FloatArray, degree: int, workers: int | None) -> None:
        from lwfast._kernels._simd import PADDING
        from lwfast._kernels.optics import layers, slos

        n_modes = light.n_modes
        self.light = light
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
        lost = 1.0 - weights.sum(axis=0)
        self.forms = np.vstack([weights, np.where(lost > NO_LOSS, lost, 0.0)])
        self.last = np.zeros(variables)
        self.last[-1] = 1.0

    def zeros(self, degree: int) -> FloatArray:
        """Return the polynomial 0, padded for the kernels."""
        return np.zeros(states_of(self.n_modes + 1, degree) + self.padding)

    def product(self, source: FloatArray, degree: int, form: FloatArray) -> FloatArray:
        """Return `source`, of degree - 1, times `form`."""
        from lwfast._kernels.optics.layers import linear_product
        from lwfast._kernels.optics.slos import link_forms

        out = self.zeros(degree)
        form = form[np.newaxis]
        links = link_forms(self.link_mode, self.inner, form)
        shared = self.inner, self.limits, self.tables
        chunks = chunks_of(len(out))
        run_chunks(
            lambda chunk: linear_product(source, degree, form, links, *shared, out, (chunk, chunks)),
            chunks,
            self.workers,
        )
        return out

    def walked(
        self, source: FloatArray, degree: int, missing: float, column: int, there: float
    ) -> FloatArray:
        """Return `source`, of degree - 1, times one photon more.

        Args:
            source: The entries of the polynomial so far.
            degree: Degree of the product.
            missing: Probability that the photon is missing.
            column: The occupied mode from which it walks alone.
            there: Probability that it does.
        """
        return self.product(source, degree, missing * self.last + there * self.forms[:, column])

    def places(self, source: FloatArray, degree: int, missing: int) -> slice:
        """Return where `source` lies in a polynomial of `degree`, with `missing` photons more not there."""
        length = len(source) - self.padding
        # The power of the last mode ascends outermost: missing photons shift the whole polynomial.
        skip = sum(states_of(self.n_modes, degree - t) for t in range(missing))
        return slice(skip, skip + length)

    def add(self, weight: float, source: FloatArray, places: slice, target: FloatArray) -> None:
        """Add `weight` times `source` to some places of `target`."""
        target[places] += weight * source[: places.stop - places.start]

    def interfered(self, chosen: tuple[int, ...]) -> FloatArray:
        """Return the distribution of photons that interfere, so many of each occupied mode."""
        total = sum(chosen)
        out = self.zeros(total)
        if total == 0:
            out[0] = 1.0
            return out
        found = self._distribution(self.light.part(chosen))
        out[: len(found)] = found
        return out

    def _distribution(self, light: Light) -> FloatArray:
        found: FloatArray = output_polynomial(light, heralds={}).run(workers=self.workers)[0]
        return found


def noisy_distribution(
    light: Light,
    weights: FloatArray,
    terms: SourceTerms,
    dark: FloatArray,
    *,
    polynomials: Callable[..., S],
    workers: int | None = None,
) -> tuple[FloatArray, FockLayout, FloatArray, S]:
    """Compute the distribution behind an imperfect source, with dark counts.

    Args:
        light: The photons that are intended, behind a transfer matrix with losses and efficiencies in it.
        weights: float64[m, q], where a photon of each occupied mode goes.
        terms: What the source emits for each.
        dark: float64[m], probability of a dark count in each mode.
        polynomials: What does the steps, `NoisyPolynomials` or a subclass.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Returns:
        Probabilities float64[K], the layout of their outcomes, the polynomial that they are the entries of,
        and what did the steps.

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
    steps = polynomials(light, weights, max(degree, 1), workers)
    leaves = math.prod(occupation[mode] + 1 for mode in occupied)
    done = 0

    def combine(chosen: tuple[int, ...]) -> FloatArray:
        """Sum over the input modes from len(chosen) on; `chosen` photons interfere in those before."""
        nonlocal done
        if len(chosen) == len(occupied):
            done += 1
            step("ways to interfere", done, leaves)
            return steps.interfered(chosen)
        here = len(chosen)
        number = occupation[occupied[here]]
        degree_here = sum(chosen) + terms.most * sum(occupation[mode] for mode in occupied[here:])
        result = steps.zeros(degree_here)
        for interfering in range(number + 1):
            weight = math.comb(number, interfering)
            if interfering and not (terms.interfering or terms.both):
                continue
            value = combine((*chosen, interfering))
            d = degree_here - number * terms.most + interfering
            factor = float(weight)
            for _ in range(interfering):
                if terms.most == 1:
                    # Nothing may come beside a photon that interferes.
                    factor *= terms.interfering
                    continue
                d += 1
                value = steps.walked(value, d, terms.interfering, here, terms.both)
            for _ in range(number - interfering):
                value = _single_factor(steps, value, d, here, terms)
                d += terms.most
            steps.add(factor, value, slice(0, len(result) - steps.padding), result)
        return result

    value = combine(())
    d = n * terms.most
    for mode in noisy_modes:
        form = (1.0 - dark[mode]) * steps.last
        form[mode] += dark[mode]
        value, d = steps.product(value, d + 1, form), d + 1
    # Every factor is a probability, so nothing is negative by more than a rounding.
    return np.maximum(value[: -steps.padding], 0.0), FockLayout(n_modes, d, 0), value, steps


def _single_factor(
    steps: NoisyPolynomials, value: FloatArray, degree: int, here: int, terms: SourceTerms
) -> FloatArray:
    """Multiply by what comes where no photon interferes."""
    if terms.most == 1:
        return steps.walked(value, degree + 1, terms.missing, here, terms.alone)
    once = steps.walked(value, degree + 1, 0.0, here, 1.0)
    out = steps.walked(once, degree + 2, terms.alone, here, terms.pair)
    steps.add(terms.missing, value, steps.places(value, degree + 2, 2), out)
    return out
