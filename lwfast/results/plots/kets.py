"""States as kets for plots: short, and as wide as they are estimated to be."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from lwfast.results.columns.text import shortened

FEW_MODES = 4
"""Up to so many modes, photon numbers are set apart by commas, as in `|1,0,1⟩`."""
_PLAIN_MODES = 10
"""Up to so many, digits stand side by side; with more, runs become exponents."""
_RUN = 3
"""Modes in a row that an exponent takes the place of."""
_THIN = "\N{THIN SPACE}"
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NARROW = {**dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", 0.64), **dict.fromkeys(",|⟩.", 0.55), _THIN: 0.32}
"""Widths of some signs in DejaVu Sans, in units of a digit."""


def ket(occupation: Iterable[Any]) -> str:
    """Return a state as a ket, without commas where digits can do without, and with exponents for runs.

    `|1,0,1⟩` has a photon in modes 0 and 2. `|0⁴ 1 0³ 2⟩` has nine modes: four without a photon, one with
    one, three without, and one with two.

    Args:
        occupation: The photon number of each mode, or "X".
    """
    texts = [str(n) for n in occupation]
    if len(texts) <= FEW_MODES or any(len(text) > 1 for text in texts):
        return f"|{','.join(_runs(texts) if len(texts) > _PLAIN_MODES else texts)}⟩"
    if len(texts) <= _PLAIN_MODES:
        return f"|{''.join(texts)}⟩"
    # A thin space before and after each exponent: the digit that it belongs to is the one before it.
    words: list[str] = [""]
    for word in _runs(texts):
        if len(word) > 1:
            words += [word, ""]
        else:
            words[-1] += word
    return f"|{_THIN.join(word for word in words if word)}⟩"


def _runs(texts: list[str]) -> list[str]:
    """Return photon numbers, three or more equal ones in a row as one with an exponent."""
    words: list[str] = []
    for text, same in groupby(texts):
        length = len(list(same))
        if length >= _RUN:
            words.append(text + str(length).translate(_SUPERSCRIPTS))
        else:
            words += [text] * length
    return words


def ket_width(text: str) -> float:
    """Return the width of a ket, in digits."""
    return sum(_NARROW.get(sign, 1.0) for sign in text)


def short_ket(occupation: Iterable[Any], width: float) -> str:
    """Return a state as a ket no wider than so many digits, without its middle if need be."""
    text = ket(occupation)
    if ket_width(text) <= width:
        return text
    length = int(len(text) * width / ket_width(text))
    return shortened(text, max(length, 3))
