"""What is installed, and in which version: code that changes only where another version is installed."""

from __future__ import annotations

import os
import sys
from functools import cache
from hashlib import sha256
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_FOLDERS = ("site-packages", "dist-packages")
_LIBRARY = PurePath(os.__file__).parent
_OURS = __name__.partition(".")[0]


def is_installed(thing: Any) -> bool:
    """Say whether a module, function or class is found where it says, in what is installed."""
    return installed_as(thing) is not None


def installed_as(thing: Any) -> tuple[str, str, str] | None:
    """Return the module, the name and the version of what is installed; None for anything else.

    Of this package and Python's own library, the version is empty: neither changes what a function means.

    Args:
        thing: A module, function, class or ufunc. It counts where the very object is found under its name,
            and a function's own code was written there.
    """
    if isinstance(thing, ModuleType):
        known = _version_of(thing.__name__) if sys.modules.get(thing.__name__) is thing else None
        return None if known is None else (thing.__name__, "", known)
    if isinstance(thing, np.ufunc):
        is_numpys = getattr(np, thing.__name__, None) is thing
        return ("numpy", thing.__name__, _version_of("numpy") or "") if is_numpys else None
    module_name, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    module = sys.modules.get(module_name) if isinstance(module_name, str) else None
    if module is None or not isinstance(module_name, str) or not isinstance(name, str):
        return None
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    written_there = not isinstance(thing, FunctionType) or thing.__globals__ is vars(module)
    if found is not thing or not written_there:
        return None
    known = _version_of(module_name)
    return None if known is None else (module_name, name, known)


@cache
def _version_of(module_name: str) -> str | None:
    """Return what tells the installed version of a module's package; None where it is not installed."""
    top = module_name.partition(".")[0]
    package = sys.modules.get(top)
    places = [getattr(package, "__file__", None), *getattr(package, "__path__", [])]
    folder = PurePath(next((place for place in places if place), _LIBRARY))
    in_library = folder.is_relative_to(_LIBRARY)  # a user's own code.py hides Python's module `code`
    is_added = bool(set(folder.parts) & set(_FOLDERS))
    if top == _OURS or (top in sys.stdlib_module_names and in_library and not is_added):
        return ""
    if not is_added:
        return None
    from importlib import metadata  # takes 10 ms

    try:
        distribution = metadata.distribution(top)
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(top)
        if not names:
            return None
        distribution = metadata.distribution(names[0])
    # Of a package that is installed again under the same version, the list of its files differs.
    record = distribution.read_text("RECORD") or ""
    own = [line for line in record.splitlines() if line.startswith((f"{top}/", f"{top}."))]
    sums = sorted(line for line in own if ".pyc" not in line)
    if not sums:
        return None
    return f"{distribution.version} {sha256(chr(10).join(sums).encode()).hexdigest()}"
