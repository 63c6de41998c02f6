"""Circuits: what light passes through."""

from lwfast.circuit.components import HeraldData
from lwfast.circuit.matrices.compiled import CompiledCircuit
from lwfast.circuit.parameterized_unitary import ParameterizedUnitary
from lwfast.circuit.parameters import Parameter, ParameterDict
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.circuit.unitary_component import Unitary

__all__ = [
    "CompiledCircuit",
    "HeraldData",
    "Parameter",
    "ParameterDict",
    "ParameterizedUnitary",
    "PhotonicCircuit",
    "Unitary",
]
