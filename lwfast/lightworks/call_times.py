"""How long a program's calls of lwfast take: `lwfast run --profile`.

Public functions, methods and properties are wrapped before the program begins. What counts is the call that
the program makes; the calls within it belong to it. Small values that are made by the thousand (states,
parameters, rules, the functions of `convert`) are left as they are: timing one takes longer than the call
itself.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

FACES = ("lwfast", "lwfast.emulator", "lwfast.remote", "lwfast.results")
"""Where the program finds public names; modules among the names of the first are faces as well."""
LEFT = frozenset({"Parameter", "ParameterDict", "PostSelection", "PostSelectionFunction", "State", "convert"})
_SPECIAL = ("__init__", "__enter__", "__exit__")
MOST_ROWS = 25


@contextlib.contextmanager
def profiled() -> Iterator[None]:
    """Time the calls of lwfast while a block runs, and print them at its end, on stderr."""
    times = CallTimes()
    for function in _public_functions():
        _replace(function, times.timed(function, _named(function.__name__)))
    for owner, name, member in _public_members():
        setattr(owner, name, times.timed_member(name, member))
    process, began = os.getpid(), time.perf_counter()
    try:
        yield
    finally:
        if os.getpid() == process:  # a fork that leaves the block is not its end
            print(times.table(time.perf_counter() - began), file=sys.stderr)  # noqa: T201


class CallTimes:
    """Number of calls, seconds in all and of the longest, by name of the call."""

    def __init__(self) -> None:
        self._times: dict[str, tuple[int, float, float]] = {}
        self._lock = threading.Lock()
        self._inside = threading.local()

    def timed(
        self, function: Callable[..., Any], name_of: Callable[[tuple[Any, ...]], str]
    ) -> Callable[..., Any]:
        """Return a function that does the same, and is timed where it is called from outside of lwfast.

        Args:
            function: What is called. The steps of a generator are timed together.
            name_of: The name of a call, by its arguments.
        """
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def stepping(*args: Any, **kwargs: Any) -> Any:
                steps, name = function(*args, **kwargs), name_of(args)
                end = object()
                while (found := self._call(name, next, (steps, end), {})) is not end:
                    yield found

            return stepping

        @functools.wraps(function)
        def timing(*args: Any, **kwargs: Any) -> Any:
            asked_by = sys._getframe(1).f_globals.get("__name__", "")  # noqa: SLF001  (a stack walk costs more)
            if getattr(self._inside, "call", False) or asked_by.startswith("lwfast."):
                return function(*args, **kwargs)
            return self._call(name_of(args), function, args, kwargs)

        return timing

    def timed_member(self, name: str, member: Any) -> Any:
        """Return the same for a method, a class method, a static method or a property of a class."""

        def name_of(args: tuple[Any, ...]) -> str:
            owner = args[0] if isinstance(args[0], type) else type(args[0])
            return owner.__name__ if name == "__init__" else f"{owner.__name__}.{name}"

        if isinstance(member, property):
            read, set_ = (None if f is None else self.timed(f, name_of) for f in (member.fget, member.fset))
            return property(read, set_, member.fdel, member.__doc__)
        if isinstance(member, classmethod):
            return classmethod(self.timed(member.__func__, name_of))
        if isinstance(member, staticmethod):
            return staticmethod(self.timed(member.__func__, lambda _: member.__func__.__qualname__))
        return self.timed(member, name_of)

    def _call(self, name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        self._inside.call = True
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            seconds = time.perf_counter() - began
            self._inside.call = False
            with self._lock:
                n, total, longest = self._times.get(name, (0, 0.0, 0.0))
                self._times[name] = n + 1, total + seconds, max(longest, seconds)

    def table(self, wall: float) -> str:
        """Return the table, longest in all first.

        Args:
            wall: Seconds that the program took.
        """
        rows = sorted(self._times.items(), key=lambda row: -row[1][1])
        total, n_calls = sum(row[1][1] for row in rows), sum(row[1][0] for row in rows)
        threads = " (of several threads at once)" if total > wall else ""
        head = (
            f"lwfast run: the program took {wall:.3f} s, {total:.3f} s of them in {n_calls} calls of lwfast"
        )
        lines = [f"{head}{threads}."]
        if rows:
            lines.append(
                f"{'seconds':>10} {'share':>7} {'calls':>8} {'mean ms':>11} {'longest ms':>11}  call"
            )
        for name, (n, seconds, longest) in rows[:MOST_ROWS]:
            start = f"{seconds:10.3f} {seconds / wall:7.1%} {n:8}"
            lines.append(f"{start} {seconds / n * 1e3:11.3f} {longest * 1e3:11.3f}  {name}")
        if len(rows) > MOST_ROWS:
            rest = [row[1] for row in rows[MOST_ROWS:]]
            seconds, n = sum(row[1] for row in rest), sum(row[0] for row in rest)
            lines.append(f"{seconds:10.3f} {seconds / wall:7.1%} {n:8} {'':23}  {len(rest)} others")
        return "\n".join(lines)


def _named(name: str) -> Callable[[tuple[Any, ...]], str]:
    return lambda _: name


def _faces() -> list[ModuleType]:
    faces = [importlib.import_module(name) for name in FACES]
    inner = [getattr(faces[0], name) for name in faces[0].__all__]
    return list(dict.fromkeys([*faces, *(value for value in inner if isinstance(value, ModuleType))]))


def _public() -> list[Any]:
    found = [
        getattr(face, name) for face in _faces() for name in getattr(face, "__all__", ()) if name not in LEFT
    ]
    return list({id(value): value for value in found}.values())


def _public_functions() -> list[FunctionType]:
    return [
        value
        for value in _public()
        if isinstance(value, FunctionType) and value.__module__.startswith("lwfast.")
    ]


def _replace(function: FunctionType, timed: Callable[..., Any]) -> None:
    """Put a function in another's place: at its home, where pickles look for it, and where it is shown."""
    for module in (sys.modules[function.__module__], *_faces()):
        if vars(module).get(function.__name__) is function:
            setattr(module, function.__name__, timed)


def _public_members() -> Iterator[tuple[type, str, Any]]:
    """Yield class, name and value of what public classes define, or inherit from others of lwfast."""
    seen = set()
    for kind in _public():
        if (
            not isinstance(kind, type)
            or issubclass(kind, BaseException)
            or hasattr(kind, "__struct_fields__")
        ):
            continue
        for owner in kind.__mro__:
            if not owner.__module__.startswith("lwfast.") or owner.__name__ in LEFT or owner in seen:
                continue
            seen.add(owner)
            for name, member in list(vars(owner).items()):
                if (not name.startswith("_") or name in _SPECIAL) and _is_timed(member):
                    yield owner, name, member


def _is_timed(member: Any) -> bool:
    if isinstance(member, property):
        return isinstance(member.fget, FunctionType)
    plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
    return isinstance(plain, FunctionType) and not inspect.iscoroutinefunction(plain)
