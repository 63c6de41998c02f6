"""Joining mode swaps and bringing beam splitters together: fewer or other elements, the same unitary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast.circuit import Parameter, PhotonicCircuit, Unitary
from lwfast.circuit.blocks import Group
from lwfast.circuit.components import BeamSplitter, ModeSwaps
from lwfast.circuit.rewriting import completed_swaps, unpacked
from lwfast.optics.unitary import random_unitary

N = 5
steps = st.one_of(
    st.tuples(st.just("swap"), st.permutations(range(N))),
    st.tuples(st.just("cycle"), st.lists(st.integers(0, N - 1), min_size=2, max_size=3, unique=True)),
    st.tuples(st.just("ps"), st.integers(0, N - 1)),
    st.tuples(st.just("loss"), st.integers(0, N - 1)),
    st.tuples(st.just("bs"), st.lists(st.integers(0, N - 1), min_size=2, max_size=2, unique=True)),
    st.tuples(st.just("unitary"), st.integers(0, N - 2)),
    st.tuples(st.just("group"), st.integers(0, N - 3)),
    st.tuples(st.just("barrier"), st.just(0)),
)


def _built(chosen: list[tuple[str, object]]) -> PhotonicCircuit:
    circuit = PhotonicCircuit(N)
    for i, (kind, value) in enumerate(chosen):
        if kind == "swap":
            circuit.mode_swaps(dict(enumerate(value)))  # type: ignore[arg-type]
        elif kind == "cycle":
            circuit.mode_swaps(dict(zip(value, [*value[1:], value[0]], strict=True)))  # type: ignore[index,call-overload,misc]
        elif kind == "ps":
            circuit.ps(value, 0.1 + i)  # type: ignore[arg-type]
        elif kind == "loss":
            circuit.loss(value, 0.1)  # type: ignore[arg-type]
        elif kind == "bs":
            circuit.bs(*value, reflectivity=0.3, convention="H")  # type: ignore[misc]
        elif kind == "unitary":
            circuit.add(Unitary(random_unitary(2, i)), value)  # type: ignore[arg-type]
        elif kind == "group":
            inner = PhotonicCircuit(3)
            inner.bs(0, 2, 0.2)
            inner.mode_swaps({0: 1, 1: 0})
            circuit.add(inner, value, group=True)  # type: ignore[arg-type]
        else:
            circuit.barrier()
    return circuit


@given(st.lists(steps, max_size=9))
def test_rewriting_keeps_the_unitary(chosen: list[tuple[str, object]]) -> None:
    """Both rewritings keep the full unitary, alone and one after the other."""
    circuit = _built(chosen)
    expected = circuit.U_full
    circuit.compress_mode_swaps()
    assert np.allclose(circuit.U_full, expected, rtol=0, atol=1e-12)
    circuit.remove_non_adjacent_bs()
    assert np.allclose(circuit.U_full, expected, rtol=0, atol=1e-12)
    splitters = [c for c in unpacked(circuit._get_circuit_spec()) if isinstance(c, BeamSplitter)]
    assert all(abs(c.mode_1 - c.mode_2) == 1 for c in splitters)
    circuit.compress_mode_swaps()
    assert np.allclose(circuit.U_full, expected, rtol=0, atol=1e-12)


@given(st.lists(st.permutations(range(N)), min_size=1, max_size=6))
def test_swaps_in_a_row_become_one(permutations: list[list[int]]) -> None:
    """Neighbouring swaps join to a single one."""
    circuit = _built([("swap", p) for p in permutations])
    circuit.compress_mode_swaps()
    assert len(circuit._get_circuit_spec()) == 1


def test_a_swap_that_is_in_the_way_is_not_passed() -> None:
    """A swap joins the first one that it reaches, once: it is not applied twice."""
    circuit = PhotonicCircuit(4)
    circuit.mode_swaps({2: 3, 3: 2})
    circuit.ps(0, 0.4)
    circuit.mode_swaps({0: 1, 1: 0})
    circuit.mode_swaps({2: 3, 3: 2})
    expected = circuit.U
    circuit.compress_mode_swaps()
    assert np.allclose(circuit.U, expected)
    swaps = [c.swaps for c in circuit._get_circuit_spec() if isinstance(c, ModeSwaps)]
    assert swaps == [{}, {0: 1, 1: 0}]


def test_rewriting_keeps_parameters() -> None:
    """A rewritten circuit still follows the user's Parameters, in groups too."""
    r = Parameter(0.2)
    inner = PhotonicCircuit(3)
    inner.bs(0, 2, r)
    circuit = PhotonicCircuit(3)
    circuit.add(inner, group=True)
    circuit.bs(2, 0, r)
    circuit.remove_non_adjacent_bs()
    circuit.compress_mode_swaps()
    assert circuit.get_all_params() == [r]
    before = circuit.U
    r.set(0.8)
    assert not np.allclose(circuit.U, before)
    assert isinstance(circuit._get_circuit_spec()[0], Group)


@given(st.integers(1, 8), st.data())
def test_completed_swaps(n: int, data: st.DataObject) -> None:
    """Required moves are kept, the other modes keep their order, and all is a permutation."""
    starts = data.draw(st.lists(st.integers(0, n - 1), unique=True))
    ends = data.draw(st.permutations(range(n)))[: len(starts)]
    required = dict(zip(starts, ends, strict=True))
    full = {mode: mode for mode in range(n)} | completed_swaps(required, n)
    assert sorted(full.values()) == list(range(n))
    assert all(full[start] == end for start, end in required.items())
    others = [full[mode] for mode in range(n) if mode not in required]
    assert others == sorted(others)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (3, 0), (0, 2), (1, 4)])
def test_order_of_modes_is_kept(first: int, second: int) -> None:
    """A beam splitter from the higher to the lower mode stays one (conventions are not symmetric)."""
    circuit = PhotonicCircuit(N)
    circuit.bs(first, second, 0.3, convention="H")
    expected = circuit.U
    circuit.remove_non_adjacent_bs()
    assert np.allclose(circuit.U, expected)
