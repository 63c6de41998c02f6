"""States of lwfast and Lightworks: equal, of one hash, and found in each other's collections."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given

import lwfast as lw
from lwfast.state import own_state
from tests.started import said_by_python
from tests.strategies import occupations

lightworks = pytest.importorskip("lightworks", reason="Lightworks is not installed: nothing to mix with")


def run_python(program):
    return said_by_python(program, "-W", "ignore", seconds=300)


@given(occupations)
def test_equal_both_ways_with_one_hash(numbers):
    """Equality, hash, sets and dictionaries do not ask whose a state is."""
    ours, theirs = lw.State(numbers), lightworks.State(list(numbers))
    assert ours == theirs
    assert theirs == ours
    assert [ours != theirs, theirs != ours] == [False, False]
    assert hash(ours) == hash(theirs)
    assert {ours: 1}[theirs] == 1
    assert {theirs: 1}[ours] == 1
    assert {ours, theirs} == {ours} == {theirs}


@given(occupations, occupations)
def test_different_states_differ_both_ways(first, second):
    """Whatever the two are, all four comparisons have one answer."""
    expected = first == second
    ours, theirs = lw.State(first), lightworks.State(list(second))
    assert (ours == theirs) is (theirs == ours) is expected
    assert len({ours, theirs}) == len({theirs, ours}) == 2 - expected


@given(occupations, occupations)
def test_order_and_sum_take_both(first, second):
    """States of the two sort among each other; a sum is of the kind of its first state."""
    ours, theirs = lw.State(first), lightworks.State(list(second))
    assert (ours < theirs) is (theirs > ours) is (first < second)
    assert (ours <= theirs) is (theirs >= ours) is (first <= second)
    assert (ours > theirs) is (theirs < ours) is (first > second)
    assert (ours >= theirs) is (theirs <= ours) is (first >= second)
    assert type(ours + theirs) is lw.State
    assert type(theirs + ours) is lightworks.State
    assert (ours + theirs).s == first + second
    assert (theirs + ours).s == second + first


@given(occupations)
def test_round_trip(numbers):
    """A state that goes to Lightworks and back is what it was."""
    state = lw.State(numbers)
    written = state.to_lightworks()
    assert type(written) is lightworks.State
    assert written.s == numbers
    assert type(own_state(written)) is lw.State
    assert own_state(written) == state


def test_labels_with_x():
    """A qubit state with an X meets that of Lightworks."""
    rails = [1, 0, 1, 1]
    ours = lw.convert.dual_rail_to_qubit(lw.State(rails), allow_invalid=True)
    theirs = lightworks.convert.dual_rail_to_qubit(lightworks.State(rails), allow_invalid=True)
    assert ours == theirs == ours
    assert hash(ours) == hash(theirs)
    assert ours.to_lightworks() == theirs
    assert own_state(theirs) == ours


def test_the_rest_stays_unequal():
    """A list, a tuple and a text are no states, whichever way they are compared."""
    for other in ([1, 0], (1, 0), "|1,0>", None, 1, object()):
        assert lw.State([1, 0]) != other
        assert other != lw.State([1, 0])
        assert own_state(other) is None
    with pytest.raises(TypeError):
        lw.State([1]) < (1,)  # noqa: B015


def test_states_of_lightworks_are_checked_where_they_are_taken():
    """Lightworks' State holds anything; ours does not."""
    with pytest.raises(TypeError, match="integers"):
        own_state(lightworks.State([1.0, 0]))
    with pytest.raises(ValueError, match="negative"):
        own_state(lightworks.State([-1, 0]))
    assert lw.State([1, 0]) != lightworks.State([-1, 0])


def test_a_state_stays_what_it_is():
    """Whatever it passes for, a State is pickled, copied and typed as lwfast's."""
    state = lw.State([1, 0])
    assert isinstance(state, lw.State)
    assert isinstance(state, lightworks.State)
    assert not isinstance(lightworks.State([1, 0]), lw.State)
    assert type(state) is lw.State
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert type(pickle.loads(pickle.dumps(state, protocol))) is lw.State
    assert copy.copy(state) is state
    assert copy.deepcopy(state) is state
    assert repr(state) == "lwfast.State(|1,0>)"


def test_subclasses_of_users_are_states():
    """A class derived from Lightworks' State is one."""

    class Mine(lightworks.State):
        __slots__ = ()

    assert lw.State([1, 0]) == Mine([1, 0])
    assert Mine([1, 0]) == lw.State([1, 0])
    assert lw.Simulator(lw.PhotonicCircuit(2), Mine([1, 0])).inputs == [lw.State([1, 0])]


def test_the_hash_does_not_depend_on_the_import():
    """A state keeps its hash, and its place in a dictionary, when Lightworks is imported later."""
    program = (
        "import lwfast as lw\n"
        "state = lw.State([1, 0, 12])\n"
        "before, kept = hash(state), {state: 5}\n"
        "assert isinstance(state, lw.State) and state.__class__ is lw.State\n"
        "import lightworks\n"
        "assert hash(state) == before == hash(lightworks.State([1, 0, 12]))\n"
        "assert kept[lightworks.State([1, 0, 12])] == kept[state] == 5\n"
        "print('same')\n"
    )
    assert run_python(program).strip() == "same"


def test_where_lwfast_stands_for_lightworks_there_is_nothing_to_convert():
    """Under the stand-in, Lightworks' objects are ours, and stay the very objects."""
    program = (
        "from lwfast.lightworks.stand_in import install\n"
        "install()\n"
        "import lightworks, lwfast as lw\n"
        "assert lightworks.State is lw.State\n"
        "state, circuit, phase = lw.State([1, 0]), lw.Unitary([[1, 0], [0, 1]]), lw.Parameter(1)\n"
        "sampler, rules = lw.Sampler(circuit, state, 5), lw.PostSelection()\n"
        "for thing in (state, circuit, phase, sampler, rules, lw.emulator.Source(), lw.emulator.Detector(),\n"
        "              lw.emulator.Backend().run(sampler), lw.Batch(), lw.Simulator(circuit, state)):\n"
        "    assert thing.to_lightworks() is thing, thing\n"
        "assert isinstance(state, lightworks.State) and state.__class__ is lw.State\n"
        "print('nothing foreign')\n"
    )
    assert run_python(program).strip() == "nothing foreign"


def test_without_lightworks_the_error_says_what_to_install():
    """Only `to_lightworks` needs the package."""
    program = (
        "import sys\n"
        "sys.modules['lightworks'] = None\n"
        "import lwfast as lw\n"
        "assert lw.State([1]) == lw.State([1]) != (1,)\n"
        "lw.emulator.Backend().run(lw.Sampler(lw.Unitary([[1]]), lw.State([1]), 5))\n"
        "for thing in (lw.State([1]), lw.PhotonicCircuit(2), lw.Parameter(1), lw.PostSelection()):\n"
        "    try:\n"
        "        thing.to_lightworks()\n"
        "    except lw.LightworksDependencyError as error:\n"
        "        assert 'pip install lightworks' in str(error)\n"
        "    else:\n"
        "        raise AssertionError(thing)\n"
        "print('said')\n"
    )
    assert run_python(program).strip() == "said"
