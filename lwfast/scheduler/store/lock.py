"""One process per store: a lock file that the operating system releases when the process ends."""

from __future__ import annotations

import os
from pathlib import Path

from lwfast._base.file_lock import try_lock
from lwfast.scheduler.faults import StoreInUseError, StoreOpenError


class StoreLock:
    """Hold an exclusive lock on `path` until `release` or the end of the process.

    The file stays: deleting it would let two processes lock two files of the same name.

    Raises:
        StoreInUseError: Another process holds it.
        StoreOpenError: The file system has no locks.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            free = try_lock(self._file)
        except OSError as error:
            os.close(self._file)
            raise StoreOpenError(
                f"the data folder {path.parent} cannot be locked ({error.strerror or error}): "
                "choose one on a local disk with --data-dir"
            ) from error
        if not free:
            holder = path.read_bytes()[:32].decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise StoreInUseError(
                f"the data folder {path.parent} is in use by another scheduler (process {holder}): "
                "stop it, or choose another folder with --data-dir"
            )
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._file)
