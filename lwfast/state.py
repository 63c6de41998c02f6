"""Fock states as people meet them: immutable, hashable, ordered."""

from __future__ import annotations

import operator
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from typing import Any, NoReturn, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._base.validation import full_name
from lwfast.errors import StateError

_NOT_INTEGER = "State mode occupation numbers should be integers, got {!r} of type {} in mode {}."
_NEGATIVE = "Mode occupation numbers cannot be negative, got {} in mode {}."
X: Any = "X"
"""Stands in a State for an invalid qubit; the type of photon numbers does not tell of it."""
X_CODE = MAX_STATE_PHOTONS
"""Stands for X in the tables of results that say `has_x`; in all others it is a photon number."""
_NO_NUMBER = "{} has X, an invalid qubit, in mode {}, and an X has no photon number."
_ZERO, _ONE = 0, 1
_new = object.__new__


class State:
    """A Fock state: the number of photons in each mode.

    Immutable, hashable, ordered as the tuple of its photon numbers. States can be concatenated with `+`,
    merged mode by mode, indexed, sliced and iterated.

    A mode may also hold the text "X", as `convert.dual_rail_to_qubit(..., allow_invalid=True)` puts it for an
    invalid qubit. Such a state is a label: it keys results, compares, sorts behind all photon numbers and has
    text, but nothing that counts photons takes it.

    Args:
        state: The photon number of each mode, as Python or NumPy integers.

    Raises:
        TypeError: An entry is no integer (`1.0` and `True` are none).
        ValueError: An entry is negative.
    """

    __slots__ = ("_occupation",)
    _occupation: tuple[int, ...]

    def __init__(self, state: Iterable[int]) -> None:
        values = tuple(state)
        # A plain loop beats set(map(type, ...)) and operator.countOf up to 20 modes: 0.38 to 0.53 us at 8.
        # Most photon numbers are 0 and 1, of which CPython has one object each: a tenth of the time less.
        for value in values:
            if value is not _ZERO and value is not _ONE and (type(value) is not int or value < 0):
                values = _checked(values)
                break
        self._occupation = values

    @property
    def s(self) -> list[int]:
        """A copy of the photon numbers, as a list."""
        return list(self._occupation)

    @s.setter
    def s(self, _value: Any) -> NoReturn:
        raise StateError("State value should not be modified directly; make a new State.")

    @property
    def n_modes(self) -> int:
        """The number of modes."""
        return len(self._occupation)

    @n_modes.setter
    def n_modes(self, _value: Any) -> NoReturn:
        raise StateError("Number of modes cannot be modified; make a new State.")

    @property
    def n_photons(self) -> int:
        """The number of photons in all modes together.

        Raises:
            TypeError: A mode holds "X".
        """
        try:
            return sum(self._occupation)
        except TypeError:
            raise _without_number(self._occupation) from None

    @n_photons.setter
    def n_photons(self, _value: Any) -> NoReturn:
        raise StateError("Number of photons cannot be modified; make a new State.")

    def merge(self, merge_state: State) -> State:
        """Add the photon numbers of another state, mode by mode.

        Args:
            merge_state: A state over as many modes.

        Returns:
            The state with the photons of both.

        Raises:
            TypeError: `merge_state` is no state, or a mode holds "X".
            ValueError: The states differ in their number of modes.
        """
        other = as_occupation(merge_state)
        if len(other) != len(self._occupation):
            msg = (
                f"Merged states must be the same length, got {len(self._occupation)} and {len(other)} modes."
            )
            raise ValueError(msg)
        return trusted_state(tuple(map(operator.add, as_occupation(self), other)))

    def _validate(self) -> None:
        """Do nothing: a State is checked when it is made. Kept for code written for Lightworks."""

    def __str__(self) -> str:
        return "|" + ",".join(map(str, self._occupation)) + ">"

    def __repr__(self) -> str:
        return f"lwfast.State({self})"

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import code

        return code(f"|{','.join(map(str, self._occupation))}⟩")

    def __add__(self, value: object) -> State:
        if isinstance(value, State):
            both = _new(State)  # in place of a call to trusted_state, which is a tenth of the time
            both._occupation = self._occupation + value._occupation
            return both
        msg = f"Addition only supported between states of lwfast, got {full_name(value)}."
        raise TypeError(msg)

    def __eq__(self, value: object) -> bool:
        if isinstance(value, State):
            return self._occupation == value._occupation
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._occupation)

    def __lt__(self, value: State) -> bool:
        if isinstance(value, State):
            try:
                return self._occupation < value._occupation
            except TypeError:  # an X beside a photon number
                return _sortable(self) < _sortable(value)
        return NotImplemented

    def __le__(self, value: State) -> bool:
        if isinstance(value, State):
            try:
                return self._occupation <= value._occupation
            except TypeError:  # an X beside a photon number
                return _sortable(self) <= _sortable(value)
        return NotImplemented

    def __gt__(self, value: State) -> bool:
        if isinstance(value, State):
            try:
                return self._occupation > value._occupation
            except TypeError:  # an X beside a photon number
                return _sortable(self) > _sortable(value)
        return NotImplemented

    def __ge__(self, value: State) -> bool:
        if isinstance(value, State):
            try:
                return self._occupation >= value._occupation
            except TypeError:  # an X beside a photon number
                return _sortable(self) >= _sortable(value)
        return NotImplemented

    def __len__(self) -> int:
        return len(self._occupation)

    def __iter__(self) -> Iterator[int]:
        return iter(self._occupation)

    def __reduce__(self) -> tuple[Any, ...]:
        return (trusted_state, (self._occupation,))

    def __copy__(self) -> State:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> State:
        return self

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise StateError("State object does not support item assignment; make a new State.")

    def __delitem__(self, key: Any) -> NoReturn:
        raise StateError("State object does not support item deletion; make a new State.")

    @overload
    def __getitem__(self, indices: SupportsIndex) -> int: ...

    @overload
    def __getitem__(self, indices: slice) -> State: ...

    def __getitem__(self, indices: SupportsIndex | slice) -> int | State:
        if isinstance(indices, slice):
            part = _new(State)
            part._occupation = self._occupation[indices]  # noqa: SLF001  (of this class)
            return part
        try:
            return self._occupation[indices]
        except TypeError:
            msg = f"Subscript should either be int or slice, got {type(indices).__name__}."
            raise TypeError(msg) from None


