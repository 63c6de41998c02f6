"""What an imperfect source emits for one intended photon.

Source of the probabilities: page 15 of arXiv:2211.15626, the model that Lightworks uses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lwfast._types import FloatArray


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """Probabilities of what a source emits for one intended photon; they sum to 1.

    Attributes:
        missing: Nothing: the photon is not emitted.
        interfering: One photon that interferes.
        alone: One photon that is distinguishable from all others.
        both: An interfering and a distinguishable photon.
        pair: Two photons, each distinguishable from all others.
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
        brightness: Probability that a photon is emitted, in [0, 1].
        indistinguishability: Overlap of two photons, in [0, 1].

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
