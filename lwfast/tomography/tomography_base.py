"""What all kinds of tomography share: the circuit, the counts, and drawing them again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from lwfast._base.validation import is_bool
from lwfast._types import ComplexArray, FloatArray, SeedLike
from lwfast.circuit import PhotonicCircuit
from lwfast.circuit.foreign.followed_circuits import own_circuit
from lwfast.errors import TomographyDataError
from lwfast.tomography.estimation.resampling import resampled, spread


class Tomography(ABC):
    """A circuit on qubits in dual-rail encoding, whose state or process is to be found.

    Args:
        n_qubits: How many qubits the circuit has, two modes each; at least 1.
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
        own = own_circuit(base_circuit)
        if own is None:
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
        self._base_circuit, self._own = base_circuit, own
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
        return self._own

    def bootstrap(self, n_bootstrap: int = 200, *, rng: SeedLike = None) -> Any:
        """Return what `process` finds, for experiments that are drawn again.

        Each replica has as many counts in each experiment, with the frequencies that were seen, and is
        processed as the data were.

        Args:
            n_bootstrap: How many replicas of the data are drawn; by default 200.
            rng: Seed or generator: the same seed gives the same replicas.

        Returns:
            complex128[n_bootstrap, ...], a matrix for each replica; of a gate fidelity float64[n_bootstrap].

        Raises:
            TomographyDataError: No data were processed yet.
            ValueError: The data are not counts, or `n_bootstrap` is below 2.
            ResourceLimitError: The replicas would not fit in memory.

        Source:
            B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 6.
        """
        if self._counts is None:
            raise TomographyDataError(
                "There are no data to draw replicas of yet; process the results of the experiments first."
            )
        return self._estimates(resampled(self._counts, n_bootstrap, rng, 16**self._n_qubits))

    @abstractmethod
    def _estimates(self, measured: FloatArray) -> Any:
        """Return what is found from each of a stack of frequencies, float64[B, E, 2^n]."""


class MatrixTomography(Tomography):
    """Base of what finds a matrix.

    See `Tomography` for the arguments.
    """

    def standard_errors(self, n_bootstrap: int = 200, *, rng: SeedLike = None) -> ComplexArray:
        """Return the standard error of each entry of the matrix that `process` finds.

        Args:
            n_bootstrap: Number of replicas; with 200, errors are known to 5 %.
            rng: Seed or generator: the same seed gives the same errors.

        Returns:
            complex128 of the shape of the matrix, whose real part is the error of the real part of an entry,
            and whose imaginary part is that of its imaginary part.

        Raises:
            TomographyDataError: No data were processed yet.
            ValueError: The data are not counts, or `n_bootstrap` is below 2.
        """
        return spread(self.bootstrap(n_bootstrap, rng=rng))
