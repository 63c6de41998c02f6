"""A planned drawing as lines, boxes, circles and texts, which SVG and Matplotlib draw alike.

All lengths are in rows; x goes to the right and y down. Shapes are listed by the layer that they are in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from lwfast.circuit.blocks import Group, UnitaryMatrix
from lwfast.circuit.components import Barrier, BeamSplitter, Component, Loss, ModeSwaps, PhaseShifter
from lwfast.circuit.pictures.placing import (
    BOX,
    GAP,
    NAME_SIZE,
    STUB,
    VALUE_SIZE,
    DrawingPlan,
    Placed,
    is_upright,
)
from lwfast.circuit.pictures.value_texts import text_width

INK = "#1f2328"
LIGHT = "#ffffff"
HERALD = "#3e368d"
FILLS: dict[type[Component], str] = {
    BeamSplitter: "#cdd6f4",
    PhaseShifter: "#fcd5c4",
    Loss: "#dfe2e5",
    UnitaryMatrix: "#dacff0",
    Group: "#efe9f8",
}
LEAD = 0.6
"""Length of the mode lines before the first element and after the last one."""
_RADIUS = 0.2
_LABEL_SIZE = 0.3
_BELOW = 0.4
"""How far below its last row the value of an element stands."""


class Line(NamedTuple):
    """A straight line."""

    x0: float
    y0: float
    x1: float
    y1: float


class Swap(NamedTuple):
    """The line of a mode that goes elsewhere: level at both ends."""

    x0: float
    y0: float
    x1: float
    y1: float


class Box(NamedTuple):
    """A box, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: str


class Circle(NamedTuple):
    """A circle around a point."""

    x: float
    y: float
    radius: float


class Text(NamedTuple):
    """A text, around a point as `anchor` says: "middle" or "end"."""

    x: float
    y: float
    text: str
    size: float
    anchor: str = "middle"
    colour: str = INK
    upright: bool = False


@dataclass(slots=True)
class Shapes:
    """A drawing. What comes later in this list covers what comes before.

    Attributes:
        left: Where the drawing begins.
        top: Upper end of the drawing, in its units.
        width: How wide it is.
        height: How high it is.
        wires: The lines of the modes.
        swaps: The lines of modes that change places, of which the later ones pass above the earlier.
        boxes: Boxes of elements and groups.
        passing: Lines of modes that an element leaves alone, across its box.
        barriers: Lines across the modes of barriers.
        circles: Circles with the photons of heralds.
        texts: All texts, those in boxes too.
    """

    left: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    wires: list[Line] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    passing: list[Line] = field(default_factory=list)
    barriers: list[Line] = field(default_factory=list)
    circles: list[Circle] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def shapes_of(plan: DrawingPlan) -> Shapes:
    """Return the shapes of a plan, modes from top to bottom, light from left to right."""
    shapes = Shapes()
    _draw_wires(plan, shapes)
    for placed in plan.placed:
        _draw_element(placed, plan, shapes)
    for heralds, x in ((plan.heralds_in, -LEAD), (plan.heralds_out, plan.width + LEAD)):
        for mode, n in heralds.items():
            _draw_herald(shapes, x, plan.rows[mode], n)
    widest = 0.0
    for y, label in zip(plan.rows, plan.labels, strict=True):
        if label is not None:
            shapes.texts.append(Text(-LEAD - 0.35, y, label, _LABEL_SIZE, "end"))
            widest = max(widest, text_width(label) * _LABEL_SIZE)
    above = any(placed.low == 0 and "\n" in placed.name for placed in plan.placed)
    shapes.left, shapes.top = -LEAD - 0.5 - widest, -0.6 - above
    shapes.width = plan.width + LEAD + 0.35 - shapes.left
    shapes.height = plan.rows[-1] + 0.7 + above - shapes.top
    return shapes


