"""Tasks on lwfast's emulator."""

from __future__ import annotations

from typing import Any

import lwfast as package
from lwfast import emulator

name = "lwfast"


def run(task: Any, backend: str = "auto") -> Any:
    """Run a task from scratch."""
    return emulator.Backend(backend).run(task)


__all__ = ["emulator", "name", "package", "run"]
