"""Process tomography by linear inversion."""

from __future__ import annotations

import numpy as np

from lwfast._types import ComplexArray, FloatArray
from lwfast.tomography.choi_tomography import ChoiTomography
from lwfast.tomography.estimation.paulis import input_dual
from lwfast.tomography.estimation.physical import first_duals, nearest_processes, warn_of_steps
from lwfast.tomography.estimation.resampling import frequencies
from lwfast.tomography.process_tomography import ProcessData

_STEPS = 1000


class LIProcessTomography(ChoiTomography):
    """Find the choi matrix of the process of a circuit, by linear inversion.

    For example, of a gate on two qubits, all in one run:

        tomography = lw.tomography.LIProcessTomography(2, circuit)
        data = lw.emulator.Backend().run(tomography.get_sweep(10_000))
        choi = tomography.process(data)

    Args:
        n_qubits: How many qubits the circuit has, two modes each; at least 1.
        base_circuit: The circuit, of lwfast or of Lightworks, with two modes for each qubit that have no
            herald.

    Raises:
        TypeError: `n_qubits` is not an integer, or `base_circuit` not a circuit.
        ValueError: The circuit has another number of modes.

    Example:
        >>> tomography = lw.tomography.LIProcessTomography(1, lw.qubit.H())
        >>> sweep = tomography.get_sweep(10_000, rng=1)
        >>> choi = tomography.process(lw.emulator.Backend("auto").run(sweep))
        >>> expected = lw.tomography.choi_from_unitary(np.array([[1, 1], [1, -1]]) / np.sqrt(2))
        >>> tomography.fidelity(expected) > 0.95
        True
    """

    _projected = False

    def process(self, data: ProcessData, project_to_physical: bool = False) -> ComplexArray:
        """Find the choi matrix from the results of the experiments.

        Args:
            data: The results in the order of the experiments, or by prepared state and measured basis,
                ("X+,Z-", "X,Z"), or the result of the sweep. Counts or probabilities; states of lwfast, of
                Lightworks, or tuples.
            project_to_physical: Whether to return the nearest choi matrix of a physical process, by default
                False; see `project_choi_to_physical`.

        Returns:
            complex128[4^n, 4^n], of trace 2^n, the input first, as of `choi_from_unitary`.

        Raises:
            TomographyDataError: Results are missing or empty.
            TypeError: `data` is not one of these.
            ValueError: A state is not that of qubits in dual-rail encoding, or a count is not finite.
        """
        self._counts = self._read(data)
        self._projected = bool(project_to_physical)
        self._choi = self._estimates(frequencies(self._counts)[np.newaxis])[0]
        return self._choi

    def _estimates(self, measured: FloatArray) -> ComplexArray:
        n, dim = len(measured), 2**self.n_qubits
        rhos = self._densities(measured, project=False).reshape(n, dim * dim, dim * dim)
        dual = input_dual(self.inputs, self.n_qubits).reshape(dim * dim, dim * dim)
        found = (dual.T @ rhos).reshape(n, dim, dim, dim, dim).transpose(0, 1, 3, 2, 4)
        chois: ComplexArray = found.reshape(n, dim * dim, dim * dim)
        if not self._projected:
            return chois
        chois = (chois + chois.conj().swapaxes(1, 2)) / 2
        physical, _, done = nearest_processes(chois, first_duals(chois, dim), _STEPS)
        if not done:
            warn_of_steps(_STEPS)
        return physical
