"""The average fidelity of a gate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lwfast._types import ComplexArray, FloatArray, SeedLike
from lwfast.tomography.estimation.fidelities import checked_process
from lwfast.tomography.estimation.paulis import input_dual
from lwfast.tomography.estimation.resampling import frequencies
from lwfast.tomography.process_tomography import ProcessData, ProcessTomography


class GateFidelity(ProcessTomography):
    """Find the fidelity of a gate to an expected one, averaged over all pure inputs.

    For example, of a Hadamard gate, all in one run:

        gate = lw.tomography.GateFidelity(1, circuit)
        data = lw.emulator.Backend().run(gate.get_sweep(10_000))
        gate.process(data, numpy.array([[1, 1], [1, -1]]) / numpy.sqrt(2)), gate.standard_error(rng=1)

    Args:
        n_qubits: How many qubits the circuit has, two modes each; at least 1.
        base_circuit: The circuit, of lwfast or of Lightworks, with two modes for each qubit that have no
            herald.

    Raises:
        TypeError: `n_qubits` is not an integer, or `base_circuit` not a circuit.
        ValueError: The circuit has another number of modes.

    Source:
        M. A. Nielsen, Phys. Lett. A 303, 249 (2002), equation 19.

    Example:
        >>> tomography = lw.tomography.GateFidelity(1, lw.qubit.H())
        >>> sweep = tomography.get_sweep(10_000, rng=1)
        >>> data = lw.emulator.Backend("auto").run(sweep)
        >>> hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
        >>> tomography.process(data, hadamard) > 0.95
        True
    """

    _fidelity: float | None = None
    _target: ComplexArray
    _projected = False

    @property
    def fidelity(self) -> float:
        """The fidelity that was found last.

        Raises:
            AttributeError: None was found yet.
        """
        if self._fidelity is None:
            raise AttributeError("The fidelity has not been calculated yet; call process with the results.")
        return self._fidelity

    def process(
        self, data: ProcessData, target_process: ArrayLike, project_to_physical: bool = False
    ) -> float:
        """Find the fidelity from the results of the experiments.

        Args:
            data: The results in the order of the experiments, or by prepared state and measured basis,
                ("X+,Z-", "X,Z"), or the result of the sweep. Counts or probabilities; states of lwfast, of
                Lightworks, or tuples.
            target_process: The unitary matrix of the expected gate, (d, d).
            project_to_physical: Whether to use the nearest density matrices without negative eigenvalues; by
                default False.

        Returns:
            The average gate fidelity.

        Raises:
            TomographyDataError: Results are missing or empty.
            TypeError: `data` is not one of these, or the target is not a matrix of numbers.
            ValueError: The target has another shape, a state is not that of qubits in dual-rail encoding,
                or a count is not finite.
        """
        self._target = checked_process(target_process, self.n_qubits)
        self._counts = self._read(data)
        self._projected = bool(project_to_physical)
        self._fidelity = float(self._estimates(frequencies(self._counts)[np.newaxis])[0])
        return self._fidelity

    def standard_error(self, n_bootstrap: int = 200, *, rng: SeedLike = None) -> float:
        """Return the standard error of the fidelity.

        Args:
            n_bootstrap: Number of replicas; with 200, the error is known to 5 %.
            rng: Seed or generator: the same seed gives the same error.

        Raises:
            TomographyDataError: No data were processed yet.
            ValueError: The data are not counts, or `n_bootstrap` is below 2.
        """
        return float(self.bootstrap(n_bootstrap, rng=rng).std(ddof=1))

    def _estimates(self, measured: FloatArray) -> FloatArray:
        """Return the fidelity of each of a stack of frequencies, float64[B, E, 2^n]."""
        dim = 2**self.n_qubits
        rhos = self._densities(measured, project=self._projected)
        # The sum of the paper over an orthogonal basis U_j is, by linearity, d times one over prepared
        # states: of U F_a^T U^dagger, where the F_a^T are dual to these.
        duals = input_dual(self.inputs, self.n_qubits).swapaxes(1, 2)
        expected = self._target @ duals @ self._target.conj().T
        overlap = np.einsum("aij,baji->b", expected, rhos).real
        found: FloatArray = (overlap + dim) / (dim * (dim + 1))
        return found
