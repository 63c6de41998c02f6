"""The gates, by the number of qubits on which they act."""
