"""What is known of a circuit that was built before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwfast._types import FloatArray
from lwfast.circuit import PhotonicCircuit
from lwfast.circuit.matrices.kept import KeptBuild
from lwfast.emulator.heralding import circuit_transfer
from lwfast.errors import CircuitCompilationError
from lwfast.optics.light import Transfer

_NAME = "transfer"
ALLOWED_BYTES = 1 << 26
"""What no small task takes; where less is allowed, the long way has to say so."""
Heralds = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class KnownCircuit:
    """A built circuit, looked at once.

    Attributes:
        build: The built circuit.
        n_modes: Its modes, heralded ones counted.
        transfer: Its transfer matrix.
        entries: float64[1, n_modes, 2 n_modes], the matrix with re and im adjacent; None where light may be
            lost, or rounding had to be cleaned away.
        inputs: Heralded input modes and their photons.
        outputs: Heralded output modes and theirs.
    """

    build: KeptBuild
    n_modes: int
    transfer: Transfer
    entries: FloatArray | None
    inputs: Heralds
    outputs: Heralds


def known_circuit(circuit: PhotonicCircuit) -> KnownCircuit | None:
    """Return what is known of a circuit as it is now, or None where it cannot be built."""
    try:
        build = circuit._kept_build()  # noqa: SLF001  (for backends)
    except CircuitCompilationError:
        return None  # the long way says so, after what it checks before
    known: KnownCircuit | None = build.derived.get(_NAME)
    if known is None:
        transfer = circuit_transfer(build.compiled)
        entries = None
        if transfer.lost is not None:
            entries = np.ascontiguousarray(transfer.matrix).view(np.float64)[np.newaxis]
        heralds = build.heralds
        inputs, outputs = tuple(heralds.input.items()), tuple(heralds.output.items())
        known = KnownCircuit(build, build.compiled.n_modes, transfer, entries, inputs, outputs)
        build.derived[_NAME] = known
    return known
