"""Circuits in circuits: places, groups, and the internal modes of heralds."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.circuit import Parameter, PhotonicCircuit, Unitary
from lwfast.circuit.blocks import Group
from lwfast.circuit.matrices.bound_elements import ElementBinder
from lwfast.errors import ModeRangeError
from lwfast.optics.unitary import random_unitary


def _heralded(n_modes: int, *heralds: tuple[object, object], seed: int = 1) -> PhotonicCircuit:
    circuit = Unitary(random_unitary(n_modes, seed))
    for modes, photons in heralds:
        circuit.herald(modes, photons)  # type: ignore[arg-type]
    return circuit


def test_place() -> None:
    """A smaller circuit acts on the modes from its place on."""
    matrix = random_unitary(2, 3)
    circuit = PhotonicCircuit(4)
    circuit.add(Unitary(matrix), 1)
    assert np.array_equal(circuit.U[1:3, 1:3], matrix)
    assert circuit.U[0, 0] == circuit.U[3, 3] == 1


@pytest.mark.parametrize("group", [True, False])
def test_groups_change_no_matrix(group: bool) -> None:
    """Grouped or not, the unitary and the specification are the same."""
    inner = PhotonicCircuit(2)
    inner.bs(0)
    inner.loss(1, 0.1)
    middle = PhotonicCircuit(3)
    middle.add(inner, 1, group=group, name="inner")
    outer = PhotonicCircuit(3)
    outer.add(middle, group=group)
    flat = PhotonicCircuit(3)
    flat.bs(1)
    flat.loss(2, 0.1)
    assert outer == flat
    assert outer._build()._circuit_spec == flat._build()._circuit_spec
    names = [c.name for c in outer._get_circuit_spec() if isinstance(c, Group)]
    assert names == (["inner"] if group else [])  # the name of an only group is handed on
    outer.unpack_groups()
    assert not any(isinstance(c, Group) for c in outer._get_circuit_spec())
    assert outer == flat


def test_groups_are_unpacked_before_use() -> None:
    """A group has no matrix and no place on the wire of its own."""
    circuit = PhotonicCircuit(2)
    circuit.add(PhotonicCircuit(2), group=True)
    (group,) = circuit._get_circuit_spec()
    with pytest.raises(RuntimeError, match="unpacked before they are applied"):
        group.add_to(ElementBinder(2))
    with pytest.raises(RuntimeError, match="unpacked before they are serialized"):
        group.serialize()


def test_group_names() -> None:
    """Without a name a group is a Circuit."""
    circuit = PhotonicCircuit(2)
    circuit.add(PhotonicCircuit(2), group=True)
    circuit.add(PhotonicCircuit(2), group=True, name="x")
    assert [c.name for c in circuit._get_circuit_spec() if isinstance(c, Group)] == ["Circuit", "x"]


def test_heralded_sub_circuit_brings_its_modes() -> None:
    """The heralded modes become internal: more modes, the same named ones, heralds at new places."""
    circuit = PhotonicCircuit(3)
    circuit.add(_heralded(4, (1, 1), (3, 0)), 1)
    assert circuit.n_modes == 5
    assert circuit.input_modes == 3
    assert circuit.heralds.input == {2: 1, 4: 0}
    assert circuit._internal_modes == [2, 4]
    assert circuit._external_heralds.input == {}
    assert np.array_equal(circuit.U[1:, 1:], random_unitary(4, 1))


def test_later_calls_skip_internal_modes() -> None:
    """Modes are numbered as if the internal ones were not there, losses of elements too."""
    circuit = PhotonicCircuit(3)
    circuit.add(_heralded(3, (1, 1)), 0)  # internal: 1
    assert circuit.n_modes == 4
    circuit.ps(1, 0.5, loss=0.1)
    circuit.bs(1, loss=Parameter(0.2))
    circuit.mode_swaps({0: 2, 2: 0})
    circuit.barrier()
    circuit.herald(2, 1)
    spec = circuit._build()._circuit_spec[1:]
    assert spec == [
        ["PhaseShifter", {"mode": 2, "phi": 0.5}],
        ["Loss", {"mode": 2, "loss": 0.1}],
        ["BeamSplitter", {"mode_1": 2, "mode_2": 3, "reflectivity": 0.5, "convention": "Rx"}],
        ["Loss", {"mode": 2, "loss": 0.2}],
        ["Loss", {"mode": 3, "loss": 0.2}],
        ["ModeSwaps", {"swaps": {"0": 3, "3": 0}}],
        ["Barrier", {"modes": [0, 2, 3]}],
    ]
    assert circuit._external_heralds.input == {3: 1}
    with pytest.raises(ModeRangeError, match="has 3 modes"):
        circuit.ps(3, 0.1)


def test_unitary_across_an_internal_mode() -> None:
    """A matrix placed over an internal mode leaves it alone, and is sent with a row for it."""
    circuit = PhotonicCircuit(3)
    circuit.add(_heralded(2, (1, 1)), 1)  # internal: 2
    matrix = random_unitary(3, 9)
    circuit.add(Unitary(matrix, label="V"), 0)
    rows = [0, 1, 3]
    name, sent = circuit._build()._circuit_spec[-1]
    assert name == "UnitaryMatrix"
    assert (sent["mode"], sent["label"]) == (0, "V")
    expanded = np.array([[complex(entry) for entry in row] for row in sent["unitary"]])
    assert np.array_equal(expanded[np.ix_(rows, rows)], matrix)
    assert expanded[2].tolist() == [0, 0, 1, 0]


def test_heralds_that_change_mode_are_brought_back() -> None:
    """A herald in by one mode and out by another uses one internal mode; the others keep their order."""
    inner = _heralded(4, ((0, 3), (1, 2)))
    circuit = PhotonicCircuit(3)
    circuit.add(inner)
    assert circuit.heralds.input == {0: 1}
    assert circuit.heralds.output == {0: 2}
    expected = random_unitary(4, 1)[[3, 0, 1, 2]]
    assert np.array_equal(circuit.U, expected)


@pytest.mark.parametrize("order", [(0, 2), (2, 0)])
def test_order_of_heralds_does_not_matter(order: tuple[int, int]) -> None:
    """Adding across an internal mode puts the same matrix elements on the same modes for any order."""
    inner = PhotonicCircuit(4)
    for mode in order:
        inner.herald(mode, 1)
    inner.ps(1, 0.5)
    inner.ps(3, 0.7)
    circuit = PhotonicCircuit(3)
    circuit.add(_heralded(2, (1, 0)), 1)  # internal: 2; named: 0, 1, 3
    circuit.add(inner, 0)
    # Named modes 0 and 1 get the phases; the internal mode of the first group gets none.
    assert circuit.n_modes == 6
    assert sorted(circuit._internal_modes) == [0, 2, 4]
    named = [1, 3, 5]
    spec = circuit._build()._circuit_spec
    assert [p["mode"] for name, p in spec if name == "PhaseShifter"] == named[:2]


def test_what_does_not_fit_is_refused_and_leaves_no_trace() -> None:
    """A circuit outside the range raises at once, internal modes in between counted."""
    circuit = PhotonicCircuit(3)
    circuit.add(_heralded(2, (1, 1)), 1)  # internal: 2
    before = circuit.U
    for added, mode in ((PhotonicCircuit(4), 0), (PhotonicCircuit(3), 1), (_heralded(4, (0, 1)), 1)):
        with pytest.raises(ModeRangeError, match="outside of mode range"):
            circuit.add(added, mode)
    assert circuit.n_modes == 4
    assert np.array_equal(circuit.U, before)
    circuit.add(PhotonicCircuit(2), 1)
    circuit.add(PhotonicCircuit(3), 0)


def test_only_circuits_are_added() -> None:
    """A matrix is no circuit."""
    with pytest.raises(TypeError, match=r"got numpy\.ndarray"):
        PhotonicCircuit(2).add(np.identity(2))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Name should be a string"):
        PhotonicCircuit(2).add(PhotonicCircuit(2), name=3)  # type: ignore[arg-type]


def test_added_circuits_are_copied() -> None:
    """Later changes of the added circuit have no effect, later values of its Parameters do."""
    phi = Parameter(0.1)
    inner = PhotonicCircuit(2)
    inner.ps(0, phi)
    circuit = PhotonicCircuit(2)
    circuit.add(inner, group=True)
    inner.bs(0)
    inner.herald(0, 1)
    phi.set(0.3)
    assert np.allclose(circuit.U, np.diag([np.exp(0.3j), 1]))
    assert inner.n_modes == 2


def test_adding_to_itself() -> None:
    """A circuit can be added to itself."""
    circuit = Unitary(random_unitary(2, 4))
    circuit.add(circuit)
    assert np.allclose(circuit.U, np.linalg.matrix_power(random_unitary(2, 4), 2))
