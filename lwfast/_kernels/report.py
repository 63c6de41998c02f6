"""How kernels run in this process, for those who show it: the rooms above look here, not behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lwfast._kernels import _mode

if TYPE_CHECKING:
    from pathlib import Path

SLOW_LEVELS = {
    "x86-64-v2": "permanents take about three times as long as at x86-64-v3, which has wider registers",
}
"""Levels that cost more than a fifth, and what is known of it."""


def kernel_config() -> dict[str, str]:
    """Return how kernels run, at which level of the processor, why, and what is at hand."""
    found = {"kernels": _SHORT[_mode.MODE], "because": _mode.WHY}
    if _mode.NATIVE is not None:
        rows = _mode.NATIVE.levels()
        found["level"] = _mode.LEVEL
        found["numbers in a vector"] = str(_mode.LANES)
        found["levels built"] = ", ".join(name for name, _, _ in rows)
        found["levels that run here"] = ", ".join(name for name, _, runs in rows if runs)
        if _mode.LEVEL in SLOW_LEVELS:
            found["slower than it could be"] = SLOW_LEVELS[_mode.LEVEL]
    elif _mode.MODE == "numba":
        from lwfast._kernels._simd import LANES

        found["numbers in a vector"] = str(LANES)
        folder = kept_in()
        found["compiled kernels are kept in"] = str(folder) if folder is not None else why_not_kept()
    return found


_SHORT = {
    "native": "compiled ahead of time",
    "numba": "compiled by Numba at their first use",
    "python": "not compiled",
}


def are_compiled_here() -> bool:
    """Say whether a first call of a kernel compiles it, or looks for it in the cache."""
    return _mode.MODE == "numba"


def why_none_is_compiled() -> str:
    """Say how kernels run where none is compiled here."""
    if _mode.MODE == "python":
        return f"they run as Python code ({_mode.WHY})"
    return "the package holds them compiled"


def why_not_kept() -> str:
    """Say why kernels compiled here are not kept on disk; empty where they are, or none is compiled here."""
    if _mode.MODE != "numba":
        return ""
    from lwfast._kernels._numba import cache

    return cache.why_not_kept()


def kept_in() -> Path | None:
    """Return the folder that kernels compiled here are kept in, or None."""
    if _mode.MODE != "numba":
        return None
    from lwfast._kernels._numba import cache

    return cache.kept_in()


def count_kept(folder: Path) -> tuple[int, int]:
    """Return how many kernels in the folder of `kept_in` are sound, and how many are damaged."""
    from lwfast._kernels._numba import cache

    return cache.count_entries(folder)


def is_keeping_wanted() -> bool:
    """Say whether kernels that are compiled should be kept (`LWFAST_CACHE`)."""
    from lwfast._kernels._numba import cache

    return cache.USE_CACHE


@contextlib.contextmanager
def without_note() -> Iterator[None]:
    """Keep the note on compiling away, for those who say more."""
    if _mode.MODE != "numba":
        yield
        return
    from lwfast._kernels._numba.note import NOTE

    said, NOTE.said = NOTE.said, True
    try:
        yield
    finally:
        NOTE.said = said
