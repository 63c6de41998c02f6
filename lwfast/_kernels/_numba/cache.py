"""Compiled kernels on disk, in place of Numba's own cache, which trusts what it reads and where it writes.

An entry is one file for each kernel and signature: a digest of what it was compiled from, a digest of what
follows, and Numba's own form of the compiled code. An entry that is damaged, or of another version, is
compiled again and overwritten. One that cannot be saved is used by this process only; `why_not_kept` says
why. Processes that need the same kernel at the same time compile it once: one does, under a lock, and the
others load it.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import pickle
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba.core.compiler import CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.serialize import dumps

from lwfast._kernels._numba.cache_folders import folders, note_trouble, place_for, trouble
from lwfast._kernels._numba.note import NOTE

try:
    import fcntl
except ImportError:  # Windows: every process compiles what it needs
    fcntl = None  # type: ignore[assignment]

USE_CACHE = os.environ.get("LWFAST_CACHE", "1") != "0"
LOCK_PATIENCE_SECONDS = 120.0
"""Then a kernel is compiled whoever holds its lock: that process may be stopped, say."""
_DIGEST_BYTES = 32
_KERNELS = Path(__file__).parents[1] / "__init__.py"
_unsaved: dict[str, str] = {}


class KernelCache:
    """The entries of one kernel; has the methods that a Numba dispatcher calls.

    Numba calls `load_overload`, compiles what that does not return, and calls `save_overload`, all of it in
    `dispatcher.compile` and by one thread of the process at a time.
    """

    def __init__(self, function: Callable[..., Any]) -> None:  # OSError: its source cannot be read
        self._function = function
        self._source = Path(inspect.getfile(function))
        name = f"{self._source.stem}.{function.__qualname__}".replace("<", "").replace(">", "")
        version = f"py{sys.version_info[0]}{sys.version_info[1]}{getattr(sys, 'abiflags', '')}"
        self._name = f"{name}-{function.__code__.co_firstlineno}.{version}"
        self._digest = _digest_of(self._source) + _digest_of_kernels()
        self._locks: list[tuple[int, Path]] = []

    @property
    def cache_path(self) -> str:
        """Where new entries are kept; empty where they cannot be kept."""
        return str(place_for(self._source)[0] or "")

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the compiled kernel from disk; or None, with its lock taken where it can be kept."""
        context.refresh()
        name, identity = self._entry(signature, context.codegen())
        for folder in folders(self._source):
            if (found := _read(folder / name, identity, context)) is not None:
                return found
            if not trouble(folder):
                self._lock(folder / f"{name}.lock")
                return _read(folder / name, identity, context)  # by who had the lock before
        return None

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Write the compiled kernel to the first folder that takes it."""
        name, identity = self._entry(signature, compiled.codegen)
        try:
            if compiled.library.has_dynamic_globals or compiled.lifted:
                _unsaved[name] = "its code holds addresses"
                return
            reduced = compiled._reduce()  # noqa: SLF001  (as Numba's cache does)
            body = dumps(reduced)  # type: ignore[no-untyped-call]
        except Exception as error:  # noqa: BLE001  (whatever a future Numba raises, the kernel itself works)
            _unsaved[name] = f"{type(error).__name__}: {error}"
            return
        content = identity + hashlib.sha256(body).digest() + body
        for folder in folders(self._source):
            if not trouble(folder):
                try:
                    _write(folder / name, content)
                    return
                except OSError as error:
                    note_trouble(folder, error)
        _unsaved[name] = place_for(self._source)[1]

    def flush(self) -> None:
        """Do nothing: an entry that should not be loaded is told by its digests."""

    def unlock(self) -> None:
        """Give back the locks that `load_overload` took."""
        while self._locks:
            handle, path = self._locks.pop()
            # Whoever waits for a file that is gone finds the entry as soon as it has its lock.
            with suppress(OSError):
                path.unlink()
            os.close(handle)

    def _entry(self, signature: Any, codegen: Any) -> tuple[str, bytes]:
        """Return the name of the file of a signature, and the digest of what it is compiled from."""
        key = repr((signature, codegen.magic_tuple(), numba.__version__))
        name = f"{self._name}.{hashlib.sha256(key.encode()).hexdigest()[:16]}.nbc"
        code, closure = self._function.__code__.co_code, self._function.__closure__ or ()
        cells = tuple(cell.cell_contents for cell in closure)
        parts = (self._name, key, self._digest, code, dumps(cells))  # type: ignore[no-untyped-call]
        return name, hashlib.sha256(repr(parts).encode()).digest()

    def _lock(self, path: Path) -> None:
        """Wait until no other process compiles the entry: not for ever, nor where there are no locks."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return
        try:
            if try_lock(handle) or _waited(handle):
                self._locks.append((handle, path))
                return
        except OSError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def use_cache(dispatcher: Any) -> None:
    """Let a Numba dispatcher keep what it compiles."""
    try:
        cache = KernelCache(dispatcher.py_func)
    except OSError as error:  # as in a program that is one file
        _unsaved[dispatcher.py_func.__qualname__] = f"its source cannot be read: {error}"
        return
    compile_or_load = dispatcher.compile

    def compile_once(signature: Any) -> Any:
        with global_compiler_lock:
            try:
                return compile_or_load(signature)
            finally:  # whether it was compiled, loaded, or interrupted
                cache.unlock()

    dispatcher._cache = cache  # noqa: SLF001
    dispatcher.compile = compile_once


