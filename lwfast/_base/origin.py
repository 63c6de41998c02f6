"""Whose a class or a function is, told by the very object rather than by the name that it carries."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any


def origin_of(thing: Any) -> tuple[str, str] | None:
    """Return the package and the qualified name of a class or function that stands where it says.

    The names that it carries say where to look and decide nothing: `functools.wraps` copies them to
    functions that do something else. What counts is that the very object is found there, and, since
    functions may be replaced, that the code of a function was written in that module.

    Args:
        thing: Anything.

    Returns:
        Such as `("lightworks", "convert.threshold_mapping")`; None for anything else.
    """
    module_name, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    module = sys.modules.get(module_name) if isinstance(module_name, str) else None
    if module is None or not isinstance(name, str):
        return None
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is not thing or not isinstance(thing, type | FunctionType):
        return None
    if isinstance(thing, FunctionType) and thing.__globals__ is not vars(module):
        return None
    return module.__name__.partition(".")[0], name
