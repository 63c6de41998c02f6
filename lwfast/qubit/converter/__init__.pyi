from lwfast.qubit.converter.qiskit_circuits import (
    qiskit_converter as qiskit_converter,
)
