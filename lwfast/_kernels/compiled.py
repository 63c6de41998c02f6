"""What the rooms above may ask about compiled kernels, and what they need to call them.

How kernels are compiled, kept and vectorised is this room's own: nobody else imports its files whose names
begin with an underscore. Importing this file loads Numba.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lwfast._kernels._cache import USE_CACHE, count_entries, kept_in, why_not_kept
from lwfast._kernels._note import NOTE
from lwfast._kernels._simd import PADDING

__all__ = ["PADDING", "USE_CACHE", "count_entries", "kept_in", "why_not_kept", "without_note"]


@contextmanager
def without_note() -> Iterator[None]:
    """Keep away the note that kernels are being compiled, for whoever says more about it."""
    said, NOTE.said = NOTE.said, True
    try:
        yield
    finally:
        NOTE.said = said
