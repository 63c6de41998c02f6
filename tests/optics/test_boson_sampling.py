"""Samples against exact distributions, with fixed seeds."""

import numpy as np
import pytest

import lwfast as lw
from lwfast.optics.distributions.photon_numbers import fock_distribution
from lwfast.optics.samples import boson_sampling
from tests.reference import boson_sampling as slow
from tests.reference.boson_sampling import output_probabilities

UNITARY = lw.random_unitary(4, seed=1)
LOSSY = UNITARY @ np.diag([0.9, 0.5, 1.0, 0.7]) @ lw.random_unitary(4, seed=2)


def is_drawn_from(samples, expected):
    """Say whether chi-square is below its 99.99 % quantile; rare outcomes go together."""
    n = len(samples)
    rows, counts = np.unique(samples, axis=0, return_counts=True)
    seen = dict(zip(map(tuple, rows.tolist()), counts.tolist(), strict=True))
    possible = {state for state, p in expected.items() if p > 1e-12}
    assert set(seen) <= possible
    total, bins, rare_seen, rare_expected = 0.0, 0, 0, 0.0
    for state in possible:
        mean = n * expected[state]
        if mean < 5:
            rare_seen += seen.get(state, 0)
            rare_expected += mean
        else:
            total += (seen.get(state, 0) - mean) ** 2 / mean
            bins += 1
    if rare_expected > 1:
        total += (rare_seen - rare_expected) ** 2 / rare_expected
        bins += 1
    if bins < 2:
        return True
    spread = 2 / (9 * (bins - 1))
    return total < (bins - 1) * (1 - spread + 3.72 * spread**0.5) ** 3  # Wilson and Hilferty (1931)


@pytest.mark.parametrize("matrix", [UNITARY, LOSSY, 0.3 * np.eye(4)], ids=["unitary", "lossy", "uniform"])
@pytest.mark.parametrize("occupation", [(1, 1, 1, 0), (2, 0, 1, 0), (0, 3, 0, 0), (1, 0, 0, 0), (2, 0, 0, 2)])
def test_exact_distribution(way, matrix, occupation):
    """Collisions, bunched inputs and loss: samples follow the exact distribution, however they are drawn."""
    samples = lw.boson_sample(matrix, occupation, 40_000, rng=11)
    assert samples.dtype == np.uint8
    assert samples.shape == (40_000, 4)
    assert is_drawn_from(samples, output_probabilities(matrix, occupation))


def test_larger_distribution(way):
    """Six photons, against the layered distribution, in a circuit where all modes matter."""
    unitary = lw.random_unitary(6, seed=3)
    occupation = [2, 1, 1, 0, 1, 1]
    found = lw.output_distribution(unitary, occupation)
    expected = dict(zip(map(tuple, found.states.tolist()), found.probabilities.tolist(), strict=True))
    assert is_drawn_from(lw.boson_sample(unitary, occupation, 100_000, rng=2), expected)


def test_the_test_notices():
    """Samples of a slightly different circuit are told apart."""
    other = lw.boson_sample(
        lw.random_unitary(4, seed=1) @ np.diag([1, 1, np.exp(0.1j), 1]) @ UNITARY, [1, 1, 1, 0], 40_000, rng=1
    )
    assert not is_drawn_from(other, output_probabilities(UNITARY @ UNITARY, (1, 1, 1, 0)))


def test_hong_ou_mandel():
    """Two photons on a balanced beam splitter never leave apart."""
    splitter = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    samples = lw.boson_sample(splitter, [1, 1], 5_000, rng=0)
    assert set(map(tuple, samples.tolist())) == {(2, 0), (0, 2)}


def test_fourier_suppression():
    """A cyclic input in a Fourier circuit leaves only in states whose mode numbers add to 0 modulo n."""
    n = 5
    fourier = np.exp(2j * np.pi * np.outer(range(n), range(n)) / n) / np.sqrt(n)
    samples = lw.boson_sample(fourier, [1] * n, 5_000, rng=0)
    assert ((samples @ np.arange(n)) % n == 0).all()


def test_many_photons_keep_their_number():
    """Without loss no photon is missing; with a permutation the output is known."""
    samples = lw.boson_sample(lw.random_unitary(16, seed=1), [1] * 16, 20, rng=0)
    assert (samples.sum(axis=1) == 16).all()
    moved = lw.boson_sample(np.eye(12)[::-1], [3, 2, 1, *[0] * 9], 5, rng=0)
    assert (moved == [*[0] * 9, 1, 2, 3]).all()


