"""The elements of a circuit under construction, and where its modes are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lwfast._base.validation import as_integer
from lwfast.circuit.blocks import Group
from lwfast.circuit.components import NO_HERALDS, Component, HeraldData, ModeSwaps
from lwfast.circuit.matrices.compiled import Compilation
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.rewriting import completed_swaps, unpacked
from lwfast.errors import ModeRangeError


@dataclass(slots=True)
class Layout:
    """Elements, heralds and modes of a circuit; changes in place.

    Attributes:
        n_modes: Number of modes, heralded and internal ones counted.
        components: The elements in order.
        heralds: Photon number by heralded mode.
        own_heralds: Those of them that no group brought.
        internal: Modes that groups brought for their heralds; users cannot name them.
        kept: The table of the elements that was made last.
    """

    n_modes: int
    components: list[Component] = field(default_factory=list)
    heralds: HeraldData = NO_HERALDS
    own_heralds: HeraldData = NO_HERALDS
    internal: list[int] = field(default_factory=list)
    kept: Compilation | None = field(default=None, repr=False, compare=False)

    @property
    def n_named(self) -> int:
        """The number of modes that users can name."""
        return self.n_modes - len(self.internal)

    def compilation(self) -> Compilation:
        """Return the elements as a table, made anew when an element or the number of modes has changed."""
        kept = self.kept
        if kept is None or not kept.fits(self.n_modes, self.components):
            kept = self.kept = Compilation.of(self.n_modes, self.components)
        return kept

    def copy(self) -> Layout:
        """Return a copy that shares nothing but what is never changed: elements, their table, and heralds."""
        return Layout(
            self.n_modes,
            list(self.components),
            self.heralds,
            self.own_heralds,
            list(self.internal),
            self.kept,
        )

    def place(self, mode: Any) -> int:
        """Return where a mode, as a user numbers it, is.

        Raises:
            ModeRangeError: It is outside the circuit.
            TypeError: It is not an integer.
        """
        if type(mode) is int and not self.internal and 0 <= mode < self.n_modes:
            return mode  # nearly every call
        if isinstance(mode, Parameter):
            raise TypeError("Mode values cannot be parameters.")
        place = number = as_integer(mode, "Mode number", integral_floats=True)
        for internal in sorted(self.internal):
            place += place >= internal
        if not 0 <= place < self.n_modes:
            msg = (
                f"Selected mode {number} is not within the range of the created circuit, which has "
                f"{self.n_named} modes."
            )
            raise ModeRangeError(msg)
        return place

    def append(self, element: Component, losses: Sequence[Component] | None) -> None:
        """Put an element and its losses at the end, all of them or none."""
        if losses:
            self.components += (element, *losses)
        else:
            self.components.append(element)  # half of the time

    def unpack(self) -> None:
        """Replace groups by their elements; internal modes become ordinary modes."""
        self.internal = []
        self.own_heralds = self.heralds
        self.components = unpacked(self.components)

    def insert_mode(self, place: int) -> None:
        """Make room for a mode that nothing touches."""

        def shift(mode: int) -> int:
            return mode + (mode >= place)

        self.n_modes += 1
        self.components = [component.moved(shift) for component in self.components]
        self.heralds = self.heralds.moved(shift)
        self.own_heralds = self.own_heralds.moved(shift)
        self.internal = [shift(mode) for mode in self.internal]

    def insert(self, added: Layout, start: int, group_name: str | None) -> None:
        """Put another layout's elements at the end, its first mode on `start`. `added` is used up.

        Args:
            added: What to insert; in a group it has no internal modes any more.
            start: The place of its first mode.
            group_name: The name of the group that it becomes, or None for no group.

        Raises:
            ModeRangeError: It does not fit there; nothing has changed then.
        """
        inputs, outputs = list(added.heralds.input), list(added.heralds.output)
        n_needed = added.n_modes - len(inputs)
        # Internal modes within the span pass by what is added.
        for internal in sorted(self.internal):
            target = internal - start
            for herald in sorted(added.heralds.input):
                target += target > herald
            if 0 <= target < added.n_modes:
                added.insert_mode(target)
        if start + added.n_modes > self.n_modes + len(inputs):
            free = sum(mode not in self.internal for mode in range(start, self.n_modes))
            msg = (
                f"Circuit to add is outside of mode range: it needs {n_needed} modes, and there are {free} "
                "from the chosen mode on."
            )
            raise ModeRangeError(msg)
        inputs, outputs = list(added.heralds.input), list(added.heralds.output)
        for herald in sorted(inputs):
            self.insert_mode(start + herald)
            self.internal.append(start + herald)
        # A herald that leaves by another mode than it enters is brought back: its mode is internal now.
        required = {outputs[inputs.index(herald)]: herald for herald in sorted(inputs)}
        back = completed_swaps(required, added.n_modes)
        if any(begin != end for begin, end in back.items()):
            added.components.append(ModeSwaps(back))
        heralds = HeraldData(
            {mode + start: n for mode, n in added.heralds.input.items()},
            {back[mode] + start: n for mode, n in added.heralds.output.items()},
        )
        self.heralds = self.heralds.joined(heralds)
        moved = added.components
        if start:
            moved = [component.moved(lambda mode: mode + start) for component in moved]
        if group_name is None:
            self.components += moved
        else:
            end = start + added.n_modes - 1
            self.components.append(Group(tuple(moved), group_name, start, end, heralds))
