"""The secrets of the row hash."""

from __future__ import annotations

import numpy as np

_drawn: dict[str, tuple[np.uint64, np.uint64]] = {}


def hash_keys() -> tuple[np.uint64, np.uint64]:
    """Return the two secrets of the row hash, drawn once per process.

    Of threads that draw them at the same time, all get those of one: a hash table that one pair filled finds
    nothing by another, and would hold the same row twice. `functools.cache` gives each thread its own pair.
    """
    return _drawn.get("keys") or _drawn.setdefault("keys", _draw())


def _draw() -> tuple[np.uint64, np.uint64]:
    import secrets

    return np.uint64(secrets.randbits(64) | 1), np.uint64(secrets.randbits(64) | 1)
