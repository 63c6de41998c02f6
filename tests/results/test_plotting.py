"""Plots of counts and of simulations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import SamplingResult, SimulationResult, plot_results
from lwfast.results.plots.bars import number_text

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


def test_results_are_ranked_by_their_summed_share_exactly():
    """A state that is second everywhere may be first in the sum; cutting each result first would lose it."""
    a, b = SamplingResult({(1, 0): 10, (0, 1): 9}), SamplingResult({(2, 0): 20, (0, 1): 18})
    _, axes = plot_results([a, b], top=1)
    assert tick_labels(axes) == ["|0,1>", "others"]
    rng = np.random.default_rng(2)
    states = np.unique(rng.integers(0, 3, (500, 5)), axis=0)
    parts = [SamplingResult.from_columns(states, rng.geometric(0.1, len(states)) - 1) for _ in range(3)]
    for top in (1, 7, 40, len(states), 1000):
        _, axes = plot_results(parts, top=top, normalize=True)
        summed = sum(part.counts / part.n_samples for part in parts)
        best = np.argsort(-summed, kind="stable")[:top]
        labels = tick_labels(axes)[: min(top, 20)]
        if top < 100:
            assert labels == [str(lw.State(states[k].tolist())) for k in best[: len(labels)]]
        drawn = sum(np.array(heights(axes, k)) for k in range(3))
        assert np.allclose(drawn[: len(best)], summed[best])
        assert drawn.sum() == pytest.approx(3)


def test_numbers_in_the_cut_bars_of_a_comparison_do_not_overlap(large):
    parts = {str(n): large.sample(n, rng=n) for n in (10_000, 30_000, 90_000, 270_000)}
    figure, axes = plot_results(parts, top=12, normalize=True, errors=True)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 4
    assert all(a.x1 <= b.x0 + 1 for a, b in pairwise(boxes))
    last = axes.get_xticklabels()[-1].get_window_extent()
    assert boxes[0].x0 < (last.x0 + last.x1) / 2 < boxes[-1].x1
    assert max(box.x1 for box in boxes) <= figure.bbox.x1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9997, "0.9997"),
        (0.999996, "0.999996"),
        (0.996, "0.996"),
        (0.5, "0.5"),
        (0.12345, "0.123"),
        (1.0, "1"),
        (1_234_567.0, "1 234 567"),
        (12.345, "12.35"),
    ],
)
def test_numbers_are_not_rounded_to_something_else(value, text):
    assert number_text(value) == text


def test_others_are_states_with_counts():
    _, axes = SamplingResult({(1, 0): 10, (0, 1): 0}).plot()
    assert tick_labels(axes) == ["|1,0>", "|0,1>"]
    _, axes = SamplingResult({(1, 0): 10, (0, 1): 0}).plot(top=1)
    assert tick_labels(axes) == ["|1,0>"]
    _, axes = SamplingResult({(1, 0): 10, (0, 1): 2}).plot(top=1)
    assert tick_labels(axes) == ["|1,0>", "1 other"]
    _, axes = SamplingResult({(1, 0): 0}).plot(normalize=True)
    assert heights(axes) == [0]


def test_floats_are_normalised_too():
    floats = SamplingResult({(1, 0): 0.125, (0, 1): 0.375})
    _, axes = floats.plot(normalize=True)
    assert heights(axes) == [0.75, 0.25]
    with pytest.raises(TypeError, match="errors=True needs integer counts"):
        floats.plot(errors=True)


@pytest.mark.parametrize("n_rows", [1, 2])
def test_long_labels_stay_inside_figures_without_a_layout(n_rows):
    states = np.unique(np.random.default_rng(0).integers(0, 2, (60, 20)), axis=0)
    result = SamplingResult.from_columns(states, np.arange(1, len(states) + 1))
    figure, axes = plt.subplots(n_rows, 2, figsize=(12, 4 * n_rows), squeeze=False)
    for ax in axes.flat:
        result.plot(ax=ax, top=8)
    figure.canvas.draw()
    for row, ax in enumerate(axes[:, 0]):
        boxes = [t.get_window_extent() for t in ax.get_xticklabels()]
        lowest = axes[row + 1, 0].get_window_extent().y1 if row + 1 < n_rows else figure.bbox.y0
        assert min(box.y0 for box in boxes) > lowest
        assert all(a.x1 <= b.x0 + 1 for a, b in pairwise(boxes))
        assert ax.get_position().height > 0.4 * plt.subplots(n_rows, 2)[1].flat[0].get_position().height


def test_parts_of_figures_may_be_given(large):
    figure = plt.figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    ax = left.subplots()
    assert large.plot(ax=ax, top=5)[1] is ax
    assert large.plot(ax=right.add_axes((0.1, 0.1, 0.8, 0.8)), top=5)[0] is right
    figure.canvas.draw()


@pytest.mark.parametrize("top", [100, 200, 600])
def test_many_bars_have_labels_that_do_not_overlap(large, top):
    figure, axes = large.plot(top=top)
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in axes.get_xticklabels()]
    assert all(a.x1 <= b.x0 + 1 for a, b in pairwise(boxes))
    assert (len(boxes) == top + 1) == (top <= 200)
    assert tick_labels(axes)[-1].endswith("others")


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
        ({"top": 2.5}, TypeError),
        ({"top": True}, TypeError),
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
    figure, axes = many.plot()
    assert len(axes.get_xticklabels()) <= 40
    figure.canvas.draw()
    assert axes.get_window_extent().height > 0.4 * figure.bbox.height, "a strip of squares would be a line"


def test_a_simulation_of_many_outputs_is_drawn_as_counts_are():
    p = np.random.default_rng(0).dirichlet(np.full(5000, 0.3))[None]
    outputs = [(k // 100, k % 100) for k in range(5000)]
    _, axes = SimulationResult(p, "probability", [(1, 0)], outputs).plot()
    assert len(heights(axes)) == 31
    assert np.allclose(heights(axes)[:-1], np.sort(p[0])[::-1][:30])
    assert sum(heights(axes)) == pytest.approx(1)
    assert tick_labels(axes)[-1] == "4 970 others"
    _, axes = SimulationResult(p, "probability", [(1, 0)], outputs).plot(top=7)
    assert len(heights(axes)) == 8
    _, axes = SimulationResult(-p * 1j, "probability_amplitude", [(1, 0)], outputs).plot()
    assert np.allclose(heights(axes[1]), -np.sort(p[0])[::-1][:30])
    assert "4 970 others" in axes[0].get_xlabel()
    with pytest.raises(ValueError, match="no data"):
        SimulationResult(np.zeros((1, 0)), "probability", [(1, 0)], []).plot()
    with pytest.raises(ValueError, match="at least one"):
        SimulationResult(p, "probability", [(1, 0)], outputs).plot(top=0)
