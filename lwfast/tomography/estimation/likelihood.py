"""Maximum likelihood over the physical processes, for one set of data or a stack of them.

A process is held as its Pauli transfer matrix R, float64[4^n, 4^n]: rows are the output, columns the input.
Its entries are coordinates of the choi matrix in an orthonormal basis, so that lengths and angles are the
same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwfast._types import ComplexArray, FloatArray
from lwfast.tomography.estimation.paulis import bloch_vectors, kept_while_small, pauli_products
from lwfast.tomography.estimation.physical import first_duals, nearest_processes, warn_of_steps

MAX_ITERATIONS = 1000
_GAP = 1e-9
"""How far below the maximum the mean log-likelihood of an observation may be; a bound, not a guess."""
_LEAST = 1e-12
"""Probabilities below count as this."""
_SUFFICIENT = 1e-4
_MEMORY = 5
"""A step has to improve on the worst of so many values before (Grippo's rule)."""
_INNER_STEPS = 50
_INNER_ENOUGH = 1e-10
_STEPS = 1e-6, 1e6


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The likelihood of expectations that were measured.

    Attributes:
        n_qubits: Number of qubits that the process acts on.
        inputs: float64[I, 4^n], Bloch vectors of the inputs.
    """

    n_qubits: int
    inputs: FloatArray

    @classmethod
    def of(cls, prepared: tuple[str, ...], n_qubits: int) -> Likelihood:
        """Return the likelihood for all products of the states that a qubit is prepared in."""
        return cls(n_qubits, bloch_vectors(prepared, n_qubits))

    def costs(self, processes: FloatArray, measured: FloatArray) -> FloatArray:
        """Return the negative mean log-likelihood of each process.

        Each expectation stands for the frequencies of the eigenvalues 1 and -1 of its observable.

        Args:
            processes: float64[B, 4^n, 4^n], one process each.
            measured: float64[B, I, 4^n - 1], expectations by input and observable, the identity left out.

        Returns:
            float64[B].
        """
        up, down = self._probabilities(processes)
        logs = (1 + measured) * np.log(up) + (1 - measured) * np.log(down)
        found: FloatArray = logs.sum(axis=(1, 2)) / (-2 * measured[0].size)
        return found

    def gradients(self, processes: FloatArray, measured: FloatArray) -> FloatArray:
        """Return the derivatives of `costs`: float64[B, 4^n, 4^n]."""
        up, down = self._probabilities(processes)
        slopes = ((1 - measured) / down - (1 + measured) / up) / (4 * measured[0].size)
        found = np.zeros(processes.shape)
        found[:, 1:] = slopes.swapaxes(1, 2) @ self.inputs
        return found

    def _probabilities(self, processes: FloatArray) -> tuple[FloatArray, FloatArray]:
        half = self.inputs @ processes[:, 1:].swapaxes(1, 2) / 2
        return np.maximum(0.5 + half, _LEAST), np.maximum(0.5 - half, _LEAST)

    def maximise(self, measured: FloatArray, max_iter: int = MAX_ITERATIONS) -> ComplexArray:
        """Return the most likely physical process of each set of data.

        The projected gradient method with backtracking: the step goes towards the projection of a step along
        the gradient, whose length follows the curvature that the last step met (the spectral step). It ends
        where a bound on what is missing to the maximum, from the dual problem, is small.

        Args:
            measured: float64[B, I, 4^n - 1].
            max_iter: Most steps before it ends with a warning.

        Returns:
            Choi matrices, complex128[B, 4^n, 4^n].

        Warns:
            UserWarning: It took more steps.

        Source:
            G. C. Knee et al., Phys. Rev. A 98, 062336 (2018); spectral steps are those of E. G. Birgin,
            J. M. Martinez, M. Raydan, SIAM J. Optim. 10, 1196 (2000).
        """
        n, dim = len(measured), 2**self.n_qubits
        # The process that forgets its input.
        found = np.repeat((np.eye(dim * dim, dtype=np.complex128) / dim)[np.newaxis], n, axis=0)
        rows = np.arange(n)
        chois = found.copy()
        process = transfer_matrices(chois, self.n_qubits)
        gradient = self.gradients(process, measured)
        past = np.repeat(self.costs(process, measured)[:, np.newaxis], _MEMORY, axis=1)
        length = np.full(n, 2 * dim**2 / 3.0)
        duals = np.zeros((n, dim, dim), dtype=np.complex128)
        for iteration in range(max_iter):
            slopes = choi_matrices(gradient, self.n_qubits)
            going = _gaps(chois, slopes, dim) > _GAP
            if not going.all():
                found[rows[~going]] = chois[~going]
                rows, chois, process, gradient = rows[going], chois[going], process[going], gradient[going]
                past, length, duals, slopes = past[going], length[going], duals[going], slopes[going]
                measured = measured[going]
            if not len(rows):
                return found
            aims = chois - length[:, np.newaxis, np.newaxis] * slopes
            if iteration == 0:
                duals = first_duals(aims, dim)
            aims, duals, _ = nearest_processes(aims, duals, _INNER_STEPS, _INNER_ENOUGH)
            step = transfer_matrices(aims, self.n_qubits) - process
            part, cost = self._shortened(process, step, gradient, measured, past.max(axis=1))
            past[:, iteration % _MEMORY] = cost
            wide = part[:, np.newaxis, np.newaxis]
            process = process + wide * step
            chois = chois + wide * (aims - chois)
            before, gradient = gradient, self.gradients(process, measured)
            curvature = part * np.einsum("bij,bij->b", step, gradient - before)
            squared = part**2 * np.einsum("bij,bij->b", step, step)
            new = np.where(curvature > 0, squared / np.where(curvature > 0, curvature, 1.0), _STEPS[1])
            new = np.clip(new, *_STEPS)
            # At the maximum, duals grow with the length of the step.
            duals *= (new / length)[:, np.newaxis, np.newaxis]
            length = new
        found[rows] = chois
        warn_of_steps(max_iter)
        return found

    def _shortened(
        self,
        process: FloatArray,
        step: FloatArray,
        gradient: FloatArray,
        measured: FloatArray,
        limit: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Return which part of each step is taken, and the cost there."""
        slope = np.einsum("bij,bij->b", step, gradient)
        part = np.ones(len(step))
        cost = self.costs(process + step, measured)
        for _ in range(60):
            high = np.flatnonzero(cost > limit + _SUFFICIENT * part * slope)
            if not len(high):
                break
            part[high] /= 2
            shorter = process[high] + part[high, np.newaxis, np.newaxis] * step[high]
            cost[high] = self.costs(shorter, measured[high])
        return part, cost


@kept_while_small
def _bases(n_qubits: int) -> tuple[ComplexArray, ComplexArray]:
    """Return P_a^T and P_m as rows: complex128[4^n, d * d] each."""
    paulis = pauli_products(n_qubits)
    n = len(paulis)
    return np.ascontiguousarray(paulis.swapaxes(1, 2).reshape(n, -1)), paulis.reshape(n, -1)


def choi_matrices(processes: FloatArray, n_qubits: int) -> ComplexArray:
    """Return choi matrices, complex128[B, 4^n, 4^n], of Pauli transfer matrices, float64[B, 4^n, 4^n]."""
    inputs, outputs = _bases(n_qubits)
    n, dim = len(processes), 2**n_qubits
    found = inputs.T @ processes.swapaxes(1, 2) @ outputs / dim
    axes = found.reshape(n, dim, dim, dim, dim).transpose(0, 1, 3, 2, 4)
    chois: ComplexArray = axes.reshape(n, dim * dim, dim * dim)
    return chois


def transfer_matrices(chois: ComplexArray, n_qubits: int) -> FloatArray:
    """Return Pauli transfer matrices, float64[B, 4^n, 4^n], of choi matrices, complex128[B, 4^n, 4^n]."""
    inputs, outputs = _bases(n_qubits)
    n, dim = len(chois), 2**n_qubits
    axes = chois.reshape(n, dim, dim, dim, dim).transpose(0, 1, 3, 2, 4).reshape(n, dim * dim, dim * dim)
    found: FloatArray = (inputs.conj() @ axes @ outputs.conj().T).real.swapaxes(1, 2) / dim
    return found


def _gaps(chois: ComplexArray, slopes: ComplexArray, dim: int) -> FloatArray:
    """Return what the cost of each process can at most be above the least one: float64[B].

    For Hermitian L with G + L (x) 1 >= 0, Tr[G X'] >= -Tr L for every physical X'; the L that is optimal
    where X is makes Tr[G X] = -Tr L. What its least eigenvalue is below 0 is added to L.
    """
    n = len(chois)
    products = (chois @ slopes).reshape(n, dim, dim, dim, dim)
    multiplier = -np.einsum("biojo->bij", products)
    multiplier = (multiplier + multiplier.conj().swapaxes(1, 2)) / 2
    shifted = slopes.reshape(n, dim, dim, dim, dim).copy()
    for k in range(dim):
        shifted[:, :, k, :, k] += multiplier
    least = np.linalg.eigvalsh(shifted.reshape(n, dim * dim, dim * dim))[:, 0]
    found: FloatArray = -dim * np.minimum(least, 0.0)
    return found
