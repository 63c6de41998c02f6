"""Checking the sweep of a payload: every number that a worker is going to trust."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from lwfast._base.limits import SINGLE_PRECISION
from lwfast._kernels.optics.element_kinds import BEAM_SPLITTER_H, BEAM_SPLITTER_RX, PHASE_SHIFT, SWAP
from lwfast._types import AnyArray
from lwfast.optics.elements import FIXED
from lwfast.scheduler.validation.violations import Violations
from lwfast.wire import MOST_PARAMETERS, MOST_SETTINGS, MOST_STEPS, SweepBlock, SweepForm, values_of

_LONGEST_LABEL = 200
_KINDS = (BEAM_SPLITTER_RX, BEAM_SPLITTER_H, PHASE_SHIFT, SWAP)


def check_sweep(value: Any, n_modes: int | None, found: Violations) -> SweepForm | None:
    """Note what is wrong with a sweep.

    Args:
        value: Parsed JSON of the field.
        n_modes: Number of modes, or None if that field is not valid.
        found: Takes what is wrong.

    Returns:
        The sweep; None where it is not valid.
    """
    try:
        form = msgspec.convert(value, SweepForm)
    except (msgspec.ValidationError, ValueError) as error:
        found.add("sweep", f"is not a sweep: {error}")
        return None
    before = len(found.errors)
    columns = _columns(form, found)
    if columns is None or n_modes is None or len(found.errors) > before:
        return None
    _check_steps(form, columns, n_modes, found)
    for index, block in enumerate(form.blocks):
        reason = _block_fault(block, form, n_modes)
        if reason:
            found.add(f"sweep.blocks[{index}]", reason)
    befores = [block.before for block in form.blocks]
    if befores != sorted(befores):
        found.add("sweep.blocks", "should be in the order of the steps that they stand before")
    return None if len(found.errors) > before else form


def _columns(form: SweepForm, found: Violations) -> list[AnyArray] | None:
    """Return the values of each parameter; None where they do not make settings."""
    from lwfast.results.sweeps.setting_axis import can_be_label  # results load plots and files

    number = len(form.labels)
    if not 1 <= number <= MOST_PARAMETERS or len(form.values) != number:
        found.add("sweep.values", f"should be there for each of 1 to {MOST_PARAMETERS} labels")
        return None
    if len(set(form.labels)) < number or not all(1 <= len(name) <= _LONGEST_LABEL for name in form.labels):
        found.add("sweep.labels", f"should differ, and have 1 to {_LONGEST_LABEL} characters")
    elif not all(map(can_be_label, form.labels)):
        found.add("sweep.labels", "should be text, and no name of another column of results")
    if len(form.shape) not in (1, number) or any(length < 1 for length in form.shape):
        found.add("sweep.shape", f"should have 1 or {number} lengths of at least 1")
        return None
    if math.prod(form.shape) > MOST_SETTINGS:
        found.add("sweep.shape", f"makes more than {MOST_SETTINGS} settings; split the sweep")
        return None
    if len(set(form.deflated)) < len(form.deflated) or not set(form.deflated) <= set(range(number)):
        found.add("sweep.deflated", f"should name parameters from 0 to {number - 1}, each once")
        return None
    columns = []
    for index in range(number):
        allowed = (1, form.shape[0]) if len(form.shape) == 1 else (form.shape[index],)
        column = values_of(form, index, max(allowed))
        if column is None or len(column) not in allowed:
            found.add(f"sweep.values[{index}]", f"should have {' or '.join(map(str, allowed))} float64")
        elif not np.isfinite(column).all():
            found.add(f"sweep.values[{index}]", "has a value that is not finite")
        else:
            columns.append(column)
    return columns if len(columns) == number else None


def _check_steps(form: SweepForm, columns: list[AnyArray], n_modes: int, found: Violations) -> None:
    flat, constants = _array(form.steps, "<i4"), _array(form.constants, "<f8")
    if flat is None or constants is None or len(flat) != 4 * len(constants) or len(constants) > MOST_STEPS:
        found.add(
            "sweep.steps", f"should be int32[n, 4] beside constants of float64[n], n at most {MOST_STEPS}"
        )
        return
    kinds, first, second, column = flat.reshape(-1, 4).T
    splitter = (kinds == BEAM_SPLITTER_RX) | (kinds == BEAM_SPLITTER_H)
    fixed = column == FIXED
    faults = {
        "has a kind that no QPU takes": ~np.isin(kinds, _KINDS),
        f"has a mode outside 0 to {n_modes - 1}": (np.minimum(first, second) < 0)
        | (np.maximum(first, second) >= n_modes),
        "has one mode twice": (splitter | (kinds == SWAP)) & (first == second),
        f"has a column outside -1 to {len(columns) - 1}": (column < FIXED) | (column >= len(columns)),
        "has a column, which an exchange of modes has no use for": (kinds == SWAP) & ~fixed,
        "has a constant that is not finite": ~np.isfinite(constants),
        "has a reflectivity outside 0 to 1": splitter & fixed & ~((constants >= 0) & (constants <= 1)),
    }
    for reason, wrong in faults.items():
        if wrong.any():
            found.add(f"sweep.steps[{int(np.flatnonzero(wrong)[0])}]", reason)
            return
    for index in np.unique(column[splitter & ~fixed]).tolist():
        values = columns[index]
        if values.min() < 0 or values.max() > 1:
            found.add(f"sweep.values[{index}]", "is a reflectivity, and has a value outside 0 to 1")


def _block_fault(block: SweepBlock, form: SweepForm, n_modes: int) -> str | None:
    modes, size = block.modes, len(block.modes)
    if not 0 <= block.before <= len(form.constants) // 8:
        return f"should stand before one of the steps, got {block.before}"
    if not modes or modes != sorted(set(modes)) or modes[0] < 0 or modes[-1] >= n_modes:
        return f"should have increasing modes from 0 to {n_modes - 1}"
    numbers = _array(block.matrices, "<c16")
    if numbers is None or len(numbers) not in (size * size, form.n_settings * size * size):
        return f"should have complex128[{size}, {size}] for all settings, or for each"
    if not np.isfinite(numbers).all():
        return "has an entry that is not finite"
    matrices = numbers.reshape(-1, size, size)
    with np.errstate(all="ignore"):
        products = np.matmul(matrices.conj().transpose(0, 2, 1), matrices) - np.eye(size)
        deviation = float(np.abs(products).max())
    if not deviation <= SINGLE_PRECISION:
        return f"is not unitary: the largest entry of |U^H U - 1| is {deviation:.3g}"
    return None


def _array(text: bytes, dtype: str) -> AnyArray | None:
    """Return the numbers of bytes, or None where bytes are left over."""
    return None if len(text) % np.dtype(dtype).itemsize else np.frombuffer(text, dtype)
