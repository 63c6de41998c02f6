"""`--watch`: draw again and again until Ctrl-C, or until nothing more can change."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from lwfast.cli.terminal.screen import is_terminal, terminal_console

if TYPE_CHECKING:
    from rich.console import RenderableType

PAUSE_SECONDS = 1.0


def check_watchable(as_json: bool) -> None:
    """Check that there is a terminal to draw on.

    Raises:
        UsageError: Standard output is not a terminal, or JSON was asked for as well.
    """
    if as_json:
        raise click.UsageError("--watch draws for a person; leave --json out, or run the command in a loop.")
    if not is_terminal():
        raise click.UsageError("--watch needs a terminal; leave it out where the output goes elsewhere.")


def watch(draw: Callable[[int], tuple[RenderableType, bool]]) -> None:
    """Draw in place until Ctrl-C, or until `draw` says that this was the last picture.

    Args:
        draw: Given the width of the terminal, returns what to show, and whether more can follow.
    """
    from rich.live import Live

    console = terminal_console()
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False, transient=False) as live:
        while True:
            drawn, goes_on = draw(console.width)
            live.update(drawn, refresh=True)
            if not goes_on:
                return
            time.sleep(PAUSE_SECONDS)
