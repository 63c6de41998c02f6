"""The secrets of the row hash."""

from __future__ import annotations

import functools

import numpy as np


@functools.cache
def hash_keys() -> tuple[np.uint64, np.uint64]:
    """Return the two secrets of the row hash, drawn once a process."""
    import secrets

    return np.uint64(secrets.randbits(64) | 1), np.uint64(secrets.randbits(64) | 1)
