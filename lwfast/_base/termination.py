"""SIGTERM as an exception, and Ctrl-C at a moment that fits, for work that has something to keep."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

_open: list[Termination] = []
"""That whose handler is installed, if any."""
_told_of_forks = False


class TerminationError(BaseException):
    """The process was asked to end, as by `kill` or `scancel`."""


class Termination:
    """A block that SIGTERM leaves by an exception, so that `finally` runs, before it ends the process.

    Ctrl-C raises KeyboardInterrupt, as always. Both wait while something is `held`; a second one does not.

    Nothing is done where the program has a handler of its own, ignores the signal, or runs the block on
    another thread than the main one: the signal then does what it did before. A second SIGTERM ends the
    process at once. Processes that the block forks do not inherit any of this.
    """

    def __init__(self) -> None:
        self._came = False
        self._was_interrupted = False
        self._waits = False  # a KeyboardInterrupt that was not raised yet
        self._held = 0

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread() or _open:
            return self
        for number, usual, handle in self._handlers:
            if signal.getsignal(number) is usual:
                if not _open:
                    _tell_of_forks()
                    _open.append(self)
                signal.signal(number, handle)
        return self

    def __exit__(self, kind: object, *exception: object) -> None:
        if self not in _open:
            return
        _open.remove(self)
        for number, usual, handle in self._handlers:
            if signal.getsignal(number) == handle:  # a callable of the user may have its own by now
                signal.signal(number, usual)
        if self._came:
            signal.raise_signal(signal.SIGTERM)
        if self._waits and kind is not KeyboardInterrupt:
            raise KeyboardInterrupt

    @property
    def _handlers(self) -> tuple[tuple[int, Any, Any], ...]:
        return (
            (signal.SIGTERM, signal.SIG_DFL, self._end),
            (signal.SIGINT, signal.default_int_handler, self._interrupt),
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let both signals wait until a block is over, for what should not be left half done."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    def check(self) -> None:
        """Leave the outer block where a signal came while it was held, or a callable caught the exception.

        Raises:
            TerminationError: SIGTERM came.
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if self._came:
            raise TerminationError
        if self._waits:
            self._waits = False
            raise KeyboardInterrupt

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if not self._held:
            raise TerminationError

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        first, self._was_interrupted = not self._was_interrupted, True
        if first and self._held:
            self._waits = True
            return
        self._waits = False
        raise KeyboardInterrupt


def _tell_of_forks() -> None:
    global _told_of_forks
    if not _told_of_forks and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget)
    _told_of_forks = True


def _forget() -> None:
    """Give a forked process, such as a worker of a pool, the handler that it would have had."""
    for one in _open:
        for number, usual, handle in one._handlers:  # noqa: SLF001  (of this module)
            if signal.getsignal(number) == handle:
                signal.signal(number, usual)
    _open.clear()
