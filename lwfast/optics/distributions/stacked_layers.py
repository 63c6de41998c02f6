"""Small distributions, of one setting or of many: what can be laid out before is, and is kept."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.optics.distributions.layout import FockLayout
from lwfast.optics.distributions.pruning import kept_ranks
from lwfast.optics.light import Light
from lwfast.optics.noise.loss import (
    UNIT_ROUNDING,
    clipped,
    completion,
    loss_matrix,
    plainly_lossy,
    rows_that_lose,
    without_rounding,
)
from lwfast.optics.photon_limits import states_of
from lwfast.rules import Rule

MOST_ENTRIES = 4000
"""Entries of the last layer, lost and heralded photons among them, up to which edges are listed."""
MOST_PHOTONS = 100
"""Photons up to which edges are listed; beyond, products of coefficients could leave the range of float64."""
_EDGE_NANOSECONDS = 1.5
_ENTRY_NANOSECONDS = 4.0
_CHUNK_NANOSECONDS = 3e5
"""Settings are handed to threads in chunks of about so much work."""
_MOST_LANES = 8


@dataclass(frozen=True, slots=True)
class LayerProgram:
    """The sums that lead from linear forms to the outcomes that count, for any number of settings.

    Attributes:
        layout: The outcomes over the free modes.
        ranks: int64[K], which outcomes of the layout are written; None for all.
        n_out: How many outcomes are written.
        tables: What `stacked_layers` calls its program, to write probabilities.
        roots: The same, to write amplitudes.
        setting_seconds: Rough time for one of many settings.
    """

    layout: FockLayout
    ranks: NDArray[np.int64] | None
    n_out: int
    tables: tuple[AnyArray, ...]
    roots: tuple[AnyArray, ...]
    setting_seconds: float


def fits(n_free: int, heralds: Mapping[int, int], n_loss: int, n_photons: int) -> bool:
    """Say whether a distribution is small enough for edges to be listed.

    Args:
        n_free: Modes that are not heralded.
        heralds: Photons demanded in output modes.
        n_loss: Number of modes that take lost photons.
        n_photons: Number of photons that enter, heralded ones counted.
    """
    n_modes = n_free + sum(number > 0 for number in heralds.values()) + n_loss
    return (
        n_free > 0
        and 0 < n_photons <= MOST_PHOTONS
        and n_modes <= MOST_ENTRIES
        and states_of(n_modes, n_photons) <= MOST_ENTRIES
    )


@functools.lru_cache(maxsize=32)
def layer_program(
    n_free: int, fixed: tuple[int, ...], n_loss: int, n_photons: int, least: int, pairs: tuple[Rule, ...]
) -> LayerProgram:
    """List the sums of a small distribution; from a cache, as they take longer than they are to be done.

    Args:
        n_free: Modes that are not heralded, one at least.
        fixed: Photons in each heralded mode, none of them zero.
        n_loss: Modes that carry lost photons.
        n_photons: Photons that enter, one at least.
        least: Fewest photons wanted in the free modes.
        pairs: Rules on the free modes, checked.
    """
    from lwfast._kernels.optics.slos import prefix_counts
    from lwfast._kernels.optics.stacked_layers import layer_edges

    most = n_photons - sum(fixed)
    least = max(least, 0)
    layout = FockLayout(n_free, max(most, -1), least if n_loss else max(least, most))
    n_modes = n_free + len(fixed) + n_loss
    bounds = np.full(n_modes, n_photons, dtype=np.int64)
    counts, sums = prefix_counts(bounds, np.zeros(n_modes, dtype=np.int64), n_photons)
    sizes = counts[n_modes, 1:]
    start = np.empty(int(sizes.sum()) + 1, dtype=np.int64)
    source = np.empty(n_modes * int(counts[n_modes, :-1].sum()), dtype=np.uint32)
    mode = np.empty_like(source)
    layer_edges(n_modes, n_photons, sums, start, source, mode)
    # Which entries of the last layer are outcomes that count, and which outcomes they are.
    entries = FockLayout(n_modes, n_photons, n_photons).rows()
    met = (entries[:, n_free : n_free + len(fixed)] == np.array(fixed, dtype=np.int64)).all(axis=1)
    free = entries[:, :n_free]
    met &= free.sum(axis=1, dtype=np.int64) >= layout.n_least
    kept = np.flatnonzero(met)
    place = layout.ranks(np.ascontiguousarray(free[kept])) if layout.size else kept
    ranks = None
    if pairs:
        ranks = kept_ranks(layout, pairs)
        position = np.full(layout.size, -1, dtype=np.int64)
        position[ranks] = np.arange(len(ranks))
        place = position[place]
        kept, place = kept[place >= 0], place[place >= 0]
    factorials = np.array([float(math.factorial(k)) for k in range(n_photons + 1)])
    weight = factorials[entries[kept]].prod(axis=1)
    # Heralded photons belong to the amplitude of an outcome like those that are counted.
    tables = *_pruned(sizes, start, source, mode, kept), place
    seconds = 1e-9 * (_EDGE_NANOSECONDS * len(tables[2]) + _ENTRY_NANOSECONDS * (len(tables[1]) + n_photons))
    n_out = layout.size if ranks is None else len(ranks)
    return LayerProgram(layout, ranks, n_out, (*tables, weight), (*tables, np.sqrt(weight)), seconds)


def _pruned(
    sizes: AnyArray, start: AnyArray, source: AnyArray, mode: AnyArray, kept: AnyArray
) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray]:
    """Leave out the edges that lead to none of some entries of the last layer.

    Args:
        sizes: int64[n], entries of layers 1 to n.
        start: Where the edges of each entry start, from `layer_edges`.
        source: The entry that each edge comes from, from `layer_edges`.
        mode: The mode that each edge adds a photon to, from `layer_edges`.
        kept: int64, entries of the last layer.

    Returns:
        (first, start, source, mode), as `stacked_layers` takes them.
    """
    ends = sizes.cumsum()
    wanted = kept
    layers = []
    for k in range(len(sizes) - 1, -1, -1):
        entries = ends[k] - sizes[k] + wanted
        lengths = start[entries + 1] - start[entries]
        # The edges of these entries, one after the other.
        edges = np.arange(lengths.sum()) + np.repeat(start[entries] - (lengths.cumsum() - lengths), lengths)
        sources = source[edges]
        size = int(sizes[k - 1]) if k else 1
        used = np.zeros(size, dtype=np.bool_)
        used[sources] = True
        wanted = np.flatnonzero(used)
        number = np.cumsum(used, dtype=np.int64) - 1
        layers.append((lengths, number[sources].astype(np.uint32), mode[edges]))
    layers.reverse()
    lengths, sources, modes = (np.concatenate(arrays) for arrays in zip(*layers, strict=True))
    first = np.cumsum([0, *(len(layer[0]) for layer in layers)], dtype=np.int64)
    return first, np.cumsum([0, *lengths.tolist()], dtype=np.int64), sources, modes


def run_program(
    program: LayerProgram,
    columns: ComplexArray,
    photons: NDArray[np.int64],
    n_settings: int,
    *,
    amplitudes: bool = False,
    workers: int | None = None,
) -> AnyArray:
    """Multiply out the polynomials of settings.

    Args:
        program: The sums as `layer_program` lists them.
        columns: complex128[S or 1, M, m], C-contiguous and writable: where a photon of each of m input modes
            goes, over the free modes, those that are heralded with photons, and the loss modes.
        photons: int64[S or 1, m], photons in each input mode.
        n_settings: S, the number of settings.
        amplitudes: Compute amplitudes instead of probabilities.
        workers: Number of threads; by default None, for all cores. The answer does not depend on it.

    Returns:
        float64[S, K], or complex128[S, K] for amplitudes.

    Raises:
        ResourceLimitError: They do not fit in memory.
    """
    from lwfast._kernels.optics.stacked_layers import stacked_layers

    n_parts = 2 if amplitudes else 1
    check_memory(
        8 * n_parts * n_settings * program.n_out,
        f"The distributions of {n_settings:,} settings over {program.n_out:,} outcomes",
        remedy="Take fewer settings at a time.",
    )
    out = np.empty((n_settings, n_parts * program.n_out))
    forms = columns.view(np.float64)
    tables: Any = program.roots if amplitudes else program.tables
    size = _MOST_LANES * math.ceil(_CHUNK_NANOSECONDS * 1e-9 / program.setting_seconds / _MOST_LANES)
    chunks = -(-n_settings // size)

    def work(chunk: int) -> None:
        part = chunk * size, min((chunk + 1) * size, n_settings)
        stacked_layers(forms, photons, tables, n_parts, part, out)

    run_chunks(work, chunks, workers, "settings" if chunks > 1 else None)
    return out.view(np.complex128) if amplitudes else out


_kernels: Any = None


def simple_one(matrix: ComplexArray, photons: NDArray[np.int64]) -> tuple[LayerProgram, FloatArray] | None:
    """Compute a small distribution of photon numbers behind a unitary, with as little ceremony as can be.

    Args:
        matrix: complex128[1, m, m], C-contiguous and writable, not checked yet.
        photons: int64[1, m], not checked yet.

    Returns:
        What was done, and float64[K]; None where anything is out of the ordinary.
    """
    global _kernels
    if _kernels is None:
        from lwfast._kernels.optics import stacked_layers

        _kernels = stacked_layers
    n_modes = photons.shape[1]
    forms = matrix.view(np.float64)
    simple = np.empty(1, dtype=np.uint8)
    n_photons = _kernels.simple_settings(forms, photons, UNIT_ROUNDING, MOST_PHOTONS, simple)
    # What `fits` asks beside this, the kernel has asked.
    if n_photons < 0 or not simple[0] or states_of(n_modes, n_photons) > MOST_ENTRIES:
        return None
    program = layer_program(n_modes, (), 0, n_photons, 0, ())
    out = np.empty((1, program.n_out))
    _kernels.stacked_layers(forms, photons, program.tables, 1, (0, 1), out)
    return program, out[0]


@dataclass(frozen=True, slots=True)
class Forms:
    """Where photons of settings go, all over the same modes.

    Attributes:
        columns: complex128[S, m, m], a column for each input mode, cleaned of rounding; 0 where it is dark.
        rows: complex128[S, r, m], what completes the columns to an isometry.
        photons: int64[S, m], photons of each input mode, as many for each setting.
    """

    columns: ComplexArray
    rows: ComplexArray
    photons: NDArray[np.int64]


def forms_of_lights(lights: Sequence[Light], *, follow_loss: bool = True) -> Forms:
    """Return the forms of settings.

    Args:
        lights: Photons, as many for each setting, and where they may go.
        follow_loss: False leaves lost photons out.
    """
    n_settings, n_modes = len(lights), lights[0].n_modes
    columns = np.zeros((n_settings, n_modes, n_modes), dtype=np.complex128)
    rows = np.zeros((n_settings, n_modes if follow_loss else 0, n_modes), dtype=np.complex128)
    photons = np.empty((n_settings, n_modes), dtype=np.int64)
    for index, light in enumerate(lights):
        columns[index, :, light.occupied] = light.columns.T
        if follow_loss and not light.is_isometry:
            found = light.loss_rows
            rows[index, : len(found), light.occupied] = found.T
        photons[index] = light.photons
    return Forms(columns, rows, photons)


def lossy_forms(
    matrices: ComplexArray, photons: NDArray[np.int64], tolerance: float, *, clip: bool
) -> tuple[NDArray[np.bool_], Forms]:
    """Return the forms of settings that plainly lose light, all at once.

    Args:
        matrices: complex128[S, m, m], not checked yet.
        photons: int64[S, m], as many for each setting.
        tolerance: How far the matrices may be off by rounding.
        clip: Clip what rounding amplifies, as `parsed_light` does; False leaves such settings out.

    Returns:
        Which settings plainly lose light, bool[S], and their forms. Each has the very numbers that
        `parsed_light` finds.
    """
    taken = np.asarray(np.isfinite(matrices).all(axis=(1, 2)))
    everywhere = np.arange(matrices.shape[1])
    columns, rows = np.zeros_like(matrices), np.zeros_like(matrices)
    patterns, which = np.unique(photons > 0, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        settings = np.flatnonzero((which.reshape(-1) == number) & taken)
        occupied = np.flatnonzero(pattern)
        given = matrices[np.ix_(settings, everywhere, occupied)]
        lost = loss_matrix(given)
        lossy, amplifying = plainly_lossy(lost, tolerance)
        if clip:
            given[amplifying] = clipped(given[amplifying], isometry=False)
            lost[amplifying] = loss_matrix(given[amplifying])
        else:
            lossy &= ~amplifying
        taken[settings[~lossy]] = False
        at = settings[lossy]
        columns[np.ix_(at, everywhere, occupied)] = given[lossy]
        rows[np.ix_(at, np.arange(len(occupied)), occupied)] = completion(lost[lossy])
    return taken, Forms(columns[taken], rows[taken], photons[taken])


def stack_of_forms(
    forms: Forms,
    heralds: Mapping[int, int],
    least: int,
    *,
    pairs: Sequence[Rule] = (),
    amplitudes: bool = False,
    workers: int | None = None,
    wanted: Callable[[int], bool] = lambda _: True,
) -> Iterator[tuple[NDArray[np.int64], LayerProgram | None, AnyArray]]:
    """Compute small distributions of photon numbers, for settings that lose light in as many modes together.

    Args:
        forms: Where the photons of each setting go.
        heralds: Photons demanded in output modes.
        least: Fewest photons in the other modes.
        pairs: Rules on the other modes, checked.
        amplitudes: Compute amplitudes instead; the forms have no rows that lose light then.
        workers: Number of threads; None takes all cores. The answer does not depend on it.
        wanted: Says whether to compute the distributions of settings that lose light in so many modes.

    Yields:
        (settings, program, values): int64, which of the settings; what was done; and float64[S, K] or
        complex128[S, K]. Program and values are None and empty where distributions are not small or wanted.
    """
    rows = without_rounding(forms.rows)
    losing = rows_that_lose(rows)
    numbers = losing.sum(axis=1)
    n_photons = int(forms.photons[0].sum())
    free, modes = program_modes(forms.photons.shape[1], heralds)
    for n_loss in np.unique(numbers).tolist():
        members = np.flatnonzero(numbers == n_loss)
        if not (fits(len(free), heralds, n_loss, n_photons) and wanted(n_loss)):
            yield members, None, np.empty(0)
            continue
        program = layer_program(len(free), fixed_photons(heralds), n_loss, n_photons, least, tuple(pairs))
        columns = forms.columns[members[:, np.newaxis], modes]
        if n_loss:
            # As many rows of each setting, which need not be the same ones.
            which = np.nonzero(losing[members])[1].reshape(len(members), n_loss, 1)
            columns = np.concatenate([columns, np.take_along_axis(rows[members], which, axis=1)], axis=1)
        columns, photons = np.ascontiguousarray(columns), np.ascontiguousarray(forms.photons[members])
        values = run_program(program, columns, photons, len(members), amplitudes=amplitudes, workers=workers)
        yield members, program, values


def program_modes(n_modes: int, heralds: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """Return the free modes, and all that a program has: the free ones, and those heralded with photons.

    A herald of no photon leaves nothing to follow: its mode is left out.
    """
    free = [mode for mode in range(n_modes) if mode not in heralds]
    return free, free + [mode for mode in sorted(heralds) if heralds[mode] > 0]


def fixed_photons(heralds: Mapping[int, int]) -> tuple[int, ...]:
    """Return the photons of the modes that are heralded with any, in the order of `program_modes`."""
    return tuple(heralds[mode] for mode in sorted(heralds) if heralds[mode] > 0)
