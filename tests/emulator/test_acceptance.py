"""What is thrown away: counted by plans, and not drawn where the number of photons rules it out."""

from __future__ import annotations

import functools
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import chi2

import lwfast as lw
from lwfast.emulator import Backend, Detector, Source, run_raw
from lwfast.emulator.acceptance import acceptance
from lwfast.emulator.conditions import Conditions, grouped
from lwfast.emulator.sampling import emission_for
from lwfast.errors import ResourceLimitError, SamplerError
from lwfast.optics.distributions.ways import distribution
from lwfast.optics.experiment import make_experiment
from lwfast.optics.noise.source_terms import source_terms
from lwfast.optics.samples.emission import Emission, loses_more
from lwfast.optics.samples.shots import draw_shots
from lwfast.rules import Rule

UNITARY = lw.random_unitary(4, 1)
FRONT = np.random.default_rng(5).uniform(0.5, 0.95, 4)
BEHIND = np.random.default_rng(6).uniform(0.5, 0.95, (4, 1))
MATRICES = {
    "no loss": UNITARY,
    "loss in front": UNITARY * np.sqrt(FRONT),
    "loss behind": np.sqrt(BEHIND) * UNITARY,
    "loss on both sides": np.sqrt(BEHIND) * UNITARY * np.sqrt(FRONT),
}
SOURCES = {
    "perfect": None,
    "dim": Source(brightness=0.6),
    "distinguishable": Source(1, 0.7, 0.5),
    "impure": Source(0.9, 0.6, 0.8),
}
DETECTORS = {
    "perfect": None,
    "inefficient and dark": Detector(efficiency=(0.9, 0.8, 0.7, 1), p_dark=0.05),
    "clicks and dark": Detector(photon_counting=False, p_dark=(0, 0.1, 0, 0.02)),
    "one clicks": Detector(photon_counting=(True, False, True, True)),
}
CONDITIONS = {
    "least": Conditions(least=3),
    "heralds and rules": Conditions({1: 1}, (Rule((0,), (0, 1)), Rule((1, 2), (0, 1, 2))), 1),
    "rules everywhere": Conditions(pairs=(Rule((0, 1), (1,)), Rule((2, 3), (1,)))),
    "rules that share modes": Conditions(
        pairs=(Rule((0, 1), (1, 2)), Rule((1, 2), (1,)), Rule((3, 3), (2,)))
    ),
}


def counted(emission, conditions, n_shots, seed):
    rows = draw_shots(emission, n_shots, np.random.default_rng(seed))
    states, counts = grouped(*conditions.select(rows, np.ones(len(rows), dtype=np.int64)))
    return dict(zip(map(tuple, states.tolist()), counts.tolist(), strict=True))


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_shots_given_their_photons_have_the_law_of_rejection(matrix, source, detector):
    """Shots that are drawn given how many photons they need: the exact law, and the exact acceptance."""
    n_shots = 20_000
    for photons, conditions in itertools.product([(1, 1, 0, 1), (2, 0, 1, 0)], CONDITIONS.values()):
        experiment = make_experiment(matrix, photons, source=source, detector=detector)
        emission = emission_for(experiment, conditions)
        exact = distribution(
            experiment, heralds=conditions.heralds, pairs=conditions.pairs, least=conditions.least
        )
        total = exact.probabilities.sum()
        if total == 0:
            continue
        found = counted(emission, conditions, n_shots, 1)
        hits = sum(found.values())
        chance = total / emission.share
        assert chance < 1 + 1e-12
        assert abs(hits - n_shots * chance) <= 5 * np.sqrt(n_shots * chance * max(1 - chance, 0)) + 1e-6
        assert found.keys() <= {tuple(row) for row in exact.states.tolist()}
        expected = exact.probabilities / total * hits
        observed = np.array([found.get(tuple(row), 0) for row in exact.states.tolist()])
        large = expected >= 5
        statistic = ((observed[large] - expected[large]) ** 2 / expected[large]).sum()
        assert chi2.sf(statistic, max(int(large.sum()) - 1, 1)) > 1e-6


