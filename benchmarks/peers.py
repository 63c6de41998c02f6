"""Competitors as parameters of the benchmarks: who is not installed is skipped, by name."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

import pytest


def peers(job: str, *names: str) -> list[Any]:
    """Return the adapters `benchmarks.adapters.<job>_<name>` as parameters of a test.

    Args:
        job: What the adapters do, such as "permanent".
        names: Who does it. lwfast has to be there; the package of anybody else may be missing.
    """
    return [_peer(job, name) for name in names]


def needs(package: str, *marks: Any) -> Any:
    """Return the name of a package as a parameter that is skipped where the package is not installed."""
    missing = pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed")
    return pytest.param(package, marks=[missing, *marks])


def large(*values: Any) -> Any:
    """Return a parameter for a size that takes seconds, which `-m "not large"` leaves out."""
    return pytest.param(*values, marks=pytest.mark.large)


def _peer(job: str, name: str) -> Any:
    try:
        adapter = importlib.import_module(f"benchmarks.adapters.{job}_{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("lwfast", "benchmarks"):
            raise
        return pytest.param(None, marks=pytest.mark.skip(reason=f"{error.name} is not installed"), id=name)
    return pytest.param(adapter, id=name)
