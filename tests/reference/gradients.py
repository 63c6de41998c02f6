"""Slow twins of the way back: the layers from their definition, and circuits in extended precision.

Derivatives of circuits are central differences with 50 digits. Nothing here knows of transfer matrices that
lose light: each loss has a mode of its own.
"""

from __future__ import annotations

import itertools
from collections import defaultdict

import mpmath
import numpy as np

from tests.reference.noise import detected, merged, source_inputs
from tests.reference.slos import fock_states

DIGITS = 50
STEP = mpmath.mpf(10) ** -14


def adjoint_layer(above, source, form):
    """Go back through one product, of dicts of entries; return those of the lower layer, and by the form."""
    below = {
        entry: sum(np.conj(form[j]) * above.get(raised(entry, j), 0.0) for j in range(len(form)))
        for entry in source
    }
    by_form = [
        sum(np.conj(value) * above.get(raised(entry, j), 0.0) for entry, value in source.items())
        for j in range(len(form))
    ]
    return below, by_form


def raised(entry, j):
    """The entry with one photon more in mode j."""
    return (*entry[:j], entry[j] + 1, *entry[j + 1 :])


def full_matrix(elements, values, n_modes):
    """Multiply elements up as whole matrices of 50 digits, loss modes last.

    Elements are (kind, first mode, second mode, which value), of the kinds "Rx", "H", "phase" and "loss".
    """
    size = n_modes + sum(kind == "loss" for kind, *_ in elements)
    product = mpmath.eye(size)
    free = n_modes
    for kind, first, second, at in elements:
        value = values[at]
        matrix = mpmath.eye(size)
        if kind == "phase":
            matrix[first, first] = mpmath.exp(mpmath.mpc(0, value))
            product = matrix * product
            continue
        r, t = mpmath.sqrt(value), mpmath.sqrt(1 - value)
        a, b = first, second
        if kind == "loss":
            b, free = free, free + 1
            entries = t, -r, r, t
        elif kind == "Rx":
            entries = r, mpmath.mpc(0, t), mpmath.mpc(0, t), r
        else:
            entries = r, t, t, -r
        matrix[a, a], matrix[a, b], matrix[b, a], matrix[b, b] = entries
        product = matrix * product
    return product


def photon_numbers(full, n_modes, photons):
    """Probability of each outcome over the first modes, one permanent at a time."""
    columns = [mode for mode, k in enumerate(photons) for _ in range(k)]
    found = defaultdict(mpmath.mpf)
    for state in fock_states(full.rows, sum(photons)):
        rows = [mode for mode, k in enumerate(state) for _ in range(k)]
        permanent = mpmath.mpc(0)
        for order in itertools.permutations(columns):
            permanent += mpmath.fprod(full[row, column] for row, column in zip(rows, order, strict=True))
        scale = mpmath.fprod(mpmath.factorial(k) for k in (*photons, *state))
        found[state[:n_modes]] += abs(permanent) ** 2 / scale
    return dict(found)


def distribution(elements, values, photons, terms=None, detector=None):
    """Probability of each outcome of a circuit, with a source and detectors."""
    m = len(photons)
    full = full_matrix(elements, values, m)
    if terms is None:
        found = photon_numbers(full, m, photons)
    else:
        found = defaultdict(mpmath.mpf)
        for probability, interfering, singles in source_inputs(photons, terms):
            parts = photon_numbers(full, m, interfering)
            for mode in singles:
                parts = merged(parts, photon_numbers(full, m, [int(k == mode) for k in range(m)]))
            for state, p in parts.items():
                found[state] += probability * p
    return detected(found, *detector) if detector else dict(found)


def expectation(probabilities, counts, worth):
    """The mean of `worth` over the outcomes for which `counts` says so."""
    kept = {state: p for state, p in probabilities.items() if counts(state)}
    return sum(worth(state) * p for state, p in kept.items()) / sum(kept.values())


def derivatives(function, values):
    """Central differences of a function of a list of numbers, in extended precision, as floats."""
    with mpmath.workdps(DIGITS):
        found = []
        for at in range(len(values)):
            sides = []
            for step in (STEP, -STEP):
                moved = [mpmath.mpf(value) for value in values]
                moved[at] += step
                sides.append(function(moved))
            found.append(float((sides[0] - sides[1]) / (2 * STEP)))
    return found
