"""Say so when kernels are compiled: nobody should wait for seconds and not know what for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lwfast._kernels.stderr_notes import is_quiet, say

_AFTER_SECONDS = 1.0
_NOTE = "compiling kernels for this machine. "
_KEPT = (
    "Each compiles at its first use and is then loaded from a cache; "
    "`lwfast warmup` compiles all ahead of time."
)


class CompileNote:
    """Prints one note to stderr when compiling has taken a second; silent with `LWFAST_QUIET=1`.

    Attributes:
        said: Whether nothing is to be printed any more.
        why_not_kept: Returns a sentence that says why compiled kernels are not kept; empty where they are.
    """

    def __init__(self) -> None:
        self.said = is_quiet()
        self._timer: threading.Timer | None = None
        self._depth = 0
        self._lock = threading.Lock()
        self.why_not_kept: Callable[[], str] = str

    def begin(self) -> None:
        """Start the clock: a kernel is being compiled, by this process or by one that it waits for."""
        with self._lock:
            self._depth += 1
            if self._depth == 1 and not self.said:
                self._timer = threading.Timer(_AFTER_SECONDS, self._say)
                self._timer.daemon = True
                self._timer.start()

    def end(self) -> None:
        """Stop the clock."""
        with self._lock:
            self._depth -= 1
            if self._depth == 0 and self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _say(self) -> None:
        if not self.said:
            self.said = True
            say(f"{_NOTE}{self.why_not_kept() or _KEPT}")


NOTE = CompileNote()
_listening = False


def listen(why_not_kept: Callable[[], str]) -> None:
    """Listen to Numba's event "numba:compile", once a process; a kernel from the cache does not raise it."""
    global _listening
    if _listening:
        return
    _listening = True
    NOTE.why_not_kept = why_not_kept
    from numba.core import event

    class Listener(event.Listener):
        def on_start(self, _event: Any) -> None:
            NOTE.begin()

        def on_end(self, _event: Any) -> None:
            NOTE.end()

    event.register("numba:compile", Listener())  # type: ignore[no-untyped-call]
