"""Boson samples of a stack: from distributions that are computed together, where single calls take theirs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._base.buffers import readable
from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._base.progress import Progress, ProgressLike, step
from lwfast._types import AnyArray, SeedLike, StateTable
from lwfast.optics.arguments import SettingStack, checked_matrix, checked_samples, checked_settings
from lwfast.optics.costs import draw_seconds, draws_from_distribution
from lwfast.optics.distributions.photon_numbers import OutputDistribution
from lwfast.optics.distributions.stacked_layers import fits
from lwfast.optics.distributions.stacks import fock_parts, naming
from lwfast.optics.light import Light, parsed_light
from lwfast.optics.noise.loss import UNIT_ROUNDING, loss_matrix, plainly_lossy
from lwfast.optics.photon_limits import states_of
from lwfast.optics.samples.sample_counts import guide_cells
from lwfast.optics.samples.spawned import Spawned, spawned
from lwfast.optics.unitary import unitary_deviation

_AT_ONCE = 32 << 20
"""What the distributions that are worked out at once may take, in bytes."""
_CHUNK_SECONDS = 3e-4


def sample_stack(
    unitary: ArrayLike,
    occupation: ArrayLike,
    n_samples: int,
    alone: Callable[..., StateTable],
    rng: SeedLike,
    workers: int | None,
    progress: ProgressLike,
) -> StateTable:
    """Draw samples of a stack of settings; the arguments are those of `boson_sample`.

    Args:
        unitary: (..., m, m) complex.
        occupation: (..., m) photons in each of the m input modes.
        n_samples: Number of samples to draw for each setting.
        alone: Draws the samples of one setting: `boson_sample`.
        rng: Seed, SeedSequence or Generator.
        workers: Number of threads; None takes all cores. The answer does not depend on it.
        progress: What shows how far it is, as in `boson_sample`.

    Returns:
        uint8[..., n_samples, m].
    """
    settings = checked_settings(unitary, occupation)
    count, n_settings, n_modes = checked_samples(n_samples), settings.n_settings, settings.n_modes
    check_memory(n_settings * count * n_modes, f"{count:,} samples of each of {n_settings:,} settings")
    _check_matrices(settings)
    # In single precision, rounding is larger: what checks a matrix has to see what was given.
    given = np.asarray(unitary).dtype
    streams = spawned(rng, n_settings)
    out = np.empty((n_settings, count, n_modes), dtype=np.uint8)
    shown = Progress(progress, takes=("done", "total"))
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        (shown.report if shown.is_wanted else step)("boson samples", done * count, n_settings * count)

    with closing(shown):
        rest = _from_distributions(settings, count, streams, workers, out, tell)
        for index in rest.tolist():
            with naming(index, settings.shape):
                out[index] = alone(
                    settings.matrices[index if len(settings.matrices) > 1 else 0].astype(given),
                    settings.photons_of(index),
                    count,
                    rng=streams.generator(index),
                    workers=workers,
                )
            tell(1)
    return out.reshape(*settings.shape, count, n_modes)


def _check_matrices(settings: SettingStack) -> None:
    """Raise for the first setting that is wrong: errors come before the work."""
    matrices = settings.matrices
    odd = np.flatnonzero(~(np.atleast_1d(unitary_deviation(matrices)) <= UNIT_ROUNDING))
    # To look closer is worth its time only where a matrix does more than plainly lose light.
    finite = odd[np.isfinite(matrices[odd]).all(axis=(1, 2))]
    lossy, clipped = plainly_lossy(loss_matrix(matrices[finite]), settings.tolerance)
    for index in np.setdiff1d(odd, finite[lossy & ~clipped]).tolist():
        with naming(index, settings.shape):
            _light_of(settings, index)


def _light_of(settings: SettingStack, index: int) -> Light:
    matrix = checked_matrix(settings.matrices[index if len(settings.matrices) > 1 else 0])
    return parsed_light(matrix, settings.photons_of(index), settings.tolerance)


def _from_distributions(
    settings: SettingStack,
    count: int,
    streams: Spawned,
    workers: int | None,
    out: AnyArray,
    tell: Callable[[int], object],
) -> NDArray[np.int64]:
    """Draw the samples of those settings that draw them from a small distribution.

    Args:
        settings: The S settings, checked and broadcast to one shape.
        count: Samples of each setting.
        streams: Where the random numbers of each come from.
        workers: Number of threads; None takes all cores. The answer does not depend on it.
        out: uint8[S, count, m], out.
        tell: Hears how many settings more are done.

    Returns:
        int64, the other settings, ascending.
    """
    n_settings, n_modes = settings.n_settings, settings.n_modes
    states = streams.states()
    totals = np.broadcast_to(settings.photons.sum(axis=1), n_settings)
    rest = []

    def wanted(n_photons: int, n_loss: int) -> bool:
        return draws_from_distribution(n_modes + n_loss, n_photons, count)

    for total in np.unique(totals).tolist():
        these = np.flatnonzero(totals == total)
        # One that is not wanted without loss is not with it: there are more outcomes, and as many samples.
        if states is None or not count or not fits(n_modes, {}, 0, total) or not wanted(total, 0):
            rest.append(these)
            continue
        at_once = max(1, _AT_ONCE // (8 * states_of(n_modes, total)))
        for begin in range(0, len(these), at_once):
            part = these[begin : begin + at_once]
            found = fock_parts(
                _some(settings.matrices, part),
                _some(settings.photons, part),
                (len(part),),
                lambda index, part=part: _light_of(settings, int(part[index])),  # type: ignore[misc]
                {},
                0,
                tolerance=settings.tolerance,
                clip=True,
                workers=workers,
                wanted=wanted,
            )
            for members, distributions in found:
                places = part[members]
                if distributions is None:
                    rest.append(places)
                else:
                    _draw(distributions, states[places], places, workers, out)
                    tell(len(places))
    return np.sort(np.concatenate(rest)) if rest else np.empty(0, dtype=np.int64)


def _some(array: AnyArray, part: NDArray[np.int64]) -> AnyArray:
    """Return the entries of some settings, or the one that all share."""
    return array if len(array) == 1 else np.ascontiguousarray(array[part])


def _draw(
    found: OutputDistribution,
    streams: AnyArray,
    places: NDArray[np.int64],
    workers: int | None,
    out: AnyArray,
) -> None:
    from lwfast._kernels.optics.samples.sampling import draw_stack

    states, count = readable(found.states), out.shape[1]
    each = draw_seconds(states.shape[1], int(states[0].sum())) * count
    size = max(1, int(_CHUNK_SECONDS / each))

    def work(chunk: int) -> None:
        part = chunk * size, min((chunk + 1) * size, len(places))
        with np.errstate(over="ignore"):  # uncompiled, NumPy warns of words that wrap
            draw_stack(
                found.probabilities, streams, states, guide_cells(len(found), count), places, part, out
            )

    run_chunks(work, -(-len(places) // size), workers)
