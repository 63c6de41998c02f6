"""Conversions between quantities, and between encodings of states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log10
from typing import Any

from lwfast.state import State, trusted_state


class convert:  # noqa: N801  (Lightworks' name)
    """Conversions between quantities, and between encodings of states.

    Example:
        >>> round(lw.convert.db_loss_to_decimal(3), 4)
        0.4988
        >>> lw.convert.qubit_to_dual_rail([0, 1])
        lwfast.State(|1,0,0,1>)
        >>> lw.convert.threshold_mapping(lw.State([2, 0, 1]))
        lwfast.State(|1,0,1>)
    """

    @staticmethod
    def db_loss_to_decimal(loss: float) -> float:
        """Return the lost fraction for a loss in decibels.

        Args:
            loss: Loss in decibels; the sign is ignored, because gain is not supported.
        """
        return 1 - 10 ** (-abs(loss) / 10)

    @staticmethod
    def decimal_to_db_loss(loss: float) -> float:
        """Return the loss in decibels, a positive number, for a lost fraction.

        Args:
            loss: Share of the light that is lost, from 0 up to but not including 1.

        Raises:
            ValueError: `loss` is outside [0, 1).
        """
        if not 0 <= loss < 1:
            msg = f"Loss should be in range [0,1), got {loss}."
            raise ValueError(msg)
        return abs(10 * log10(1 - loss))

    @staticmethod
    def qubit_to_dual_rail(state: State | Iterable[int] | str) -> State:
        """Return the dual-rail state of qubits: a 0 becomes `|1,0>`, a 1 becomes `|0,1>`.

        Args:
            state: The value of each qubit, 0 or 1, as a sequence or a string.

        Raises:
            ValueError: A value is neither 0 nor 1.
        """
        rails: list[int] = []
        for value in state:
            if value not in {0, 1, "0", "1"}:
                msg = f"Elements of a qubit state can only take values 0 or 1, got {value!r}."
                raise ValueError(msg)
            rails += [0, 1] if int(value) else [1, 0]
        return State(rails)

    @staticmethod
    def dual_rail_to_qubit(state: State | Sequence[int], allow_invalid: bool = False) -> State:
        """Return the qubits of a dual-rail state: `|1,0>` becomes 0, `|0,1>` becomes 1.

        Args:
            state: A state with one photon in each pair of neighbouring modes.
            allow_invalid: Whether a pair without exactly one photon becomes "X" instead of raising; by
                default False. A State with an X is a label for tables and plots: it has text, equality and a
                hash, but no photon number.

        Raises:
            ValueError: The number of modes is odd, or a pair holds no qubit and `allow_invalid` is False.
        """
        values = list(state)
        if len(values) % 2:
            msg = f"Dual-rail encoded state should have an even number of modes, got {len(values)}."
            raise ValueError(msg)
        qubits: list[Any] = []
        for mode in range(0, len(values), 2):
            pair = values[mode : mode + 2]
            if pair in ([1, 0], [0, 1]):
                qubits.append(int(pair[1]))
            elif allow_invalid:
                qubits.append("X")
            else:
                msg = (
                    f"Modes {mode} and {mode + 1} hold {pair}, where a dual-rail encoded state has one "
                    "photon. Set allow_invalid = True to have an X there."
                )
                raise ValueError(msg)
        return trusted_state(tuple(qubits))

    @staticmethod
    def threshold_mapping(state: State | Iterable[int], invert: bool = False) -> State:
        """Return the state with every photon number above 1 set to 1.

        Args:
            state: Photon numbers of the modes.
            invert: Whether to swap 0 and 1 afterwards; by default False.
        """
        return State([abs(min(int(n), 1) - invert) for n in state])

    @staticmethod
    def parity_mapping(state: State | Iterable[int], invert: bool = False) -> State:
        """Return the state with 0 for each even photon number, 1 for each odd one.

        Args:
            state: Photon numbers of the modes.
            invert: Whether to swap 0 and 1 afterwards; by default False.
        """
        return State([abs(int(n) % 2 - invert) for n in state])
