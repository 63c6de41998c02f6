"""The nearest physical density matrix, and the nearest physical process."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from lwfast._types import ComplexArray, FloatArray

_ENOUGH = 1e-13
"""What rounding leaves; Newton's method squares what is left in its last steps."""
_SHORTEST = 1e-6


def project_density_to_physical(rho: ArrayLike) -> ComplexArray:
    """Return the density matrix that is nearest to a matrix.

    It is Hermitian, has trace 1, and has no negative eigenvalues.

    Args:
        rho: The matrix, (d, d). It is made Hermitian, and divided by its trace, first.

    Returns:
        complex128[d, d]; for a physical matrix that matrix itself.

    Source:
        J. A. Smolin, J. M. Gambetta, G. Smith, Phys. Rev. Lett. 108, 070502 (2012).

    Example:
        >>> lw.tomography.project_density_to_physical(np.diag([1.1, -0.1])).real.round(6)
        array([[1., 0.],
               [0., 0.]])
    """
    found: ComplexArray = nearest_densities(np.asarray(rho, dtype=np.complex128)[np.newaxis])[0]
    return found


def project_choi_to_physical(choi: ArrayLike, max_iter: int = 1000) -> ComplexArray:
    """Return the choi matrix of the physical process that is nearest to a matrix.

    It is completely positive (no eigenvalue is negative) and keeps the trace of states (the trace over the
    output is the identity over the input). The result is the projection itself to within rounding, not an
    iterate near it.

    Args:
        choi: The matrix to project, (4^n, 4^n), with the input as first factor. Its Hermitian part is used.
        max_iter: Most steps of Newton's method; a handful is usually enough.

    Returns:
        complex128[4^n, 4^n].

    Warns:
        UserWarning: More steps are needed. The matrix that is returned is physical, but not the nearest one.

    Raises:
        ValueError: The matrix is not square, or its size is not that of a choi matrix.

    Source:
        The set is that of G. C. Knee et al., Phys. Rev. A 98, 062336 (2018); the method is Newton's for the
        dual problem, as in H. Qi, D. Sun, SIAM J. Matrix Anal. Appl. 28, 360 (2006).

    Example:
        >>> choi = lw.tomography.choi_from_unitary(np.eye(2)) + np.diag([0.1, -0.1, -0.1, 0.1])
        >>> float(np.linalg.eigvalsh(choi).min().round(3))  # as an estimate from noisy counts may have
        -0.1
        >>> nearest = lw.tomography.project_choi_to_physical(choi)
        >>> (np.linalg.eigvalsh(nearest).round(3) + 0.0).tolist()
        [0.0, 0.0, 0.0, 2.0]
    """
    given = np.asarray(choi, dtype=np.complex128)
    dim = round(len(given) ** 0.5) if given.ndim else 0
    if given.shape != (dim * dim, dim * dim):
        msg = f"A choi matrix should be square, with 4^n rows for n qubits; got the shape {given.shape}."
        raise ValueError(msg)
    stack = ((given + given.conj().T) / 2)[np.newaxis]
    found, _, done = nearest_processes(stack, first_duals(stack, dim), max_iter)
    if not done:
        warn_of_steps(max_iter)
    nearest: ComplexArray = found[0]
    return nearest


def warn_of_steps(max_iter: int) -> None:
    """Warn that an iteration was ended before it was done."""
    msg = f"Max iterations exceeded: after {max_iter} steps the estimate still moves; allow more of them."
    warnings.warn(msg, UserWarning, stacklevel=3)


