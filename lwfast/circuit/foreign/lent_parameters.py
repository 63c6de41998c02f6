"""Our Parameters, lent to Lightworks."""

from __future__ import annotations

import functools
import threading
from typing import Any
from weakref import WeakValueDictionary

from lwfast._base.origin import lightworks_package

_LENT: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""By the identity of our Parameter, which lives as long as what is lent."""
_LOCK = threading.Lock()


def lent_parameter(ours: Any) -> Any:
    """Return a Parameter of Lightworks whose value, bounds and label are those of one of ours.

    One Parameter always gives the same one, as long as that is in use: Lightworks tells them by identity.

    Args:
        ours: A Parameter of lwfast; it is returned as it is where lwfast stands in Lightworks' place.

    Raises:
        LightworksDependencyError: Lightworks is not installed.
    """
    package = lightworks_package()
    if package is None:
        return ours
    with _LOCK:
        found = _LENT.get(id(ours))
        if found is None:
            found = _LENT[id(ours)] = _lent_class(package.Parameter)(ours)
        return found


@functools.cache
def _lent_class(base: Any) -> Any:
    """Return a class of what is lent, which Lightworks takes for its own."""

    class LentParameter(base):  # type: ignore[misc]
        """A Parameter of lwfast, as Lightworks sees it."""

        def __init__(self, ours: Any) -> None:
            self.lent_by = ours

        @property
        def label(self) -> Any:
            """Text to show in drawings instead of the value, or None."""
            return self.lent_by.label

        @label.setter
        def label(self, value: Any) -> None:
            self.lent_by.label = value

        @property
        def min_bound(self) -> Any:
            """The lowest value that it may take, or None."""
            return self.lent_by.min_bound

        @min_bound.setter
        def min_bound(self, value: Any) -> None:
            self.lent_by.min_bound = value

        @property
        def max_bound(self) -> Any:
            """The highest value that it may take, or None."""
            return self.lent_by.max_bound

        @max_bound.setter
        def max_bound(self, value: Any) -> None:
            self.lent_by.max_bound = value

        def get(self) -> Any:
            """Return the value."""
            return self.lent_by.get()

        def set(self, value: Any) -> None:
            """Change the value."""
            self.lent_by.set(value)

        def __str__(self) -> str:
            return str(self.lent_by)

        def __repr__(self) -> str:
            return repr(self.lent_by)

        def __reduce__(self) -> tuple[Any, ...]:
            return (lent_parameter, (self.lent_by,))

    return LentParameter
