"""Drawings as SVG, written as text: a hundred times quicker than by way of Matplotlib."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lwfast._base.showing.plot_text import is_formula
from lwfast.circuit.pictures.shapes import HERALD, INK, LIGHT, Line, Shapes, Text

UNIT = 44.0
"""Pixels between two modes, at full size."""
MOST_PIXELS = 900.0
"""Height at which the drawing of many modes is shown; as a vector image it can be enlarged."""
FONTS = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DROP = 0.35
"""How far below its middle a text has its base line, in font sizes."""


def svg_of(shapes: Shapes) -> str:
    """Return a drawing as an SVG document, with a white ground that dark pages need.

    The document refers to nothing and has no ids, so that several of them can stand in one page.
    """
    width, height = shapes.width * UNIT, shapes.height * UNIT
    scale = min(1.0, MOST_PIXELS / height)
    left, top = shapes.left * UNIT, shapes.top * UNIT
    view = f"{left:.1f} {top:.1f} {width:.1f} {height:.1f}"
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * scale:.1f}" height="{height * scale:.1f}" '
        f'viewBox="{view}" font-family="{FONTS}" role="img">'
    )
    parts = [
        head,
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{LIGHT}"/>',
        f'<g fill="none" stroke="{INK}" stroke-width="1.6" stroke-linecap="round">',
    ]
    if shapes.wires:
        parts.append(f'<path d="{_path(shapes.wires)}"/>')
    for x0, y0, x1, y1 in shapes.swaps:
        middle = f"{(x0 + x1) / 2 * UNIT:.1f}"
        curve = (
            f"M{x0 * UNIT:.1f} {y0 * UNIT:.1f}C{middle} {y0 * UNIT:.1f} {middle} {y1 * UNIT:.1f} "
            f"{x1 * UNIT:.1f} {y1 * UNIT:.1f}"
        )
        # A white rim shows which line is on top where two cross.
        parts.append(
            f'<path d="{curve}" stroke="{LIGHT}" stroke-width="5" stroke-linecap="butt"/><path d="{curve}"/>'
        )
    parts.append(f'</g>\n<g stroke="{INK}" stroke-width="1.1">')
    parts += [
        f'<rect x="{x * UNIT:.1f}" y="{y * UNIT:.1f}" width="{w * UNIT:.1f}" height="{h * UNIT:.1f}" rx="3" '
        f'fill="{fill}"/>'
        for x, y, w, h, fill in shapes.boxes
    ]
    if shapes.passing:
        parts.append(f'<path d="{_path(shapes.passing)}" stroke-dasharray="3 3" stroke-opacity="0.6"/>')
    if shapes.barriers:
        parts.append(f'<path d="{_path(shapes.barriers)}" stroke-width="1.4" stroke-dasharray="5 3"/>')
    parts += [
        f'<circle cx="{x * UNIT:.1f}" cy="{y * UNIT:.1f}" r="{r * UNIT:.1f}" fill="{HERALD}"/>'
        for x, y, r in shapes.circles
    ]
    parts.append("</g>\n<g>")
    parts += [_text(text) for text in shapes.texts]
    parts.append("</g>\n</svg>\n")
    return "\n".join(parts)


def _path(lines: Iterable[Line]) -> str:
    return "".join(
        f"M{x0 * UNIT:.1f} {y0 * UNIT:.1f}L{x1 * UNIT:.1f} {y1 * UNIT:.1f}" for x0, y0, x1, y1 in lines
    )


def _text(text: Text) -> str:
    """Return a text, a formula in it as the outlines of its signs."""
    lines = text.text.split("\n")
    if "$" not in text.text and len(lines) == 1:
        return _line(text, text.text, 0.0)
    first = -(len(lines) - 1) / 2
    return "".join(
        _formula(text, line, (first + k) * 1.2)
        if is_formula(line)
        else _line(text, line.replace(r"\$", "$"), (first + k) * 1.2)
        for k, line in enumerate(lines)
    )


def _line(text: Text, line: str, down: float) -> str:
    """Return one line of a text, `down` font sizes below the middle of all."""
    x, y, size = text.x * UNIT, text.y * UNIT, text.size * UNIT
    turned = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if text.upright else ""
    colour = f' fill="{text.colour}"' if text.colour != INK else ""
    return (
        f'<text x="{x:.1f}" y="{y + (_DROP + down) * size:.1f}" font-size="{size:.1f}" '
        f'text-anchor="{text.anchor}"{colour}{turned}>{escaped(line)}</text>'
    )


def _formula(text: Text, line: str, down: float) -> str:
    from matplotlib.textpath import TextPath

    outline = TextPath((0.0, 0.0), line, size=text.size * UNIT)
    letters = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}
    steps = []
    for points, code in outline.iter_segments(simplify=False, curves=True):
        steps.append(letters[int(code)] + ("" if code == 79 else " ".join(f"{p:.2f}" for p in points)))
    box = outline.get_extents()
    x = -box.x1 if text.anchor == "end" else -(box.x0 + box.x1) / 2
    turned = " rotate(-90)" if text.upright else ""
    place = f"translate({text.x * UNIT:.1f} {text.y * UNIT:.1f}){turned}"
    shift = f"translate({x:.2f} {(_DROP + down) * text.size * UNIT:.2f}) scale(1 -1)"
    return f'<path transform="{place} {shift}" d="{"".join(steps)}" fill="{text.colour}"/>'


def escaped(text: str) -> str:
    """Return a text as it stands in XML, which has no place for some characters at all."""
    if text.isalnum():
        return text  # nearly every call
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return _NOT_IN_XML.sub("�", text)