def _draw_wires(plan: DrawingPlan, shapes: Shapes) -> None:
    """Draw the lines of the modes, with gaps where a swap takes one elsewhere."""
    start = [-LEAD] * plan.n_modes
    for placed in plan.placed:
        if isinstance(placed.component, ModeSwaps):
            for mode, end in placed.component.swaps.items():
                if mode != end:
                    y = plan.rows[mode]
                    shapes.wires.append(Line(start[mode], y, placed.x, y))
                    start[mode] = placed.x + placed.width
    for x, y, label in zip(start, plan.rows, plan.labels, strict=True):
        if label is not None:
            shapes.wires.append(Line(x, y, plan.width + LEAD, y))


def _draw_element(placed: Placed, plan: DrawingPlan, shapes: Shapes) -> None:
    component, rows = placed.component, plan.rows
    if isinstance(component, ModeSwaps):
        x0, x1 = placed.x, placed.x + placed.width
        shapes.swaps += [Swap(x0, rows[a], x1, rows[b]) for a, b in component.swaps.items() if a != b]
        return
    if isinstance(component, Barrier):
        x = placed.x + placed.width / 2
        shapes.barriers += [Line(x, rows[mode] - 0.5, x, rows[mode] + 0.5) for mode in component.modes]
        return
    left, right = placed.x + GAP, placed.x + placed.width - GAP
    if isinstance(component, Group):
        if component.heralds.input:
            left += STUB + 0.25
        if component.heralds.output:
            right -= STUB + 0.25
        for mode, n in component.heralds.input.items():
            shapes.wires.append(Line(left - STUB, rows[mode], left, rows[mode]))
            _draw_herald(shapes, left - STUB, rows[mode], n)
        for mode, n in component.heralds.output.items():
            shapes.wires.append(Line(right, rows[mode], right + STUB, rows[mode]))
            _draw_herald(shapes, right + STUB, rows[mode], n)
    top, bottom = rows[placed.low], rows[placed.high]
    if isinstance(component, BeamSplitter | PhaseShifter | Loss):
        # The box is as wide as its name; a value may be wider, and stands below it.
        half = max(BOX, text_width(placed.name) * NAME_SIZE + 0.2) / 2
        left, right = (left + right) / 2 - half, (left + right) / 2 + half
    shapes.boxes.append(Box(left, top - BOX / 2, right - left, bottom - top + BOX, FILLS[type(component)]))
    passing = _passing(placed, plan)
    shapes.passing += [Line(left, rows[mode], right, rows[mode]) for mode in passing]
    x = (left + right) / 2
    middle = _between([top - BOX / 2, *(rows[mode] for mode in passing), bottom + BOX / 2])
    upright = isinstance(component, UnitaryMatrix | Group) and is_upright(
        placed.name, placed.high - placed.low
    )
    size = NAME_SIZE * (1.3 if len(placed.name) == 1 and placed.high > placed.low else 1.0)
    shapes.texts.append(Text(x, middle, placed.name, size, upright=upright))
    if placed.value:
        shapes.texts.append(Text(x, bottom + _BELOW, placed.value, VALUE_SIZE))


def _passing(placed: Placed, plan: DrawingPlan) -> list[int]:
    """Return the modes that an element spans and leaves alone."""
    component = placed.component
    if isinstance(component, BeamSplitter):
        own: tuple[int, ...] = (component.mode_1, component.mode_2)
    elif isinstance(component, UnitaryMatrix):
        own = component.modes
    else:
        return []
    between = range(placed.low + 1, placed.high)
    return [mode for mode in between if mode not in own and plan.labels[mode] is not None]


def _between(lines: list[float]) -> float:
    """Return the middle of a box, or of the gap between lines across it that is nearest to it."""
    whole = (lines[0] + lines[-1]) / 2
    gaps = [(above + below) / 2 for above, below in pairwise(lines)]
    return min(gaps, key=lambda y: abs(y - whole))


def _draw_herald(shapes: Shapes, x: float, y: float, n: int) -> None:
    shapes.circles.append(Circle(x, y, _RADIUS))
    size = 0.27 if n < 10 else 0.2
    shapes.texts.append(Text(x, y, str(n), size, colour=LIGHT))