def test_conditioned_shots_and_rejected_ones_are_alike():
    """On a system of some size, two samples of one law: conditioned, and drawn blindly and thrown away."""
    matrix = np.sqrt(np.random.default_rng(3).uniform(0.6, 1, (7, 1))) * lw.random_unitary(7, 2)
    experiment = make_experiment(matrix, (1, 1, 1, 1, 0, 0, 0), source=Source(0.95, 0.7, 0.9))
    conditions = Conditions(pairs=(Rule((0, 1), (1,)),), least=4)
    given = counted(emission_for(experiment, conditions), conditions, 100_000, 1)
    blind = counted(Emission(experiment), conditions, 600_000, 2)
    n_given, n_blind = sum(given.values()), sum(blind.values())
    assert n_given > 5 * n_blind / 6 * 1.5, "far fewer of them are thrown away"
    statistic = degrees = 0
    for state in given.keys() | blind.keys():
        a, b = given.get(state, 0), blind.get(state, 0)
        if a + b >= 20:
            statistic += (a * np.sqrt(n_blind / n_given) - b * np.sqrt(n_given / n_blind)) ** 2 / (a + b)
            degrees += 1
    assert degrees > 50
    assert chi2.sf(statistic, degrees - 1) > 1e-4


@pytest.mark.parametrize("lossy", [False, True])
def test_photon_numbers_alone_give_the_acceptance(lossy):
    """Where resolving detectors see all that is left, every shot drawn counts: the share is exact."""
    matrix = UNITARY * np.sqrt(FRONT) if lossy else UNITARY
    for source, least in itertools.product(SOURCES.values(), (1, 2, 3, 4)):
        experiment = make_experiment(
            matrix, (1, 1, 0, 1), source=source, detector=Detector(efficiency=0.9, p_dark=0.01)
        )
        emission = emission_for(experiment, Conditions(least=least))
        total = distribution(experiment, least=least).probabilities.sum()
        assert not loses_more(emission)
        assert emission.share == pytest.approx(total, rel=1e-10)
        assert acceptance(emission, Conditions(least=least)).share == 1.0


def wide(n_samples, **options):
    return lw.Sampler(
        lw.Unitary(lw.random_unitary(20, 1)),
        lw.State([1] * 8 + [0] * 12),
        n_samples,
        random_seed=1,
        source=Source(0.98, 0.6, 0.95),
        **options,
    )


def test_no_shot_is_drawn_that_has_too_few_photons(monkeypatch):
    """All eight photons of a dim source: about as many shots as samples, where one of 47 has them."""
    from lwfast.emulator import draws as drawing

    drawn = []
    shots = drawing.draw_shots
    monkeypatch.setattr(drawing, "draw_shots", lambda e, n, g: drawn.append(n) or shots(e, n, g))
    task = wide(2000, min_detection=8)
    assert Backend().run(task).counts.sum() == 2000
    assert sum(drawn) == 2200
    plan = Backend().plan(task)
    assert plan.method == "clifford"
    terms = source_terms(0.98, 0.6, 0.95)
    each = [terms.missing, terms.interfering + terms.alone, terms.both + terms.pair]
    numbers = functools.reduce(np.convolve, [each] * 8)
    assert plan.acceptance == pytest.approx(numbers[8:].sum())
    assert "About one of 47 shots counts" in str(plan)
    drawn.clear()
    found = Backend().run(wide(100_000, min_detection=8, sampling_mode="input"))
    assert abs(found.counts.sum() - 100_000 * plan.acceptance) < 6 * np.sqrt(100_000 * plan.acceptance)


def rules(*pairs):
    found = lw.PostSelection(multi_rules=True)
    for modes, sums in pairs:
        found.add(modes, sums)
    return found


