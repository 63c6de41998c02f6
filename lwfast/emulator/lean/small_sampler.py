"""Samplers of few photons: without loss and with perfect hardware, or run again on the same circuit."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast._types import FloatArray
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.heralding import with_heralds
from lwfast.emulator.lean.kept_distributions import draw_again
from lwfast.emulator.lean.known import ALLOWED_BYTES, Heralds, known_circuit
from lwfast.emulator.lean.uniform_numbers import uniform_numbers
from lwfast.emulator.plans import CLIFFORD, PERMANENT
from lwfast.emulator.run_sampler import front_distribution, sampled_result
from lwfast.emulator.sampling import why_impossible
from lwfast.optics.costs import counting_bytes
from lwfast.optics.distributions.small_layers import SmallLayers, small_layers
from lwfast.optics.experiment import make_experiment
from lwfast.optics.samples.sample_counts import guide_cells
from lwfast.results import ProbabilityDistribution, SamplingResult
from lwfast.rules import PostSelection, Rule, has_only_rules
from lwfast.state import as_occupation
from lwfast.tasks import Sampler

Late = Callable[[], ProbabilityDistribution]
_MOST_SAMPLES = 1 << 18
"""Samples that are drawn at a time; see `sample_counts`."""
CLEAR = 1e-9
"""A probability that no rounding of small distributions comes near: what is below is for the long way."""
_KEPT = 128
"""Sets of conditions that are kept, the last ones used."""


@dataclass(frozen=True, slots=True, eq=False)
class SmallShot:
    """What a shot can be, whatever the matrix is.

    Attributes:
        layers: The outcomes that meet heralds and rules, and their layers.
        is_conditional: Anything is demanded of an outcome.
    """

    layers: SmallLayers
    is_conditional: bool


def run_small_sampler(task: Sampler, backend: str) -> tuple[SamplingResult, Late] | None:
    """Run a task if it is small and ordinary.

    Args:
        task: The task as the user made it, not parsed yet.
        backend: Name of the backend.

    Returns:
        The very result of the long way, and what works out the distribution in front of the detectors; None
        where the long way has to be taken. What is wrong with a task is for the long way to find: nothing is
        drawn or raised here then.
    """
    if backend in (CLIFFORD, PERMANENT):
        return None
    selection = task.post_selection
    if selection is not None and not (type(selection) is PostSelection and has_only_rules(selection)):
        return None
    n_samples = task.n_samples
    if not 0 < n_samples <= _MOST_SAMPLES:
        return None
    known = known_circuit(task.circuit)
    if known is None:
        return None
    parameters = task.circuit._labelled(known.build)  # noqa: SLF001  (for backends)
    rules = () if selection is None else tuple(selection.rules)
    occupation, least = as_occupation(task.input_state), task.min_detection or 0
    if task.source is not None or task.detector is not None or known.entries is None:
        drawn = draw_again(task, backend, known, rules, occupation)
        if drawn is None:
            return None
        source = copy.copy(task.source)
        late = functools.partial(front_distribution, known.build.compiled, task.input_state, source)
        return sampled_result(task, *drawn, parameters), late
    shot = small_shot(known.n_modes, occupation, known.inputs, known.outputs, rules, least)
    if shot is None or memory_limit() < ALLOWED_BYTES:
        return None
    every_shot = task.sampling_mode == "input"
    probabilities = _probabilities(shot, known.entries, every_shot=every_shot)
    if probabilities is None:
        return None
    uniforms = uniform_numbers(task.rng if task.rng is not None else task.random_seed, n_samples)
    # As `sample_counts` does it for as few outcomes and samples.
    cells = guide_cells(len(probabilities), n_samples)
    states, counts = sampling_kernels().count_small(probabilities, uniforms, cells, shot.layers.states)
    late = functools.partial(front_distribution, known.build.compiled, task.input_state, None)
    return sampled_result(task, states, counts, parameters), late


def _probabilities(shot: SmallShot, entries: FloatArray, *, every_shot: bool) -> FloatArray | None:
    """Return float64[K] or, with one for all outcomes that do not count, float64[K + 1].

    None where what counts may be no more than rounding.
    """
    found = shot.layers.probabilities(entries)
    if not shot.is_conditional:
        return found
    total = float(found.sum())
    if every_shot:
        return np.append(found, max(1.0 - total, 0.0))
    return found if total > CLEAR else None


@functools.cache
def sampling_kernels() -> ModuleType:
    """Return the module of the kernels that draw: an import statement takes 0.5 us each time."""
    from lwfast._kernels.optics.samples import sampling as kernels

    return kernels


@functools.lru_cache(_KEPT)
def small_shot(
    n_modes: int,
    occupation: tuple[int, ...],
    inputs: Heralds,
    heralds: Heralds,
    rules: tuple[Rule, ...],
    least: int,
) -> SmallShot | None:
    """Lay out a shot; None where input or rules do not fit, no outcome can count, or it is not small."""
    if len(occupation) != n_modes - len(inputs):
        return None
    if any(max(rule.modes) >= n_modes - len(heralds) for rule in rules):
        return None
    photons = with_heralds(occupation, dict(inputs), n_modes)
    layers = small_layers(photons, heralds, rules)
    if layers is None:
        return None
    conditions = Conditions(dict(heralds), rules, least)
    experiment = make_experiment(np.identity(len(photons), dtype=np.complex128), photons)
    if why_impossible(experiment, conditions) is not None:
        return None
    counting = counting_bytes(
        len(layers.states),
        _MOST_SAMPLES,
        len(photons),
        ranked=bool(rules),
        conditional=conditions.any,
        asked=False,
    )
    if layers.needed_bytes + counting > ALLOWED_BYTES:
        return None
    return SmallShot(layers, conditions.any)
