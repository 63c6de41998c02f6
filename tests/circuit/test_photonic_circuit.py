"""Building circuits: matrices, heralds, sub-circuits, and everything that is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast.circuit import Parameter, PhotonicCircuit, Unitary
from lwfast.errors import CircuitCompilationError, ModeRangeError
from lwfast.optics.unitary import is_unitary, random_unitary
from tests.reference.unitary import Complex, product
from tests.strategies import fractions


def _splitter(reflectivity: float, convention: str) -> Complex:
    r, t = np.sqrt(reflectivity), np.sqrt(1 - reflectivity)
    if convention == "Rx":
        return np.array([[r, 1j * t], [1j * t, r]])
    return np.array([[r, t], [t, -r]], dtype=complex)


@given(fractions, fractions, st.sampled_from(["Rx", "H"]), st.floats(-10, 10))
def test_elements_against_products_of_full_matrices(
    r: float, loss: float, convention: str, phi: float
) -> None:
    """A circuit's full unitary is the product of its elements', each on its modes."""
    circuit = PhotonicCircuit(4)
    circuit.bs(0, 2, r, loss, convention)
    circuit.ps(1, phi, loss)
    circuit.barrier()
    circuit.mode_swaps({0: 1, 1: 3, 3: 0})
    circuit.add(Unitary(random_unitary(3, 5)), 1)
    circuit.bs(3, 1, r)
    channel = np.array(
        [[np.sqrt(1 - loss), -np.sqrt(loss)], [np.sqrt(loss), np.sqrt(1 - loss)]], dtype=complex
    )
    swap = np.zeros((3, 3), dtype=complex)
    swap[1, 0] = swap[2, 1] = swap[0, 2] = 1
    n_lossy = 3 if loss > 0 else 0
    losses = [(channel, [mode, 4 + i]) for i, mode in enumerate((0, 2, 1))][:n_lossy]
    steps = [
        (_splitter(r, convention), [0, 2]),
        *losses[:2],
        (np.array([[np.exp(1j * phi)]]), [1]),
        *losses[2:],
        (swap, [0, 1, 3]),
        (random_unitary(3, 5), [1, 2, 3]),
        (_splitter(r, "Rx"), [3, 1]),
    ]
    expected = product(steps, 4 + n_lossy)
    assert np.allclose(circuit.U_full, expected, rtol=0, atol=1e-12)
    assert np.allclose(circuit.U, expected[:4, :4], rtol=0, atol=1e-12)
    assert is_unitary(circuit.U_full)
    compiled = circuit._build()
    assert (compiled.n_modes, compiled.loss_modes, compiled.total_modes) == (4, n_lossy, 4 + n_lossy)
    assert np.array_equal(compiled.transfer_matrix, circuit.U)


def test_defaults() -> None:
    """A beam splitter is 50:50, lossless, Rx, and on neighbours."""
    circuit = PhotonicCircuit(2)
    circuit.bs(0)
    assert np.allclose(circuit.U, np.array([[1, 1j], [1j, 1]]) / np.sqrt(2))
    assert circuit.U.dtype == np.complex128
    assert PhotonicCircuit(3) == PhotonicCircuit(3)
    assert np.array_equal(PhotonicCircuit(3).U, np.identity(3))


@pytest.mark.parametrize("n_modes", [1.5, "2", None, True, [2]])
def test_number_of_modes_is_an_integer(n_modes: Any) -> None:
    """Something else raises TypeError."""
    with pytest.raises(TypeError, match="Number of modes"):
        PhotonicCircuit(n_modes)


def test_number_of_modes() -> None:
    """It is at least 1, may be a NumPy integer, and is fixed."""
    for bad in (0, -1):
        with pytest.raises(ValueError, match="at least 1"):
            PhotonicCircuit(bad)
    circuit = PhotonicCircuit(np.int64(3))  # type: ignore[arg-type]
    assert type(circuit.n_modes) is int
    with pytest.raises(AttributeError, match="cannot be modified"):
        circuit.n_modes = 4


_CALLS = {
    "bs": lambda c, m: c.bs(m, 1),
    "bs second": lambda c, m: c.bs(1, m),
    "ps": lambda c, m: c.ps(m, 0.1),
    "loss": lambda c, m: c.loss(m, 0.1),
    "barrier": lambda c, m: c.barrier([0, m]),
    "swaps": lambda c, m: c.mode_swaps({0: m, m: 0}),
    "add": lambda c, m: c.add(PhotonicCircuit(1), m),
    "herald": lambda c, m: c.herald(m, 1),
    "herald pair": lambda c, m: c.herald((0, m), 1),
}


@pytest.mark.parametrize("call", _CALLS.values(), ids=_CALLS.keys())
def test_modes_are_checked_everywhere(call: Any) -> None:
    """Modes outside raise ModeRangeError, other types TypeError; the circuit stays as it was."""
    circuit = PhotonicCircuit(3)
    for bad in (3, -1, 17):
        with pytest.raises(ModeRangeError, match="circuit"):
            call(circuit, bad)
    for wrong in (0.5, "0", True, Parameter(1)):
        with pytest.raises(TypeError):
            call(circuit, wrong)
    assert not circuit._get_circuit_spec()
    assert not circuit.heralds.input
    for good in (2, np.int64(2), 2.0):
        call(PhotonicCircuit(3), good)


def test_beam_splitter_refuses() -> None:
    """Two modes, a reflectivity in [0, 1], a known convention, a loss in [0, 1]."""
    circuit = PhotonicCircuit(3)
    with pytest.raises(ModeRangeError, match="two different modes"):
        circuit.bs(1, 1)
    with pytest.raises(ModeRangeError):
        circuit.bs(2)
    for bad in (1.1, -0.1, float("nan")):
        with pytest.raises(ValueError, match="Reflectivity"):
            circuit.bs(0, reflectivity=bad)
        with pytest.raises(ValueError, match="Loss"):
            circuit.bs(0, loss=bad)
    for wrong in ("0.5", True, None, 0.5j):
        with pytest.raises(TypeError, match="Reflectivity"):
            circuit.bs(0, reflectivity=wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="Loss"):
            circuit.bs(0, loss=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\('Rx', 'H'\), got 'X'"):
        circuit.bs(0, convention="X")
    assert not circuit._get_circuit_spec()


def test_phase_and_loss_refuse() -> None:
    """Phases are finite real numbers, losses lie in [0, 1]; Parameters are looked at too."""
    circuit = PhotonicCircuit(2)
    for wrong in ("1", True, None, 1j):
        with pytest.raises(TypeError, match="Phase"):
            circuit.ps(0, wrong)  # type: ignore[arg-type]
        for loss in (wrong, Parameter(wrong)):
            with pytest.raises(TypeError, match="Loss"):
                circuit.loss(0, loss)  # type: ignore[arg-type]
    for bad in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="Phase"):
            circuit.ps(0, bad)
    for bad in (2, -1):
        for loss in (bad, Parameter(bad)):
            with pytest.raises(ValueError, match="Loss"):
                circuit.ps(0, 1, loss=loss)  # type: ignore[arg-type]
    assert not circuit._get_circuit_spec()


def test_mode_swaps_refuse() -> None:
    """A swap is a permutation, in a mapping."""
    circuit = PhotonicCircuit(3)
    for bad in ({0: 1}, {0: 1, 1: 1}, {0: 1, 1: 2}):
        with pytest.raises(ValueError, match="not complete"):
            circuit.mode_swaps(bad)
    with pytest.raises(TypeError, match="dictionary"):
        circuit.mode_swaps([(0, 1), (1, 0)])  # type: ignore[arg-type]
    circuit.mode_swaps({})
    assert np.array_equal(circuit.U, np.identity(3))


def test_parameters_are_looked_up_when_built() -> None:
    """Each value of a Parameter gives its matrix; a value that does not fit fails with its reason."""
    r, phi, loss = Parameter(0.5), Parameter(0.1), Parameter(0.0)
    circuit = PhotonicCircuit(2)
    circuit.bs(0, reflectivity=r, loss=loss)
    circuit.ps(0, phi)
    before = circuit.U
    r.set(0.9)
    assert not np.allclose(circuit.U, before)
    circuit.barrier()
    assert circuit.get_all_params() == [r, loss, phi]
    assert repr(circuit._build()) == "lwfast.CompiledCircuit(n_modes=2, loss_modes=2)"
    assert circuit.U_full.shape == (4, 4)  # a Parameter's loss keeps its mode at zero
    for parameter, bad in ((r, 1.5), (r, "a"), (phi, None), (phi, float("inf")), (loss, -1)):
        good = parameter.get()
        parameter.set(bad)
        with pytest.raises(CircuitCompilationError, match=r"compilation process: .*should be") as caught:
            _ = circuit.U
        assert caught.value.__cause__ is not None
        parameter.set(good)
    assert is_unitary(circuit.U_full)


def test_copy() -> None:
    """A copy goes its own way; Parameters are shared, or frozen on request."""
    phi = Parameter(0.1)
    circuit = PhotonicCircuit(2)
    circuit.ps(0, phi)
    circuit.add(circuit, group=True)
    shared, frozen = circuit.copy(), circuit.copy(freeze_parameters=True)
    circuit.bs(0)
    circuit.herald(1, 1)
    assert shared.heralds.input == {}
    assert shared == frozen
    phi.set(2)
    assert shared != frozen
    assert shared.get_all_params() == [phi]
    assert frozen.get_all_params() == []
    assert np.allclose(np.diag(frozen.U), [np.exp(0.2j), 1])


def test_addition_of_circuits() -> None:
    """`+` is one circuit after the other; sizes have to fit, heralds are not taken."""
    first, second = Unitary(random_unitary(3, 1)), Unitary(random_unitary(3, 2))
    assert np.allclose((first + second).U, second.U @ first.U)
    assert len(first._get_circuit_spec()) == 1
    with pytest.raises(ModeRangeError, match="got 3 and 2"):
        first + PhotonicCircuit(2)
    with pytest.raises(TypeError, match="got int"):
        first + 1
    heralded = PhotonicCircuit(3)
    heralded.herald(0, 1)
    for pair in ((first, heralded), (heralded, first)):
        with pytest.raises(NotImplementedError, match="use add"):
            pair[0] + pair[1]


def test_equality() -> None:
    """Circuits are equal where their unitaries are, loss modes counted; hashes go by identity."""
    first, second = PhotonicCircuit(2), PhotonicCircuit(2)
    first.bs(0, reflectivity=1)
    assert first == second
    second.loss(0, 0.5)
    assert first != second
    assert first != PhotonicCircuit(3)
    assert first != "circuit"
    assert hash(first) == hash(first)
    assert repr(first) == "lwfast.PhotonicCircuit(2)"
    assert str(first) == "PhotonicCircuit(2)"


def test_heralds() -> None:
    """Heralds are pairs of mode and number, at inputs and outputs; they leave the named inputs."""
    circuit = PhotonicCircuit(4)
    circuit.herald(0, 1)
    circuit.herald((1, 3), (2, np.int64(0)))  # type: ignore[arg-type]
    assert circuit.heralds.input == {0: 1, 1: 2}
    assert circuit.heralds.output == {0: 1, 3: 0}
    assert circuit.input_modes == circuit._build().input_modes == 2
    assert circuit.n_modes == 4
    circuit.heralds.input[2] = 5
    circuit._build().heralds.output.clear()
    assert circuit.heralds.input == {0: 1, 1: 2}
    with pytest.raises(ValueError, match="chosen input"):
        circuit.herald(1, 0)
    with pytest.raises(ValueError, match="chosen output"):
        circuit.herald((2, 3), 0)


@pytest.mark.parametrize(
    ("modes", "photons", "error"),
    [
        (0, 1.0, TypeError),
        (0, True, TypeError),
        (0, "1", TypeError),
        (0, (1, "1"), TypeError),
        (0, -1, ValueError),
        (0, (0, -1), ValueError),
        (0, (1, 1, 1), ValueError),
        ((0, 1, 2), 1, ValueError),
        ((0,), 1, ValueError),
        ("01", 1, TypeError),
    ],
)
def test_heralds_refuse(modes: Any, photons: Any, error: type[Exception]) -> None:
    """Photon numbers are integers from 0 on, pairs have two entries; nothing is kept of a bad herald."""
    circuit = PhotonicCircuit(3)
    with pytest.raises(error):
        circuit.herald(modes, photons)
    assert circuit.heralds == PhotonicCircuit(3).heralds


def test_parts_are_not_shared_with_the_caller() -> None:
    """Arrays, lists and dicts that were handed in can be changed without effect."""
    matrix, swaps, modes = random_unitary(2, 1), {0: 1, 1: 0}, [0, 1]
    circuit = Unitary(matrix)
    circuit.mode_swaps(swaps)
    circuit.barrier(modes)
    expected = circuit.U
    matrix[:] = 0
    swaps.clear()
    modes.clear()
    circuit.U[:] = 0
    assert np.array_equal(circuit.U, expected)
    assert circuit._build()._circuit_spec[2] == ["Barrier", {"modes": [0, 1]}]
