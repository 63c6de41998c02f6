"""Whose a class or a function is, told by the very object rather than by the name that it carries."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Container
from types import FunctionType
from typing import Any

from lwfast.errors import LightworksDependencyError

_LIGHTWORKS = "lightworks"


def origin_of(thing: Any) -> tuple[str, str] | None:
    """Return the package and the qualified name of a class or function that stands where it says.

    The names that it carries say where to look and decide nothing: `functools.wraps` copies them to
    functions that do something else. What counts is that the very object is found there, and, since
    functions may be replaced, that the code of a function was written in that module.

    Args:
        thing: Any object, or a class or function.

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


def lightworks_name(thing: Any, names: Container[str]) -> str:
    """Return which of several classes of Lightworks an object belongs to, subclasses of users included.

    Nothing is imported: an object of Lightworks' can only be there once Lightworks is.

    Args:
        thing: Any object; its class is looked at.
        names: Names of classes, such as `("Sampler", "Simulator")`.

    Returns:
        The first of the names in the order of the object's classes; an empty string for anything else.
    """
    return lightworks_class_name(type(thing), names)


def lightworks_class_name(kind: type, names: Container[str]) -> str:
    """Return which of several classes of Lightworks a class is or is derived from; see `lightworks_name`."""
    if _LIGHTWORKS not in sys.modules:
        return ""
    for cls in kind.__mro__:
        if cls.__name__ in names and (origin_of(cls) or ("",))[0] == _LIGHTWORKS:
            return cls.__name__
    return ""


def lightworks_package() -> Any:
    """Import Lightworks.

    Returns:
        The package; None where lwfast stands in its place, so that nothing is to be converted.

    Raises:
        LightworksDependencyError: It is not installed.
    """
    try:
        package = importlib.import_module(_LIGHTWORKS)
    except ImportError:
        msg = "The package lightworks is not installed; python -m pip install lightworks."
        raise LightworksDependencyError(msg) from None
    return package if package.__name__ == _LIGHTWORKS else None
