"""Drawings: places of elements, texts, files, and what is needed for them."""

from __future__ import annotations

import itertools
import math
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import lwfast
from lwfast.circuit import Parameter, PhotonicCircuit, Unitary
from lwfast.circuit.display import display
from lwfast.circuit.pictures.placing import plan_drawing
from lwfast.circuit.pictures.rendering import SvgDrawing
from lwfast.circuit.pictures.shapes import Line, Shapes, shapes_of
from lwfast.circuit.pictures.value_texts import phase_text, text_width, value_text
from lwfast.errors import DisplayError, LightworksDependencyError
from lwfast.optics.unitary import random_unitary

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture
def circuit() -> PhotonicCircuit:
    """A circuit with every kind of element."""
    heralded = PhotonicCircuit(3)
    heralded.bs(0, 2)
    heralded.herald((1, 2), (1, 0))
    built = PhotonicCircuit(4)
    built.bs(0, 2, Parameter(0.3, label="refl"), loss=0.1, convention="H")
    built.ps(1, math.pi / 2)
    built.mode_swaps({0: 1, 1: 3, 3: 0})
    built.barrier([0, 1])
    built.add(heralded, 1, name="gate")
    built.add(Unitary(random_unitary(2, 1), label="Haar"), 2)
    built.herald(0, 2)
    return built


def test_elements_do_not_overlap(circuit: PhotonicCircuit) -> None:
    """Two elements on one row never share a column, and elements keep their order on each row."""
    planned = plan_drawing(circuit._layout, display_loss=True, display_barriers=True)
    for row in range(planned.n_modes):
        here = [p for p in planned.placed if p.low <= row <= p.high]
        for first, second in itertools.pairwise(here):
            assert first.x + first.width <= second.x
    assert planned.width == max(p.x + p.width for p in planned.placed)


def test_losses_and_barriers_are_drawn_on_request(circuit: PhotonicCircuit) -> None:
    """Losses and barriers stay out unless asked for."""
    assert (
        len(plan_drawing(circuit._layout, display_loss=True).placed)
        == len(plan_drawing(circuit._layout).placed) + 2
    )
    assert (
        len(plan_drawing(circuit._layout, display_barriers=True).placed)
        == len(plan_drawing(circuit._layout).placed) + 1
    )


def test_rows(circuit: PhotonicCircuit) -> None:
    """Internal modes have a row without a label; heralds of groups are the groups' own."""
    planned = plan_drawing(circuit._layout)
    assert planned.labels == ("0", "1", None, "2", "3")
    assert plan_drawing(circuit._layout, mode_labels="abcd").labels == ("a", "b", None, "c", "d")
    assert (planned.heralds_in, planned.heralds_out) == ({0: 2}, {0: 2})
    for bad in ([], ["a"], list("abcde")):
        with pytest.raises(DisplayError, match=f"4 modes, got {len(bad)}"):
            plan_drawing(circuit._layout, mode_labels=bad)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (math.pi, "π"),
        (-math.pi / 2, "-π/2"),
        (3 * math.pi / 4, "3π/4"),
        (2 * math.pi, "2π"),
        (1.23456, "1.235"),
        (Parameter(math.pi), "π"),
        (Parameter(1, label="φ1"), "φ1"),
    ],
)
def test_phase_text(value: Any, text: str) -> None:
    """Simple parts of pi are written as such, Parameters with a label by it."""
    assert phase_text(value, False) == text


def test_value_text() -> None:
    """Values are rounded; a label gives way to the value on request."""
    assert value_text(0.123456, False) == "0.1235"
    assert value_text(Parameter(0.5, label="a"), False) == "a"
    assert value_text(Parameter(0.5, label="a"), True) == "0.5"
    assert phase_text(Parameter(math.pi, label="a"), True) == "π"
    assert value_text(Parameter("text"), True) == "text"


