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
from lwfast.circuit.pictures.display import SvgDrawing, display
from lwfast.circuit.pictures.placing import phase_text, plan, value_text
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
    planned = plan(circuit, display_loss=True, display_barriers=True)
    for row in range(planned.n_modes):
        here = [p for p in planned.placed if p.low <= row <= p.high]
        for first, second in itertools.pairwise(here):
            assert first.x + first.width <= second.x
    assert planned.width == max(p.x + p.width for p in planned.placed)


def test_losses_and_barriers_are_drawn_on_request(circuit: PhotonicCircuit) -> None:
    """Losses and barriers stay out unless asked for."""
    assert len(plan(circuit, display_loss=True).placed) == len(plan(circuit).placed) + 2
    assert len(plan(circuit, display_barriers=True).placed) == len(plan(circuit).placed) + 1


def test_rows(circuit: PhotonicCircuit) -> None:
    """Internal modes have a row without a label; heralds of groups are the groups' own."""
    planned = plan(circuit)
    assert planned.labels == ("0", "1", None, "2", "3")
    assert plan(circuit, mode_labels="abcd").labels == ("a", "b", None, "c", "d")
    assert (planned.heralds_in, planned.heralds_out) == ({0: 2}, {0: 2})
    for bad in ([], ["a"], list("abcde")):
        with pytest.raises(DisplayError, match=f"4 modes, got {len(bad)}"):
            plan(circuit, mode_labels=bad)


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
    assert {"r = 0.3", "BS (H)", "π/2", "gate", "Haar"} <= texts
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
    """The error names the extra to install."""
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for call in (circuit.display, lambda: circuit.save_figure(tmp_path / "x")):
        with pytest.raises(LightworksDependencyError, match=r"lwfast\[plot\]"):
            call()
