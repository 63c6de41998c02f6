"""The same task on Lightworks' emulator and on ours."""

from __future__ import annotations

import contextlib
import copy
import pickle

import lightworks
import numpy as np
import pytest
from lightworks import emulator as reference

import lwfast as lw
from lwfast import emulator
from lwfast.errors import ResourceLimitError
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.results import ProbabilityDistribution

SOURCES = [
    {"purity": 0.9, "brightness": 0.8, "indistinguishability": 0.85},
    {"purity": 1, "brightness": 0.6, "indistinguishability": 1},
    {"purity": 1, "brightness": 1, "indistinguishability": 0.5},
    {"purity": 0.8, "brightness": 0.7, "indistinguishability": 1},
]


@pytest.fixture(autouse=True)
def no_threshold():
    """Lightworks drops outcomes below a threshold before it sums over lost photons; turn that off."""
    before = lightworks.settings.sampler_probability_threshold
    lightworks.settings.sampler_probability_threshold = 0.0
    yield
    lightworks.settings.sampler_probability_threshold = before


def circuit(package, loss=0.0, heralds=()):
    made = package.PhotonicCircuit(4)
    for mode in (0, 2, 1, 0):
        made.bs(mode, mode + 1, reflectivity=0.35, loss=loss)
        made.ps(mode, 0.4 + mode)
    for mode in heralds:
        made.herald(mode, 1)
    return made


def both_distributions(photons, loss=0.0, source=None):
    found = []
    for package, parts in ((lightworks, reference), (lw, emulator)):
        options = {}
        if source:
            extra = {"probability_threshold": 0.0} if package is lightworks else {}
            options["source"] = parts.Source(**source, **extra)
        task = package.Sampler(
            circuit(package, loss),
            package.State(photons),
            10,
            random_seed=1,
            sampling_mode="input",
            **options,
        )
        parts.Backend("slos").run(task)
        found.append({tuple(state.s): p for state, p in task.probability_distribution.items()})
    return found


@pytest.mark.parametrize("photons", [[1, 1, 0, 1], [2, 0, 1, 0], [0, 3, 0, 0], [0, 0, 0, 0]])
def test_sampler_distribution(photons):
    """probability_distribution after a run has the same states and values."""
    theirs, ours = both_distributions(photons)
    assert set(theirs) <= set(ours)
    assert max(abs(theirs.get(s, 0) - p) for s, p in ours.items()) < 1e-12


@pytest.mark.parametrize("photons", [[1, 1, 0, 1], [2, 0, 1, 0]])
def test_sampler_distribution_with_loss(photons):
    """With loss too, but for the vacuum, which Lightworks overwrites where rounding left less than 1."""
    theirs, ours = both_distributions(photons, loss=0.1)
    ours_vacuum = ours.pop((0, 0, 0, 0))
    assert max(abs(theirs.get(s, 0) - p) for s, p in ours.items()) < 1e-12
    assert abs(sum(ours.values()) + ours_vacuum - 1) < 1e-12


@pytest.mark.parametrize("source", SOURCES, ids=str)
@pytest.mark.parametrize("photons", [[1, 1, 0, 1], [2, 0, 1, 0]])
def test_sampler_distribution_with_source(source, photons):
    """An imperfect source gives the same distribution, where Lightworks' own sums to 1."""
    theirs, ours = both_distributions(photons, source=source)
    assert abs(sum(theirs.values()) - 1) < 1e-9, "Lightworks is no oracle here"
    assert max(abs(theirs.get(s, 0) - p) for s, p in ours.items()) < 1e-12


def test_detector_statistics():
    """Efficiency, dark counts and thresholds: Lightworks' samples fit our exact distribution."""
    detector = {"efficiency": 0.8, "p_dark": 0.1, "photon_counting": False}
    n = 30_000
    task = lightworks.Sampler(
        circuit(lightworks),
        lightworks.State([1, 1, 0, 1]),
        n,
        detector=reference.Detector(**detector),
        random_seed=3,
        sampling_mode="input",
    )
    theirs = reference.Backend("slos").run(task)
    exact = output_distribution(
        circuit(lw)._build().transfer_matrix, [1, 1, 0, 1], detector=emulator.Detector(**detector)
    )
    for state, p in zip(exact.states.tolist(), exact.probabilities.tolist(), strict=True):
        seen = dict(theirs).get(lightworks.State(state), 0)
        assert abs(seen - n * p) < 6 * np.sqrt(n * p + 1)


@pytest.mark.parametrize("loss", [0.0, 0.1])
@pytest.mark.parametrize("heralds", [(), (1,)])
@pytest.mark.parametrize("given", [True, False])
def test_simulator(loss, heralds, given):
    """Amplitudes, inputs and outputs, in the same order."""
    results = []
    for package, parts in ((lightworks, reference), (lw, emulator)):
        n = 4 - len(heralds)
        inputs = [package.State(s[:n]) for s in ([1, 1, 0, 0], [0, 2, 0, 0])]
        outputs = [package.State(s[:n]) for s in ([0, 1, 1, 0], [2, 0, 0, 0])] if given else None
        task = package.Simulator(circuit(package, loss, heralds), inputs, outputs)
        results.append(parts.Backend("permanent").run(task))
    theirs, ours = results
    assert np.abs(theirs.array - ours.array).max() < 1e-13
    assert [s.s for s in theirs.outputs] == [s.s for s in ours.outputs]
    assert [s.s for s in theirs.inputs] == [s.s for s in ours.inputs]
    assert theirs.result_type == ours.result_type