@pytest.mark.parametrize("svg", [True, False])
@pytest.mark.parametrize("name", ["figure", "figure.svg", "figure.png", "run_0.25", "new/folder/figure"])
def test_files(circuit: PhotonicCircuit, tmp_path: Path, svg: bool, name: str) -> None:
    """A file of the wanted format is written under the wanted name, folders made."""
    circuit.save_figure(tmp_path / name, svg=svg, display_loss=True, display_barriers=True)
    stem = name.removesuffix(".svg").removesuffix(".png")
    data = (tmp_path / f"{stem}.{'svg' if svg else 'png'}").read_bytes()
    assert data.startswith(b"<?xml" if svg else b"\x89PNG")


def test_another_format_is_refused(circuit: PhotonicCircuit, tmp_path: Path) -> None:
    """`x.pdf` became `x.pdf.svg`."""
    with pytest.raises(DisplayError, match=r"'x.pdf' ends in .pdf, and only .svg and .png are written"):
        circuit.save_figure(tmp_path / "x.pdf")
    assert not list(tmp_path.iterdir())


def test_same_circuit_same_file(circuit: PhotonicCircuit, tmp_path: Path) -> None:
    """SVG files hold no date and no random ids."""
    for name in ("a", "b"):
        circuit.save_figure(str(tmp_path / name))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_display_is_public(circuit: PhotonicCircuit) -> None:
    """`lwfast.display` is the function, as in Lightworks."""
    assert lwfast.display(circuit).svg == display(circuit).svg


