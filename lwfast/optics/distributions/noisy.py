"""Imperfect sources, exactly: a sum over which photons interfere, times independent single photons.

A source photon is one of: missing, alone and interfering, alone and distinguishable, interfering beside a
distinguishable one, two distinguishable ones. Distinguishable photons walk alone, so their distributions
multiply as polynomials. What is left is a sum over how many photons of each input mode interfere, at most 2^n
terms where an enumeration of inputs has 6^n.

Source of the photon probabilities: page 15 of arXiv:2211.15626, the model that Lightworks uses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwfast._base.limits import check_state_photons
from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._base.progress import step
from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.distributions.layers import FockLayout, chunks_of, expand, states_of
from lwfast.optics.noise.loss import NO_LOSS


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """Probabilities of what a source emits for one intended photon; they sum to 1.

    Attributes:
        missing: Nothing.
        interfering: One photon that interferes.
        alone: One photon that is distinguishable from all others.
        both: An interfering and a distinguishable photon.
        pair: Two distinguishable photons.
    """

    missing: float
    interfering: float
    alone: float
    both: float
    pair: float

    @property
    def most(self) -> int:
        """Most photons for one that is intended."""
        return 2 if self.both or self.pair else 1

    def as_array(self) -> FloatArray:
        """float64[5], in the order of the attributes."""
        return np.array([self.missing, self.interfering, self.alone, self.both, self.pair])


def source_terms(purity: float, brightness: float, indistinguishability: float) -> SourceTerms:
    """Return what a source emits.

    Args:
        purity: 1 - g2, in (0.5, 1].
        brightness: In [0, 1].
        indistinguishability: In [0, 1].

    Source:
        Page 15 of arXiv:2211.15626.
    """
    g2 = 1.0 - purity
    # The smaller root of p2^2 + b p2 + 1 = 0 with b = 2 - 2/g2, written without cancellation.
    b = 0.0 if g2 <= 0 else 2.0 / g2 - 2.0
    double = 0.0 if g2 <= 0 else 2.0 / (b + math.sqrt(max((b - 2.0) * (b + 2.0), 0.0)))
    single = 1.0 - double
    interfering = math.sqrt(indistinguishability)
    distinguishable = 1.0 - interfering
    one = brightness * (single + (1 - brightness) * double)
    second_only = brightness * (1 - brightness) * double
    two = brightness**2 * double
    return SourceTerms(
        # 1 - one - second_only - two, without the cancellation that can leave less than nothing.
        missing=(1.0 - brightness) * single + (1.0 - brightness) ** 2 * double,
        interfering=interfering * one,
        alone=distinguishable * one + second_only,
        both=interfering * two,
        pair=distinguishable * two,
    )


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


def noisy_bytes(n_modes: int, loss_modes: int, n_photons: int, degree: int) -> int:
    """Estimate the memory of `noisy_distribution`.

    Args:
        n_modes: Modes of an outcome.
        loss_modes: Modes that carry lost photons.
        n_photons: Photons that may interfere.
        degree: Most photons of an outcome.
    """
    return 32 * states_of(n_modes + 1, degree) + 32 * states_of(n_modes + loss_modes, max(n_photons - 1, 0))


def noisy_distribution(
    matrix: ComplexArray,
    occupation: tuple[int, ...],
    terms: SourceTerms,
    dark: FloatArray,
    *,
    tolerance: float,
    workers: int | None = None,
) -> tuple[FloatArray, FockLayout]:
    """Compute the distribution behind an imperfect source, with dark counts.

    Args:
        matrix: complex128[m, m], transfer matrix, losses and efficiencies included.
        occupation: Intended photons in each input mode.
        terms: What the source emits for each.
        dark: float64[m], probability of a dark count in each mode.
        tolerance: How far the matrix may be off by rounding.
        workers: Number of threads.

    Returns:
        Probabilities float64[K] and the layout of their outcomes.

    Raises:
        NotUnitaryError: The matrix amplifies.
        ResourceLimitError: It would not fit in memory.
    """
    n_modes = len(matrix)
    noisy_modes = np.flatnonzero(dark)
    n = sum(occupation)
    degree = n * terms.most + len(noisy_modes)
    check_state_photons(degree, "With all that source and dark counts may add, an outcome could have")
    check_memory(
        noisy_bytes(n_modes, sum(k > 0 for k in occupation), n, degree),
        f"The distribution of up to {degree} photons (source and dark counts included) in {n_modes} modes",
        remedy="Draw samples instead.",
    )
    products = _Products(n_modes, max(degree, 1), workers)
    occupied = [mode for mode, photons in enumerate(occupation) if photons]
    weights = np.abs(matrix[:, occupied]) ** 2
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
        photons = [0] * n_modes
        for mode, number in zip(occupied, chosen, strict=True):
            photons[mode] = number
        total = sum(chosen)
        out = products.zeros(total)
        if total == 0:
            out[0] = 1.0
            return out
        work = expand(matrix, tuple(photons), heralds={}, tolerance=tolerance)
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
