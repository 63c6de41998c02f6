"""Means of few photons, all of which fare alike, and their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast._types import ComplexArray, FloatArray, StateTable
from lwfast.emulator.heralding import with_heralds
from lwfast.emulator.lean.known import ALLOWED_BYTES, known_circuit
from lwfast.emulator.lean.small_sampler import CLEAR, small_shot
from lwfast.emulator.lean.thinning import thinning
from lwfast.optics.distributions.gradients.few_photons import FewPhotons, few_photons
from lwfast.optics.distributions.gradients.partly_alone import PartlyAlone, partly_alone
from lwfast.results.processing.observables import observed
from lwfast.rules import PostSelection, has_only_rules
from lwfast.state import as_occupation
from lwfast.tasks import Sampler


class SmallMean(NamedTuple):
    """A mean, and the way back from it.

    Attributes:
        mean: The mean over all outcomes that count.
        pull: Returns its derivatives by the transfer matrix, complex128[m, m].
    """

    mean: float
    pull: Callable[[], ComplexArray]


def small_mean(task: Sampler, observable: Any) -> SmallMean | None:
    """Compute the mean over what counts if a task is small and ordinary.

    Args:
        task: The task as the user made it, not parsed yet.
        observable: What outcomes are worth.

    Returns:
        The mean; None where the long way has to be taken. What is wrong with a task is for the long way to
        find.

    Raises:
        TypeError: The observable has the wrong type.
        ValueError: It gives NaN or infinity, or does not fit the outcomes.
    """
    selection = task.post_selection
    if selection is not None and not (type(selection) is PostSelection and has_only_rules(selection)):
        return None
    noise = _plain_noise(task)
    if noise is None or memory_limit() < ALLOWED_BYTES:
        return None
    known = known_circuit(task.circuit)
    if known is None or known.entries is None:
        return None
    rules = () if selection is None else tuple(selection.rules)
    occupation, least = as_occupation(task.input_state), task.min_detection or 0
    shot = small_shot(known.n_modes, occupation, known.inputs, known.outputs, rules, least)
    if shot is None:
        return None
    photons = with_heralds(occupation, dict(known.inputs), known.n_modes)
    matrix = np.ascontiguousarray(known.matrix)
    if noise == (1.0, 1.0):
        few = few_photons(photons, known.outputs, rules)
        if few is None:
            return None
        probabilities, way_back = few.probabilities(matrix, few.modes)
        return _mean(observable, few.states, probabilities, partial(few.pull, way_back), shot.is_conditional)
    thin = thinning(photons, known.outputs, rules, least)
    if thin is None:
        return None
    efficiency, share = noise
    layout: FewPhotons | PartlyAlone = thin.few
    if share == 1:
        probabilities, way_back = thin.few.probabilities(matrix, thin.few.modes)
    else:
        partly = partly_alone(photons)
        if partly is None:
            return None
        layout = partly
        probabilities, way_back = partly.probabilities(matrix, share)
    weights = thin.weights(efficiency)
    seen = thin.forward(weights, probabilities)

    def pull(values: FloatArray) -> ComplexArray:
        return layout.pull(way_back, thin.back(weights, values))

    return _mean(observable, thin.states, seen, pull, shot.is_conditional)


def _plain_noise(task: Sampler) -> tuple[float, float] | None:
    """Return what is imperfect where the same may happen to each photon, independently of the others.

    Returns:
        The probability that a photon is there and seen, above 0, and that it interferes.
    """
    source, detector = task.source, task.detector
    efficiency = share = 1.0
    if source is not None:
        if source.purity != 1:
            return None
        efficiency, share = float(source.brightness), math.sqrt(source.indistinguishability)
    if detector is not None:
        each = detector.efficiency
        if isinstance(each, tuple) or detector.p_dark != 0 or detector.photon_counting is not True:
            return None
        if each != 1 and task.sampling_mode != "input":
            return None  # which a task refuses
        efficiency *= float(each)
    return (efficiency, share) if efficiency > 0 else None


def _mean(
    observable: Any,
    states: StateTable,
    probabilities: FloatArray,
    pull: Callable[[FloatArray], ComplexArray],
    is_conditional: bool,
) -> SmallMean | None:
    """Return the mean; None where what counts may be no more than rounding."""
    total = float(probabilities.sum())
    if is_conditional and total <= CLEAR:
        return None
    worth = observed(observable, states)
    mean = float(worth @ probabilities) / total
    return SmallMean(mean, lambda: pull((worth - mean) / total))
