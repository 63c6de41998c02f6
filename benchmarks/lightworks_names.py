"""Every public name of the installed Lightworks, and what lwfast has at the same path.

A name is *the same* where its parameters have the same names, kinds and defaults, and so have the methods
of a class; *more* where ours takes further optional ones; *different*, or *absent*. The page
`docs/coming_from_lightworks.md` counts and lists them, and `tests/compat/test_names.py` holds each that is
different or absent to its row in `docs/compatibility.md`: a new release of Lightworks shows up as a row
that is missing.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

ROOTS = {"lightworks": "lwfast", "lightworks_remote": "lwfast.remote"}


@dataclass
class Found:
    """What became of one name of one module.

    Attributes:
        module: Lightworks' module.
        name: The name in it.
        kind: "same", "more", "different" or "absent".
        differences: For each callable of it that differs, such as `SamplingResult.plot`, how.
    """

    module: str
    name: str
    kind: str
    differences: dict[str, str] = field(default_factory=dict)


def compared() -> list[Found]:
    """Return what became of each public name, in the order of modules and names."""
    return [_compare(module, name) for module, names in public_names().items() for name in names]


def public_names() -> dict[str, list[str]]:
    """Return the public names by module, of all modules of Lightworks."""
    return {name: _names_of(importlib.import_module(name)) for root in ROOTS for name in _modules_of(root)}


def _modules_of(root: str) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client warns where no address is set
        package = importlib.import_module(root)
    yield root
    for found in pkgutil.walk_packages(package.__path__, f"{root}."):
        # Python mangles nothing here, but two underscores are as private as one.
        if not any(part.startswith("_") for part in found.name.split(".")):
            yield found.name


def _names_of(module: ModuleType) -> list[str]:
    names = set(getattr(module, "__all__", ()))
    root = module.__name__.partition(".")[0]
    for name, value in vars(module).items():
        home = getattr(value, "__module__", None) or ""
        mine = home == module.__name__ or (hasattr(module, "__path__") and home.startswith(root))
        if mine and not name.startswith("_") and not isinstance(value, ModuleType | TypeVar):
            names.add(name)
    if module.__name__ not in ROOTS:
        names |= _constants_of(module)
    return sorted(names)


def _constants_of(module: ModuleType) -> set[str]:
    """Return the names that a module assigns itself, but type variables."""
    found = set()
    for node in ast.parse(inspect.getsource(module)).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        found.update(target.id for target in targets if isinstance(target, ast.Name))
    return {
        name for name in found if not name.startswith("_") and not isinstance(getattr(module, name), TypeVar)
    }


def our_path(module: str) -> str:
    """Return where a module of Lightworks is found below `lwfast`."""
    root, dot, rest = module.partition(".")
    return f"{ROOTS[root]}{dot}{rest}"


def _compare(module: str, name: str) -> Found:
    theirs = getattr(importlib.import_module(module), name)
    try:
        ours = getattr(importlib.import_module(our_path(module)), name)
    except (AttributeError, ModuleNotFoundError):
        return Found(module, name, "absent")
    differences: dict[str, str] = {}
    more = False
    for label, their_part, our_part in _parts(name, theirs, ours):
        how, takes_more = _how_signatures_differ(their_part, our_part)
        more |= takes_more
        if how:
            differences[label] = how
    kind = "different" if differences else "more" if more else "same"
    return Found(module, name, kind, differences)


def _parts(name: str, theirs: Any, ours: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the callables to compare, with a label; None where ours has none."""
    if not isinstance(theirs, type):
        if callable(theirs):
            yield name, theirs, ours
        elif _is_object_of_lightworks(theirs):
            yield from _members(name, type(theirs), type(ours))
        return
    if not issubclass(theirs, BaseException):
        yield name, theirs, ours
    yield from _members(name, theirs, ours)


def _members(name: str, theirs: type, ours: type) -> Iterator[tuple[str, Any, Any]]:
    for member in sorted(dir(theirs)):
        owner = next((kind for kind in theirs.__mro__ if member in vars(kind)), object)
        if not member.startswith("_") and owner.__module__.partition(".")[0] in ROOTS:
            yield f"{name}.{member}", inspect.getattr_static(theirs, member), _static(ours, member)


def _static(kind: type, member: str) -> Any:
    return inspect.getattr_static(kind, member, None)


def _is_object_of_lightworks(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in ROOTS and not isinstance(value, ModuleType)


def _how_signatures_differ(theirs: Any, ours: Any) -> tuple[str, bool]:
    """Return how ours differs (empty where it does not), and whether it takes more."""
    if ours is None:
        return "absent", False
    their_call, our_call = _callable_of(theirs), _callable_of(ours)
    if their_call is None or our_call is None:
        return ("" if (their_call is None) == (our_call is None) else "a method there, not here"), False
    try:
        before, after = _parameters(their_call), _parameters(our_call)
    except ValueError:  # built-in
        return "", False
    if before == after:
        return "", False
    # What is optional, or only collects, takes away nothing; and what became optional neither.
    same = len(after) >= len(before) and all(map(_takes_as_much, before, after))
    if same and all(is_optional for *_, is_optional in after[len(before) :]):
        return "", True
    return f"({_text(before)}) there, ({_text(after)}) here", False


def _callable_of(value: Any) -> Any:
    if isinstance(value, property) or not (callable(value) or isinstance(value, staticmethod | classmethod)):
        return None
    return value.__func__ if isinstance(value, staticmethod | classmethod) else value


def _parameters(function: Any) -> list[tuple[str, str, str, bool]]:
    """Return name, kind, default and whether it may be left out, of each parameter."""
    found = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        default = "" if parameter.default is inspect.Parameter.empty else f"={_default(parameter.default)}"
        optional = bool(default) or parameter.kind in {
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        }
        found.append((parameter.name, parameter.kind.name, default, optional))
    return found


def _takes_as_much(before: tuple[str, str, str, bool], after: tuple[str, str, str, bool]) -> bool:
    collects = before[1] == after[1] and before[1].startswith("VAR_")
    return collects or before == after or (before[:2] == after[:2] and not before[2])


def _default(value: Any) -> str:
    """Return a default as text: numbers by value (1 is 1.0), objects without their address."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{float(value):g}"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value)).replace("lightworks.", "lwfast.")


def _text(parameters: list[tuple[str, str, str, bool]]) -> str:
    marks = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}
    parts, named = [], False
    for name, kind, default, _ in parameters:
        if kind == "KEYWORD_ONLY" and not named:
            parts.append("*")
            named = True
        parts.append(f"{marks.get(kind, '')}{name}{default}")
    return ", ".join(parts)
