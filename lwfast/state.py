"""Fock states as people meet them: immutable, hashable, ordered."""

from __future__ import annotations

import operator
import struct
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._base.origin import lightworks_package
from lwfast._base.validation import full_name
from lwfast.errors import StateError

_NOT_INTEGER = "State mode occupation numbers should be integers, got {!r} of type {} in mode {}."
_NEGATIVE = "Mode occupation numbers cannot be negative, got {} in mode {}."
X: Any = "X"
"""Stands in a State for an invalid qubit; the type of photon numbers does not include it."""
X_CODE = MAX_STATE_PHOTONS
"""Stands for X in the tables of results that say `has_x`; in all others it is a photon number."""
_NO_NUMBER = "{} has X, an invalid qubit, in mode {}, and an X has no photon number."
_ZERO, _ONE = 0, 1
_new = object.__new__
_modules = sys.modules


class State:
    """A Fock state: the number of photons in each mode.

    Immutable, hashable, ordered as the tuple of its photon numbers. States can be concatenated with `+`,
    merged mode by mode, indexed, sliced and iterated.

    Where Lightworks is imported, its states and these are equal if their photon numbers are, have the same
    hash, and find each other in sets and dictionaries. An `lwfast.State` then also passes Lightworks' own
    `isinstance(state, State)`, which its comparisons and its tasks ask for.

    A mode may also hold the text "X", as `convert.dual_rail_to_qubit(..., allow_invalid=True)` puts it for an
    invalid qubit. Such a state is a label: it keys results, compares, sorts behind all photon numbers and has
    text, but nothing that counts photons takes it.

    Args:
        state: The photon number of each mode, as Python or NumPy integers.

    Raises:
        TypeError: An entry is not an integer; `1.0` and `True` do not count as integers.
        ValueError: An entry is negative.

    Example:
        >>> state = lw.State([1, 0, 2])
        >>> state
        lwfast.State(|1,0,2>)
        >>> state.n_photons, state[2]
        (3, 2)
        >>> state + lw.State([0, 1, 0])
        lwfast.State(|1,0,2,0,1,0>)
    """

    __slots__ = ("_occupation",)
    _occupation: tuple[int, ...]

    def __init__(self, state: Iterable[int]) -> None:
        self._occupation = values = tuple(state)
        # A plain loop beats set(map(type, ...)) and operator.countOf up to 20 modes: 0.38 to 0.53 us at 8.
        # Most photon numbers are 0 and 1, of which CPython has one object each: a tenth of the time less.
        for value in values:
            if value is not _ZERO and value is not _ONE and (type(value) is not int or value < 0):
                self._occupation = _checked(values)
                return

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
            TypeError: `merge_state` is not a state, or a mode holds "X".
            ValueError: The states differ in their number of modes.
        """
        other = as_occupation(merge_state)
        if len(other) != len(self._occupation):
            msg = (
                f"Merged states must be the same length, got {len(self._occupation)} and {len(other)} modes."
            )
            raise ValueError(msg)
        return trusted_state(tuple(map(operator.add, as_occupation(self), other)))

    def to_lightworks(self) -> Any:
        """Return the state as a `lightworks.State`.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        package = lightworks_package()
        return self if package is None else package.State(list(self._occupation))

    def _validate(self) -> None:
        """Do nothing: a State is checked when it is made. Kept for code written for Lightworks."""

    @property
    def __s(self) -> list[int]:
        """The photon numbers under the name that Lightworks' `+` reads of what it takes for its own."""
        return list(self._occupation)

    if not TYPE_CHECKING:  # type checkers know the one class that a State is of

        @property
        def __class__(self) -> type:
            """What `isinstance` asks about beside the type, Lightworks' State where that is imported.

            It answers `==` with a plain False to what is not its own, so that nothing else lets it compare.
            """
            if "lightworks" not in _modules:  # nearly every call
                return State
            return _lightworks_state() or State

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
        own = own_state(value)
        if own is not None:
            return self + own
        msg = f"Addition only supported between states, got {full_name(value)}."
        raise TypeError(msg)

    def __eq__(self, value: object) -> bool:
        if isinstance(value, State):
            return self._occupation == value._occupation
        theirs = _lightworks_values(value)
        return NotImplemented if theirs is None else self._occupation == theirs

    def __hash__(self) -> int:
        # That of the text, as in Lightworks: equal states of the two meet in dictionaries. Formatting all
        # numbers at once takes a third of the time of putting texts together.
        values = self._occupation
        try:
            return hash(_TEXT_FORMS[len(values)] % values)
        except TypeError:  # an X is not a number
            return hash(str(self))

    def __lt__(self, value: State) -> bool:
        if isinstance(value, State):
            try:
                return self._occupation < value._occupation
            except TypeError:  # an X beside a photon number
                return _sortable(self) < _sortable(value)
        own = own_state(value)  # type: ignore[unreachable]
        return NotImplemented if own is None else self < own

    def __le__(self, value: State) -> bool:
        if isinstance(value, State):
            try:
                return self._occupation <= value._occupation
            except TypeError:  # an X beside a photon number
                return _sortable(self) <= _sortable(value)
        own = own_state(value)  # type: ignore[unreachable]
        return NotImplemented if own is None else self <= own

    def __gt__(self, value: State) -> bool:
        if isinstance(value, State):
            try:
                return self._occupation > value._occupation
            except TypeError:  # an X beside a photon number
                return _sortable(self) > _sortable(value)
        own = own_state(value)  # type: ignore[unreachable]
        return NotImplemented if own is None else self > own

    def __ge__(self, value: State) -> bool:
        if isinstance(value, State):
            try:
                return self._occupation >= value._occupation
            except TypeError:  # an X beside a photon number
                return _sortable(self) >= _sortable(value)
        own = own_state(value)  # type: ignore[unreachable]
        return NotImplemented if own is None else self >= own

    def __len__(self) -> int:
        return len(self._occupation)

    def __iter__(self) -> Iterator[int]:
        return iter(self._occupation)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        # Not `__reduce__`, which pickle looks for in what `__class__` says.
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


