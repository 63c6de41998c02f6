"""Complex matrices as the wire writes them: rows of `str(complex)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lwfast._types import ComplexArray


def matrix_to_text(matrix: ComplexArray) -> list[list[str]]:
    """Write each element as Python's `str(complex)`, e.g. `"(0.1+0.2j)"` or `"1j"`."""
    return [[str(value) for value in row] for row in np.asarray(matrix, dtype=np.complex128).tolist()]


def matrix_from_text(rows: Sequence[Sequence[Any]]) -> ComplexArray:
    """Read rows of strings (or plain numbers) back to complex128, bit for bit.

    Raises:
        ValueError: Not a rectangular table of complex numbers; names the row and column.
    """
    if isinstance(rows, str) or not isinstance(rows, Sequence):
        raise ValueError(f"A matrix is a list of rows, not {type(rows).__name__}.")
    width = len(rows[0]) if rows and isinstance(rows[0], Sequence) else 0
    out = np.empty((len(rows), width), dtype=np.complex128)
    for i, row in enumerate(rows):
        if isinstance(row, str) or not isinstance(row, Sequence):
            raise ValueError(f"Row {i} is not a list but {type(row).__name__}.")
        if len(row) != width:
            raise ValueError(f"Row {i} has {len(row)} columns where row 0 has {width}.")
        for j, text in enumerate(row):
            try:
                if isinstance(text, bool):
                    raise TypeError
                out[i, j] = complex(text)
            except (TypeError, ValueError, OverflowError):
                raise ValueError(f"Row {i}, column {j}: {text!r:.60} is not a complex number.") from None
    return out
