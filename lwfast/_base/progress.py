"""Progress of long work, shown where the caller asked for it.

The caller opens a `Progress`; whoever works below reports steps to the one that is open in its context, and
nothing is passed down. Where only the caller itself reports, it calls `report`, and `close` at the end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, Literal

from lwfast.errors import LightworksDependencyError

_OPEN: ContextVar[Progress | None] = ContextVar("lwfast_progress", default=None)
_PAUSE_SECONDS = 0.1


def step(what: str, done: int, total: int) -> None:
    """Report that `done` of `total` steps of `what` are done, to whoever shows progress."""
    shown = _OPEN.get()
    if shown is not None:
        shown.report(what, done, total)


class Progress:
    """Shows steps; as a context, also those that are reported by `step` inside of it.

    Args:
        wanted: True for a line on stderr (a bar where tqdm is installed), a callable that takes
            (what, done, total), or False or None for nothing.
        unit: What the bar counts; "B" are bytes, shown as kB and MB.
        without_tqdm: What True means where tqdm is not installed: the line, nothing, or an error.

    Raises:
        LightworksDependencyError: If a bar is wanted, tqdm is not installed and that is an error.
    """

    def __init__(
        self,
        wanted: bool | Callable[[str, int, Any], Any] | None,
        *,
        unit: str = "it",
        without_tqdm: Literal["line", "nothing", "error"] = "line",
    ) -> None:
        if wanted is True and without_tqdm == "error" and find_tqdm() is None:
            raise LightworksDependencyError(
                "The package tqdm is not installed; python -m pip install tqdm (the extra lwfast[progress])."
            )
        self._wanted = wanted
        self._unit = unit
        self._writes_lines = without_tqdm == "line"
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
        self.close()

    def report(self, what: str, done: int, total: int | None) -> None:
        """Show that `done` of `total` steps of `what` are done, or of steps whose number is not known."""
        if not self._wanted:
            return
        if callable(self._wanted):
            self._wanted(what, done, total)
            return
        now = time.monotonic()
        ended = total is not None and done >= total
        if what == self._what and not ended and now - self._shown_at < _PAUSE_SECONDS:
            return
        self._shown_at = now
        if ended and what == self._finished and what not in self._bars:
            return  # said before
        self._what = what
        self._finished = ""
        if what not in self._bars:
            # Work within other work comes again and again, and leaves nothing behind.
            self._bars[what] = _bar(what, total, leave=not self._bars, unit=self._unit)
        bar = self._bars[what]
        if bar is not None:
            bar.total = total
            bar.update(done - bar.n)
        elif self._writes_lines:
            self._write(f"{what}: {done}" if total is None else f"{what}: {done} of {total}")
        if ended:
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

    def close(self) -> None:
        """Leave what is shown as it is, and end its line."""
        for bar in self._bars.values():
            if bar is not None:
                bar.close()
        self._bars = {}
        self._what = ""
        self._end_line()


def find_tqdm() -> Any:
    """Return the class of bars that fits a terminal or a notebook, or None where tqdm is not installed."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm


def _bar(what: str, total: int | None, *, leave: bool, unit: str) -> Any:
    tqdm = find_tqdm()
    if tqdm is None:
        return None
    return tqdm(total=total, desc=what, leave=leave, file=sys.stderr, unit=unit, unit_scale=unit == "B")
