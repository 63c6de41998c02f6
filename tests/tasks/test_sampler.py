"""Sampler: arguments, checks when values are set, and the frozen task that backends get."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import numpy as np
import pytest

from lwfast.circuit import Parameter, PhotonicCircuit, Unitary
from lwfast.errors import (
    CircuitCompilationError,
    ModeMismatchError,
    ModeRangeError,
    PhotonNumberError,
    SamplerError,
)
from lwfast.hardware import Detector, Source
from lwfast.optics.unitary import random_unitary
from lwfast.rules import PostSelection, PostSelectionFunction
from lwfast.state import State
from lwfast.tasks import Sampler


def _sampler(**values: Any) -> Sampler:
    return Sampler(Unitary(random_unitary(4, 1)), State([1, 0, 1, 0]), values.pop("n_samples", 10), **values)


def _rules(*modes: int) -> PostSelection:
    rules = PostSelection()
    for mode in modes:
        rules.add(mode, 1)
    return rules


def test_defaults() -> None:
    """Only circuit, input and number of samples are needed."""
    task = _sampler()._generate_task()
    assert (task.input_state, task.n_samples) == (State([1, 0, 1, 0]), 10)
    assert (task.source, task.detector, task.post_selection) == (None, None, None)
    assert (task.min_detection, task.random_seed, task.rng) == (None, None, None)
    assert task.sampling_mode == "output"
    assert np.array_equal(task.circuit.U_full, random_unitary(4, 1))


def test_order_of_arguments() -> None:
    """Positional arguments have Lightworks' order."""
    source, detector, rules = Source(0.9), Detector(0.9), _rules(1)
    sampler = Sampler(Unitary(np.identity(2)), State([1, 1]), 5, rules, 1, source, detector, 3, "input")
    assert (sampler.post_selection, sampler.min_detection) == (rules, 1)
    assert (sampler.source, sampler.detector) == (source, detector)
    assert (sampler.random_seed, sampler.sampling_mode) == (3, "input")


@pytest.mark.parametrize("name", ["n_samples", "min_detection", "random_seed"])
def test_numbers(name: str) -> None:
    """NumPy integers become Python's; bools, text and negative numbers are refused at once."""
    sampler = _sampler(**{name: np.uint16(3)})
    assert getattr(sampler, name) == 3
    assert type(getattr(sampler, name)) is int
    for wrong in (True, np.bool_(True), "3", 1.5, [3]):
        with pytest.raises(TypeError):
            _sampler(**{name: wrong})
        with pytest.raises(TypeError):
            setattr(sampler, name, wrong)
    with pytest.raises(ValueError, match="negative, got -1"):
        _sampler(**{name: -1})
    with pytest.raises(ValueError, match="negative"):
        setattr(sampler, name, -1)
    assert getattr(sampler, name) == 3


def test_number_of_samples_is_needed() -> None:
    """None is no number of samples; zero is one."""
    with pytest.raises(TypeError):
        _sampler(n_samples=None)
    assert _sampler(n_samples=0).n_samples == 0


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("circuit", np.identity(4)),
        ("input_state", [1, 0, 1, 0]),
        ("source", 0.9),
        ("detector", "threshold"),
        ("post_selection", 3),
    ],
)
def test_types(name: str, wrong: Any) -> None:
    """Parts of the wrong type raise TypeError when given and when set."""
    values: dict[str, Any] = {
        "circuit": Unitary(np.identity(4)),
        "input_state": State([1, 0, 1, 0]),
        "n_samples": 1,
    }
    with pytest.raises(TypeError):
        Sampler(**{**values, name: wrong})
    with pytest.raises(TypeError):
        setattr(Sampler(**values), name, wrong)


def test_sampling_mode() -> None:
    """The mode is input or output."""
    with pytest.raises(ValueError, match="'both'"):
        _sampler(sampling_mode="both")
    with pytest.raises(ValueError, match="None"):
        _sampler().sampling_mode = None  # type: ignore[assignment]


def test_input_fits_the_circuit() -> None:
    """The input has the circuit's modes, heralded ones left out, also when the circuit changes."""
    with pytest.raises(ModeMismatchError, match=r"\|1,0>.*takes 4"):
        Sampler(Unitary(np.identity(4)), State([1, 0]), 1)
    sampler = _sampler()
    circuit = sampler.circuit
    with pytest.raises(ModeMismatchError, match="takes 6"):
        sampler.circuit = Unitary(random_unitary(6))
    with pytest.raises(ModeMismatchError):
        sampler.input_state = State([1])
    assert sampler.circuit is circuit
    other = Unitary(random_unitary(4, 2))
    sampler.circuit = other
    assert sampler._generate_task().circuit.U_full.tobytes() == other.U_full.tobytes()
    other.herald(0, 1)  # the circuit changes under the task
    with pytest.raises(ModeMismatchError, match="takes 3"):
        sampler._generate_task()


