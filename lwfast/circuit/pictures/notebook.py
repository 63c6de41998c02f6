"""A circuit as a notebook shows it."""

from __future__ import annotations

from lwfast._base.showing.html import escaped
from lwfast.circuit.components import Barrier
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.pictures.placing import plan_drawing
from lwfast.circuit.pictures.shapes import shapes_of
from lwfast.circuit.pictures.svg import svg_of

_MOST_ELEMENTS = 1500
"""Of more elements a notebook keeps no drawing, which would be some 300 KB; `display` draws them."""


def circuit_html(layout: Layout, name: str) -> str:
    """Return a heading, and the drawing of a circuit that can be scrolled.

    Losses and barriers are drawn where there are any.

    Args:
        layout: The elements of the circuit, and where its modes are.
        name: What the circuit is called above the drawing.
    """
    n_elements, n_heralds = len(layout.components), len(layout.heralds.input)
    facts = f"{layout.n_named} modes, {n_elements} element{'s' if n_elements != 1 else ''}"
    if n_heralds:
        facts += f", {n_heralds} herald{'s' if n_heralds != 1 else ''}"
    heading = f'<div style="font-weight:600">{escaped(f"{name}: {facts}")}</div>'
    if n_elements > _MOST_ELEMENTS:
        return f"<div>{heading}<div>display() draws it.</div></div>"
    barriers = any(isinstance(component, Barrier) for component in layout.components)
    svg = svg_of(shapes_of(plan_drawing(layout, display_loss=True, display_barriers=barriers)))
    drawing = svg[svg.index("<svg") :]  # HTML has no place for the declaration of XML
    return f'<div>{heading}<div style="overflow-x:auto">{drawing}</div></div>'
