from lwfast.qubit.converter.qiskit_circuits import (
    QISKIT_INSTALLED as QISKIT_INSTALLED,
)
from lwfast.qubit.converter.qiskit_circuits import (
    qiskit_converter as qiskit_converter,
)
