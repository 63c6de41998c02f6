"""The full output distribution of photons in a linear-optical circuit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lwfast._base.parallel import checked_workers
from lwfast._base.validation import as_integer
from lwfast._types import ComplexArray
from lwfast.optics.arguments import (
    as_flag,
    checked_heralds,
    checked_matrix,
    checked_occupation,
    checked_rules,
    checked_settings,
    matrix_tolerance,
)
from lwfast.optics.distributions.gradients.taped import taped_distribution
from lwfast.optics.distributions.photon_numbers import OutputDistribution, of_program
from lwfast.optics.distributions.stacked_layers import simple_one
from lwfast.optics.distributions.stacks import fock_stack, stack_of
from lwfast.optics.distributions.ways import distribution
from lwfast.optics.experiment import make_experiment
from lwfast.optics.light import cleaned_transfer, parsed_light

__all__ = ["OutputDistribution", "output_distribution"]

_COMPLEX = np.dtype(np.complex128)
_LISTS = (list, tuple)
_BOOLS = {bool, np.bool_}


class _Clicking:
    """Perfect threshold detectors."""

    efficiency = 1.0
    p_dark = 0.0
    photon_counting = False


def output_distribution(
    unitary: ArrayLike,
    occupation: Sequence[int] | ArrayLike,
    *,
    heralds: Mapping[int, int] | None = None,
    rules: Iterable[Any] | Any = None,
    min_detection: int = 0,
    threshold: bool = False,
    amplitudes: bool = False,
    source: Any = None,
    detector: Any = None,
    gradient: bool = False,
    workers: int | None = None,
) -> OutputDistribution:
    """Compute the probability of every outcome, for one setting or for a stack of them.

    Leading dimensions are a stack, and broadcast as in `numpy.linalg`: many matrices, many inputs, or both.
    Of small distributions a setting runs in each lane of a register; what comes out is, bit for bit, what
    single calls give.

    Args:
        unitary: (..., m, m) complex, unitary or a transfer matrix that loses light (singular values of at
            most 1). Column j is where a photon in input mode j goes.
        occupation: (..., m) photons in each of the m input modes; a `State` or a list of them will do.
        heralds: Photons that are demanded in output modes. Outcomes that miss them are left out, and so are
            the heralded modes of those that do not. The layers are pruned by them.
        rules: Post-selection: an object with `.rules`, or pairs (modes, allowed sums). Modes are numbered as
            in the outcomes, heralded modes not counted.
        min_detection: Fewest photons of an outcome, heralded photons not counted.
        threshold: Report clicks, 0 or 1 per mode, instead of photon numbers. Heralds and rules then apply to
            clicks.
        amplitudes: Also return the probability amplitudes; for a unitary without `threshold` only.
        source: An imperfect source: a `lwfast.emulator.Source`, or anything with `purity`, `brightness` and
            `indistinguishability`.
        detector: Imperfect detectors: a `lwfast.emulator.Detector`, or anything with `efficiency`, `p_dark`
            and `photon_counting`.
        gradient: For one setting, keep what is needed to differentiate: `.pullback(cotangent)` of the result
            takes derivatives by the outcomes to those by the entries of the matrix. It takes more memory,
            about the size of all amplitudes, lost photons included. Of threshold detectors, outcomes that
            cannot occur may be left out.
        workers: Number of threads; by default None, for all cores. The answer does not depend on it.

    Returns:
        An `OutputDistribution` with `.states` uint8[K, k] and `.probabilities` float64[..., K]. Outcomes with
        most photons come first; among those, the power of the last mode ascends outermost, from
        `|n,0,...,0>`. With threshold detectors or noise the order is another. Subtract photon numbers as
        `states.astype(int)`: uint8 has no sign and ends at 255. Nothing is renormalised: the
        probabilities sum to that of heralds, rules and `min_detection`. All settings of a stack share the
        states. Where they differ in their outcomes, because some lose light or have other numbers of
        photons, the states are those of all settings, most photons first, and an outcome that a setting
        does not have has probability 0 there.

    Raises:
        ValueError: The matrix is not square or not finite, the occupation is empty or negative,
            `amplitudes` is asked for with loss, an imperfect source or a detector, `threshold` is given
            beside a detector, `workers` is below 1, or leading dimensions do not broadcast. Of a stack,
            this error and those below name the first setting that is wrong.
        TypeError: An occupation is not an integer.
        ModeMismatchError: `occupation` has another length than the matrix.
        ModeRangeError: A herald or rule names a mode that is not there.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: The distribution would not fit in memory; the message gives the estimate.

    Source:
        Heurtel et al., arXiv:2206.10549, with the block layout and the dilation of the guide "The emulator".

    Example:
        >>> splitter = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
        >>> found = lw.output_distribution(splitter, [1, 1])
        >>> found.states.tolist(), found.probabilities.round(6).tolist()
        ([[2, 0], [1, 1], [0, 2]], [0.5, 0.0, 0.5])
    """
    workers = checked_workers(workers)
    keep_way_back = as_flag(gradient, "gradient")
    if heralds is None and rules is None and source is None and detector is None and not keep_way_back:
        simple = type(min_detection) is int and min_detection <= 0 and not threshold and not amplitudes
        found = _small_distribution(unitary, occupation) if simple else None
        if found is not None:
            return found
    if threshold and detector is not None:
        raise ValueError("Give either threshold or a detector, which says itself whether it counts photons.")
    if keep_way_back:
        return _with_way_back(
            unitary,
            occupation,
            heralds=heralds,
            rules=rules,
            min_detection=min_detection,
            amplitudes=amplitudes,
            source=source,
            detector=_Clicking() if threshold else detector,
            workers=workers,
        )
    if amplitudes and (threshold or source is not None or detector is not None):
        raise ValueError("Amplitudes exist for a perfect source and perfect detectors only.")
    settings = checked_settings(unitary, occupation)
    n_modes = settings.n_modes
    fixed = checked_heralds(heralds, n_modes)
    least = as_integer(min_detection, "min_detection")
    pairs = checked_rules(rules, n_modes - len(fixed))
    tolerance = settings.tolerance

    if settings.n_settings == 0:
        # Some setting says which outcomes there are.
        some = output_distribution(
            np.eye(n_modes),
            settings.photons_of(0),
            heralds=heralds,
            rules=pairs,
            min_detection=least,
            threshold=threshold,
            amplitudes=amplitudes,
            source=source,
            detector=detector,
        )
        none = np.empty((*settings.shape, len(some)))
        return some.over(none, none.astype(np.complex128) if amplitudes else None)

    def checked(index: int) -> tuple[ComplexArray, tuple[int, ...]]:
        matrix = checked_matrix(settings.matrices[index if len(settings.matrices) > 1 else 0])
        matrix = cleaned_transfer(matrix, tolerance).matrix if tolerance > 1e-10 else matrix
        return matrix, settings.photons_of(index)

    if threshold or source is not None or detector is not None:
        detectors = _Clicking() if threshold else detector

        def one(index: int) -> OutputDistribution:
            matrix, photons = checked(index)
            shot = make_experiment(matrix, photons, source=source, detector=detectors, tolerance=tolerance)
            return distribution(shot, heralds=fixed, pairs=pairs, least=least, workers=workers)

        return stack_of(one, settings.shape)
    return fock_stack(
        settings.matrices,
        settings.photons,
        settings.shape,
        lambda index: parsed_light(*checked(index), tolerance),
        fixed,
        least,
        tolerance=tolerance,
        clip=True,
        pairs=pairs,
        amplitudes=amplitudes,
        workers=workers,
    )


def _with_way_back(
    unitary: ArrayLike,
    occupation: Any,
    *,
    heralds: Any,
    rules: Any,
    min_detection: int,
    amplitudes: bool,
    source: Any,
    detector: Any,
    workers: int | None,
) -> OutputDistribution:
    """Compute the distribution of one setting, and keep what derivatives are taken back by."""
    settings = checked_settings(unitary, occupation)
    if settings.shape:
        msg = (
            f"Derivatives are those of one setting, got a stack of shape {settings.shape}; "
            "call once for each setting."
        )
        raise ValueError(msg)
    matrix = checked_matrix(unitary)
    photons = checked_occupation(occupation, len(matrix))
    fixed = checked_heralds(heralds, len(matrix))
    least = as_integer(min_detection, "min_detection")
    pairs = checked_rules(rules, len(matrix) - len(fixed))
    tolerance = matrix_tolerance(unitary)
    matrix = cleaned_transfer(matrix, tolerance).matrix if tolerance > 1e-10 else matrix
    experiment = make_experiment(matrix, photons, source=source, detector=detector, tolerance=tolerance)
    taped = taped_distribution(
        experiment, heralds=fixed, pairs=pairs, least=least, amplitudes=amplitudes, workers=workers
    )
    return OutputDistribution(
        taped.probabilities,
        layout=taped.layout,
        states=taped.table,
        amplitudes=taped.amplitudes,
        pull=taped.pull,
    )


def _small_distribution(unitary: Any, occupation: Any) -> OutputDistribution | None:
    """Compute a small distribution of photon numbers behind a unitary, with as little ceremony as can be.

    Args:
        unitary: The transfer matrix, not checked yet.
        occupation: Photons in each input mode, not checked yet.

    Returns:
        The distribution; None where anything is out of the ordinary, wrong arguments among it.
    """
    if type(occupation) in _LISTS and not _BOOLS.isdisjoint(map(type, occupation)):
        return None
    try:
        photons = np.array(getattr(occupation, "s", occupation))
        if hasattr(occupation, "mask"):
            return None  # a masked array, whose data would be taken for its entries
        if type(unitary) is np.ndarray and unitary.dtype is _COMPLEX:
            matrix = unitary
        elif hasattr(unitary, "mask"):
            return None  # likewise
        else:
            given = np.asarray(unitary)
            if given.dtype.kind not in "biufc":
                return None
            matrix = np.ascontiguousarray(given, dtype=np.complex128)
    except (TypeError, ValueError):
        return None
    if not matrix.flags.carray:
        matrix = matrix.copy("C")  # read-only is another type to Numba, which would compile again
    n_modes = len(photons) if photons.ndim == 1 else 0
    if photons.dtype != np.int64 or matrix.shape != (n_modes, n_modes) or n_modes == 0:
        return None
    found = simple_one(matrix[np.newaxis], photons[np.newaxis])
    return None if found is None else of_program(*found)
