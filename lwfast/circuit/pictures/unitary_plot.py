"""A unitary matrix as a picture: a Hinton diagram, magnitude and phase, or real and imaginary part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._base.showing.heat_map import (
    add_colour_bar,
    draw_heat_map,
    map_size,
    name_cells,
    numbered,
    value_range,
)
from lwfast._base.showing.plot_style import CYCLIC, INK, plot_style, pyplot_module, shown_or_returned
from lwfast._types import ComplexArray, FloatArray
from lwfast.circuit.foreign.followed_circuits import own_circuit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("hinton", "magnitude_phase", "real_imag")
_OUTLINED = 30
"""Up to so many modes, the squares of a Hinton diagram have an edge."""
_DARK = 1e-9
"""Entries of a smaller magnitude have no phase that could be shown."""


def plot_unitary(
    unitary: Any, kind: str = "hinton", *, show: bool = True
) -> tuple[Figure, Axes | np.ndarray[Any, Any]] | None:
    """Draw a matrix over modes: rows are output modes, columns input modes.

    Args:
        unitary: A circuit, whose `U` is drawn, or a matrix `(n, n)` of complex or real numbers.
        kind: "hinton" draws a square for each entry. Its area is the probability that a photon takes this
            way, relative to the largest one, and its colour is the phase. "magnitude_phase" and "real_imag"
            draw two maps.
        show: Whether to show the figure, which is the default, and return None. On a backend without a
            screen, or where `show` is False, figure and axes are returned.

    Returns:
        (figure, axes), where "magnitude_phase" and "real_imag" have an array of two axes, or None where the
        figure was shown.

    Raises:
        LightworksDependencyError: Matplotlib is not installed.
        TypeError: It is neither a circuit nor a matrix of numbers.
        ValueError: It is not a square matrix of finite numbers, or `kind` is unknown.

    Example:
        >>> from lwfast.visualisation import plot_unitary
        >>> figure, axes = plot_unitary(lw.random_unitary(4, seed=1), show=False)
        >>> figure.savefig("unitary.png")
    """
    if kind not in KINDS:
        raise ValueError(f"Unknown kind {kind!r}; a unitary is drawn as {', '.join(KINDS)}.")
    matrix = _matrix(unitary)
    n_modes = len(matrix)
    pyplot = pyplot_module()
    wide, high = map_size(n_modes, n_modes)
    n_maps = 1 if kind == "hinton" else 2
    with plot_style():
        figure, axes = pyplot.subplots(
            1, n_maps, figsize=((wide + 1.6) * n_maps, high + 0.6), layout="constrained", squeeze=False
        )
        axes = axes.reshape(-1)
        if kind == "hinton":
            _draw_squares(figure, axes[0], matrix)
        elif kind == "magnitude_phase":
            magnitude = np.abs(matrix)
            image = draw_heat_map(axes[0], magnitude, value_range([magnitude]))
            add_colour_bar(figure, image, axes[0], "Magnitude")
            image = draw_heat_map(axes[1], _phases(matrix), (-np.pi, np.pi), colours=CYCLIC, written=False)
            _name_phases(add_colour_bar(figure, image, axes[1], "Phase"))
        else:
            parts = {"Real part": matrix.real, "Imaginary part": matrix.imag}
            limits = value_range([matrix.real, matrix.imag])
            for ax, (name, part) in zip(axes, parts.items(), strict=True):
                image = draw_heat_map(ax, part, limits)
                ax.set_title(name)
            add_colour_bar(figure, image, list(axes), "Amplitude")
        for ax in axes:
            name_cells(ax, numbered(n_modes), numbered(n_modes))
            ax.set_xlabel("Input mode")
        axes[0].set_ylabel("Output mode")
    return shown_or_returned(figure, axes if n_maps > 1 else axes[0], show)


def _matrix(unitary: Any) -> ComplexArray:
    """Return the matrix that is drawn."""
    circuit = own_circuit(unitary)
    if circuit is not None:
        return circuit.U
    matrix = np.asarray(unitary)
    if matrix.dtype.kind not in "fciu":
        raise TypeError(f"A circuit or a matrix of numbers can be drawn, not {type(unitary).__name__}.")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise ValueError(f"A matrix over modes is square, and this one has the shape {matrix.shape}.")
    if not np.isfinite(matrix).all():
        raise ValueError("An entry of the matrix is not finite.")
    return matrix.astype(np.complex128)


def _phases(matrix: ComplexArray) -> FloatArray:
    """Return the phases of the entries, NaN for those without one."""
    return np.where(np.abs(matrix) > _DARK, np.angle(matrix), np.nan)


def _name_phases(bar: Any) -> None:
    bar.set_ticks([-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi], labels=["−π", "−π/2", "0", "π/2", "π"])


def _draw_squares(figure: Any, axes: Axes, matrix: ComplexArray) -> None:
    """Draw a square for each entry: its area is the squared magnitude, its colour the phase."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle

    n_modes = len(matrix)
    magnitudes = np.abs(matrix)
    sides = 0.96 * magnitudes / (float(magnitudes.max()) or 1.0)
    squares, phases = [], []
    for (row, column), side in np.ndenumerate(sides):
        if side > _DARK:
            squares.append(Rectangle((column - side / 2, row - side / 2), side, side))
            phases.append(np.angle(matrix[row, column]))
    scale = ScalarMappable(Normalize(-np.pi, np.pi), CYCLIC)
    axes.add_collection(
        PatchCollection(
            squares,
            facecolors=scale.to_rgba(np.array(phases)) if squares else "none",
            edgecolors=INK,
            linewidths=0.5 if n_modes <= _OUTLINED else 0.0,
        )
    )
    axes.set_xlim(-0.5, n_modes - 0.5)
    axes.set_ylim(n_modes - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.set_facecolor("#f1f3f5")
    axes.set_xticks(np.arange(n_modes + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(n_modes + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.0)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    _name_phases(add_colour_bar(figure, scale, axes, "Phase"))  # type: ignore[arg-type]
