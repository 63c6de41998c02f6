"""Universal interferometers: unitaries as meshes of beam splitters and phase shifts, with errors of these."""

from lwfast._base.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__)
