"""Every kernel of the optics room and its source in plain Python agree; see `twins.py`."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import lwfast as lw
from lwfast._kernels import _mode, _simd
from lwfast._kernels.optics import layers, slos
from lwfast._kernels.optics.marginals import sums_shape
from lwfast._kernels.optics.permanents.permanent import LANE_ROWS
from lwfast._kernels.optics.samples import boson_sampling
from lwfast.optics.distributions import stacked_layers
from lwfast.optics.distributions.layout import FockLayout
from tests.kernels.rows_gradients import GRADIENT_ROWS
from tests.kernels.rows_of_decompositions import DECOMPOSITION_ROWS
from tests.kernels.rows_of_stacks import STACK_ROWS
from tests.kernels.twins import assert_same, assert_twins_agree, calls_of, dispatchers, needs_compiled, pair

OPTICS = "optics"


def generator():
    return np.random.default_rng(7)


def complex_matrix(*shape):
    rng = generator()
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def flags(bits):
    return np.array([int(bit) for bit in bits])


# Three rows with multiplicities 2, 1, 3: 24 states.
POWERS = np.array([2, 1, 3])


@functools.cache
def expansion():
    """Return (table, forward, backward, degrees) of six columns over the rows of `POWERS`."""
    table = generator().normal(size=(6, 6))
    forward, backward, degrees = np.zeros(48), np.zeros(48), np.zeros(24, np.uint16)
    boson_sampling.expand(table, -1, 1, POWERS, 3, 0, 24, forward, degrees)
    boson_sampling.expand(table, 6, -1, POWERS, 3, 0, 24, backward, degrees)
    return table, forward, backward, degrees


def expansions():
    table, forward, _, degrees = expansion()
    for first, step in ((-1, 1), (6, -1)):
        yield table, first, step, POWERS, 3, 0, 24, np.zeros(48), np.zeros(24, np.uint16)
    yield table, -1, 1, POWERS, 3, 7, 20, forward, degrees
    # As the sampler asks: the last digit is new.
    ones = np.array([2, 1, 1])
    forward, degrees = np.zeros(24), np.zeros(12, np.uint16)
    boson_sampling.expand(table, -1, 1, ones, 2, 0, 6, forward, degrees)
    yield table, -1, 1, ones, 3, 6, 12, forward, degrees


def compensated_expansions():
    table, _, _, degrees = expansion()
    yield table, POWERS, degrees, 0, 24, np.zeros(48), np.zeros(48)
    f, lost = generator().normal(size=(2, 48))
    yield table, POWERS, degrees, 9, 20, f, lost


def permanents_with_repeats():
    matrices = complex_matrix(3, 3, 4)
    matrices[1, 0, 0] = np.nan
    yield matrices, POWERS, np.array([0, 0, 1, 2, 3, 3]), np.zeros(3, complex)
    ones = np.ones(4, np.int64)
    yield nearly_cancelling(complex_matrix(4, 4))[np.newaxis], ones, np.arange(4), np.zeros(1, complex)


def bounds_of_terms():
    table, forward, backward, degrees = expansion()
    yield np.abs(table[:, ::2]), POWERS, forward, backward, degrees, 1, 24


def sums_of_minors():
    _, forward, backward, degrees = expansion()
    yield forward, backward, degrees, 24, 7, 0, 24, np.zeros(14), np.zeros(14)


def sizes_of_minors():
    _, forward, backward, degrees = expansion()
    yield forward, backward, degrees, 5, 24, np.ones(7)


def minors():
    table = generator().normal(size=(7, 6))
    room = np.zeros(48), np.zeros(48), np.zeros(24, np.uint16)
    yield table, 7, POWERS, 3, 0, *room, np.zeros(14)


def modes_of_photons():
    rng = generator()
    columns = rng.normal(size=(2, 3, 5))
    for uniform in (0.0, 0.4, 0.999):
        yield *columns, np.array([2, 0, 1]), 2, rng.normal(size=6), uniform, np.zeros(5), np.zeros(5)


def samples():
    rng = generator()
    columns = rng.normal(size=(2, 4, 6))
    each = np.array([[0, 1, 2, 3], [3, 3, 0, -1], [1, -1, -1, -1]])
    yield *columns, each, rng.random((3, 8)), 8, np.zeros((3, 5), np.uint8)
    yield *columns, np.array([[0, 0, 0, 1]]), rng.random((3, 8)), 8, np.zeros((3, 6), np.uint8)


def samples_in_lanes():
    rng = generator()
    columns = rng.normal(size=(2, 4, 16))
    columns[:, :, 6:] = 0.0
    each = np.array([[0, 1, 2, 3], [3, 3, 0, -1], [1, -1, -1, -1], [-1, -1, -1, -1], [2, 1, -1, -1]])
    yield *columns, 6, each, rng.random((5, 8)), np.array([4, 0, 3, 1, 2]), np.zeros((5, 5), np.uint8)
    same = np.array([[0, 0, 0, 1]])
    yield *columns, 6, same, rng.random((19, 8)), np.arange(2, 19), np.zeros((19, 6), np.uint8)


def no_clicks():
    rng = generator()
    for n_modes in (3, 5):
        columns = rng.normal(size=(2, n_modes, 3)) / 4
        overlap = np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 1]])
        source = np.array([0.1, 0.6, 0.1, 0.15, 0.05])
        size = 1 << n_modes
        yield (
            *columns,
            overlap,
            source,
            rng.random(n_modes) / 9,
            size // 2 if n_modes > 3 else 0,
            size,
            np.zeros(size),
        )


def rank_table(n_modes, n_photons):
    """C(d + j, j) at (j, d)."""
    table = np.ones((n_modes, n_photons + 1), np.int64)
    for j in range(1, n_modes):
        table[j] = table[j - 1].cumsum()
    return table


def states(n_modes=4, n_photons=3):
    return np.array(lw.fock_basis(n_modes, n_photons), np.uint8)


def successive_rows():
    for n_modes, n_rows in ((2, 4), (5, 35), (9, 40), (17, 20)):
        first = np.zeros(n_modes + 8, np.uint8)
        first[0] = 3
        yield first, n_rows, n_modes, np.zeros(n_rows * n_modes, np.uint8)


def distributions(name, **arguments):
    def work():
        unitary = lw.random_unitary(6, seed=3)
        lw.output_distribution(unitary, [1, 1, 1, 0, 0, 0], heralds={2: 1}, workers=1, **arguments)
        lw.output_distribution(unitary * 0.8, [1, 0, 2, 0, 0, 0], heralds={4: 1}, workers=1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked_layers, "MOST_ENTRIES", 0)  # nothing is small
        return calls_of(OPTICS, name, work)


def products_of_forms():
    calls = distributions("layers.polynomial_layer")
    calls += distributions("layers.polynomial_layer", amplitudes=True)[:3]
    for call in calls:
        yield call
        # The same in three chunks, of which each is looked at alone.
        for chunk in range(3):
            yield *call[:9], (chunk, 3)


class Source:
    purity, brightness, indistinguishability = 0.98, 0.9, 0.95


def real_products():
    def work():
        lw.output_distribution(lw.random_unitary(4, seed=3), [1, 1, 0, 0], source=Source, workers=1)

    for call in calls_of(OPTICS, "layers.linear_product", work):
        yield call
        for chunk in range(2):
            yield *call[:8], (chunk, 2)


LAYOUTS = FockLayout(4, 3, 3), FockLayout(3, 4, 2), FockLayout(4, 4, 4, (4, 1, 2, 4))


def ranks_of_layouts():
    for layout in LAYOUTS:
        bounds, sums = layout.walk
        for ranks in (np.arange(layout.size), np.array([0, layout.size - 1, 1, 0])):
            yield ranks, layout.n_photons, sums, bounds, np.zeros((len(ranks), layout.n_modes), np.uint8)


def powers_of_ranks():
    for layout in LAYOUTS:
        bounds, sums = layout.walk
        for rank in range(layout.size):
            yield rank, layout.n_photons, sums, np.zeros(len(bounds), np.int64)


def marks_of_outcomes():
    rules = (((0, 1), (1, 2)), ((2,), (0,)))
    start, allowed = np.array([0, 9]), np.zeros(14, np.uint8)
    allowed[[1, 2, 9]] = 1
    for layout in LAYOUTS:
        bounds, sums = layout.walk
        member = np.zeros((len(bounds), 2), np.int64)
        for rule, (modes, _) in enumerate(rules):
            member[list(modes), rule] += 1
        for chunk in ((0, layout.size), (2, layout.size - 1)):
            out = np.zeros(chunk[1] - chunk[0], np.uint8)
            yield chunk, layout.n_photons, sums, bounds, (member, start, allowed), out


def marks_of_rows():
    start, allowed = np.array([0, 7]), np.zeros(11, np.uint8)
    allowed[[1, 2, 7]] = 1
    yield states(), np.array([0, 1, 3]), np.array([0, 2, 3]), start, allowed, np.zeros(20, np.uint8)


def amplitudes():
    roots = np.sqrt([1.0, 1, 2, 6, 24])
    for layout in LAYOUTS:
        bounds, sums = layout.walk
        chunk = (1, layout.size)
        values = generator().normal(size=(2, layout.size))
        yield chunk, layout.n_photons, sums, bounds, 0.5, roots, values, np.zeros(2 * layout.size)


def sums_of_photons():
    for n_modes in (1, 4, 9):
        table = generator().integers(0, 4, (6, n_modes)).astype(np.uint8)
        sums = np.zeros(sums_shape(n_modes)).reshape(-1)
        histogram = np.zeros(255 * n_modes + 1, np.int64)
        yield table.reshape(-1), n_modes, np.arange(1, 7), histogram, sums


def sums_with_a_meaning(arguments, _):
    """Of mode i and those from i on; below the diagonal stands whatever the width of vectors left there."""
    _, n_modes, _, histogram, sums = arguments
    return histogram, np.triu(sums.reshape(sums_shape(n_modes)))[:, : n_modes + 1]


def matrices_for_lines():
    matrix = complex_matrix(3, 4)
    equal_rows, equal_columns = matrix.copy(), matrix.copy()
    equal_rows[2] = equal_rows[0]
    equal_columns[:, 3] = equal_columns[:, 1]
    return [(matrix,), (equal_rows,), (equal_columns,)]


def nearly_cancelling(matrix):
    """Change one entry, so that the permanent is a billion times smaller than its kind."""
    matrix = matrix.copy()
    matrix[0, 0] -= lw.permanent(matrix) / lw.permanent(matrix[1:, 1:].copy()) * (1 - 1e-9)
    return matrix


def single_permanents():
    for n in (8, 9):
        yield (complex_matrix(n, n),)
        yield (nearly_cancelling(complex_matrix(n, n)),)
    yield (np.full((8, 8), np.nan + 0j),)


def stacks_of_permanents():
    for n in (4, 5, 8):
        matrices = complex_matrix(9, n, n)
        matrices[3] = np.nan
        matrices[5, 1] = 0.0
        matrices[6, 0] *= 1e-200
        matrices[7] = nearly_cancelling(matrices[7])
        flat = matrices.reshape(-1).view(np.float64)
        yield flat, n, 0, 9, np.zeros(9, complex)


GUIDES = (np.int32, np.int64)
"""Entries of guide tables: wide ones where there are more outcomes than narrow ones can number."""


def distributions_of_uniforms(kind=np.int32):
    rng = generator()
    cdf = rng.random(40).cumsum()
    cdf /= cdf[-1]
    cdf[-1] = 1.0
    guide = np.zeros(64, kind)
    return rng.random(500), cdf, guide


def guides():
    for kind in GUIDES:
        _, cdf, guide = distributions_of_uniforms(kind)
        yield cdf, guide


def outcomes_of_uniforms():
    for kind in GUIDES:
        uniforms, cdf, guide = distributions_of_uniforms(kind)
        pair(OPTICS, "samples.sampling.guide_table")[0](cdf, guide)
        yield uniforms, cdf, guide, np.zeros(len(uniforms), np.int64)


def numbers_of_few_outcomes():
    numbers = generator().random(100)
    return [
        (numbers, np.array([0.2, 0.5, 0.5, 1.0]), np.zeros(4, np.int64)),
        (numbers[:0], np.ones(1), np.zeros(1, np.int64)),
    ]


def outcomes_one_by_one():
    for uniforms, cdf, guide, _ in outcomes_of_uniforms():
        for u in (0.0, *uniforms[:9].tolist(), 1 - 2.0**-53):
            yield u, cdf, guide


def counts_of_uniforms():
    for kind in GUIDES:
        uniforms, cdf, guide = distributions_of_uniforms(kind)
        pair(OPTICS, "samples.sampling.guide_table")[0](cdf, guide)
        for room in (0, len(uniforms)):
            yield uniforms, np.zeros(room), cdf, guide, np.zeros(40, np.int64)


def counts_of_few():
    uniforms, cdf, _ = distributions_of_uniforms()
    states = generator().integers(0, 9, (39, 3)).astype(np.uint8)
    yield np.diff(cdf, prepend=0.0), uniforms[:20], 16, states


def single_amplitudes():
    cases = [([1, 0, 1], [0, 1, 1]), ([2, 1, 0], [0, 0, 3]), ([1, 0, 0], [0, 0, 1])]
    for photons, output in cases:
        arrays = (np.array(numbers, dtype=np.uint8) for numbers in (photons, output))
        yield lw.random_unitary(3, seed=3), *arrays, np.zeros(1, complex)


BOUNDS, FLOORS = np.array([4, 4, 2, 3]), np.array([0, 0, 0, 1])


def tables_of_links():
    for inner in (1, 2):
        yield inner, 4, *slos.prefix_counts(BOUNDS, FLOORS, 4)


def deviations():
    stack = np.stack([lw.random_unitary(5, seed=1), complex_matrix(5, 5), np.full((5, 5), np.inf + 0j)])
    yield np.ascontiguousarray(stack.real), np.ascontiguousarray(stack.imag), np.zeros(3)


def stacks_that_deviate():
    unitaries = 1.1 * np.stack([lw.random_unitary(5, seed=k) for k in (1, 2)])  # what is left is no rounding
    yield (unitaries,)
    yield (np.stack([unitaries[0], complex_matrix(5, 5)]),)
    yield (np.stack([np.full((5, 5), np.inf + 0j), unitaries[0]]),)
    yield (np.zeros((2, 0, 0), complex),)


def multiplied_elements():
    for n_settings in (1, 3):
        settings = generator().random((n_settings, 2))
        matrices = complex_matrix(n_settings, 5, 5)
        steps = [
            [kind, kind % 3, 4 if kind == 3 else 3, column] for kind in range(5) for column in (-1, 0, 1)
        ]
        yield np.array(steps), generator().random(15), settings, matrices


ROWS = {
    "samples.boson_lanes.sets_by_size": lambda: [
        (n, np.zeros(1 << n, np.uint64), np.zeros(n + 2, np.int64)) for n in (1, 5)
    ],
    "samples.boson_lanes.sample_in_lanes": samples_in_lanes,
    "amplitude.small_amplitude": single_amplitudes,
    "samples.boson_sampling.expand": expansions,
    "samples.boson_sampling.permanent_expansion": permanents_with_repeats,
    "samples.boson_sampling.bound_terms": bounds_of_terms,
    "samples.boson_sampling.minors_sums": sums_of_minors,
    "samples.boson_sampling.minors_sizes": sizes_of_minors,
    "samples.boson_sampling.minors_expansion": minors,
    "samples.boson_sampling.photon_mode": modes_of_photons,
    "samples.boson_sampling.sample_clifford": samples,
    "clicks.no_click_probabilities": no_clicks,
    "clicks.clicks_from_no_clicks": lambda: [(generator().random(16), 4)],
    "elements._coefficients": lambda: [(kind, 0.3) for kind in range(5)],
    "elements._mix": lambda: [(complex_matrix(3, 3), 2, 0, kind, 0.6, 0.8) for kind in range(2)],
    "elements._multiplied": lambda: [(1.5 + 2j, 0.3 - 1j)],
    "elements.multiply_elements": multiplied_elements,
    "fock.fock_rank": lambda: [(states(), rank_table(4, 3), np.zeros(20, np.int64))],
    "fock.fock_unrank": lambda: [(np.arange(20), 3, rank_table(4, 3), np.zeros((20, 4), np.uint8))],
    "fock.fock_rows": successive_rows,
    "layers.polynomial_layer": products_of_forms,
    "layers.linear_product": real_products,
    "layout._powers_at": powers_of_ranks,
    "layout._next_mode": lambda: [(np.array(p), np.array([3, 1, 3])) for p in ([1, 1, 1], [0, 1, 2])],
    "layout._advance": lambda: [(np.array(p), np.array([3, 1, 3])) for p in ([1, 1, 1], [0, 1, 2])],
    "layout.states_at": ranks_of_layouts,
    "layout.mark_outcomes": marks_of_outcomes,
    "layout.mark_rows": marks_of_rows,
    "layout.scaled_amplitudes": amplitudes,
    "marginals.photon_sums": sums_of_photons,
    "permanents.expansion_compensated.expand_compensated": compensated_expansions,
    "permanents.permanent.has_equal_lines": matrices_for_lines,
    "permanents.permanent.permanent_single": single_permanents,
    "permanents.permanent.permanent_stack": stacks_of_permanents,
    "permanents.permanent_bound.term_sizes": lambda: [
        (complex_matrix(n, n), start, 1 << (n - 7), np.zeros(2)) for n, start in ((8, 0), (9, 0), (9, 3))
    ],
    "permanents.permanent_compensated.permanent_compensated": lambda: [
        (complex_matrix(n, n), start, 1 << (n - 6), np.zeros(5)) for n, start in ((7, 0), (8, 1))
    ],
    "samples.sampling.guide_table": guides,
    "samples.sampling._outcome_at": outcomes_one_by_one,
    "samples.sampling._count_few": numbers_of_few_outcomes,
    "samples.sampling.draw_outcomes": outcomes_of_uniforms,
    "samples.sampling.count_uniforms": counts_of_uniforms,
    "samples.sampling.count_small": counts_of_few,
    "slos.prefix_counts": lambda: [(BOUNDS, FLOORS, 4)],
    "slos.inner_modes": lambda: [(4, 3, 20.0), (20, 8, 2e6), (1, 2, 3.0)],
    "slos.inner_tables": tables_of_links,
    "slos.link_forms": lambda: [(np.array([0, 2, 1, 2]), 2, generator().normal(size=(2, 4)))],
    "slos.next_powers": lambda: [(np.array(p),) for p in ([2, 0, 1], [0, 2, 0], [0, 1, 2, 0])],
    "unitary.deviation_columns": deviations,
    "unitary.largest_deviation": stacks_that_deviate,
    **DECOMPOSITION_ROWS,
    **STACK_ROWS,
    **GRADIENT_ROWS,
}


def decomposed(given, _):
    """What was missed is of the size of rounding, beside moduli of 1."""
    *arrays, missed = given
    return (*arrays, 1.0 + missed)


MEANT = {"marginals.photon_sums": sums_with_a_meaning, "decomposition.decompose": decomposed}
OF_ANY_WIDTH = {"permanents.permanent.permanent_glynn", "permanents.permanent.pack_single"}
"""What they take has the shape of the lanes; tests of their own below."""


@pytest.mark.parametrize("name", ROWS)
def test_compiled_and_source_agree(name):
    for arguments in ROWS[name]():
        assert_twins_agree(OPTICS, name, arguments, MEANT.get(name))


@needs_compiled
def test_every_kernel_has_a_row():
    tried = ROWS.keys() | OF_ANY_WIDTH
    assert not dispatchers(OPTICS) - tried
    if _mode.MODE == "numba":
        assert dispatchers(OPTICS) == tried


@pytest.mark.parametrize(("n_rows", "n_cols"), [(3, 4), (5, 6), (8, 10)])
def test_every_lane_of_glynn_is_the_one_lane_of_its_source(n_rows, n_cols):
    rng = generator()
    base = rng.normal(size=(2 * n_cols, _simd.LANES))
    rows = rng.normal(size=2 * n_rows * n_cols)
    own_rows = rng.normal(size=(2 * n_rows * n_cols, _simd.LANES))
    compiled, source = pair(OPTICS, "permanents.permanent.permanent_glynn")
    steps = 1 << (n_rows - 3)
    for given in (rows, own_rows):
        out = np.zeros((3, _simd.LANES))
        compiled(base, given, 3, 0, steps, out)
        for lane in range(_simd.LANES):
            expected = np.zeros((3, 1))
            one = given if given.ndim == 1 else np.ascontiguousarray(given[:, lane : lane + 1])
            source(np.ascontiguousarray(base[:, lane : lane + 1]), one, 3, 0, steps, expected)
            assert_same(out[:, lane], expected[:, 0])


@pytest.mark.parametrize("n", [7, 8])
def test_packing_folds_the_rows_of_lanes_into_the_base(n):
    """With one lane no row is folded in; with more, those that differ from lane to lane."""
    matrix = complex_matrix(n, n)
    n_cols = n + n % 2
    compiled, source = pair(OPTICS, "permanents.permanent.pack_single")
    base, rows = np.zeros((2 * n_cols, _simd.LANES)), np.zeros(2 * (n - 1 - LANE_ROWS) * n_cols)
    plain_base, plain_rows = np.zeros((2 * n_cols, 1)), np.zeros(2 * (n - 1) * n_cols)
    assert compiled(matrix, base, rows) == source(matrix, plain_base, plain_rows) == True  # noqa: E712
    by_row = plain_rows.reshape(n - 1, 2 * n_cols)
    assert_same(rows.reshape(-1, 2 * n_cols), by_row[LANE_ROWS:])
    for lane in range(_simd.LANES):
        signs = [-1.0 if lane >> row & 1 else 1.0 for row in range(LANE_ROWS)]
        assert_same(base[:, lane], plain_base[:, 0] + np.array(signs) @ by_row[:LANE_ROWS])


def test_chunks_of_layers_add_up():
    """Chunks write what the whole writes, each entry once."""
    for *call, out, chunk in distributions("layers.polynomial_layer"):
        assert chunk == (0, 1)
        whole, parts = np.zeros_like(out), np.zeros_like(out)
        layers.polynomial_layer(*call, whole, chunk)
        for part in range(5):
            layers.polynomial_layer(*call, parts, (part, 5))
        assert np.array_equal(whole, parts)
