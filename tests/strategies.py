"""Hypothesis strategies that several tests share."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

occupations = st.lists(st.integers(0, 20), max_size=12)
"""Photon numbers of a state."""

seeds = st.integers(0, 2**32 - 1)
"""Seeds that Lightworks' matrices take."""

fractions = st.floats(0, 1)
"""Reflectivities, losses, efficiencies."""

non_integers = st.one_of(
    st.floats(allow_nan=True),
    st.booleans(),
    st.text(max_size=3).filter(lambda text: text != "X"),
    st.none(),
    st.complex_numbers(),
)
"""What no mode, photon number or state entry may be; the text "X" stands for an invalid qubit."""


@st.composite
def tables(draw, max_rows=40, max_modes=12, most=255):
    """A uint8 table with equal rows likely, and counts."""
    n_modes = draw(st.integers(0, max_modes))
    top = draw(st.sampled_from([1, 3, 9, most]))
    rows = draw(
        st.lists(st.lists(st.integers(0, top), min_size=n_modes, max_size=n_modes), max_size=max_rows)
    )
    counts = draw(st.lists(st.integers(0, 2**40), min_size=len(rows), max_size=len(rows)))
    return np.array(rows, np.uint8).reshape(len(rows), n_modes), np.array(counts, np.int64)


@st.composite
def state_keys(draw, n_modes):
    """Text of a state of `n_modes` modes, in one of the forms that are read."""
    numbers = draw(st.lists(st.integers(0, 12), min_size=n_modes, max_size=n_modes))
    inside = str(numbers[0]) if numbers else ""
    for n in numbers[1:]:
        inside += draw(st.sampled_from([", ", ","])) + str(n)
    form = draw(st.sampled_from(["({})", "[{}]", "{}"] + (["({},)"] if n_modes == 1 else [])))
    return form.format(inside)
