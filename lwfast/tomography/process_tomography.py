"""What all kinds of process tomography share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from lwfast._types import ComplexArray, FloatArray
from lwfast.state import State
from lwfast.tasks import Sweep
from lwfast.tomography.estimation.fidelities import checked_process, state_fidelity
from lwfast.tomography.estimation.paulis import MEASURED, density_matrices, labels, prepared_states
from lwfast.tomography.estimation.physical import nearest_densities
from lwfast.tomography.estimation.resampling import frequencies
from lwfast.tomography.experiments import (
    ProcessTomographyExperiment,
    ProcessTomographyList,
    input_of,
    measured_circuit,
    sweep_of,
)
from lwfast.tomography.outcome_counts import read_counts
from lwfast.tomography.tomography_base import Tomography

ProcessData = Sequence[Mapping[Any, Any]] | Mapping[tuple[str, str], Mapping[Any, Any]]
"""Results in the order of the experiments, or by prepared state and measured basis, ("X+,Z-", "X,Z")."""


class ProcessTomography(Tomography):
    """Base of what finds out about the process of a circuit.

    See `Tomography` for the arguments.
    """

    inputs: ClassVar[tuple[str, ...]] = ("Z+", "Z-", "X+", "Y+")
    """The states that each qubit is prepared in."""

    def get_experiments(self) -> ProcessTomographyList:
        """Return the experiments: all products of prepared states, and for each all bases X, Y and Z."""
        base = self._own_circuit()
        return ProcessTomographyList(
            ProcessTomographyExperiment(
                circuit=measured_circuit(base, measured, prepared),
                input_state=input_of(prepared),
                input_basis=prepared,
                measurement_basis=measured,
            )
            for prepared, measured in self._names()
        )

    def get_sweep(self, n_samples: int, **options: Any) -> Sweep:
        """Return all experiments as one sweep, whose settings are in the order of `get_experiments`.

        It is run by `Backend.run` and by `QPU.run`, and `process` takes its result. A photon enters the first
        mode of each qubit, and all states are prepared from it.

        Args:
            n_samples: Number of samples to take in each experiment.
            **options: Further arguments of a `Sampler`. Without `post_selection`, an outcome counts if each
                qubit has one photon in its two modes.

        Raises:
            TypeError: `input_state` is given, which is what the preparation starts from; or as a `Sampler`.
            ValueError, ModeMismatchError, ModeRangeError: As a `Sampler`.
        """
        if "input_state" in options:
            raise TypeError("A process tomography prepares its inputs itself; leave input_state out.")
        state = State([1, 0] * self.n_qubits)
        pairs: list[tuple[str | None, str]] = [*self._names()]
        return sweep_of(self._own_circuit(), self.n_qubits, pairs, state, n_samples, options)

    def process_density_matrices(
        self, data: ProcessData, project_to_physical: bool = False
    ) -> dict[str, ComplexArray]:
        """Return the density matrix behind the process for each prepared state.

        Args:
            data: The results in the order of the experiments, or by prepared state and measured basis,
                ("X+,Z-", "X,Z"), or the result of the sweep.
            project_to_physical: Whether to return the nearest matrices without negative eigenvalues; by
                default False.

        Returns:
            complex128[d, d] by the prepared state.

        Raises:
            TomographyDataError: Results are missing or empty.
            TypeError: `data` is not one of these.
            ValueError: A state is not that of qubits in dual-rail encoding, or a count is not finite.
        """
        measured = frequencies(self._read(data))
        found = self._densities(measured[np.newaxis], project=bool(project_to_physical))[0]
        return dict(zip(labels(self.inputs, self.n_qubits), found, strict=True))

    def process_state_fidelities(
        self, data: ProcessData, target_process: ArrayLike, project_to_physical: bool = False
    ) -> dict[str, float]:
        """Return the fidelity of the state behind the process, for each prepared state, to the expected one.

        Args:
            data: Results of all experiments, in the same forms as for `process_density_matrices`.
            target_process: The unitary matrix of the expected process, (d, d).
            project_to_physical: Whether to use the nearest matrices without negative eigenvalues; by default
                False.

        Returns:
            The fidelity by the prepared state.

        Raises:
            TomographyDataError: Results are missing or empty.
            TypeError: `data` is not one of these, or the target is not a matrix of numbers.
            ValueError: The target has another shape; or as `process_density_matrices`.
        """
        expected = self.get_expected_density_matrices(target_process)
        found = self.process_density_matrices(data, project_to_physical)
        return {name: state_fidelity(rho, expected[name]) for name, rho in found.items()}

    def get_expected_density_matrices(self, target_process: ArrayLike) -> dict[str, ComplexArray]:
        """Return the density matrix behind an ideal process for each prepared state.

        Args:
            target_process: The unitary matrix of the process, (d, d).

        Returns:
            complex128[d, d] by the prepared state.

        Raises:
            TypeError: The target is not a matrix of numbers.
            ValueError: It has another shape.
        """
        process = checked_process(target_process, self.n_qubits)
        found = process @ prepared_states(self.inputs, self.n_qubits) @ process.conj().T
        return dict(zip(labels(self.inputs, self.n_qubits), found, strict=True))

    def check_eigenvalues(
        self, data: ProcessData, project_to_physical: bool = False
    ) -> dict[str, FloatArray]:
        """Return the eigenvalues of the density matrices behind the process, in ascending order.

        Args:
            data: Results of all experiments, in the same forms as for `process_density_matrices`.
            project_to_physical: Whether to use the nearest matrices without negative eigenvalues; by default
                False.

        Returns:
            float64[d] by the prepared state.

        Raises:
            TomographyDataError, TypeError, ValueError: As `process_density_matrices`.
        """
        found = self.process_density_matrices(data, project_to_physical)
        return {name: np.linalg.eigvalsh(rho).astype(np.float64) for name, rho in found.items()}

    def _names(self) -> list[tuple[str, str]]:
        """Return prepared state and measured basis of each experiment."""
        measured = labels(MEASURED, self.n_qubits)
        return [(a, b) for a in labels(self.inputs, self.n_qubits) for b in measured]

    def _read(self, data: Any) -> FloatArray:
        """Return counts, float64[E, 2^n]."""
        return read_counts(data, self._names(), self.n_qubits)

    def _densities(self, measured: FloatArray, *, project: bool) -> ComplexArray:
        """Return density matrices, complex128[B, I, d, d], of frequencies, float64[B, E, 2^n]."""
        n, dim = len(measured), 2**self.n_qubits
        flat = measured.reshape(n * len(self.inputs) ** self.n_qubits, -1)
        found = density_matrices(flat, self.n_qubits)
        found = (found + found.conj().swapaxes(1, 2)) / 2
        if project:
            found = nearest_densities(found)
        return found.reshape(n, -1, dim, dim)
