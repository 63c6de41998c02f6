"""Means of few photons without loss and with perfect hardware, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast._types import ComplexArray
from lwfast.emulator.gradients.observables import observed
from lwfast.emulator.heralding import with_heralds
from lwfast.emulator.lean.known import ALLOWED_BYTES, known_circuit
from lwfast.emulator.lean.small_sampler import CLEAR, small_shot
from lwfast.optics.distributions.gradients.few_photons import few_photons
from lwfast.rules import PostSelection, has_only_rules
from lwfast.state import as_occupation
from lwfast.tasks import Sampler


class SmallMean(NamedTuple):
    """A mean, and the way back from it.

    Attributes:
        mean: The mean.
        pull: Returns its derivatives by the transfer matrix, complex128[m, m].
    """

    mean: float
    pull: Callable[[], ComplexArray]


def small_mean(task: Sampler, observable: Any) -> SmallMean | None:
    """Compute the mean over what counts if a task is small and ordinary.

    Args:
        task: The task.
        observable: What outcomes are worth.

    Returns:
        The mean; None where the long way has to be taken. What is wrong with a task is for the long way to
        find.

    Raises:
        TypeError: The observable is none.
        ValueError: It gives NaN or infinity, or does not fit the outcomes.
    """
    selection = task.post_selection
    if selection is not None and not (type(selection) is PostSelection and has_only_rules(selection)):
        return None
    if task.source is not None or task.detector is not None or memory_limit() < ALLOWED_BYTES:
        return None
    known = known_circuit(task.circuit)
    if known is None or known.entries is None:
        return None
    rules = () if selection is None else tuple(selection.rules)
    occupation, least = as_occupation(task.input_state), task.min_detection or 0
    shot = small_shot(known.n_modes, occupation, known.inputs, known.outputs, rules, least)
    if shot is None:
        return None
    few = few_photons(with_heralds(occupation, dict(known.inputs), known.n_modes), known.outputs, rules)
    if few is None:
        return None
    probabilities, way_back = few.probabilities(np.ascontiguousarray(known.matrix), few.modes)
    total = float(probabilities.sum())
    if shot.is_conditional and total <= CLEAR:
        return None
    worth = observed(observable, few.states)
    mean = float(worth @ probabilities) / total
    return SmallMean(mean, lambda: few.pull(way_back, (worth - mean) / total))