def _lightworks_state() -> type | None:
    """Return Lightworks' State, where Lightworks is imported and lwfast does not stand in its place."""
    theirs = getattr(sys.modules.get("lightworks"), "State", None)
    return theirs if isinstance(theirs, type) and theirs is not State else None


def _lightworks_values(value: Any) -> tuple[Any, ...] | None:
    """Return what Lightworks' State holds, unchecked as it is there; None for anything else."""
    kind = _lightworks_state()
    return tuple(value.s) if kind is not None and issubclass(type(value), kind) else None


def own_state(value: Any) -> State | None:
    """Return a State of lwfast or of Lightworks as one of ours; None for anything else.

    Raises:
        TypeError: An entry of Lightworks' State is not an integer: it checks none.
        ValueError: An entry is negative.
    """
    if isinstance(value, State):
        return value
    values = _lightworks_values(value)
    return None if values is None else trusted_state(_checked(values))


class _TextForms(dict[int, str]):
    """By the number of modes, what `%` makes the text of a state of, as Lightworks writes it."""

    def __missing__(self, n_modes: int) -> str:
        bar = "|" if n_modes else ""  # that of no mode has none
        form = self[n_modes] = f"{bar}{','.join(['%d'] * n_modes)}>"
        return form


_TEXT_FORMS = _TextForms()


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
        TypeError: `obj` is not one of these, or an entry is not an integer.
        ValueError: An entry is negative, or an array has another number of dimensions than one.
    """
    occupation = as_label(obj)
    if X in occupation:
        raise _without_number(occupation)
    return occupation


def as_label(obj: Any) -> tuple[Any, ...]:
    """Return the photon numbers of anything that stands for a Fock state, where a mode may also hold "X".

    Args:
        obj: Anything that stands for a state, as for `as_occupation`.

    Returns:
        One Python int a mode, or "X".

    Raises:
        TypeError: `obj` is not one of these, or an entry is neither an integer nor "X".
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
