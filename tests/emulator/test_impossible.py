"""Outcomes that cannot occur are never returned, and asking for them ends at once."""

from __future__ import annotations

import time

import numpy as np
import pytest

import lwfast as lw
from lwfast.emulator import Backend, Detector, Source, run_raw
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.draws import draw_from_distribution, outcome_distribution
from lwfast.emulator.plans import plan_sampling
from lwfast.emulator.sampling import Sampling, why_impossible
from lwfast.errors import LightworksError, ResourceLimitError, SamplerError
from lwfast.optics.distributions.rounding import fock_rounding
from lwfast.optics.experiment import make_experiment
from lwfast.rules import Rule

NAMES = ["auto", "slos", "permanent", "clifford"]
CLICKS = Detector(photon_counting=False)
FOURIER = np.exp(2j * np.pi * np.outer(np.arange(4), np.arange(4)) / 4) / 2


def rules(*pairs):
    found = lw.PostSelection(multi_rules=True)
    for modes, sums in pairs:
        found.add(modes, sums)
    return found


def sampler(matrix, photons, **options):
    return lw.Sampler(lw.Unitary(matrix), lw.State(photons), **{"n_samples": 50, "random_seed": 1, **options})


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("photons", [[1, 0], [1, 1], [2, 1], [3, 2]])
def test_light_that_is_not_lost_clicks_somewhere(seed, photons):
    """A pattern without clicks has no probability behind a unitary, not that of a rounding, renormalised."""
    task = sampler(lw.random_unitary(2, seed), photons, detector=CLICKS, post_selection=rules(((0, 1), 0)))
    with pytest.raises(SamplerError):
        Backend("permanent").run(task)
    found = lw.output_distribution(lw.random_unitary(2, seed), photons, threshold=True, rules=[((0, 1), 0)])
    assert found.probabilities.sum() == 0


@pytest.mark.parametrize("name", NAMES[:3])
@pytest.mark.parametrize("select", ["rules", "callable", "heralds"])
@pytest.mark.parametrize("source", [None, Source(brightness=0.7)], ids=["perfect", "dim"])
def test_what_interference_forbids_is_not_sampled(name, select, source):
    """Fourier suppression: outcomes whose probability is a rounding are refused as impossible."""
    matrix = FOURIER
    if select == "heralds":
        circuit = lw.PhotonicCircuit(4)
        circuit.add(lw.Unitary(matrix), 0)
        for mode, number in ((1, 0), (2, 0), (3, 1)):
            circuit.herald(mode, (1, number))
        task = lw.Sampler(circuit, lw.State([1]), 50, source=source, random_seed=1, min_detection=3)
    elif select == "rules":
        forbidden = rules((0, 3), (1, 0), (2, 0), (3, 1))
        task = sampler(matrix, [1, 1, 1, 1], post_selection=forbidden, source=source)
    else:
        task = sampler(
            matrix, [1, 1, 1, 1], post_selection=lambda s: s == lw.State([3, 0, 0, 1]), source=source
        )
    with pytest.raises(SamplerError, match=r"is rounding|can occur"):
        Backend(name).run(task)


def test_unlikely_is_not_impossible():
    """A probability of 1e-20 that no interference makes is sampled; of 1e-13 behind click patterns too."""
    circuit = lw.PhotonicCircuit(4)
    for mode in (0, 2):
        circuit.bs(mode, reflectivity=1 - 1e-10)
    task = lw.Sampler(
        circuit, lw.State([1, 0, 1, 0]), 20, post_selection=rules((1, 1), (3, 1)), random_seed=1
    )
    assert dict(Backend().run(task)) == {lw.State([0, 1, 0, 1]): 20}
    weak = lw.PhotonicCircuit(4)
    for mode in (0, 2):
        weak.bs(mode, reflectivity=1 - 3e-7)
    kept = rules((1, 1), (3, 1))
    task = lw.Sampler(weak, lw.State([1, 0, 1, 0]), 20, post_selection=kept, random_seed=1, detector=CLICKS)
    assert dict(Backend("permanent").run(task)) == {lw.State([0, 1, 0, 1]): 20}


def test_single_precision_is_rounding_too():
    """What a matrix was off by counts: forbidden outcomes of a complex64 matrix are not sampled."""
    matrix = np.exp(2j * np.pi * np.outer(np.arange(3), np.arange(3)) / 3) / np.sqrt(3)
    phases = np.exp(1j * np.array([[0.3, 1.7, 2.9], [0.4, 5.1, 1.2]]))
    matrix = (phases[0][:, None] * matrix * phases[1]).astype(np.complex64).astype(np.complex128)
    experiment = make_experiment(matrix, (1, 1, 1), tolerance=1e-5)
    forbidden = Conditions(pairs=(Rule((0,), (2,)), Rule((1,), (1,)), Rule((2,), (0,))))
    sampling = Sampling(experiment, forbidden, 10)
    plan = plan_sampling(sampling, "slos")
    total = outcome_distribution(experiment, forbidden, plan).probabilities.sum()
    assert 1e-20 < total < fock_rounding(experiment) < 1e-10
    with pytest.raises(SamplerError, match="is rounding"):
        draw_from_distribution(sampling, plan, np.random.default_rng(1))


