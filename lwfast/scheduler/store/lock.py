"""One process per store: a lock file that the operating system releases when the process ends."""

from __future__ import annotations

import os
from pathlib import Path

from lwfast._base.files.file_lock import try_lock
from lwfast._base.files.own_files import open_own, why
from lwfast.scheduler.faults import StoreInUseError, StoreOpenError


class StoreLock:
    """Hold an exclusive lock on `path` until `release` or the end of the process.

    The file stays: deleting it would let two processes lock two files of the same name.

    Raises:
        StoreInUseError: Another process holds it.
        StoreOpenError: The file cannot be used, or its file system has no locks.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = open_own(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            free = try_lock(self._file)
        except OSError as error:
            os.close(self._file)
            raise StoreOpenError(
                f"The data folder {path.parent} cannot be locked ({why(error)}): "
                "choose one on a local disk with --data-dir."
            ) from error
        if not free:
            os.lseek(self._file, 0, os.SEEK_SET)
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise StoreInUseError(
                f"The data folder {path.parent} is in use by another scheduler (process {holder}): "
                "stop it, or choose another folder with --data-dir."
            )
        try:
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())
        except OSError as error:  # such as a full disk
            os.close(self._file)
            raise _unusable(path, error) from error

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._file)


def _unusable(path: Path, error: OSError) -> StoreOpenError:
    return StoreOpenError(
        f"The lock file {path} cannot be used: {why(error)}; "
        "correct that, or choose another folder with --data-dir."
    )
