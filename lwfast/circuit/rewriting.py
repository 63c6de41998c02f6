"""Rewriting lists of components: taking groups apart, joining mode swaps, moving beam splitters together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lwfast.circuit.blocks import Group
from lwfast.circuit.components import BeamSplitter, Component, ModeSwaps


def unpacked(components: Iterable[Component]) -> list[Component]:
    """Return the components with those of groups in the groups' places."""
    flat: list[Component] = []
    for component in components:
        # To ask whether it is one of a class of an abstract base takes five times as long.
        if type(component) is Group:
            flat.extend(unpacked(component.components))
        else:
            flat.append(component)
    return flat


def with_adjacent_beam_splitters(components: Iterable[Component]) -> list[Component]:
    """Return the components with each beam splitter between distant modes set between two mode swaps.

    The two modes meet in the middle; the modes between them move outwards by one and back.
    """
    rewritten: list[Component] = []
    for component in components:
        if isinstance(component, Group):
            inner = tuple(with_adjacent_beam_splitters(component.components))
            rewritten.append(
                Group(inner, component.name, component.mode_1, component.mode_2, component.heralds)
            )
        elif isinstance(component, BeamSplitter) and abs(component.mode_1 - component.mode_2) != 1:
            rewritten.extend(_brought_together(component))
        else:
            rewritten.append(component)
    return rewritten


def _brought_together(splitter: BeamSplitter) -> list[Component]:
    low, high = sorted((splitter.mode_1, splitter.mode_2))
    middle = (low + high - 1) // 2
    swaps = {low: middle}
    swaps.update({mode: mode - 1 for mode in range(low + 1, middle + 1)})
    swaps.update({mode: mode + 1 for mode in range(middle + 1, high)})
    swaps[high] = middle + 1
    first, second = (middle, middle + 1) if splitter.mode_1 < splitter.mode_2 else (middle + 1, middle)
    back = {end: start for start, end in swaps.items()}
    return [
        ModeSwaps(swaps),
        BeamSplitter(first, second, splitter.reflectivity, splitter.convention),
        ModeSwaps(back),
    ]


def with_joined_mode_swaps(components: Sequence[Component]) -> list[Component]:
    """Return the components with each mode swap joined to the last earlier one that it can reach.

    A swap moves forward past elements that touch none of its modes; groups are left as they are.
    """
    joined: list[Component] = []
    taken: set[int] = set()
    for i, component in enumerate(components):
        if i in taken:
            continue
        if not isinstance(component, ModeSwaps):
            joined.append(component)
            continue
        swaps = component.swaps
        blocked: set[int] = set()
        for j in range(i + 1, len(components)):
            later = components[j]
            if j in taken:
                continue  # it stands in an earlier swap by now
            if isinstance(later, ModeSwaps) and blocked.isdisjoint(later.swaps):
                swaps = _composed(swaps, later.swaps)
                taken.add(j)
            else:
                blocked |= later.modes_used
        joined.append(ModeSwaps(swaps))
    return joined


def _composed(first: dict[int, int], second: dict[int, int]) -> dict[int, int]:
    """Return the swap that does `first`, then `second`; modes that stay are left out."""
    both = {start: second.get(end, end) for start, end in first.items()}
    both.update({start: end for start, end in second.items() if start not in first})
    return {start: end for start, end in both.items() if start != end}


def completed_swaps(required: dict[int, int], n_modes: int) -> dict[int, int]:
    """Complete swaps to a permutation: the other modes go, in order, to the places that are left.

    Args:
        required: Where some modes have to go.
        n_modes: How many modes there are.

    Returns:
        The swaps with those of the other modes that move.
    """
    targets = set(required.values())
    free = iter([mode for mode in range(n_modes) if mode not in targets])
    swaps = {}
    for mode in range(n_modes):
        if mode in required:
            swaps[mode] = required[mode]
        else:
            end = next(free)
            if end != mode:
                swaps[mode] = end
    return swaps
