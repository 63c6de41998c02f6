"""What is known of a circuit that was built before."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lwfast._types import ComplexArray, FloatArray
from lwfast.circuit import PhotonicCircuit
from lwfast.circuit.matrices.compiled import CompiledCircuit
from lwfast.circuit.matrices.kept import KeptBuild
from lwfast.emulator.heralding import circuit_transfer
from lwfast.errors import CircuitCompilationError
from lwfast.optics.noise.loss import UNIT_ROUNDING

_NAME = "transfer"
ALLOWED_BYTES = 1 << 26
"""What no small task takes; where less is allowed, the long way has to say so."""
Heralds = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class KnownCircuit:
    """A built circuit, looked at once.

    Attributes:
        build: The circuit as it was built, with the values that its Parameters had.
        n_modes: Its modes, heralded ones counted.
        matrix: complex128[n_modes, n_modes], its transfer matrix, cleaned of rounding.
        entries: float64[1, n_modes, 2 n_modes], the matrix with re and im adjacent; None where light may be
            lost, or rounding had to be cleaned away.
        inputs: Heralded input modes and their photons.
        outputs: Heralded output modes and theirs.
    """

    build: KeptBuild
    n_modes: int
    matrix: ComplexArray
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
        matrix, entries = _transfer(build.compiled)
        heralds = build.heralds
        inputs, outputs = tuple(heralds.input.items()), tuple(heralds.output.items())
        known = KnownCircuit(build, build.compiled.n_modes, matrix, entries, inputs, outputs)
        build.derived[_NAME] = known
    return known


def _transfer(compiled: CompiledCircuit) -> tuple[ComplexArray, FloatArray | None]:
    """Return the transfer matrix of a circuit, and its entries where no light is lost."""
    if not compiled.loss_modes and is_clean(compiled.U_full[np.newaxis]):
        matrix = compiled.U_full  # what `circuit_transfer` returns in ten times as long
        return matrix, matrix.view(np.float64)[np.newaxis]
    transfer = circuit_transfer(compiled)
    if transfer.lost is None:
        return transfer.matrix, None
    return transfer.matrix, np.ascontiguousarray(transfer.matrix).view(np.float64)[np.newaxis]


def is_clean(matrices: ComplexArray) -> bool:
    """Say whether each matrix is so near to a unitary that a run takes it as it is.

    A run does so up to twice as far: sums in another order make no difference.

    Args:
        matrices: complex128[S, n, n], C-contiguous.
    """
    return _largest_deviation()(matrices) <= 0.5 * UNIT_ROUNDING


@functools.cache  # an import statement takes 0.5 us each time
def _largest_deviation() -> Callable[[ComplexArray], float]:
    from lwfast._kernels.optics.unitary import largest_deviation

    return largest_deviation
