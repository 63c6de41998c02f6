"""Conversions of losses and of encodings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast.circuit.convert import convert
from lwfast.state import State
from tests.strategies import occupations


@given(st.floats(0, 100))
def test_decibels_there_and_back(loss: float) -> None:
    """The sign of a loss in decibels does not matter, and the conversions undo each other."""
    fraction = convert.db_loss_to_decimal(loss)
    assert fraction == convert.db_loss_to_decimal(-loss)
    assert 0 <= fraction < 1
    assert convert.decimal_to_db_loss(fraction) == pytest.approx(loss, rel=1e-5, abs=1e-9)


def test_known_losses() -> None:
    """3 dB is half, 10 dB nine tenths, 0 nothing."""
    assert convert.db_loss_to_decimal(10) == pytest.approx(0.9)
    assert convert.decimal_to_db_loss(0.5) == pytest.approx(3.0103, abs=1e-4)
    assert convert.decimal_to_db_loss(0) == 0


@pytest.mark.parametrize("bad", [1, -0.1, 2, float("nan")])
def test_losses_outside_are_refused(bad: float) -> None:
    """A lost fraction lies in [0, 1)."""
    with pytest.raises(ValueError, match=r"\[0,1\)"):
        convert.decimal_to_db_loss(bad)


@given(st.lists(st.integers(0, 1), max_size=8))
def test_dual_rail_there_and_back(qubits: list[int]) -> None:
    """Qubits become pairs of modes and come back, from states, lists and strings."""
    rails = convert.qubit_to_dual_rail(State(qubits))
    assert rails.n_photons == len(qubits)
    assert convert.qubit_to_dual_rail(qubits) == rails
    assert convert.qubit_to_dual_rail("".join(map(str, qubits))) == rails
    assert convert.dual_rail_to_qubit(rails) == State(qubits)
    assert convert.dual_rail_to_qubit(np.array(rails.s)) == State(qubits)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [[0, 2], "01a", [0.5]])
def test_what_is_no_qubit_is_refused(bad: object) -> None:
    """Qubits are 0 and 1."""
    with pytest.raises(ValueError, match="0 or 1"):
        convert.qubit_to_dual_rail(bad)  # type: ignore[arg-type]


def test_invalid_pairs() -> None:
    """A pair without exactly one photon raises, or becomes an X that text, equality and hashes know."""
    with pytest.raises(ValueError, match=r"Modes 2 and 3 hold \[1, 1\]"):
        convert.dual_rail_to_qubit(State([1, 0, 1, 1]))
    with pytest.raises(ValueError, match="even number of modes, got 3"):
        convert.dual_rail_to_qubit(State([1, 0, 1]))
    marked = convert.dual_rail_to_qubit(State([1, 0, 1, 1]), allow_invalid=True)
    assert str(marked) == "|0,X>"
    assert marked == convert.dual_rail_to_qubit([1, 0, 0, 0], allow_invalid=True)
    assert hash(marked) == hash(convert.dual_rail_to_qubit([1, 0, 0, 0], allow_invalid=True))


@given(occupations)
def test_mappings(values: list[int]) -> None:
    """Threshold says whether there are photons, parity whether their number is odd; both can be inverted."""
    state = State(values)
    assert list(convert.threshold_mapping(state)) == [int(n > 0) for n in values]
    assert list(convert.threshold_mapping(state, invert=True)) == [int(n == 0) for n in values]
    assert list(convert.parity_mapping(state)) == [n % 2 for n in values]
    assert list(convert.parity_mapping(state, invert=True)) == [1 - n % 2 for n in values]
