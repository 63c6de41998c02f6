"""Modules at Lightworks' deep paths, made when they are imported; their names are looked up on first use."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from lwfast._base.aliases.absent_names import PAGE, why_absent
from lwfast._base.aliases.alias_table import PATHS

_PACKAGE = "lwfast"


def spec_of(module_name: str) -> ModuleSpec | None:
    """Return how a module of the table is loaded, or None for any other name."""
    path = _path_of(module_name)
    if path not in PATHS:
        return None
    return ModuleSpec(module_name, _Loader(), origin="aliases", is_package=_has_parts(path))  # type: ignore[arg-type]


def look_up(module: ModuleType, name: str, depth: int = 2) -> Any:
    """Return what stands under a name that Lightworks has in a module, and keep it there.

    Args:
        module: A module at a path of the table, or a real one that the table adds to.
        name: The name that the module was asked for.
        depth: Frames between this function and the code that asked.

    Raises:
        AttributeError: There is no such name. Where Lightworks has it, the text gives the reason and the page
        that
            lists all of them.
        ImportError: The same, for `from module import name`: Python would put another text in the place of
        that of
            an AttributeError.
    """
    path = _path_of(module.__name__)
    found = homes_of(path).get(name)
    if found is not None:
        value = getattr(importlib.import_module(found[0]), found[1])
        setattr(module, name, value)
        return value
    part = f"{path}.{name}" if path else name
    if part in PATHS and _why_all_absent(part) is None:
        return importlib.import_module(f"{module.__name__}.{name}")
    raise _refusal(module, path, name, depth)


def fill(module: ModuleType) -> None:
    """Give the module at a path of the table its names.

    Raises:
        ModuleNotFoundError: Nothing that Lightworks has in the module is here.
    """
    path = _path_of(module.__name__)
    reason = _why_all_absent(path)
    if reason is not None:
        text = f"No module named {module.__name__!r}: {reason} See {PAGE}."
        raise ModuleNotFoundError(text, name=module.__name__)
    names = sorted(homes_of(path))
    module.__doc__ = f"Lightworks' path to what `lwfast` has elsewhere: {', '.join(names) or 'its modules'}."
    module.__getattr__ = lambda name: look_up(module, name)  # type: ignore[method-assign]
    module.__dict__.update(__all__=names, __dir__=lambda: names)


def homes_of(path: str) -> dict[str, tuple[str, str]]:
    """Return module and name, here, of each name at a path of the table."""
    homes = {}
    for home, names in PATHS.get(path, {}).items():
        for entry in names.split():
            theirs, _, ours = entry.partition("=")
            homes[theirs] = (f"{_PACKAGE}.{home}", ours or theirs)
    return homes


def _refusal(module: ModuleType, path: str, name: str, depth: int) -> AttributeError | ImportError:
    reason = why_absent(path, name) or _why_all_absent(f"{path}.{name}".strip("."))
    text = f"Module {module.__name__!r} has no attribute {name!r}"
    if reason is None:
        return AttributeError(text)
    text = f"{text}: {reason} See {PAGE}."
    return ImportError(text, name=module.__name__) if _is_from_import(depth + 2) else AttributeError(text)


def _why_all_absent(path: str) -> str | None:
    return None if PATHS.get(path) or _has_parts(path, but_absent=True) else why_absent(path)


def _is_from_import(depth: int) -> bool:
    """Whether the code that asked runs `from module import name`."""
    from opcode import opmap

    frame = sys._getframe(depth)  # noqa: SLF001  (no other way to see who asks)
    return frame.f_lasti >= 0 and frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"]


def _path_of(module_name: str) -> str:
    return module_name.partition(".")[2]


def _has_parts(path: str, but_absent: bool = False) -> bool:
    below = [other for other in PATHS if other.startswith(f"{path}.")]
    return any(PATHS[other] for other in below) if but_absent else bool(below)


class _Loader:
    """Makes a module that looks its names up."""

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """Leave the making of the module to Python."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Give the module its names; a ModuleNotFoundError where nothing of Lightworks' module is here."""
        fill(module)
