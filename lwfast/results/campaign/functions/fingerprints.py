"""What a user's function does, told from its code and the data that it uses, never from its name."""

from __future__ import annotations

import builtins
import dis
import functools
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import Any

import numpy as np

from lwfast.errors import ResultError
from lwfast.results.campaign.functions.installed import installed_as, is_installed
from lwfast.results.campaign.verbs import CampaignStep
from lwfast.rules import DefaultPostSelection, PostSelectionFunction, as_selection, name_of_test
from lwfast.state import State

PYTHON = f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}"
"""Whose code a fingerprint is of; each minor version of Python compiles a function to another."""
_DEEPEST = 60
_CACHED = type(functools.cache(repr))
_PLAIN = (bool, int, str, bytes, type(None), type(Ellipsis))
_DYNAMIC = ("eval", "exec", "compile", "globals", "locals", "vars", "open", "input", "__import__")
"""Builtins that may give a function anything."""
_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD")


def functions_of(steps: Iterable[CampaignStep]) -> list[dict[str, str]]:
    """Return what tells the callables of the user in steps from others, in their order.

    Returns:
        For each step with a callable its `name`, the `python` that compiled it, and its `fingerprint`, which
        is the same in every process of that Python.

    Raises:
        ResultError: If it cannot be told what a callable does; names it, and says what to do.
    """
    return [_function_of(step) for step in steps if not step.is_ours]


def _function_of(step: CampaignStep) -> dict[str, str]:
    first, *rest = step.args
    name = name_of_test(first)
    test = first if step.name == "map" else as_selection(first)[1]
    if isinstance(test, MethodType):
        if test.__func__ is PostSelectionFunction.validate:
            test = test.__self__.function  # type: ignore[attr-defined]
        elif test.__func__ is DefaultPostSelection.validate:
            test = DefaultPostSelection
    teller, told = _Teller(), []
    try:
        told.append(teller.tell(test, name))
        if step.name == "map":  # of the others, the heralds are in the description of the step
            told += [teller.tell(part, f"an argument of {name}") for part in (*rest, step.kwargs)]
    except _UntoldError as error:
        raise ResultError(
            f"A resumed run cannot tell whether {name} in {step.name} is still what it was at the next run: "
            f"{error}. Use a function of a module or a lambda that depends on plain data (numbers, text, "
            "arrays, states, and lists or dicts of them), or leave out resume=."
        ) from None
    return {"name": name, "python": PYTHON, "fingerprint": sha256(repr(told).encode()).hexdigest()}


class _UntoldError(Exception):
    """Why it cannot be told what a callable does."""


