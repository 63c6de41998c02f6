"""The table of elements that a circuit keeps: it never outlives a change of the circuit."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from lwfast.circuit import Parameter, ParameterizedUnitary, PhotonicCircuit, Unitary
from lwfast.errors import CircuitCompilationError
from lwfast.optics.unitary import random_unitary


def mesh(*values: Any) -> PhotonicCircuit:
    """Three modes with all kinds of elements; of `values` each is a phase, a reflectivity and a loss."""
    circuit = PhotonicCircuit(3)
    for value in values:
        circuit.bs(0, reflectivity=value)
        circuit.ps(1, value)
        circuit.bs(1, reflectivity=0.3, convention="H", loss=value)
    return circuit


def fresh(circuit: PhotonicCircuit) -> Any:
    """The full unitary of a circuit that has kept nothing."""
    return pickle.loads(pickle.dumps(circuit.copy(freeze_parameters=True))).U_full


CHANGES: dict[str, Callable[[PhotonicCircuit], Any]] = {
    "element": lambda c: c.ps(0, 0.4),
    "loss": lambda c: c.loss(2, 0.4),
    "swaps": lambda c: c.mode_swaps({0: 2, 2: 0}),
    "sub-circuit": lambda c: c.add(Unitary(random_unitary(2, 1)), 1),
    "compressed swaps": lambda c: (
        c.mode_swaps({0: 1, 1: 0}),
        c.U,
        c.mode_swaps({1: 2, 2: 1}),
        c.compress_mode_swaps(),
    ),
    "splitters brought together": lambda c: (c.bs(0, 2), c.U, c.remove_non_adjacent_bs()),
    "another list of the same length": lambda c: setattr(c._layout, "components", c._layout.components[::-1]),
    "an element replaced in the list": lambda c: c._layout.components.__setitem__(0, c._layout.components[1]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_elements_is_seen(name: str) -> None:
    """However the list of elements changes, the next matrix is that of the new list."""
    circuit = mesh(0.2, Parameter(0.7))
    before = circuit.U_full
    CHANGES[name](circuit)
    assert circuit.U_full.tobytes() == fresh(circuit).tobytes()
    assert not np.array_equal(circuit.U_full, before)


def test_a_parameter_is_seen_in_every_circuit_that_it_is_bound_in() -> None:
    """One Parameter as phase, reflectivity and loss, in two circuits and in a group of a third."""
    parameter = Parameter(0.1)
    circuits = [mesh(parameter), mesh(0.5, parameter), PhotonicCircuit(4)]
    circuits[2].add(circuits[0], 1, group=True)
    for value in (0.2, 1, 0, np.float64(0.3), 0.2):
        parameter.set(value)
        for circuit in circuits:
            assert circuit.U_full.tobytes() == fresh(circuit).tobytes()


def test_what_was_built_before_stays() -> None:
    """A compiled circuit keeps matrix and elements when a Parameter changes; matrices are nobody else's."""
    parameter: Parameter[Any] = Parameter(0)
    circuit = mesh(parameter)
    built = circuit._build()
    spec, matrix = built._circuit_spec, built.U_full.copy()
    assert spec[0][1]["reflectivity"] == 0
    assert type(spec[0][1]["reflectivity"]) is int  # as it was set
    parameter.set(0.5)
    assert circuit._build()._circuit_spec != spec
    circuit.U_full[:] = 0
    circuit.U[:] = 0
    assert built._circuit_spec == spec
    np.testing.assert_array_equal(built.U_full, matrix)
    parameter.set(0)
    np.testing.assert_array_equal(circuit.U_full, matrix)


def test_nested_circuits_and_heralds_are_seen() -> None:
    """A heralded sub-circuit brings a mode with it; what is nested is copied and no longer follows."""
    inner = mesh(0.3)
    outer = PhotonicCircuit(3)
    outer.add(inner, 0)
    before = outer.U
    inner.ps(0, 1.0)
    np.testing.assert_array_equal(outer.U, before)
    inner.herald(1, 1)
    outer.add(inner, 1)
    assert outer.U.shape == (4, 4)
    assert outer.U_full.tobytes() == fresh(outer).tobytes()
    assert outer._build().heralds == outer.heralds
    assert outer._build().input_modes == 3
    outer.herald(0, 0)
    assert outer._build().input_modes == 2
    outer.unpack_groups()
    assert outer.U_full.tobytes() == fresh(outer).tobytes()


