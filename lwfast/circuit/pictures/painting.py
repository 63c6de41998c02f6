"""Ink for a planned drawing, with Matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lwfast.circuit.blocks import Group, UnitaryMatrix
from lwfast.circuit.components import Barrier, BeamSplitter, Loss, ModeSwaps, PhaseShifter
from lwfast.circuit.pictures.placing import Placed, Plan, phase_text, value_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#24292f"
PASSING = "#a0a8b0"
FILLS = {
    BeamSplitter: "#a9d6b6",
    PhaseShifter: "#f4c7a1",
    Loss: "#d5d8dc",
    UnitaryMatrix: "#b9cdee",
    Group: "#dccbee",
}
HERALD = "#fdf3b4"
GAP = 0.16
"""Room left and right of an element, in columns."""
LEAD = 0.7
"""Length of the mode lines before the first element and after the last one, in columns."""


def paint(ax: Axes, plan: Plan, show_parameter_values: bool) -> None:
    """Draw a plan: modes from top to bottom, light from left to right.

    Args:
        ax: Where to; its limits and frame are set.
        plan: What to draw.
        show_parameter_values: Write values of Parameters rather than their labels.
    """
    for mode, label in enumerate(plan.labels):
        if label is not None:
            _line(ax, mode, plan)
            ax.text(-LEAD - 0.35, -mode, label, ha="right", va="center", fontsize=11, color=INK)
    for placed in plan.placed:
        _paint_one(ax, placed, plan, show_parameter_values)
    for mode, n in plan.heralds_in.items():
        _herald(ax, -LEAD, mode, n)
    for mode, n in plan.heralds_out.items():
        _herald(ax, plan.width + LEAD, mode, n)
    ax.set_xlim(-LEAD - 1.1, plan.width + LEAD + 0.4)
    ax.set_ylim(-plan.n_modes + 0.2, 0.8)
    ax.set_aspect("equal")
    ax.axis("off")


def _line(ax: Axes, mode: int, plan: Plan) -> None:
    """Draw the line of a mode, with gaps where a swap takes the mode elsewhere."""
    start = -LEAD
    for placed in plan.placed:
        swaps = placed.component
        if isinstance(swaps, ModeSwaps) and swaps.swaps.get(mode, mode) != mode:
            ax.plot([start, placed.x], [-mode, -mode], color=INK, lw=1.3, zorder=1)
            start = placed.x + placed.width
    ax.plot([start, plan.width + LEAD], [-mode, -mode], color=INK, lw=1.3, zorder=1)


def _paint_one(ax: Axes, placed: Placed, plan: Plan, show_values: bool) -> None:
    component = placed.component
    if isinstance(component, ModeSwaps):
        _swaps(ax, placed, component)
    elif isinstance(component, Barrier):
        x = placed.x + placed.width / 2
        for mode in component.modes:
            ax.plot([x, x], [-mode - 0.5, -mode + 0.5], color=INK, lw=1.2, ls=(0, (3, 2)), zorder=2)
    elif isinstance(component, BeamSplitter):
        passing = [m for m in range(placed.low + 1, placed.high) if plan.labels[m] is not None]
        name = "BS" if component.convention == "Rx" else f"BS ({component.convention})"
        off_line = -(placed.low + placed.high) / 2 in [-mode for mode in passing]
        _box(ax, placed, name, f"r = {value_text(component.reflectivity, show_values)}", 0.5 * off_line)
        for mode in passing:
            ends = [placed.x + GAP, placed.x + placed.width - GAP]
            ax.plot(ends, [-mode, -mode], color=PASSING, lw=1.1, ls=(0, (2, 2)), zorder=3)
    elif isinstance(component, PhaseShifter):
        _box(ax, placed, "φ", phase_text(component.phi, show_values))
    elif isinstance(component, Loss):
        _box(ax, placed, "L", value_text(component.loss, show_values))
    elif isinstance(component, UnitaryMatrix):
        _box(ax, placed, component.label, "")
    elif isinstance(component, Group):
        _box(ax, placed, component.name, "")
        for mode, n in component.heralds.input.items():
            _herald(ax, placed.x + GAP, mode, n)
        for mode, n in component.heralds.output.items():
            _herald(ax, placed.x + placed.width - GAP, mode, n)


def _box(ax: Axes, placed: Placed, name: str, value: str, shift: float = 0.0) -> None:
    """Draw the box of an element, with its name and, below, its value, both moved up by `shift` rows."""
    from matplotlib.patches import FancyBboxPatch

    single = placed.low == placed.high
    height = placed.high - placed.low + (0.56 if single else 0.6)
    left, width = placed.x + GAP, placed.width - 2 * GAP
    if single:
        # A box of one row is as narrow as it is high; its value stands below it.
        left, width = placed.x + (placed.width - height) / 2, height
    middle = -(placed.low + placed.high) / 2
    style: Any = "round,pad=0,rounding_size=0.08"
    fill = FILLS[type(placed.component)]
    ax.add_patch(
        FancyBboxPatch(
            (left, middle - height / 2), width, height, boxstyle=style, fc=fill, ec=INK, lw=1.2, zorder=2
        )
    )
    x = left + width / 2
    size = 11 if len(name) <= 4 or not single else 8
    if single or not value:
        ax.text(x, middle + shift, name, ha="center", va="center", fontsize=size, color=INK, zorder=4)
        if value:
            ax.text(x, middle - 0.3, value, ha="center", va="top", fontsize=7.5, color=INK, zorder=4)
    else:
        ax.text(x, middle + shift + 0.12, name, ha="center", va="center", fontsize=size, color=INK, zorder=4)
        ax.text(x, middle + shift - 0.19, value, ha="center", va="center", fontsize=7.5, color=INK, zorder=4)


def _swaps(ax: Axes, placed: Placed, component: ModeSwaps) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    x0, x1 = placed.x, placed.x + placed.width
    middle = (x0 + x1) / 2
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    for start, end in component.swaps.items():
        if start != end:
            # A white rim shows which line is on top where two cross.
            curve = Path([(x0, -start), (middle, -start), (middle, -end), (x1, -end)], codes)
            ax.add_patch(PathPatch(curve, fc="none", ec="white", lw=3.6, zorder=1.2))
            ax.add_patch(PathPatch(curve, fc="none", ec=INK, lw=1.3, zorder=1.3, capstyle="round"))


def _herald(ax: Axes, x: float, mode: int, n: int) -> None:
    from matplotlib.patches import Circle

    ax.add_patch(Circle((x, -mode), 0.2, fc=HERALD, ec=INK, lw=1.1, zorder=5))
    ax.text(x, -mode, str(n), ha="center", va="center_baseline", fontsize=9, color=INK, zorder=6)
