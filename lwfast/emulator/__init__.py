"""Local emulation: exact distributions, samples, amplitudes, with noise."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lwfast.emulator.backend import Backend
    from lwfast.emulator.raw import run_raw
    from lwfast.errors import AnnotatedStateError, BackendError, EmulatorError
    from lwfast.hardware import Detector, HardwareModel, Source

_HOME = {
    "AnnotatedStateError": "lwfast.errors",
    "Backend": "lwfast.emulator.backend",
    "BackendError": "lwfast.errors",
    "Detector": "lwfast.hardware",
    "EmulatorError": "lwfast.errors",
    "HardwareModel": "lwfast.hardware",
    "Source": "lwfast.hardware",
    "run_raw": "lwfast.emulator.raw",
}

__all__ = [
    "AnnotatedStateError",
    "Backend",
    "BackendError",
    "Detector",
    "EmulatorError",
    "HardwareModel",
    "Source",
    "run_raw",
]


def __getattr__(name: str) -> Any:
    """Import the home of `name` on first use (PEP 562)."""
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