def test_many_photons_in_few_modes():
    """What counts is how many ways there are to share the photons, not how many there are."""
    splitter = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    found = lw.output_distribution(splitter, [20, 20])
    expected = dict(zip(map(tuple, found.states.tolist()), found.probabilities.tolist(), strict=True))
    assert is_drawn_from(lw.boson_sample(splitter, [20, 20], 5_000, rng=3), expected)
    assert (lw.boson_sample(splitter, [200, 55], 3, rng=3).sum(axis=1, dtype=int) == 255).all()


def test_samples_are_independent_of_their_neighbours(way):
    """Samples are not sorted: a pair of neighbours is as often equal as two draws are."""
    samples = lw.boson_sample(UNITARY, [1, 1, 1, 0], 40_000, rng=4)
    found = lw.output_distribution(UNITARY, [1, 1, 1, 0])
    equal = (samples[::2] == samples[1::2]).all(axis=1).mean()
    assert abs(equal - (found.probabilities**2).sum()) < 0.01


def test_pairs_of_modes(way):
    """Where two photons leave together: <n_i n_j> from products of light, at a size with many outcomes."""
    n_modes, n_photons = 12, 7
    unitary = lw.random_unitary(n_modes, seed=9)
    samples = lw.boson_sample(unitary, [1] * n_photons + [0] * (n_modes - n_photons), 20_000, rng=7)
    seen = samples.T.astype(float) @ samples / len(samples)
    light = unitary[:, :n_photons]
    means = (np.abs(light) ** 2).sum(axis=1)
    coherence = light @ light.conj().T
    # Wick's theorem, less the two photons that an input mode with one does not have.
    expected = (
        np.outer(means, means) + np.abs(coherence) ** 2 - 2 * np.abs(light) ** 2 @ (np.abs(light) ** 2).T
    )
    expected += np.diag(means)
    assert np.abs(seen - expected).max() < 0.05


@pytest.mark.parametrize("occupation", [(1, 1, 0, 1, 1, 1, 0), (0, 2, 0, 0, 0, 1, 2), (1, 0, 0, 0, 0, 0, 0)])
def test_samples_of_the_definition(occupation):
    """Each sample is what the minors, one by one, make of its uniform numbers."""
    unitary = lw.random_unitary(7, seed=4)
    uniforms = np.random.default_rng(6).random((30, 2 * sum(occupation)))
    expected = slow.sample_in_lanes(unitary, occupation, uniforms)
    assert np.array_equal(lw.boson_sample(unitary, occupation, 30, rng=6), expected)


def test_lanes_draw_what_expansions_draw(monkeypatch):
    """The same uniform numbers give the same samples, in full registers and in what is left over."""
    module = "lwfast.optics.samples.boson_sampling"
    monkeypatch.setattr(f"{module}.draws_from_distribution", lambda *_: False)
    for n_modes, photons, loss in (
        (9, [1] * 5, 1.0),
        (17, [2, 0, 1, 3, 1], 0.6),
        (3, [4, 0, 3], 1.0),
        (1, [2], 0.5),
    ):
        matrix = loss * lw.random_unitary(n_modes, 3)
        occupation = photons + [0] * (n_modes - len(photons))
        for count in (1, 2, 7, 203):
            drawn = []
            for in_lanes in (True, False):
                monkeypatch.setattr(f"{module}.draws_in_lanes", lambda *_, answer=in_lanes: answer)
                drawn.append(lw.boson_sample(matrix, occupation, count, rng=2))
            assert np.array_equal(*drawn)


def test_shots_of_any_number_of_photons_share_registers(monkeypatch):
    """Lanes that end early leave the others as they are."""
    module = "lwfast.optics.samples.boson_sampling"
    table = np.random.default_rng(3).integers(0, 3, (501, 4))
    drawn = []
    for in_lanes in (True, False):
        monkeypatch.setattr(f"{module}.draws_in_lanes", lambda *_, answer=in_lanes: answer)
        drawn.append(boson_sampling.boson_sample_inputs(LOSSY, table, rng=8))
    assert np.array_equal(*drawn)


