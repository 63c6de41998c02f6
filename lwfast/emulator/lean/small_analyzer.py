"""Analyzers of few photons that are not lost."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast.emulator.heralding import with_heralds
from lwfast.emulator.lean.known import ALLOWED_BYTES, Heralds, known_circuit
from lwfast.emulator.plans import PERMANENT
from lwfast.emulator.run_analyzer import analyzer_result
from lwfast.optics.distributions.small_layers import SmallLayers, small_layers
from lwfast.results import SimulationResult
from lwfast.rules import PostSelection, Rule, has_only_rules
from lwfast.state import as_occupation
from lwfast.tasks import Analyzer

_MOST_VALUES = 1 << 16
"""Probabilities of all inputs together; above, the long way is as quick, and shows progress."""
_KEPT = 128
"""Inputs with their conditions that are kept, the last ones used."""


@dataclass(frozen=True, slots=True, eq=False)
class SmallInput:
    """What an input can give, whatever the matrix is.

    Attributes:
        n_photons: Photons of the input, heralded ones not counted.
        layers: The outcomes that meet heralds and rules, and their layers.
    """

    n_photons: int
    layers: SmallLayers


def run_small_analyzer(task: Analyzer, backend: str) -> SimulationResult | None:
    """Run a task if it is small and ordinary.

    Args:
        task: The task as the user made it, not parsed yet.
        backend: Name of the backend.

    Returns:
        The very result of the long way; None where the long way has to be taken. What is wrong with a task is
        for the long way to find.
    """
    selection, expected = task.post_selection, task.expected
    if backend == PERMANENT:
        return None
    if selection is not None and not (type(selection) is PostSelection and has_only_rules(selection)):
        return None
    known = known_circuit(task.circuit)
    if known is None or known.entries is None:
        return None
    rules = () if selection is None else tuple(selection.rules)
    inputs = task.inputs
    if expected is not None and not all(state in expected for state in inputs):
        return None
    found: list[SmallInput] = []
    for state in inputs:
        occupation = as_occupation(state)
        one = _small_input(known.n_modes, occupation, known.inputs, known.outputs, rules)
        if one is None or (found and one.n_photons != found[0].n_photons):
            return None
        found.append(one)
    states = found[0].layers.states
    shape = len(found), len(states)
    if shape[0] * shape[1] > _MOST_VALUES or memory_limit() < ALLOWED_BYTES:
        return None
    values = np.empty(shape)
    for row, one in enumerate(found):
        values[row] = one.layers.probabilities(known.entries)
    return analyzer_result(values, inputs, states.copy(), expected)


@functools.lru_cache(_KEPT)
def _small_input(
    n_modes: int, occupation: tuple[int, ...], inputs: Heralds, heralds: Heralds, rules: tuple[Rule, ...]
) -> SmallInput | None:
    """Lay out the outcomes of an input; None where anything does not fit or count, or it is not small."""
    if len(occupation) != n_modes - len(inputs):
        return None
    if any(max(rule.modes) >= n_modes - len(heralds) for rule in rules):
        return None
    layers = small_layers(with_heralds(occupation, dict(inputs), n_modes), heralds, rules)
    if layers is None or layers.needed_bytes > ALLOWED_BYTES // 2:
        return None
    return SmallInput(sum(occupation), layers)
