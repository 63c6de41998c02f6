"""Processes that `multiprocessing` starts take Lightworks' place too.

A child of "spawn" or "forkserver" is a new Python. Before it imports the program it loads what its parent sends: the
preparation data, to which a part is added here that takes Lightworks' place when it is loaded.
"""

from __future__ import annotations

import sys
from multiprocessing import spawn
from typing import Any

_PRELOADED = "lwfast.lightworks.preloaded"
_plain = spawn.get_preparation_data


def follow() -> None:
    """Let the processes that are started from now on take Lightworks' place."""
    spawn.get_preparation_data = _preparation_data


def leave() -> None:
    """Start processes as Python does again."""
    spawn.get_preparation_data = _plain


def _preparation_data(name: str) -> dict[str, Any]:
    data = _plain(name)
    if name == "ignore":  # asked by the forkserver, for itself
        _prepare_forkserver()
        # Newer versions of Python load the program itself into the server, before anything else could happen there.
        return {key: value for key, value in data.items() if not key.startswith("init_main")}
    return {"lwfast": _TakesPlace(), **data}


def _prepare_forkserver() -> None:
    """Let the server take Lightworks' place before it loads the modules that a program has it load."""
    # There is no public way to what is loaded already.
    server = sys.modules["multiprocessing.forkserver"]._forkserver  # type: ignore[attr-defined]  # noqa: SLF001
    names = server._preload_modules  # noqa: SLF001
    if _PRELOADED not in names:
        server.set_forkserver_preload([_PRELOADED, *names])


class _TakesPlace:
    """A part of the preparation data; loading it takes Lightworks' place."""

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        from lwfast.lightworks import preloaded

        return preloaded.install, ()
