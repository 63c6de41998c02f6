"""Sentences for what can be wrong with a result body."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import MAX_STATE_PHOTONS

_AROUND = 24
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""An escape in a JSON text; two that make a surrogate pair are one."""


def reason_of(code: int, n_modes: int) -> str:
    """Return the sentence for an error code of `_kernels.tables.state_text`."""
    from lwfast._kernels.tables import state_text as kernels

    modes = "mode" if n_modes == 1 else "modes"
    reasons = {
        kernels.TRUNCATED: "the body ends here, inside the results",
        kernels.KEY_EXPECTED: "a state in quotes is expected",
        kernels.KEY_ESCAPE: "an escape inside a state; states are digits, commas and brackets only",
        kernels.KEY_CHARACTER: "a character that a state cannot have",
        kernels.KEY_NEGATIVE: "a negative photon number",
        kernels.KEY_LEADING_ZERO: "a photon number with a leading zero",
        kernels.KEY_NUMBER_EXPECTED: "a photon number is expected",
        kernels.OCCUPATION_RANGE: f"a photon number above {MAX_STATE_PHOTONS}, the limit of a result table",
        kernels.MODE_MISMATCH: f"the state does not have {n_modes} {modes}, as those before it have",
        kernels.BRACKET_MISMATCH: "the bracket of the state is not closed as it was opened",
        kernels.COLON_EXPECTED: "a ':' follows a state",
        kernels.COUNT_TYPE: "a count is expected: an integer that is not negative",
        kernels.COUNT_NEGATIVE: "a negative count",
        kernels.COUNT_FRACTION: "the count is not an integer",
        kernels.COUNT_LEADING_ZERO: "a count with a leading zero",
        kernels.COUNT_RANGE: "a count above 2^63 - 1",
        kernels.COMMA_EXPECTED: "a ',' or '}' follows a count",
        kernels.TRAILING_COMMA: "a comma before the closing '}'",
        kernels.KEY_SPACE: "a space that a state cannot have; one space may follow each comma",
    }
    return reasons[code]


def located(buffer: NDArray[np.uint8], position: int, reason: str) -> str:
    """Return `reason` with the byte and the text around it, where there is any text."""
    if buffer.size == 0:
        return f"There is no text at all: {reason}."
    start = max(0, position - _AROUND)
    before = _shown(buffer[start:position])
    after = _shown(buffer[position : position + _AROUND])
    before = ("…" if start else "") + before
    after += "…" if position + _AROUND < buffer.size else ""
    return f"Byte {position}: {reason}; the text there is `{before}>>>{after}`."


def half_pair(text: bytes) -> int | None:
    """Return where the first escape of half a surrogate pair starts; None without one."""
    return next((found.start() for found in _ESCAPE.finditer(text) if found["half"]), None)


def _shown(part: NDArray[np.uint8]) -> str:
    text = part.tobytes().decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
