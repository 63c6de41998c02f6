"""States, distributions and counts of Perceval, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from lwfast.results.columns.labels import refuse_x
from lwfast.results.count_map import whole_counts
from lwfast.results.probability_distribution import ProbabilityDistribution
from lwfast.results.sampling_result import SamplingResult
from lwfast.state import State, as_occupation, trusted_state


def read_state(pcvl: Any, state: Any) -> State:
    """Return a state of Perceval.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        state: A state of Perceval.

    Raises:
        ValueError: Its photons have annotations.
    """
    if not isinstance(state, pcvl.FockState):
        msg = (
            f"Photons of {state} have annotations, which a State of lwfast cannot hold. Remove them with "
            "state.clear_annotations(), or describe distinguishable photons by a Source."
        )
        raise ValueError(msg)
    return trusted_state(tuple(state))


def write_state(pcvl: Any, state: State) -> Any:
    """Return a state as a FockState of Perceval.

    Raises:
        TypeError: A mode holds "X".
    """
    return pcvl.BasicState(list(as_occupation(state)))


def read_distribution(pcvl: Any, distribution: Any) -> ProbabilityDistribution:
    """Return a BSDistribution as a ProbabilityDistribution.

    Raises:
        ProbabilityDistributionError: A probability is negative or not finite.
    """
    return ProbabilityDistribution({read_state(pcvl, state): value for state, value in distribution.items()})


def write_distribution(pcvl: Any, distribution: ProbabilityDistribution) -> Any:
    """Return a ProbabilityDistribution as a BSDistribution, with all of its states.

    Raises:
        ResultError: A state has an X.
    """
    refuse_x(distribution.has_x, "to_perceval")
    written = pcvl.BSDistribution()
    for state, probability in distribution.items():
        # One by one: made of a mapping, it would leave out what is below 1e-16.
        written[write_state(pcvl, state)] = float(probability)
    return written


def read_counts(pcvl: Any, counts: Any) -> SamplingResult:
    """Return a BSCount as a SamplingResult."""
    return SamplingResult({read_state(pcvl, state): int(count) for state, count in counts.items()})


def write_counts(pcvl: Any, result: SamplingResult) -> Any:
    """Return the counts of a result as a BSCount.

    Raises:
        ResultError: A state has an X.
        TypeError: The result was made of floats.
    """
    refuse_x(result.has_x, "to_perceval")
    written = pcvl.BSCount()
    for state, count in zip(result, np.asarray(whole_counts(result, "to_perceval")).tolist(), strict=True):
        written[write_state(pcvl, state)] = count
    return written
