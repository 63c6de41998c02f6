"""A matrix as a small picture for notebooks: a Hinton diagram in SVG."""

from __future__ import annotations

import numpy as np

from lwfast._base.showing.html import Markup
from lwfast._types import ComplexArray

_PIXELS = 220.0
_CELL = 22.0
_MOST_MODES = 64
"""Larger matrices would be a grey area of 4000 squares and more."""
_ANCHORS = (
    "e2d9e2", "b3c6ce", "7ba1c2", "6276ba", "5e43a5", "4e186f", "2f1436",
    "581647", "8e2c50", "b25652", "c6896c", "d4bcac", "e2d9e2",
)  # fmt: skip
"""The colours of the map "twilight" from -π to π, which plots use as well."""
_LEAST = 0.03
"""Entries of a smaller magnitude, relative to the largest, are too small to be seen."""


def matrix_picture(matrix: ComplexArray) -> Markup:
    """Return a square for each entry, whose area is the squared magnitude, and whose colour is the phase.

    Args:
        matrix: `(n, n)`; that of a payload may be large, and then nothing is drawn.
    """
    n_modes = len(matrix)
    if matrix.ndim != 2 or not 0 < n_modes <= _MOST_MODES or not np.isfinite(matrix).all():
        return Markup("")
    cell = min(_CELL, _PIXELS / n_modes)
    side, width = 0.94 * cell, cell * n_modes
    sizes = np.abs(matrix) / (float(np.abs(matrix).max()) or 1.0)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{width:.0f}" '
        f'viewBox="0 0 {width:.1f} {width:.1f}" role="img" aria-label="Unitary">'
        f'<rect width="{width:.1f}" height="{width:.1f}" fill="#f1f3f5"/>'
    )
    parts = [head]
    for (row, column), size in np.ndenumerate(sizes):
        if size > _LEAST:
            x, y = (column + 0.5) * cell - size * side / 2, (row + 0.5) * cell - size * side / 2
            colour = _colour(float(np.angle(matrix[row, column])))
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{size * side:.1f}" height="{size * side:.1f}" '
                f'fill="{colour}" stroke="#1f2328" stroke-width="0.4"/>'
            )
    note = "Unitary: area is probability, colour is phase (0 dark, π/2 red, π light, −π/2 blue)"
    return Markup(f'{"".join(parts)}</svg><div style="opacity:0.75">{note}</div>')


def _colour(phase: float) -> str:
    """Return the colour of a phase in radians: between those of the two nearest anchors."""
    place = (phase / (2 * np.pi) + 0.5) % 1.0 * (len(_ANCHORS) - 1)
    below = min(int(place), len(_ANCHORS) - 2)
    part = place - below
    mixed = [
        round((1 - part) * first + part * second)
        for first, second in zip(
            bytes.fromhex(_ANCHORS[below]), bytes.fromhex(_ANCHORS[below + 1]), strict=True
        )
    ]
    return f"#{bytes(mixed).hex()}"
