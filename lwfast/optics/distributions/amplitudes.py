"""Amplitudes and distributions, one permanent each."""

from __future__ import annotations

import cmath
import functools
import math
from types import ModuleType

import numpy as np

from lwfast._base.progress import step
from lwfast._types import ComplexArray, StateTable
from lwfast.optics.costs import STACK_BYTES, output_bytes
from lwfast.optics.distributions.layout import FockLayout
from lwfast.optics.distributions.photon_numbers import OutputDistribution
from lwfast.optics.experiment import Experiment
from lwfast.optics.permanents.methods import STACK_TO, permanent_of_one
from lwfast.optics.permanents.permanent import permanent
from lwfast.optics.photon_limits import check_amplitudes_hold

ALONE_TO = 6
"""Photons up to which a single permanent is expanded; see `permanent`."""


def amplitudes_to(matrix: ComplexArray, photons: tuple[int, ...], outputs: StateTable) -> ComplexArray:
    """Compute the amplitudes from one input to outputs with as many photons.

    Args:
        matrix: complex128[M, m], a column for each input mode.
        photons: Photons in each of the m input modes, as integers or a `State`.
        outputs: uint8[K, M], each with as many photons as the input.

    Returns:
        complex128[K].

    Raises:
        ResourceLimitError: There are more than 170 photons.
        PrecisionError: An amplitude has fewer than ten digits right and is not zero but for rounding.
    """
    n = sum(photons)
    check_amplitudes_hold(n)
    if n == 0:
        return np.ones(len(outputs), dtype=np.complex128)
    if len(outputs) == 1 and n <= ALONE_TO:
        found = np.empty(1, dtype=np.complex128)
        if write_one_amplitude(matrix, np.array(photons, dtype=np.uint8), outputs[0], found):
            step("permanents", 1, 1)
            return found
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
    stack = max(1, STACK_BYTES // output_bytes(n, outputs.shape[1]))
    for begin in range(0, len(outputs), stack):
        part = outputs[begin : begin + stack]
        # Each output as the list of modes its photons are in.
        modes = np.repeat(np.tile(np.arange(part.shape[1]), len(part)), part.ravel()).reshape(len(part), n)
        out[begin : begin + stack] = permanent(columns[modes])
        step("permanents", begin + len(part), len(outputs))


def write_one_amplitude(
    matrix: ComplexArray, photons: StateTable, output: StateTable, out: ComplexArray
) -> bool:
    """Compute the amplitude from one input to one output in a call, and say whether it could.

    Args:
        matrix: complex128[M, m], a column for each input mode.
        photons: uint8[m], 1 to `ALONE_TO` photons in all.
        output: uint8[M], as many photons in the output modes.
        out: complex128[1], where the amplitude is written.

    Returns:
        False where the amplitude takes another method; `out` has no meaning then.
    """
    _amplitude_kernels().small_amplitude(np.ascontiguousarray(matrix), photons, output, out)
    return not cmath.isnan(out[0])


@functools.cache
def _amplitude_kernels() -> ModuleType:
    from lwfast._kernels.optics import amplitude as kernels

    return kernels


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
        step("permanents", index + 1, len(outputs))


def permanent_distribution(experiment: Experiment) -> OutputDistribution:
    """Compute the distribution of photon numbers with one permanent for each outcome, lost photons included.

    Args:
        experiment: A shot with a perfect source and perfect detectors.

    Returns:
        Outcomes in the recursive order, those with most photons first.
    """
    light, m = experiment.light, experiment.n_modes
    n, rows = light.n_photons, light.loss_rows
    dilated = np.vstack([light.columns, rows])
    layout = FockLayout(m, n, 0 if len(rows) else n)
    # With as many photons in all modes together as went in, loss modes counted: those of one outcome are
    # summed.
    everywhere = FockLayout(len(dilated), n, n).rows()
    weights = np.abs(amplitudes_to(dilated, tuple(light.numbers), everywhere)) ** 2
    if not len(rows):
        return OutputDistribution(weights, layout=layout)
    ranks = layout.ranks(np.ascontiguousarray(everywhere[:, :m]))
    sums = np.bincount(ranks, weights=weights, minlength=layout.size).astype(np.float64, copy=False)
    return OutputDistribution(sums, layout=layout)
