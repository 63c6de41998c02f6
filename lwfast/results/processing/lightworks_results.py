"""Results as those of Lightworks: dictionaries of its states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from lwfast._base.origin import lightworks_package
from lwfast.errors import ResultError
from lwfast.state import State


def lightworks_counts(result: Any, input: State | None, attributes: Mapping[str, Any]) -> Any:
    """Return counts as Lightworks' `SamplingResult`.

    Args:
        result: Counts by state; returned as it is where lwfast stands in Lightworks' place.
        input: The input state, which a result of Lightworks needs.
        attributes: Further attributes of the result, by name.

    Raises:
        LightworksDependencyError: Lightworks is not installed.
        ResultError: The input is not known.
    """
    if lightworks_package() is None:
        return result
    if input is None:
        raise ResultError(
            "A result of Lightworks needs the input state, and that of this result is not known; make one "
            "that has it: SamplingResult(result, input_state)."
        )
    counts = {state.to_lightworks(): count for state, count in result.items()}
    return _results().SamplingResult(counts, input.to_lightworks(), **attributes)


def lightworks_probabilities(distribution: Any) -> Any:
    """Return probabilities by state as Lightworks' `ProbabilityDistribution`; see above."""
    if lightworks_package() is None:
        return distribution
    return _results().ProbabilityDistribution({s.to_lightworks(): p for s, p in distribution.items()})


def lightworks_simulation(result: Any, attributes: Mapping[str, Any]) -> Any:
    """Return values by input and output as Lightworks' `SimulationResult`; see above."""
    if lightworks_package() is None:
        return result
    inputs, outputs = _states(result.inputs), _states(result.outputs)
    return _results().SimulationResult(result.array, result.result_type, inputs, outputs, **attributes)


def _states(states: Iterable[State]) -> list[Any]:
    return [state.to_lightworks() for state in states]


def _results() -> Any:
    return import_module("lightworks.sdk.results")