def nearest_densities(rhos: ComplexArray) -> ComplexArray:
    """Return the nearest density matrix of each of a stack: complex128[B, d, d]."""
    rhos = (rhos + rhos.conj().swapaxes(-1, -2)) / 2
    rhos = rhos / np.trace(rhos, axis1=-2, axis2=-1)[:, np.newaxis, np.newaxis]
    values, vectors = np.linalg.eigh(rhos)
    # What the k largest eigenvalues exceed 1 by is taken from each of them alike, for the largest k that
    # leaves all of them positive: the projection onto the simplex.
    descending = values[:, ::-1]
    excess = (np.cumsum(descending, axis=1) - 1.0) / np.arange(1, values.shape[1] + 1)
    kept = (descending > excess).sum(axis=1)
    shift = np.take_along_axis(excess, kept[:, np.newaxis] - 1, axis=1)
    projected = _rebuilt(np.maximum(values - shift, 0.0), vectors)
    # A matrix that is physical stays as it is, to the last bit.
    return np.where((values[:, 0] >= 0)[:, np.newaxis, np.newaxis], rhos, projected)


def nearest_processes(
    chois: ComplexArray, duals: ComplexArray, max_iter: int, enough: float = _ENOUGH
) -> tuple[ComplexArray, ComplexArray, bool]:
    """Return the nearest physical process of each of a stack.

    The projection of C is the positive part of C + Y (x) 1 for the one Hermitian Y with which the trace over
    the output is the identity: where a convex function of Y, once differentiable, has its minimum. Its second
    derivative jumps where an eigenvalue changes its sign, which Newton's method survives.

    Args:
        chois: complex128[B, d * d, d * d], Hermitian.
        duals: complex128[B, d, d], Hermitian: where to begin; `first_duals`, or those of matrices nearby.
        max_iter: Most steps of the iteration.
        enough: How far the trace over the output, for each unit of dimension, may be from the identity before
            it is made exact.

    Returns:
        The processes, complex128[B, d * d, d * d]; their duals; and whether all were done in time.
    """
    n, dim = len(chois), duals.shape[-1]
    identity = np.eye(dim)
    duals = duals.copy()
    values, vectors = _shifted(chois, duals)
    objective, gradient = _objective(values, vectors, duals, identity)
    tolerance = enough * dim
    for _ in range(max_iter):
        open_ = np.flatnonzero(np.abs(gradient).max(axis=(1, 2)) > tolerance)
        if not len(open_):
            break
        step = _newton_steps(values[open_], vectors[open_], gradient[open_])
        slope = np.einsum("bij,bij->b", step.conj(), gradient[open_]).real
        length = np.ones(len(open_))
        waiting = np.arange(len(open_))
        while len(waiting):
            rows = open_[waiting]
            trial = duals[rows] + length[waiting, np.newaxis, np.newaxis] * step[waiting]
            trial_values, trial_vectors = _shifted(chois[rows], trial)
            trial_objective, trial_gradient = _objective(trial_values, trial_vectors, trial, identity)
            noise = 1e-13 * (1.0 + np.abs(objective[rows]))
            lower = trial_objective <= objective[rows] + 1e-4 * length[waiting] * slope[waiting] + noise
            lower |= length[waiting] < _SHORTEST
            accepted = rows[lower]
            duals[accepted], values[accepted] = trial[lower], trial_values[lower]
            vectors[accepted], objective[accepted] = trial_vectors[lower], trial_objective[lower]
            gradient[accepted] = trial_gradient[lower]
            waiting = waiting[~lower]
            length[waiting] /= 2
    done = bool((np.abs(gradient).max(axis=(1, 2), initial=0.0) <= 1e3 * tolerance).all()) if n else True
    return _trace_preserving(_rebuilt(np.maximum(values, 0.0), vectors), dim), duals, done


def first_duals(chois: ComplexArray, dim: int) -> ComplexArray:
    """Return the Y with which C + Y (x) 1 keeps the trace, positive or not: complex128[B, d, d]."""
    traced: ComplexArray = np.einsum("biojo->bij", chois.reshape(len(chois), dim, dim, dim, dim))
    return (np.eye(dim) - traced) / dim


def _shifted(chois: ComplexArray, duals: ComplexArray) -> tuple[FloatArray, ComplexArray]:
    """Return eigenvalues and eigenvectors of each C + Y (x) 1."""
    n, dim = len(chois), duals.shape[-1]
    shifted = chois.reshape(n, dim, dim, dim, dim).copy()
    for k in range(dim):
        shifted[:, :, k, :, k] += duals
    values, vectors = np.linalg.eigh(shifted.reshape(n, dim * dim, dim * dim))
    return values, vectors


