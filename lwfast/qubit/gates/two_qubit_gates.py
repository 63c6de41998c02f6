"""Gates on two dual-rail qubits."""

from __future__ import annotations

from functools import cache
from typing import Any

from lwfast._base.validation import as_integer, is_several
from lwfast.circuit.components import ModeSwaps
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.errors import ModeRangeError
from lwfast.qubit.gates.interference import controlled_z, heralded_controlled_z
from lwfast.qubit.gates.layouts import target_of, with_heralds


class CZ(PhotonicCircuit):
    """The post-selected CZ, which changes the sign of `|1,1>` and succeeds with probability 1/9.

    It has four modes: 0 and 1 of the first qubit, then of the second. Two more, one at each end, are heralded
    with no photon. The gate is right for outcomes with one photon in the two modes of each qubit, which
    post-selection has to ask for.

    Example:
        >>> gate, backend = lw.qubit.CZ(), lw.emulator.Backend()
        >>> for qubits in ([0, 0], [1, 1]):
        ...     state = lw.convert.qubit_to_dual_rail(qubits)
        ...     amplitude = backend.run(lw.Simulator(gate, state, state)).array[0, 0]
        ...     print(qubits, round(amplitude.real, 4))  # squared, 1/9; the sign differs
        [0, 0] -0.3333
        [1, 1] 0.3333
    """

    def __init__(self) -> None:
        self._layout = _post_selected(None).copy()


class CNOT(PhotonicCircuit):
    """The post-selected CNOT, which flips the target where the control is 1, with probability 1/9.

    Modes, heralds and the post-selection that it needs are those of `CZ`.

    Args:
        target_qubit: The qubit that is flipped, 0 or 1; the other is the control.

    Raises:
        ValueError: `target_qubit` is neither 0 nor 1.

    Example:
        >>> to_modes = lw.convert.qubit_to_dual_rail
        >>> task = lw.Simulator(lw.qubit.CNOT(), to_modes("10"), [to_modes("10"), to_modes("11")])
        >>> amplitudes = lw.emulator.Backend().run(task).array[0]
        >>> (np.abs(amplitudes) ** 2).round(4).tolist()  # the control is 1: the target is flipped
        [0.0, 0.1111]
    """

    def __init__(self, target_qubit: int = 1) -> None:
        self._layout = _post_selected(target_of(target_qubit, 2)).copy()


class CZ_Heralded(PhotonicCircuit):  # noqa: N801  (Lightworks' name)
    """The heralded CZ, which changes the sign of `|1,1>` and succeeds with probability 1/16.

    It has four modes: 0 and 1 of the first qubit, then of the second. Of two more at each end the outer one
    is heralded with no photon, the inner one with one. If the heralds are found, and no photon is lost, the
    gate has worked, so that further gates may follow on the same qubits.

    Example:
        >>> gate, backend = lw.qubit.CZ_Heralded(), lw.emulator.Backend()
        >>> for qubits in ([0, 0], [1, 1]):
        ...     state = lw.convert.qubit_to_dual_rail(qubits)
        ...     amplitude = backend.run(lw.Simulator(gate, state, state)).array[0, 0]
        ...     print(qubits, round(amplitude.real, 4))  # squared, 1/16; the sign differs
        [0, 0] 0.25
        [1, 1] -0.25
    """

    def __init__(self) -> None:
        self._layout = _heralded(None).copy()


class CNOT_Heralded(PhotonicCircuit):  # noqa: N801  (Lightworks' name)
    """The heralded CNOT, which flips the target where the control is 1, with probability 1/16.

    Modes and heralds are those of `CZ_Heralded`.

    Args:
        target_qubit: The qubit that is flipped, 0 or 1; the other is the control.

    Raises:
        ValueError: `target_qubit` is neither 0 nor 1.

    Example:
        >>> to_modes = lw.convert.qubit_to_dual_rail
        >>> task = lw.Simulator(lw.qubit.CNOT_Heralded(), to_modes("10"), [to_modes("10"), to_modes("11")])
        >>> amplitudes = lw.emulator.Backend().run(task).array[0]
        >>> (np.abs(amplitudes) ** 2).round(4).tolist()  # the control is 1: the target is flipped
        [0.0, 0.0625]
    """

    def __init__(self, target_qubit: int = 1) -> None:
        self._layout = _heralded(target_of(target_qubit, 2)).copy()


class SWAP(PhotonicCircuit):
    """The SWAP gate, which exchanges the modes of two qubits.

    `SWAP((0, 1), (4, 5))` has six modes and leaves 2 and 3 as they are.

    Args:
        qubit_1: The two modes of the first qubit: that of 0 and that of 1.
        qubit_2: The two modes of the second qubit: that of 0 and that of 1.

    Raises:
        TypeError: A qubit is not a pair, or a mode not an integer.
        ValueError: A qubit does not have two modes, or both have a mode in common.
        ModeRangeError: A mode is negative.

    Example:
        >>> task = lw.Sampler(lw.qubit.SWAP((0, 1), (2, 3)), lw.State([0, 1, 1, 0]), n_samples=100)
        >>> dict(lw.emulator.Backend().run(task))  # 1, 0 becomes 0, 1
        {lwfast.State(|1,0,0,1>): 100}
    """

    def __init__(self, qubit_1: tuple[int, int], qubit_2: tuple[int, int]) -> None:
        (zero_1, one_1), (zero_2, one_2) = _pair(qubit_1, "qubit_1"), _pair(qubit_2, "qubit_2")
        swaps = {zero_1: zero_2, one_1: one_2, zero_2: zero_1, one_2: one_1}
        self._layout = Layout(max(swaps) + 1, [ModeSwaps(swaps)])


def _pair(qubit: Any, name: str) -> list[int]:
    if not is_several(qubit):
        msg = f"The {name} of a SWAP should be a tuple of two modes, got {qubit!r}."
        raise TypeError(msg)
    modes = [mode if type(mode) is int else as_integer(mode, "Mode number") for mode in qubit]
    if len(modes) != 2:
        msg = f"The {name} of a SWAP should be a tuple of two modes, got {len(modes)} of them."
        raise ValueError(msg)
    if min(modes) < 0:
        msg = f"The {name} of a SWAP names mode {min(modes)}; modes are numbered from 0."
        raise ModeRangeError(msg)
    return modes


@cache
def _post_selected(target: int | None) -> Layout:
    vacuum = {0: 0, 5: 0}
    return with_heralds("CZ", controlled_z(), vacuum, "CNOT", target)


@cache
def _heralded(target: int | None) -> Layout:
    ancillas = {0: 0, 1: 1, 6: 1, 7: 0}
    return with_heralds("CZ Heralded", heralded_controlled_z(), ancillas, "CNOT Heralded", target)
