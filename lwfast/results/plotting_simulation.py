"""Bar charts and heat maps of probabilities and amplitudes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._types import AnyArray
from lwfast.results.plotting import _has_screen, _label_table, _pyplot, bar_axes
from lwfast.results.simulation import SimulationResult

_MOST_TICKS = 40


def plot_simulation(
    result: SimulationResult, values: AnyArray, show: bool, state_labels: Mapping[Any, Any] | None
) -> Any:
    """Draw one input as bars, several as a heat map; amplitudes as real and imaginary part side by side.

    Args:
        result: Where inputs and outputs come from.
        values: `(n_inputs, n_outputs)`, what is drawn.
        show: Show the figure and return None; without a screen, or where it is False, return figure and axes.
        state_labels: Another label for some states.

    Returns:
        (figure, axes), where amplitudes have two axes, or None where the figure was shown.

    Raises:
        LightworksDependencyError: If matplotlib is not installed.
        TypeError: If a key of `state_labels` is not a state.
    """
    names = _label_table(state_labels)
    outputs = [names.get(tuple(state), str(state)) for state in result.outputs]
    inputs = [names.get(tuple(state), str(state)) for state in result.inputs]
    pyplot = _pyplot()
    parts = [("", values)]
    if np.iscomplexobj(values) and result.result_type == "probability_amplitude":
        parts = [("real", values.real), ("imag", values.imag)]
        if values is not result.array:
            parts = [("", values.real)]
    figure, axes = pyplot.subplots(
        1, len(parts), figsize=(7 * len(parts), 6), layout="constrained", squeeze=False
    )
    flat = list(axes.reshape(-1))
    for (part, array), ax in zip(parts, flat, strict=True):
        if len(inputs) == 1:
            bar_axes(array[0], outputs, ax)
            ax.set_xlabel("State")
            ax.set_ylabel(f"{part}(amplitude)" if part else result.result_type.capitalize())
        else:
            image = ax.imshow(array, vmin=min(a.min() for _, a in parts), vmax=max(a.max() for _, a in parts))
            _ticks(ax, inputs, outputs)
            ax.set_title(f"{part}(result)" if part else "")
    if len(inputs) > 1:
        figure.colorbar(image, ax=flat)
    if show and _has_screen(pyplot):
        pyplot.show()
        return None
    return figure, (axes.reshape(-1) if len(flat) > 1 else flat[0])


def _ticks(ax: Any, inputs: list[str], outputs: list[str]) -> None:
    """Label every state, or evenly chosen ones where labels would touch."""
    across = range(0, len(outputs), -(-len(outputs) // _MOST_TICKS))
    down = range(0, len(inputs), -(-len(inputs) // _MOST_TICKS))
    ax.set_xticks(list(across), [outputs[k] for k in across], rotation=90)
    ax.set_yticks(list(down), [inputs[k] for k in down])
    ax.set_xlabel("Output")
    ax.set_ylabel("Input")
