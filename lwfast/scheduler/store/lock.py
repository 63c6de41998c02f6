"""One process per store: a lock file that the operating system releases when the process ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lwfast.scheduler.faults import StoreInUseError


class StoreLock:
    """Hold an exclusive lock on `path` until `release` or the end of the process.

    The file stays: deleting it would let two processes lock two files of the same name.

    Raises:
        StoreInUseError: Another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._file)
        except OSError:
            holder = path.read_bytes()[:32].decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise StoreInUseError(
                f"the data folder {path.parent} is in use by another scheduler (process {holder}): "
                "stop it, or choose another folder with --data-dir"
            ) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        # A byte far behind the process id, which stays readable for others.
        os.lseek(file, 1 << 20, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
