"""How plots look: one style, readable in print and by people who see few colours, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from lwfast.errors import LightworksDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

F = TypeVar("F")
A = TypeVar("A")
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f7f7f", "#000000")
"""The palette of M. Okabe and K. Ito, which people with any colour vision can tell apart."""
INK = "#1f2328"
GRID = "#d5d9dd"
SEQUENTIAL, DIVERGING, CYCLIC = "cividis", "RdBu_r", "twilight"
"""Colour maps: of values from 0 on, of values with a sign around a white 0, and of phases."""
LABEL_SIZE, TICK_SIZE, NOTE_SIZE = 9.0, 8.0, 7.5
"""Font sizes in points: of names, of ticks and of notes. A figure of 7 inches fills the width of a page."""
DATA_LINES: dict[str, Any] = {"elinewidth": 0.9, "capthick": 0.9}
"""Error bars."""


def style() -> Any:
    """Return Matplotlib's settings for a new figure."""
    from cycler import cycler

    return {
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.labelsize": LABEL_SIZE,
        "axes.linewidth": 0.8,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": LABEL_SIZE,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": LABEL_SIZE,
        "hatch.linewidth": 0.6,
        "legend.fontsize": TICK_SIZE,
        "legend.frameon": False,
        "legend.title_fontsize": TICK_SIZE,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": TICK_SIZE,
        "ytick.labelsize": TICK_SIZE,
        "xtick.major.width": 0.8,
        "ytick.major.width": 0.8,
        "figure.facecolor": "white",
        "axes.facecolor": "white",
        "figure.dpi": 110,
    }


@contextmanager
def plot_style(wanted: bool = True) -> Iterator[None]:
    """Draw in our style for as long as this lasts; axes that a user gives keep the user's.

    A new figure that is not finished, since an exception ends this, is closed: pyplot would keep it for good,
    and show it with the next one.
    """
    import matplotlib as mpl

    # A backend that is loaded within the context sets what its end undoes: that of notebooks, which makes
    # pyplot interactive, would show the first figure of a session and none after it.
    pyplot = pyplot_module()
    pyplot.draw_if_interactive()
    before = pyplot.get_fignums()
    try:
        with mpl.rc_context(style() if wanted else None):
            yield
    except BaseException:
        for number in set(pyplot.get_fignums()).difference(before):
            pyplot.close(number)
        raise


def pyplot_module() -> Any:
    """Return matplotlib.pyplot.

    Raises:
        LightworksDependencyError: If it is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise LightworksDependencyError(
            "Matplotlib is not installed; python -m pip install matplotlib (the extra lwfast[plot])."
        ) from None
    return plt


def has_screen(pyplot: Any) -> bool:
    """Whether `show` does something: on other backends it only warns."""
    name = pyplot.get_backend().lower()
    return name not in ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


def shown_or_returned(figure: F, axes: A, show: bool) -> tuple[F, A] | None:
    """Show a figure and return None where it is wanted and there is a screen; else return figure and axes."""
    pyplot = pyplot_module()
    if show and has_screen(pyplot):
        pyplot.show()
        return None
    return figure, axes


def tidy(axes: Axes, grid: str | None = None) -> None:
    """Take away the frame above and to the right, and draw a faint grid behind what is drawn.

    Args:
        axes: Axes whose style is set.
        grid: "y" or "both"; None draws no grid.
    """
    axes.spines[["top", "right"]].set_visible(False)
    if grid is not None:
        axes.grid(axis=grid, color=GRID, linewidth=0.6)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def inches(axes: Axes) -> tuple[float, float]:
    """Return width and height of axes."""
    box = axes.get_window_extent()
    dpi = axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    return float(box.width / dpi), float(box.height / dpi)
