"""Gates on three dual-rail qubits."""

from __future__ import annotations

from functools import cache

from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.qubit.gates.interference import double_controlled_z
from lwfast.qubit.gates.layouts import target_of, with_heralds


class CCZ(PhotonicCircuit):
    """The post-selected CCZ, which changes the sign of `|1,1,1>` and succeeds with probability 1/72.

    It has six modes: 0 and 1 of each qubit. Two more at each end are heralded with no photon. The gate is
    right for outcomes with one photon in the two modes of each qubit, which post-selection has to ask for.

    Example:
        >>> gate, backend = lw.qubit.CCZ(), lw.emulator.Backend()
        >>> amplitudes = []
        >>> for qubits in ([0, 0, 0], [1, 1, 1]):
        ...     state = lw.convert.qubit_to_dual_rail(qubits)
        ...     amplitudes.append(backend.run(lw.Simulator(gate, state, state)).array[0, 0])
        >>> (np.abs(amplitudes) ** 2 * 72).round(6).tolist()  # the probability of both is 1/72
        [1.0, 1.0]
        >>> float((amplitudes[1] / amplitudes[0]).real.round(6))
        -1.0
    """

    def __init__(self) -> None:
        self._layout = _post_selected(None).copy()


class CCNOT(PhotonicCircuit):
    """The post-selected Toffoli gate, which flips the target where both controls are 1: probability 1/72.

    Modes, heralds and the post-selection that it needs are those of `CCZ`.

    Args:
        target_qubit: The qubit that is flipped, 0, 1 or 2; the others are the controls.

    Raises:
        ValueError: `target_qubit` is not one of these.

    Example:
        >>> to_modes = lw.convert.qubit_to_dual_rail
        >>> task = lw.Simulator(lw.qubit.CCNOT(), to_modes("110"), [to_modes("110"), to_modes("111")])
        >>> amplitudes = lw.emulator.Backend().run(task).array[0]
        >>> (np.abs(amplitudes) ** 2 * 72).round(6).tolist()  # both controls are 1: the target is flipped
        [0.0, 1.0]
    """

    def __init__(self, target_qubit: int = 2) -> None:
        self._layout = _post_selected(target_of(target_qubit, 3)).copy()


@cache
def _post_selected(target: int | None) -> Layout:
    vacuum = {0: 0, 1: 0, 8: 0, 9: 0}
    return with_heralds("CCZ", double_controlled_z(), vacuum, "CCNOT", target)
