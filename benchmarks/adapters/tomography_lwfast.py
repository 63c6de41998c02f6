"""Tomography as lwfast has it: all experiments as one sweep."""

from __future__ import annotations

from typing import Any

import lwfast as package
from lwfast.emulator import Backend, Source

name = "lwfast"


def measure(tomography: Any, n_samples: int, post_selection: Any, **noise: float) -> Any:
    """Make all experiments, and sample each."""
    source = Source(**noise) if noise else None
    sweep = tomography.get_sweep(n_samples, post_selection=post_selection, source=source, random_seed=1)
    return Backend().run(sweep)


__all__ = ["measure", "name", "package"]
