"""A SamplingResult of floats: reads and maps as Lightworks' does, and refuses what needs samples."""

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import SamplingResult

HALVES = {lw.State([1, 1]): 0.25, lw.State([2, 0]): 0.5, lw.State([0, 2]): 0.25}


@pytest.fixture
def result():
    return SamplingResult(HALVES, lw.State([1, 1]))


def test_reads_as_the_dict(result):
    """Values, order and equality are those of the dict."""
    assert dict(result) == HALVES
    assert result.counts.dtype == np.float64
    assert result.n_samples == 1.0


def test_one_float_makes_all_floats():
    """Integers beside a float become floats."""
    mixed = SamplingResult({lw.State([1]): 1, lw.State([0]): 0.5})
    assert mixed.counts.tolist() == [1.0, 0.5]


def test_map_adds_up(result):
    """States that a mapping makes equal are added up, in order of first appearance."""
    assert dict(result.map("threshold")) == {
        lw.State([1, 1]): 0.25,
        lw.State([1, 0]): 0.5,
        lw.State([0, 1]): 0.25,
    }
    assert dict(result.map(lambda state: state[:0])) == {lw.State([]): 1.0}


def test_post_selection(result):
    """Rules and callables keep floats."""
    rules = lw.PostSelection()
    rules.add(0, (1, 2))
    assert dict(result.apply_post_selection(rules)) == {lw.State([1, 1]): 0.25, lw.State([2, 0]): 0.5}
    assert dict(result.apply_post_selection(lambda s: s[1] == 2)) == {lw.State([0, 2]): 0.25}
    assert dict(result.post_select((), {0: 1})) == {lw.State([1]): 0.25}
    assert dict(result.post_select(lambda s: s[0] > 0, [(1, (0, 1))])) == {
        lw.State([1]): 0.25,
        lw.State([2]): 0.5,
    }
    assert dict(result.map("parity").post_select((), [(0, (0, 1))])) == {
        lw.State([1]): 0.25,
        lw.State([0]): 0.75,
    }


@pytest.mark.parametrize(
    "call",
    [
        lambda r, folder: r.sample(3),
        lambda r, folder: r.summary(),
        lambda r, folder: r.save(folder / "floats"),
        lambda r, folder: r + r,
    ],
)
def test_what_needs_samples_is_refused(result, tmp_path, call):
    """What stands for single samples says that there are none."""
    with pytest.raises(TypeError, match="needs integer counts"):
        call(result, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [1j, "many", None, [1], float("nan"), float("inf")])
def test_no_numbers(value):
    """What is no real number is refused."""
    with pytest.raises(lw.ResultCreationError):
        SamplingResult({lw.State([1]): value})
    with pytest.raises(lw.ResultCreationError):
        SamplingResult({lw.State([1]): value, lw.State([0]): 0.5})


@pytest.mark.parametrize(
    "counts", [{(1, 0): True}, {(1, 0): True, (0, 1): 5}, {(1, 0): np.True_, (0, 1): 0.5}]
)
def test_truth_is_no_count(counts):
    with pytest.raises(lw.ResultCreationError, match="True or False"):
        SamplingResult(counts)
