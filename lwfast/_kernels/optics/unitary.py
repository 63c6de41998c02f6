"""How far a matrix is from unitary."""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._types import ComplexArray, FloatArray


# "reassoc" lets the scalar product run in vector lanes: 5 times at n = 300. NaN and infinity keep theirs.
@jit("const float64[:, :, :], const float64[:, :, :], float64[:]", fastmath={"contract", "reassoc"})
def deviation_columns(real: FloatArray, imag: FloatArray, out: FloatArray) -> None:
    """Write max |U^H U - 1| of each matrix of a stack into `out`.

    Works on the transposed matrices, so that a scalar product of two columns reads memory in order, and uses
    that U^H U is Hermitian: half of the products, and no temporary of the size of the matrix. A matrix
    whose products are not finite gets NaN.

    Args:
        real: Real parts of the transposed matrices, float64[k, n, n], C-contiguous.
        imag: Imaginary parts, the same shape.
        out: float64[k].
    """
    count, n, _ = real.shape
    for k in range(count):
        worst = 0.0  # of |entry|^2
        finite = True
        for i in range(n):
            for j in range(i, n):
                dot_re = 0.0
                dot_im = 0.0
                for r in range(n):
                    dot_re += real[k, i, r] * real[k, j, r] + imag[k, i, r] * imag[k, j, r]
                    dot_im += real[k, i, r] * imag[k, j, r] - imag[k, i, r] * real[k, j, r]
                if i == j:
                    dot_re -= 1.0
                miss = dot_re * dot_re + dot_im * dot_im
                if not np.isfinite(miss):
                    finite = False
                worst = max(worst, miss)
        out[k] = np.sqrt(worst) if finite else np.nan


@jit("const complex128[:, :, :]")
def largest_deviation(matrices: ComplexArray) -> float:
    """Return max |U^H U - 1| of all matrices of a stack; NaN where a product is not finite.

    Of small matrices as they are: to transpose and split them takes longer than the products do.

    Args:
        matrices: complex128[k, n, n], C-contiguous.
    """
    count, n, _ = matrices.shape
    worst = 0.0  # of |entry|^2
    for k in range(count):
        for i in range(n):
            for j in range(i, n):
                dot_re = -1.0 if i == j else 0.0
                dot_im = 0.0
                for r in range(n):
                    a, b = matrices[k, r, i], matrices[k, r, j]
                    dot_re += a.real * b.real + a.imag * b.imag
                    dot_im += a.real * b.imag - a.imag * b.real
                miss = dot_re * dot_re + dot_im * dot_im
                if not np.isfinite(miss):
                    return np.nan
                worst = max(worst, miss)
    return np.sqrt(worst)
