"""Unitaries as pictures."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import lwfast as lw

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures() -> Any:
    yield
    plt.close("all")


def test_a_hinton_diagram_has_areas_of_probabilities_and_colours_of_phases() -> None:
    """The area of a square is the squared magnitude of its entry, relative to the largest one."""
    unitary = lw.random_unitary(5, seed=1)
    _, axes = lw.visualisation.plot_unitary(unitary)
    (squares,) = axes.collections
    boxes = [path.get_extents() for path in squares.get_paths()]
    areas = np.array([box.width * box.height for box in boxes]).reshape(5, 5)
    probabilities = np.abs(unitary) ** 2
    assert areas / areas.max() == pytest.approx(probabilities / probabilities.max())
    assert areas.max() < 1, "squares do not touch"
    for (row, column), box in zip(np.ndindex(5, 5), boxes, strict=True):
        assert ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) == pytest.approx((column, row))
    turns = (np.angle(unitary).reshape(-1) + np.pi) / (2 * np.pi)
    assert squares.get_facecolors() == pytest.approx(matplotlib.colormaps["twilight"](turns))
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first row is at the top"


def test_magnitude_and_phase_are_maps() -> None:
    """Entries without a magnitude have no phase."""
    circuit = lw.PhotonicCircuit(3)
    circuit.bs(0)
    _, axes = lw.visualisation.plot_unitary(circuit, "magnitude_phase")
    magnitude, phase = (ax.images[0].get_array() for ax in axes)
    assert np.asarray(magnitude) == pytest.approx(np.abs(circuit.U))
    drawn = np.ma.filled(phase, np.nan)
    assert np.array_equal(np.isnan(drawn), np.abs(circuit.U) == 0)
    assert drawn[0, 1] == pytest.approx(np.angle(circuit.U[0, 1]))
    assert axes[1].images[0].get_clim() == (-np.pi, np.pi)
    assert axes[1].images[0].cmap.name == "twilight"


def test_real_and_imaginary_part_have_a_white_zero() -> None:
    """Both parts have the same colours."""
    unitary = lw.random_unitary(20, seed=2)
    _, axes = lw.visualisation.plot_unitary(unitary, "real_imag")
    assert [ax.get_title() for ax in axes] == ["Real part", "Imaginary part"]
    low, high = axes[0].images[0].get_clim()
    assert (low, high) == axes[1].images[0].get_clim()
    assert low == -high
    assert np.asarray(axes[1].images[0].get_array()) == pytest.approx(unitary.imag)


@pytest.mark.parametrize("n_modes", [1, 4, 20, 60])
@pytest.mark.parametrize("kind", ["hinton", "magnitude_phase", "real_imag"])
def test_every_size_can_be_drawn(n_modes: int, kind: str) -> None:
    """Labels neither overlap nor leave the figure."""
    figure, axes = lw.visualisation.plot_unitary(lw.random_unitary(n_modes, seed=3), kind)
    figure.canvas.draw()
    for ax in np.ravel(axes):
        boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
        assert all(a.x1 <= b.x0 for a, b in itertools.pairwise(boxes))
        assert ax.get_tightbbox().y0 >= 0


@pytest.mark.parametrize(
    ("unitary", "kind", "error"),
    [
        ("text", "hinton", TypeError),
        (np.zeros((2, 3)), "hinton", ValueError),
        (np.zeros((0, 0)), "hinton", ValueError),
        (np.array([[np.nan]]), "hinton", ValueError),
        (np.eye(2), "bars", ValueError),
    ],
)
def test_what_cannot_be_drawn_is_refused(unitary: Any, kind: str, error: type[Exception]) -> None:
    """The error says what can be."""
    with pytest.raises(error):
        lw.visualisation.plot_unitary(unitary, kind)


def test_nothing_has_no_squares() -> None:
    """A matrix of zeros is an empty diagram."""
    _, axes = lw.visualisation.plot_unitary(np.zeros((2, 2)))
    assert not axes.collections[0].get_paths()
