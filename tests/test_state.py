"""State: immutable, hashable, ordered, and picky about what it holds."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast.errors import StateError
from lwfast.state import State, as_occupation, iterate_states, states_of, trusted_state
from tests.strategies import non_integers, occupations


@given(occupations)
def test_keeps_what_it_was_given(values: list[int]) -> None:
    """A state gives its photon numbers back, as a list of its own."""
    state = State(values)
    assert state.s == values
    assert state.s is not state.s
    assert list(state) == values
    assert len(state) == state.n_modes == len(values)
    assert state.n_photons == sum(values)


def test_does_not_keep_the_callers_list() -> None:
    """Changing the list that a state was made from changes no state, so no dict key either."""
    values = [1, 0]
    state = State(values)
    table = {state: 5}
    values[0] = 7
    state.s.append(3)
    assert state == State([1, 0])
    assert table[State([1, 0])] == 5


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64])
def test_numpy_integers_become_python_ints(kind: type) -> None:
    """Integers of NumPy are taken, and come out as Python's."""
    for given_values in (np.array([2, 0, 1], dtype=kind), [kind(2), 0, kind(1)]):
        state = State(given_values)
        assert state == State([2, 0, 1])
        assert all(type(n) is int for n in state)


@given(non_integers, st.integers(0, 3))
def test_refuses_what_is_no_integer(value: object, mode: int) -> None:
    """Floats (integral ones too), bools, text and None raise TypeError when the state is made."""
    values: list[object] = [1, 0, 2, 0]
    values[mode] = value
    with pytest.raises(TypeError, match=f"in mode {mode}"):
        State(values)  # type: ignore[arg-type]


def test_refuses_numpy_bools_and_floats() -> None:
    """NumPy's bools and floats are no photon numbers."""
    for bad in (np.array([True, False]), np.array([1.0, 0.0]), [np.bool_(True)]):
        with pytest.raises(TypeError, match="should be integers"):
            State(bad)


@pytest.mark.parametrize("bad", [[0, -1], [np.int64(-1), 0]])
def test_refuses_negative_numbers(bad: list[int]) -> None:
    """Negative photon numbers raise ValueError when the state is made."""
    with pytest.raises(ValueError, match="cannot be negative, got -1"):
        State(bad)


def test_refuses_what_cannot_be_iterated() -> None:
    """A state is made of a sequence."""
    with pytest.raises(TypeError):
        State(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(("values", "text"), [([], "|>"), ([3], "|3>"), ([1, 0, 12], "|1,0,12>")])
def test_text(values: list[int], text: str) -> None:
    """States are written as kets, the empty one too."""
    assert str(State(values)) == text
    assert repr(State(values)) == f"lwfast.State({text})"


@given(occupations, occupations)
def test_equality_hash_and_order_agree(first: list[int], second: list[int]) -> None:
    """States compare as tuples of their photon numbers do; equal ones have equal hashes."""
    a, b = State(first), State(second)
    assert (a == b) == (first == second)
    assert (a < b, a <= b, a > b, a >= b) == (
        first < second,
        first <= second,
        first > second,
        first >= second,
    )
    if a == b:
        assert hash(a) == hash(b)


def test_equals_states_only() -> None:
    """A state equals no list and no tuple, and cannot be ordered beside one."""
    assert State([1, 0]) != [1, 0]
    assert State([1, 0]) != (1, 0)
    with pytest.raises(TypeError):
        State([1, 0]) < (1, 0)  # type: ignore[operator]  # noqa: B015
    for compare in (State.__le__, State.__gt__, State.__ge__):
        assert compare(State([1]), (1,)) is NotImplemented  # type: ignore[arg-type]


@given(occupations)
def test_pickle_and_copy(values: list[int]) -> None:
    """States survive pickling and copying."""
    state = State(values)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(state, protocol)) == state
    assert copy.copy(state) is state
    assert copy.deepcopy(state) is state


