"""Amplitudes and distributions, one permanent each."""

from __future__ import annotations

import math

import numpy as np

from lwfast._base import progress as _progress
from lwfast._types import ComplexArray, StateTable
from lwfast.optics.distributions.experiment import Experiment
from lwfast.optics.distributions.layers import FockLayout, check_photons
from lwfast.optics.distributions.photon_numbers import OutputDistribution
from lwfast.optics.noise.loss import complete_columns
from lwfast.optics.permanents.methods import STACK_TO, permanent_of_one
from lwfast.optics.permanents.permanent import permanent

_STACK_BYTES = 32 << 20
"""Matrices are handed to the permanent kernel in stacks of this size."""


def amplitude_bytes(n_photons: int, n_modes: int, n_outputs: int) -> int:
    """Estimate the memory of `amplitudes_to`: rows and amplitudes of all outputs, matrices of a stack."""
    return n_outputs * (n_modes + 40) + 2 * min(_STACK_BYTES, n_outputs * _output_bytes(n_photons, n_modes))


def amplitude_seconds(n_photons: int) -> float:
    """Estimate the time of one amplitude."""
    return 1e-6 + n_photons * 2.0**n_photons * 5e-10


def _output_bytes(n_photons: int, n_modes: int) -> int:
    return 16 * n_photons**2 + 8 * n_photons + 8 * n_modes + 1


def amplitudes_to(matrix: ComplexArray, photons: tuple[int, ...], outputs: StateTable) -> ComplexArray:
    """Compute the amplitudes from one input to outputs with as many photons.

    Args:
        matrix: complex128[M, m], a column for each input mode.
        photons: Photons in each input mode.
        outputs: uint8[K, M], each with as many photons as the input.

    Returns:
        complex128[K].

    Raises:
        ResourceLimitError: There are more than 170 photons.
        PrecisionError: An amplitude has fewer than ten digits right and is not zero but for rounding.
    """
    n = sum(photons)
    check_photons(n)
    if n == 0:
        return np.ones(len(outputs), dtype=np.complex128)
    factorials = np.array([float(math.factorial(k)) for k in range(n + 1)])
    # Two roots of up to 170! each: their product would leave the range of float64 from 99 photons on.
    root = math.sqrt(math.prod(math.factorial(k) for k in photons))
    scale = np.ones(len(outputs))
    for column in outputs.T:
        scale *= factorials[column]
    found = np.empty(len(outputs), dtype=np.complex128)
    if n <= STACK_TO:
        _stacked_permanents(matrix, photons, outputs, found)
    else:
        _single_permanents(matrix, photons, outputs, found)
    found /= root
    found /= np.sqrt(scale)
    return found


def _stacked_permanents(
    matrix: ComplexArray, photons: tuple[int, ...], outputs: StateTable, out: ComplexArray
) -> None:
    """Write the permanent of each output to complex128[K], from stacks of small matrices."""
    n = sum(photons)
    columns = matrix[:, np.repeat(np.arange(len(photons)), photons)]
    stack = max(1, _STACK_BYTES // _output_bytes(n, outputs.shape[1]))
    for begin in range(0, len(outputs), stack):
        part = outputs[begin : begin + stack]
        # Each output as the list of modes its photons are in.
        modes = np.repeat(np.tile(np.arange(part.shape[1]), len(part)), part.ravel()).reshape(len(part), n)
        out[begin : begin + stack] = permanent(columns[modes])
        _progress.step("permanents", begin + len(part), len(outputs))


def _single_permanents(
    matrix: ComplexArray, photons: tuple[int, ...], outputs: StateTable, out: ComplexArray
) -> None:
    """Write the permanent of each output to complex128[K], with repeats as multiplicities."""
    entered = np.array(photons, dtype=np.int64)
    columns, entered = matrix[:, entered > 0], entered[entered > 0]
    for index, output in enumerate(outputs):
        seen = output > 0
        block = np.ascontiguousarray(columns[seen])
        out[index] = permanent_of_one(block, output[seen].astype(np.int64), entered)
        _progress.step("permanents", index + 1, len(outputs))


def permanent_distribution(experiment: Experiment) -> OutputDistribution:
    """Compute the distribution of photon numbers with one permanent for each outcome, lost photons included.

    Args:
        experiment: A shot with a perfect source and perfect detectors.

    Returns:
        Outcomes in the recursive order, those with most photons first.

    Raises:
        NotUnitaryError: The matrix amplifies light.
    """
    m, n = experiment.n_modes, sum(experiment.photons)
    occupied = [mode for mode, k in enumerate(experiment.photons) if k]
    columns, rows = complete_columns(experiment.matrix[:, occupied], experiment.tolerance)
    photons = tuple(experiment.photons[mode] for mode in occupied)
    dilated = np.vstack([columns, rows])
    layout = FockLayout(m, n, 0 if len(rows) else n)
    # With as many photons in all modes together as went in, loss modes counted: those of one outcome are
    # summed.
    everywhere = FockLayout(len(dilated), n, n).rows()
    weights = np.abs(amplitudes_to(dilated, photons, everywhere)) ** 2
    if not len(rows):
        return OutputDistribution(weights, layout=layout)
    ranks = layout.ranks(np.ascontiguousarray(everywhere[:, :m]))
    sums = np.bincount(ranks, weights=weights, minlength=layout.size).astype(np.float64, copy=False)
    return OutputDistribution(sums, layout=layout)
