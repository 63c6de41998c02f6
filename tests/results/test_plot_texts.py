"""Texts of users in plots and drawings: all of them is there, whatever they are."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast._base.showing.plot_text import plot_text
from lwfast.results import SamplingResult, SimulationResult, plot_results

pytest.importorskip("matplotlib").use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

FORMULA = r"$\frac{1}{\sqrt{2}}\left(|1,0\rangle + e^{i\varphi_{\mathrm{long\ name}}}|0,1\rangle\right)$"
HOSTILE = {
    "one dollar": "5 $",
    "two dollars": r"cost \$5 $\foo{$",
    "not a formula": r"$\foo$",
    "nested": "$" + "{" * 300 + "}" * 300 + "$",
    "lines": "x\n" * 100,
    "long": "x" * 1000,
    "long formula": "$" + "x" * 1000 + "$",
    "half a surrogate pair": "a\ud800b",
    "control": "a\tb\r\x00",
    "empty": "",
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def result():
    return SamplingResult({(0, 1): 45, (1, 0): 30})


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_every_name_is_in_the_legend(result, tmp_path):
    """Matplotlib leaves out names that begin with an underscore."""
    named = {"_run 1": result, "run 2": result, "__x": result, "_nolegend_": result, "_": result}
    figure, axes = plot_results(named)
    assert legend_of(axes) == list(named)
    colours = [handle.get_facecolor() for handle in axes.get_legend().legend_handles]
    assert colours == [bars.patches[0].get_facecolor() for bars in axes.containers]
    figure.savefig(tmp_path / "a.png")
    _, axes = plot_results([result, result], labels=["_a", "_b"])
    assert legend_of(axes) == ["_a", "_b"]


def test_labels_of_users_are_whole(result, tmp_path):
    """Those of states are shortened, whichever axes they are drawn into."""
    assert len(FORMULA) > 64
    words = " ".join(f"word{k}" for k in range(20))
    labels = {(0, 1): FORMULA, (1, 0): words}
    _, axes = result.plot(state_labels=labels)
    _, (given, _) = plt.subplots(2)
    result.plot(ax=given, state_labels=labels)
    simulated = SimulationResult(np.array([[0.5, 0.5]]), "probability", [(1, 0)], [(0, 1), (1, 0)])
    _, simulation = simulated.plot(state_labels=labels)
    for drawn in (axes, given, simulation):
        first, second = (text.get_text() for text in drawn.get_xticklabels())
        assert first == FORMULA
        assert second.replace("\n", "") == words
        assert max(map(len, second.split("\n"))) <= 64
        drawn.figure.savefig(tmp_path / "a.png")
    _, axes = plot_results({words: result, "b": result})
    assert legend_of(axes)[0].replace("\n", "") == words


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_stops_a_drawing(result, tmp_path, text):
    """Warnings are errors here, and a notebook cuts images to what is drawn."""
    labels = {(0, 1): text}
    simulated = SimulationResult(np.full((2, 2), 0.5), "probability", [(1, 0), (0, 1)], [(0, 1), (1, 0)])
    circuit = lw.PhotonicCircuit(2)
    circuit.add(lw.Unitary(lw.random_unitary(2), label=text))
    figures = [
        result.plot(state_labels=labels)[0],
        plot_results({text: result, "b": result})[0],
        simulated.plot(state_labels=labels)[0],
        lw.display(circuit, display_type="mpl", mode_labels=[text, "b"])[0],
    ]
    for figure in figures:
        figure.savefig(tmp_path / "a.png", dpi=50)
        figure.savefig(tmp_path / "b.png", dpi=50, bbox_inches="tight")


def test_what_cannot_be_a_formula_is_drawn_as_it_stands():
    """A dollar sign is escaped where two of them would be read as a formula, and only there."""
    assert plot_text("5 $", 64) == "5 $"
    assert plot_text(r"$\psi$ and $\varphi$", 64) == r"$\psi$ and $\varphi$"
    assert plot_text(r"$\foo$", 64) == r"\$\foo\$"
    assert plot_text(r"\$5 $\foo$", 64) == r"\$5 \$\foo\$"
    assert plot_text("a\ud800b\tc", 64) == r"a\ud800b c"
    text = "0123456789 " * 1000
    assert plot_text(text, 64).replace("\n", "") == text
