"""Array aliases shared by every layer."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

ComplexArray: TypeAlias = NDArray[np.complex128]
FloatArray: TypeAlias = NDArray[np.float64]
StateTable: TypeAlias = NDArray[np.uint8]
"""Fock states as rows: `uint8[N, n_modes]`, one photon number a mode."""
Counts: TypeAlias = NDArray[np.int64]
"""How often each row was seen: `int64[N]`."""
AnyArray: TypeAlias = NDArray[Any]

SeedLike: TypeAlias = "int | np.random.SeedSequence | np.random.Generator | None"
"""What every `rng=` argument takes (SPEC 7 without the legacy forms)."""
