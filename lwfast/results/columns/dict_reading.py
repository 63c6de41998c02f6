"""What a dict does for reading, beyond what `collections.abc.Mapping` brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from lwfast.errors import ResultCreationError, ResultError
from lwfast.state import State, as_label


class DictReading:
    """`copy`, `|` and `reversed`; a part of every result. None of them changes it."""

    __slots__ = ()

    def copy(self) -> dict[State, Any]:
        """Return a dict, which can be changed, as `copy` of Lightworks' results does."""
        return dict(_mapping(self).items())  # without a look-up for each state

    def __or__(self, other: Any) -> dict[State, Any]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {**_mapping(self), **_by_state(other)}

    def __ror__(self, other: Any) -> dict[State, Any]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {**_by_state(other), **_mapping(self)}

    def __ior__(self, other: Any) -> NoReturn:
        # Without it `result |= other` would silently put a dict in the place of the result.
        raise ResultError(UNCHANGEABLE)

    def __reversed__(self) -> Iterator[State]:
        return reversed(list(_mapping(self)))

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise ResultError(UNCHANGEABLE)

    def __delitem__(self, key: Any) -> NoReturn:
        self[key] = None


UNCHANGEABLE = (
    "Result objects should not be modified directly. To get a copy of the data which can be modified use "
    "dict(result)."
)


def check_names(kind: type, attributes: Mapping[str, Any]) -> None:
    """Refuse further attributes that could not be read, because a result has something else of that name.

    Raises:
        ResultCreationError: If there is one.
    """
    for name in attributes:
        if name.startswith("_") or hasattr(kind, name):
            raise ResultCreationError(
                f"A {kind.__name__} cannot have a further attribute {name!r}: the name is taken, or starts "
                "with an underscore."
            )


def _mapping(result: Any) -> Mapping[State, Any]:
    """Return the mapping that `DictReading` is a part of."""
    checked: Mapping[State, Any] = result
    return checked


def _by_state(other: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a dict whose keys are States where they stand for one, so that they meet those of a result."""
    found: dict[Any, Any] = {}
    for key, value in other.items():
        try:
            found[State(as_label(key))] = value
        except (TypeError, ValueError):
            found[key] = value
    return found