IMPOSSIBLE = {
    "min_detection": {"min_detection": 3},
    "min_detection clicks": {"min_detection": 2, "detector": CLICKS, "_photons": [1, 0, 0]},
    "rule": {"post_selection": rules((0, 40))},
    "rules together": {"post_selection": rules((0, 2), (1, 1))},
    "rule clicks": {"post_selection": rules(((0, 1), 3)), "detector": CLICKS},
    "nothing anywhere": {"post_selection": rules((0, 0), (1, 0), (2, 0))},
    "too few anywhere": {"post_selection": rules(((0, 1, 2), 1))},
}


@pytest.mark.parametrize(
    ("heralds", "detector", "reason"),
    [
        ({0: 1, 1: 2}, None, "the heralds take 3 photons, and no outcome has more than 2"),
        ({1: 2}, CLICKS, "the herald on mode 1 takes 2 photons, and its detector reports clicks"),
        ({1: 1}, CLICKS, None),
        ({0: 1, 1: 1}, None, None),
        ({0: 1, 1: 2}, Detector(p_dark=0.1), None),
    ],
)
def test_heralds_that_cannot_be_met_are_told(heralds, detector, reason):
    """More photons than there are, or than a detector that clicks can tell."""
    experiment = make_experiment(lw.random_unitary(3, 1), (1, 1, 0), detector=detector)
    assert why_impossible(experiment, Conditions(heralds=heralds)) == reason


def test_where_light_is_lost_few_photons_are_possible():
    """Rules that allow fewer photons than came in are no contradiction behind a loss."""
    few = Conditions(pairs=(Rule((0, 1, 2), (1,)),))
    whole = make_experiment(lw.random_unitary(3, 1), (1, 1, 0))
    assert why_impossible(whole, few) == (
        "the rules allow 1 photons in all modes, and no outcome has fewer than 2 there"
    )
    assert why_impossible(make_experiment(0.9 * np.eye(3), (1, 1, 0)), few) is None
    for source in (Source(brightness=0.5), Source(purity=0.9, brightness=0.5)):
        dim = make_experiment(lw.random_unitary(3, 1), (1, 1, 0), source=source)
        assert why_impossible(dim, few) is None
    bright = make_experiment(lw.random_unitary(3, 1), (1, 1, 0), source=Source(indistinguishability=0.5))
    assert "fewer than 2" in why_impossible(bright, few)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_conditions_end_at_once(name, options):
    """What photon numbers rule out is refused by every method, without a shot."""
    options = dict(options)
    photons = options.pop("_photons", [1, 1, 0])
    begun = time.perf_counter()
    with pytest.raises(SamplerError, match="No output states compatible"):
        Backend(name).run(sampler(lw.random_unitary(3, 1), photons, **options))
    assert time.perf_counter() - begun < 1
    task = sampler(lw.random_unitary(3, 1), photons, sampling_mode="input", **options)
    assert len(Backend(name).run(task)) == 0


def test_impossible_conditions_on_large_circuits_end_at_once():
    """No distribution of 10^11 outcomes is planned, and no shot is drawn, for what cannot be."""
    for options in ({"min_detection": 16}, {"post_selection": rules((0, 40))}):
        task = sampler(lw.random_unitary(30, 1), [1] * 15 + [0] * 15, **options)
        with pytest.raises(SamplerError):
            Backend().run(task)
    with pytest.raises(SamplerError, match="min_detection is 16"):
        run_raw(lw.random_unitary(30, 1), [1] * 15 + [0] * 15, 10, min_detection=16, rng=1)


def test_heralds_above_all_photons():
    """A herald of more photons than there are."""
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.herald(0, (0, 2))
    for name in NAMES:
        with pytest.raises(LightworksError, match="photon"):
            Backend(name).run(lw.Sampler(circuit, lw.State([1]), 5))


def test_impossible_heralds_and_a_callable_over_many_outcomes():
    """A callable over more outcomes than are asked about, none of which can occur, is refused as such."""
    circuit = lw.PhotonicCircuit(14)
    circuit.add(lw.Unitary(np.eye(14)), 0)
    circuit.herald(13, (0, 1))
    photons = lw.State([2] * 5 + [1] * 2 + [0] * 6)
    with pytest.raises(SamplerError):
        Backend("slos").run(lw.Sampler(circuit, photons, 10, post_selection=lambda s: s[0] == 1))


