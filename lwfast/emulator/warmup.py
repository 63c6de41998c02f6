"""Compile every kernel ahead of time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from lwfast._base.progress import Progress, ProgressLike

JOB_PATH = (
    "circuits",
    "unitary check",
    "output distributions",
    "sample counts and states",
    "result tables",
    "result text",
)
"""The groups that a job needs, from the circuit to the plot of its result.

What `lwfast demo` waits for on its first run: a kernel that no step of it calls belongs in another group.
"""


def warmup(progress: ProgressLike = False, *, groups: Iterable[str] | None = None) -> dict[str, float]:
    """Compile every kernel once, or load it from the cache.

    Args:
        progress: True for a line on stderr for each group of kernels, or a callable that takes
            (group, done, total).
        groups: Names of the groups to compile, such as `JOB_PATH`; None compiles all.

    Returns:
        Seconds that each group took.

    Raises:
        TypeError: `progress` is neither a bool nor a callable.
        ValueError: A group is unknown.

    Example:
        >>> seconds = lw.warmup(progress=False)
        >>> "output distributions" in seconds
        True
    """
    shown = _GroupProgress(progress)
    seconds: dict[str, float] = {}
    steps = _steps()
    if groups is not None:
        wanted = list(groups)
        unknown = [name for name in wanted if name not in steps]
        if unknown:
            msg = f"Unknown groups of kernels: {', '.join(unknown)}; there are {', '.join(steps)}."
            raise ValueError(msg)
        steps = {name: steps[name] for name in wanted}
    from lwfast._kernels.report import without_note

    with without_note():  # the lines below say more
        for done, (name, run) in enumerate(steps.items()):
            shown.report(name, done, len(steps))
            begin = time.perf_counter()
            run()
            seconds[name] = time.perf_counter() - begin
            shown.took(seconds[name])
        shown.report("ready", len(steps), len(steps))
    return seconds


class _GroupProgress(Progress):
    """Shows a line for each group, with the seconds that it took; they are what warming up is about."""

    def _show(self, *, what: str, done: int, total: int | None) -> None:
        if done != total:
            sys.stderr.write(f"[{done + 1:2d}/{total}] {what} ... ")
            sys.stderr.flush()

    def took(self, seconds: float) -> None:
        """End the line of a group."""
        if self.is_wanted and self._function is None:
            sys.stderr.write(f"{seconds:.2f} s\n")


def _steps() -> dict[str, Callable[[], object]]:
    return {
        "circuits": _circuits,
        "unitary check": _unitary,
        "output distributions": _distributions,
        "sample counts and states": _sampling,
        "small tasks": _small_tasks,
        "small and selected distributions": _selected,
        "noise": _noise,
        "permanents": _permanents,
        "boson sampling": _boson_sampling,
        "gradients": _gradients,
        "interferometers": _interferometers,
        "Fock basis": _fock,
        "result tables": _tables,
        "result text": _text,
        "sums of results": _sums,
        "large results": _words,
        "Parquet files": _pages,
    }


def _circuits() -> None:
    from lwfast.circuit import PhotonicCircuit

    circuit = PhotonicCircuit(2)
    circuit.bs(0)
    _ = circuit.U


def _gradients() -> None:
    from lwfast.circuit import Parameter, PhotonicCircuit
    from lwfast.emulator.gradients.expectation import expectation
    from lwfast.hardware import Source
    from lwfast.state import State
    from lwfast.tasks import Sampler

    ideal, lossy, state = PhotonicCircuit(2), PhotonicCircuit(2), State([1, 1])
    for circuit in (ideal, lossy):
        circuit.bs(0, reflectivity=Parameter(0.4))
    lossy.loss(0, 0.1)
    for circuit, purity, indistinguishability in ((ideal, 1, 1), (ideal, 1, 0.9), (lossy, 0.99, 0.9)):
        source = Source(purity=purity, indistinguishability=indistinguishability)
        expectation(Sampler(circuit, state, 1, source=source), {state: 1.0}, gradient=True)


def _interferometers() -> None:
    from lwfast.interferometers.decompositions import reck_decomposition

    reck_decomposition(_BALANCED).unitaries()


_BALANCED = np.array([[1, 1], [1, -1]], dtype=np.complex128) / np.sqrt(2)


def _unitary() -> None:
    from lwfast._kernels.optics.unitary import deviation_columns, largest_deviation

    # Called with large matrices only, unless Numba is loaded: so it is called here itself.
    deviation_columns(np.ones((1, 2, 2)), np.zeros((1, 2, 2)), np.empty(1))
    largest_deviation(_BALANCED[np.newaxis])


def _distributions() -> None:
    from lwfast.optics.distributions.output_distribution import output_distribution

    output_distribution(0.9 * _BALANCED, [1, 1], heralds={})  # with a list of edges
    output_distribution(0.9 * _BALANCED, [60, 60])  # by layers


def _small_tasks() -> None:
    from lwfast.circuit import Unitary
    from lwfast.emulator.backend import Backend
    from lwfast.state import State
    from lwfast.tasks import Sampler, Simulator

    circuit, state = Unitary(_BALANCED), State([1, 1])
    Backend().run(Sampler(circuit, state, 10, random_seed=0))
    for outputs in (state, None):
        Backend().run(Simulator(circuit, state, outputs))


def _selected() -> None:
    from lwfast.optics.distributions.layout import FockLayout
    from lwfast.optics.distributions.output_distribution import output_distribution

    output_distribution(_BALANCED, [1, 1])
    output_distribution(_BALANCED, [60, 60], rules=[((0,), (1,))], amplitudes=True)
    output_distribution(_BALANCED, [0, 0], rules=[((0,), (0,))])
    FockLayout(2, 1, 0).ranks(np.eye(2, dtype=np.uint8))


def _sampling() -> None:
    from lwfast.optics.distributions.layout import FockLayout
    from lwfast.optics.samples.sample_counts import sample_counts

    sample_counts([0.5, 0.5], 10, rng=0)
    FockLayout(2, 2, 0).rows()


def _noise() -> None:
    from lwfast.hardware import Detector, Source
    from lwfast.optics.distributions.output_distribution import output_distribution

    source = Source(purity=0.9, brightness=0.8, indistinguishability=0.7)
    output_distribution(_BALANCED, [1, 1], source=source)
    output_distribution(np.eye(3), [1, 1, 0], detector=Detector(0.9, 0.1, False))
    output_distribution(
        np.eye(8), [1, 1, 1, 0, 0, 0, 0, 0], source=source, detector=Detector(0.9, 0.1, False)
    )


def _permanents() -> None:
    from lwfast.optics.permanents.methods import by_compensated_glynn
    from lwfast.optics.permanents.permanent import permanent, permanent_minors

    random = np.random.default_rng(0)

    def matrix(*shape: int) -> Any:
        return random.normal(size=shape) + 1j * random.normal(size=shape)

    for size in (1, 2, 3, 4, 6, 9, 13, 21):
        permanent(matrix(size, size), return_error=True)
        permanent(matrix(size, size))
    by_compensated_glynn(matrix(7, 7))
    permanent(matrix(20, 4, 4))
    permanent(matrix(20, 8, 8))
    # It vanishes, so that all methods are asked.
    permanent(np.array([[1, 1], [1, -1]]), rows=[7, 7], cols=[7, 7])
    permanent(matrix(3, 3), rows=[2, 1, 3], cols=[1, 1, 4], return_error=True)
    permanent_minors(matrix(4, 3))


def _boson_sampling() -> None:
    from lwfast.optics.samples.boson_sampling import boson_sample, boson_sample_inputs
    from lwfast.optics.samples.sample_counts import sample_counts

    boson_sample(_BALANCED, [2, 1], 10, rng=0)
    sample_counts(np.ones((2, 2)), 10, rng=0)
    boson_sample(_BALANCED, [9, 9], 1, rng=0)
    boson_sample(_BALANCED, [2, 1], 100_000, rng=0)
    boson_sample_inputs(0.9 * _BALANCED, np.array([[1, 1], [0, 1]]), rng=0)


def _fock() -> None:
    from lwfast.optics.fock import fock_basis, fock_rank, fock_unrank

    for n_modes in (3, 9, 20):
        basis = fock_basis(n_modes, 2)
        fock_unrank(fock_rank(basis), n_modes, 2)


def _tables() -> None:
    from lwfast.results import SamplingResult
    from lwfast.results.state_map import rows_of
    from lwfast.tables.counts import all_distinct, group_checked
    from lwfast.tables.post_selection import post_select

    # The bits of numbers, a mode each: distinct rows, and not sorted.
    states = np.unpackbits(np.arange(6000, 0, -1, dtype=">u2").view(np.uint8)).reshape(-1, 16)
    counts = np.arange(6000)
    group_checked(states, counts)
    post_select(states, counts, [((0, 1), (0, 1))], {2: 0})
    all_distinct(states.reshape(-1), 16, len(states))  # as for a large table
    result = SamplingResult.from_columns(states, counts)
    rows_of(result, states[::-1])  # the index of a large result


def _sums() -> None:
    from lwfast.results import SamplingResult
    from lwfast.tables.counts import group_counts

    result = SamplingResult.from_columns(*group_counts(np.arange(6000, dtype=np.uint16).reshape(-1, 1) % 250))
    result.summary()
    result.map("threshold")


def _words() -> None:
    """Do what large tables meet, which are kept as words."""
    from lwfast.rules import Rule
    from lwfast.tables import packed_groups
    from lwfast.tables.binning import some_modes, totals_of
    from lwfast.tables.packed_parts import group_in_parts
    from lwfast.tables.packed_sums import packed_sums_of
    from lwfast.tables.packed_table import packed
    from lwfast.tables.post_selection import select_checked
    from lwfast.tables.short_groups import group_short_tables

    states = np.tile(
        np.unpackbits(np.arange(3000, 0, -1, dtype=">u2").view(np.uint8)).reshape(-1, 16), (2, 1)
    )
    counts = np.arange(len(states))
    words = packed(states, 0)
    if words is None:
        raise AssertionError("Sixteen modes of one photon fit a word.")
    distinct, _ = packed_groups.group_packed(words, counts, owned=False)
    packed_groups.group_packed(distinct, counts[:3000], owned=True)
    packed_groups.differ_in_parts(distinct.columns)
    group_in_parts(words.columns[0], counts, 1)
    select_checked(words, counts, (Rule((0, 1), (0, 1)),), {2: 0})
    totals_of(words, [(0, 1), (3, 2)])
    clicks = some_modes(words, (3, 4)).clicked(parity=False, invert=False)
    packed_groups.add_up_equal(clicks, counts)
    group_short_tables([(clicks, counts)])
    packed_sums_of(words, counts)
    slots = np.zeros(8192, np.uint64)
    packed_groups.enter_rows(distinct, slots)
    packed_groups.find_rows(distinct, slots, words)
    len(words.states)


def _pages() -> None:
    """Do what Parquet files meet, whether or not anything is installed that opens one."""
    from lwfast._kernels.tables import parquet_footer, parquet_words
    from lwfast._kernels.tables import parquet_pages as kernels

    page, numbers = np.zeros(16, np.uint8), np.zeros(1, np.int64)
    parquet_footer.footer_places(page, np.zeros(16, np.int64))
    kernels.levels_end(page, 0, 0, 0, 0)
    kernels.facts_of_counts(numbers)
    kernels.page_header(page, 0, np.zeros(16, np.int64))
    fours = np.zeros(16, np.uint64)
    kernels.fours_of(page[:2], 1, 0, 8, fours)
    kernels.from_dictionary(page, 0, 0, 1, page[:2], fours, np.empty(0, np.uint8))
    kernels.from_dictionary(page, 0, 0, 1, numbers, fours[:0], np.empty(0, np.int64))
    parquet_words.words_from_dictionary(page, 0, 0, 1, fours, 1, 3, 1, np.zeros((1, 1), np.uint64), 0, 0)


def _text() -> None:
    from lwfast._base.buffers import readable
    from lwfast.tables.bodies.result_json import decode_result, encode_result
    from lwfast.tables.bodies.result_table import read_in_chunks

    table = np.array([[0, 1], [12, 3]], dtype=np.uint8)
    counts = np.array([5, 10**12], dtype=np.int64)
    body = encode_result(table, counts)
    decode_result(body)
    text = readable(np.frombuffer(body, np.uint8))
    read_in_chunks(text, body.index(b'"('), 2)  # as for a large body
    decode_result(b'{"results": {"(0, 1)": 4, "(1,0)": 5}, "job_data": {}}')
