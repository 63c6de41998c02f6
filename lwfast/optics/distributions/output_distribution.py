"""The full output distribution of photons in a linear-optical circuit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from lwfast._base.parallel import checked_workers
from lwfast._base.validation import as_integer
from lwfast.optics.arguments import (
    as_flag,
    checked_heralds,
    checked_matrix,
    checked_occupation,
    checked_rules,
    matrix_tolerance,
)
from lwfast.optics.distributions.gradients.taped import taped_distribution
from lwfast.optics.distributions.photon_numbers import (
    OutputDistribution,
    fock_distribution,
    small_distribution,
)
from lwfast.optics.distributions.ways import distribution
from lwfast.optics.experiment import make_experiment
from lwfast.optics.light import cleaned_transfer, parsed_light

__all__ = ["OutputDistribution", "output_distribution"]


class _Clicking:
    """Perfect threshold detectors."""

    efficiency = 1.0
    p_dark = 0.0
    photon_counting = False


def output_distribution(
    unitary: ArrayLike,
    occupation: Sequence[int],
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
    """Compute the probability of every outcome.

    Args:
        unitary: (m, m) complex, unitary or a transfer matrix that loses light (singular values of at most 1).
            Column j is where a photon in input mode j goes.
        occupation: Photons in each of the m input modes; a `State` will do.
        heralds: Photons that are demanded in output modes. Outcomes that miss them are left out, and so are
            the heralded modes of those that do not. The layers are pruned by them.
        rules: Post-selection: an object with `.rules`, or pairs (modes, allowed sums). Modes are numbered as
            in the outcomes, heralded modes not counted.
        min_detection: Fewest photons of an outcome, heralded photons not counted.
        threshold: Report clicks, 0 or 1 a mode, instead of photon numbers. Heralds and rules then apply to
            clicks.
        amplitudes: Also return the probability amplitudes; for a unitary without `threshold` only.
        source: An imperfect source: a `lwfast.emulator.Source`, or anything with `purity`, `brightness` and
            `indistinguishability`.
        detector: Imperfect detectors: a `lwfast.emulator.Detector`, or anything with `efficiency`, `p_dark`
            and `photon_counting`.
        gradient: Keep what is needed to differentiate: `.pullback(cotangent)` of the result takes
            derivatives by the outcomes to those by the entries of the matrix. It takes more memory, about
            the size of all amplitudes, lost photons included. Of threshold detectors, outcomes that cannot
            occur may be left out.
        workers: Number of threads, None for all cores; the answer does not depend on it.

    Returns:
        An `OutputDistribution` with `.states` uint8[K, k] and `.probabilities` float64[K]. Outcomes with most
        photons come first; among those, the power of the last mode ascends outermost, from `|n,0,...,0>`.
        With threshold detectors or noise the order is another. Subtract photon numbers as
        `states.astype(int)`: uint8 has no sign and ends at 255. Nothing is renormalised: the
        probabilities sum to that of heralds, rules and `min_detection`.

    Raises:
        ValueError: The matrix is not square or not finite, the occupation is empty or negative,
            `amplitudes` is asked for where there are none, `threshold` beside a detector, or `workers` is
            below 1.
        TypeError: An occupation is no integer.
        ModeMismatchError: `occupation` has another length than the matrix.
        ModeRangeError: A herald or rule names a mode that is not there.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: The distribution would not fit in memory; the message gives the estimate.

    Source:
        Heurtel et al., arXiv:2206.10549, with the block layout and the dilation of the guide "The emulator".
    """
    workers = checked_workers(workers)
    keep_way_back = as_flag(gradient, "gradient")
    if heralds is None and rules is None and source is None and detector is None and not keep_way_back:
        simple = type(min_detection) is int and min_detection <= 0 and not threshold and not amplitudes
        found = small_distribution(unitary, occupation) if simple else None
        if found is not None:
            return found
    matrix = checked_matrix(unitary)
    photons = checked_occupation(occupation, len(matrix))
    fixed = checked_heralds(heralds, len(matrix))
    least = as_integer(min_detection, "min_detection")
    kept = [mode for mode in range(len(matrix)) if mode not in fixed]
    pairs = checked_rules(rules, len(kept))
    tolerance = matrix_tolerance(unitary)
    matrix = cleaned_transfer(matrix, tolerance).matrix if tolerance > 1e-10 else matrix
    if threshold and detector is not None:
        raise ValueError("Give either threshold or a detector, which says itself whether it counts photons.")
    detectors = _Clicking() if threshold else detector
    if keep_way_back:
        experiment = make_experiment(matrix, photons, source=source, detector=detectors, tolerance=tolerance)
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
    if detectors is None and source is None:
        return fock_distribution(
            parsed_light(matrix, photons, tolerance),
            fixed,
            least,
            pairs=pairs,
            amplitudes=amplitudes,
            workers=workers,
        )
    if amplitudes:
        raise ValueError("Amplitudes exist for a perfect source and perfect detectors only.")
    experiment = make_experiment(matrix, photons, source=source, detector=detectors, tolerance=tolerance)
    return distribution(experiment, heralds=fixed, pairs=pairs, least=least, workers=workers)
