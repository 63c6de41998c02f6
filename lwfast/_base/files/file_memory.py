"""What becomes of a file in memory, asked before it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lwfast._base.memory import check_memory, readable_bytes

MEMORY_REMEDY = "Set it higher if there is more memory."
TEXT_FACTOR = 50.0
"""Memory that what is read from a text takes, such as TOML, by its size: for one of brackets only."""
_SMALL = 1 << 20
"""A shorter text is not looked at: the worst of them take 50 MB."""


def read_file(path: Path, factor: float = 1.0) -> bytes:
    """Return the bytes of a file.

    Args:
        path: Path of the file to read.
        factor: How many times its size it takes in memory, all in all.

    Raises:
        ResourceLimitError: It would take more than is allowed.
        OSError: It cannot be read.
    """
    check_file(path.stat().st_size, factor)
    return path.read_bytes()


def check_file(size: int, factor: float = 1.0) -> None:
    """Raise unless a file of so many bytes may be read, which takes `factor` times as many in memory.

    Raises:
        ResourceLimitError: It would take more than is allowed.
    """
    if size > _SMALL:
        check_memory(int(factor * size), f"Reading a file of {readable_bytes(size)}", remedy=MEMORY_REMEDY)


def check_json(text: bytes | str) -> None:
    """Raise unless the objects that a JSON text becomes are allowed; its brackets and commas count them.

    Raises:
        ResourceLimitError: They would take more memory than is allowed.
    """
    if len(text) > _SMALL:
        # Of CPython: a dict with one member takes 184 bytes and its key 50, a list with one item 64, a number
        # or a string 24 to 50 and the place in its list or dict 8 or more.
        brace, bracket, comma, colon = (text.count(_as_kind(c, text)) for c in "{[,:")
        objects, items = 180 * brace + 64 * bracket, 60 * (comma + colon)
        needed = 2 * len(text) + objects + items
        check_memory(needed, f"What {readable_bytes(len(text))} of JSON hold", remedy=MEMORY_REMEDY)


def check_text(text: str) -> None:
    """Raise unless what a text becomes that is not JSON, such as TOML, is allowed.

    Raises:
        ResourceLimitError: It would take more memory than is allowed.
    """
    if len(text) > _SMALL:
        needed = int(TEXT_FACTOR * len(text))
        check_memory(needed, f"What {readable_bytes(len(text))} of text hold", remedy=MEMORY_REMEDY)


def _as_kind(character: str, text: bytes | str) -> Any:
    return character if isinstance(text, str) else character.encode()
