"""Unitary and ParameterizedUnitary: matrices as circuits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lwfast._base.settings import settings
from lwfast.circuit import Parameter, ParameterizedUnitary, PhotonicCircuit, Unitary
from lwfast.errors import CircuitCompilationError, NotUnitaryError
from lwfast.optics.unitary import random_permutation, random_unitary, unitary_deviation


def test_keeps_every_bit() -> None:
    """The matrix comes back as it was given, signs of zeros too."""
    matrix = random_unitary(5, 1)
    assert Unitary(matrix).U_full.tobytes() == matrix.tobytes()
    signed = np.array([[-0.0, 1], [1, -0.0j]])
    assert Unitary(signed).U.tobytes() == signed.astype(complex).tobytes()


@pytest.mark.parametrize(
    "matrix",
    [
        [[0, 1], [1, 0]],
        ((0, 1j), (1j, 0)),
        np.identity(2, dtype=int),
        np.identity(2, dtype=bool),
    ],
)
def test_array_likes(matrix: Any) -> None:
    """Lists, tuples and arrays of any numeric dtype become complex128."""
    circuit = Unitary(matrix)
    assert circuit.n_modes == 2
    assert circuit.U.dtype == np.complex128
    assert np.array_equal(circuit.U, np.asarray(matrix))


@pytest.mark.parametrize("n", [2, 8, 20])
def test_single_precision_becomes_unitary_in_double(n: int) -> None:
    """A complex64 unitary is moved, within its rounding, to one that is unitary in double precision."""
    exact = random_unitary(n, 3)
    circuit = Unitary(exact.astype(np.complex64))
    assert unitary_deviation(circuit.U) < 1e-13
    assert np.abs(circuit.U - exact).max() < 2e-7
    permutation = random_permutation(n, 1).real.astype(np.float32)
    assert np.array_equal(Unitary(permutation).U, permutation)


@pytest.mark.parametrize("matrix", [np.ones((2, 3)), np.ones(3), np.ones((2, 2, 2)), [], [[]], 1])
def test_not_square(matrix: Any) -> None:
    """What is no square matrix raises ValueError with its shape."""
    with pytest.raises(ValueError, match=r"square.*got shape"):
        Unitary(matrix)


@pytest.mark.parametrize("matrix", [np.ones((2, 2)), np.full((2, 2), np.nan), 1.001 * np.identity(3)])
def test_not_unitary(matrix: Any) -> None:
    """What is not unitary raises, as a ValueError too."""
    with pytest.raises(NotUnitaryError, match="not unitary"):
        Unitary(matrix)


def test_other_types() -> None:
    """Text is no matrix, and a label is text."""
    for bad in ("unitary", [["a", "b"], ["c", "d"]], [[{}]], None):
        with pytest.raises((TypeError, ValueError)):
            Unitary(bad)
    with pytest.raises(TypeError, match="Label"):
        Unitary(np.identity(2), label=3)  # type: ignore[arg-type]


def test_precision_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A looser setting lets a rough matrix through, unchanged."""
    rough = random_unitary(3, 1) * 1.0001
    with pytest.raises(NotUnitaryError):
        Unitary(rough)
    monkeypatch.setattr(settings, "unitary_precision", 1e-3)
    assert np.array_equal(Unitary(rough).U, rough)


def test_serialized_numbers_read_back_to_the_same_bits() -> None:
    """Entries are written as `str(complex)` does."""
    matrix = random_unitary(4, 2)
    ((name, sent),) = Unitary(matrix, label="L")._build()._circuit_spec
    assert name == "UnitaryMatrix"
    assert (sent["mode"], sent["label"]) == (0, "L")
    assert sent["unitary"][1][2] == str(complex(matrix[1, 2]))
    assert np.array([[complex(e) for e in row] for row in sent["unitary"]]).tobytes() == matrix.tobytes()
    permutation = Unitary(np.array([[0, 1], [1, 0]]))._build()._circuit_spec[0][1]["unitary"]
    assert permutation == [["0j", "(1+0j)"], ["(1+0j)", "0j"]]


@pytest.fixture
def rotation() -> tuple[ParameterizedUnitary, Parameter[float]]:
    """A rotation by a Parameter."""
    sympy = pytest.importorskip("sympy")
    angle = sympy.Symbol("angle")
    matrix = sympy.Matrix([[sympy.cos(angle), -sympy.sin(angle)], [sympy.sin(angle), sympy.cos(angle)]])
    parameter = Parameter(0.3)
    return ParameterizedUnitary(matrix, {"angle": parameter}), parameter


def test_parameterized(rotation: tuple[ParameterizedUnitary, Parameter[float]]) -> None:
    """The matrix follows the Parameter, until it is frozen; placed across internal modes too."""
    unitary, parameter = rotation
    circuit = Unitary(unitary)
    assert unitary.shape == (2, 2)
    assert circuit.get_all_params() == [parameter]
    frozen = circuit.copy(freeze_parameters=True)
    parameter.set(0.5)
    assert np.allclose(circuit.U[:, 0], [np.cos(0.5), np.sin(0.5)])
    assert np.allclose(frozen.U[:, 0], [np.cos(0.3), np.sin(0.3)])
    assert "cos" in str(unitary)
    assert repr(unitary).startswith("lwfast.ParameterizedUnitary(matrix=")
    heralded = PhotonicCircuit(2)
    heralded.herald(1, 0)
    outer = PhotonicCircuit(2)
    outer.add(heralded)
    outer.add(circuit)
    assert np.allclose(outer.U[np.ix_([0, 2], [0, 2])], circuit.U)


def test_parameterized_refuses(rotation: tuple[ParameterizedUnitary, Parameter[float]]) -> None:
    """The matrix is square and SymPy's, params a mapping; what is not unitary fails when it is built."""
    sympy = pytest.importorskip("sympy")
    unitary, parameter = rotation
    for bad in (np.identity(2), [[1]], None):
        with pytest.raises(TypeError, match="sympy matrix"):
            ParameterizedUnitary(bad, {})
    with pytest.raises(TypeError, match="params"):
        ParameterizedUnitary(unitary._unitary, [parameter])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="square"):
        ParameterizedUnitary(sympy.ones(2, 3), {})
    parameter.set(1j)  # type: ignore[arg-type]
    with pytest.raises(CircuitCompilationError, match="not unitary"):
        _ = Unitary(unitary).U
