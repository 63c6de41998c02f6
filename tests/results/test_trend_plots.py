"""Plots of means over time and over groups of several columns."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest

from lwfast.results.campaign.trend import Trend
from lwfast.results.processing.means import Mean

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture
def drawn():
    """A function that draws means at positions, and gives the axes."""
    figures = []

    def draw(names, positions, what="share of |1,1,1,0>"):
        means = [Mean(100, 0.01 * k, 20.0) for k in range(len(positions))]
        figure, axes = Trend(names, positions, means, what=what).plot(show=False)
        figures.append(figure)
        figure.canvas.draw()
        return axes

    yield draw
    for figure in figures:
        pyplot.close(figure)


def legend_of(axes):
    legend = axes.get_legend()
    return legend.get_title().get_text(), [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_column_of_text_has_a_colour_for_each_value(drawn, is_first):
    pairs = list(itertools.product(["Apollo", "Hera"], [0.0, 1.0, 0.5]))
    names = ("qpu", "theta") if is_first else ("theta", "qpu")
    axes = drawn(names, pairs if is_first else [(theta, qpu) for qpu, theta in pairs])
    assert axes.get_xlabel() == "theta"
    assert legend_of(axes) == ("qpu", ["Apollo", "Hera"])
    apollo, hera = [bars.lines[0] for bars in axes.containers]
    assert apollo.get_xdata().tolist() == hera.get_xdata().tolist() == [0, 0.5, 1]
    assert apollo.get_ydata().tolist() == pytest.approx([0, 0.02, 0.01])
    assert hera.get_ydata().tolist() == pytest.approx([0.03, 0.05, 0.04])
    assert apollo.get_color() != hera.get_color()
    assert apollo.get_marker() != hera.get_marker()
    segments = axes.containers[1].lines[2][0].get_segments()
    assert np.mean(segments, axis=1)[:, 1] == pytest.approx([0.03, 0.05, 0.04])


def test_of_three_columns_two_are_in_the_legend(drawn):
    axes = drawn(("qpu", "theta", "basis"), list(itertools.product(["Hera"], [0, 1], ["X", "Z"])))
    assert axes.get_xlabel() == "theta"
    assert legend_of(axes) == ("qpu, basis", ["Hera, X", "Hera, Z"])


def test_every_set_of_points_looks_different(drawn):
    axes = drawn(("n", "theta"), list(itertools.product([f"{n}" for n in range(16)], [0, 1])))
    looks = {(bars.lines[0].get_color(), bars.lines[0].get_marker()) for bars in axes.containers}
    assert len(looks) == len(axes.containers) == 16


def test_of_two_columns_of_numbers_the_one_with_fewer_values_gets_the_colours(drawn):
    axes = drawn(("theta", "phi"), list(itertools.product(range(30), [0.25, 0.5])))
    assert axes.get_xlabel() == "theta"
    assert legend_of(axes) == ("phi", ["0.25", "0.5"])


def test_pairs_of_texts_stand_side_by_side_and_each_has_a_label(drawn):
    pairs = list(itertools.product(["Apollo", "Artemis", "Hera"], "ABCDEFGHI"))
    axes = drawn(("qpu", "basis"), pairs)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [f"{qpu}, {basis}" for qpu, basis in pairs]
    assert axes.get_legend() is None
    many = drawn(("theta", "phi"), list(itertools.product(np.arange(20) / 8, range(20))))
    labels = [tick.get_text() for tick in many.get_xticklabels()]
    assert labels[:2] == ["0, 0", "0, 12"]
    assert len(labels) <= 36


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("share of |1,1,1,0>", "share of |1,1,1,0⟩"),
        ("share of |1,0,1,0,1> and |0,0,0,0,1>", "share of |10101⟩ and |00001⟩"),
        ("mean of a_function", "mean of a_function"),
    ],
)
def test_states_are_written_as_in_bar_charts(drawn, what, shown):
    assert drawn(("theta",), [0.0, 1.0], what).get_ylabel() == shown


@pytest.mark.parametrize("hours", [1, 5, 15, 30, 44, 100, 300, 1000, 20_000])
def test_dates_keep_their_distance(drawn, hours):
    start = dt.datetime(2026, 5, 1, 18, tzinfo=dt.UTC)
    axes = drawn(("time",), [start + dt.timedelta(hours=hours * k / 11) for k in range(12)])
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = [tick.label1.get_window_extent() for tick in ticks if tick.label1.get_text()]
    assert len(boxes) >= 2
    letter = axes.xaxis.get_majorticklabels()[0].get_fontsize() * axes.figure.dpi / 72
    for left, right in itertools.pairwise(boxes):
        assert right.x0 - left.x1 > 0.8 * letter