@pytest.mark.parametrize(("count", "wanted"), [(100, False), (50_000, True)])
def test_the_cheaper_way_is_taken(count, wanted, monkeypatch):
    """Many samples share the price of a distribution, few do not; none where the memory does not allow it."""
    made = []
    module = "lwfast.optics.samples.boson_sampling"

    def noted(*arguments, **options):
        made.append(1)
        return fock_distribution(*arguments, **options)

    monkeypatch.setattr(f"{module}.fock_distribution", noted)
    occupation = [1] * 5 + [0] * 5
    lw.boson_sample(lw.random_unitary(10, 1), occupation, count, rng=1)
    assert bool(made) == wanted
    monkeypatch.setattr("lwfast.optics.costs.sample_costs.allowed_memory", lambda: 50_000)
    made.clear()
    lw.boson_sample(lw.random_unitary(10, 1), occupation, count, rng=1)
    assert not made


def test_mean_photon_numbers():
    """The mean of each mode is Σ_j n_j |U_ij|², at a size where no distribution is at hand."""
    unitary = lw.random_unitary(12, seed=5) * 0.9
    occupation = np.array([1] * 9 + [0] * 3)
    samples = lw.boson_sample(unitary, occupation, 4_000, rng=6)
    assert np.allclose(samples.mean(axis=0), np.abs(unitary) ** 2 @ occupation, atol=0.08)


def test_inputs_shot_by_shot():
    """Each input state gives samples of its own distribution, whatever its neighbours are."""
    inputs = np.array([[1, 1, 1, 0], [0, 0, 0, 0], [2, 0, 1, 0], [1, 0, 0, 0]], dtype=np.uint8)
    table = np.tile(inputs, (30_000, 1))
    samples = boson_sampling.boson_sample_inputs(LOSSY, table, rng=8)
    for row, occupation in enumerate(inputs):
        expected = output_probabilities(LOSSY, occupation)
        assert is_drawn_from(samples[row::4], expected)


@pytest.fixture(params=["lanes", "expansions", "distribution"])
def way(request, monkeypatch):
    """How samples are drawn, whatever would be faster."""
    module = "lwfast.optics.samples.boson_sampling"
    monkeypatch.setattr(f"{module}.draws_from_distribution", lambda *_: request.param == "distribution")
    monkeypatch.setattr(f"{module}.draws_in_lanes", lambda *_: request.param == "lanes")
    return request.param


def test_seeds(way):
    """The same seed gives the same samples on any number of threads, and generators move on."""
    sample = lw.boson_sample
    first = sample(UNITARY, [1, 1, 1, 0], 3_000, rng=5)
    for workers in (1, 2, 7):
        assert (sample(UNITARY, [1, 1, 1, 0], 3_000, rng=5, workers=workers) == first).all()
    assert (sample(UNITARY, [1, 1, 1, 0], 3_000, rng=np.random.SeedSequence(5)) == first).all()
    assert (sample(UNITARY, [1, 1, 1, 0], 100, rng=5) == first[:100]).all()
    generator = np.random.default_rng(5)
    assert (sample(UNITARY, [1, 1, 1, 0], 3_000, rng=generator) == first).all()
    assert not (sample(UNITARY, [1, 1, 1, 0], 3_000, rng=generator) == first).all()


def test_global_random_state_is_left_alone():
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    lw.boson_sample(UNITARY, [1, 1, 0, 0], 10)
    assert (np.random.get_state()[1] == before).all()


def test_progress():
    """Progress rises to the number of samples."""
    seen = []
    lw.boson_sample(
        UNITARY, [1, 1, 0, 0], 90_000, rng=1, progress=lambda done, total: seen.append((done, total))
    )
    assert sorted(seen) == seen
    assert len(seen) > 1
    assert seen[-1] == (90_000, 90_000)


