"""Marks that several tests bear."""

from __future__ import annotations

import os

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="needs signals, pipes, modes and names of POSIX")
