"""How a gate on several qubits is laid out: its interferometer as one group, with its heralds."""

from __future__ import annotations

from typing import Any

from lwfast._base.validation import is_bool, is_real
from lwfast._types import ComplexArray
from lwfast.circuit.blocks import Group, UnitaryMatrix, as_unitary_matrix
from lwfast.circuit.components import Component, HeraldData
from lwfast.circuit.mode_layout import Layout
from lwfast.qubit.gates.one_qubit_gates import fixed_element


def with_heralds(
    name: str, unitary: ComplexArray, heralds: dict[int, int], flipping: str, target: int | None
) -> Layout:
    """Return the layout of a gate that changes a sign, or of the one that flips a target instead.

    Args:
        name: What the gate that changes a sign is called.
        unitary: Its matrix over all modes, complex128[n, n].
        heralds: The photon number of each heralded mode, as many below the qubits as above.
        flipping: What the gate that flips a target is called.
        target: The qubit that is flipped, between two Hadamard gates; None changes a sign.
    """
    n_modes = len(unitary)
    components: list[Component] = [UnitaryMatrix(tuple(range(n_modes)), as_unitary_matrix(unitary), name)]
    if target is not None:
        first = len(heralds) // 2
        hadamard = fixed_element("H", first + 2 * target)
        components = [hadamard, *components, hadamard]
        n_qubits = (n_modes - len(heralds)) // 2
        controls = tuple(qubit for qubit in range(n_qubits) if qubit != target)
        name = f"{flipping} ({controls[0] if len(controls) == 1 else controls}, {target})"
    kept = HeraldData(dict(heralds), dict(heralds))
    group = Group(tuple(components), name, 0, n_modes - 1, kept)
    layout = Layout(n_modes, [group], kept, HeraldData(), list(heralds))
    layout.compilation()  # once, for all that are copied from this one
    return layout


def target_of(target_qubit: Any, n_qubits: int) -> int:
    """Return the number of a target qubit.

    Raises:
        ValueError: It is not one of the qubits.
    """
    for qubit in range(n_qubits):
        if (is_real(target_qubit) or is_bool(target_qubit)) and target_qubit == qubit:
            return qubit
    numbers = "0 or 1" if n_qubits == 2 else "0, 1 or 2"
    msg = f"The target_qubit should be {numbers}, got {target_qubit!r}."
    raise ValueError(msg)
