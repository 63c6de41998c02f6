"""How much of a total probability may be rounding alone.

An outcome that interference forbids gets a probability of 1e-33 or so, not 0. Samples of nothing but such
outcomes would look like any others: what is left after post-selection has to be more than this.
"""

from __future__ import annotations

import math

import numpy as np

from lwfast.optics.experiment import Experiment
from lwfast.optics.noise.loss import NO_LOSS

_UNIT = 2.0**-52
_AMPLITUDE = 8 * _UNIT
"""Rounding of a matrix element, for each mode: of the matrix that is given, and of products with it."""
CLEAR_OF_ROUNDING = 1e4
"""How many times its rounding a total has to be, so that another way to it is not worth its time."""
_CLICK = 16 * _UNIT
"""Rounding of a click pattern, on average; of the worst one it is 2^(modes / 2) times as much."""


def fock_rounding(experiment: Experiment) -> float:
    """Return what the probabilities of all outcomes together may have from rounding of amplitudes.

    The state that leaves is off by no more than the sum over its photons of what the matrix is off, in the
    2-norm; outcomes that cannot occur share the square of it. Everything else on the way adds and multiplies
    probabilities, which cancels nothing.

    Args:
        experiment: The shot: photons that are intended, source, matrix and detectors.
    """
    if not experiment.light.occupied:
        return 0.0
    lost = np.linalg.eigvalsh(experiment.light.lost)
    # The root of a small loss magnifies its rounding.
    least = float(lost[lost > NO_LOSS].min(initial=1.0))
    each = _AMPLITUDE * experiment.n_modes / math.sqrt(least) + experiment.deviation
    return float((experiment.light.n_photons * each) ** 2)


def clicks_rounding(experiment: Experiment, n_outcomes: int) -> float:
    """Return what `n_outcomes` click patterns together may have from the rounding of alternating sums.

    Args:
        experiment: A shot with threshold detectors only.
        n_outcomes: How many of its patterns are added up.
    """
    return _CLICK * max(float(n_outcomes), math.sqrt(2**experiment.n_modes))
