"""State tomography: the density matrix of what a circuit makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lwfast._types import ComplexArray, FloatArray, SeedLike
from lwfast.state import State
from lwfast.tasks import Sweep
from lwfast.tomography.estimation.fidelities import state_fidelities, state_fidelity
from lwfast.tomography.estimation.paulis import MEASURED, density_matrices, labels
from lwfast.tomography.estimation.physical import nearest_densities
from lwfast.tomography.estimation.resampling import frequencies
from lwfast.tomography.experiments import (
    StateTomographyExperiment,
    StateTomographyList,
    measured_circuit,
    sweep_of,
)
from lwfast.tomography.outcome_counts import read_counts
from lwfast.tomography.tomography_base import MatrixTomography


class StateTomography(MatrixTomography):
    """Find the density matrix of the state that a circuit makes, by linear inversion.

    For example, of two qubits, all in one run:

        tomography = lw.tomography.StateTomography(2, circuit)
        data = lw.emulator.Backend().run(tomography.get_sweep(10_000))
        rho = tomography.process(data)
        errors = tomography.standard_errors(rng=1)

    Args:
        n_qubits: How many qubits the circuit has, two modes each; at least 1.
        base_circuit: The circuit that makes the state, of lwfast or of Lightworks, with two modes for each
            qubit that have no herald.

    Raises:
        TypeError: `n_qubits` is not an integer, or `base_circuit` not a circuit.
        ValueError: The circuit has another number of modes.

    Source:
        D. F. V. James et al., Phys. Rev. A 64, 052312 (2001).

    Example:
        >>> hadamard = lw.qubit.H()
        >>> tomography = lw.tomography.StateTomography(1, hadamard)
        >>> sweep = tomography.get_sweep(10_000, rng=1)
        >>> rho = tomography.process(lw.emulator.Backend("auto").run(sweep))
        >>> bool(np.abs(rho - 0.5).max() < 0.05)  # the state (|0> + |1>) / sqrt(2)
        True
    """

    _rho: ComplexArray | None = None
    _projected = False

    @property
    def rho(self) -> ComplexArray:
        """The density matrix that was found last, complex128[d, d].

        Raises:
            AttributeError: None was found yet.
        """
        if self._rho is None:
            raise AttributeError(
                "The density matrix has not been calculated yet; call process with the results."
            )
        return self._rho

    def get_experiments(self) -> StateTomographyList:
        """Return the experiments: each qubit in each of the bases X, Y and Z, 3^n of them."""
        base = self._own_circuit()
        return StateTomographyList(
            StateTomographyExperiment(circuit=measured_circuit(base, name), measurement_basis=name)
            for name in labels(MEASURED, self.n_qubits)
        )

    def get_sweep(self, n_samples: int, input_state: State | None = None, **options: Any) -> Sweep:
        """Return all experiments as one sweep, whose settings are in the order of `get_experiments`.

        It is run by `Backend.run` and by `QPU.run`, and `process` takes its result.

        Args:
            n_samples: Number of samples to take in each experiment.
            input_state: Input of the circuit; None puts a photon in the first mode of each qubit.
            **options: Further arguments of a `Sampler`. Without `post_selection`, an outcome counts if each
                qubit has one photon in its two modes.

        Raises:
            TypeError, ValueError, ModeMismatchError, ModeRangeError: As a `Sampler`.
        """
        state = State([1, 0] * self.n_qubits) if input_state is None else input_state
        pairs: list[tuple[str | None, str]] = [(None, name) for name in labels(MEASURED, self.n_qubits)]
        return sweep_of(self._own_circuit(), self.n_qubits, pairs, state, n_samples, options)

    def process(
        self,
        data: Sequence[Mapping[Any, Any]] | Mapping[str, Mapping[Any, Any]],
        project_to_physical: bool = False,
    ) -> ComplexArray:
        """Find the density matrix from the results of the experiments.

        Args:
            data: The results in the order of the experiments, or by the measured basis ("X,Z"), or the result
                of the sweep. Counts or probabilities; states of lwfast, of Lightworks, or tuples.
            project_to_physical: Whether to return the nearest matrix without negative eigenvalues; by default
                False.

        Returns:
            complex128[d, d], d = 2^n. Its first qubit is the first factor.

        Raises:
            TomographyDataError: Results are missing or empty.
            TypeError: `data` is not one of these.
            ValueError: A state is not that of qubits in dual-rail encoding, or a count is not finite.
        """
        self._counts = read_counts(data, labels(MEASURED, self.n_qubits), self.n_qubits)
        self._projected = bool(project_to_physical)
        self._rho = self._estimates(frequencies(self._counts)[np.newaxis])[0]
        return self._rho

    def fidelity(self, rho_exp: ArrayLike) -> float:
        """Return the fidelity of the state that was found to an expected one; see `state_fidelity`.

        Args:
            rho_exp: The expected density matrix, (d, d).

        Raises:
            AttributeError: No state was found yet.
            ValueError: The matrix has another shape.
        """
        return state_fidelity(self.rho, rho_exp)

    def check_eigenvalues(self) -> FloatArray:
        """Return the eigenvalues of the density matrix, ascending; a physical one has no negative ones.

        Raises:
            AttributeError: No state was found yet.
        """
        found: FloatArray = np.linalg.eigvalsh(self.rho).astype(np.float64)
        return found

    def fidelity_error(self, rho_exp: ArrayLike, n_bootstrap: int = 200, *, rng: SeedLike = None) -> float:
        """Return the standard error of `fidelity`.

        Args:
            rho_exp: The expected density matrix, (d, d).
            n_bootstrap: How many replicas of the data are drawn; by default 200.
            rng: An integer, a `SeedSequence` or a `Generator`; None draws a new seed.

        Raises:
            AttributeError: No state was found yet.
            ValueError: The matrix has another shape, the data are not counts, or `n_bootstrap` is below 2.
        """
        self.fidelity(rho_exp)
        expected = np.asarray(rho_exp, dtype=np.complex128)
        return float(state_fidelities(self.bootstrap(n_bootstrap, rng=rng), expected).std(ddof=1))

    def _estimates(self, measured: FloatArray) -> ComplexArray:
        """Return the density matrices of frequencies, float64[B, 3^n, 2^n]."""
        found = density_matrices(measured.reshape(len(measured), -1), self.n_qubits)
        # Hermitian to the last bit: real weights of Hermitian matrices.
        found = (found + found.conj().swapaxes(1, 2)) / 2
        return nearest_densities(found) if self._projected else found
