"""A read-only mapping from State to a number over columns; the base of every result."""

from __future__ import annotations

import copy
from collections.abc import ItemsView, Iterator, KeysView, Mapping, MappingView, ValuesView
from itertools import chain
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen, handed_out
from lwfast._texts import ended
from lwfast._types import AnyArray, StateTable
from lwfast.results.columns.dict_reading import DictReading
from lwfast.results.columns.frame_calls import refuse_pandas, refuse_polars
from lwfast.results.columns.index import StateIndex
from lwfast.results.columns.labels import LabelTable, has_an_x, refuse_x
from lwfast.results.columns.record import deep_unless_same
from lwfast.results.columns.text import first_entries
from lwfast.results.processing.differences import Differences, differences_of
from lwfast.state import State, as_label, iterate_states, states_of
from lwfast.tables.packed_table import PackedTable, Table, as_bytes, packed, same_tables

V = TypeVar("V")
_CHUNK = 4096
KEPT = 1024
"""Up to so many rows, a map keeps the Python objects that it has made, at most some 250 KB."""
_ON_DEMAND = ("_built", "_bytes", "_index", "__weakref__")


class Built(NamedTuple, Generic[V]):
    """What a person meets who goes through a map."""

    states: tuple[State, ...]
    values: tuple[V, ...]
    items: tuple[tuple[State, V], ...]


