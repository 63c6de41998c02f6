"""`items` and `values` of a result whose values are results themselves: without a look-up for each."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, ValuesView
from typing import Any

from lwfast.state import State

Pair = tuple[State, Any]
Pairs = tuple[Pair, ...] | Callable[[], Iterable[Pair]]
"""Pairs of key and value in the order of the keys, or what returns them."""


class PairItems(ItemsView[State, Any]):
    """Pairs of key and value.

    Args:
        mapping: The result that the view belongs to.
        pairs: The pairs of key and value in its order, or a function that yields them.
    """

    __slots__ = ("_pairs",)

    def __init__(self, mapping: Any, pairs: Pairs) -> None:
        self._mapping = mapping  # all that the base class does
        self._pairs = pairs

    def __len__(self) -> int:
        pairs = self._pairs
        return len(pairs) if isinstance(pairs, tuple) else len(self._mapping)

    def __iter__(self) -> Iterator[Pair]:
        pairs = self._pairs
        return iter(pairs if isinstance(pairs, tuple) else pairs())

    def __reversed__(self) -> Iterator[Pair]:
        pairs = tuple(self)
        return iter(pairs[::-1])


class PairValues(ValuesView[Any]):
    """The values.

    Args:
        mapping: The result that the view belongs to.
        pairs: The pairs of key and value in its order, or a function that yields them.
    """

    __slots__ = ("_items",)

    def __init__(self, mapping: Any, pairs: Pairs) -> None:
        self._mapping = mapping
        self._items = PairItems(mapping, pairs)

    def __iter__(self) -> Iterator[Any]:
        return iter([value for _, value in self._items])

    def __reversed__(self) -> Iterator[Any]:
        values = [value for _, value in self._items]
        return iter(values[::-1])