@pytest.mark.parametrize("loss", [0.0, 0.1])
@pytest.mark.parametrize("heralds", [(), (1,)])
@pytest.mark.parametrize("post_selected", [True, False])
def test_analyzer(loss, heralds, post_selected):
    """Probabilities, outputs in the same order, performance and error rate."""
    results = []
    for package, parts in ((lightworks, reference), (lw, emulator)):
        n = 4 - len(heralds)
        first, second = (package.State(s[:n]) for s in ([1, 1, 0, 0], [0, 2, 0, 0]))
        expected = {first: package.State([0, 1, 1, 0][:n]), second: [package.State([2, 0, 0, 0][:n]), first]}
        rules = None
        if post_selected:
            rules = package.PostSelection()
            rules.add((0, 1), (0, 1, 2))
        task = package.Analyzer(circuit(package, loss, heralds), [first, second], expected, rules)
        results.append(parts.Backend("permanent").run(task))
    theirs, ours = results
    assert np.abs(theirs.array - ours.array).max() < 1e-13
    assert [s.s for s in theirs.outputs] == [s.s for s in ours.outputs]
    assert abs(theirs.performance - ours.performance) < 1e-13
    assert abs(theirs.error_rate - ours.error_rate) < 1e-13


def test_lightworks_tasks_run_unchanged():
    """Backend.run takes Lightworks' own objects, and gives what our own give."""
    for name in ("auto", "slos", "permanent", "clifford"):
        theirs = lightworks.Sampler(
            circuit(lightworks, 0.1, (1,)), lightworks.State([1, 0, 1]), 500, random_seed=4, min_detection=1
        )
        ours = lw.Sampler(circuit(lw, 0.1, (1,)), lw.State([1, 0, 1]), 500, random_seed=4, min_detection=1)
        assert emulator.Backend(name).run(theirs) == emulator.Backend(name).run(ours)
    task = lightworks.Simulator(circuit(lightworks), lightworks.State([1, 1, 0, 0]))
    theirs, ours = reference.Backend("permanent").run(task), emulator.Backend().run(task)
    assert np.abs(theirs.array - ours.array).max() < 1e-13
    batch = lightworks.Batch()
    batch.add(task)
    assert len(emulator.Backend().run(batch)) == 1


def outcome(package, parts, build, run="slos"):
    """Return the name of the exception, or what came out."""
    try:
        task = build(package, parts)
        result = parts.Backend(run).run(task)
    except Exception as error:
        return type(error).__name__
    return int(sum(result.values())) if hasattr(result, "values") else "result"


def _sampler(package, parts, **options):
    heralds = options.pop("heralds", ())
    state = package.State([1] * (4 - len(heralds)))
    return package.Sampler(
        circuit(package, 0.0, heralds), state, options.pop("n", 50), random_seed=1, **options
    )


CASES = {
    "output": lambda p, e: _sampler(p, e),
    "input": lambda p, e: _sampler(p, e, sampling_mode="input"),
    "no samples": lambda p, e: _sampler(p, e, n=0),
    "heralds": lambda p, e: _sampler(p, e, heralds=(0,)),
    "too many photons wanted": lambda p, e: _sampler(p, e, min_detection=5),
    "too many photons wanted, by shots": lambda p, e: _sampler(p, e, min_detection=5, sampling_mode="input"),
    "dim detector in output mode": lambda p, e: _sampler(p, e, detector=e.Detector(efficiency=0.9)),
    "dark counts in output mode": lambda p, e: _sampler(p, e, detector=e.Detector(p_dark=0.1)),
    "clicks in output mode": lambda p, e: _sampler(p, e, detector=e.Detector(photon_counting=False)),
    "nothing passes": lambda p, e: _sampler(p, e, post_selection=lambda s: False),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["slos", "permanent"])
def test_same_totals_or_same_exceptions(case, name):
    """The same number of samples comes back, or the same exception is raised."""
    build = CASES[case]
    assert outcome(lightworks, reference, build, name) == outcome(lw, emulator, build, name)


def test_backend_names():
    """str, the property and the exception for an unknown name; slos runs samplers only."""
    for name in ("slos", "permanent"):
        assert str(reference.Backend(name)) == str(emulator.Backend(name)) == name
        assert reference.Backend(name).backend == emulator.Backend(name).backend
    for parts in (reference, emulator):
        with pytest.raises(ValueError, match="not recognised"):
            parts.Backend("other")
        with pytest.raises(TypeError):
            parts.Backend("slos").run("task")
    for package, parts in ((lightworks, reference), (lw, emulator)):
        with pytest.raises(parts.BackendError):
            parts.Backend("slos").run(package.Simulator(circuit(package), package.State([1, 0, 0, 0])))


