"""Process tomography by maximum likelihood."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from lwfast._types import ComplexArray, FloatArray
from lwfast.tomography.choi_tomography import ChoiTomography
from lwfast.tomography.estimation.likelihood import Likelihood
from lwfast.tomography.estimation.paulis import expectation_map
from lwfast.tomography.estimation.resampling import frequencies
from lwfast.tomography.process_tomography import ProcessData

_AT_ONCE = 64
"""Replicas that are worked on together."""


class MLEProcessTomography(ChoiTomography):
    """Find the choi matrix of the physical process that makes the results of a circuit most likely.

    For example, of a gate on two qubits, all in one run:

        tomography = lw.tomography.MLEProcessTomography(2, circuit)
        data = lw.emulator.Backend().run(tomography.get_sweep(10_000))
        choi = tomography.process(data)

    Args:
        n_qubits: How many qubits the circuit has, two modes each; at least 1.
        base_circuit: The circuit, of lwfast or of Lightworks, with two modes for each qubit that have no
            herald.

    Raises:
        TypeError: `n_qubits` is not an integer, or `base_circuit` not a circuit.
        ValueError: The circuit has another number of modes.

    Source:
        G. C. Knee et al., Phys. Rev. A 98, 062336 (2018).

    Example:
        >>> tomography = lw.tomography.MLEProcessTomography(1, lw.qubit.H())
        >>> sweep = tomography.get_sweep(10_000, rng=1)
        >>> choi = tomography.process(lw.emulator.Backend("auto").run(sweep))
        >>> expected = lw.tomography.choi_from_unitary(np.array([[1, 1], [1, -1]]) / np.sqrt(2))
        >>> tomography.fidelity(expected) > 0.95
        True
    """

    inputs: ClassVar[tuple[str, ...]] = ("Z+", "Z-", "X+", "X-", "Y+", "Y-")

    def process(self, data: ProcessData) -> ComplexArray:
        """Find the choi matrix from the results of the experiments.

        What is maximised is the likelihood of the expectations of all products of Pauli matrices, as if each
        had been measured alone. The mean log-likelihood of an observation is at most 1e-9 below the maximum.

        Args:
            data: The results in the order of the experiments, or by prepared state and measured basis,
                ("X+,Z-", "X,Z"), or the result of the sweep. Counts or probabilities; states of lwfast, of
                Lightworks, or tuples.

        Returns:
            complex128[4^n, 4^n], of trace 2^n, the input first, as of `choi_from_unitary`. No eigenvalue is
            negative, and the trace over the output is the identity.

        Raises:
            TomographyDataError: Results are missing or empty.
            TypeError: `data` is not one of these.
            ValueError: A state is not that of qubits in dual-rail encoding, a count is not finite, or
                frequencies are not from 0 to 1.

        Warns:
            UserWarning: The search took more than 1,000 steps.
        """
        counts = self._read(data)
        if (counts < 0).any():
            raise ValueError(
                "A likelihood takes counts that are not negative; use LIProcessTomography for others."
            )
        self._counts = counts
        likelihood = Likelihood.of(self.inputs, self.n_qubits)
        self._choi = likelihood.maximise(self._expectations(frequencies(counts)[np.newaxis]))[0]
        return self._choi

    def _estimates(self, measured: FloatArray) -> ComplexArray:
        likelihood = Likelihood.of(self.inputs, self.n_qubits)
        expectations = self._expectations(measured)
        starts = range(0, len(measured), _AT_ONCE)
        return np.concatenate([likelihood.maximise(expectations[i : i + _AT_ONCE]) for i in starts])

    def _expectations(self, measured: FloatArray) -> FloatArray:
        """Return float64[B, I, 4^n - 1], the identity left out, of frequencies, float64[B, E, 2^n]."""
        n_inputs = len(self.inputs) ** self.n_qubits
        flat = measured.reshape(len(measured), n_inputs, -1)
        found: FloatArray = (flat @ expectation_map(self.n_qubits).T)[:, :, 1:]
        return found
