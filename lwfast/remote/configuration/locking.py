"""Locks on files, which the operating system takes back when their process ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lwfast._base.files.file_lock import try_lock, unlock
from lwfast._base.files.user_folder import make_folder as make_folder

PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.02


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other writers, threads and processes alike, out of `folder` while the block runs.

    Raises:
        OSError: The folder cannot be made or its lock not be taken.
    """
    make_folder(folder)
    path = folder / ".lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not lock_within(handle, PATIENCE_SECONDS):
            raise TimeoutError(f"Another process has held {path} for {PATIENCE_SECONDS:.0f} s.")
        yield
    finally:
        with suppress(OSError):
            unlock(handle)
        os.close(handle)


def lock_within(handle: int, seconds: float) -> bool:
    """Lock an open file, however often it takes within so many seconds; returns whether that succeeded."""
    give_up = time.monotonic() + seconds
    while not try_lock(handle):
        if time.monotonic() >= give_up:
            return False
        time.sleep(PAUSE_SECONDS)
    return True
