"""Locks between processes: on an open file, given back by the operating system when their process ends."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":  # pragma: no cover  (Windows has its own locks)
    import msvcrt

    _PLACE = 1 << 20  # a byte far behind what the file holds, which stays readable for others

    def try_lock(handle: int) -> bool:
        """Take the lock of an open file, unless another process or another handle has it.

        Raises:
            OSError: The file system has no locks.
        """
        os.lseek(handle, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

    def unlock(handle: int) -> None:
        """Give the lock back."""
        os.lseek(handle, _PLACE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(handle: int) -> bool:
        """Take the lock of an open file, unless another process or another handle has it.

        Raises:
            OSError: The file system has no locks.
        """
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(handle: int) -> None:
        """Give the lock back."""
        fcntl.flock(handle, fcntl.LOCK_UN)
