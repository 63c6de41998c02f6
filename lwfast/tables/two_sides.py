"""Chunks of a table that are worked on from its middle outwards, so that what they leave stands together."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

P = TypeVar("P")


class TwoSides(Generic[P]):
    """Gives out chunks, and finds the place of what each leaves.

    How much a chunk leaves is known when it is done, and those behind it go next to that. From the middle,
    there are two such places, one upwards and one downwards: two threads write to where the rows stay. A
    third one, or the one that is done first, leaves a piece, which is copied when its place is known.

    Args:
        n_chunks: Chunks of the table; those from the middle one on go upwards.
        place: Where the two sides meet.
    """

    def __init__(self, n_chunks: int, place: int) -> None:
        self._lock = threading.Lock()
        middle = n_chunks // 2
        self.up: Side[P] = Side(range(middle, n_chunks), place, False, self._lock)
        self.down: Side[P] = Side(range(middle - 1, -1, -1), place, True, self._lock)

    def next_chunk(self) -> tuple[int, Side[P], int | None]:
        """Return a chunk, its side, and the place that it writes to; None for a piece.

        Raises:
            IndexError: All chunks were given out.
        """
        with self._lock:
            open_sides = [side for side in (self.up, self.down) if side.left]
            side = max(open_sides, key=lambda side: (side.is_free, side.left), default=self.up)
            place = side.place if side.is_free else None
            return side.take(), side, place


class Side(Generic[P]):
    """One of two sides; see there.

    Args:
        chunks: In order, from the middle outwards.
        place: Where this side starts.
        is_down: Whether it grows downwards.
        lock: The one that both sides take.
    """

    def __init__(self, chunks: range, place: int, is_down: bool, lock: threading.Lock) -> None:
        self.place, self.is_down = place, is_down
        self._chunks, self._lock = chunks, lock
        self._taken = self._known = 0
        self._waiting: dict[int, tuple[int, P | None]] = {}

    @property
    def left(self) -> int:
        """How many chunks nobody has taken."""
        return len(self._chunks) - self._taken

    @property
    def is_free(self) -> bool:
        """Whether the place of the next chunk is known."""
        return self._taken == self._known

    def take(self) -> int:
        """Return the next chunk; under the lock."""
        chunk = self._chunks[self._taken]
        self._taken += 1
        return chunk

    def done(self, chunk: int, size: int, piece: P | None) -> list[tuple[P, int, int]]:
        """Take note of what a chunk left.

        Args:
            chunk: As it was given out.
            size: How many rows are kept.
            piece: Where they are, if not at the place that was given out.

        Returns:
            The pieces whose place is known now, their sizes, and their places.
        """
        found = []
        with self._lock:
            self._waiting[chunk] = size, piece
            while self._known < self._taken and (nearest := self._chunks[self._known]) in self._waiting:
                size, known = self._waiting.pop(nearest)
                start = self.place - size if self.is_down else self.place
                self.place = start if self.is_down else start + size
                if known is not None:
                    found.append((known, size, start))
                self._known += 1
        return found
