"""Texts of users as Matplotlib can draw them: all of a text is kept, whatever it is."""

from __future__ import annotations

import math
import re
import textwrap

from lwfast._texts import printable

_MOST_MATH = 500
_MOST_LINES = 20
_CHARACTER = 5.76
"""Points that a character of a state takes, at a font size of 10."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
"""Characters that no font has, but for the end of a line."""


def plot_text(text: str, width: int) -> str:
    """Return a text in a form that Matplotlib draws without an error.

    Between dollar signs Matplotlib reads formulas, and raises while it draws where it cannot: there, the
    dollar signs are drawn. Longer lines become several, since neither an axis nor an image has room for them
    at any length. Half a surrogate pair, which is not a character, becomes its escape, a tab a space.

    Args:
        text: Any text; lines end where it says.
        width: Of a line that is not a formula, in characters.
    """
    text = _CONTROL.sub(" ", printable(text))
    lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        lines = [" ".join(lines)]
    return "\n".join(_drawable(line, width) for line in lines)


def _drawable(line: str, width: int) -> str:
    if is_formula(line) or (len(line) <= width and line.count("$") < 2):
        return line
    parts = textwrap.wrap(line.replace(r"\$", "$"), width, drop_whitespace=False, replace_whitespace=False)
    return "\n".join(part.replace("$", r"\$") for part in parts)


def is_formula(line: str) -> bool:
    """Say whether Matplotlib takes a line as a formula, or text with formulas, and can read it.

    Without Matplotlib no line is one.
    """
    if len(line) > _MOST_MATH or "$" not in line:
        return False
    try:
        from matplotlib.cbook import is_math_text
    except ImportError:
        return False
    if not is_math_text(line):
        return False
    try:
        _width_of(line)
    except (ValueError, RecursionError):
        return False
    return True


def _width_of(formula: str) -> int:
    """Return the width of a formula, in characters of text."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser

    width = MathTextParser("path").parse(formula, dpi=72, prop=FontProperties(size=10)).width
    return math.ceil(width / _CHARACTER)


def measure(text: str) -> tuple[int, int]:
    """Return the width of a text, in characters, and the number of its lines.

    Args:
        text: What `plot_text` has returned, or text without a dollar sign.
    """
    lines = text.split("\n")
    return max(_width_of(line) if is_formula(line) else len(line) for line in lines), len(lines)
