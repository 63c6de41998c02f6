"""The distributions from which imperfections are drawn."""

from lwfast._base.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__)
