"""Drawings with Matplotlib: lines, boxes, circles and texts on axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lwfast.circuit.pictures.outlines import paint_outlines
from lwfast.circuit.pictures.shapes import HERALD, INK, LIGHT, Line, Shapes, Swap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = 0.46
"""Of a row: the pixels of an SVG at 96 to the inch."""
_POINTS = INCHES * 72
MANY_TEXTS = 500
"""From so many on, texts are painted by their outlines."""


def paint(ax: Axes, shapes: Shapes) -> None:
    """Draw shapes.

    Args:
        ax: Where to; its limits and frame are set.
        shapes: Lines, boxes and texts, in units of the drawing.
    """
    from matplotlib.collections import LineCollection, PatchCollection
    from matplotlib.patches import Circle, FancyBboxPatch

    def lines(some: Sequence[Line], **style: Any) -> None:
        if some:
            ends = [((x0, y0), (x1, y1)) for x0, y0, x1, y1 in some]
            ax.add_collection(LineCollection(ends, colors=INK, **style), autolim=False)

    lines(shapes.wires, linewidths=1.2, capstyle="round", zorder=1)
    for swap in shapes.swaps:
        _paint_swap(ax, swap)
    for fill in sorted({box.fill for box in shapes.boxes}):
        style: Any = "round,pad=0,rounding_size=0.07"
        patches = [
            FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle=style)
            for box in shapes.boxes
            if box.fill == fill
        ]
        ax.add_collection(
            PatchCollection(patches, facecolors=fill, edgecolors=INK, linewidths=0.9, zorder=2), autolim=False
        )
    lines(shapes.passing, linewidths=0.8, linestyles=[(0, (3, 3))], alpha=0.6, zorder=3)
    lines(shapes.barriers, linewidths=1.1, linestyles=[(0, (4, 2.5))], zorder=3)
    if shapes.circles:
        circles = [Circle((x, y), radius) for x, y, radius in shapes.circles]
        ax.add_collection(
            PatchCollection(circles, facecolors=HERALD, edgecolors=INK, linewidths=0.9, zorder=4),
            autolim=False,
        )
    # Hinted letters are sharper, and a call for each text is slow.
    many = len(shapes.texts) > MANY_TEXTS
    if many:
        paint_outlines(ax, [text for text in shapes.texts if "$" not in text.text])
    for text in shapes.texts:
        if many and "$" not in text.text:
            continue
        ax.text(
            text.x,
            text.y,
            text.text,
            ha="right" if text.anchor == "end" else "center",
            va="center" if "\n" in text.text or "$" in text.text or text.upright else "center_baseline",
            fontsize=text.size * _POINTS,
            color=text.colour,
            rotation=90 if text.upright else 0,
            zorder=5,
        )
    ax.set_xlim(shapes.left, shapes.left + shapes.width)
    ax.set_ylim(shapes.top + shapes.height, shapes.top)
    ax.set_aspect("equal")
    ax.axis("off")


def _paint_swap(ax: Axes, swap: Swap) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    x0, y0, x1, y1 = swap
    middle = (x0 + x1) / 2
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    curve = Path([(x0, y0), (middle, y0), (middle, y1), (x1, y1)], codes)
    # A white rim shows which line is on top where two cross.
    ax.add_patch(PathPatch(curve, fc="none", ec=LIGHT, lw=3.8, zorder=1.2))
    ax.add_patch(PathPatch(curve, fc="none", ec=INK, lw=1.2, zorder=1.3, capstyle="round"))
