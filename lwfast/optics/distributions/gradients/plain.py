"""Distributions of photon numbers behind a transfer matrix, and the way back from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwfast._types import ComplexArray, FloatArray, StateTable
from lwfast.optics.distributions.gradients.few_photons import FewPhotons, few_photons
from lwfast.optics.distributions.gradients.tape import Tape
from lwfast.optics.distributions.layers import output_polynomial
from lwfast.optics.distributions.layout import FockLayout
from lwfast.optics.light import Light
from lwfast.optics.noise.loss import dilation_of, loss_matrix

Pull = Callable[[Any], ComplexArray]
"""Takes derivatives by probabilities (float64[K]) or by amplitudes (complex128[K]) to those by the transfer
matrix,
complex128[m, m]."""


@dataclass(frozen=True, slots=True)
class Taped:
    """A distribution with the way back from it.

    Attributes:
        probabilities: float64[K], one for each outcome.
        pull: Goes back from derivatives by the probabilities, float64[K], to those by the transfer matrix.
        layout: The outcomes, or None where they are written out.
        table: uint8[K, k], the outcomes where there is no layout.
        amplitudes: complex128[K] where they were asked for.
    """

    probabilities: FloatArray
    pull: Pull
    layout: FockLayout | None = None
    table: StateTable | None = None
    amplitudes: ComplexArray | None = None

    @property
    def states(self) -> StateTable:
        """uint8[K, k], the outcomes."""
        if self.table is not None:
            return self.table
        if self.layout is None:
            raise AssertionError("A distribution has its states or their layout.")
        return self.layout.rows()

    def kept(self, keep: Any) -> Taped:
        """Return what some indices, int64[K'], or bool[K] leave."""
        size = len(self.probabilities)

        def pull(values: Any) -> ComplexArray:
            whole = np.zeros(size, dtype=values.dtype)
            whole[keep] = values
            return self.pull(whole)

        amplitudes = None if self.amplitudes is None else self.amplitudes[keep]
        if self.layout is not None and keep.dtype != np.bool_:
            table = self.layout.rows(keep)
        else:
            table = self.states[keep]
        return Taped(self.probabilities[keep], pull, table=table, amplitudes=amplitudes)


def taped_light(
    light: Light,
    heralds: dict[int, int],
    least: int,
    *,
    amplitudes: bool = False,
    lossy: bool = False,
    workers: int | None = None,
) -> Taped:
    """Compute the distribution of photon numbers so that there is a way back.

    Args:
        light: Photons, and where they may go.
        heralds: Photons demanded in output modes.
        least: Fewest photons in the other modes.
        amplitudes: Compute amplitudes too, of light that is not lossy.
        lossy: Follow lost light even where less is lost than rounding may be.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Raises:
        ValueError: Amplitudes are asked for, and the matrix is lossy.
        ResourceLimitError: It would not fit in memory.
    """
    n_free = light.n_modes - len(heralds)
    if light.n_photons == 0:
        met = int(sum(heralds.values()) == 0 and least <= 0)
        ones = np.ones(met)
        table = np.zeros((met, n_free), dtype=np.uint8)
        return Taped(
            ones, _nowhere(light), table=table, amplitudes=ones.astype(complex) if amplitudes else None
        )
    if n_free == 0:
        # Every mode is heralded: follow the last one freely, and take the one outcome that is asked for.
        last = max(heralds)
        others = {mode: number for mode, number in heralds.items() if mode != last}
        wide = taped_light(light, others, 0, amplitudes=amplitudes, lossy=lossy, workers=workers)
        at = np.flatnonzero(wide.states[:, 0] == heralds[last]) if least <= 0 else np.empty(0, dtype=np.int64)
        one = wide.kept(at)
        table = np.zeros((len(at), 0), dtype=np.uint8)
        return Taped(one.probabilities, one.pull, table=table, amplitudes=one.amplitudes)
    if light.is_isometry and not (lossy or amplitudes or heralds or least > 0):
        few = few_photons(light.photons)
        if few is not None:
            return _of_few(light, few)
    dilation = None
    if lossy or not light.is_isometry:
        if amplitudes:
            raise ValueError("A lossy transfer matrix mixes outcomes; amplitudes need a unitary matrix.")
        dilation = dilation_of(light.lost if light.columns is light.given else loss_matrix(light.columns))
    work = output_polynomial(light, heralds=heralds, least=least, dilation=dilation)
    if work.layout.size == 0:
        empty = np.empty(0)
        none = empty.astype(complex) if amplitudes else None
        return Taped(empty, _nowhere(light), layout=work.layout, amplitudes=none)
    tape = Tape(work, light.n_modes, workers)

    def pull(values: Any) -> ComplexArray:
        by_columns, by_rows = tape.pull(values)
        if dilation is not None:
            by_columns = by_columns - 2.0 * light.columns @ dilation.by_lost(by_rows)
        by_matrix = np.zeros((light.n_modes, light.n_modes), dtype=np.complex128)
        by_matrix[:, light.occupied] = by_columns
        return by_matrix

    if amplitudes:
        values = tape.amplitudes()
        return Taped(values.real**2 + values.imag**2, pull, layout=work.layout, amplitudes=values)
    return Taped(tape.probabilities(), pull, layout=work.layout)


def _of_few(light: Light, few: FewPhotons) -> Taped:
    """Return the distribution of few photons that are not lost."""
    probabilities, way_back = few.probabilities(np.ascontiguousarray(light.columns), few.places)

    def pull(values: Any) -> ComplexArray:
        by_matrix = np.zeros((light.n_modes, light.n_modes), dtype=np.complex128)
        by_matrix[:, light.occupied] = few.pull(way_back, values)
        return by_matrix

    return Taped(probabilities, pull, layout=FockLayout(light.n_modes, light.n_photons, light.n_photons))


def _nowhere(light: Light) -> Pull:
    """Return the way back from what no matrix changes."""
    return lambda _: np.zeros((light.n_modes, light.n_modes), dtype=np.complex128)
