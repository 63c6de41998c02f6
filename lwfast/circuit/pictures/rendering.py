"""Drawings of circuits: as figures, SVG and files."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lwfast._base.files.file_names import ending_of
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.pictures.painting import INCHES, paint
from lwfast.circuit.pictures.placing import plan_drawing
from lwfast.circuit.pictures.shapes import Shapes, shapes_of
from lwfast.circuit.pictures.svg import svg_of
from lwfast.errors import DisplayError, LightworksDependencyError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 200.0
_MOST_DOTS = 20_000
"""Of a PNG, along its longer side."""


class SvgDrawing:
    """A drawing as SVG; notebooks show it.

    Args:
        svg: The text of the SVG document.
    """

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def save_svg(self, path: str | Path) -> None:
        """Write the drawing to a file."""
        Path(path).write_text(self.svg, encoding="utf-8")


def draw(
    layout: Layout,
    display_loss: bool = False,
    mode_labels: Iterable[str] | None = None,
    display_type: Literal["svg", "mpl"] = "svg",
    show_parameter_values: bool = False,
    display_barriers: bool = False,
) -> Any:
    """Return a drawing of a circuit.

    `layout` holds the elements of the circuit, and where its modes are. The other arguments, what is returned
    and what is raised are those of `lwfast.circuit.display.display`.
    """
    options: dict[str, Any] = {
        "display_loss": display_loss,
        "mode_labels": mode_labels,
        "show_parameter_values": show_parameter_values,
        "display_barriers": display_barriers,
    }
    kind: str = display_type
    if kind == "mpl":
        pyplot = _matplotlib("pyplot")
        figure = _figure(_shapes(layout, **options), pyplot.figure)
        return figure, figure.axes[0]
    if kind == "svg":
        return SvgDrawing(svg_of(_shapes(layout, **options)))
    msg = f"Display type not recognised: {display_type!r}; it should be 'svg' or 'mpl'."
    raise DisplayError(msg)


def show(layout: Layout, display_type: Literal["svg", "mpl"], **options: Any) -> None:
    """Show a drawing: "svg" in a notebook; "mpl", and all outside of notebooks, through Matplotlib.

    Args:
        layout: The elements of the circuit, and where its modes are.
        display_type: How it is shown, "svg" or "mpl".
        **options: Further options, as in `draw`.

    Raises:
        DisplayError: `display_type` is unknown, or the number of labels does not fit.
        LightworksDependencyError: Matplotlib is not installed.
    """
    ipython = sys.modules.get("IPython")
    in_notebook = ipython is not None and ipython.get_ipython() is not None
    if display_type == "svg" and ipython is not None and in_notebook:
        ipython.display.display(draw(layout, display_type="svg", **options))
        return
    if display_type == "svg":
        display_type = "mpl"
    draw(layout, display_type=display_type, **options)
    _matplotlib("pyplot").show()


def save(layout: Layout, path: str | Path, file_format: Literal["svg", "png"], **options: Any) -> None:
    """Write a drawing to a file.

    Args:
        layout: The elements of the circuit, and where its modes are.
        path: Path of the file; missing folders are created. The ending `.svg` or `.png` is replaced by that
            of the format, and added to a name without one.
        file_format: Format of the file, "svg" or "png".
        **options: Further options, as in `draw`.

    Raises:
        DisplayError: The number of labels does not fit, or the path has the ending of another format.
        LightworksDependencyError: A PNG is wanted, and Matplotlib is not installed.
    """
    target = Path(path)
    # Only a suffix of an image is replaced: "run_0.25" is a whole name.
    if target.suffix.lower() in (".svg", ".png"):
        target = target.with_suffix("")
    elif ending_of(target):
        msg = (
            f"{target.name!a} ends in {target.suffix}, and only .svg and .png are written; take "
            f"{target.stem + '.' + file_format!a}, or save the figure of display(..., display_type='mpl')."
        )
        raise DisplayError(msg)
    target = target.with_name(f"{target.name}.{file_format}")
    shapes = _shapes(layout, **options)
    data = svg_of(shapes).encode() if file_format == "svg" else _png(shapes)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _shapes(layout: Layout, **options: Any) -> Shapes:
    return shapes_of(plan_drawing(layout, **options))


def _png(shapes: Shapes) -> bytes:
    buffer = io.BytesIO()
    figure = _figure(shapes, _matplotlib("figure").Figure)
    # Most of a drawing is white: the usual level takes ten times as long for a few per cent.
    figure.savefig(buffer, format="png", dpi=_dpi(shapes), pil_kwargs={"compress_level": 2})
    return buffer.getvalue()


def _dpi(shapes: Shapes) -> float:
    """Return the resolution of a PNG: less where neither memory nor a program would take so many pixels."""
    return min(_DPI, _MOST_DOTS / (max(shapes.width, shapes.height) * INCHES))


def _figure(shapes: Shapes, make: Any) -> Figure:
    figure: Figure = make(figsize=(shapes.width * INCHES, shapes.height * INCHES))
    paint(figure.add_axes((0.0, 0.0, 1.0, 1.0)), shapes)
    return figure


def _matplotlib(module: str) -> Any:
    """Import a module of Matplotlib.

    Raises:
        LightworksDependencyError: It is not installed.
    """
    import importlib

    try:
        return importlib.import_module(f"matplotlib.{module}" if module else "matplotlib")
    except ImportError as error:
        msg = "Drawing a circuit needs Matplotlib; python -m pip install matplotlib (the extra lwfast[plot])."
        raise LightworksDependencyError(msg) from error
