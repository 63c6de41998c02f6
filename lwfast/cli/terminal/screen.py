"""Tables and JSON on standard output: with colours on a terminal, plain everywhere else.

A table on a terminal is as wide as that is: columns that matter less are left out where there is no room, and
what is still too long ends in an ellipsis. Elsewhere nothing is cut, so that other programs can read it.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lwfast.cli.terminal.wording import shown

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

GAP = 2
"""Blanks between columns."""
LEAST_FLEXIBLE = 12
"""Characters that the column which takes the rest of the line has at least."""
_UNLIMITED = 1_000_000
GOOD, ACTIVE, BAD, QUIET = "color(28)", "color(30)", "color(196)", "color(243)"
"""Styles of texts. These colours have a contrast of 3 or more on the usual backgrounds, light and dark.

The green and cyan of terminals do not: those of xterm have 2.1 and 1.9 on white.
"""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: Text at the head of the column.
        right: Whether it is aligned to the right, as numbers are.
        spare: Columns with a larger number are left out first where a terminal is narrow; 0 always stays.
        flexible: Whether it takes what is left of the line, and is cut where that is too little.
    """

    title: str
    right: bool = False
    spare: int = 0
    flexible: bool = False


Cell = str | tuple[str, str]
"""A text, or a text and its style in Rich's words, such as `GOOD`."""


def is_terminal() -> bool:
    """Say whether a person sees standard output as it is written."""
    return sys.stdout.isatty()


def terminal_console() -> Console:
    """Return what draws on the terminal; it heeds NO_COLOR, TERM and COLUMNS."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, soft_wrap=False)


def print_json(value: Any) -> None:
    """Print a value as JSON, in ASCII, so that it is right in any encoding."""
    print(json.dumps(value, indent=2))


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table, its head in any case."""
    if is_terminal():
        console = terminal_console()
        console.print(table_of(columns, rows, console.width))
        return
    for line in plain_lines(table_of(columns, rows, _UNLIMITED)):
        print(line)


def print_drawn(drawn: RenderableType) -> None:
    """Print something of Rich's: on the terminal as it is, elsewhere without styles and never cut."""
    if is_terminal():
        terminal_console().print(drawn)
    else:
        for line in plain_lines(drawn):
            print(line)


def plain_lines(drawn: RenderableType) -> list[str]:
    """Return the lines of something of Rich's, without styles and without blanks at their ends."""
    from rich.console import Console

    text = io.StringIO()
    console = Console(
        file=text, width=_UNLIMITED, color_system=None, force_terminal=False, markup=False, highlight=False
    )
    console.print(drawn)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def table_of(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> Table:
    """Make a table that fits into `width` characters as far as it can."""
    from rich.table import Table
    from rich.text import Text

    texts = [[_text(cell) for cell in row] for row in rows]
    kept = _fitting(columns, texts, width)
    table = Table(
        box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold", collapse_padding=False
    )
    # Some versions of Rich leave a gap behind the last column, too.
    taken = GAP + sum(
        GAP + _widest(columns[place], texts, place) for place in kept if not columns[place].flexible
    )
    for place in kept:
        column = columns[place]
        table.add_column(
            Text(column.title),
            justify="right" if column.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=None if column.flexible else _widest(column, texts, place),
            max_width=max(LEAST_FLEXIBLE, width - taken) if column.flexible else None,
        )
    for row, line in zip(rows, texts, strict=True):
        cells = [(line[place], row[place]) for place in kept]
        table.add_row(*(Text(text, style=_style(cell)) for text, cell in cells))
    return table


def _text(cell: Cell) -> str:
    return shown(cell if isinstance(cell, str) else cell[0])


def _style(cell: Cell) -> str:
    return "" if isinstance(cell, str) else cell[1]


def _widest(column: Column, texts: Sequence[Sequence[str]], place: int) -> int:
    from rich.cells import cell_len

    return max([cell_len(column.title), *(cell_len(line[place]) for line in texts)])


def _fitting(columns: Sequence[Column], texts: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the places of the columns that there is room for."""
    needed = {}
    for place, column in enumerate(columns):
        widest = _widest(column, texts, place)
        needed[place] = min(widest, LEAST_FLEXIBLE) if column.flexible else widest
    kept = list(range(len(columns)))
    while sum(needed[place] + GAP for place in kept) - GAP > width:
        last = max(kept, key=lambda place: columns[place].spare)
        if not columns[last].spare:
            break
        kept.remove(last)
    return kept