def test_wrong_values_are_found_each_time() -> None:
    """A value is checked each time, in the order of the elements, and a good one heals the circuit."""
    first, second = Parameter[Any](0.5), Parameter[Any](0.5)
    circuit = PhotonicCircuit(2)
    circuit.ps(0, first)
    circuit.bs(0, reflectivity=second, loss=first)
    good = circuit.U_full
    for value, message in (
        (1.5, r"Loss should be in range \[0,1\], got 1.5\."),
        (float("nan"), "Phase should be finite, got nan"),
        ("a", "Phase should be a real number, got 'a' of type str"),
        (True, "Phase should be a real number, got True of type bool"),
    ):
        first.set(value)
        with pytest.raises(CircuitCompilationError, match=message):
            circuit.U  # noqa: B018
    second.set(2)  # stands before the loss
    first.set(1.5)
    with pytest.raises(CircuitCompilationError, match="Reflectivity of a beam splitter"):
        circuit.U  # noqa: B018
    first.set(0.5)
    second.set(0.5)
    np.testing.assert_array_equal(circuit.U_full, good)


def test_symbolic_matrices_follow_their_parameters() -> None:
    """A ParameterizedUnitary is worked out, and checked, at each build, in its place among the elements."""
    sympy = pytest.importorskip("sympy")
    symbol = sympy.Symbol("x")
    angle, phase = Parameter[Any](0.3), Parameter[Any](0.1)
    symbolic = sympy.Matrix([[sympy.cos(symbol), -sympy.sin(symbol)], [sympy.sin(symbol), sympy.cos(symbol)]])
    circuit = PhotonicCircuit(3)
    circuit.ps(0, angle)
    circuit.add(Unitary(ParameterizedUnitary(symbolic, {"x": angle})), 1)
    circuit.ps(1, phase)
    for value in (0.2, 1, 0.9):
        angle.set(value)
        assert circuit.U_full.tobytes() == fresh(circuit).tobytes()
    built = circuit._build()
    spec = built._circuit_spec
    angle.set(0)
    assert built._circuit_spec == spec
    angle.set(1j)  # no phase, and no rotation
    phase.set("x")
    with pytest.raises(CircuitCompilationError, match="Phase should be a real number, got 1j"):
        circuit.U  # noqa: B018
    matrix_first = PhotonicCircuit(2)
    matrix_first.add(Unitary(ParameterizedUnitary(symbolic, {"x": angle})))
    matrix_first.ps(0, phase)
    with pytest.raises(CircuitCompilationError, match="not unitary"):
        matrix_first.U  # noqa: B018


def test_copies_share_and_part() -> None:
    """A copy begins with the table of the original, and each goes its way from there."""
    circuit = mesh(0.2, Parameter(0.6))
    matrix = circuit.U_full
    for twin in (circuit.copy(), copy.deepcopy(circuit), pickle.loads(pickle.dumps(circuit))):
        np.testing.assert_array_equal(twin.U_full, matrix)
        twin.ps(0, 1.0)
        assert not np.array_equal(twin.U_full, matrix)
        np.testing.assert_array_equal(circuit.U_full, matrix)
    deep = copy.deepcopy(circuit)
    deep.get_all_params()[0].set(0.1)  # its own Parameter
    assert not np.array_equal(deep.U_full, matrix)
    np.testing.assert_array_equal(circuit.U_full, matrix)


def test_threads_read_whole_values() -> None:
    """Threads that set a Parameter and build see, each time, one value for all elements of the Parameter."""
    parameter = Parameter(0.25)
    circuit = mesh(parameter, parameter)
    allowed = set()
    for value in (0.25, 0.5, 0.75):
        parameter.set(value)
        allowed.add(circuit.U_full.tobytes())
    circuit = mesh(parameter, parameter)

    def work(i: int) -> bytes:
        parameter.set((0.25, 0.5, 0.75)[i % 3])
        return circuit.U_full.tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(300))) <= allowed
