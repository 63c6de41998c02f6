"""How this process runs its kernels: compiled ahead of time, by Numba, or as plain Python.

Decided once, when the first kernel is imported, and for all kernels. `MODE` is

    "native"  the C extension `_native`, built with the package, at a level of the processor
    "numba"   compiled in this process, or loaded from Numba's cache
    "python"  not compiled (`NUMBA_DISABLE_JIT=1`)

and `WHY` a sentence that says why. `LWFAST_JIT=1` asks for Numba, `LWFAST_CPU=v2` (v3, v4) for a level of the
extension, `LWFAST_SIMD=4` (8) for the highest level with vectors of so many numbers, and otherwise for Numba.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys
from typing import Any


def _is_set(name: str) -> bool:
    return os.environ.get(name, "0").strip() not in {"", "0"}


def _level(native: Any) -> str | None:
    """Return the level of the extension to use; None where Numba has to give what was asked for.

    Raises:
        RuntimeError: `LWFAST_CPU` names a level that is not there, or not for this processor.
    """
    asked = os.environ.get("LWFAST_CPU", "").strip().lower()
    supported = [name for name, _, runs in native.levels() if runs]
    if asked:
        wanted = asked if asked in supported else f"x86-64-{asked}"
        if wanted not in supported:
            built = ", ".join(name for name, _, _ in native.levels())
            msg = (
                f"LWFAST_CPU={asked} asks for kernels of a level that cannot be used: built are {built}, and "
                f"this processor and system run {', '.join(supported) or 'none of them'}. Unset LWFAST_CPU, "
                "or set it to one of those."
            )
            raise RuntimeError(msg)
        return wanted
    lanes = os.environ.get("LWFAST_SIMD", "").strip()
    able = [name for name, width, runs in native.levels() if runs and lanes in {"", str(width)}]
    return able[-1] if able else None


def _decide() -> tuple[str, str, Any, str]:
    """Return the mode, why it is that, the extension or None, and its level."""
    if _is_set("NUMBA_DISABLE_JIT"):
        return "python", "NUMBA_DISABLE_JIT is set", None, ""
    if _is_set("LWFAST_JIT"):
        return "numba", "LWFAST_JIT is set", None, ""
    try:
        damage, is_sealed = _look_at_file()
        if damage:
            return "numba", f"the kernels compiled ahead of time are damaged: {damage}", None, ""
        native: Any = importlib.import_module("lwfast._kernels._native")
    except ModuleNotFoundError:
        return "numba", "this installation holds no kernels that were compiled ahead of time", None, ""
    except (ImportError, OSError) as error:  # built for another system, or damaged
        return "numba", f"the kernels compiled ahead of time cannot be loaded ({error})", None, ""
    if native.SOURCES and digest_of_sources() != native.SOURCES:
        return "numba", "the kernels compiled ahead of time are older than their sources", None, ""
    if native.SOURCES and not is_sealed:
        return "numba", "the kernels compiled ahead of time have lost the digest of what was built", None, ""
    level = _level(native)
    if level is None:
        reason = "this processor supports no level that was built"
        if lanes := os.environ.get("LWFAST_SIMD", ""):
            reason = f"no level that runs here has the vectors that LWFAST_SIMD={lanes} asks for"
        return "numba", reason, None, ""
    asked = "LWFAST_CPU is set" if os.environ.get("LWFAST_CPU", "").strip() else "the highest that runs here"
    return "native", asked, native, level


def _look_at_file() -> tuple[str, bool]:
    """Look at the file of the extension before it is loaded, which could end the process.

    Returns:
        What is wrong with it, empty where nothing is; and whether it carries a digest of itself.
    """
    folders = list(sys.modules[__package__].__path__)
    spec = importlib.machinery.PathFinder.find_spec("lwfast._kernels._native", folders)
    if spec is None or not spec.has_location or spec.origin is None:
        return "", False
    from lwfast._kernels._extension_file import is_as_built, is_cut

    if is_cut(spec.origin):
        return f"{spec.origin} is cut short", False
    as_built = is_as_built(spec.origin)
    return f"{spec.origin} is not what was built" if as_built is False else "", as_built is True


def digest_of_sources() -> str:
    """Return a digest of all kernels' sources, to tell whether an extension in a source tree is theirs."""
    import hashlib
    from pathlib import Path

    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


MODE, WHY, NATIVE, LEVEL = _decide()
IS_BUILD = _is_set("LWFAST_BUILD")
"""Whether an extension is being built, maybe for another processor: nothing that is compiled can be run."""
LANES = {name: lanes for name, lanes, _ in NATIVE.levels()}[LEVEL] if NATIVE is not None else 0
"""Numbers in a vector of the level that is used; 0 where it is not one of the extension."""