def test_rules_fit_the_circuit() -> None:
    """Rules name modes of outcomes: checked when given, when set, and when the task is made."""
    circuit = Unitary(random_unitary(4, 1))
    circuit.herald(3, 0)
    with pytest.raises(ModeRangeError, match="there are 4 modes"):
        _sampler(post_selection=_rules(4))
    with pytest.raises(ModeRangeError, match="there are 3 modes"):
        Sampler(circuit, State([1, 0, 1]), 1, _rules(0, 3))
    sampler = _sampler(post_selection=_rules(3))
    with pytest.raises(ModeRangeError):
        sampler.post_selection = _rules(7)
    rules = sampler.post_selection
    assert isinstance(rules, PostSelection)
    rules.add(9, 1)
    with pytest.raises(ModeRangeError, match="mode 9"):
        sampler._generate_task()


def test_any_callable_selects() -> None:
    """Partials, methods and callable objects are post-selection."""
    for function in (functools.partial(pow, 1), State([1]).merge, lambda s: True):
        assert isinstance(_sampler(post_selection=function).post_selection, PostSelectionFunction)


def test_heralds_need_photons() -> None:
    """An input that cannot feed the heralds at the output is refused."""
    circuit = PhotonicCircuit(3)
    circuit.herald(2, (0, 2))
    with pytest.raises(PhotonNumberError, match="at least 2 input photons"):
        Sampler(circuit, State([1, 0]), 1)._generate_task()
    Sampler(circuit, State([1, 1]), 1)._generate_task()


def test_detector_fits_the_circuit() -> None:
    """Values given mode by mode are one for each mode, heralded ones counted."""
    assert _sampler(detector=Detector([0.9] * 4)).detector is not None
    with pytest.raises(ModeMismatchError, match="3 modes, and the circuit has 4"):
        _sampler(detector=Detector([0.9] * 3))


def test_one_seed_only() -> None:
    """`random_seed` and `rng` exclude each other, given or set."""
    with pytest.raises(ValueError, match="not both"):
        _sampler(random_seed=1, rng=1)
    sampler = _sampler(random_seed=1)
    with pytest.raises(ValueError, match="not both"):
        sampler.rng = 2
    sampler.random_seed = None
    sampler.rng = 2
    assert sampler.rng == 2
    with pytest.raises(ValueError, match="not both"):
        sampler.random_seed = 1
    assert sampler._generate_task().rng == 2


def test_forms_of_rng() -> None:
    """Integers, seed sequences and generators are kept; the rest is refused."""
    for good in (np.random.default_rng(1), np.random.SeedSequence(1), 5):
        assert _sampler(rng=good)._generate_task().rng is good
    for wrong in (True, "1", 1.5, np.random.RandomState(1)):
        with pytest.raises(TypeError):
            _sampler(rng=wrong)
    with pytest.raises(ValueError, match="negative"):
        _sampler(rng=-1)


def test_the_task_is_a_snapshot() -> None:
    """What happens to the parts later changes no task that was handed out."""
    phi, source, rules = Parameter(0.1), Source(0.9), _rules(0)
    circuit = PhotonicCircuit(2)
    circuit.ps(0, phi)
    sampler = Sampler(circuit, State([1, 1]), 1, rules, source=source, detector=Detector(0.5))
    task = sampler._generate_task()
    phi.set(2)
    source.purity = 0.6
    rules.add(1, 1)
    assert sampler.detector is not None
    sampler.detector.efficiency = 0.1
    circuit.bs(0)
    assert np.allclose(np.diag(task.circuit.U_full), [np.exp(0.1j), 1])
    assert task.source == Source(0.9)
    assert task.detector == Detector(0.5)
    assert isinstance(task.post_selection, PostSelection)
    assert len(task.post_selection.rules) == 1
    with pytest.raises(AttributeError):
        task.n_samples = 3  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(task)).input_state == task.input_state


def test_bad_parameters_fail_when_the_task_is_made() -> None:
    """A Parameter with a value that does not fit is told with its reason."""
    r = Parameter(0.5)
    circuit = PhotonicCircuit(2)
    circuit.bs(0, reflectivity=r)
    sampler = Sampler(circuit, State([1, 1]), 1)
    r.set(2)
    with pytest.raises(CircuitCompilationError, match="Reflectivity"):
        sampler._generate_task()


def test_distribution_before_a_run() -> None:
    """The distribution is there after a run on a backend only."""
    with pytest.raises(SamplerError, match="first running"):
        _ = _sampler().probability_distribution


def test_distribution_after_a_run() -> None:
    """A backend may leave a function that gives the distribution: it is called once, when first read."""
    calls: list[int] = []
    sampler = _sampler()
    sampler._probability_distribution = lambda: calls.append(1) or "distribution"  # type: ignore[func-returns-value]
    assert pickle.loads(pickle.dumps(sampler))._probability_distribution is None
    assert calls == []
    assert sampler.probability_distribution == sampler.probability_distribution == "distribution"
    assert calls == [1]
    assert pickle.loads(pickle.dumps(sampler)).probability_distribution == "distribution"


def test_text_and_copies() -> None:
    """A sampler shows what it does, and can be copied and pickled."""
    sampler = _sampler(min_detection=1)
    assert repr(sampler) == (
        "lwfast.Sampler(PhotonicCircuit(4), lwfast.State(|1,0,1,0>), n_samples=10, min_detection=1)"
    )
    for other in (copy.deepcopy(sampler), pickle.loads(pickle.dumps(sampler))):
        assert other._generate_task().min_detection == 1
