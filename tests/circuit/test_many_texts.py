"""Many texts are painted by the outlines of their letters, and stand where Matplotlib would have put them."""

from __future__ import annotations

import io

import numpy as np
import pytest

import lwfast as lw
from lwfast.circuit.pictures import painting
from lwfast.circuit.pictures.shapes import Shapes, Text
from lwfast.interferometers import Clements


def ink(texts, monkeypatch, most):
    """Return how dark each pixel is."""
    from matplotlib.figure import Figure

    monkeypatch.setattr(painting, "MANY_TEXTS", most)
    side = 8 * painting.INCHES
    figure = Figure(figsize=(side, side), dpi=800 / side)
    painting.paint(figure.add_axes((0, 0, 1, 1)), Shapes(width=8, height=8, texts=texts))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="rgba")
    pixels = np.frombuffer(buffer.getvalue(), np.uint8).reshape(800, 800, 4)
    return 255.0 - pixels[:, :, :3].mean(axis=2)


@pytest.mark.parametrize(
    "text",
    [
        Text(4, 4, "PS", 0.3),
        Text(4, 4, "φ = 1.234", 0.25),
        Text(5, 3, "mode label", 0.3, anchor="end", colour="#3e368d"),
        Text(2, 5, "r = 0.5\nloss = 0.1", 0.25),
        Text(3, 4, "U(heralded)", 0.3, upright=True),
    ],
)
def test_outlines_stand_where_texts_do(text, monkeypatch):
    ours, theirs = ink([text], monkeypatch, 0), ink([text], monkeypatch, 10)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.15)
    for axis in (0, 1):
        places = [np.flatnonzero(found.sum(axis=axis) > 0) for found in (ours, theirs)]
        # 100 pixels to a row: the centre within 4, the extent within a twentieth.
        centres = [np.average(np.arange(800), weights=found.sum(axis=axis)) for found in (ours, theirs)]
        assert centres[0] == pytest.approx(centres[1], abs=4)
        assert np.ptp(places[0]) == pytest.approx(np.ptp(places[1]), rel=0.05, abs=3)


def test_formulas_are_left_to_matplotlib(monkeypatch):
    texts = [Text(4, 2, r"$\theta_1$", 0.3), Text(4, 6, "PS", 0.3)]
    ours, theirs = ink(texts, monkeypatch, 0), ink(texts, monkeypatch, 10)
    assert np.array_equal(ours[:400], theirs[:400])
    assert ours[400:].sum() > 0


def test_a_mesh_of_many_texts_is_written(tmp_path):
    circuit = Clements().map(lw.Unitary(lw.random_unitary(18, seed=1)))
    circuit.save_figure(tmp_path / "mesh.png", svg=False)
    assert (tmp_path / "mesh.png").read_bytes().startswith(b"\x89PNG")
