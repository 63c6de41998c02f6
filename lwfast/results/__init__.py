"""Results: mappings from State over columns, and what is done with them."""

from lwfast._base.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__)
