"""Say so when kernels are compiled: nobody should wait for seconds and not know what for."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

_AFTER_SECONDS = 1.0
_NOTE = (
    "lwfast: compiling kernels for this machine. Each compiles at its first use and is then loaded from a "
    "cache; `lwfast warmup` compiles all ahead of time.\n"
)


class CompileNote:
    """Prints one note to stderr when compiling has taken a second; silent with `LWFAST_QUIET=1`.

    A listener of Numba's event "numba:compile", which is not raised where a kernel comes from the cache.
    """

    def __init__(self) -> None:
        self.said = os.environ.get("LWFAST_QUIET", "0") != "0"
        self._timer: threading.Timer | None = None
        self._depth = 0
        self._lock = threading.Lock()

    def notify(self, event: Any) -> None:
        """Start or stop the clock."""
        with self._lock:
            self._depth += 1 if event.is_start else -1
            if event.is_start and self._depth == 1 and not self.said:
                self._timer = threading.Timer(_AFTER_SECONDS, self._say)
                self._timer.daemon = True
                self._timer.start()
            elif self._depth == 0 and self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _say(self) -> None:
        if not self.said:
            self.said = True
            sys.stderr.write(_NOTE)
            sys.stderr.flush()


NOTE = CompileNote()
_listening = False


def listen() -> None:
    """Listen to Numba, once a process."""
    global _listening
    if _listening:
        return
    _listening = True
    from numba.core import event

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            NOTE.notify(event)

        def on_end(self, event: Any) -> None:
            NOTE.notify(event)

    event.register("numba:compile", Listener())  # type: ignore[no-untyped-call]
