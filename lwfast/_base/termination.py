"""SIGTERM as an exception, for work that has something to keep before it ends."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_open: list[Termination] = []
"""That whose handler is installed, if any."""
_told_of_forks = False


class TerminationError(BaseException):
    """The process was asked to end, as by `kill` or `scancel`."""


class Termination:
    """A block that SIGTERM leaves by an exception, so that `finally` runs, before it ends the process.

    Nothing is done where the program has a handler of its own, ignores the signal, or runs the block on
    another thread than the main one: SIGTERM then does what it did before. A second SIGTERM ends the process
    at once. Processes that the block forks do not inherit any of this.
    """

    def __init__(self) -> None:
        self._came = False
        self._held = 0

    def __enter__(self) -> Self:
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and not _open and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            _tell_of_forks()
            _open.append(self)
            signal.signal(signal.SIGTERM, self._handle)
        return self

    def __exit__(self, *exception: object) -> None:
        if self not in _open:
            return
        _open.remove(self)
        if signal.getsignal(signal.SIGTERM) == self._handle:  # a callable of the user may have its own by now
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if self._came:
            signal.raise_signal(signal.SIGTERM)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let SIGTERM wait until a block is over, for what should not be left half done."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    def check(self) -> None:
        """Leave the outer block where SIGTERM came while it was held, or a callable caught the exception.

        Raises:
            TerminationError: SIGTERM came.
        """
        if self._came:
            raise TerminationError

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if not self._held:
            raise TerminationError


def _tell_of_forks() -> None:
    global _told_of_forks
    if not _told_of_forks and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget)
    _told_of_forks = True


def _forget() -> None:
    """Give a forked process, such as a worker of a pool, the handler that it would have had."""
    if _open:
        _open.clear()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