class StateMap(DictReading, Mapping[State, V], Generic[V]):
    """Numbers keyed by State, held as a table and a vector.

    A large table is held as words, where they take less room (see `packed`), and as bytes from when `states`
    is first asked for.

    Reads as a dict: `[]`, `in`, `get`, `items`, `keys`, `values`, `len`, `==`, `|`, `reversed`, `copy`. A key
    may be anything that stands for a state: a State, a tuple, a list, a row of an array, Lightworks' own
    State. Cannot be changed; a copy that can is `dict(result)`.

    Args:
        states: `uint8[N, n_modes]`, or words; distinct rows, owned by the new object: read-only from now on.
        values: `(N,)`, owned by the new object: read-only from now on.
        index: The index of the states, where there is one.
        has_x: Whether 255 in the states stands for X.
    """

    __slots__ = ("__weakref__", "_built", "_bytes", "_has_x", "_index", "_states", "_values")

    _states: Table
    _bytes: StateTable | None
    _values: AnyArray
    _index: StateIndex | None
    _built: Built[V] | None
    _has_x: bool
    _are_exact: ClassVar[bool] = True
    """Whether floats are the true values, and do not come from samples."""

    def __init__(
        self, states: Table, values: AnyArray, index: StateIndex | None = None, has_x: bool = False
    ) -> None:
        if has_x:
            states = as_bytes(states)  # where 255 stands for X
        if isinstance(states, PackedTable):
            self._states, self._bytes = _frozen_words(states), None
        else:
            self._states = self._bytes = frozen(np.ascontiguousarray(states))
        self._values = frozen(np.ascontiguousarray(values))
        self._index = index
        self._built = None
        self._has_x = has_x and has_an_x(self.states, has_x)

    @property
    def states(self) -> StateTable:
        """The states as rows, `uint8[N, n_modes]`, read-only.

        Numbers of this type have no sign and end at 255: `states[:, 0] - states[:, 1]` of `|0,1>` is 255, and
        a product of 16 and 16 is 0. Take `differences`, or `states.astype(int)`. Where `has_x`, 255 stands
        for X.
        """
        found = self._bytes  # another thread may pack the table meanwhile
        if found is None:
            found = self._bytes = frozen(as_bytes(self._states))
        return found

    @property
    def packed(self) -> PackedTable | None:
        """The states as words, read-only; None where there are few, an X, or words take no less room.

        `packed.words` is `uint64[N, w]`, with `packed.bits` bits for each mode.
        """
        if not isinstance(self._states, PackedTable):
            words = None if self._has_x else packed(self._states)
            if words is None:
                return None
            self._states = _frozen_words(words)
            self._bytes = None
        return self._states

    @property
    def has_x(self) -> bool:
        """Whether there is an X, an invalid qubit, in the states; 255 stands for it in `states` then."""
        return self._has_x

    @property
    def n_modes(self) -> int:
        """Number of modes of the states; 0 for a result without states."""
        return int(self._states.shape[1])

    @property
    def outputs(self) -> list[State]:
        """The states in order, as a new list."""
        return list(self)

    def __len__(self) -> int:
        return len(self._states)

    def __iter__(self) -> Iterator[State]:
        built = self._objects
        if built is not None:
            return iter(built.states)
        found = self._bytes  # read once: another thread may pack the table meanwhile
        if found is not None:
            return iterate_states(found, self._has_x)
        pieces = (self._states[start : start + _CHUNK] for start in range(0, len(self), _CHUNK))
        return chain.from_iterable(iterate_states(as_bytes(piece)) for piece in pieces)

    def __reversed__(self) -> Iterator[State]:
        built = self._objects
        return iterate_states(self.states[::-1], self._has_x) if built is None else reversed(built.states)

    def __contains__(self, key: object) -> bool:
        try:
            return self._row_of(key) >= 0
        except (TypeError, ValueError):
            return False

    def __getitem__(self, key: Any) -> V:
        try:
            row = self._row_of(key)
        except ValueError as error:
            raise KeyError(f"{key!r} is not a state, and not in the data: {ended(error)}") from None
        if row < 0:
            raise KeyError(f"Provided output state {State(as_label(key))} not in data.")
        return self._value(row)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of a state, or `default` if it is missing."""
        try:
            row = self._row_of(key)
        except (TypeError, ValueError):
            return default
        return default if row < 0 else self._value(row)

    def keys(self) -> KeysView[State]:
        """The states, as a view."""
        refuse_polars(self._frame_remedy("polars"))
        return StateKeys(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        """Return the values, in the order of `states`."""
        refuse_pandas(self._frame_remedy("pandas"))
        what = "The values" if self._values.dtype.kind != "i" else "The counts"
        return handed_out(self._values, dtype, copy, what)

    def _frame_remedy(self, library: str) -> str:
        """Return what makes a DataFrame of one of the libraries."""
        if hasattr(self, f"to_{library}"):
            return f"result.to_{library}()"
        return "a table of .states and .values()"

    def items(self) -> ItemsView[State, V]:
        """Pairs of state and value, as a view."""
        return StateItems(self)

    def values(self) -> ValuesView[V]:
        """The values, as a view."""
        return StateValues(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StateMap):
            return self._equals_columns(other)
        if not isinstance(other, Mapping):
            return NotImplemented
        if len(other) != len(self):
            return False
        found = set()
        for key, value in other.items():
            try:
                row = self._row_of(key)
            except (TypeError, ValueError):
                return False
            if row < 0 or not self._value(row) == value:
                return False
            found.add(row)
        return len(found) == len(self)  # a dict may hold one state twice, as a tuple and as a State

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{{{', '.join(first_entries(self))}}}"

    def __copy__(self) -> StateMap[V]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> StateMap[V]:
        # Columns cannot be changed and may be large; what a user gave beside them may be changed.
        slots, own = self._as_dict(), getattr(self, "__dict__", {})  # of a class of a user
        given = {name: value for name, value in slots.items() if name not in ("_states", "_values")}
        copied = {name: copy.deepcopy(value, memo) for name, value in given.items()}
        copied_own = deep_unless_same(own, memo)
        if copied_own is own and all(copied[name] is value for name, value in given.items()):
            return self
        other = _restored(type(self), {**slots, **copied})
        if own:
            vars(other).update(copied_own)
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        # Classes of users may have attributes of their own.
        return _restored, (type(self), self._as_dict()), getattr(self, "__dict__", None) or None

    def _as_dict(self) -> dict[str, Any]:
        """Return what pickling keeps: every slot but those that are filled again on demand."""
        names = [name for cls in type(self).__mro__ for name in getattr(cls, "__slots__", ())]
        return {name: getattr(self, name) for name in names if name not in _ON_DEMAND}

    def _value(self, row: int) -> V:
        value: V = self._values.item(row)
        return value

    def _row_of(self, key: Any) -> int:
        try:
            occupation = as_label(key)
        except TypeError:
            raise TypeError(f"Get item value must be a State, not {type(key).__name__}.") from None
        return self._lookup.row(occupation)

    def differences(self, modes: Any, others: Any) -> Differences:
        """Return how often each difference of photon numbers occurs: of those in `modes` and in `others`.

        `result.differences(0, 1).mean` is the mean of n_0 - n_1.

        Args:
            modes: One mode, or several whose photons are added up.
            others: The modes on the other side, in the same forms as `modes`.

        Raises:
            ModeRangeError: If there is no such mode.
            ResourceLimitError: If the counts add up to more than 2^63 - 1.
            ResultError: If a state has an X.
            TypeError: If a mode is not an integer, or the values are amplitudes.
            ValueError: If no mode is given, or one is given twice or on both sides.
        """
        refuse_x(self._has_x, "difference")
        return differences_of(self._states, self._values, modes, others, are_exact=self._are_exact)

    @property
    def _objects(self) -> Built[V] | None:
        """States, values and pairs of them as Python objects, kept with a small map; None for a large one."""
        if self._built is None and len(self) <= KEPT:
            states, values = tuple(states_of(self.states, self._has_x)), tuple(self._values.tolist())
            self._built = Built(states, values, tuple(zip(states, values, strict=True)))
        return self._built

    @property
    def _lookup(self) -> StateIndex:
        if self._index is None:
            self._index = StateIndex(working_table(self).states, self._has_x)
        return self._index

    def _equals_columns(self, other: StateMap[Any]) -> bool:
        if len(self) != len(other):
            return False
        if len(self) == 0:
            return True
        if self.n_modes != other.n_modes or self._has_x != other._has_x:
            return False
        mine, theirs = working_table(self).states, working_table(other).states
        if same_tables(mine, theirs):
            return np.array_equal(self._values, other._values)
        rows = self._lookup.rows(theirs)
        return bool((rows >= 0).all()) and np.array_equal(self._values[rows], other._values)


class StateKeys(KeysView[State]):
    """States in the order of the columns."""

    _mapping: StateMap[Any]

    def __iter__(self) -> Iterator[State]:
        return iter(self._mapping)  # the generator of the base class takes four times as long

    def __reversed__(self) -> Iterator[State]:
        states: Iterator[State] = reversed(self._mapping)
        return states

    def __repr__(self) -> str:
        return _short_list(self)


class StateItems(ItemsView[State, V]):
    """Items in the order of the columns, without a look-up for each."""

    _mapping: StateMap[V]

    def __iter__(self) -> Iterator[tuple[State, V]]:
        built = self._mapping._objects  # noqa: SLF001  (its own view)
        if built is not None:
            return iter(built.items)
        return zip(self._mapping, StateValues(self._mapping), strict=True)

    def __reversed__(self) -> Iterator[tuple[State, V]]:
        return zip(reversed(self._mapping), reversed(StateValues(self._mapping)), strict=True)

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, tuple) or len(item) != 2:
            return False
        return item[0] in self._mapping and bool(self._mapping[item[0]] == item[1])

    def __repr__(self) -> str:
        return _short_list(self)


class StateValues(ValuesView[V]):
    """Values in the order of the columns."""

    _mapping: StateMap[V]

    def __iter__(self) -> Iterator[V]:
        built, values = self._mapping._objects, self._mapping._values  # noqa: SLF001  (its own view)
        return _in_pieces(values) if built is None else iter(built.values)

    def __reversed__(self) -> Iterator[V]:
        built, values = self._mapping._objects, self._mapping._values  # noqa: SLF001  (its own view)
        return _in_pieces(values[::-1]) if built is None else reversed(built.values)

    def __contains__(self, value: object) -> bool:
        return any(value == v for v in self)

    def __repr__(self) -> str:
        return _short_list(self)


def _in_pieces(values: AnyArray) -> Iterator[Any]:
    """Go through numbers as Python objects; the first of many do not wait for the last."""
    starts = range(0, values.size, _CHUNK)
    return chain.from_iterable(values[start : start + _CHUNK].tolist() for start in starts)


def _frozen_words(table: PackedTable) -> PackedTable:
    return PackedTable(frozen(table.columns), table.n_modes, table.bits)


def _short_list(view: MappingView) -> str:
    return f"lwfast.{type(view).__name__}([{', '.join(first_entries(view))}])"


def _restored(cls: type[StateMap[Any]], slots: dict[str, Any]) -> StateMap[Any]:
    """Rebuild a pickled mapping."""
    result = cls.__new__(cls)
    for name, value in slots.items():
        setattr(result, name, value)
    result._values = frozen(result._values)  # noqa: SLF001  (NumPy's pickle forgets it)
    states: Table = slots["_states"]
    if isinstance(states, PackedTable):
        result._states, result._bytes = _frozen_words(states), None  # noqa: SLF001
    else:
        result._states = result._bytes = frozen(states)  # noqa: SLF001
    result._has_x = slots.get("_has_x", False)  # noqa: SLF001  (a pickle of an older version has none)
    result._index = result._built = None  # noqa: SLF001  (rebuilt on demand)
    return result


def rows_of(result: StateMap[Any], states: StateTable) -> NDArray[np.int64]:
    """Return the row of each of several states, `uint8[K, n_modes]`; -1 for a state that is not there.

    255 in them means what it means in `result.states`.
    """
    return result._lookup.rows(np.ascontiguousarray(states))  # noqa: SLF001


def working_table(result: StateMap[Any]) -> LabelTable:
    """Return the states in the form that is fastest to work on, words or bytes, and what 255 means there."""
    words = result.packed
    return LabelTable(result._states if words is None else words, result.has_x)  # noqa: SLF001


def label_table(result: StateMap[Any]) -> LabelTable:
    """Return the states as bytes, and what 255 means in them."""
    return LabelTable(result.states, result.has_x)
