"""How many digits a number is to have, and how a kernel says that one may have fewer."""

from __future__ import annotations

CANCELS = 1.0
"""Imaginary part of a NaN that says: in range, but so small beside its parts that roundings show."""
DIGITS = 1e-10
"""The largest relative error that a number may have."""
SMALL_TO = 12
"""Up to this size the terms of a permanent are not much larger than permanents of its kind."""
