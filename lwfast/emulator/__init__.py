"""Local emulation: exact distributions, samples, amplitudes, with noise."""

from lwfast._base.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__)
