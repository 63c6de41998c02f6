"""The verbs of a campaign: checked and settled when they are added, applied to each file later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.parallel import available_cores
from lwfast._texts import ended
from lwfast._types import AnyArray, Counts
from lwfast.errors import LightworksError, ModeRangeError, ResultError
from lwfast.results.columns.labels import LabelTable
from lwfast.results.files.file_room import SLACK
from lwfast.results.processing.mapping import known_name, map_states
from lwfast.results.processing.selection import settled
from lwfast.results.sampling_result import SamplingResult
from lwfast.rules import as_heralds, as_rules, as_selection
from lwfast.tables.counts import group_checked
from lwfast.tables.packed_table import CHUNK
from lwfast.tables.post_selection import select_checked
from lwfast.tables.short_groups import ShortPlaces, group_short_tables

_WORD = 8  # bytes


class StepRoom:
    """Memory that the steps of a thread take again and again.

    Attributes:
        places: For adding up short words.
    """

    def __init__(self) -> None:
        self.places = ShortPlaces()
        # Not as arrays: a result makes those read-only that it is given, and all that they are views of.
        self._selected = [np.empty(0, np.uint64).data] * 2

    def selected(self, size: int) -> NDArray[np.uint64]:
        """Return `uint64[size]` for what a step keeps; never that which was given last: the step reads it."""
        self._selected.reverse()
        if self._selected[0].nbytes < size * _WORD:
            self._selected[0] = np.empty(0, np.uint64).data  # both at a time would take more
            self._selected[0] = np.empty(size + size // SLACK, np.uint64).data
        found: NDArray[np.uint64] = np.asarray(self._selected[0])
        return found[:size]

    def holds(self, array: AnyArray) -> bool:
        """Return whether an array stands here; yes for an empty one, which may keep memory from anywhere."""
        return array.size == 0 or any(np.may_share_memory(array, memory) for memory in self._selected)


@dataclass(frozen=True)
class CampaignStep:
    """A method of a result with its arguments.

    Attributes:
        name: Name of the method, such as `post_select`.
        args: Its arguments, which nobody else changes and which can be read many times.
        kwargs: Its arguments by name, likewise.
        described: What it leaves in the history of a result.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    described: tuple[dict[str, Any], ...]

    def apply(self, result: SamplingResult) -> SamplingResult:
        """Return the result after this step.

        Raises:
            LightworksError: If the data do not allow it.
            Exception: Whatever a callable of the user raises.
        """
        try:
            after: SamplingResult = getattr(result, self.name)(*self.args, **self.kwargs)
        except ValueError as error:
            if isinstance(error, LightworksError) or not self.is_ours:
                raise
            raise ResultError(str(error)) from error  # the arguments were checked: it is the data
        return after

    def on_columns(
        self, states: Any, counts: Counts, room: StepRoom | None = None
    ) -> tuple[Any, Counts] | None:
        """Do what `apply` does for a table in which nothing stands for X; None where that needs a result.

        Args:
            states: Distinct rows, bytes or words.
            counts: `int64[N]`, the count of each row.
            room: Memory to work in, where the answer may then stand until the step after the next takes it
                again; None for new arrays.

        Raises:
            LightworksError: As `apply`; a ValueError where that has a ResultError.
        """
        if len(states) > CHUNK and available_cores() > 1:
            room = None  # other threads can help, each with memory of its own
        if self.name == "map":
            mapped, has_x = map_states(LabelTable(states), *self.args, **self.kwargs)[0]
            if has_x:
                return None
            short = None if room is None else group_short_tables([(mapped, counts)], room.places)
            return group_checked(mapped, counts) if short is None else short
        heralds = self.args[1] if self.name == "post_select" else {}
        selected = None if room is None else room.selected
        states, counts = select_checked(states, counts, as_rules(self.args[0]), heralds, room=selected)
        if any(len(numbers) > 1 for numbers in heralds.values()):
            return group_checked(states, counts)
        return states, counts

    @property
    def is_ours(self) -> bool:
        """Whether no callable of the user is part of it."""
        if self.name == "map":
            return known_name(self.args[0]) is not None
        return as_selection(self.args[0])[1] is None


def post_selection_step(post_selection: Any) -> CampaignStep:
    """Return the step for `apply_post_selection`, whose arguments are checked here."""
    return _step("apply_post_selection", (settled(post_selection),), {})


def post_select_step(rules: Any, heralds: Any) -> CampaignStep:
    """Return the step for `post_select`."""
    return _step("post_select", (settled(() if rules is None else rules), as_heralds(heralds)), {})


def map_step(mapping: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> CampaignStep:
    """Return the step for `map`."""
    return _step("map", (mapping, *args), kwargs)


def check_fit(steps: Iterable[CampaignStep], n_modes: int) -> None:
    """Check that steps can be applied to states of `n_modes` modes, as far as that depends on their number.

    Raises:
        ModeRangeError: If one names a mode that the states have not, or no longer have.
        ResultError: If one needs another number of modes.
    """
    table, no_counts = np.zeros((0, n_modes), np.uint8), np.zeros(0, np.int64)
    for number, step in enumerate(steps, 1):
        try:
            if step.name == "map":
                if known_name(step.args[0]) is None:
                    return  # a callable may give states of any length
                table = map_states(LabelTable(table), *step.args, **step.kwargs)[0].states
                continue
            rules, _ = as_selection(step.args[0])
            heralds = step.args[1] if step.name == "post_select" else {}
            table, _ = select_checked(table, no_counts, rules, heralds)
        except ModeRangeError as error:
            raise ModeRangeError(f"Step {number} ({step.name}) of the campaign: {ended(error)}") from None
        except ValueError as error:
            raise ResultError(f"Step {number} ({step.name}) of the campaign: {ended(error)}") from None


def _step(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> CampaignStep:
    # On no data: raises now what is wrong with the arguments, not after all files were read.
    history = getattr(SamplingResult({}), name)(*args, **kwargs).history
    described = tuple({k: v for k, v in entry.items() if k != "states"} for entry in history)
    return CampaignStep(name, args, dict(kwargs), described)
