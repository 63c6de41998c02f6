"""Parameters: values of a circuit that can be changed after it was built."""

from __future__ import annotations

import copy
import threading
from collections import UserDict
from collections.abc import Callable, Iterable
from math import inf, isfinite
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from lwfast._base.origin import lightworks_name, lightworks_package
from lwfast._base.validation import is_real
from lwfast._texts import is_unicode
from lwfast.errors import ParameterBoundsError, ParameterDictError, ParameterValueError

T = TypeVar("T")


class Parameter(Generic[T]):
    """A value that a circuit looks up each time it is built.

    Args:
        value: The initial value, usually a number.
        bounds: Lowest and highest value of a number, as a list or tuple; None in either place stands for no
            bound, and so does the default.
        label: Name of the value, by default None. Drawings show the name in place of the value. Results of a
            Sampler keep the value under this name.

    Raises:
        TypeError: `label` is not a string, or `bounds` is not a list or tuple.
        ValueError: `bounds` has another length than two.
        ParameterBoundsError: A bound or the value is NaN or not a number, or the value lies outside the
            bounds.

    Example:
        >>> angle = lw.Parameter(0.5, bounds=[0, 3], label="angle")
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.ps(0, angle)
        >>> angle.set(1.0)
        >>> circuit.get_all_params()
        [lwfast.Parameter(1.0, 'angle', [0, 3])]
    """

    def __init__(
        self,
        value: T,
        bounds: list[Any] | tuple[Any, Any] | None = None,
        label: str | None = None,
    ) -> None:
        if label is not None and not isinstance(label, str):
            msg = f"Label should be a string, got {type(label).__name__}."  # type: ignore[unreachable]
            raise TypeError(msg)
        if bounds is not None and not isinstance(bounds, tuple | list):
            msg = f"Bounds should be a tuple or list, got {type(bounds).__name__}."  # type: ignore[unreachable]
            raise TypeError(msg)
        if bounds is not None and len(bounds) != 2:
            msg = f"Bounds should have length 2, a minimum and a maximum, got {len(bounds)} values."
            raise ValueError(msg)
        self._value = value
        self.label = label
        self._min_bound: Any = None
        self._max_bound: Any = None
        if bounds is not None:
            if not is_real(value):
                raise ParameterBoundsError("Bounds cannot be set for non-numeric parameters.")
            self.min_bound, self.max_bound = bounds

    @property
    def min_bound(self) -> Any:
        """The lowest value that the parameter may take, or None."""
        return self._min_bound

    @min_bound.setter
    def min_bound(self, value: Any) -> None:
        self._check_bound(value)
        if value is not None and not self._value >= value:
            msg = f"Current parameter value {self._value} is below new minimum bound {value}."
            raise ParameterBoundsError(msg)
        self._min_bound = value

    @property
    def max_bound(self) -> Any:
        """The highest value that the parameter may take, or None."""
        return self._max_bound

    @max_bound.setter
    def max_bound(self, value: Any) -> None:
        self._check_bound(value)
        if value is not None and not self._value <= value:
            msg = f"Current parameter value {self._value} is above new maximum bound {value}."
            raise ParameterBoundsError(msg)
        self._max_bound = value

    def _check_bound(self, value: Any) -> None:
        if value is None:
            return
        if not is_real(self._value):
            raise ParameterBoundsError("Bounds cannot be set for non-numeric parameters.")
        if _is_nan(self._value):
            raise ParameterBoundsError(
                "Bounds cannot be set for a parameter that is NaN: it lies within none. Set a number first."
            )
        if not is_real(value) or _is_nan(value):
            msg = f"Bound should be numeric or None, got {value!r}."
            raise ParameterBoundsError(msg)

    def set(self, value: Any) -> None:
        """Change the value.

        Raises:
            ParameterValueError: The value lies outside the bounds, or is not numeric where there are bounds.
        """
        if self._min_bound is None and self._max_bound is None:
            self._value = value
            return
        if not is_real(value):
            msg = f"Parameter with bounds cannot be set to the non-numeric value {value!r}."
            raise ParameterValueError(msg)
        if value != value:  # NaN; integers beyond any float are numbers too
            raise ParameterValueError("Parameter with bounds cannot be set to NaN, which lies within none.")
        if self._min_bound is not None and not value >= self._min_bound:
            msg = f"Set value {value}{self._whose()} is below minimum bound {self._min_bound}."
            raise ParameterValueError(msg)
        if self._max_bound is not None and not value <= self._max_bound:
            msg = f"Set value {value}{self._whose()} is above maximum bound {self._max_bound}."
            raise ParameterValueError(msg)
        self._value = value

    def _whose(self) -> str:
        return "" if self.label is None else f" of {self.label!r}"

    def get(self) -> T:
        """Return the value."""
        return self._value

    def has_bounds(self) -> bool:
        """Say whether the value has a bound on either side."""
        return self._min_bound is not None or self._max_bound is not None

    def to_lightworks(self) -> Any:
        """Return a `lightworks.Parameter` that is this one: setting either sets both.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        from lwfast.circuit.foreign.lent_parameters import lent_parameter

        return lent_parameter(self)

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        parts = [repr(self._value) if isinstance(self._value, str) else str(self._value)]
        if self.label is not None:
            parts.append(repr(self.label))
        if self.has_bounds():
            parts.append(f"[{self._min_bound}, {self._max_bound}]")
        return f"lwfast.Parameter({', '.join(parts)})"


def labelled(pairs: Iterable[tuple[Any, Any]]) -> dict[str, float]:
    """Return numbers by label, of those that have a label and that a file can keep.

    A label of different numbers is left out.

    Args:
        pairs: The label and the value of each Parameter, whatever they are.
    """
    found: dict[str, float] = {}
    unclear: set[str] = set()
    for label, value in pairs:
        if not isinstance(label, str) or not is_real(value) or not is_unicode(label):
            continue
        try:
            number = float(value)
        except OverflowError:
            continue
        if isfinite(number) and found.setdefault(label, number) != number:
            unclear.add(label)
    return {label: number for label, number in found.items() if label not in unclear} if unclear else found


class FollowedParameter(Parameter[T]):
    """A Parameter of Lightworks as one of ours: its value, bounds and label are read and set there.

    It equals that Parameter, and finds it in dictionaries. `own_parameter` makes it, once for each.

    Args:
        theirs: The Parameter of Lightworks.
    """

    def __init__(self, theirs: Any) -> None:
        self._theirs = theirs

    @property
    def label(self) -> str | None:
        """Text to show in drawings instead of the value, or None."""
        label: str | None = self._theirs.label
        return label

    @label.setter
    def label(self, value: str | None) -> None:
        self._theirs.label = value

    @property
    def _value(self) -> T:
        value: T = self._theirs.get()
        return value

    @_value.setter
    def _value(self, value: Any) -> None:
        self._theirs.set(value)

    @property
    def _min_bound(self) -> Any:
        return self._theirs.min_bound

    @_min_bound.setter
    def _min_bound(self, value: Any) -> None:
        self._theirs.min_bound = value

    @property
    def _max_bound(self) -> Any:
        return self._theirs.max_bound

    @_max_bound.setter
    def _max_bound(self, value: Any) -> None:
        self._theirs.max_bound = value

    def to_lightworks(self) -> Any:
        """Return the Parameter of Lightworks."""
        return self._theirs

    def __eq__(self, value: object) -> bool:
        return value is self or value is self._theirs

    def __hash__(self) -> int:
        return hash(self._theirs)

    def __copy__(self) -> Parameter[T]:
        return _followed(copy.copy(self._theirs))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_followed, (self._theirs,))


_FOLLOWED: WeakValueDictionary[int, FollowedParameter[Any]] = WeakValueDictionary()
"""By the identity of Lightworks' Parameter, which lives as long as what follows it."""
_LOCK = threading.Lock()