class _Teller:
    """Tells values as nested tuples of text, numbers and bytes, which are equal where the values do the same.

    A function that was met before is told by its turn, so that functions may call themselves.
    """

    def __init__(self) -> None:
        self._met: dict[int, tuple[int, Any]] = {}

    def tell(self, value: Any, name: str, depth: int = 0) -> Any:
        """Return what a value is.

        Args:
            value: Any data, function, class or module.
            name: What it is called, for the message.
            depth: How deep in others it is.

        Raises:
            _UntoldError: If that cannot be told.
        """
        if depth > _DEEPEST:
            raise _UntoldError(f"{name} is nested too deeply, or holds itself")
        data = self._data(value, name, depth + 1)
        if data is not None:
            return data
        if isinstance(value, FunctionType) and not is_installed(value):
            return self._function(value, depth + 1)
        if isinstance(value, MethodType):
            parts = [self.tell(part, name, depth + 1) for part in (value.__func__, value.__self__)]
            return "method", *parts
        if type(value) is functools.partial:
            listed = (value.func, value.args, value.keywords, vars(value))
            return "partial", *(self.tell(part, name, depth + 1) for part in listed)
        if isinstance(value, _CACHED):
            return self.tell(value.__wrapped__, name, depth + 1)
        if isinstance(value, BuiltinFunctionType | MethodWrapperType):
            owner = value.__self__
            if owner is not None and not isinstance(owner, ModuleType | type):
                return "method of", value.__name__, self.tell(owner, name, depth + 1)
        if isinstance(value, ModuleType | type | FunctionType | BuiltinFunctionType | np.ufunc):
            installed = installed_as(value)
            if installed is not None:
                return "installed", *installed
        raise _UntoldError(f"{name} is {_kind(value)}, which may do something else then")

    def _data(self, value: Any, name: str, depth: int) -> Any:
        """Return what plain data are; None for anything else."""
        kind = type(value)
        if kind in _PLAIN:
            return kind.__name__, repr(value)
        if kind is float:
            return "float", value.hex()
        if kind is complex:
            return "complex", value.real.hex(), value.imag.hex()
        if kind is State:
            return "State", value.s
        if kind is np.ndarray or isinstance(value, np.generic):
            if value.dtype.kind not in "biufcSUmM":
                return None
            return "array", kind.__name__, value.dtype.str, value.shape, sha256(value.tobytes()).hexdigest()
        if kind is range or kind is slice:
            return kind.__name__, self.tell((value.start, value.stop, value.step), name, depth)
        if kind is tuple or kind is list:
            return kind.__name__, *(self.tell(part, f"{name}[{k}]", depth) for k, part in enumerate(value))
        if kind is dict:
            return "dict", *(
                (self.tell(key, name, depth), self.tell(part, f"{name}[{key!r:.40}]", depth))
                for key, part in value.items()
            )
        if kind is set or kind is frozenset:
            # Their order differs from process to process, so each is told as if it came first.
            return kind.__name__, *sorted(repr(_Teller().tell(part, name, depth)) for part in value)
        return None

    def _function(self, function: FunctionType, depth: int) -> Any:
        if id(function) in self._met:
            return "again", self._met[id(function)][0]
        self._met[id(function)] = len(self._met), function  # held, so that no other gets its id
        name = function.__qualname__
        cells = []
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                inside = cell.cell_contents
            except ValueError:
                raise _UntoldError(f"the variable {variable} of {name} has no value yet") from None
            cells.append(self.tell(inside, f"the variable {variable} of {name}", depth))
        attributes = {key: part for key, part in vars(function).items() if key != "__wrapped__"}
        return (
            "function",
            self._code(function.__code__, function.__globals__, name, depth),
            self.tell(function.__defaults__, f"the defaults of {name}", depth),
            self.tell(function.__kwdefaults__, f"the defaults of {name}", depth),
            cells,
            self.tell(attributes, f"an attribute of {name}", depth),
        )

    def _code(self, code: CodeType, names: Mapping[str, Any], name: str, depth: int) -> Any:
        """Return what code does, without names and numbers of lines, and the globals that it uses."""
        consts = [
            self._code(const, names, name, depth + 1)
            if isinstance(const, CodeType)
            else self.tell(const, f"a constant of {name}", depth)
            for const in code.co_consts
        ]
        arguments = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
        variables = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
        own = code.co_code, code.co_exceptiontable, arguments, variables
        return "code", own, consts, self._globals(code, names, name, depth)

    def _globals(self, code: CodeType, names: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        found = []
        steps = [step for step in dis.get_instructions(code) if step.opname != "CACHE"]
        for k, step in enumerate(steps):
            if step.opname == "IMPORT_NAME":
                found.append(_imported(step.argval, steps[max(k - 2, 0)].argval, name))
            if step.opname not in _GLOBAL:
                continue
            if step.argval not in names:
                found.append(_builtin(step.argval, name))
                continue
            path, value = step.argval, names[step.argval]
            for following in steps[k + 1 :]:
                # Of a module that may be edited, what the function uses of it.
                is_part = isinstance(value, ModuleType) and following.opname in _ATTRIBUTE
                if not is_part or is_installed(value) or not hasattr(value, following.argval):
                    break
                path, value = f"{path}.{following.argval}", getattr(value, following.argval)
            found.append((path, self.tell(value, f"{path}, which {name} uses,", depth)))
        return found


def _builtin(called: str, name: str) -> tuple[str, str]:
    if called in _DYNAMIC:
        raise _UntoldError(f"{name} uses {called}, which may give it anything")
    return "builtin" if hasattr(builtins, called) else "missing", called


def _imported(called: str, level: Any, name: str) -> Any:
    """Return what a function imports when it runs, if that is a module which is installed."""
    top = called.partition(".")[0]
    with suppress(ImportError):  # as the function is about to do
        if level == 0:
            __import__(top)
    installed = installed_as(sys.modules.get(top)) if level == 0 else None
    if installed is None:
        raise _UntoldError(f"{name} imports {called or 'from its package'} itself; import it in the module")
    return "imports", called, *installed


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__qualname__}"
    if isinstance(value, ModuleType):
        return f"the module {value.__name__}"
    if callable(value):
        return f"a callable of type {type(value).__qualname__}"
    return f"an object of type {type(value).__qualname__}"


def difference_of(kept: Any, now: Sequence[Mapping[str, str]]) -> str | None:
    """Say why the callables of a kept sum are not those of now; None where they are.

    Args:
        kept: What `functions_of` gave when the sum was kept, as it is read back; None where nothing is kept.
        now: What it gives now.
    """
    if (kept or []) == list(now):
        return None
    names = ", ".join(function["name"] for function in now)
    if not isinstance(kept, list) or len(kept) != len(now) or not all(isinstance(old, dict) for old in kept):
        return f"does not say what {names} did when it was kept, only the name"
    for old, new in zip(kept, now, strict=True):
        if old.get("python") != new["python"]:
            return (
                f"was kept by {old.get('python')}, and this is {new['python']}, which compiles functions to "
                f"other code, so that {new['name']} cannot be compared"
            )
        if old != new:
            return (
                f"was kept with another function {new['name']}: its code, a value that it uses, or the "
                "version of a package that it uses has changed"
            )
    return None
