"""Bytes kept in memory up to a budget, so that the usual path needs no read from the disk."""

from __future__ import annotations

from collections import OrderedDict


class ByteCache:
    """The most recently stored values, at most `budget` bytes of them.

    Args:
        budget: Most bytes to hold.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._held = 0
        self._values: OrderedDict[int, bytes] = OrderedDict()

    def put(self, key: int, value: bytes) -> None:
        """Keep a value, and drop the oldest ones where it would be too much."""
        self.drop(key)
        self._values[key] = value
        self._held += len(value)
        while self._held > self._budget:
            _, dropped = self._values.popitem(last=False)
            self._held -= len(dropped)

    def get(self, key: int) -> bytes | None:
        """Return a value that is still there."""
        return self._values.get(key)

    def drop(self, key: int) -> None:
        """Forget a value."""
        self._held -= len(self._values.pop(key, b""))
