"""Tables for notebooks: HTML without styles of its own page, readable on light and dark ground.

Everything that is shown is escaped. Colours are those of the page, and lines are half transparent, so that no
theme of a notebook hides them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

MOST_ROWS = 20
"""Rows of a table; of more, the rest is counted."""
_TEXT = 300
"""Characters of a value that are shown."""
_LINE = "1px solid rgba(127,127,127,0.35)"
_BAR = "#4c8fc7"
_LEFT = "text-align:left"
_TABLE = "border-collapse:collapse;border:none;color:inherit;background:none"
_NAME = f"{_LEFT};font-weight:normal;opacity:0.75"
_RIGHT = "text-align:right"


class Markup(str):
    """HTML that is safe to show as it is: all that came from elsewhere is escaped in it."""

    __slots__ = ()


def escaped(value: Any) -> str:
    """Return any value as HTML: `Markup` as it is, and the text of everything else, shortened and escaped."""
    import html

    if isinstance(value, Markup):
        return value
    text = str(value)
    if len(text) > _TEXT:
        text = f"{text[:_TEXT]}…"
    return html.escape(text)


def code(text: Any) -> Markup:
    """Return a text in letters of one width."""
    return Markup(f'<span style="font-family:monospace">{escaped(text)}</span>')


def grouped(number: int) -> str:
    """Return an integer with spaces between thousands that keep it in one line."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def share_bar(share: float) -> Markup:
    """Return a bar for a number between 0 and 1."""
    width = 100 * min(max(share, 0.0), 1.0)
    return Markup(f'<div style="background:{_BAR};height:0.8em;width:{width:.1f}%;min-width:1px"></div>')


def facts(title: str, rows: Iterable[tuple[str, Any]], after: str = "") -> str:
    """Return a table of names and values.

    Args:
        title: What is shown, in a few words.
        rows: Names and values; a value of None is left out.
        after: HTML below the table.
    """
    lines = "".join(
        f'<tr><th style="{_NAME}">{escaped(name)}</th><td style="{_LEFT}">{escaped(value)}</td></tr>'
        for name, value in rows
        if value is not None
    )
    return _whole(title, lines, after)


def table(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    n_rows: int | None = None,
    things: str = "rows",
    wide: int | None = None,
) -> str:
    """Return a table with a line for each row.

    Args:
        title: What is shown, in a few words.
        headers: The names of the columns.
        rows: Their values; numbers are aligned to the right, None is an empty cell. Only the first
            `MOST_ROWS` are taken.
        n_rows: How many rows there are in all; None for as many as are given.
        things: What a row is, in the plural, for the note below a table that is cut.
        wide: A column that needs room, as one of bars does.
    """
    shown = [row for _, row in zip(range(MOST_ROWS), rows, strict=False)]
    total = len(shown) if n_rows is None else n_rows
    head = "".join(
        f'<th style="{_LEFT};border-bottom:{_LINE}{";width:12em" if k == wide else ""}">{escaped(name)}</th>'
        for k, name in enumerate(headers)
    )
    lines = "".join(f"<tr>{_cells(row)}</tr>" for row in shown)
    rest = total - len(shown)
    after = f'<div style="opacity:0.75">{grouped(rest)} more {escaped(things)}</div>' if rest > 0 else ""
    return _whole(title, f"<tr>{head}</tr>{lines}", after)


def _cells(row: Sequence[Any]) -> str:
    return "".join(
        f'<td style="{_RIGHT if isinstance(value, int | float) else _LEFT}">'
        f"{'' if value is None else escaped(value)}</td>"
        for value in row
    )


def _whole(title: str, lines: str, after: str) -> str:
    return (
        f'<div style="overflow-x:auto"><div style="font-weight:600">{escaped(title)}</div>'
        f'<table cellpadding="3" style="{_TABLE}">{lines}</table>{after}</div>'
    )
