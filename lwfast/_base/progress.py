"""Progress of long work, shown where the caller asked for it.

The caller opens a `Progress`; whoever works below reports steps to the one that is open in its context, and
nothing is passed down. Where only the caller itself reports, it calls `report`, and `close` at the end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any

from lwfast._base.validation import is_bool

ProgressLike = bool | Callable[..., object] | None
"""What a user passes as `progress`; see `Progress`."""
_OPEN: ContextVar[Progress | None] = ContextVar("lwfast_progress", default=None)
_PAUSE_SECONDS = 0.1


def step(what: str, done: int, total: int) -> None:
    """Report that `done` of `total` steps of `what` are done, to whoever shows progress."""
    shown = _OPEN.get()
    if shown is not None:
        shown.report(what, done, total)


class Progress:
    """Shows how work is going; as a context, also the steps that `step` reports within the block.

    This is what the argument `progress` means in every function that has it.

    Args:
        wanted: True for a bar on stderr, or a plain line where tqdm is not installed; a callable, which is
            called with what `takes` names; False or None for nothing.
        unit: What the bar counts; "B" are bytes, shown as kB and MB.
        takes: What a callable is called with, of "what", "done" and "total" or of what a subclass reports.

    Raises:
        TypeError: `wanted` is something else.
    """

    def __init__(
        self, wanted: ProgressLike, *, unit: str = "it", takes: tuple[str, ...] = ("what", "done", "total")
    ) -> None:
        if not (wanted is None or is_bool(wanted) or callable(wanted)):
            msg = (
                f"`progress` should be True, False or a callable that takes ({', '.join(takes)}), got "
                f"{wanted!r:.80} of type {type(wanted).__name__}."
            )
            raise TypeError(msg)
        self._function = wanted if callable(wanted) else None
        self.is_wanted = self._function is not None or bool(wanted)
        self._takes = takes
        self._unit = unit
        self._bars: dict[str, Any] = {}  # of work that is not finished; None where there is no tqdm
        self._what = ""
        self._finished = ""
        self._width = 0
        self._shown_at = 0.0
        self._before = 0  # what a new bar does not count when it says how fast the work is
        self._token: Token[Progress | None] | None = None

    def __enter__(self) -> Progress:
        if self.is_wanted:
            self._token = _OPEN.set(self)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._token is not None:
            _OPEN.reset(self._token)
            self._token = None
        self.close()

    def report(self, what: str, done: int, total: int | None) -> None:
        """Show that `done` of `total` steps of `what` are done, or of steps whose number is not known."""
        self.told(what=what, done=done, total=total)

    def told(self, **news: Any) -> None:
        """Hand news to the callable, or show them, or neither."""
        if self._function is not None:
            self._function(*(news[name] for name in self._takes))
        elif self.is_wanted:
            self._show(**news)

    def begin(self, what: str, total: int, done: int = 0) -> None:
        """Show what of `what` was done before, such as nothing; a callable hears only of what is done now."""
        if self._function is None and self.is_wanted:
            self._before = done
            self.report(what, done, total)
            self._before = 0

    def say(self, text: str) -> None:
        """Show a line of text where a bar is shown; a callable hears only of what is done."""
        if self.is_wanted and self._function is None:
            self._end_line()
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def _show(self, *, what: str, done: int, total: int | None) -> None:
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
            self._bars[what] = _bar(what, total, self._before, leave=not self._bars, unit=self._unit)
        bar = self._bars[what]
        if bar is not None:
            bar.total = total
            bar.update(done - bar.n)
        else:
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


def _bar(what: str, total: int | None, before: int, *, leave: bool, unit: str) -> Any:
    tqdm = find_tqdm()
    if tqdm is None:
        return None
    return tqdm(
        total=total,
        initial=before,
        desc=what,
        leave=leave,
        file=sys.stderr,
        unit=unit,
        unit_scale=unit == "B",
    )
