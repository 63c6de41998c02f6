"""Source, Detector and HardwareModel: values that are checked."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from lwfast.errors import ModeMismatchError, ResourceLimitError
from lwfast.hardware import Detector, HardwareModel, Source
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.optics.unitary import random_unitary
from lwfast.state import State


def test_source_defaults_are_perfect() -> None:
    """A source with no arguments is perfect; its text names every value."""
    source = Source()
    assert source.is_perfect
    assert (source.purity, source.brightness, source.indistinguishability) == (1, 1, 1)
    assert source.probability_threshold == 1e-9
    assert str(Source(0.9, 0.8, 0.7, 0.1)) == (
        "Source(purity = 0.9, brightness = 0.8, indistinguishability = 0.7, probability threshold = 0.1)"
    )
    assert repr(source) == "lwfast.emulator." + str(source)


@pytest.mark.parametrize("name", ["purity", "brightness", "indistinguishability"])
def test_a_source_with_one_flaw_is_not_perfect(name: str) -> None:
    """Any value below 1 makes a source imperfect, given at once or set later."""
    assert not Source(**{name: 0.99}).is_perfect
    source = Source()
    setattr(source, name, 0.99)
    assert not source.is_perfect
    assert source == Source(**{name: 0.99})
    assert source != Source()


@pytest.mark.parametrize("name", ["purity", "brightness", "indistinguishability", "probability_threshold"])
@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ("1", TypeError),
        (None, TypeError),
        (True, TypeError),
        (1j, TypeError),
        ([1], TypeError),
        (1.1, ValueError),
        (-0.1, ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
    ],
)
def test_source_refuses(name: str, bad: object, error: type[Exception]) -> None:
    """A bad value raises when it is given and when it is set, and leaves the source as it was."""
    with pytest.raises(error, match=name):
        Source(**{name: bad})  # type: ignore[arg-type]
    source = Source()
    with pytest.raises(error, match=name):
        setattr(source, name, bad)
    assert source == Source()


def test_purity_is_above_a_half() -> None:
    """At a purity of 0.5 and below no photon statistics exist."""
    for bad in (0.5, 0.2, 0, -1, 1.1, 1.5, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"purity should be in range \(0\.5,1\], got"):
            Source(purity=bad)
        other = SimpleNamespace(purity=bad, brightness=1, indistinguishability=1)
        with pytest.raises(ValueError, match=r"purity should be in range \(0\.5,1\], got"):
            output_distribution(random_unitary(2, seed=1), [1, 0], source=other)
    assert Source(purity=0.51).purity == 0.51


@pytest.mark.parametrize("value", [np.float32(0.75), np.float64(0.75), Fraction(3, 4), 0.75])
def test_numbers_become_python_floats(value: float) -> None:
    """Numbers of NumPy, and fractions, are taken as floats."""
    assert type(Source(brightness=value).brightness) is float
    assert Source(brightness=value) == Source(brightness=0.75)
    assert type(Detector(efficiency=value).efficiency) is float


def test_unknown_attributes_are_refused() -> None:
    """A misspelt name is no new attribute."""
    for part in (Source(), Detector()):
        with pytest.raises(AttributeError):
            part.purrity = 0.9  # type: ignore[attr-defined]


def test_check_number() -> None:
    """A perfect source makes one input, a dim one a choice for each photon; too many are refused."""
    assert Source().check_number(State([1, 1, 0])) == 1
    assert Source(brightness=0.5).check_number([1, 1, 0]) == 4
    assert Source(brightness=0.5).check_number([2]) == 3
    assert Source(indistinguishability=0.5).check_number([1, 1]) == 2
    assert Source(brightness=0.5, probability_threshold=0.3).check_number([1, 1]) == 0
    with pytest.raises(ResourceLimitError, match="take fewer photons"):
        Source(0.9, 0.9, 0.9).check_number([1] * 10)
    with pytest.raises(TypeError):
        Source().check_number("10")


def test_detector_defaults_are_perfect() -> None:
    """A detector with no arguments is perfect; its text names every value."""
    detector = Detector()
    assert detector.is_perfect
    assert detector.n_modes is None
    assert str(Detector(0.9, 0.1, False)) == (
        "Detector(efficiency = 0.9, p_dark = 0.1, photon_counting = False)"
    )
    assert repr(detector) == "lwfast.emulator." + str(detector)


@pytest.mark.parametrize(
    "values",
    [
        {"efficiency": 0.9},
        {"p_dark": 0.1},
        {"photon_counting": False},
        {"efficiency": [1, 0.9]},
        {"p_dark": [0, 0.1]},
        {"photon_counting": [True, False]},
    ],
)
def test_a_detector_with_one_flaw_is_not_perfect(values: dict[str, object]) -> None:
    """Any flaw, in any mode, makes detectors imperfect."""
    assert not Detector(**values).is_perfect  # type: ignore[arg-type]


def test_perfect_modes_are_perfect() -> None:
    """Perfect values given mode by mode are perfect."""
    assert Detector([1, 1], [0, 0], [True, True]).is_perfect


@pytest.mark.parametrize("name", ["efficiency", "p_dark"])
@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ("1", TypeError),
        (None, TypeError),
        (True, TypeError),
        ([0.5, "a"], TypeError),
        (1.1, ValueError),
        (-0.1, ValueError),
        (float("nan"), ValueError),
        ([0.5, 2], ValueError),
        ([], ValueError),
    ],
)
def test_detector_refuses(name: str, bad: object, error: type[Exception]) -> None:
    """A bad value raises when it is given and when it is set."""
    with pytest.raises(error, match=name):
        Detector(**{name: bad})  # type: ignore[arg-type]
    detector = Detector()
    with pytest.raises(error, match=name):
        setattr(detector, name, bad)
    assert detector == Detector()


@pytest.mark.parametrize("bad", [1, 0, "True", None, [True, 1]])
def test_photon_counting_is_a_bool(bad: object) -> None:
    """Only bools say whether photons are counted."""
    with pytest.raises(TypeError, match="photon_counting should be a boolean"):
        Detector(photon_counting=bad)  # type: ignore[arg-type]
    assert Detector(photon_counting=np.bool_(False)).photon_counting is False  # type: ignore[arg-type]


def test_values_mode_by_mode() -> None:
    """Sequences are one value a mode, have one length, and are spread to arrays."""
    detector = Detector(np.array([0.9, 0.8, 0.7]), 0.1, [True, False, True])  # type: ignore[arg-type]
    assert detector.n_modes == 3
    efficiency, p_dark, counting = detector.per_mode(3)
    assert efficiency.tolist() == [0.9, 0.8, 0.7]
    assert p_dark.tolist() == [0.1] * 3
    assert counting.tolist() == [True, False, True]
    assert (efficiency.dtype, p_dark.dtype, counting.dtype) == (float, float, bool)
    with pytest.raises(ModeMismatchError, match="3 modes, and the circuit has 4"):
        detector.per_mode(4)
    with pytest.raises(ModeMismatchError, match="2 values, efficiency has 3; give one per mode"):
        detector.p_dark = (0.1, 0.2)
    assert [len(a) for a in Detector().per_mode(2)] == [2, 2, 2]


def test_model_defaults_change_nothing() -> None:
    """A model without arguments is ideal, and so is one of perfect parts."""
    assert HardwareModel().is_ideal
    assert HardwareModel(Source(), (0, 0), Detector()).is_ideal
    for flawed in (
        HardwareModel(Source(brightness=0.5)),
        HardwareModel(loss=0.1),
        HardwareModel(loss=[0, 0.1]),  # type: ignore[arg-type]
        HardwareModel(detector=Detector(0.5)),
    ):
        assert not flawed.is_ideal


def test_model_refuses() -> None:
    """Parts have their types, losses their range."""
    with pytest.raises(TypeError, match="source should be a Source"):
        HardwareModel(source=0.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="detector should be a Detector"):
        HardwareModel(detector={})  # type: ignore[arg-type]
    for bad in (1.1, -0.1, [0.1, 2], []):
        with pytest.raises(ValueError, match="loss"):
            HardwareModel(loss=bad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="loss"):
        HardwareModel(loss="0.1")  # type: ignore[arg-type]


def test_loss_mode_by_mode() -> None:
    """One loss serves all modes, or each has its own."""
    assert HardwareModel(loss=0.2).loss_per_mode(3).tolist() == [0.2] * 3
    assert HardwareModel(loss=(0.1, 0.2)).loss_per_mode(2).tolist() == [0.1, 0.2]
    with pytest.raises(ModeMismatchError, match="2 modes, and the circuit has 3"):
        HardwareModel(loss=(0.1, 0.2)).loss_per_mode(3)


@pytest.mark.parametrize(
    "model",
    [
        HardwareModel(),
        HardwareModel(loss=0.25),
        HardwareModel(Source(0.99, 0.6, 0.95), (0.1, 0.2), Detector((0.9, 0.8), 1e-6, (True, False))),
    ],
)
def test_model_round_trip(model: HardwareModel) -> None:
    """`from_dict` reads what `to_dict` writes; models are values that copy and pickle."""
    data = model.to_dict()
    assert HardwareModel.from_dict(data) == model
    assert pickle.loads(pickle.dumps(model)) == model
    assert copy.deepcopy(model) == model
    assert copy.copy(model.detector) == model.detector


def test_from_dict_names_what_it_does_not_know() -> None:
    """Unknown names are listed, with the known ones."""
    with pytest.raises(ValueError, match=r"hardware model: losses, x\. It knows source, loss, detector"):
        HardwareModel.from_dict({"losses": 0.1, "x": 1})
    with pytest.raises(ValueError, match=r"in the source: g2\. It knows purity"):
        HardwareModel.from_dict({"source": {"g2": 0.1}})
    with pytest.raises(ValueError, match=r"in the detector: dark\. It knows efficiency"):
        HardwareModel.from_dict({"detector": {"dark": 0.1}})
    for bad in ({"source": 1}, {"detector": [1]}):
        with pytest.raises(TypeError, match="table of values"):
            HardwareModel.from_dict(bad)
    with pytest.raises(TypeError, match="table of values"):
        HardwareModel.from_dict([1])  # type: ignore[arg-type]
