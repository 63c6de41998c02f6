"""What the tasks of a Simulator and of an Analyzer take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lwfast.optics.costs.amplitude_costs import amplitude_bytes, amplitude_seconds
from lwfast.optics.costs.distribution_costs import CALL_SECONDS

_AMPLITUDE_WRITTEN_SECONDS = 2e-8
"""Seconds to weight and write one amplitude."""
_PROBABILITY_WRITTEN_SECONDS = 1e-8
"""Seconds to write one probability to its place."""


def all_amplitudes_bytes(n_inputs: int, n_outputs: int, n_modes: int, layer_bytes: int) -> int:
    """Estimate the memory of the amplitudes of some inputs to all outputs, by layers.

    Args:
        n_inputs: Number of inputs of the task.
        n_outputs: Number of outputs that each input can lead to.
        n_modes: Modes of an output.
        layer_bytes: What the layers of one input take.
    """
    # The amplitudes of the inputs before, and those of one more or the outputs as rows.
    held = 16 * n_outputs * (n_inputs if n_inputs > 1 else 0)
    return held + max(layer_bytes, n_outputs * (n_modes + (16 if n_inputs == 1 else 0)))


def all_amplitudes_seconds(n_inputs: int, n_outputs: int, layer_seconds: float) -> float:
    """Estimate the time of the amplitudes of some inputs to all outputs, by layers."""
    return n_inputs * (layer_seconds + _AMPLITUDE_WRITTEN_SECONDS * n_outputs)


def single_amplitudes_bytes(
    n_inputs: int, n_outputs: int, n_photons: int, n_modes: int, n_visible: int
) -> int:
    """Estimate the memory of one permanent for each of some inputs and outputs.

    Args:
        n_inputs: Number of inputs of the task.
        n_outputs: Number of outputs that are named.
        n_photons: Photons of each input, and so the size of its permanents.
        n_modes: Modes of the circuit.
        n_visible: Modes of an output as it is reported, without heralded ones.
    """
    return (16 * n_inputs + n_visible) * n_outputs + amplitude_bytes(n_photons, n_modes, n_outputs)


def single_amplitudes_seconds(
    inputs: Sequence[Iterable[int]], outputs: Sequence[Iterable[int]] | None, n_outputs: int
) -> float:
    """Estimate the time of one permanent for each of some inputs and outputs.

    Args:
        inputs: Photons in each input mode, for each input.
        outputs: The same for each output; None where they are not named.
        n_outputs: How many outputs there are.
    """
    of_inputs = list(map(amplitude_seconds, inputs))
    if outputs is None:
        return n_outputs * sum(of_inputs)
    # Of each pair, the side whose photons share more modes sets the price.
    return float(np.minimum.outer(of_inputs, list(map(amplitude_seconds, outputs))).sum())


def probabilities_bytes(
    n_inputs: int, n_kept: int, n_modes: int, working: int, *, conditional: bool, lossy: bool
) -> int:
    """Estimate the memory of the probabilities of some inputs to the outputs that count.

    Args:
        n_inputs: Number of inputs of the task.
        n_kept: Number of outputs that count.
        n_modes: Modes of an output.
        working: What one input takes while it is worked out.
        conditional: Not all outputs count, so that the ranks of those that do are held.
        lossy: Outputs differ in their number of photons, so that they are put in order.
    """
    # Beside them one input, or the outputs.
    rows = n_kept * n_modes * (2 if lossy else 1)
    return n_kept * (8 * n_inputs + (16 if conditional else 0)) + max(working, rows)


def probabilities_seconds(n_inputs: int, n_kept: int, layer_seconds: float = 0.0) -> float:
    """Estimate the time of the probabilities of some inputs to outputs, by layers."""
    # Lost and heralded photons take their time in the layers, though no outcome has them.
    return n_inputs * (CALL_SECONDS + _PROBABILITY_WRITTEN_SECONDS * n_kept + layer_seconds)