def test_nothing_to_draw():
    assert lw.boson_sample(UNITARY, [1, 0, 0, 0], 0).shape == (0, 4)
    assert (lw.boson_sample(UNITARY, [0, 0, 0, 0], 7) == np.zeros((7, 4))).all()
    assert boson_sampling.boson_sample_inputs(UNITARY, np.zeros((0, 4), dtype=int)).shape == (0, 4)
    assert (boson_sampling.boson_sample_inputs(UNITARY, np.zeros((3, 4), dtype=int)) == 0).all()
    assert (lw.boson_sample(np.zeros((3, 3)), [1, 1, 0], 9) == 0).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lw.boson_sample(np.ones((2, 3)), [1, 1], 1), ValueError, "square"),
        (lambda: lw.boson_sample(np.full((2, 2), np.nan), [1, 1], 1), ValueError, "NaN"),
        (lambda: lw.boson_sample(2 * np.eye(2), [1, 1], 1), lw.NotUnitaryError, "amplifies"),
        (lambda: lw.boson_sample(np.eye(2), [1, 1, 1], 1), lw.ModeMismatchError, "3 modes"),
        (lambda: lw.boson_sample(np.eye(2), [1, -1], 1), ValueError, "negative"),
        (lambda: lw.boson_sample(np.eye(2), [1, 0.5], 1), TypeError, "integer"),
        (lambda: lw.boson_sample(np.eye(2), [1, 1], -1), ValueError, "n_samples"),
        (lambda: lw.boson_sample(np.eye(2), [240, 16], 1), lw.errors.ResourceLimitError, "at most 255"),
        (
            lambda: lw.boson_sample(np.eye(80), [1] * 40 + [0] * 40, 1),
            lw.errors.ResourceLimitError,
            "limit is 30",
        ),
        (lambda: lw.boson_sample(np.eye(2), [1, 1], 10**13), lw.errors.ResourceLimitError, "memory"),
        (lambda: boson_sampling.boson_sample_inputs(np.eye(2), [1, 1]), lw.ModeMismatchError, "shape"),
        (lambda: boson_sampling.boson_sample_inputs(np.eye(2), [[1.0, 1.0]]), TypeError, "integers"),
        (lambda: boson_sampling.boson_sample_inputs(np.eye(2), [[1, -1]]), ValueError, "negative"),
        (lambda: boson_sampling.boson_sample_inputs(np.eye(2), [[2**62, 2**62]]), ValueError, "255"),
        (
            lambda: boson_sampling.boson_sample_inputs(np.eye(2), [[255, 1]]),
            lw.errors.ResourceLimitError,
            "at most 255",
        ),
    ],
)
def test_refused(call, error, words):
    """Bad input is refused before anything is drawn."""
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("edges", [300, 10**9])
@pytest.mark.parametrize("loss", [1.0, 0.7])
def test_samples_in_steps_are_the_samples_of_the_kernel(edges, loss, monkeypatch):
    """Long samples are drawn in steps that Ctrl-C can part: the very samples that one kernel call draws."""
    matrix = loss * lw.random_unitary(12, 3)
    photons = [3, 1, 1, 0, 2, 1, 0, 1, 0, 1, 0, 0]
    expected = lw.boson_sample(matrix, photons, 40, rng=2)
    monkeypatch.setattr("lwfast.optics.samples.boson_sampling.draws_in_lanes", lambda *_: False)
    assert np.array_equal(lw.boson_sample(matrix, photons, 40, rng=2), expected)
    monkeypatch.setattr("lwfast.optics.samples.boson_sampling._STEPS_FROM_SECONDS", 0.0)
    monkeypatch.setattr("lwfast.optics.samples.boson_sampling._CHUNK_SECONDS", 0.0)
    monkeypatch.setattr("lwfast.optics.permanents.expansions._STEP_EDGES", edges)
    assert np.array_equal(lw.boson_sample(matrix, photons, 40, rng=2), expected)


def test_an_interrupt_ends_long_samples_soon(monkeypatch):
    """What stops one thread stops the steps of all, and is what the caller sees."""
    calls = []

    def interrupted(*arguments, **options):
        calls.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr("lwfast.optics.samples.boson_sampling.draws_in_lanes", lambda *_: False)
    monkeypatch.setattr("lwfast.optics.samples.boson_sampling._STEPS_FROM_SECONDS", 0.0)
    monkeypatch.setattr("lwfast.optics.samples.boson_sampling._CHUNK_SECONDS", 0.0)
    monkeypatch.setattr("lwfast.optics.permanents.expansions.Expansions.minors", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lw.boson_sample(lw.random_unitary(6, 3), [1] * 6, 500, rng=2)
    assert len(calls) <= 2


def test_progress_can_be_shown_or_reported(capsys):
    """True shows a line on stderr, False nothing; inside of a Backend's progress steps are reported too."""
    from lwfast._base.progress import Progress

    unitary = lw.random_unitary(4, 1)
    lw.boson_sample(unitary, [1, 1, 0, 0], 10, rng=1, progress=False)
    assert capsys.readouterr().err == ""
    lw.boson_sample(unitary, [1, 1, 0, 0], 10, rng=1, progress=True)
    assert "boson samples" in capsys.readouterr().err
    seen = []
    with Progress(lambda *step: seen.append(step)):
        lw.boson_sample(unitary, [1, 1, 0, 0], 10, rng=1)
    assert seen[-1] == ("boson samples", 10, 10)
