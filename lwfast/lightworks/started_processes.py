"""Processes that `multiprocessing` starts take Lightworks' place too.

A child of "spawn" or "forkserver" is a new Python. Before it imports the program it loads what its parent
sends: the preparation data, to which a part is added here that takes Lightworks' place when it is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from multiprocessing import spawn
from typing import Any

_PRELOADED = "lwfast.lightworks.preloaded"
_plain = spawn.get_preparation_data


def follow(install: Callable[[], None]) -> None:
    """Let the processes that are started from now on take Lightworks' place.

    Args:
        install: What takes it in a process; a function that can be pickled.
    """

    def preparation_data(name: str) -> dict[str, Any]:
        data = _plain(name)
        if name == "ignore":  # asked by the forkserver, for itself
            _prepare_forkserver()
            # Newer versions of Python load the program itself into the server, before anything else can
            # happen.
            return {key: value for key, value in data.items() if not key.startswith("init_main")}
        return {"lwfast": _CalledOnLoading(install), **data}

    spawn.get_preparation_data = preparation_data


def leave() -> None:
    """Start processes as Python does again."""
    spawn.get_preparation_data = _plain


def _prepare_forkserver() -> None:
    """Let the server take Lightworks' place before it loads the modules that a program has it load."""
    # There is no public way to what is loaded already.
    server = sys.modules["multiprocessing.forkserver"]._forkserver  # noqa: SLF001
    names = server._preload_modules  # noqa: SLF001
    if _PRELOADED not in names:
        server.set_forkserver_preload([_PRELOADED, *names])


class _CalledOnLoading:
    """A part of the preparation data; loading it calls a function."""

    def __init__(self, function: Callable[[], None]) -> None:
        self._function = function

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return self._function, ()
