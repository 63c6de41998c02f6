"""Parameter and ParameterDict."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from lwfast.circuit import Parameter, ParameterDict
from lwfast.errors import ParameterBoundsError, ParameterDictError, ParameterValueError


def test_value_can_be_changed() -> None:
    """A parameter holds anything, and gives what was set last."""
    parameter: Parameter[Any] = Parameter(1)
    assert parameter.get() == 1
    parameter.set("text")
    assert parameter.get() == "text"
    assert not parameter.has_bounds()


def test_bounds_hold() -> None:
    """A bounded parameter refuses what lies outside, NaN, and what is no number; it then keeps its value."""
    parameter = Parameter(0.5, bounds=[0, 1])
    for good in (0, 1, np.float64(0.25)):
        parameter.set(good)
        assert parameter.get() == good
    for bad in (-0.1, 1.1, float("nan"), "a", True, None):
        with pytest.raises(ParameterValueError):
            parameter.set(bad)
    assert parameter.get() == 0.25


def test_one_sided_bounds() -> None:
    """None leaves a side open."""
    parameter = Parameter(1, bounds=(None, 2))
    assert (parameter.min_bound, parameter.max_bound) == (None, 2)
    parameter.set(-100)
    with pytest.raises(ParameterValueError, match="above maximum bound 2"):
        parameter.set(3)
    with pytest.raises(ParameterValueError, match="value -1 of 'loss' is below minimum bound 0"):
        Parameter(0.5, bounds=(0, 1), label="loss").set(-1)
    parameter.max_bound = None
    assert not parameter.has_bounds()


def test_bounds_fit_the_value() -> None:
    """Bounds that leave the value out are refused, at first and later."""
    with pytest.raises(ParameterBoundsError, match="below new minimum"):
        Parameter(0, bounds=[1, 2])
    with pytest.raises(ParameterBoundsError, match="above new maximum"):
        Parameter(3, bounds=[1, 2])
    parameter = Parameter(1, bounds=[0, 2])
    with pytest.raises(ParameterBoundsError):
        parameter.min_bound = 1.5
    with pytest.raises(ParameterBoundsError):
        parameter.max_bound = 0.5
    assert (parameter.min_bound, parameter.max_bound) == (0, 2)


@pytest.mark.parametrize("value", ["a", True, None, 1j])
def test_bounds_need_numbers(value: object) -> None:
    """Only numbers have bounds, and only numbers are bounds."""
    with pytest.raises(ParameterBoundsError, match="non-numeric"):
        Parameter(value, bounds=[0, 1])
    with pytest.raises(ParameterBoundsError, match="non-numeric"):
        Parameter(value).min_bound = 0
    if value is not None:
        with pytest.raises(ParameterBoundsError, match="numeric or None"):
            Parameter(0.5).max_bound = value


def test_other_arguments_are_checked() -> None:
    """Labels are text, bounds a pair."""
    with pytest.raises(TypeError, match="Label"):
        Parameter(1, label=2)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Bounds should be a tuple or list"):
        Parameter(1, bounds={0, 2})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="length 2"):
        Parameter(1, bounds=[0])


def test_text() -> None:
    """The text of a parameter shows value, label and bounds."""
    assert str(Parameter(0.5)) == "0.5"
    assert repr(Parameter(0.5)) == "lwfast.Parameter(0.5)"
    assert repr(Parameter("a", label="b")) == "lwfast.Parameter('a', 'b')"
    assert repr(Parameter(1, bounds=[0, 2], label="b")) == "lwfast.Parameter(1, 'b', [0, 2])"


def test_parameters_compare_by_identity_and_pickle() -> None:
    """Two parameters of one value are two; a pickled one keeps value, bounds and label."""
    parameter = Parameter(1, bounds=[0, 2], label="b")
    assert parameter != Parameter(1, bounds=[0, 2], label="b")
    assert {parameter: 1}[parameter] == 1
    assert repr(pickle.loads(pickle.dumps(parameter))) == repr(parameter)
    assert repr(copy.deepcopy(parameter)) == repr(parameter)


def test_dict_sets_values_of_its_parameters() -> None:
    """Setting a known key sets the value; the Parameter stays the same object."""
    inner = Parameter(1)
    table = ParameterDict(a=inner, b=2)
    table["a"] = 5
    assert table["a"] is inner
    assert inner.get() == 5
    assert table.params == ["a", "b"]
    assert table.items() == [("a", 5), ("b", 2)]
    assert [p.get() for p in table.values()] == [5, 2]
    table["c"] = Parameter(3)
    assert len(table) == 3
    assert "c" in table


def test_dict_refuses() -> None:
    """New keys take Parameters, known ones take values, absent ones raise KeyError."""
    table = ParameterDict(a=1)
    with pytest.raises(ParameterDictError, match="Cannot overwrite"):
        table["a"] = Parameter(2)
    with pytest.raises(ParameterDictError, match="should be a Parameter"):
        table["b"] = 2
    for access in (lambda: table["b"], lambda: table.remove("b")):
        with pytest.raises(KeyError, match="'b' not found"):
            access()
    table.remove("a")
    assert not table


def test_dict_bounds() -> None:
    """Bounds of all parameters, open sides infinite."""
    table = ParameterDict(a=Parameter(1, bounds=[0, None]), b=2)
    assert table.get_bounds() == {"a": (0, np.inf), "b": (-np.inf, np.inf)}
    assert table.has_bounds()
    assert not ParameterDict(a=1).has_bounds()


def test_nan_lies_within_no_bounds() -> None:
    """NaN is refused beside bounds, as a value and as a bound, by the constructor as by every setter."""
    nan = float("nan")
    for bounds in ([0, 1], [None, 1], (0, None)):
        with pytest.raises(ParameterBoundsError, match="NaN"):
            Parameter(nan, bounds=bounds)
        bounded = Parameter(0.5, bounds=bounds)
        with pytest.raises(ParameterValueError, match="NaN"):
            bounded.set(nan)
    for bounds in ([nan, 1], [0, nan], (None, np.float64("nan"))):
        with pytest.raises(ParameterBoundsError, match="should be numeric or None, got"):
            Parameter(0.5, bounds=bounds)
    free = Parameter(nan)
    for name in ("min_bound", "max_bound"):
        with pytest.raises(ParameterBoundsError, match="NaN"):
            setattr(free, name, 1)
        with pytest.raises(ParameterBoundsError):
            setattr(Parameter(0.5), name, nan)
    assert not free.has_bounds()
    parameters = ParameterDict(a=Parameter(0.5, bounds=[0, 1]))
    with pytest.raises(ParameterValueError):
        parameters["a"] = nan
    assert parameters["a"].get() == 0.5
    assert Parameter(10**400, bounds=[0, float("inf")]).get() == 10**400
