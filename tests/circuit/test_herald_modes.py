"""States with and without heralded modes: those of Lightworks, and errors where a mode is not there."""

import pytest
from lwfast.sdk.utils import heralding

import lwfast as lw
from lwfast.circuit.herald_modes import add_heralds_to_state, remove_heralds_from_state
from lwfast.results import ProbabilityDistribution, Result, SamplingResult

CASES = [([1, 0], {1: 2}), ([1, 0, 3], {0: 1, 4: 0}), ([], {0: 1}), ([2], {}), ([1, 2], {3: 1, 0: 4})]


@pytest.mark.parametrize(("rest", "heralds"), CASES)
def test_the_two_undo_each_other(rest, heralds):
    whole = add_heralds_to_state(lw.State(rest), heralds)
    assert [whole[mode] for mode in heralds] == list(heralds.values())
    assert remove_heralds_from_state(lw.State(whole), heralds) == rest


@pytest.mark.parametrize(("rest", "heralds"), CASES)
def test_lightworks_gives_the_same(rest, heralds):
    theirs = pytest.importorskip("lightworks.sdk.utils.heralding")
    whole = theirs.add_heralds_to_state(rest, heralds)
    assert heralding.add_heralds_to_state(rest, heralds) == whole
    assert heralding.remove_heralds_from_state(whole, list(heralds)) == rest
    assert theirs.remove_heralds_from_state(whole, list(heralds)) == rest


def test_modes_that_are_not_there():
    with pytest.raises(lw.ModeRangeError, match=r"Heralded mode 5 .* 0 to 2"):
        add_heralds_to_state([1, 0], {5: 1})
    with pytest.raises(lw.ModeRangeError, match="Heralded mode -1"):
        remove_heralds_from_state([1, 0], [-1])


def test_results_are_results():
    """`Result` is what every result is, and takes the parameters of a type hint."""
    assert isinstance(SamplingResult({lw.State([1]): 2}), Result)
    assert issubclass(ProbabilityDistribution, Result)
    assert not isinstance({}, Result)
    assert Result[lw.State, int].__origin__ is Result
