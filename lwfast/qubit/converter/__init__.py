"""From circuits of qubits to photonic circuits."""
