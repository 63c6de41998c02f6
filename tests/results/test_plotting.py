"""Plots of counts and of simulations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import SamplingResult, SimulationResult, plot_results

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def result():
    return SamplingResult({(0, 1, 0): 45, (0, 0, 1): 30, (2, 0, 0): 5, (1, 0, 0): 20})


@pytest.fixture
def large():
    states = np.unique(np.random.default_rng(0).integers(0, 2, (3000, 14)), axis=0)
    return SamplingResult.from_columns(states, np.arange(1, len(states) + 1))


def heights(axes, container=0):
    return [p.get_height() for p in axes.containers[container].patches]


def tick_labels(axes):
    return [t.get_text() for t in axes.get_xticklabels()]


def test_few_states_get_a_bar_each_in_the_wanted_order(result):
    figure, axes = result.plot()
    assert heights(axes) == [45, 30, 20, 5]
    assert tick_labels(axes) == ["|0,1,0>", "|0,0,1>", "|1,0,0>", "|2,0,0>"]
    assert axes.get_ylabel() == "Counts"
    _, axes = result.plot(order="state", normalize=True)
    assert heights(axes) == [0.3, 0.45, 0.2, 0.05]
    assert axes.get_ylabel() == "Share of counts"
    assert figure is not None


def test_the_rest_is_one_bar_and_nothing_is_left_out(large):
    _, axes = large.plot(top=10)
    drawn = heights(axes)
    assert len(drawn) == 11
    assert sum(drawn) == large.n_samples
    assert tick_labels(axes)[-1] == f"{len(large) - 10:,} others".replace(",", " ")
    assert axes.get_ylim()[1] < 2 * max(drawn[:-1]), "the rest is cut, so that the others can be read"
    assert f"{drawn[-1]:,.0f}".replace(",", " ") in axes.texts[0].get_text()


def test_a_small_rest_is_not_cut(result):
    _, axes = result.plot(top=2)
    assert heights(axes) == [45, 30, 25]
    assert tick_labels(axes)[-1] == "2 others"
    assert not axes.texts


@pytest.mark.parametrize("n_states", [4, 300])
def test_labels_neither_overlap_nor_leave_the_figure(result, large, n_states):
    figure, axes = (result if n_states == 4 else large).plot(errors=True)
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in axes.get_xticklabels()]
    assert all(a.x1 <= b.x0 + 1 for a, b in pairwise(boxes))
    assert all(figure.bbox.x0 <= b.x0 and b.x1 <= figure.bbox.x1 and b.y0 >= figure.bbox.y0 for b in boxes)


def test_error_bars_are_those_of_counting(result):
    _, axes = result.plot(errors=True)
    bars = next(c for c in axes.containers if getattr(c, "has_yerr", False))
    segments = bars.lines[2][0].get_segments()
    assert segments[0][1][1] - 45 == pytest.approx(np.sqrt(100 * 0.45 * 0.55))


def test_states_of_many_modes_do_not_fill_the_page():
    figure, axes = SamplingResult({(k,) * 300: k + 1 for k in range(3)}).plot()
    assert figure.get_size_inches()[1] < 12
    assert tick_labels(axes)[0].startswith("|2,2,2")
    assert tick_labels(axes)[0].endswith("2,2>")


def test_results_are_compared_side_by_side(result):
    other = SamplingResult({(0, 1, 0): 1, (9, 0, 0): 3})
    for figure_axes in (
        plot_results({"a": result, "b": other}, normalize=True),
        plot_results([result, other], labels=["a", "b"], normalize=True),
        result.plot(compare=other, labels=["a", "b"], normalize=True),
        result.plot(compare={"b": other}, labels=["a", "b"], normalize=True),
    ):
        axes = figure_axes[1]
        assert [t.get_text() for t in axes.get_legend().get_texts()] == ["a", "b"]
        shown = dict(
            zip(tick_labels(axes), zip(heights(axes, 0), heights(axes, 1), strict=True), strict=True)
        )
        assert shown["|9,0,0>"] == (0, 0.75)
        assert shown["|0,1,0>"] == (0.45, 0.25)
    _, axes = plot_results([result, other], top=1)
    assert tick_labels(axes) == ["|9,0,0>", "others"]


def test_axes_and_labels_may_be_given(result):
    _, mine = plt.subplots()
    figure, axes = result.plot(
        ax=mine, state_labels={lw.State([0, 1, 0]): "middle", (2, 0, 0): lw.State([2])}
    )
    assert axes is mine
    assert figure is mine.figure
    assert tick_labels(axes)[0] == "middle"
    assert tick_labels(axes)[-1] == "|2>"


def test_showing_is_left_to_backends_with_a_screen(result, monkeypatch):
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(1))
    assert result.plot() is not None
    assert not shown
    monkeypatch.setattr(plt, "get_backend", lambda: "TkAgg")
    assert result.plot() is None
    assert shown == [1]
    assert result.plot(show=False) is not None
    assert shown == [1]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"top": 0}, ValueError),
        ({"order": "size"}, ValueError),
        ({"state_labels": {5: "x"}}, TypeError),
        ({"labels": ["a", "b"]}, ValueError),
        ({"compare": [5]}, TypeError),
        ({"compare": SamplingResult({})}, ValueError),
        ({"compare": SamplingResult({(1,): 1})}, lw.ModeMismatchError),
    ],
)
def test_wrong_options_are_told(result, options, error):
    with pytest.raises(error):
        result.plot(**options)


def test_nothing_cannot_be_drawn():
    with pytest.raises(ValueError, match="no data"):
        SamplingResult({}).plot()
    with pytest.raises(ValueError, match="no result"):
        plot_results([])


def test_simulations_are_bars_or_maps():
    values = np.array([[0.25, 0.5], [0.5, 0.5]])
    two = SimulationResult(values, "probability", [(1, 0), (0, 1)], [(1, 0), (0, 1)])
    _, axes = two.plot(state_labels={(1, 0): "first"})
    assert np.array_equal(axes.images[0].get_array(), values)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["first", "|0,1>"]
    one = SimulationResult(values[:1], "probability", [(1, 0)], [(1, 0), (0, 1)])
    _, axes = one.plot()
    assert heights(axes) == [0.25, 0.5]
    amplitudes = SimulationResult(values * 1j, "probability_amplitude", [(1, 0), (0, 1)], [(1, 0), (0, 1)])
    _, axes = amplitudes.plot()
    assert len(axes) == 2
    assert np.array_equal(axes[1].images[0].get_array(), values)
    _, axes = amplitudes.plot(conv_to_probability=True)
    assert np.array_equal(axes.images[0].get_array(), values**2)
    many = SimulationResult(
        np.ones((2, 300)), "probability", [(0,), (1,)], [(k % 256, k // 256) for k in range(300)]
    )
    _, axes = many.plot()
    assert len(axes.get_xticklabels()) <= 40
