"""The program that started a scheduler for itself: the scheduler ends with it, and clears up behind it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lwfast.wire.loopback import OWN_FOLDER, OWN_LOG

_LONGEST = 1 << 16
"""Bytes of the path of a folder, at most."""


class Parent:
    """A parent at the other end of standard input.

    It may write one line, the path of the temporary folder that it has made for this scheduler: with the log
    in it, and perhaps with the data folder. A parent that is killed leaves nobody else to remove that.

    Args:
        data_dir: The data folder of the scheduler.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.absolute()
        self._said = b""
        self._is_gone = False

    def watch(self, on_gone: Callable[[], object]) -> None:
        """Call a function, in a thread, once standard input ends."""
        threading.Thread(target=self._wait, args=(on_gone,), daemon=True).start()

    def _wait(self, on_gone: Callable[[], object]) -> None:
        while said := os.read(0, 4096):
            self._said = (self._said + said)[:_LONGEST]
        self._is_gone = True
        on_gone()

    def clear_up(self) -> None:
        """Remove what the temporary folder of a parent that is gone holds of this scheduler, then the folder.

        Whatever else is in it stays, and the folder with it. So does a folder that no `local_scheduler` made:
        a program of a user may write anything into standard input, such as paths of its own.
        """
        folder = Path(os.fsdecode(self._said.removesuffix(b"\n")))
        if not self._is_gone or not self._said.endswith(b"\n") or not folder.is_absolute():
            return
        if not folder.name.startswith(OWN_FOLDER) or not (folder / OWN_LOG).is_file():
            return
        if self._data_dir == folder / self._data_dir.name:
            shutil.rmtree(self._data_dir, ignore_errors=True)
        with suppress(OSError):
            (folder / OWN_LOG).unlink(missing_ok=True)
            folder.rmdir()
