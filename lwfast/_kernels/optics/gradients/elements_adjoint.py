"""From derivatives by a transfer matrix to those by what each element of the circuit is set to.

With U_k = E_k U_(k-1), and bars as in `adjoint.py`,

    bar E_k = bar U_k U_(k-1)^H        bar U_(k-1) = E_k^H bar U_k,

each on the rows that the element touches only: the rows that it finds are written down on the way forward.
"""

from __future__ import annotations

import math

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels.optics.element_kinds import BEAM_SPLITTER_H, BEAM_SPLITTER_RX, BLOCK, LOSS, PHASE_SHIFT
from lwfast._types import AnyArray, ComplexArray, FloatArray


@jit(
    "const int64[:, :], const float64[:], const int64[:], const complex128[:], complex128[:, :], float64[:], "
    "complex128[:]"
)
def elements_adjoint(
    elements: AnyArray,
    values: FloatArray,
    modes: AnyArray,
    blocks: ComplexArray,
    by_matrix: ComplexArray,
    by_values: FloatArray,
    by_blocks: ComplexArray,
) -> None:
    """Go back through the elements of a circuit.

    Args:
        elements: int64[N, 4]. The kind, two modes (the second one where there is one), 0; or, of a block,
            the kind, its number of modes, where they begin in `modes`, and where its entries begin in
            `blocks`, row by row.
        values: float64[N], reflectivity, phase or loss.
        modes: int64[...], modes of blocks.
        blocks: complex128[...], entries of blocks.
        by_matrix: complex128[m, m], derivatives by the transfer matrix; used up.
        by_values: float64[N], receives derivatives by reflectivity, phase and loss; infinite or NaN where a
            square root in the element is zero.
        by_blocks: complex128[...], receives derivatives by the entries of blocks.
    """
    n_modes = by_matrix.shape[1]
    n_rows = 0
    for i in range(len(elements)):
        kind = elements[i, 0]
        n_rows += elements[i, 1] if kind == BLOCK else 2
    found = np.empty((n_rows, n_modes), np.complex128)
    matrix = np.zeros((n_modes, n_modes), np.complex128)
    for i in range(n_modes):
        matrix[i, i] = 1.0
    at = 0
    for i in range(len(elements)):
        kind, a, b, offset = elements[i]
        if kind == BLOCK:
            for x in range(a):
                for c in range(n_modes):
                    found[at + x, c] = matrix[modes[b + x], c]
            for x in range(a):
                for c in range(n_modes):
                    value = 0.0 + 0.0j
                    for y in range(a):
                        value += blocks[offset + x * a + y] * found[at + y, c]
                    matrix[modes[b + x], c] = value
            at += a
            continue
        for c in range(n_modes):
            found[at, c] = matrix[a, c]
            found[at + 1, c] = matrix[b, c]
        if kind in (BEAM_SPLITTER_RX, BEAM_SPLITTER_H):
            r = math.sqrt(values[i])
            t = math.sqrt(1.0 - values[i])
            for c in range(n_modes):
                x = found[at, c]
                y = found[at + 1, c]
                if kind == BEAM_SPLITTER_RX:
                    matrix[a, c] = r * x + 1j * t * y
                    matrix[b, c] = 1j * t * x + r * y
                else:
                    matrix[a, c] = r * x + t * y
                    matrix[b, c] = t * x - r * y
        elif kind in (PHASE_SHIFT, LOSS):
            factor = (
                complex(math.cos(values[i]), math.sin(values[i]))
                if kind == PHASE_SHIFT
                else complex(math.sqrt(1.0 - values[i]), 0.0)
            )
            for c in range(n_modes):
                matrix[a, c] *= factor
        else:
            for c in range(n_modes):
                matrix[a, c] = found[at + 1, c]
                matrix[b, c] = found[at, c]
        at += 2
    for level in range(len(elements)):
        i = len(elements) - 1 - level
        kind, a, b, offset = elements[i]
        if kind == BLOCK:
            at -= a
            for x in range(a):
                for y in range(a):
                    value = 0.0 + 0.0j
                    for c in range(n_modes):
                        value += by_matrix[modes[b + x], c] * np.conj(found[at + y, c])
                    by_blocks[offset + x * a + y] = value
            # The rows that the block found are done with: they hold its rows of `by_matrix` now.
            for x in range(a):
                for c in range(n_modes):
                    found[at + x, c] = by_matrix[modes[b + x], c]
            for y in range(a):
                for c in range(n_modes):
                    value = 0.0 + 0.0j
                    for x in range(a):
                        value += np.conj(blocks[offset + x * a + y]) * found[at + x, c]
                    by_matrix[modes[b + y], c] = value
            continue
        at -= 2
        if kind in (BEAM_SPLITTER_RX, BEAM_SPLITTER_H):
            r = math.sqrt(values[i])
            t = math.sqrt(1.0 - values[i])
            by_r = 0.0
            by_t = 0.0
            for c in range(n_modes):
                g = by_matrix[a, c]
                h = by_matrix[b, c]
                x = found[at, c]
                y = found[at + 1, c]
                if kind == BEAM_SPLITTER_RX:
                    by_r += (np.conj(g) * x + np.conj(h) * y).real
                    by_t += (1j * (np.conj(g) * y + np.conj(h) * x)).real
                    by_matrix[a, c] = r * g - 1j * t * h
                    by_matrix[b, c] = r * h - 1j * t * g
                else:
                    by_r += (np.conj(g) * x - np.conj(h) * y).real
                    by_t += (np.conj(g) * y + np.conj(h) * x).real
                    by_matrix[a, c] = r * g + t * h
                    by_matrix[b, c] = t * g - r * h
            by_values[i] = 0.5 * by_r / r - 0.5 * by_t / t
        elif kind == PHASE_SHIFT:
            factor = complex(math.cos(values[i]), math.sin(values[i]))
            total = 0.0
            for c in range(n_modes):
                total += (np.conj(by_matrix[a, c]) * 1j * factor * found[at, c]).real
                by_matrix[a, c] *= np.conj(factor)
            by_values[i] = total
        elif kind == LOSS:
            passed = math.sqrt(1.0 - values[i])
            total = 0.0
            for c in range(n_modes):
                total += (np.conj(by_matrix[a, c]) * found[at, c]).real
                by_matrix[a, c] *= passed
            by_values[i] = -0.5 * total / passed
        else:
            for c in range(n_modes):
                swapped = by_matrix[a, c]
                by_matrix[a, c] = by_matrix[b, c]
                by_matrix[b, c] = swapped
