"""A distribution that is worked out when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lwfast.results import ProbabilityDistribution

_COLUMNS = ("_states", "_values", "_index")


class LateDistribution(ProbabilityDistribution):
    """A ProbabilityDistribution that costs nothing until it is read.

    Lightworks' own Sampler hands out what a backend left there, so what is left has to be a distribution.

    Args:
        work: Returns the distribution; called once.
    """

    __slots__ = ("_work",)

    def __init__(self, work: Callable[[], ProbabilityDistribution]) -> None:
        self._work = work

    def __getattr__(self, name: str) -> Any:
        """Work the columns out: slots that are empty come here."""
        if name not in _COLUMNS:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        found = self._work()
        self._states, self._values, self._index = found.states, found.probabilities, None
        return getattr(self, name)

    def __reduce__(self) -> Any:
        """Stay as late in a copy or pickle."""
        return LateDistribution, (self._work,)
