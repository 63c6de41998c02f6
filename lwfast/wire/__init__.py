"""The scheduler's wire: structs, and how they are encoded.

Shared by the client (`lwfast.remote`) and the local scheduler (`lwfast.scheduler`).
"""

from lwfast._base.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__)