HARD = {
    "rules": {"post_selection": rules(((0, 1, 2), 0), ((3, 4), 1))},
    "callable": {"post_selection": lambda state: state[0] == 2},
    "clicks": {"detector": Detector(photon_counting=False), "min_detection": 7},
    "rules and least": {"post_selection": rules((0, 1)), "min_detection": 8},
}


@pytest.mark.parametrize("options", HARD.values(), ids=HARD)
def test_plans_count_what_is_thrown_away(options, monkeypatch):
    """The acceptance and the time of a plan are those of the shots that are drawn, within a factor."""
    from lwfast.emulator import draws as drawing

    drawn = []
    shots = drawing.draw_shots
    monkeypatch.setattr(drawing, "draw_shots", lambda e, n, g: drawn.append((e, n)) or shots(e, n, g))
    task = wide(3000, **options)
    plan = Backend("clifford").plan(task)
    Backend("clifford").run(task)
    assert plan.acceptance is not None
    share = drawn[0][0].share
    n_shots = sum(n for _, n in drawn)
    assert 0.5 < n_shots * plan.acceptance / share / 3000 < 2
    alone = Backend("clifford").plan(wide(3000))
    assert plan.seconds > 0.2 * alone.seconds * n_shots / 3000


def test_what_interference_forbids_is_left_to_a_distribution():
    """No shot of a look counts: the distribution is taken, which tells at once that none can."""
    fourier = np.exp(2j * np.pi * np.outer(np.arange(8), np.arange(8)) / 8) / np.sqrt(8)
    task = lw.Sampler(
        lw.Unitary(fourier), lw.State([1] * 8), 5, random_seed=1, post_selection=rules(((0, 2, 4, 6), 7))
    )
    assert Backend().plan(task).method == "slos"
    with pytest.raises(SamplerError, match="is rounding"):
        Backend().run(task)


def test_unlikely_photons_are_no_rounding():
    """Eight photons of a source that hardly shines, 1e-24, are sampled: their number is known exactly."""
    circuit, state = lw.Unitary(lw.random_unitary(10, 1)), lw.State([1] * 8 + [0] * 2)
    task = lw.Sampler(circuit, state, 10**6, source=Source(brightness=1e-3), min_detection=8, random_seed=1)
    plan = Backend().plan(task)
    assert plan.method == "clifford"
    assert plan.acceptance == pytest.approx(1e-24, rel=1e-9)
    task.n_samples = 500
    assert set(Backend().run(task).states.sum(axis=1)) == {8}


def test_nothing_that_can_count_ends_at_once():
    """A source that never shines, and shots that need photons."""
    task = wide(10, min_detection=1)
    task.source = Source(brightness=0)
    for name in ("auto", "clifford"):
        with pytest.raises(SamplerError, match="No output states compatible"):
            Backend(name).run(task)
    assert "No shot can count" in str(Backend("clifford").plan(task))
    task.sampling_mode = "input"
    assert len(Backend("clifford").run(task)) == 0


def test_samples_that_nobody_would_wait_for_are_refused():
    """So few shots count that the samples would take weeks: an error with the estimate, by plan's figures."""
    task = wide(10**12, post_selection=rules((0, 5)))
    assert Backend("clifford").plan(task).seconds > 7 * 86400
    with pytest.raises(ResourceLimitError, match=r"168\.0 h are allowed.* shots counts"):
        Backend("clifford").run(task)


LONG = {"n_samples": 10**8, "post_selection": rules((0, 2))}


class Stopped(Exception):
    pass


def stop(*_, **__):
    raise Stopped


