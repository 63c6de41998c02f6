"""Tasks on Lightworks' emulator. A new Backend each time: an old one keeps the last distribution."""

from __future__ import annotations

from typing import Any

import lightworks as package
from lightworks import emulator

name = "lightworks"


def run(task: Any, backend: str = "slos") -> Any:
    """Run a task from scratch."""
    return emulator.Backend(backend).run(task)


__all__ = ["emulator", "name", "package", "run"]