def why_not_kept() -> str:
    """Say why compiled kernels cannot be kept, or were not by this process; empty where they are."""
    if not USE_CACHE:
        return "Compiled kernels are not kept, because LWFAST_CACHE=0 is set; unset it to keep them."
    folder, reasons = place_for(_KERNELS)
    if folder is not None and not _unsaved:
        return ""
    which = "Compiled kernels cannot be"
    if folder is not None:
        which = f"{len(_unsaved)} compiled kernels could not be"
        reasons = next(iter(_unsaved.values()))
    return (
        f"{which} kept, so that each process compiles them again ({reasons}). "
        "Set NUMBA_CACHE_DIR to a folder that can be written."
    )


def kept_in() -> Path | None:
    """Return the folder that new kernels are kept in, or None."""
    return place_for(_KERNELS)[0] if USE_CACHE else None


def count_entries(folder: Path) -> tuple[int, int]:
    """Return how many entries are sound, and how many are damaged.

    Args:
        folder: Where entries of the kernels' package are kept. Where that is beside its sources, the rooms
            inside have folders of their own, which are counted too.
    """
    inside = folder.parent if folder.name == "__pycache__" else folder
    sound = [_is_sound(path) for path in inside.rglob("*.????????????????.nbc")]
    return sound.count(True), sound.count(False)


def _waited(handle: int) -> bool:
    """Wait for a lock, with the note that compiling has; False where it took too long."""
    give_up = time.monotonic() + LOCK_PATIENCE_SECONDS
    NOTE.begin()
    try:
        while not (taken := try_lock(handle)) and time.monotonic() < give_up:
            time.sleep(0.01)
        return taken
    finally:
        NOTE.end()


def try_lock(handle: int) -> bool:
    """Take the lock of an open file, unless another process has it.

    The kernels stand below the package's other tools, so this is not `file_lock`, which has more to it.

    Raises:
        OSError: The system or the file system has no such locks.
    """
    if fcntl is None:
        raise OSError("This system has no locks that end with their process.")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@functools.cache
def _digest_of_kernels() -> bytes:
    """Return a digest of all kernels' sources: what one takes from another file is compiled into it."""
    sources = sorted(_KERNELS.parent.rglob("*.py"))
    return hashlib.sha256(b"".join(map(_digest_of, sources))).digest()


@functools.cache
def _digest_of(source: Path) -> bytes:
    return hashlib.sha256(source.read_bytes()).digest()


def _is_sound(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    head, body = content[: 2 * _DIGEST_BYTES], content[2 * _DIGEST_BYTES :]
    return head[_DIGEST_BYTES:] == hashlib.sha256(body).digest()


def _read(path: Path, identity: bytes, context: Any) -> Any:
    """Return the compiled kernel in an entry; None if there is no such entry, or not one to be trusted."""
    try:
        content = path.read_bytes()
        digest, body = content[_DIGEST_BYTES : 2 * _DIGEST_BYTES], content[2 * _DIGEST_BYTES :]
        if content[:_DIGEST_BYTES] != identity or digest != hashlib.sha256(body).digest():
            return None
        reduced = pickle.loads(body)  # noqa: S301  (the folders are those of the installation or the user)
        return CompileResult._rebuild(context, *reduced)  # type: ignore[no-untyped-call]  # noqa: SLF001
    except Exception:  # noqa: BLE001  (whatever is wrong with it, it is compiled again and overwritten)
        return None


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
