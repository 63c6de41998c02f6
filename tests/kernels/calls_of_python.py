"""What Python calls kernels with, beside what their decorators state.

Compiled ahead of time, a kernel takes what its signatures say. Numba compiles it for whatever it is called
with: so where Numba does (`LWFAST_JIT=1`), the types of all calls are noted, and the session of tests fails
where a call fits no signature, or, after a run of the whole suite, where a signature was never called.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from lwfast._kernels import _jit
from lwfast._kernels._signatures import CODES, codes_of

CALLS: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
"""Numba's types of the arguments, by the name of the kernel."""
NAMES = {code: name for name, code in CODES.items()}


def listen() -> None:
    """Note the types of every first call of a kernel with them."""
    from numba.core.dispatcher import Dispatcher

    compile_for = Dispatcher._compile_for_args

    def keep(self: Any, compiled: Any) -> None:
        """Hide what was compiled from Python's first call, also where another kernel called before it."""
        self.overloads[tuple(compiled.signature.args)] = compiled

    def note(self: Any, *args: Any, **named: Any) -> Any:
        answer = compile_for(self, *args, **named)
        kinds = tuple(self.typeof_pyval(value) for value in args)
        if self.py_func.__module__.startswith("lwfast._kernels."):
            CALLS[_jit.name_of(self.py_func)].add(kinds)
        if (compiled := self.overloads.get(kinds)) is not None:
            self._insert([kind._code for kind in kinds], compiled.entry_point, compiled.objectmode)
        return answer

    Dispatcher.add_overload = keep
    Dispatcher._compile_for_args = note


def fits(code: str, kind: Any) -> bool:
    """Say whether an argument that Numba gives a type is one that a code stands for."""
    from numba.core import types

    if code[0] in "ar":
        return (
            isinstance(kind, types.Array)
            and str(kind.dtype) == NAMES[code[1]]
            and kind.ndim == int(code[2])
            and kind.layout == "C"
            and kind.aligned
            and (kind.mutable or code[0] == "r")
        )
    if code[0] == "(":
        inside = re.findall(r"[ar].\d|.", code[1:-1])  # no tuple in a tuple is used
        return (
            isinstance(kind, types.BaseTuple)
            and len(kind) == len(inside)
            and all(map(fits, inside, kind.types))
        )
    wanted = {"?": types.Boolean, "q": types.Integer, "Q": types.Integer, "d": (types.Float, types.Integer)}
    return isinstance(kind, wanted[code])


def compared(
    calls: dict[str, set[tuple[Any, ...]]], stated: dict[str, Iterable[str]]
) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the signatures that were called, and a sentence for each call that fits none.

    Args:
        calls: As `CALLS`. Kernels that state nothing are called by tests only, and are left out.
        stated: Signatures by the name of the kernel.

    Returns:
        Names of kernels with a signature each, and sentences.
    """
    called, unfit = set(), set()
    for name, kinds in calls.items():
        for kind in kinds if name in stated else ():
            matching = [
                signature
                for signature in stated[name]
                if len(codes := codes_of(signature)) == len(kind) and all(map(fits, codes, kind))
            ]
            called.update((name, signature) for signature in matching[:1])
            if not matching:
                types = ", ".join(map(str, kind))
                unfit.add(f"The kernel {name} was called with ({types}), which fits no signature of it.")
    return called, unfit


def never_called(called: set[tuple[str, str]], stated: dict[str, Iterable[str]]) -> set[str]:
    """Return a sentence for each signature that nothing called."""
    return {
        f'The kernel {name} was never called as its signature "{signature}" says.'
        for name, signatures in stated.items()
        for signature in signatures
        if (name, signature) not in called
    }


def stated_here(*, is_whole: bool) -> dict[str, Iterable[str]]:
    """Return the signatures of the package's kernels.

    Args:
        is_whole: Whether those count that were not even imported.
    """
    from tests.kernels.twins import modules

    if is_whole:
        list(modules())
    stated = {name: kernel.signatures for name, kernel in _jit.KERNELS.items()}
    return {name: forms for name, forms in stated.items() if "tests." not in name}