def _objective(
    values: FloatArray, vectors: ComplexArray, duals: ComplexArray, identity: FloatArray
) -> tuple[FloatArray, ComplexArray]:
    """Return half the squared norm of the positive part less Tr Y, and its gradient."""
    positive = np.maximum(values, 0.0)
    found = 0.5 * (positive**2).sum(axis=1) - np.trace(duals, axis1=1, axis2=2).real
    n, dim = len(values), len(identity)
    roots = (vectors * np.sqrt(positive)[:, np.newaxis, :]).reshape(n, dim, -1)
    return found, roots @ roots.conj().swapaxes(1, 2) - identity


def _newton_steps(values: FloatArray, vectors: ComplexArray, gradient: ComplexArray) -> ComplexArray:
    """Solve for the step of each Y: complex128[B, d, d], Hermitian."""
    n, dim = len(values), gradient.shape[-1]
    rank = values.shape[1]
    # The first divided differences of max(x, 0).
    upper = np.maximum(values, 0.0)
    rise = upper[:, :, np.newaxis] - upper[:, np.newaxis, :]
    run = values[:, :, np.newaxis] - values[:, np.newaxis, :]
    steep = (values > 0)[:, :, np.newaxis] & (values > 0)[:, np.newaxis, :]
    weights = np.where(steep, 1.0, rise / np.where(run == 0.0, 1.0, run))
    # Unit matrices over the input, in the basis of the eigenvectors. The sum over pairs of these is taken for
    # one of each pair at a time: BLAS would wake its threads for larger products, which takes longer than
    # they do.
    split = vectors.reshape(n, dim, dim, rank)
    left = split.conj().transpose(0, 1, 3, 2).reshape(n, dim * rank, dim)
    right = split.transpose(0, 2, 1, 3).reshape(n, dim, dim * rank)
    units = (left @ right).reshape(n, dim, rank, dim, rank).transpose(0, 2, 1, 3, 4)
    units = units.reshape(n, rank, dim * dim, rank)
    weighted = units.conj() * weights[:, :, np.newaxis, :]
    hessian = (weighted @ units.swapaxes(2, 3)).sum(axis=1)
    # It may be singular far away; what is added there vanishes as fast as the gradient.
    scale = np.maximum(np.einsum("bii->b", hessian).real / dim**2, _SHORTEST)
    added = scale * np.minimum(1e-3, 1e-2 * np.abs(gradient).max(axis=(1, 2)))
    hessian[:, np.arange(dim**2), np.arange(dim**2)] += added[:, np.newaxis]
    solved = np.linalg.solve(hessian, gradient.reshape(n, dim * dim, 1))
    step: ComplexArray = -solved.reshape(n, dim, dim).astype(np.complex128)
    hermitian: ComplexArray = (step + step.conj().swapaxes(1, 2)) / 2
    return hermitian


def _trace_preserving(chois: ComplexArray, dim: int) -> ComplexArray:
    """Take away what rounding, or an early end, has left of the trace over the output, keeping the sign."""
    n = len(chois)
    traced = np.einsum("biojo->bij", chois.reshape(n, dim, dim, dim, dim))
    values, vectors = np.linalg.eigh(traced)
    values = np.maximum(values, np.finfo(np.float64).tiny)
    root = (vectors / np.sqrt(values)[:, np.newaxis, :]) @ vectors.conj().swapaxes(1, 2)
    left = root @ chois.reshape(n, dim, -1)
    right = left.reshape(n, dim * dim, dim * dim).conj().swapaxes(1, 2).reshape(n, dim, -1)
    found = (root @ right).reshape(n, dim * dim, dim * dim)
    hermitian: ComplexArray = (found + found.conj().swapaxes(1, 2)) / 2
    return hermitian


def _rebuilt(values: FloatArray, vectors: ComplexArray) -> ComplexArray:
    found: ComplexArray = (vectors * values[:, np.newaxis, :]) @ vectors.conj().swapaxes(-1, -2)
    return found
