"""What fits into memory, asked before a long computation begins."""

from __future__ import annotations

import os

from lwfast.errors import ResourceLimitError

_FALLBACK_BYTES = 4 << 30
"""Taken as the machine's memory where the system does not tell."""


def memory_limit() -> int:
    """Return how many bytes a computation may take: `LWFAST_MAX_MEMORY`, or half of the memory here."""
    given = os.environ.get("LWFAST_MAX_MEMORY")
    if given:
        try:
            return int(float(given))
        except ValueError:
            msg = f"LWFAST_MAX_MEMORY should be a number of bytes, got {given!r}."
            raise ValueError(msg) from None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return _FALLBACK_BYTES // 2


def readable_bytes(count: int) -> str:
    """Return a number of bytes with a unit that fits."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} EB"


def check_memory(needed: int, what: str, limit: int | None = None, remedy: str = "") -> None:
    """Raise unless `needed` bytes are allowed.

    Args:
        needed: Estimate, in bytes.
        what: What would take them, the subject of the message.
        limit: Allowed bytes; None takes `memory_limit()`.
        remedy: What to do instead, added to the message.

    Raises:
        ResourceLimitError: They are not; the message gives estimate and limit.
    """
    allowed = memory_limit() if limit is None else limit
    if needed > allowed:
        msg = (
            f"{what} would take about {readable_bytes(needed)} of memory, and {readable_bytes(allowed)} are "
            f"allowed (LWFAST_MAX_MEMORY sets the limit). {remedy}"
        )
        raise ResourceLimitError(msg.strip())
