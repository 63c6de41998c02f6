"""`items` and `values` of a result whose values are results themselves: without a look-up for each."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, ValuesView
from typing import Any

from lwfast.state import State

Pairs = Callable[[], Iterable[tuple[State, Any]]]
"""Returns pairs of key and value, in the order of the keys."""


class PairItems(ItemsView[State, Any]):
    """Pairs of key and value.

    Args:
        mapping: The result.
        pairs: Returns its pairs.
    """

    __slots__ = ("_pairs",)

    def __init__(self, mapping: Any, pairs: Pairs) -> None:
        super().__init__(mapping)
        self._pairs = pairs

    def __iter__(self) -> Iterator[tuple[State, Any]]:
        return iter(self._pairs())

    def __reversed__(self) -> Iterator[tuple[State, Any]]:
        return reversed(tuple(self._pairs()))


class PairValues(ValuesView[Any]):
    """The values.

    Args:
        mapping: The result.
        pairs: Returns its pairs.
    """

    __slots__ = ("_pairs",)

    def __init__(self, mapping: Any, pairs: Pairs) -> None:
        super().__init__(mapping)
        self._pairs = pairs

    def __iter__(self) -> Iterator[Any]:
        return iter([value for _, value in self._pairs()])

    def __reversed__(self) -> Iterator[Any]:
        values = [value for _, value in self._pairs()]
        return iter(values[::-1])