def trusted_state(occupation: tuple[int, ...]) -> State:
    """Wrap a tuple of Python ints that is known to be valid, without looking at it again.

    The constructor of the rooms above: the rows of a uint8 table, as Python ints, are valid.
    """
    state = _new(State)
    state._occupation = occupation  # noqa: SLF001  (of this module)
    return state


def states_of(table: NDArray[np.uint8], has_x: bool = False) -> list[State]:
    """Return the rows of a table as states.

    Args:
        table: uint8[N, n_modes]; its type says that every row is valid.
        has_x: Whether 255 in it stands for X.
    """
    n_rows, n_modes = table.shape
    states = list(map(_new, repeat(State, n_rows)))
    # Loops in C: half of the time. `struct` makes tuples of bytes in half of the time of `tolist`.
    rows: Iterable[tuple[Any, ...]]
    if has_x:
        rows = map(tuple, _with_x(table).tolist())
    else:
        rows = struct.iter_unpack(f"{n_modes}B", table.tobytes()) if n_modes else repeat(())
    deque(map(_set_occupation, states, rows), maxlen=0)
    return states


def iterate_states(table: NDArray[np.uint8], has_x: bool = False) -> Iterator[State]:
    """Go through the rows of a table as states; the first of many do not wait for the last.

    Args:
        table: uint8[N, n_modes]; its type says that every row is valid.
        has_x: Whether 255 in it stands for X.
    """
    starts = range(0, len(table), _CHUNK)
    return chain.from_iterable(states_of(table[start : start + _CHUNK], has_x) for start in starts)


def _with_x(table: NDArray[np.uint8]) -> NDArray[np.object_]:
    objects = table.astype(np.object_)
    objects[table == X_CODE] = X
    return objects


_CHUNK = 4096
_set_occupation = State._occupation.__set__  # type: ignore[attr-defined, misc]  # noqa: SLF001  (of this module)


def _checked(values: tuple[Any, ...]) -> tuple[int, ...]:
    """Return photon numbers as Python ints and X as it is, or raise what State promises.

    Raises:
        TypeError: An entry is neither an integer nor "X".
        ValueError: An entry is negative.
    """
    checked: list[Any] = []
    for mode, value in enumerate(values):
        if isinstance(value, str) and value == X:
            checked.append(X)
            continue
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise TypeError(_NOT_INTEGER.format(value, type(value).__name__, mode))
        if value < 0:
            raise ValueError(_NEGATIVE.format(value, mode))
        checked.append(int(value))
    return tuple(checked)


def _sortable(state: State) -> list[float]:
    """Return what a state with X is ordered by: X comes behind all photon numbers."""
    return [float("inf") if n == X else n for n in state]


def _without_number(occupation: tuple[Any, ...]) -> TypeError:
    return TypeError(_NO_NUMBER.format(f"State {trusted_state(occupation)}", occupation.index(X)))


def as_occupation(obj: Any) -> tuple[int, ...]:
    """Return the photon numbers of anything that stands for a Fock state.

    Args:
        obj: A State, a tuple, a list or a one-dimensional integer array of photon numbers, or an object whose
            attribute `s` is one of these (Lightworks' own State).

    Returns:
        One Python int a mode.

    Raises:
        TypeError: `obj` is none of these, or an entry is no integer.
        ValueError: An entry is negative, or an array has another number of dimensions than one.
    """
    occupation = as_label(obj)
    if X in occupation:
        raise _without_number(occupation)
    return occupation


def as_label(obj: Any) -> tuple[Any, ...]:
    """Return the photon numbers of anything that stands for a Fock state, where a mode may also hold "X".

    Args:
        obj: As for `as_occupation`.

    Returns:
        One Python int a mode, or "X".

    Raises:
        TypeError: `obj` is none of these, or an entry is neither an integer nor "X".
        ValueError: An entry is negative, or an array has another number of dimensions than one.
    """
    if isinstance(obj, State):
        return obj._occupation  # noqa: SLF001  (saves a copy)
    if isinstance(obj, np.ndarray):
        if obj.ndim != 1:
            msg = f"A state should be a one-dimensional array of photon numbers, got shape {obj.shape}."
            raise ValueError(msg)
        return _checked(tuple(obj))
    if isinstance(obj, tuple | list):
        return _checked(tuple(obj))
    values = getattr(obj, "s", None)
    if isinstance(values, tuple | list):
        return _checked(tuple(values))
    msg = f"Expected a State or a sequence of photon numbers, got {obj!r} of type {type(obj).__name__}."
    raise TypeError(msg)
