"""Plots of counts and of simulations."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.results import (
    ProbabilityDistribution,
    SamplingResult,
    SimulationResult,
    plot_correlations,
    plot_results,
)
from lwfast.results.plots import correlation_plot, result_plot
from lwfast.results.plots.bar_chart import CHARACTER
from lwfast.results.plots.bars import number_text
from lwfast.results.plots.kets import ket, ket_width, short_ket
from tests.started import PATIENCE

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
    assert tick_labels(axes) == ["|0,1,0⟩", "|0,0,1⟩", "|1,0,0⟩", "|2,0,0⟩"]
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
    assert figure.get_size_inches()[1] < 6
    assert tick_labels(axes) == ["|2³⁰⁰⟩", "|1³⁰⁰⟩", "|0³⁰⁰⟩"]


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
        assert shown["|9,0,0⟩"] == (0, 0.75)
        assert shown["|0,1,0⟩"] == (0.45, 0.25)
    _, axes = plot_results([result, other], top=1)
    assert tick_labels(axes) == ["|9,0,0⟩", "others"]


def test_results_are_ranked_by_their_summed_share_exactly():
    """A state that is second everywhere may be first in the sum; cutting each result first would lose it."""
    a, b = SamplingResult({(1, 0): 10, (0, 1): 9}), SamplingResult({(2, 0): 20, (0, 1): 18})
    _, axes = plot_results([a, b], top=1)
    assert tick_labels(axes) == ["|0,1⟩", "others"]
    rng = np.random.default_rng(2)
    states = np.unique(rng.integers(0, 3, (500, 5)), axis=0)
    parts = [SamplingResult.from_columns(states, rng.geometric(0.1, len(states)) - 1) for _ in range(3)]
    for top in (1, 7, 40, len(states), 1000):
        _, axes = plot_results(parts, top=top, normalize=True)
        summed = sum(part.counts / part.n_samples for part in parts)
        best = np.argsort(-summed, kind="stable")[:top]
        labels = tick_labels(axes)[: min(top, 20)]
        if top < 100:
            assert labels == [ket(states[k].tolist()) for k in best[: len(labels)]]
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
    assert tick_labels(axes) == ["|1,0⟩", "|0,1⟩"]
    _, axes = SamplingResult({(1, 0): 10, (0, 1): 0}).plot(top=1)
    assert tick_labels(axes) == ["|1,0⟩"]
    _, axes = SamplingResult({(1, 0): 10, (0, 1): 2}).plot(top=1)
    assert tick_labels(axes) == ["|1,0⟩", "1 other"]
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
    assert tick_labels(axes)[-1] == "|2>", "a label that a user gives is kept as it is"


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
    assert [t.get_text() for t in axes.get_yticklabels()] == ["first", "|0,1⟩"]
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
    assert "276 others" in axes.get_xlabel()
    figure.canvas.draw()
    box = axes.get_window_extent()
    assert box.width / 24 == pytest.approx(box.height / 2, rel=0.02), "cells are square"
    assert box.width > 0.6 * figure.bbox.width


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


# --- kets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ([], "|⟩"),
        ([1, 0, 1], "|1,0,1⟩"),
        ([1, 0, 1, 2, 0], "|10120⟩"),
        ([0, 12, 1, 0, 0], "|0,12,1,0,0⟩"),
        ([0] * 4 + [1] + [0] * 3 + [2, 0, 0, 1], "|0⁴\u20091\u20090³\u20092001⟩"),
        ([12] + [0] * 20, "|12,0²⁰⟩"),
        (["X", 1, 0, 0, 0], "|X1000⟩"),
    ],
)
def test_kets(state, text):
    assert ket(state) == text


@given(st.lists(st.integers(0, 30), max_size=80))
def test_different_states_have_different_kets(state):
    """A ket can be read back: exponents count modes, and commas part numbers of two digits."""
    text = ket(state)[1:-1].replace("\u2009", " ")
    digits = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    has_commas = "," in text
    parts = text.split(",") if has_commas else [text]
    read = []
    for part in parts:
        for word, power in re.findall(r"(\d+| )([⁰¹²³⁴⁵⁶⁷⁸⁹]*)", part):
            if word == " ":
                continue
            numbers = [int(word)] if has_commas or len(state) < 2 else [int(digit) for digit in word]
            times = int(power.translate(digits)) if power else 1
            read += numbers[:-1] + numbers[-1:] * times
    assert read == state


def test_kets_of_twenty_modes_do_not_fill_the_figure():
    """Twenty digits with nineteen commas filled a third of it."""
    rng = np.random.default_rng(1)
    states = np.unique(
        np.stack([np.bincount(rng.integers(0, 20, 8), minlength=20) for _ in range(60)]), axis=0
    )
    figure, axes = SamplingResult.from_columns(states, np.arange(1, len(states) + 1)).plot(errors=True)
    figure.canvas.draw()
    height = max(t.get_window_extent().height for t in axes.get_xticklabels())
    assert height < 0.28 * figure.bbox.height
    assert axes.get_window_extent().height > 0.5 * figure.bbox.height


@pytest.mark.parametrize("state", [[0] * 30, [1, 0] * 15, [0, 1, 2, 3] * 8])
def test_kets_are_no_wider_than_estimated(state):
    figure, axes = plt.subplots()
    text = axes.text(0, 0, ket(state), fontsize=8)
    figure.canvas.draw()
    inches = text.get_window_extent().width / figure.dpi
    assert inches <= 1.05 * ket_width(ket(state)) * CHARACTER
    assert ket_width(short_ket(state, 10)) <= 10.5


def test_states_of_many_modes_are_a_map_below_the_bars():
    """Nobody reads a ket of 48 modes with 12 photons; a column of cells shows where they are."""
    rng = np.random.default_rng(2)
    states = np.unique(rng.permuted(np.repeat([[1, 2] * 6 + [0] * 36], 40, axis=0), axis=1), axis=0)
    result = SamplingResult.from_columns(states, np.arange(1, len(states) + 1))
    figure, axes = result.plot(top=20)
    (below,) = axes.child_axes
    assert not tick_labels(axes)
    shown = result.states[np.argsort(-result.counts)[:20]]
    assert np.array_equal(below.collections[0].get_array(), shown.T)
    assert below.get_ylim() == (47.5, -0.5), "mode 0 is at the top"
    assert [t.get_text() for t in below.get_xticklabels()] == ["20 others"]
    figure.canvas.draw()
    box = below.get_tightbbox()
    assert box.y0 >= figure.bbox.y0
    assert box.x0 >= figure.bbox.x0
    _, axes = result.plot(top=20, state_labels={lw.State(row.tolist()): "a" for row in shown})
    assert not axes.child_axes, "labels that a user gives are drawn"


# --- what is written into a cut bar, and theory -----------------------------------------------------------


def test_a_cut_bar_says_how_high_it_is_and_is_marked_as_cut(large):
    """An arrow behind a number told nobody that the bar goes on."""
    _, axes = large.plot(top=10)
    (text,) = axes.texts
    rest = large.n_samples - sum(heights(axes)[:-1])
    assert text.get_text() == f"{number_text(rest)} ({100 * rest / large.n_samples:.1f} %)"
    assert "→" not in text.get_text()
    marks = [line for line in axes.lines if line.get_color() != "white"]
    assert len(marks) == 2
    bar = axes.patches[-1]
    for mark in marks:
        assert mark.get_xdata()[0] < bar.get_x() < bar.get_x() + bar.get_width() < mark.get_xdata()[1]
    _, axes = large.plot(top=10, normalize=True)
    assert float(axes.texts[0].get_text()) == pytest.approx(rest / large.n_samples, abs=1e-3)


def test_theory_is_a_line_across_each_bar(result):
    theory = {(0, 1, 0): 0.5, (1, 0, 0): 0.25, (0, 0, 2): 0.25}
    distribution = ProbabilityDistribution(theory)
    for expected in (theory, distribution):
        for normalize, scale in ((False, 100), (True, 1)):
            _, axes = result.plot(theory=expected, normalize=normalize)
            (lines,) = axes.collections
            levels = {
                label: segment[0][1]
                for label, segment in zip(tick_labels(axes), lines.get_segments(), strict=True)
            }
            assert levels["|0,1,0⟩"] == 0.5 * scale
            assert levels["|0,0,2⟩"] == 0.25 * scale, "a state that theory expects is shown, seen or not"
            assert levels["|0,0,1⟩"] == 0
            assert [t.get_text() for t in axes.get_legend().get_texts()] == ["measured", "theory"]
    _, axes = result.plot(theory=theory, top=1)
    assert [segment[0][1] for segment in axes.collections[0].get_segments()] == [50, 50]
    one = SimulationResult([[0.6j, 0.8]], "probability_amplitude", [(0, 1, 0)], [(0, 1, 0), (0, 0, 1)])
    _, axes = result.plot(theory=one, normalize=True)
    assert tick_labels(axes)[:2] == ["|0,0,1⟩", "|0,1,0⟩"], "states are ranked by both shares together"
    drawn = [segment[0][1] for segment in axes.collections[0].get_segments()]
    assert drawn == pytest.approx([0.64, 0.36, 0, 0])


@pytest.mark.parametrize(
    ("theory", "error", "text"),
    [
        ({(0, 1, 0): 0.5, (1, 0, 0): 0.6}, ValueError, "add up to 1.1"),
        ({(0, 1, 0): -0.5}, ValueError, "negative"),
        ({(0, 1, 0): float("nan")}, ValueError, "not finite"),
        ({(0, 1, 0): "a"}, TypeError, "probabilities"),
        (SamplingResult({(0, 1, 0): 1}), TypeError, "compare="),
        ([0.5], TypeError, "list"),
        ({(0, 1): 0.5}, lw.ModeMismatchError, "modes"),
        (SimulationResult(np.eye(2), "probability", [(0,), (1,)], [(0,), (1,)]), ValueError, "2 inputs"),
    ],
)
def test_what_is_no_theory_is_refused(result, theory, error, text):
    with pytest.raises(error, match=text):
        result.plot(theory=theory)


def test_distributions_have_plots_too(result):
    distribution = ProbabilityDistribution({(0, 1, 0): 0.75, (1, 0, 0): 0.25})
    _, axes = distribution.plot()
    assert heights(axes) == [0.75, 0.25]
    assert axes.get_ylabel() == "Probability"
    _, axes = distribution.plot(compare=result, normalize=True)
    assert len(axes.containers) == 2
    with pytest.raises(ValueError, match="no axis in common"):
        distribution.plot(compare=result)
    with pytest.raises(TypeError, match="no statistical errors"):
        plot_results(distribution, errors=True)


def test_counts_have_whole_ticks():
    _, axes = SamplingResult({(1, 0): 1, (0, 1): 2}).plot()
    axes.figure.canvas.draw()
    assert all(tick == int(tick) for tick in axes.get_yticks())


# --- maps ---------------------------------------------------------------------------------------------------


def test_maps_of_amplitudes_name_their_parts_and_show_signs():
    values = np.array([[0.6, -0.8j], [0.8j, 0.6]])
    amplitudes = SimulationResult(values, "probability_amplitude", [(1, 0), (0, 1)], [(1, 0), (0, 1)])
    figure, axes = amplitudes.plot()
    assert [ax.get_title() for ax in axes] == ["Real part of amplitude", "Imaginary part of amplitude"]
    for ax in axes:
        (image,) = ax.images
        assert image.get_clim() == (-0.8, 0.8), "0 is in the middle of the colours, and white"
        assert sum(image.cmap(0.5)[:3]) > 2.8
        assert ax.get_aspect() == 1.0, "cells are square"
    assert "real(" not in "".join(t.get_text() for t in figure.findobj(matplotlib.text.Text))
    _, axes = amplitudes.plot(conv_to_probability=True)
    assert axes.images[0].get_clim() == (0, pytest.approx(0.64))
    assert [text.get_text() for text in axes.texts] == ["0.36", "0.64", "0.64", "0.36"]


def test_correlations_are_a_map_without_its_diagonal(result):
    _, axes = result.plot_correlations()
    drawn = axes.images[0].get_array()
    expected = result.summary().correlations
    off = ~np.eye(3, dtype=bool)
    assert np.array_equal(drawn[off], expected[off])
    assert np.isnan(np.asarray(drawn.filled(np.nan) if np.ma.isMaskedArray(drawn) else drawn)[~off]).all()
    low, high = axes.images[0].get_clim()
    assert (low, high) == (-np.abs(expected[off]).max(), np.abs(expected[off]).max())
    assert np.isfinite(expected[off]).all()
    assert result.summary().correlations[0, 0] == pytest.approx(1), "what is drawn is a copy"
    _, axes = plot_correlations(result.summary(), "covariance", mode_labels=["a", "b", "$c$"])
    assert tick_labels(axes) == ["a", "b", "$c$"]
    distribution = ProbabilityDistribution({(0, 1): 0.5, (1, 0): 0.5})
    _, axes = distribution.plot_correlations(ax=plt.subplots()[1])
    assert axes.images[0].get_array()[0, 1] == pytest.approx(-1)
    _, axes = plot_correlations(np.zeros((60, 60)))
    assert axes.images[0].get_clim() == (-1, 1)
    for wrong, error in (
        (lambda: result.plot_correlations("other"), ValueError),
        (lambda: plot_correlations(np.zeros((2, 3))), ValueError),
        (lambda: plot_correlations("text"), TypeError),
        (lambda: result.plot_correlations(mode_labels=["a"]), ValueError),
    ):
        with pytest.raises(error):
            wrong()


def test_all_plots_have_one_style_and_leave_the_users_alone(result):
    before = dict(matplotlib.rcParams)
    _, axes = result.plot(compare=result)
    assert dict(matplotlib.rcParams) == before
    blue, orange = (c.patches[0].get_facecolor() for c in axes.containers)
    assert matplotlib.colors.to_hex(blue) == "#0072b2"
    assert matplotlib.colors.to_hex(orange) == "#e69f00"
    assert not axes.spines["top"].get_visible()
    with matplotlib.rc_context({"axes.prop_cycle": matplotlib.cycler(color=["red"])}):
        _, mine = plt.subplots()
        result.plot(ax=mine)
    assert matplotlib.colors.to_hex(mine.patches[0].get_facecolor()) == "#ff0000"


def test_a_backend_stays_interactive_after_the_first_plot(tmp_path):
    """As that of notebooks, which makes pyplot interactive when it is loaded; else it shows one figure."""
    (tmp_path / "interactive_backend.py").write_text(
        "import matplotlib\n"
        "from matplotlib.backends.backend_agg import FigureCanvas\n"
        "matplotlib.interactive(True)\n"
    )
    program = (
        "import matplotlib\n"
        "from lwfast.results import SamplingResult\n"
        "SamplingResult({(0, 1): 3}).plot(show=False)\n"
        "print(matplotlib.is_interactive())"
    )
    environment = {
        **os.environ,
        "MPLBACKEND": "module://interactive_backend",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
    }
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stdout) == (0, "True\n"), ended.stderr


def test_a_plot_that_is_broken_off_leaves_no_figure(result, monkeypatch):
    """Such as by Ctrl-C: the half of a figure would be shown with the next one. The user's figures stay."""

    def interrupt(*args, **options):
        raise KeyboardInterrupt

    plt.figure()
    monkeypatch.setattr(result_plot, "draw_bars", interrupt)
    monkeypatch.setattr(correlation_plot, "draw_heat_map", interrupt)
    for draw in (plot_results, plot_correlations):
        with pytest.raises(KeyboardInterrupt):
            draw(result, show=False)
    with pytest.raises(KeyboardInterrupt):
        plot_results(result, ax=plt.gca())
    assert plt.get_fignums() == [1]
