"""From circuits of Qiskit to photonic circuits."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from lwfast._base.validation import full_name
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.errors import LightworksDependencyError
from lwfast.qubit.converter.converter import Converter
from lwfast.qubit.converter.post_selection_analysis import analyze, instructions_of
from lwfast.rules import PostSelection

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

QISKIT_INSTALLED = find_spec("qiskit") is not None
"""Whether there is a Qiskit to import; nothing of it is imported for that."""


def qiskit_converter(
    circuit: QuantumCircuit, allow_post_selection: bool = False
) -> tuple[PhotonicCircuit, PostSelection | None]:
    """Convert a circuit of Qiskit into a photonic circuit: qubit q becomes the modes 2q and 2q + 1.

    `cx` and `cz` become heralded gates; `ccx` and `ccz`, which have no heralded form, need post-selection. If
    that is allowed, each gate that can be post-selected is, since this succeeds more often and takes
    fewer photons. Gates on two qubits that are not adjacent have swaps around them.

    Args:
        circuit: The circuit, of h, x, y, z, s, sdg, t, tdg, sx, rx, ry, rz, p, u, cx, cz, swap, ccx, ccz and
            barriers, without measurements. Its parameters have values.
        allow_post_selection: Whether post-selected gates may be used.

    Returns:
        The photonic circuit, and the rules that its outcomes have to keep, or None where it needs none.

    Raises:
        LightworksDependencyError: Qiskit is not installed.
        TypeError: `circuit` is not a QuantumCircuit, or one of its parameters has no value.
        ValueError: It has another gate, no qubit, or a gate on three qubits that are not adjacent or that may
            not be post-selected.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0)
        >>> _ = bell.cx(0, 1)
        >>> circuit, rules = lw.qubit.qiskit_converter(bell, allow_post_selection=True)
        >>> circuit.input_modes
        4
    """
    _check(circuit)
    return QiskitConverter(circuit.num_qubits, allow_post_selection).convert(circuit)


class QiskitConverter(Converter):
    """Converts circuits of Qiskit that have a number of qubits, as `qiskit_converter` does.

    Args:
        n_qubits: The number of qubits.
        allow_post_selection: Whether post-selected gates may be used.
    """

    def convert(self, q_circuit: QuantumCircuit) -> tuple[PhotonicCircuit, PostSelection | None]:
        """Convert a circuit; see `qiskit_converter`.

        Args:
            q_circuit: The circuit, with no more qubits than the converter has.
        """
        _check(q_circuit)
        if q_circuit.num_qubits > self.n_qubits:
            msg = (
                f"The circuit has {q_circuit.num_qubits} qubits, and the converter is for {self.n_qubits}; "
                "make a larger one."
            )
            raise ValueError(msg)
        instructions = instructions_of(q_circuit)
        allowed, ruled = analyze(instructions, self.n_qubits)
        if not self.allow_post_selection:
            allowed, ruled = [False] * len(instructions), []
        circuit = PhotonicCircuit(2 * self.n_qubits)
        for (gate, qubits, params), post_selected in zip(instructions, allowed, strict=True):
            self.add_gate(circuit, gate, qubits, params, post_selected=post_selected)
        if not ruled:
            return circuit, None
        selection = PostSelection()
        for qubit in ruled:
            selection.add((2 * qubit, 2 * qubit + 1), 1)
        return circuit, selection


def _check(circuit: QuantumCircuit) -> None:
    try:
        from qiskit import QuantumCircuit
    except ImportError as error:
        msg = (
            "Converting a circuit of Qiskit needs Qiskit; python -m pip install qiskit (the extra "
            "lwfast[qiskit])."
        )
        raise LightworksDependencyError(msg) from error
    if not isinstance(circuit, QuantumCircuit):
        msg = f"The circuit should be a QuantumCircuit of Qiskit, got {full_name(circuit)}."
        raise TypeError(msg)
