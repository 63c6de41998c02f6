"""The texts of elements in drawings, and how wide they are."""

from __future__ import annotations

import math
from typing import Any

from lwfast._base.showing.plot_text import measure
from lwfast.circuit.parameters import Parameter

_PI_PARTS = (1, 2, 3, 4, 6, 8)
_NARROW = frozenset("ijl.,:;'|!ftrI()[] ")
_WIDE = frozenset("mwMW@%—…")
_EM_NARROW, _EM_USUAL, _EM_WIDE = 0.37, 0.64, 0.98
"""Widths of characters in DejaVu Sans, for each unit of the font size; most other fonts are narrower."""


def value_text(value: Any, show_parameter_values: bool) -> str:
    """Return the text for a value: a number, or the label of a Parameter.

    Args:
        value: A number or a Parameter.
        show_parameter_values: Write the value of a Parameter even if it has a label.
    """
    if isinstance(value, Parameter):
        if value.label is not None and not show_parameter_values:
            return value.label
        value = value.get()
    return _number(value) if isinstance(value, int | float) else str(value)


def phase_text(value: Any, show_parameter_values: bool) -> str:
    """Return the text for a phase in radians, in which simple parts of pi are written as such."""
    number = value
    if isinstance(value, Parameter):
        if value.label is not None and not show_parameter_values:
            return value.label
        number = value.get()
    if not isinstance(number, int | float):
        return str(number)
    for part in _PI_PARTS:
        times = round(number / math.pi * part)
        if times and abs(number - times * math.pi / part) < 1e-9:
            sign, top = ("-" if times < 0 else ""), ("" if abs(times) == 1 else str(abs(times)))
            return f"{sign}{top}π" + (f"/{part}" if part > 1 else "")
    return _number(number)


def _number(value: float) -> str:
    """Return a number with four digits, of which none follows the fourth decimal place of small ones."""
    return f"{round(value, 4):.4g}" if 1e-3 <= abs(value) < 1 else f"{value:.4g}"


def text_width(text: str) -> float:
    """Return the width of a text in units of its font size, rather too wide than too narrow."""
    if "$" in text:
        return measure(text)[0] * _EM_USUAL
    width = 0.0
    for character in text:
        if character in _NARROW:
            width += _EM_NARROW
        elif character in _WIDE or character > "⺀":  # characters of East Asia are as wide as high
            width += _EM_WIDE
        else:
            width += _EM_USUAL
    return width
