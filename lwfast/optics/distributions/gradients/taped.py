"""The exact distribution of the outcomes of a shot, with the way back to its transfer matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.distributions.gradients.imperfect import taped_noise
from lwfast.optics.distributions.gradients.plain import Taped, taped_light
from lwfast.optics.distributions.photon_numbers import conditions_as_rules
from lwfast.optics.distributions.pruning import kept_ranks, kept_rows
from lwfast.optics.experiment import Experiment
from lwfast.optics.grouping import distinct_rows
from lwfast.optics.noise.source_terms import SourceTerms
from lwfast.rules import Rule


def taped_distribution(
    experiment: Experiment,
    *,
    heralds: dict[int, int] | None = None,
    pairs: Sequence[Rule] = (),
    least: int = 0,
    amplitudes: bool = False,
    lossy: bool = False,
    workers: int | None = None,
) -> Taped:
    """Compute the distribution of the outcomes that count so that there is a way back from it.

    Always over photon numbers: threshold detectors add some of them up, and what is adding up forwards is
    spreading out backwards.

    Args:
        experiment: The shot: photons that are intended, source, matrix and detectors.
        heralds: Photons demanded in output modes, which are then left out of the outcomes.
        pairs: Rules on the other modes, as (modes, allowed sums).
        least: Fewest photons in the other modes.
        amplitudes: Compute amplitudes too, of a plain experiment without loss.
        lossy: Follow lost light even where less is lost than rounding may be.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Returns:
        The outcomes, not renormalised; derivatives go to those by the matrix that the experiment was made
        from, without its efficiencies.

    Raises:
        ValueError: Amplitudes are asked for with loss or imperfections.
        ResourceLimitError: It would not fit in memory.
    """
    heralds = heralds or {}
    if experiment.is_plain:
        found = taped_light(
            experiment.light, heralds, least, amplitudes=amplitudes, lossy=lossy, workers=workers
        )
        if pairs and found.layout is not None:
            found = found.kept(kept_ranks(found.layout, pairs))
        elif pairs:
            found = found.kept(kept_rows(found.states, pairs))
    elif amplitudes:
        raise ValueError("Amplitudes exist for a perfect source and perfect detectors only.")
    else:
        found = _seen(experiment, lossy=lossy, workers=workers)
        if heralds or pairs or least > 0:
            others = [mode for mode in range(experiment.n_modes) if mode not in heralds]
            found = found.kept(kept_rows(found.states, conditions_as_rules(heralds, pairs, least, others)))
            table = np.ascontiguousarray(found.states[:, others])
            found = Taped(found.probabilities, found.pull, table=table)
    passed, before = experiment.passed[:, np.newaxis], found.pull

    def pull(values: Any) -> ComplexArray:
        return passed * before(values)

    return Taped(found.probabilities, pull, found.layout, found.table, found.amplitudes)


def _seen(experiment: Experiment, *, lossy: bool, workers: int | None) -> Taped:
    """Compute the distribution of photon numbers, then let detectors look at it."""
    # Where every detector is a threshold detector, a dark count is no more than a click.
    late_dark = bool(experiment.dark.any()) and experiment.clicks_only
    if experiment.terms is None and (late_dark or not experiment.dark.any()):
        found = taped_light(experiment.light, {}, 0, lossy=lossy, workers=workers)
    else:
        terms = experiment.terms or SourceTerms(0.0, 1.0, 0.0, 0.0, 0.0)
        dark = np.zeros_like(experiment.dark) if late_dark else experiment.dark
        found = taped_noise(experiment.light, terms, dark, lossy=lossy, workers=workers)
    if experiment.resolving.all():
        return found
    rows = found.states.copy()
    rows[:, ~experiment.resolving] = np.minimum(rows[:, ~experiment.resolving], 1)
    found = _grouped(found, rows)
    for mode in np.flatnonzero(experiment.dark) if late_dark else ():
        found = _with_dark_clicks(found, int(mode), float(experiment.dark[mode]))
    return found


def _grouped(found: Taped, rows: Any) -> Taped:
    """Add up the outcomes that look the same, as `rows`."""
    states, where = distinct_rows(rows)
    sums: FloatArray = np.bincount(where, weights=found.probabilities, minlength=len(states)).astype(
        np.float64, copy=False
    )
    return Taped(sums, lambda values: found.pull(values[where]), table=states)


def _with_dark_clicks(found: Taped, mode: int, dark: float) -> Taped:
    """Let a mode that is silent click with its dark-count probability."""
    rows = found.states
    silent = rows[:, mode] == 0
    clicked = rows[silent]
    clicked[:, mode] = 1
    states, where = distinct_rows(np.concatenate([rows, clicked]))
    stays = np.where(silent, 1.0 - dark, 1.0)
    weights: FloatArray = np.concatenate([found.probabilities * stays, found.probabilities[silent] * dark])
    sums: FloatArray = np.bincount(where, weights=weights, minlength=len(states)).astype(
        np.float64, copy=False
    )

    def pull(values: Any) -> ComplexArray:
        spread = values[where]
        back = spread[: len(rows)] * stays
        back[silent] += dark * spread[len(rows) :]
        return found.pull(back)

    return Taped(sums, pull, table=states)
