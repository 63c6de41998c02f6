"""Saying in the log what would be said with every request, at most once a minute."""

from __future__ import annotations

import logging
import time
from typing import Any

SECONDS = 60.0


class OncePerMinute:
    """A log that says the same at most once a minute; threads may share it.

    Args:
        log: Where it is said.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said: dict[str, float] = {}

    def warning(self, text: str, *values: Any) -> None:
        """Say it, unless this text was said in the last minute, whatever its values."""
        now = time.monotonic()
        if now - self._said.get(text, -SECONDS) >= SECONDS:
            self._said[text] = now
            self._log.warning(text, *values)
