"""Hypothesis strategies that several tests share."""

from __future__ import annotations

from hypothesis import strategies as st

occupations = st.lists(st.integers(0, 20), max_size=12)
"""Photon numbers of a state."""

seeds = st.integers(0, 2**32 - 1)
"""Seeds that Lightworks' matrices take."""

fractions = st.floats(0, 1)
"""Reflectivities, losses, efficiencies."""

non_integers = st.one_of(
    st.floats(allow_nan=True), st.booleans(), st.text(max_size=3), st.none(), st.complex_numbers()
)
"""What no mode, photon number or state entry may be."""
