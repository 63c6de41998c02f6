"""Gates for dual-rail qubits, and circuits of Qiskit as photonic circuits.

A qubit is a photon in one of two modes: `|1,0>` is 0, `|0,1>` is 1. `lw.convert.qubit_to_dual_rail` writes
states of qubits so, and `lw.convert.dual_rail_to_qubit` reads them.
"""

from lwfast.qubit.converter.qiskit_circuits import qiskit_converter
from lwfast.qubit.gates.one_qubit_gates import SX, H, I, P, Rx, Ry, Rz, S, Sadj, T, Tadj, X, Y, Z
from lwfast.qubit.gates.three_qubit_gates import CCNOT, CCZ
from lwfast.qubit.gates.two_qubit_gates import CNOT, CZ, SWAP, CNOT_Heralded, CZ_Heralded

__all__ = [
    "CCNOT",
    "CCZ",
    "CNOT",
    "CZ",
    "SWAP",
    "SX",
    "CNOT_Heralded",
    "CZ_Heralded",
    "H",
    "I",
    "P",
    "Rx",
    "Ry",
    "Rz",
    "S",
    "Sadj",
    "T",
    "Tadj",
    "X",
    "Y",
    "Z",
    "qiskit_converter",
]
