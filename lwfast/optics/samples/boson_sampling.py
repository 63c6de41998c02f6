"""Samples of what photons do in a linear-optical circuit, without its distribution."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np
from numpy.typing import ArrayLike

from lwfast._base.generators import generator_of
from lwfast._base.limits import check_state_photons
from lwfast._base.memory import check_memory, memory_limit
from lwfast._base.parallel import available_cores, checked_workers, run_chunks
from lwfast._base.progress import Progress, ProgressLike, step
from lwfast._base.validation import as_integer
from lwfast._types import AnyArray, ComplexArray, FloatArray, SeedLike, StateTable
from lwfast.errors import ModeMismatchError
from lwfast.optics.arguments import (
    checked_matrix,
    checked_occupation,
    is_stack,
    matrix_tolerance,
)
from lwfast.optics.costs import (
    check_sample_cost,
    draw_seconds,
    draws_from_distribution,
    draws_in_lanes,
    largest_table,
    sample_bytes,
    samples_bytes,
    slowest_sample_seconds,
)
from lwfast.optics.distributions.photon_numbers import fock_distribution
from lwfast.optics.light import Light, parsed_light
from lwfast.optics.permanents.expansions import sample_in_steps
from lwfast.optics.samples.sample_counts import guide_to
from lwfast.optics.samples.sample_stack import sample_stack

_STEPS_FROM_SECONDS = 0.1
"""Samples that take longer are drawn in steps."""
_CHUNK_SECONDS = 0.02
_WIDEST = 8
"""Most lanes of a register: chunks fill them."""
_LEAST_SECONDS = 5e-4
"""Chunks of less work would spend it on being handed over."""


class _StoppedError(Exception):
    """Another thread was interrupted."""


def boson_sample(
    unitary: ArrayLike,
    occupation: Sequence[int] | ArrayLike,
    n_samples: int,
    *,
    rng: SeedLike = None,
    workers: int | None = None,
    progress: ProgressLike = None,
) -> StateTable:
    """Draw output states of indistinguishable photons, each independent of the others.

    Where that is estimated to be faster for so many samples, and takes no more than 268 MB, the distribution
    of all outputs is computed and samples are drawn from it: from some thousands of samples of 12 modes and 6
    photons on, or some ten thousands of 20 modes and 8 photons. Fewer samples, and those of more photons or
    modes, are drawn photon by photon by Clifford and Clifford's algorithm. Both follow the same law, but draw
    other samples from the same seed.

    Leading dimensions are a stack of settings, and broadcast as in `numpy.linalg`. Each setting has a stream
    of its own: the samples of the i-th, in C order of the leading dimensions, are those of a call of its own
    with the i-th generator of `numpy.random.default_rng(rng).spawn(n_settings)`, bit for bit.

    Args:
        unitary: (..., m, m) complex, unitary or a transfer matrix that loses light (singular values of at
            most 1). Column j is where a photon in input mode j goes.
        occupation: (..., m) photons in each of the m input modes, repeats allowed; a `State` or a list of
            them will do.
        n_samples: Number of samples to draw for each setting.
        rng: Seed, SeedSequence or Generator. The same seed and number of samples give the same samples on any
            number of threads.
        workers: Number of threads; by default None, for all cores.
        progress: True shows progress on stderr. A callable is called now and then with (samples done, all
            samples), from any thread, but never by two at once. By default None, which shows nothing.

    Returns:
        uint8[..., n_samples, m], one state per row. Lost photons are missing from it. Subtract photon numbers
        of it as `samples.astype(int)`: uint8 has no sign and ends at 255.

    Raises:
        TypeError: An occupation or `n_samples` is not an integer.
        ValueError: The matrix is not square or not finite, a number is negative, or leading dimensions do
            not broadcast. Of a stack, errors name the first setting that is wrong.
        ModeMismatchError: `occupation` has another length than the matrix.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: More than 255 photons, or samples that would take minutes each, or do not fit in
            memory; the message has the estimate.

    Source:
        Clifford and Clifford, algorithm B, arXiv:1706.01260 and (with equal modes merged) arXiv:2005.04214;
        the permanents come from an expansion over sub-multisets, see the file of the same name under
        `_kernels/optics/samples`.

    Example:
        >>> lw.boson_sample(lw.random_unitary(4, seed=1), [1, 1, 0, 0], 3, rng=1).tolist()
        [[1, 0, 0, 1], [0, 1, 1, 0], [0, 2, 0, 0]]
    """
    if is_stack(unitary, occupation):
        return sample_stack(unitary, occupation, n_samples, boson_sample, rng, workers, progress)
    matrix = checked_matrix(unitary)
    photons = checked_occupation(occupation, len(matrix))
    light = parsed_light(matrix, photons, matrix_tolerance(unitary))
    count = _checked_count(n_samples)
    if count and light.n_photons and draws_from_distribution(len(light.rows), light.n_photons, count):
        return _from_distribution(light, count, rng, workers, progress)
    inputs = np.repeat(np.arange(len(matrix)), photons)[np.newaxis]
    return _sample(light, inputs, count, rng, workers, progress)


def boson_sample_inputs(
    unitary: ArrayLike,
    occupations: ArrayLike,
    *,
    rng: SeedLike = None,
    workers: int | None = None,
    progress: ProgressLike = None,
) -> StateTable:
    """Draw one output state for each of many input states.

    Args:
        unitary: (m, m) complex, as in `boson_sample`.
        occupations: Integers (n_samples, m), the photons in each input mode, shot by shot.
        rng: Seed, SeedSequence or Generator.
        workers: Number of threads; by default None, for all cores.
        progress: True for progress on stderr, or called now and then with (samples done, number of samples).

    Returns:
        uint8[n_samples, m], row by row the output of each input.

    Raises:
        TypeError: `occupations` holds no integers.
        ValueError: The matrix is not square or not finite, or a number is negative.
        ModeMismatchError: `occupations` has another number of columns than the matrix.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: More than 255 photons, or samples that would take minutes each, or do not fit in
            memory; the message has the estimate.
    """
    matrix = checked_matrix(unitary)
    table = np.asarray(occupations)
    if table.ndim != 2 or table.shape[1] != len(matrix):
        msg = f"occupations should have shape (n_samples, {len(matrix)}), got {table.shape}."
        raise ModeMismatchError(msg)
    if table.dtype.kind not in "iu":
        msg = f"occupations should hold integers, got dtype {table.dtype}."
        raise TypeError(msg)
    if table.size and int(table.min()) < 0:
        msg = f"Photon numbers cannot be negative, got {int(table.min())}."
        raise ValueError(msg)
    check_state_photons(int(table.max(initial=0)), "The input has")
    inputs = _inputs_of(table)
    photons = tuple(table.max(axis=0, initial=0).tolist())
    light = parsed_light(matrix, photons, matrix_tolerance(unitary))
    return _sample(light, inputs, len(table), rng, workers, progress)


def sample_each(light: Light, table: StateTable, generator: np.random.Generator) -> StateTable:
    """Draw one output state for each of many input states, as `boson_sample_inputs` does.

    Args:
        light: What photons in the input modes meet.
        table: uint8[n_samples, m], photons in each mode; modes that `light` leaves dark have none.
        generator: Where the random numbers come from.

    Returns:
        uint8[n_samples, m], row by row the output of each input.

    Raises:
        ResourceLimitError: Samples would take minutes each, or do not fit in memory.
    """
    most = table.max(axis=0, initial=0)[light.occupied]
    return _sample(light.part(most.tolist()), _inputs_of(table), len(table), generator, None, None)


def _inputs_of(table: AnyArray) -> AnyArray:
    """Return the input mode of each photon of each shot, -1 behind the last: int64[n_samples, n]."""
    totals = table.sum(axis=1, dtype=np.int64)
    most = int(totals.max(initial=0))
    check_state_photons(most, "The input has")
    n_shots, n_modes = table.shape
    inputs = np.full((n_shots, most), -1, dtype=np.int64)
    inputs[np.arange(most) < totals[:, np.newaxis]] = np.repeat(
        np.tile(np.arange(n_modes), n_shots), table.reshape(-1)
    )
    return inputs


def _checked_count(n_samples: int) -> int:
    count = as_integer(n_samples, "n_samples")
    if count < 0:
        msg = f"n_samples should not be negative, got {count}."
        raise ValueError(msg)
    return count


def _sample(
    light: Light,
    inputs: AnyArray,
    count: int,
    rng: SeedLike,
    workers: int | None,
    progress: ProgressLike,
) -> StateTable:
    """Draw `count` outputs one by one, for int64[count or 1, n] input modes; -1, at the end, for none."""
    workers = checked_workers(workers)
    shown = Progress(progress, takes=("done", "total"))
    n_modes, n_photons, n_rows = light.n_modes, inputs.shape[1], len(light.rows)
    check_state_photons(n_photons, "The input has")
    check_memory(samples_bytes(count, n_photons, n_modes), f"{count} samples of {n_photons} photons")
    generator = generator_of(rng)
    check_sample_cost(n_photons, n_rows)
    out = np.zeros((count, n_modes), dtype=np.uint8)
    if count == 0 or n_photons == 0:
        return out
    places = np.where(inputs < 0, -1, np.searchsorted(light.occupied, inputs))
    # Row i of the uniforms belongs to sample i, so nothing depends on chunks or threads.
    uniforms = generator.random((count, 2 * n_photons))
    each = slowest_sample_seconds(n_photons, n_rows)
    draw: Callable[[slice, Callable[[], None]], object]
    if draws_in_lanes(n_photons, n_rows):
        draw = _in_lanes(light.rows, places, uniforms, out)
    else:
        draw = _expanding(light.rows, places, uniforms, out, in_steps=each > _STEPS_FROM_SECONDS)
    room = max(1, memory_limit() // sample_bytes(n_photons, n_rows))
    with closing(shown):
        _in_chunks(draw, count, each, min(workers or available_cores(), room), shown)
    return out


def _in_lanes(
    rows: ComplexArray, places: AnyArray, uniforms: FloatArray, out: StateTable
) -> Callable[[slice, Callable[[], None]], object]:
    """Return what draws a part of the samples side by side."""
    from lwfast._kernels.optics.samples.boson_lanes import sample_in_lanes

    n_rows, n_columns = rows.shape
    parts = np.zeros((2, n_columns, max(16, -(-n_rows // 8) * 8)))  # whole vectors of any width, two at least
    parts[0, :, :n_rows], parts[1, :, :n_rows] = rows.T.real, rows.T.imag
    which = np.arange(len(out))
    if len(places) > 1:
        # Neighbours have as many photons.
        which = np.argsort((places < 0).sum(axis=1), kind="stable")

    def draw(part: slice, _go_on: Callable[[], None]) -> None:
        sample_in_lanes(parts[0], parts[1], n_rows, places, uniforms, which[part], out)

    return draw


def _expanding(
    rows: ComplexArray, places: AnyArray, uniforms: FloatArray, out: StateTable, *, in_steps: bool
) -> Callable[[slice, Callable[[], None]], object]:
    """Return what draws a part of the samples one after the other."""
    from lwfast._kernels.optics.samples.boson_sampling import sample_clifford

    re, im = np.ascontiguousarray(rows.T.real), np.ascontiguousarray(rows.T.imag)
    states = largest_table(places.shape[1], len(rows))

    def draw(part: slice, go_on: Callable[[], None]) -> None:
        photons = places[part] if len(places) > 1 else places
        if not in_steps:
            sample_clifford(re, im, photons, uniforms[part], states, out[part])
            return
        for row in range(part.start, part.stop):
            each = photons[row - part.start] if len(photons) > 1 else photons[0]
            sample_in_steps(re, im, each, uniforms[row], states, out[row], go_on)

    return draw


def _from_distribution(
    light: Light, count: int, rng: SeedLike, workers: int | None, progress: ProgressLike
) -> StateTable:
    """Draw `count` outputs from the distribution of all of them."""
    from lwfast._kernels.optics.layout import states_at
    from lwfast._kernels.optics.samples.sampling import draw_outcomes

    workers = checked_workers(workers)
    check_memory(count * (light.n_modes + 16), f"{count} samples of {light.n_modes} modes")
    generator = generator_of(rng)
    shown = Progress(progress, takes=("done", "total"))
    with Progress(progress is True):  # a callable hears of samples only
        found = fock_distribution(light, {}, 0, workers=workers)
    layout = found.whole_layout
    if layout is None:
        raise AssertionError("The distribution of all outcomes has their layout.")
    cdf = found.probabilities.cumsum()
    cdf /= cdf[-1]
    guide = guide_to(cdf, count)
    bounds, sums = layout.walk
    uniforms = generator.random(count)
    out = np.zeros((count, light.n_modes), dtype=np.uint8)

    def draw(part: slice, _go_on: Callable[[], None]) -> None:
        outcomes = np.empty(part.stop - part.start, dtype=np.int64)
        draw_outcomes(uniforms[part], cdf, guide, outcomes)
        states_at(outcomes, layout.n_photons, sums, bounds, out[part])

    each = draw_seconds(len(light.rows), light.n_photons)
    with closing(shown):
        _in_chunks(draw, count, each, workers or available_cores(), shown)
    return out


def _in_chunks(
    draw: Callable[[slice, Callable[[], None]], object],
    count: int,
    each: float,
    workers: int,
    shown: Progress,
) -> None:
    """Draw samples in chunks on threads.

    Args:
        draw: Draws a part of the samples. What it is handed beside raises where another thread was
            interrupted.
        count: How many samples the task asks for.
        each: Seconds that one takes.
        workers: Number of threads, 1 or more.
        shown: Shows how many samples are drawn.
    """
    size = max(1, min(max(-(-count // 16), int(_LEAST_SECONDS / each)), int(_CHUNK_SECONDS / each)))
    size = min(-(-size // _WIDEST) * _WIDEST if size > 1 else 1, count)
    done = 0
    lock = threading.Lock()
    stopped = threading.Event()
    failures: list[BaseException] = []

    def go_on() -> None:
        if stopped.is_set():
            raise _StoppedError

    def work(chunk: int) -> None:
        nonlocal done
        part = slice(chunk * size, min((chunk + 1) * size, count))
        try:
            draw(part, go_on)
        except BaseException as error:
            # The other threads would go on with their samples for seconds.
            failures.append(error)
            stopped.set()
            raise
        with lock:
            done += part.stop - part.start
            # Not wanted here, it may be around: of an emulator, say.
            (shown.report if shown.is_wanted else step)("boson samples", done, count)

    try:
        run_chunks(work, -(-count // size), workers)
    except _StoppedError:
        raise failures[0] from None
    finally:
        stopped.set()
    if not shown.is_wanted:
        step("boson samples", count, count)  # threads report to nobody around
