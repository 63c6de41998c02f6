"""Where compiled kernels are kept: the folders in their order, and which of them take files.

What is loaded from a folder is run. So all of them belong to the installation or to the user: the folder that
`NUMBA_CACHE_DIR` names, the installation's own, the user's cache folder, and as the last resort a private
folder of the system's temporary directory. A relative folder, which is another one in each working folder, is
never used unless `NUMBA_CACHE_DIR` names it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numba
from numba.misc.appdirs import AppDirs

_PROBE_BYTES = 1 << 19
"""As much as a kernel takes: on a full disk an empty file can still be made."""
_troubles: dict[Path, str] = {}


def folders(source: Path) -> Iterator[Path]:
    """Yield the folders for the kernels of one source file, the preferred one first.

    A kernel is looked up in each of them up to the first that can be written, and then saved there. They are
    yielded one by one, because asking for the last one makes it.
    """
    # The source folder's path keeps installations apart that share one of these; Numba's names look alike.
    own = f"{source.parent.name}_{hashlib.sha256(os.fsencode(source.parent)).hexdigest()[:40]}"
    given = numba.config.CACHE_DIR  # type: ignore[attr-defined,unused-ignore]
    if given:
        yield Path(given).absolute() / own
    yield source.parent / "__pycache__"
    appdirs = AppDirs(appname="numba", appauthor=False)  # type: ignore[no-untyped-call]
    users = Path(appdirs.user_cache_dir)
    if users.is_absolute():  # it is "~/.cache" for a user without a home
        yield users / own
    private = private_folder(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108  (its owner is checked)
    if private is not None:
        yield private / own


def private_folder(root: str) -> Path | None:
    """Make the user's own folder below a directory that all users share; None where it is not safe to use.

    Whoever can write into it, or put another folder in its place, can have this user run any code.
    """
    if not hasattr(os, "getuid") or not Path(root).is_absolute():
        return None  # on Windows it would lie beside the user's cache folder and be full when that is
    path = Path(root) / f"lwfast-numba-{os.getuid()}"
    try:
        above = Path(root).stat()
        if stat.S_IMODE(above.st_mode) & 0o022 and not above.st_mode & stat.S_ISVTX:
            return None
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        found = path.lstat()
    except OSError:
        return None
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return path if mine and not stat.S_IMODE(found.st_mode) & 0o077 else None


def trouble(folder: Path) -> str:
    """Return why a folder does not take a kernel, or an empty string; tried once in a process."""
    if folder not in _troubles:
        probe = folder / f".{secrets.token_hex(8)}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                probe.write_bytes(bytes(_PROBE_BYTES))
            finally:
                probe.unlink(missing_ok=True)
        except OSError as error:
            note_trouble(folder, error)
        else:
            _troubles[folder] = ""
    return _troubles[folder]


def note_trouble(folder: Path, error: OSError) -> None:
    """Remember that a folder did not take a kernel."""
    _troubles[folder] = error.strerror or str(error)


def place_for(source: Path) -> tuple[Path | None, str]:
    """Return the folder that new kernels of a source file are kept in, and what is wrong with those before.

    Without any folder, the second value says why there is none.
    """
    reasons: list[str] = []
    for folder in folders(source):
        why = trouble(folder)
        if not why:
            return folder, "; ".join(reasons)
        reasons.append(f"{folder}: {why}")
    return None, "; ".join(reasons)
