"""Progress of long work, shown where the caller asked for it.

The caller opens a `Progress`; whoever works below reports steps to the one that is open in its context, and
nothing is passed down.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any

_OPEN: ContextVar[Progress | None] = ContextVar("lwfast_progress", default=None)
_PAUSE_SECONDS = 0.1


def step(what: str, done: int, total: int) -> None:
    """Report that `done` of `total` steps of `what` are done, to whoever shows progress."""
    shown = _OPEN.get()
    if shown is not None:
        shown.report(what, done, total)


class Progress:
    """A context in which steps are shown.

    Args:
        wanted: True for a line on stderr (a bar where tqdm is installed), a callable that takes
            (what, done, total), or False or None for nothing.
    """

    def __init__(self, wanted: bool | Callable[[str, int, int], Any] | None) -> None:
        self._wanted = wanted
        self._bars: dict[str, Any] = {}  # of work that is not finished; None where there is no tqdm
        self._what = ""
        self._finished = ""
        self._width = 0
        self._shown_at = 0.0
        self._token: Token[Progress | None] | None = None

    def __enter__(self) -> Progress:
        if self._wanted:
            self._token = _OPEN.set(self)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._token is not None:
            _OPEN.reset(self._token)
            self._token = None
            self._close()

    def report(self, what: str, done: int, total: int) -> None:
        """Show the steps."""
        if callable(self._wanted):
            self._wanted(what, done, total)
            return
        now = time.monotonic()
        if what == self._what and done < total and now - self._shown_at < _PAUSE_SECONDS:
            return
        self._shown_at = now
        if done >= total and what == self._finished and what not in self._bars:
            return  # said before
        self._what = what
        self._finished = ""
        if what not in self._bars:
            # Work within other work comes again and again, and leaves nothing behind.
            self._bars[what] = _bar(what, total, leave=not self._bars)
        bar = self._bars[what]
        if bar is not None:
            bar.total = total
            bar.update(done - bar.n)
        else:
            self._write(f"{what}: {done} of {total}")
        if done >= total:
            self._finished = what
            del self._bars[what]
            if bar is not None:
                bar.close()
            elif not self._bars:
                self._end_line()

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text:<{self._width}}")
        sys.stderr.flush()
        self._width = len(text)

    def _end_line(self) -> None:
        if self._width:
            sys.stderr.write("\n")
        self._width = 0

    def _close(self) -> None:
        for bar in self._bars.values():
            if bar is not None:
                bar.close()
        self._bars = {}
        self._what = ""
        self._end_line()


def _bar(what: str, total: int, *, leave: bool) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, desc=what, leave=leave, file=sys.stderr)