def test_hopeless_callables_end(monkeypatch):
    """A callable that accepts nothing ends by the number of shots, or by the time they take."""
    from lwfast.emulator import draws as drawing

    task = sampler(lw.random_unitary(3, 1), [1, 1, 0], post_selection=lambda state: False)
    monkeypatch.setattr(drawing, "_HOPELESS_SECONDS", 0.05)
    for name in ("auto", "clifford"):
        with pytest.raises(SamplerError):
            Backend(name).run(task)
    monkeypatch.setattr(drawing, "ASK_ALL", 1)
    with pytest.raises(SamplerError, match="can occur"):
        Backend("slos").run(task)
    wide = sampler(lw.random_unitary(10, 1), [1] * 4 + [0] * 6, post_selection=lambda state: False)
    monkeypatch.setattr(drawing, "_HOPELESS_SECONDS", -1)
    with pytest.raises(SamplerError, match="1,000 samples were drawn"):
        Backend("slos").run(wide)
    monkeypatch.setattr(drawing, "_HOPELESS_SECONDS", 600)
    monkeypatch.setattr(drawing, "_HOPELESS", 1000)
    with pytest.raises(SamplerError, match="drawn"):
        Backend("clifford").run(task)


def test_few_samples_take_few_shots(monkeypatch):
    """Twenty samples that nearly always count take about as many shots, not a thousand."""
    from lwfast.emulator import draws as drawing

    drawn = []
    shots = drawing.draw_shots
    monkeypatch.setattr(drawing, "draw_shots", lambda e, n, g: drawn.append(n) or shots(e, n, g))
    task = sampler(lw.random_unitary(12, 1), [1] * 6 + [0] * 6, n_samples=20, min_detection=1)
    assert Backend("clifford").run(task).counts.sum() == 20
    assert sum(drawn) == 22
    drawn.clear()
    rare = sampler(lw.random_unitary(4, 1), [1, 1, 1, 0], n_samples=20, post_selection=rules((0, 3)))
    assert Backend("clifford").run(rare).counts.sum() == 20
    assert max(drawn) <= 1 << 18


def test_more_photons_than_a_table_holds():
    """Beyond 255 photons shots are refused: photon numbers are uint8, which would start again at 0."""
    one = lw.Unitary(np.eye(1))
    for options, photons in (
        ({"detector": Detector(p_dark=1), "sampling_mode": "input"}, [255]),
        ({"source": Source(purity=0.51)}, [200]),
        ({}, [300]),
        ({}, [10**9]),
    ):
        for name in ("clifford", "auto"):
            task = lw.Sampler(one, lw.State(photons), 5, **options)
            for act in (Backend(name).run, Backend(name).plan):
                with pytest.raises(ResourceLimitError, match="255"):
                    act(task)
    found = Backend("clifford").run(lw.Sampler(one, lw.State([255]), 5))
    assert dict(found) == {lw.State([255]): 5}


def test_more_samples_than_counts_hold():
    """From 2^63 samples on an error of ours; a huge number of shots begins without laying all of them out."""
    with pytest.raises(ResourceLimitError, match="2\\^63"):
        Backend().run(sampler(np.eye(2), [1, 1], n_samples=2**63))
    with pytest.raises(ResourceLimitError, match="2\\^63"):
        run_raw(np.eye(2), [1, 1], 2**63)

    class Enough(Exception):
        pass

    def stop(*_):
        raise Enough

    begun = time.perf_counter()
    with pytest.raises(Enough):
        Backend("clifford").run(
            sampler(lw.random_unitary(4, 1), [1, 1, 0, 0], n_samples=10**12), progress=stop
        )
    assert time.perf_counter() - begun < 5


def test_samples_of_which_none_counts_say_so():
    """Where the input is sampled, as many count as meet the conditions: none, if they cannot be met."""
    task = sampler(np.identity(2), [1, 0], sampling_mode="input", post_selection=rules(((0, 1), 0)))
    assert "samples meets the rules, heralds and min_detection of the task" in repr(Backend().run(task))


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_of_what_a_run_refuses_says_so(name):
    """A plan is made without an error, and gives the very reason that a run would raise."""
    task = sampler(lw.random_unitary(4, 1), [1, 1, 0, 0], min_detection=3)
    plan = Backend(name).plan(task)
    assert plan.acceptance == 0
    with pytest.raises(SamplerError) as caught:
        Backend(name).run(task)
    reason = str(caught.value).partition("criteria: ")[2].partition(". Relax")[0]
    assert plan.reason.endswith(f"A run would raise SamplerError, since no outcome can count: {reason}.")
    task.min_detection = 2
    assert Backend(name).plan(task).acceptance != 0
    task.min_detection, task.sampling_mode = 3, "input"
    assert "SamplerError" not in Backend(name).plan(task).reason
