"""Tomography: which state a circuit makes and which process it is, from counts, with standard errors."""

from lwfast._base.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__)
