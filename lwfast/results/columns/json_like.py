"""Data that travel with a result, as every file can keep them."""

from __future__ import annotations

import datetime as dt
import math
import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._base.limits import MAX_NESTING
from lwfast._texts import is_unicode, printable

_LONGEST = 14_000
"""Bits of an integer; Python writes and reads no more than 4300 digits."""


def json_like(value: Any, name: str, _depth: int = 0) -> Any:
    """Return a deep copy of `value` made of what JSON has: None, bool, int, float, text, lists and objects.

    NumPy numbers and arrays become Python's, paths, dates and UUIDs become text; tuples stay tuples. Whatever
    else there is raises here, where it was given, and not days later where the result is saved.

    Args:
        value: The data to copy, nested as they may be.
        name: What they are, for the message.

    Raises:
        TypeError: If something in it has no form in JSON.
        ValueError: If a number is NaN, infinite or of more than 4200 digits, text is not valid Unicode, or
            something is nested more than 100 levels deep.
    """
    if _depth > MAX_NESTING:
        raise ValueError(f"{name:.60}... is nested more than {MAX_NESTING} levels deep, or holds itself.")
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    if isinstance(value, int | np.integer):
        if int(value).bit_length() > _LONGEST:
            raise ValueError(
                f"{name} is an integer of more than 4200 digits, which no file can keep; use text."
            )
        return int(value)
    if isinstance(value, float | np.floating):
        if not math.isfinite(value):
            raise ValueError(f"{name} is {float(value)}, which JSON cannot keep; use None or text.")
        return float(value)
    if isinstance(value, str) or _is_uuid(value):
        text = str(value)
        if not is_unicode(text):
            raise ValueError(
                f"{name} is {text!a:.80}, with half a surrogate pair, which no file can keep; replace it, as "
                "`text.encode('utf-8', 'backslashreplace').decode()` does."
            )
        return text
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        return path_text(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
        return json_like(value, name, _depth)
    if isinstance(value, list | tuple):
        entries = [json_like(entry, f"{name}[{k}]", _depth + 1) for k, entry in enumerate(value)]
        return entries if isinstance(value, list) else tuple(entries)
    if isinstance(value, Mapping):
        return {
            _key(key, name): json_like(entry, f"{name}[{key!r}]", _depth + 1) for key, entry in value.items()
        }
    raise TypeError(
        f"{name} is {value!r:.80} of type {type(value).__name__}, which no file can keep; use text, numbers, "
        "lists or dicts of them."
    )


def _is_uuid(value: Any) -> bool:
    uuid = sys.modules.get("uuid")  # loaded wherever there is one
    return uuid is not None and isinstance(value, uuid.UUID)


def _key(key: Any, name: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{name} has the key {key!r:.80} of type {type(key).__name__}; keys are text.")
    if not is_unicode(key):
        raise ValueError(
            f"{name} has the key {key!a:.80}, with half a surrogate pair, which no file can keep."
        )
    return str(key)


def path_text(path: str | os.PathLike[Any]) -> str:
    """Return a path as text that a file can keep: bytes that are not Unicode become escapes."""
    return printable(os.fsdecode(path))
