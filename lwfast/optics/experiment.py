"""A shot, from source to detectors, parsed once: every later step trusts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import check_state_photons
from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.arguments import checked_detector, checked_source
from lwfast.optics.light import Light, Transfer, cleaned_transfer, parsed_light
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.optics.noise.source_terms import SourceTerms, source_terms


@dataclass(frozen=True, slots=True)
class Experiment:
    """What happens in one shot.

    Attributes:
        light: The intended photons and the columns of the matrix that they meet.
        terms: What the source emits for each, or None for exactly that photon.
        dark: float64[m], probability of a dark count.
        resolving: bool[m], False for threshold detectors.
        deviation: How far the matrix that was given missed what it is now.
        passed: float64[m], which amplitude of each output mode detectors and a dim source let pass; it is in
            the matrix.
        matrix: complex128[m, m], transfer matrix with all losses and detector efficiencies in it.
        is_plain: Whether a transfer matrix and resolving detectors are all there is.
        clicks_only: Whether every detector is a threshold detector.
        photons: Intended photons in each input mode.
        n_modes: Number of modes of the matrix, heralded ones counted.
        most_photons: Most photons that can be reported.
    """

    light: Light
    terms: SourceTerms | None
    dark: FloatArray
    resolving: NDArray[np.bool_]
    deviation: float
    passed: FloatArray
    matrix: ComplexArray = field(init=False)
    is_plain: bool = field(init=False)
    clicks_only: bool = field(init=False)
    photons: tuple[int, ...] = field(init=False)
    n_modes: int = field(init=False)
    most_photons: int = field(init=False)

    def __post_init__(self) -> None:
        plain = self.terms is None and not self.dark.any() and bool(self.resolving.all())
        object.__setattr__(self, "matrix", self.light.matrix)
        object.__setattr__(self, "is_plain", plain)
        object.__setattr__(self, "clicks_only", not self.resolving.any())
        object.__setattr__(self, "photons", self.light.photons)
        object.__setattr__(self, "n_modes", self.light.n_modes)
        most = self.light.n_photons * (self.terms.most if self.terms else 1)
        object.__setattr__(self, "most_photons", most + int(np.count_nonzero(self.dark)))


def make_experiment(
    matrix: ComplexArray | Transfer,
    photons: tuple[int, ...],
    *,
    source: Any = None,
    detector: Any = None,
    loss: FloatArray | None = None,
    tolerance: float = 1e-10,
) -> Experiment:
    """Fold source, loss and detectors into an experiment.

    Args:
        matrix: complex128[m, m], transfer matrix, or one that was cleaned before.
        photons: Intended photons in each input mode.
        source: Has `purity`, `brightness`, `indistinguishability`; None is perfect.
        detector: Has `efficiency`, `p_dark`, `photon_counting`, each one value or one per mode; None is
            perfect.
        loss: float64[m], loss behind the circuit.
        tolerance: How far a matrix that was not cleaned before may be off by rounding.

    Raises:
        TypeError: Source or detector lack a value, or have one of the wrong type.
        ValueError: They have a value outside its range.
        ModeMismatchError: The detector has values for another number of modes.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: There are more than 255 photons.
    """
    check_state_photons(sum(photons), "The input has")
    if isinstance(matrix, Transfer):
        light, whole, deviation = _without_rounding(matrix, photons, UNIT_ROUNDING)
    else:
        light, whole, deviation = _without_rounding(cleaned_transfer(matrix, tolerance), photons, tolerance)
    efficiency, dark, resolving = checked_detector(detector, len(photons))
    if loss is not None:
        efficiency = efficiency * (1.0 - loss)
    behind, passed = whole, np.ones(len(photons))
    if (efficiency < 1.0).any():
        passed = np.sqrt(efficiency)
        behind = passed[:, np.newaxis] * behind
    terms = None
    purity, brightness, indistinguishability = checked_source(source)
    if purity < 1 or indistinguishability < 1:
        terms = source_terms(purity, brightness, indistinguishability)
    elif brightness < 1:
        # A photon that does not come at all is a photon lost on the way in.
        behind, passed = np.sqrt(brightness) * behind, np.sqrt(brightness) * passed
    if behind is not whole:
        light = parsed_light(behind, photons, UNIT_ROUNDING)
    return Experiment(light, terms, dark, resolving, deviation, passed)


def _without_rounding(
    transfer: Transfer, photons: tuple[int, ...], tolerance: float
) -> tuple[Light, ComplexArray, float]:
    """Return light in columns that are good to the last digits, the matrix with these columns, its deviation.

    Args:
        transfer: The matrix, cleaned of rounding as a whole.
        photons: Photons in each of the m input modes, as integers or a `State`.
        tolerance: How far the columns may be off by rounding.
    """
    light = parsed_light(transfer.matrix, photons, tolerance, transfer.lost)
    if light.columns is light.given:
        return light, transfer.matrix, transfer.deviation
    matrix = transfer.matrix.copy()
    matrix[:, light.occupied] = light.columns
    moved = float(np.linalg.norm(light.columns - light.given, 2))
    return parsed_light(matrix, photons, UNIT_ROUNDING), matrix, max(transfer.deviation, moved)