def test_random_circuits_with_a_sound_reference():
    """Random lossy circuits: wherever Lightworks' total is 1, the distributions agree, vacuum and all."""
    rng = np.random.default_rng(5)
    agreed = 0
    for _ in range(10):
        losses = rng.uniform(0, 0.2, 3)
        splits = rng.uniform(0.2, 0.8, 3)
        found = []
        for package, parts in ((lightworks, reference), (lw, emulator)):
            made = package.PhotonicCircuit(3)
            for mode, (loss, split) in enumerate(zip(losses, splits, strict=True)):
                made.bs(mode % 2, mode % 2 + 1, reflectivity=float(split), loss=float(loss))
            task = package.Sampler(made, package.State([1, 1, 0]), 5, random_seed=1, sampling_mode="input")
            with contextlib.suppress(ValueError):
                parts.Backend("slos").run(task)
            found.append({tuple(s.s): p for s, p in task.probability_distribution.items()})
        theirs, ours = found
        if abs(sum(theirs.values()) - 1) < 1e-9:
            agreed += 1
            assert max(abs(theirs.get(s, 0) - p) for s, p in ours.items()) < 1e-12
    assert agreed > 0


def test_distribution_of_lightworks_tasks(monkeypatch):
    """A Lightworks Sampler has its distribution after our run, worked out when it is read, if that fits."""
    small = lightworks.Sampler(circuit(lightworks), lightworks.State([1, 1, 0, 1]), 10, random_seed=1)
    emulator.Backend().run(small)
    assert abs(sum(small.probability_distribution.values()) - 1) < 1e-12
    large = lightworks.Sampler(
        lightworks.Unitary(lw.random_unitary(40, 1)), lightworks.State([1] * 12 + [0] * 28), 5, random_seed=1
    )
    assert sum(emulator.Backend().run(large).values()) == 5
    late = large.probability_distribution
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "1e9")
    with pytest.raises(ResourceLimitError):
        len(late)
    found = small.probability_distribution
    assert isinstance(found, ProbabilityDistribution)
    assert found is small.probability_distribution
    for other in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert other == found
    with pytest.raises(AttributeError):
        _ = found.nothing


@pytest.mark.parametrize("loss", [1e-3, 4e-6, 1e-6, 1e-8, 1e-11])
def test_tiny_losses_are_losses(loss):
    """A circuit's loss is exact however small it is; Lightworks says the same."""
    found = []
    for package, parts in ((lightworks, reference), (lw, emulator)):
        lossy = package.PhotonicCircuit(2)
        lossy.bs(0)
        lossy.loss(0, loss)
        lossy.bs(0)
        name = "slos" if package is lightworks else "auto"
        task = package.Sampler(lossy, package.State([1, 1]), 1, random_seed=1)
        parts.Backend(name).run(task)
        everywhere = package.Analyzer(lossy, package.State([1, 1]))
        analyzed = parts.Backend("permanent").run(everywhere)
        amplitudes = parts.Backend("permanent").run(package.Simulator(lossy, package.State([1, 1])))
        found.append(
            (
                {tuple(s): p for s, p in task.probability_distribution.items()},
                dict(zip(map(tuple, analyzed.outputs), analyzed.array[0].tolist(), strict=True)),
                dict(zip(map(tuple, amplitudes.outputs), amplitudes.array[0].tolist(), strict=True)),
            )
        )
    for theirs, ours in zip(*found, strict=True):
        for state, value in theirs.items():
            if any(state):  # Lightworks leaves out the vacuum, or gives it what rounding leaves
                assert abs(value - ours[state]) < 1e-14, state
    distribution = found[1][0]
    assert abs(sum(distribution.values()) - 1) < 1e-13
    assert sum(p for state, p in distribution.items() if sum(state) < 2) == pytest.approx(loss, rel=1e-3)


def test_single_precision_circuits_of_lightworks(monkeypatch):
    """A matrix in single precision is made good, in front of a loss too, which stays what it is."""
    monkeypatch.setattr(lightworks.settings, "unitary_precision", 1e-5)
    matrix = lw.random_unitary(4, 3).astype(np.complex64)
    for loss in (0.0, 1e-6):
        lossy = lightworks.PhotonicCircuit(4)
        lossy.add(lightworks.Unitary(matrix), 0)
        lossy.loss(0, loss)
        task = lightworks.Sampler(lossy, lightworks.State([1, 1, 0, 1]), 10, random_seed=1)
        assert sum(emulator.Backend().run(task).values()) == 10
        found = task.probability_distribution
        assert abs(sum(found.values()) - 1) < 1e-12
        lost = sum(p for state, p in found.items() if state.n_photons < 3)
        assert lost == pytest.approx(loss * sum(p * s[0] for s, p in found.items()), rel=1e-5, abs=1e-15)