def test_a_long_run_says_so_before_it_begins(capfd, monkeypatch):
    """One line on stderr with the time; none for a short run, none with LWFAST_QUIET=1."""
    monkeypatch.delenv("LWFAST_QUIET", raising=False)
    Backend("clifford").run(wide(10))
    assert "this run" not in capfd.readouterr().err
    task = wide(**LONG)
    with pytest.raises(Stopped):
        Backend("clifford").run(task, progress=stop)
    said = capfd.readouterr()
    assert "lwfast: this run will take about" in said.err
    assert "shots counts" in said.err
    assert said.out == ""
    batch = lw.Batch()
    batch.add(wide(10))
    batch.add(task)
    with pytest.raises(Stopped):
        Backend("clifford").run(batch, progress=stop)
    assert "these 2 tasks will take about" in capfd.readouterr().err
    monkeypatch.setenv("LWFAST_QUIET", "1")
    with pytest.raises(Stopped):
        Backend("clifford").run(task, progress=stop)
    assert "this run" not in capfd.readouterr().err


def test_raw_runs_are_announced_and_refused(capfd, monkeypatch):
    """What a QPU's emulator is asked for: announced when long, refused when endless."""
    from lwfast.emulator import raw

    monkeypatch.delenv("LWFAST_QUIET", raising=False)
    monkeypatch.setattr(raw, "draw_shot_by_shot", stop)
    matrix, photons = lw.random_unitary(60, 1), [1] * 12 + [0] * 48
    with pytest.raises(Stopped):
        run_raw(matrix, photons, 10**6)
    assert "this run will take about" in capfd.readouterr().err


def test_plans_of_simulators_and_analyzers_count_photons_that_no_outcome_has():
    """Heralded and lost photons take their time in the layers."""
    circuit = lw.PhotonicCircuit(14)
    circuit.add(lw.Unitary(lw.random_unitary(14, 1)), 0)
    for mode in range(6):
        circuit.herald(mode, 1)
    few = lw.State([1, 1, 0, 0, 0, 0, 0, 0])
    plain = lw.Unitary(lw.random_unitary(8, 1))
    lossy = lw.PhotonicCircuit(14)
    lossy.add(lw.Unitary(lw.random_unitary(14, 1)), 0)
    for mode in range(14):
        lossy.loss(mode, 0.1)
    for task in (lw.Simulator, lw.Analyzer):
        assert Backend().plan(task(circuit, few)).seconds > 3 * Backend().plan(task(plain, few)).seconds
    heavy = lw.State([1] * 7 + [0] * 7)
    rare = lw.Analyzer(lossy, heavy, post_selection=rules(*(((mode,), 1) for mode in range(7))))
    assert Backend().plan(rare).seconds > 1e-3


def test_expensive_shots_are_not_looked_at():
    """Where a shot takes milliseconds, photons walk alone in those that a plan looks at."""
    task = lw.Sampler(
        lw.Unitary(lw.random_unitary(40, 1)), lw.State([1] * 18 + [0] * 22), 10, post_selection=rules((0, 0))
    )
    begun = time.perf_counter()
    plan = Backend().plan(task)
    assert time.perf_counter() - begun < 5
    assert plan.method == "clifford"
    assert 0.3 < plan.acceptance < 0.9
    assert plan.seconds > 10 / plan.acceptance * 1e-3


def test_plans_count_the_outcomes_that_a_callable_refuses():
    """Over many outcomes a callable is asked about those that are drawn until enough are accepted."""
    circuit, state = lw.Unitary(lw.random_unitary(12, 1)), lw.State([1] * 7 + [0] * 5)
    plans = [
        Backend("slos").plan(lw.Sampler(circuit, state, 200, post_selection=test))
        for test in (lambda state: state[0] < 7, lambda state: state[0] == 3)
    ]
    assert plans[1].seconds > plans[0].seconds + 5 * 200 * 2e-6


@pytest.mark.parametrize("mode", ["input", "output"])
def test_conditioned_shots_are_a_function_of_the_seed(mode):
    """The same samples each time, and with an executor."""
    task = wide(3000, min_detection=6, sampling_mode=mode, post_selection=rules((0, (0, 1))))
    first = Backend("clifford").run(task)
    assert Backend("clifford").run(task) == first
    with ThreadPoolExecutor(2) as threads:
        assert Backend("clifford").run(task, executor=threads) == first
    task.random_seed = 2
    assert Backend("clifford").run(task) != first