def _followed(theirs: Any) -> FollowedParameter[Any]:
    with _LOCK:
        found = _FOLLOWED.get(id(theirs))
        if found is None:
            found = _FOLLOWED[id(theirs)] = FollowedParameter(theirs)
        return found


def own_parameter(value: Any) -> Parameter[Any] | None:
    """Return a Parameter of lwfast or of Lightworks as one of ours; None for anything else.

    One Parameter of Lightworks always gives the same one of ours, as long as that is in use.
    """
    if isinstance(value, Parameter):
        return value
    if not lightworks_name(value, ("Parameter",)):
        return None
    lent: Parameter[Any] | None = getattr(value, "lent_by", None)
    return _followed(value) if lent is None else lent


def value_or_parameter(value: Any, check: Callable[[Any], float]) -> float | Parameter[Any]:
    """Return a value that passes a check, or a Parameter of Lightworks as one of ours.

    Args:
        value: What a user gave for an element, and which is not a Parameter of lwfast.
        check: Returns a value that the element takes, and raises for any other.

    Raises:
        TypeError: It is neither.
        ValueError: The check says so.
    """
    try:
        return check(value)
    except TypeError:
        followed = own_parameter(value)
        if followed is None:
            raise
        return followed


class ParameterDict(UserDict[str, Parameter[Any]]):
    """Parameters by name: `d["a"]` is the Parameter, `d["a"] = 1` sets its value.

    Args:
        **kwargs: Parameters, or values to make Parameters of.

    Example:
        >>> parameters = lw.ParameterDict(angle=lw.Parameter(0.5))
        >>> parameters["angle"] = 1.0
        >>> parameters["angle"].get()
        1.0
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        for key, value in kwargs.items():
            parameter = own_parameter(value)
            self[key] = Parameter(value) if parameter is None else parameter

    @property
    def params(self) -> list[str]:
        """The names of all parameters."""
        return list(self.keys())

    def get_bounds(self) -> dict[str, tuple[Any, Any]]:
        """Return the bounds of each parameter; an open side is minus or plus infinity."""
        return {
            key: (
                -inf if parameter.min_bound is None else parameter.min_bound,
                inf if parameter.max_bound is None else parameter.max_bound,
            )
            for key, parameter in self.data.items()
        }

    def has_bounds(self) -> bool:
        """Say whether any parameter has a bound."""
        return any(parameter.has_bounds() for parameter in self.data.values())

    def items(self) -> list[tuple[str, Any]]:  # type: ignore[override]
        """Return pairs of name and present value."""
        return [(key, parameter.get()) for key, parameter in self.data.items()]

    def remove(self, key: str) -> None:
        """Take a parameter out.

        Raises:
            KeyError: The dictionary has no parameter with this name.
        """
        if key not in self.data:
            raise KeyError(_missing(key))
        del self.data[key]

    def to_lightworks(self) -> Any:
        """Return a `lightworks.ParameterDict` of the same Parameters: setting either sets both.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        package = lightworks_package()
        if package is None:
            return self
        return package.ParameterDict(**{key: one.to_lightworks() for key, one in self.data.items()})

    def __setitem__(self, key: str, item: Any) -> None:
        parameter = own_parameter(item)
        if key in self.data:
            if parameter is not None:
                msg = f"Cannot overwrite existing Parameter {key!r} with a new Parameter; remove it first."
                raise ParameterDictError(msg)
            self.data[key].set(item)
            return
        if parameter is None:
            msg = f"The value of the new key {key!r} should be a Parameter, got {type(item).__name__}."
            raise ParameterDictError(msg)
        self.data[key] = parameter

    def __getitem__(self, key: str) -> Parameter[Any]:
        try:
            return self.data[key]
        except KeyError:
            raise KeyError(_missing(key)) from None


def _is_nan(value: Any) -> bool:
    """Say whether a number is NaN; integers beyond any float are numbers too."""
    return bool(value != value)


def _missing(key: object) -> str:
    return f"Parameter '{key}' not found in ParameterDict."
