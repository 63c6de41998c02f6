"""Many texts at once with Matplotlib: outlines of letters, each made once and placed wherever it stands.

Matplotlib lays out and paints each text on its own. The drawing of a mesh of 60 modes has 14,000 texts, which
took most of a minute; in about 20 different letters, it takes seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._types import FloatArray
from lwfast.circuit.pictures.shapes import Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EM = 100.0
"""The size of the outlines that Matplotlib gives."""
_LINE = 1.2
"""From one baseline to the next, in sizes of the text."""


class _Letters:
    """The letters of the default font, with what they need of a line. Kerning is left out."""

    def __init__(self) -> None:
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import TextToPath

        self._font = FontProperties(size=_EM)
        self._texts = TextToPath()
        self._outlines: dict[str, Any] = {}
        self._advances: dict[str, float] = {}
        self.middle = float(self._corners("0")[:, 1].mean())
        """Half of the height of a digit, on which lines are centred."""

    def _corners(self, text: str) -> FloatArray:
        points = np.asarray(self.outline(text).vertices, dtype=np.float64)
        return np.stack([points.min(axis=0), points.max(axis=0)])

    def outline(self, letter: str) -> Any:
        """Return the path of a letter that stands on the origin."""
        from matplotlib.path import Path

        if letter not in self._outlines:
            points, codes = self._texts.get_text_path(self._font, letter)
            self._outlines[letter] = Path(np.asarray(points, dtype=np.float64).reshape(-1, 2) / _EM, codes)
        return self._outlines[letter]

    def advance(self, letter: str) -> float:
        """Return how far the letter behind a letter is."""
        if letter not in self._advances:
            self._advances[letter] = self._width(f"0{letter}0") - self._width("00")
        return self._advances[letter]

    def _width(self, text: str) -> float:
        width: float = self._texts.get_text_width_height_descent(text, self._font, False)[0]
        return width / _EM


def paint_outlines(ax: Axes, texts: Iterable[Text]) -> None:
    """Paint texts without formulas.

    Args:
        ax: Where to; its y axis points down, and both axes have one scale.
        texts: Texts with their places and sizes.
    """
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path
    from matplotlib.transforms import AffineDeltaTransform

    letters = _Letters()
    places: dict[tuple[str, float, str, bool], list[tuple[float, float]]] = defaultdict(list)
    for text in texts:
        for letter, x, y in _set(text, letters):
            places[letter, text.size, text.colour, text.upright].append((x, y))
    for (letter, size, colour, upright), offsets in places.items():
        outline = letters.outline(letter)
        points = np.asarray(outline.vertices) * size
        # Data grow downwards: a letter stands upside down without the sign.
        turned = np.stack(
            [-points[:, 1], -points[:, 0]] if upright else [points[:, 0], -points[:, 1]], axis=1
        )
        ax.add_collection(
            PathCollection(
                [Path(turned, outline.codes)],
                offsets=offsets,
                offset_transform=ax.transData,
                transform=AffineDeltaTransform(ax.transData),  # type: ignore[arg-type,unused-ignore]
                facecolors=colour,
                linewidths=0,
                zorder=5,
            ),
            autolim=False,
        )


def _set(text: Text, letters: _Letters) -> Iterable[tuple[str, float, float]]:
    """Yield the letters of a text, and where each stands, as Matplotlib sets them."""
    lines = text.text.split("\n")
    for number, line in enumerate(lines):
        steps = [letters.advance(letter) * text.size for letter in line]
        along = -sum(steps) * (1.0 if text.anchor == "end" else 0.5)
        below = ((number - (len(lines) - 1) / 2) * _LINE + letters.middle) * text.size
        for letter, step in zip(line, steps, strict=True):
            if not letter.isspace():
                at = (below, -along) if text.upright else (along, below)
                yield letter, text.x + at[0], text.y + at[1]
            along += step
