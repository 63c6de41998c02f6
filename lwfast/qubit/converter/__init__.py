"""From circuits of qubits to photonic circuits."""

from lwfast._base.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__)
