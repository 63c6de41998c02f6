"""Marks that several tests bear."""

from __future__ import annotations

import os

import pytest

wraps = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
"""Compiled, words wrap; NumPy's scalars warn when they do."""
uncompiled = os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}
"""Whether the kernels run as plain Python, a thousand times slower."""
needs_speed = pytest.mark.skipif(uncompiled, reason="takes minutes without the JIT")
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals, pipes, modes and names of POSIX")
