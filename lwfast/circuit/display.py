"""`display`: a drawing of a circuit as an object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from lwfast._base.validation import full_name
from lwfast.circuit.foreign.followed_circuits import own_circuit
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.circuit.pictures.rendering import draw


def display(
    circuit: PhotonicCircuit,
    display_loss: bool = False,
    mode_labels: Iterable[str] | None = None,
    display_type: Literal["svg", "mpl"] = "svg",
    show_parameter_values: bool = False,
    display_barriers: bool = False,
) -> Any:
    """Return a drawing of a circuit.

    Args:
        circuit: The circuit to draw, of lwfast or Lightworks, with the values that its parameters have now.
        display_loss: Whether to draw loss elements; by default False.
        mode_labels: One text for each mode that is not internal; by default None, which numbers them.
        display_type: "svg" for a vector image in a notebook, or "mpl" for a Matplotlib figure.
        show_parameter_values: Whether to show values of Parameters instead of their labels; by default False.
        display_barriers: Whether to draw barriers; by default False.

    Returns:
        An `SvgDrawing` for "svg"; a Matplotlib figure and its axes for "mpl".

    Raises:
        TypeError: `circuit` is not a circuit.
        DisplayError: `display_type` is unknown, or the number of labels does not fit.
        LightworksDependencyError: Matplotlib is not installed.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> drawing = lw.display(circuit)
        >>> drawing.save_svg("circuit.svg")
    """
    own = own_circuit(circuit)
    if own is None:
        msg = f"A circuit should be drawn, got {full_name(circuit)}."
        raise TypeError(msg)
    return draw(
        own._layout,  # noqa: SLF001  (a circuit is its layout to those who draw it)
        display_loss,
        mode_labels,
        display_type,
        show_parameter_values,
        display_barriers,
    )
