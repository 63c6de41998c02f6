from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast._base.parallel import run_chunks
from lwfast.errors import ModeMismatchError, ModeRangeError, NotUnitaryError, ResourceLimitError
from lwfast.hardware import Detector, Source
from lwfast.optics.costs import estimate_clicks, estimate_fock, why_no_clicks
from lwfast.optics.distributions import layers, layout, stacked_layers
from lwfast.optics.distributions.layers import output_polynomial
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.optics.distributions.ways import distribution
from lwfast.optics.experiment import make_experiment
from lwfast.optics.light import parsed_light
from lwfast.optics.noise.source_terms import source_terms
from lwfast.optics.permanents.permanent import permanent
from lwfast.optics.photon_limits import states_of
from lwfast.optics.unitary import random_unitary
from lwfast.rules import as_rules
from lwfast.state import State
from tests.reference import noise as slow_noise
from tests.reference import slos as slow


@pytest.fixture(
    autouse=True, params=[stacked_layers.MOST_ENTRIES, 0], ids=["edges", "layers"], scope="module"
)
def both_ways(request):
    """What holds of distributions holds where edges are listed, and where layers are walked over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked_layers, "MOST_ENTRIES", request.param)
        yield


BALANCED = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


def as_dict(found):
    return {tuple(s): p for s, p in zip(found.states.tolist(), found.probabilities.tolist(), strict=True)}


def assert_close(found, expected, atol=1e-12):
    got = as_dict(found)
    assert len(got) == len(found), "an outcome is listed twice"
    for state in got.keys() | expected.keys():
        assert abs(got.get(state, 0.0) - expected.get(state, 0.0)) < atol, state


def lossy(n_modes, seed):
    return random_unitary(2 * n_modes, seed)[:n_modes, :n_modes]


@pytest.fixture
def in_chunks(monkeypatch):
    """Layers of any size are cut into chunks; the list says which work was."""
    cut = []

    def counting(task, n_chunks, workers=None, what=None):
        if n_chunks > 1:
            cut.append(what)
        run_chunks(task, n_chunks, workers, what)

    monkeypatch.setattr(layout, "THREADED_ENTRIES", 1)
    monkeypatch.setattr(layers, "run_chunks", counting)
    return cut


OCCUPATIONS = [
    (1,),
    (3,),
    (1, 0),
    (2, 1),
    (1, 1, 1),
    (0, 2, 1),
    (3, 0, 1),
    (1, 0, 1, 1),
    (2, 0, 2, 0),
    (1, 1, 1, 1),
]


@pytest.mark.parametrize("photons", OCCUPATIONS)
def test_unitary_agrees_with_permanents(photons):
    """The distribution of a unitary is that of one permanent for each outcome, to 1e-12."""
    unitary = random_unitary(len(photons), 5)
    assert_close(output_distribution(unitary, photons), slow.output_distribution(unitary, photons))


@pytest.mark.parametrize("photons", [p for p in OCCUPATIONS if len(p) * sum(p) <= 9])
def test_loss_agrees_with_the_textbook_dilation(photons):
    """A lossy matrix gives what a unitary with one loss mode for each mode gives, the vacuum too."""
    matrix = lossy(len(photons), 6)
    found = output_distribution(matrix, photons)
    assert_close(found, slow.output_distribution(matrix, photons))
    assert abs(found.probabilities.sum() - 1) < 1e-12


@pytest.mark.parametrize("size", [(4, 3), (7, 5), (9, 4), (12, 6), (20, 5), (30, 3), (5, 12)])
def test_general_path_agrees_with_the_small_one(size, in_chunks):
    """One call for everything, or layers in chunks on any number of threads: the same but for rounding."""
    m, n = size
    photons = [1] * n + [0] * (m - n) if n <= m else [n - m + 1] + [1] * (m - 1)
    unitary = random_unitary(m, 3)
    small = output_distribution(unitary, photons)
    from lwfast.optics.distributions.photon_numbers import fock_distribution

    light = parsed_light(unitary, tuple(photons), 1e-10)
    one = fock_distribution(light, {}, 0, workers=1)
    two = fock_distribution(light, {}, 0, workers=2)
    assert np.array_equal(one.probabilities, two.probabilities)
    assert np.abs(one.probabilities - small.probabilities).max() < 1e-14
    assert abs(small.probabilities.sum() - 1) < 1e-12


@pytest.mark.parametrize("rules", [[], [((0, 1, 2), (0, 1))]], ids=["all", "rules"])
def test_threads_change_no_bit(in_chunks, rules):
    """Chunks depend on the work only; the answer has the same bits on one thread and on three."""
    matrix = lossy(10, 1)
    photons = (1, 1, 0, 1, 0, 1, 0, 0, 1, 1)
    answers = [output_distribution(matrix, photons, rules=rules, workers=w) for w in (1, 3)]
    assert len({name for name in in_chunks if name is not None}) == 6, "every layer is cut"
    assert np.array_equal(*(found.probabilities for found in answers))
    assert np.array_equal(*(found.states for found in answers))


def test_chunks_change_no_bit(monkeypatch):
    """Layers in one piece give the bits of layers in chunks."""
    unitary, photons = random_unitary(9, 3), (1, 1, 0, 1, 0, 1, 0, 0, 0)
    whole = output_distribution(unitary, photons, amplitudes=True)
    monkeypatch.setattr(layout, "THREADED_ENTRIES", 1)
    cut = output_distribution(unitary, photons, amplitudes=True, workers=2)
    assert np.array_equal(whole.amplitudes, cut.amplitudes)
    assert np.array_equal(whole.states, cut.states)


def test_states_are_in_the_recursive_order():
    """|n,0,...,0> comes first, and the photon number of the last mode ascends outermost."""
    found = output_distribution(random_unitary(4, 1), [1, 1, 0, 1])
    assert [tuple(s) for s in found.states.tolist()] == slow.fock_states(4, 3)
    found = output_distribution(lossy(3, 1), [1, 1, 0])
    expected = [s for d in (2, 1, 0) for s in slow.fock_states(3, d)]
    assert [tuple(s) for s in found.states.tolist()] == expected
    some = np.array([0, 3, 4, 9])
    assert np.array_equal(found.states_at(some), found.states[some])


def test_hong_ou_mandel():
    """Two photons on a balanced beam splitter leave together."""
    found = as_dict(output_distribution(BALANCED, [1, 1]))
    assert found[(1, 1)] < 1e-15
    assert abs(found[(2, 0)] - 0.5) < 1e-12


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_fourier_suppression(n):
    """In a Fourier interferometer outputs whose modes do not sum to 0 mod n are suppressed (Tichy)."""
    fourier = np.exp(2j * np.pi * np.outer(range(n), range(n)) / n) / np.sqrt(n)
    found = output_distribution(fourier, [1] * n)
    totals = (found.states * np.arange(n)).sum(axis=1) % n
    assert found.probabilities[totals != 0].max() < 1e-14


@pytest.mark.parametrize("photons", [(13, 13), (15, 15), (40, 2), (85, 85)])
def test_many_photons_in_one_mode(photons):
    """Where int64 factorials overflow, the total is 1 and odd outcomes of a balanced splitter vanish."""
    found = output_distribution(BALANCED, photons)
    assert abs(found.probabilities.sum() - 1) < (1e-9 if sum(photons) > 100 else 1e-12)
    if photons[0] == photons[1]:
        assert found.probabilities[1::2].max() < 1e-10


def test_vacuum_in_vacuum_out():
    """No photon in: one outcome, without photons, lossy or not."""
    for matrix in (random_unitary(3, 1), lossy(3, 1)):
        assert as_dict(output_distribution(matrix, [0, 0, 0])) == {(0, 0, 0): 1.0}
    assert len(output_distribution(np.eye(2), [0, 0], min_detection=1)) == 0


def selected(full, heralds, rules, least):
    others = [m for m in range(len(next(iter(full)))) if m not in heralds]
    found = {}
    for state, p in full.items():
        rest = tuple(state[m] for m in others)
        heralded = all(state[m] == k for m, k in heralds.items()) and sum(rest) >= least
        if heralded and all(sum(rest[m] for m in modes) in sums for modes, sums in rules):
            found[rest] = p
    return found


@pytest.mark.parametrize("matrix", [random_unitary(5, 2), lossy(5, 2)], ids=["unitary", "lossy"])
@pytest.mark.parametrize("heralds", [{}, {1: 0}, {4: 1}, {0: 1, 2: 0}, {0: 2, 3: 1}, {1: 0, 2: 1, 4: 1}])
@pytest.mark.parametrize("rules", [[], [((0,), (0, 1))], [((0, 1), (1,)), ((1,), (0, 2))]])
def test_heralds_and_rules_select(matrix, heralds, rules):
    """Pruned layers give what selecting from the whole distribution gives."""
    photons = (1, 2, 0, 1, 0)
    full = as_dict(output_distribution(matrix, photons))
    for least in (0, 2):
        found = output_distribution(matrix, photons, heralds=heralds, rules=rules, min_detection=least)
        assert_close(found, selected(full, heralds, rules, least), 1e-14)


def test_all_modes_heralded():
    """Then there is one outcome, without modes, or none."""
    unitary = random_unitary(3, 1)
    full = as_dict(output_distribution(unitary, [1, 1, 0]))
    found = output_distribution(unitary, [1, 1, 0], heralds={0: 1, 1: 0, 2: 1})
    assert found.states.shape == (1, 0)
    assert abs(found.probabilities[0] - full[(1, 0, 1)]) < 1e-14
    assert output_distribution(unitary, [1, 1, 0], heralds={0: 1, 1: 0, 2: 0}).probabilities.sum() < 1e-14


def test_heralds_that_cannot_be_met_leave_nothing():
    """More photons demanded than come in: no outcome."""
    assert len(output_distribution(random_unitary(3, 1), [1, 0, 0], heralds={0: 2})) == 0
    assert len(output_distribution(lossy(3, 1), [1, 0, 0], heralds={0: 2})) == 0


@pytest.mark.parametrize("photons", [(1, 1, 1, 0), (2, 0, 1, 1), (0, 3, 0, 0)])
def test_amplitudes(photons):
    """Amplitudes are permanents over square roots of factorials, phases included."""
    unitary = random_unitary(4, 9)
    found = output_distribution(unitary, photons, amplitudes=True)
    for state, a in zip(found.states.tolist(), found.amplitudes.tolist(), strict=True):
        assert abs(a - slow.amplitude(unitary, photons, state)) < 1e-13
    assert np.allclose(np.abs(found.amplitudes) ** 2, found.probabilities)
    heralded = output_distribution(unitary, photons, amplitudes=True, heralds={1: 1})
    for state, a in zip(heralded.states.tolist(), heralded.amplitudes.tolist(), strict=True):
        whole = (state[0], 1, *state[1:])
        assert abs(a - slow.amplitude(unitary, photons, whole)) < 1e-13


SOURCES = [
    Source(0.9, 0.7, 0.8),
    Source(1, 0.6, 0.9),
    Source(0.8, 1, 0),
    Source(0.95, 0.5, 1),
    Source(1, 0.3, 1),
]


@pytest.mark.parametrize("source", SOURCES, ids=str)
@pytest.mark.parametrize("photons", [(1, 1), (2, 0), (1, 0, 1), (2, 1, 0)])
@pytest.mark.parametrize("make", [random_unitary, lossy], ids=["unitary", "lossy"])
def test_source_agrees_with_enumeration(source, photons, make):
    """The sum over interfering photons gives what going through all inputs of the source gives."""
    matrix = make(len(photons), 4)
    terms = source_terms(source.purity, source.brightness, source.indistinguishability)
    assert abs(terms.as_array().sum() - 1) < 1e-15
    found = output_distribution(matrix, photons, source=source)
    assert_close(found, slow_noise.noisy_distribution(matrix, photons, terms))
    assert abs(found.probabilities.sum() - 1) < 1e-12


def test_purity_is_one_minus_g2():
    """g2 = 2 p2 / (p1 + 2 p2)^2 of what a bright source emits."""
    for purity in (0.999999, 0.99, 0.9, 0.6):
        terms = source_terms(purity, 1, 1)
        one, two = terms.interfering, terms.both
        assert abs(2 * two / (one + 2 * two) ** 2 - (1 - purity)) < 1e-12


DETECTORS = [
    Detector(0.9, 0.1, True),
    Detector(0.8, 0.05, False),
    Detector(1, 0, False),
    Detector(1, 0.2, False),
    Detector((0.9, 1, 0.5), (0, 0.1, 0.2), (True, False, True)),
    Detector(1, (0.3, 0, 0), (True, True, False)),
]


@pytest.mark.parametrize("detector", DETECTORS, ids=str)
@pytest.mark.parametrize("source", [None, SOURCES[0]], ids=["perfect", "noisy"])
@pytest.mark.parametrize("photons", [(1, 1, 0), (2, 0, 1)])
def test_detectors_agree_with_enumeration(detector, source, photons):
    """Efficiencies, dark counts and clicks, mode by mode, are in the distribution exactly."""
    matrix = lossy(3, 8)
    before = output_distribution(matrix, photons, source=source)
    found = output_distribution(matrix, photons, source=source, detector=detector)
    assert_close(found, slow_noise.detected(as_dict(before), *detector.per_mode(3)))
    assert abs(found.probabilities.sum() - 1) < 1e-12


@pytest.mark.parametrize("photons", [(1, 1, 0, 1), (2, 1, 0, 0), (1, 0, 0, 0)])
@pytest.mark.parametrize("source", [None, SOURCES[0], SOURCES[4]], ids=["perfect", "noisy", "dim"])
def test_clicks_two_ways(photons, source):
    """Permanents of "no click here" give what photon numbers seen by threshold detectors give."""
    for detector in (Detector(0.9, 0.05, False), Detector(1, 0, False)):
        shot = make_experiment(lossy(4, 3), photons, source=source, detector=detector)
        if why_no_clicks(shot) is None:
            by_sets = distribution(shot, way=estimate_clicks(shot))
            by_numbers = distribution(shot, way=estimate_fock(shot, {}, 0))
            assert_close(by_sets, as_dict(by_numbers), 1e-14)


def test_threshold_sums_over_photon_numbers():
    """threshold=True adds up the outcomes that click in the same modes."""
    unitary = random_unitary(5, 1)
    expected = {}
    for state, p in as_dict(output_distribution(unitary, [1, 1, 1, 0, 0])).items():
        clicks = tuple(min(k, 1) for k in state)
        expected[clicks] = expected.get(clicks, 0.0) + p
    assert_close(output_distribution(unitary, [1, 1, 1, 0, 0], threshold=True), expected, 1e-14)


@given(st.integers(1, 4), st.integers(0, 3), st.integers(0, 10**6), st.booleans(), st.data())
def test_total_probability(m, n, seed, loses, data):
    """Whatever the circuit and the input, the probabilities are not negative and sum to 1 within 1e-12."""
    photons = data.draw(st.lists(st.integers(0, n), min_size=m, max_size=m))
    matrix = lossy(m, seed) if loses else random_unitary(m, seed)
    found = output_distribution(matrix, photons)
    assert found.probabilities.min() >= 0
    assert abs(found.probabilities.sum() - 1) < 1e-12


@given(st.integers(1, 5), st.integers(0, 10**6))
def test_dilation_is_an_isometry(q, seed):
    """(T; R) has orthonormal columns and R is upper triangular, also where the loss has lower rank."""
    matrix = random_unitary(q + 2, seed)[: q + 1, : q + 1]
    light = parsed_light(matrix, (1,) * q + (0,), 1e-10)
    rows = light.loss_rows
    whole = np.vstack([light.columns, rows])
    assert np.abs(whole.conj().T @ whole - np.eye(q)).max() < 1e-13
    assert np.abs(np.tril(rows, -1)).max(initial=0.0) == 0


def test_single_precision_unitary_is_cleaned():
    """A complex64 unitary is one but for rounding: the total is 1 within 1e-12 all the same."""
    found = output_distribution(random_unitary(6, 1).astype(np.complex64), [1, 1, 1, 0, 0, 0])
    assert len(found) == math.comb(8, 3)
    assert abs(found.probabilities.sum() - 1) < 1e-12


def test_tiny_losses_are_kept():
    """A loss of 1e-6 is a loss, not rounding."""
    found = as_dict(output_distribution(np.sqrt(1 - 1e-6) * np.eye(2), [1, 0]))
    assert abs(found[(0, 0)] - 1e-6) < 1e-15


@pytest.mark.parametrize(
    ("matrix", "photons", "options", "error"),
    [
        (np.ones((2, 3)), [1, 0], {}, ValueError),
        (np.ones(3), [1, 0, 0], {}, ValueError),
        (2 * np.eye(2), [1, 0], {}, NotUnitaryError),
        (np.diag([1.0, np.nan]), [1, 0], {}, ValueError),
        (np.diag([1.0, np.inf]), [1, 0], {}, ValueError),
        (np.eye(2), [1, -1], {}, ValueError),
        (np.eye(2), [1, 0, 0], {}, ModeMismatchError),
        (np.eye(2), [1.0, 0.0], {}, TypeError),
        (np.eye(2), [True, False], {}, TypeError),
        (np.eye(0), [], {}, ValueError),
        (np.eye(2), [1, 0], {"heralds": {2: 0}}, ModeRangeError),
        (np.eye(2), [1, 0], {"heralds": {-1: 0}}, ModeRangeError),
        (np.eye(2), [1, 0], {"heralds": {0: -1}}, ValueError),
        (np.eye(2), [1, 0], {"rules": [((2,), (0,))]}, ModeRangeError),
        (np.eye(2), [1, 0], {"heralds": {0: 1}, "rules": [((1,), (0,))]}, ModeRangeError),
        (np.eye(2), [1, 0], {"amplitudes": True, "threshold": True}, ValueError),
        (np.eye(2), [1, 0], {"threshold": True, "detector": Detector()}, ValueError),
        (0.5 * np.eye(2), [1, 0], {"amplitudes": True}, ValueError),
        (np.eye(2), [1, 0], {"detector": Detector((1, 1, 1))}, ModeMismatchError),
        (np.eye(2), [171, 0], {}, ResourceLimitError),
        (np.eye(60), [1] * 60, {}, ResourceLimitError),
    ],
)
def test_wrong_arguments(matrix, photons, options, error):
    """What cannot work is refused before anything long begins."""
    with pytest.raises(error):
        output_distribution(matrix, photons, **options)


def test_memory_error_gives_the_estimate(monkeypatch):
    """The message of the memory limit says how much would be needed, and what sets the limit."""
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "1e6")
    with pytest.raises(ResourceLimitError, match=r"about 28\.3 MB .* 1 MB .*LWFAST_MAX_MEMORY"):
        output_distribution(random_unitary(20, 1), [1] * 8 + [0] * 12)


def test_takes_states_and_lists():
    """A State, a tuple, a list and an array name the same input."""
    unitary = random_unitary(3, 1)
    answers = [
        output_distribution(unitary, occupation).probabilities
        for occupation in (State([1, 0, 1]), (1, 0, 1), [1, 0, 1], np.array([1, 0, 1], dtype=np.int32))
    ]
    for answer, other in itertools.pairwise(answers):
        assert np.allclose(answer, other, atol=1e-15)


def test_many_modes_are_refused_or_done():
    """Patterns of 70 threshold detectors with dark counts do not fit; without dark counts they are few."""
    unitary = random_unitary(70, 1)
    photons = [1, 1] + [0] * 68
    found = output_distribution(unitary, photons, threshold=True)
    assert len(found) == 70 + 70 * 69 // 2
    assert abs(found.probabilities.sum() - 1) < 1e-12
    with pytest.raises(ResourceLimitError, match="noisy photons"):
        output_distribution(unitary, photons, detector=Detector(0.9, 1e-3, False))
    with pytest.raises(ResourceLimitError, match="340 photons"):
        output_distribution(BALANCED, [85, 85], source=Source(0.9))


@pytest.mark.parametrize("seed", range(40))
def test_rules_keep_what_a_look_at_every_row_keeps(seed, monkeypatch):
    """Compiled rules, and rules that leave outcomes out of the layers, keep the same rows in order."""
    if seed % 2:
        monkeypatch.setattr("lwfast.optics.distributions.layers._CAPPED_FROM", 0)
    random = np.random.default_rng(seed)
    m, n = int(random.integers(1, 8)), int(random.integers(0, 6))
    photons = np.bincount(random.integers(0, m, n), minlength=m).tolist()
    matrix = lossy(m, seed) if seed % 3 == 0 else random_unitary(m, seed)
    heralds = {int(random.integers(m)): int(random.integers(2))} if seed % 4 == 0 and m > 1 else {}
    k = m - len(heralds)
    rules = [
        (random.permutation(k)[: random.integers(1, k + 1)].tolist(), random.integers(0, 4, 2).tolist())
        for _ in range(random.integers(1, 4))
    ]
    amplitudes = bool(seed % 3)
    found = output_distribution(matrix, photons, heralds=heralds, rules=rules, amplitudes=amplitudes)
    whole = output_distribution(matrix, photons, heralds=heralds, amplitudes=amplitudes)
    keep = [all(sum(row[i] for i in modes) in sums for modes, sums in rules) for row in whole.states.tolist()]
    assert np.array_equal(found.states, whole.states[keep])
    np.testing.assert_allclose(found.probabilities, whole.probabilities[keep], rtol=1e-12, atol=1e-15)
    if amplitudes:
        np.testing.assert_allclose(found.amplitudes, whole.amplitudes[keep], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("amplitudes", [False, True])
@pytest.mark.parametrize("modes", [(0,), (1,), (0, 1)])
def test_limited_modes_are_put_back_in_order(modes, amplitudes, monkeypatch):
    """Modes with few photons are laid out last, which is another order than that of all distributions."""
    monkeypatch.setattr(layers, "_CAPPED_FROM", 0)
    unitary, photons = random_unitary(3, 7), (3, 2, 1)
    rules = [(modes, (0, 1))]
    work = output_polynomial(parsed_light(unitary, photons, 1e-10), heralds={}, pairs=as_rules(rules))
    assert work.layout.order != [0, 1, 2]
    found = output_distribution(unitary, photons, rules=rules, amplitudes=amplitudes)
    whole = output_distribution(unitary, photons, amplitudes=amplitudes)
    keep = np.isin(whole.states[:, list(modes)].sum(axis=1), (0, 1))
    assert np.array_equal(found.states, whole.states[keep])
    np.testing.assert_allclose(found.probabilities, whole.probabilities[keep], atol=1e-15)
    if amplitudes:
        np.testing.assert_allclose(found.amplitudes, whole.amplitudes[keep], atol=1e-14)


@pytest.mark.parametrize("workers", [1, 3])
def test_dual_rail_rules_leave_outcomes_out_of_the_layers(workers):
    """One photon in each pair of modes: 2^10 of twenty million outcomes, and memory for few more."""
    rules = [((2 * pair, 2 * pair + 1), (1,)) for pair in range(10)]
    photons = [1, 0] * 10
    unitary = random_unitary(20, 3)
    found = output_distribution(unitary, photons, rules=rules, workers=workers)
    assert len(found) == 1024
    assert (found.states[:, ::2] + found.states[:, 1::2] == 1).all()
    for row in (0, 511, 1023):
        block = unitary[np.flatnonzero(found.states[row])][:, ::2]
        assert abs(found.probabilities[row] - abs(permanent(block)) ** 2) < 1e-15


def test_rules_leave_few_of_more_outcomes_than_ranks_count():
    """Outcomes whose ranks would not fit int64 come in the same order, with the same probabilities."""
    n_modes, photons = 70, (8, 7, 6) + (0,) * 67
    assert states_of(n_modes, 21) > 2**63
    unitary = np.eye(n_modes, dtype=complex)
    unitary[:4, :4] = random_unitary(4, 3)
    for amplitudes in (False, True):
        rules = [(tuple(range(4, n_modes)), (0,)), ((1,), (0, 3, 5))]
        found = output_distribution(unitary, photons, rules=rules, amplitudes=amplitudes)
        small = output_distribution(
            unitary[:4, :4], photons[:4], rules=[((1,), (0, 3, 5))], amplitudes=amplitudes
        )
        assert np.array_equal(found.states[:, :4], small.states)
        assert not found.states[:, 4:].any()
        np.testing.assert_allclose(found.probabilities, small.probabilities, atol=1e-13)
        if amplitudes:
            np.testing.assert_allclose(found.amplitudes, small.amplitudes, atol=1e-13)


def test_noisy_rules_keep_what_a_look_at_every_row_keeps():
    """Heralds, rules and min_detection on a noisy distribution are those of its rows."""
    noise = {"source": Source(purity=0.9, brightness=0.7), "detector": Detector(p_dark=0.1)}
    unitary = random_unitary(4, 2)
    whole = output_distribution(unitary, [1, 1, 0, 0], **noise)
    some = {"heralds": {1: 1}, "rules": [((0, 2), (1, 2))], "min_detection": 2}
    found = output_distribution(unitary, [1, 1, 0, 0], **noise, **some)
    rows = whole.states[:, [0, 2, 3]]
    keep = (whole.states[:, 1] == 1) & np.isin(rows[:, 0] + rows[:, 2], (1, 2)) & (rows.sum(axis=1) >= 2)
    assert np.array_equal(found.states, rows[keep])
    assert np.array_equal(found.probabilities, whole.probabilities[keep])


def test_heralds_count_in_the_estimate(monkeypatch):
    """What heralds leave out of the layers is not asked for."""
    unitary = random_unitary(16, 3)
    photons = [1] * 7 + [0] * 9
    heralds = dict.fromkeys(range(8), 1) | {7: 0}
    expected = output_distribution(unitary, photons, heralds=heralds)
    work = output_polynomial(parsed_light(unitary, tuple(photons), 1e-10), heralds=heralds)
    assert 16 * (states_of(15, 6) + states_of(15, 5)) > 1.5 * work.needed_bytes()
    monkeypatch.setenv("LWFAST_MAX_MEMORY", str(work.needed_bytes()))
    found = output_distribution(unitary, photons, heralds=heralds)
    assert np.array_equal(found.probabilities, expected.probabilities)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", str(work.needed_bytes() - 1))
    with pytest.raises(ResourceLimitError):
        output_distribution(unitary, photons, heralds=heralds)
