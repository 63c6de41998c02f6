"""What all kinds of tomography share: the circuit, the counts, and drawing them again."""

from __future__ import annotations

from typing import Any

from lwfast._base.origin import origin_of
from lwfast._base.validation import is_bool
from lwfast._types import FloatArray, SeedLike
from lwfast.circuit import PhotonicCircuit
from lwfast.errors import TomographyDataError
from lwfast.tasks.foreign import adopt_circuit
from lwfast.tomography.estimation.resampling import resampled


class Tomography:
    """A circuit on qubits in dual-rail encoding, whose state or process is to be found.

    Args:
        n_qubits: Number of qubits.
        base_circuit: The circuit, of lwfast or of Lightworks, with two modes for each qubit that have no
            herald. It is looked at when experiments are made: values that its Parameters have then count.

    Raises:
        TypeError: `n_qubits` is not an integer, or `base_circuit` not a circuit.
        ValueError: The circuit has another number of modes.
    """

    def __init__(self, n_qubits: int, base_circuit: PhotonicCircuit) -> None:
        if is_bool(n_qubits) or not isinstance(n_qubits, int):
            msg = f"Number of qubits should be an integer, got {n_qubits!r}."
            raise TypeError(msg)
        given: Any = base_circuit
        if not isinstance(given, PhotonicCircuit) and not _is_foreign(given):
            msg = f"Base circuit should be a PhotonicCircuit, got {type(base_circuit).__name__}."
            raise TypeError(msg)
        if n_qubits < 1 or base_circuit.input_modes != 2 * n_qubits:
            msg = (
                "Number of circuit input modes does not match the number of qubits: each takes two, so that "
                f"{n_qubits} qubits need {2 * n_qubits} modes without heralds, and the circuit has "
                f"{base_circuit.input_modes}."
            )
            raise ValueError(msg)
        self._n_qubits = n_qubits
        self._base_circuit = base_circuit
        self._counts: FloatArray | None = None

    @property
    def base_circuit(self) -> PhotonicCircuit:
        """The circuit whose state or process is to be found."""
        return self._base_circuit

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        return self._n_qubits

    def _own_circuit(self) -> PhotonicCircuit:
        """Return the circuit as one of ours."""
        return adopt_circuit(self._base_circuit)

    def _resampled(self, n_bootstrap: int, rng: SeedLike) -> FloatArray:
        """Draw the counts that were processed last again: frequencies, float64[B, E, 2^n].

        Raises:
            TomographyDataError: None were.
        """
        if self._counts is None:
            raise TomographyDataError(
                "There are no data to draw replicas of yet; process the results of the experiments first."
            )
        return resampled(self._counts, n_bootstrap, rng, 16**self._n_qubits)


def _is_foreign(circuit: Any) -> bool:
    return any(origin_of(cls) == ("lightworks", "PhotonicCircuit") for cls in type(circuit).__mro__)
