"""What every result is, for type hints and `isinstance`."""

from __future__ import annotations

from abc import ABC
from types import GenericAlias
from typing import Any, ClassVar

from lwfast.results.probability_distribution import ProbabilityDistribution
from lwfast.results.sampling_result import SamplingResult
from lwfast.results.simulation_result import SimulationResult


class Result(ABC):  # noqa: B024  (a name for what the classes below have in common)
    """A result of any kind, for `isinstance(x, Result)` and for type hints such as `-> Result[State, int]`.

    The classes of results are registered as its subclasses: they share methods, but no code.

    Example:
        >>> result = SamplingResult({(1, 0): 1})
        >>> isinstance(result, lw.results.Result)
        True
    """

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)


for _kind in (ProbabilityDistribution, SamplingResult, SimulationResult):
    Result.register(_kind)