def test_display_types(circuit: PhotonicCircuit, tmp_path: Path) -> None:
    """SVG gives a document that notebooks show, Matplotlib a figure with its axes."""
    drawing = display(circuit)
    assert isinstance(drawing, SvgDrawing)
    assert "<svg" in drawing._repr_svg_()
    drawing.save_svg(tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == drawing.svg
    figure, axes = display(circuit, display_type="mpl", show_parameter_values=True)
    texts = {text.get_text() for text in axes.texts}
    assert {"r = 0.3", "BS (H)", "PS", "φ = π/2", "gate", "Haar"} <= texts
    assert figure.axes == [axes]
    with pytest.raises(DisplayError, match="'pdf'"):
        display(circuit, display_type="pdf")  # type: ignore[arg-type]
    matplotlib.pyplot.close("all")


def test_labels_instead_of_values(circuit: PhotonicCircuit) -> None:
    """A Parameter is drawn by its label unless values are wanted."""
    _, axes = display(circuit, display_type="mpl")
    assert "r = refl" in {text.get_text() for text in axes.texts}
    matplotlib.pyplot.close("all")


def test_an_empty_circuit_can_be_drawn(tmp_path: Path) -> None:
    """A circuit without elements is lines."""
    PhotonicCircuit(2).save_figure(tmp_path / "empty")
    assert (tmp_path / "empty.svg").exists()


def test_show(circuit: PhotonicCircuit, monkeypatch: pytest.MonkeyPatch) -> None:
    """`display` shows a window, or hands SVG to the notebook it runs in."""
    import matplotlib.pyplot as plt

    shown: list[object] = []
    monkeypatch.setattr(plt, "show", lambda: shown.append("window"))
    monkeypatch.setitem(sys.modules, "IPython", None)
    circuit.display(display_type="mpl")
    circuit.display()
    assert shown == ["window", "window"]
    notebook = types.ModuleType("IPython")
    notebook.get_ipython = lambda: object()  # type: ignore[attr-defined]
    notebook.display = types.SimpleNamespace(display=shown.append)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    circuit.display()
    assert isinstance(shown[-1], SvgDrawing)
    circuit.display(display_type="mpl")
    assert shown[-1] == "window"
    plt.close("all")


def test_without_matplotlib(
    circuit: PhotonicCircuit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SVG needs no other package; for the rest, the error names the extra to install."""
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    circuit.ps(0, Parameter(0.1, label=r"$\theta$"))
    circuit.save_figure(tmp_path / "x")
    assert r"φ = $\theta$" in (tmp_path / "x.svg").read_text(encoding="utf-8")
    for call in (circuit.display, lambda: circuit.save_figure(tmp_path / "x", svg=False)):
        with pytest.raises(LightworksDependencyError, match=r"lwfast\[plot\]"):
            call()


# --- what is seen -------------------------------------------------------------------------------------------


def drawn(circuit: PhotonicCircuit, **options: Any) -> Shapes:
    """Return the shapes of a circuit."""
    return shapes_of(plan_drawing(circuit._layout, **options))


def with_a_heralded_gate(outputs: tuple[int, int] = (0, 3)) -> PhotonicCircuit:
    """Return a circuit with a group that brings two heralds."""
    gate = PhotonicCircuit(4)
    gate.bs(0, 1)
    gate.bs(1, 2)
    gate.bs(2, 3)
    gate.herald((0, outputs[0]), (0, 0))
    gate.herald((3, outputs[1]), (1, 1))
    circuit = PhotonicCircuit(4)
    circuit.add(gate, 1, group=True, name="CZ")
    return circuit


def test_a_heralded_ancilla_has_a_wire_on_both_sides_and_no_double_gap() -> None:
    """A line leads from the photons that are put in to the box, and from the box to those that are found."""
    circuit = with_a_heralded_gate()
    planned = plan_drawing(circuit._layout)
    assert planned.labels == ("0", None, "1", "2", None, "3")
    gaps = [below - above for above, below in itertools.pairwise(planned.rows)]
    assert gaps == pytest.approx([0.8, 0.8, 1.0, 0.8, 0.8]), "two named modes are less than two rows apart"
    shapes = drawn(circuit)
    (box,) = shapes.boxes
    for row in (1, 4):
        y = planned.rows[row]
        left, right = sorted(circle.x for circle in shapes.circles if circle.y == y)
        assert left < box.x < box.x + box.width < right
        assert Line(left, y, box.x, y) in shapes.wires
        assert any(line.x0 == pytest.approx(box.x + box.width) and line.x1 == right for line in shapes.wires)
        assert len([line for line in shapes.wires if line.y0 == y]) == 2, "an ancilla has no other line"


def test_heralds_stand_clear_of_neighbours() -> None:
    """The room of a group includes its heralds, so nothing that follows it on its rows covers them."""
    circuit = with_a_heralded_gate()
    for mode in range(4):
        circuit.ps(mode, 0.1)
    shapes = drawn(circuit)
    for circle in shapes.circles:
        for box in shapes.boxes:
            clear = (
                circle.x + circle.radius <= box.x
                or circle.x - circle.radius >= box.x + box.width
                or circle.y + circle.radius <= box.y
                or circle.y - circle.radius >= box.y + box.height
            )
            assert clear


@pytest.mark.parametrize("label", ["a", "a rather long name of a parameter", "φ" * 20])
def test_values_of_neighbours_do_not_overlap(label: str) -> None:
    """What is written below an element fits into its columns."""
    circuit = PhotonicCircuit(3)
    for _ in range(3):
        for mode in range(3):
            circuit.ps(mode, Parameter(0.2, label=label))
        circuit.bs(0, reflectivity=Parameter(0.5, label=label))
    by_row: dict[float, list[tuple[float, float]]] = {}
    for text in drawn(circuit).texts:
        if text.anchor == "middle":
            half = text_width(text.text) * text.size / 2
            by_row.setdefault(text.y, []).append((text.x - half, text.x + half))
    assert len(by_row) > 3
    for spans in by_row.values():
        for (_, end), (start, _) in itertools.pairwise(sorted(spans)):
            assert end <= start


def test_estimated_widths_are_wide_enough() -> None:
    """Widths are estimated without Matplotlib, and hold for the font that both ways of drawing name first."""
    from matplotlib.textpath import TextPath

    for text in (
        "BS (H)",
        "r = 0.2698",
        "φ = 0.1235",
        "loss = 0.1",
        "3π/4",
        "Hadamard",
        "mmWW",
        "theta",
        "Haar",
    ):
        width = TextPath((0, 0), text, size=100).get_extents().width / 100
        assert width <= text_width(text) * 1.05, text
        assert text_width(text) <= 1.5 * width, text


def test_names_stand_off_the_lines_of_passing_modes() -> None:
    """A beam splitter between distant modes has the lines of those between across it, dashed."""
    circuit = PhotonicCircuit(5)
    circuit.bs(0, 4)
    shapes = drawn(circuit)
    assert [line.y0 for line in shapes.passing] == [1.0, 2.0, 3.0]
    (name,) = [text for text in shapes.texts if text.text == "BS"]
    assert min(abs(name.y - line.y0) for line in shapes.passing) == pytest.approx(0.5)


def test_svg_is_well_formed_whatever_texts_say(tmp_path: Path) -> None:
    """Names are text, not markup, and what XML has no place for is replaced."""
    import xml.etree.ElementTree as ET

    hostile = '<script>alert(1)</script>&"\x00\x1f\ud800\uffff]]>'
    circuit = PhotonicCircuit(2)
    circuit.add(Unitary(random_unitary(2), label=hostile))
    circuit.ps(0, Parameter(1.0, label=hostile))
    circuit.add(PhotonicCircuit(1), 1, group=True, name=hostile)
    circuit.save_figure(tmp_path / "x.svg", mode_labels=[hostile, "costs 5 $"])
    data = (tmp_path / "x.svg").read_bytes()
    assert b"<script" not in data
    texts = [item.text or "" for item in ET.fromstring(data).iter("{http://www.w3.org/2000/svg}text")]
    assert any("<script>alert(1)</script>&" in text for text in texts)
    assert "costs 5 $" in texts


def test_formulas_are_outlines_in_svg() -> None:
    """A formula looks the same everywhere, since its signs are drawn."""
    circuit = PhotonicCircuit(1)
    circuit.ps(0, Parameter(0.1, label=r"$\theta_1$"))
    svg = display(circuit).svg
    assert "theta" not in svg
    assert "scale(1 -1)" in svg


def test_the_drawing_of_many_modes_fits_a_page() -> None:
    """Sixty modes are scaled down to what a screen shows; the picture remains a vector image."""
    import re

    for n_modes, most in ((4, 300.0), (60, 900.1)):
        svg = display(PhotonicCircuit(n_modes)).svg
        found = re.search(r'height="([\d.]+)"', svg)
        assert found is not None
        assert float(found.group(1)) <= most


def test_columns_of_a_mesh_stand_below_each_other() -> None:
    """Values of different lengths do not shift what follows them."""
    circuit = PhotonicCircuit(6)
    for mode, phase in zip(range(6), (0.1234, 1.5, 2.75, 5.866, 0.25, 3.141), strict=True):
        circuit.ps(mode, phase)
    for mode in (0, 2, 4):
        circuit.bs(mode)
    planned = plan_drawing(circuit._layout)
    starts = {placed.x for placed in planned.placed if placed.high > placed.low}
    assert len(starts) == 1


@pytest.mark.parametrize("way", ["svg", "mpl"])
def test_both_ways_draw_the_same(circuit: PhotonicCircuit, way: str) -> None:
    """SVG and Matplotlib draw the same boxes, circles and texts."""
    import re

    shapes = drawn(circuit, display_loss=True, display_barriers=True)
    if way == "svg":
        svg = display(circuit, display_loss=True, display_barriers=True).svg
        counts = [len(re.findall(f"<{tag} ", svg)) for tag in ("rect", "circle", "text")]
        assert counts == [len(shapes.boxes) + 1, len(shapes.circles), len(shapes.texts)]
        return
    from matplotlib.collections import PatchCollection

    _, axes = display(circuit, display_loss=True, display_barriers=True, display_type="mpl")
    patches = sum(len(c.get_paths()) for c in axes.collections if isinstance(c, PatchCollection))
    assert patches == len(shapes.boxes) + len(shapes.circles)
    assert [text.get_text() for text in axes.texts] == [text.text for text in shapes.texts]
    matplotlib.pyplot.close("all")
