"""Marks that several tests bear."""

from __future__ import annotations

import os

import pytest

wraps = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
"""Compiled, words wrap; NumPy's scalars warn when they do."""
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals, pipes, modes and names of POSIX")