def test_concatenation_and_merge() -> None:
    """`+` puts modes behind each other; merge adds photons."""
    assert State([1, 0]) + State([2]) == State([1, 0, 2])
    assert State([1, 0]).merge(State([2, 3])) == State([3, 3])
    with pytest.raises(ValueError, match="same length, got 2 and 1"):
        State([1, 0]).merge(State([1]))
    with pytest.raises(TypeError, match="between states"):
        State([1]).__add__([1])
    with pytest.raises(TypeError):
        State([1]).merge(1)  # type: ignore[arg-type]


def test_index_and_slice() -> None:
    """An index gives a photon number, a slice a state."""
    state = State([3, 1, 2])
    assert state[0] == 3
    assert state[-1] == 2
    assert state[np.int64(1)] == 1
    assert state[1:] == State([1, 2])
    assert state[::2] == State([3, 2])
    with pytest.raises(IndexError):
        state[3]
    with pytest.raises(TypeError, match="int or slice"):
        state["a"]  # type: ignore[call-overload]


def test_cannot_be_changed() -> None:
    """Setting anything raises StateError."""
    state = State([1, 0])
    for name in ("s", "n_modes", "n_photons"):
        with pytest.raises(StateError):
            setattr(state, name, [2])
    with pytest.raises(StateError, match="item assignment"):
        state[0] = 2
    with pytest.raises(StateError, match="item deletion"):
        del state[0]
    with pytest.raises(AttributeError):
        state.other = 1  # type: ignore[attr-defined]


def test_validate_is_kept() -> None:
    """Code written for Lightworks may call `_validate`; there is nothing left to find."""
    State([1])._validate()


class _Foreign:
    def __init__(self, s: object) -> None:
        self.s = s


def test_as_occupation_takes_all_forms() -> None:
    """States, sequences, rows of tables and foreign states give the same tuple of ints."""
    forms = (State([1, 0]), (1, 0), [1, 0], np.array([1, 0], dtype=np.uint8), _Foreign([1, 0]))
    for form in forms:
        occupation = as_occupation(form)
        assert occupation == (1, 0)
        assert all(type(n) is int for n in occupation)


@pytest.mark.parametrize("bad", [1, "10", {1: 0}, _Foreign(3), [1.0], [True], np.array([1.0])])
def test_as_occupation_refuses_the_rest(bad: object) -> None:
    """What is no state raises TypeError."""
    with pytest.raises(TypeError):
        as_occupation(bad)


def test_as_occupation_refuses_tables_and_negatives() -> None:
    """A table is not one state, and photon numbers are not negative."""
    with pytest.raises(ValueError, match="shape"):
        as_occupation(np.zeros((2, 2), dtype=np.uint8))
    with pytest.raises(ValueError, match="negative"):
        as_occupation([-1])


def test_trusted_state() -> None:
    """A trusted tuple is wrapped as it is."""
    assert trusted_state((1, 2)) == State([1, 2])


def test_rows_become_states_in_bulk():
    """The rows of a table are states like any others, in order, over several pieces of a long table too."""
    table = np.random.default_rng(0).integers(0, 256, (9000, 3)).astype(np.uint8)
    expected = [State(row) for row in table.tolist()]
    assert states_of(table[:50]) == expected[:50]
    assert list(iterate_states(table)) == expected
    assert states_of(table[:0]) == list(iterate_states(table[:0])) == []
    assert states_of(np.zeros((2, 0), np.uint8)) == [State([])] * 2
    assert all(type(n) is int for n in states_of(table[:1])[0])


@pytest.mark.parametrize("bad", [True, 1.0, np.True_, np.float64(1), "1", None])
def test_what_equals_a_photon_number_is_none(bad):
    """One of several kinds of 1 is an integer."""
    for values in ([1, bad], [bad, 0], [0, 1, 0, 1, bad]):
        with pytest.raises(TypeError, match="should be integers"):
            State(values)
    assert type(State([np.int64(1), 0])[0]) is int
