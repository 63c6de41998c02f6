"""The expansions of the kernels in `boson_sampling.py`, in steps short enough for Ctrl-C to be heard."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lwfast._base.parallel import run_chunks
from lwfast._kernels.optics.permanents.digits import DIGITS
from lwfast._types import AnyArray, ComplexArray, FloatArray, StateTable
from lwfast.optics.permanents.precision import ROUNDING

_STEP_EDGES = 50_000_000
"""Multiply-adds of a step: a tenth of a second."""


class Expansions:
    """Two expansions over sub-multisets, from the first column and from the last one, and what is in between.

    Args:
        n_states: Largest number of states.
        step: Called between two steps; it may raise.
        both: Make room for the one from the last column too.
    """

    def __init__(
        self, n_states: int, step: Callable[[], object] = lambda: None, *, both: bool = True
    ) -> None:
        self.forward = np.empty(2 * n_states)
        self.backward = np.empty(2 * n_states if both else 0)
        self.degrees = np.empty(n_states, dtype=np.uint16)
        self._step = step

    def fill(self, table: FloatArray, powers: AnyArray, *, backward: bool = False, start: int = 0) -> None:
        """Expand `table`, float64[n, 2 * n_digits], from state `start` on; see the kernel `expand`."""
        from lwfast._kernels.optics.samples.boson_sampling import expand

        first, step = (len(table), -1) if backward else (-1, 1)
        target = self.backward if backward else self.forward

        def part(begin: int, end: int) -> None:
            expand(table, first, step, powers, powers.size, begin, end, target, self.degrees)

        self._in_steps(part, start, powers)

    def minors(self, n_columns: int, powers: AnyArray, out: FloatArray) -> None:
        """Write the sums of `minors_sums` to float64[2 * n_columns]."""
        from lwfast._kernels.optics.samples.boson_sampling import minors_sums

        lost = np.zeros(2 * n_columns)
        out[: 2 * n_columns] = 0.0

        def part(begin: int, end: int) -> None:
            n_states = states_of_powers(powers)
            minors_sums(self.forward, self.backward, self.degrees, n_states, n_columns, begin, end, out, lost)

        self._in_steps(part, 0, powers)

    def minors_sizes(self, n_columns: int, powers: AnyArray) -> FloatArray:
        """Return the sums of the sizes of what `minors` adds up: float64[n_columns]."""
        from lwfast._kernels.optics.samples.boson_sampling import minors_sizes

        out = np.zeros(n_columns)

        def part(begin: int, end: int) -> None:
            minors_sizes(self.forward, self.backward, self.degrees, begin, end, out)

        self._in_steps(part, 0, powers)
        return out

    def compensate(self, table: FloatArray, powers: AnyArray) -> FloatArray:
        """Compute `forward` once more, and return what its roundings lost: float64[2 * N]."""
        from lwfast._kernels.optics.permanents.expansion_compensated import expand_compensated

        lost = np.empty_like(self.forward)

        def part(begin: int, end: int) -> None:
            expand_compensated(table, powers, self.degrees, begin, end, self.forward, lost)

        self._in_steps(part, 0, powers)
        return lost

    def bound(self, sizes: FloatArray, powers: AnyArray) -> float:
        """Return the sum of `bound_terms` over all states."""
        from lwfast._kernels.optics.samples.boson_sampling import bound_terms

        total = 0.0

        def part(begin: int, end: int) -> None:
            nonlocal total
            total += bound_terms(sizes, powers, self.forward, self.backward, self.degrees, max(begin, 1), end)

        self._in_steps(part, 0, powers)
        return total

    def _in_steps(self, part: Callable[[int, int], object], start: int, powers: AnyArray) -> None:
        n_states = states_of_powers(powers)
        size = max(_STEP_EDGES // max(powers.size, 1), 256) // 256 * 256
        steps = range(start // 256 * 256, n_states, size)

        def run(index: int) -> None:
            self._step()
            part(max(steps[index], start), min(steps[index] + size, n_states))

        run_chunks(run, len(steps), 1, "states of an expansion" if len(steps) > 1 else None)


def states_of_powers(powers: AnyArray) -> int:
    """Return Π (r + 1): how many sub-multisets there are."""
    return math.prod(power + 1 for power in powers.tolist())


def interleaved(matrix: ComplexArray, columns: AnyArray) -> FloatArray:
    """Return the table that the kernels read: float64[n, 2 d], re and im of row i of complex128[d, c]."""
    return np.ascontiguousarray(matrix[:, columns].T).view(np.float64)


def expansion_with_bound(matrix: ComplexArray, powers: AnyArray, columns: AnyArray) -> tuple[complex, float]:
    """Return the permanent divided by the factorials of `powers`, and how far rounding can have moved it.

    Where that is more than `DIGITS` of the permanent, it is computed again with compensated sums.
    """
    table = interleaved(matrix, columns)
    work = Expansions(states_of_powers(powers))
    work.fill(table, powers)
    work.fill(table, powers, backward=True)
    sizes = np.ascontiguousarray(np.abs(matrix[:, columns]).T)
    bound = work.bound(sizes, powers)
    value = complex(*work.forward[-2:].tolist())
    if bound <= DIGITS * abs(value):
        return value, bound
    lost = work.compensate(table, powers)
    value = complex(*(work.forward[-2:] + lost[-2:]).tolist())
    # The corrections are rounded when they are added up, as are the roundings that they collect.
    second = 4 * (powers.size + 1) * ROUNDING * bound
    work.forward = lost
    return value, 4 * work.bound(sizes, powers) + second + 2 * ROUNDING * abs(value)


def permanent_in_steps(matrix: ComplexArray, powers: AnyArray, columns: AnyArray) -> complex | None:
    """Return the permanent divided by the factorials of `powers`; None where the kernel takes one step.

    NaN where the product of the columns' sizes leaves the range in which nothing overflows; as the kernel
    `permanent_expansion` does.
    """
    if states_of_powers(powers) * powers.size <= _STEP_EDGES:
        return None
    table = interleaved(matrix, columns)
    sizes = np.abs(table).reshape(len(table), -1, 2).sum(axis=2).max(axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        products = np.cumprod(sizes)
        highest = (products * (powers.size + 1.0) ** np.arange(1, len(sizes) + 1)).max(initial=1.0)
    if not (products.min(initial=1.0) > 1e-200 and highest < 1e200):
        return complex(math.nan, math.nan)
    work = Expansions(states_of_powers(powers), both=False)
    work.fill(table, powers)
    return complex(*work.forward[-2:].tolist())


def minors_in_steps(matrix: ComplexArray, out: ComplexArray) -> FloatArray:
    """Write to `out[l]` the permanent of complex128[k, k - 1] without row l.

    Returns:
        float64[k], the sums of the sizes that each was added up from.
    """
    n = len(matrix)
    table = np.ascontiguousarray(matrix).view(np.float64)
    powers = np.ones(n - 1, dtype=np.int64)
    work = Expansions(1 << (n - 1))
    if (n - 1) << (n - 1) <= _STEP_EDGES:
        from lwfast._kernels.optics.samples.boson_sampling import minors_expansion

        room = work.forward, work.backward, work.degrees
        minors_expansion(table, n, powers, n - 1, 0, *room, out.view(np.float64))
    else:
        work.fill(table, powers)
        work.fill(table, powers, backward=True)
        work.minors(n, powers, out.view(np.float64))
    return work.minors_sizes(n, powers)


def sample_in_steps(
    columns_re: FloatArray,
    columns_im: FloatArray,
    photons: AnyArray,
    uniforms: FloatArray,
    n_states: int,
    out: StateTable,
    step: Callable[[], object],
) -> None:
    """Draw one sample as the kernel `sample_clifford` does, in steps.

    Args:
        columns_re: As for the kernel.
        columns_im: As for the kernel.
        photons: int64[n], the input of every photon, -1 behind the last one.
        uniforms: float64[2 * n], random numbers in [0, 1).
        n_states: As for the kernel.
        out: uint8[m], zeros on entry.
        step: Called between two steps; it may raise.
    """
    from lwfast._kernels.optics.samples.boson_sampling import photon_mode

    most = len(photons)
    order = photons[photons >= 0]
    n = len(order)
    for k in range(n - 1, 0, -1):
        other = int(uniforms[k] * (k + 1))
        order[[k, other]] = order[[other, k]]
    work = Expansions(n_states, step)
    minors = np.zeros(2 * most)
    minors[0] = 1.0
    re, im = np.empty(columns_re.shape[1]), np.empty(columns_re.shape[1])
    modes: list[int] = []
    powers: list[int] = []
    done = 0
    for k in range(n):
        counts = np.array(powers, dtype=np.int64)
        if k:
            block = columns_re[order[: k + 1]][:, modes] + 1j * columns_im[order[: k + 1]][:, modes]
            table = np.ascontiguousarray(block).view(np.float64)
            work.fill(table, counts, start=done)
            work.fill(table, counts, backward=True)
            work.minors(k + 1, counts, minors)
        mode = int(photon_mode(columns_re, columns_im, order, k, minors, uniforms[most + k], re, im))
        if mode < len(out):
            out[mode] += 1
        if mode in modes:
            powers[modes.index(mode)] += 1
            done = 0
        else:
            done = states_of_powers(counts) if k else 0
            modes.append(mode)
            powers.append(1)
