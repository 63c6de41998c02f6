"""One chunk of a campaign: what a worker does."""

from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple

from lwfast._base.memory import memory_limit
from lwfast.errors import (
    LightworksDependencyError,
    LightworksError,
    ModeRangeError,
    ResourceLimitError,
    ResultError,
    ResultFormatError,
)
from lwfast.results.campaign.sums import S
from lwfast.results.campaign.verbs import CampaignStep, StepRoom, check_fit
from lwfast.results.columns.record import known_record
from lwfast.results.count_views import owned_result
from lwfast.results.files.file_room import FileRoom
from lwfast.results.load import read_columns, read_result
from lwfast.results.processing.counted_twice import Content, checksum_of_first, content_of
from lwfast.results.sampling_result import SamplingResult
from lwfast.results.state_map import working_table
from lwfast.tables.packed_table import PackedTable

if TYPE_CHECKING:
    from concurrent.futures import BrokenExecutor

_CHUNK_BYTES = 4 << 20
_CHUNK_FILES = 8

Failures = dict[str, str]
"""What was wrong with files, by path."""


class Mark(NamedTuple):
    """Size of a file in bytes and when it was last changed, in nanoseconds since 1970; -1 if unknown."""

    size: int
    modified: int

    @property
    def time(self) -> str | None:
        """When it was last changed, in ISO 8601 and UTC."""
        if self.size < 0:
            return None
        return dt.datetime.fromtimestamp(self.modified / 1e9, dt.UTC).isoformat(timespec="milliseconds")


def mark_of(path: Path) -> Mark:
    """Return what a later version of a file is told by."""
    try:
        about = path.stat()
    except OSError:
        return Mark(-1, -1)
    return Mark(about.st_size, about.st_mtime_ns)


class Given(NamedTuple):
    """What a file gave.

    Attributes:
        path: Path of the file that was read.
        samples: How many it holds.
        kept: How many of them are left after all steps.
        states: How many distinct states these have.
        mark: What it was before it was read; see `mark_of`.
        resumed: Whether it was read by an earlier run, whose sum goes on.
        first: Checksum of the counts of the first of these states, by which copies are found; None where it
            is not known.
    """

    path: str
    samples: int
    kept: int
    states: int
    mark: Mark
    resumed: bool = False
    first: int | None = None


class Rooms(threading.local):
    """Memory of one run, of which each thread has its own: a file is read and added up where others were."""

    def __init__(self) -> None:
        self.files = FileRoom(keeps_columns=True)
        self.steps = StepRoom()


class PartialSum(NamedTuple, Generic[S]):
    """Files of a chunk whose states have as many modes (None where there are no states), and their sum."""

    n_modes: int | None
    paths: tuple[str, ...]
    total: S


class Outcome(NamedTuple, Generic[S]):
    """What became of a chunk.

    Attributes:
        parts: The sums of the files, one for each number of modes.
        failed: What was wrong with files.
        has_states: Whether a file could be read and has states.
        misfit: Why the steps cannot be applied to the first such file, or None.
        contents: What the files say to hold.
        empty: Paths of the files without states.
        given: What each file in the sums gave.
        broken: What ended the pool that should have processed the chunk, or None.
    """

    parts: list[PartialSum[S]]
    failed: Failures
    has_states: bool
    misfit: LightworksError | None
    contents: list[Content]
    empty: list[str]
    given: list[Given]
    broken: BrokenExecutor | None = None


def chunks_of(paths: Sequence[Path]) -> list[tuple[Path, ...]]:
    """Cut files into chunks of about 4 MB and at most 8 files; depends on the files only."""
    chunks: list[tuple[Path, ...]] = []
    current: list[Path] = []
    size = 0
    for path in paths:
        try:
            length = path.stat().st_size
        except OSError:
            length = 0  # reading it will report it
        if current and (size + length > _CHUNK_BYTES or len(current) == _CHUNK_FILES):
            chunks.append(tuple(current))
            current, size = [], 0
        current.append(path)
        size += length
    return [*chunks, tuple(current)] if current else chunks


def run_chunk(
    kind: Callable[[], S],
    paths: Sequence[Path],
    steps: Sequence[CampaignStep],
    raw_data: bool,
    travels: bool = True,
    rooms: Rooms | None = None,
    after_each: Callable[[], None] | None = None,
) -> Outcome[S]:
    """Add up the files of a chunk, apart for each number of modes.

    Args:
        kind: Makes a sum that is empty.
        paths: The files of the chunk.
        steps: The steps that each file goes through.
        raw_data: Whether they start from the data before post-selection.
        travels: Whether the sums wait or are sent to another process, and have to be as small as they can be;
            else those of many chunks are added up together.
        rooms: Memory of the run; None where the work may be done in another process.
        after_each: Called after each file.

    Raises:
        Exception: Any error that a file did not cause: that of the user's callable, or of this package.
    """
    memory_limit()  # what is wrong with it is no fault of a file
    totals: defaultdict[int | None, S] = defaultdict(kind)
    names: dict[int | None, list[str]] = {}
    outcome: Outcome[S] = Outcome([], {}, has_states=False, misfit=None, contents=[], empty=[], given=[])
    rooms = Rooms() if rooms is None else rooms
    # A callable of the user may keep what it is given.
    room = rooms.files if all(step.is_ours for step in steps) else None
    for path in _telling(paths, after_each):
        mark = mark_of(path)
        taken = None if room is None else _taken(path, raw_data, steps, rooms)
        if taken is None:
            before = loaded(path, raw_data, outcome.failed, room)
            if before is None:
                continue
            if len(before) and not outcome.has_states:
                outcome = outcome._replace(has_states=True, misfit=misfit_of(path, before, steps))
            if len(before) == 0:
                outcome.empty.append(str(path))
            metadata, n_samples = known_record(before).metadata, before.n_samples
            result = processed(path, before, steps, outcome.failed)
            if result is not None and room is not None:
                result = _out_of(room, result)
        else:
            result, metadata, n_samples = taken
            if not outcome.has_states:
                outcome = outcome._replace(has_states=True)  # and the steps fit them
        outcome.contents.append(content_of(str(path), metadata))
        if result is None:
            continue
        n_modes = result.n_modes if len(result) else None
        try:
            totals[n_modes].add(result)
        except (ModeRangeError, ResourceLimitError, ResultError) as error:
            outcome = _refusing(outcome, path, error, None if names else result.n_modes)
        except Exception as error:
            error.add_note(f"while processing {path}")
            raise
        else:
            names.setdefault(n_modes, []).append(str(path))
            kept = result.n_samples if len(result) else 0
            first = checksum_of_first(result.counts)
            outcome.given.append(Given(str(path), n_samples, kept, len(result), mark, first=first))
    outcome.parts.extend(PartialSum(n_modes, tuple(names[n_modes]), totals[n_modes]) for n_modes in names)
    if travels:
        for part in outcome.parts:
            part.total.settle(rooms.steps.places)
    return outcome


def _refusing(outcome: Outcome[S], path: Path, error: LightworksError, n_modes: int | None) -> Outcome[S]:
    """Note a file that a sum does not take; its states have `n_modes` modes if it is the first of a chunk."""
    outcome.failed[str(path)] = reason_of(path, error)
    if n_modes is None or not isinstance(error, ModeRangeError):
        return outcome
    return outcome._replace(misfit=_misfit(error, path, n_modes))  # of the modes that are asked for


def _telling(paths: Sequence[Path], after_each: Callable[[], None] | None) -> Iterator[Path]:
    for path in paths:
        yield path
        if after_each is not None:
            after_each()


def together(outcomes: Sequence[Outcome[S]]) -> Outcome[S]:
    """Return what became of files that were processed one by one, as of a chunk of them."""
    first = next((outcome for outcome in outcomes if outcome.has_states), None)
    return Outcome(
        [part for outcome in outcomes for part in outcome.parts],
        {path: reason for outcome in outcomes for path, reason in outcome.failed.items()},
        has_states=first is not None,
        misfit=None if first is None else first.misfit,
        contents=[content for outcome in outcomes for content in outcome.contents],
        empty=[path for outcome in outcomes for path in outcome.empty],
        given=[given for outcome in outcomes for given in outcome.given],
    )


class _Taken(NamedTuple):
    """A file after all steps, what it says of itself, and how many samples it had before them."""

    result: SamplingResult
    metadata: dict[str, Any]
    n_samples: int


def _taken(path: Path, raw_data: bool, steps: Sequence[CampaignStep], rooms: Rooms) -> _Taken | None:
    """Do what `loaded` and `processed` do, without a result for each step.

    Returns:
        The result, which stays when the next file is read; None where the file is not of the most usual kind,
        a step needs a result, or anything is wrong: those two then do it all, or say what.
    """
    found = read_columns(path, rooms.files)
    if found is None or (raw_data and found.record.was_processed):
        return None
    states, counts, record = found.states, found.counts, found.record
    try:
        for step in steps:
            after = step.on_columns(states, counts, rooms.steps)
            if after is None:
                return None
            states, counts = after
    except (LightworksError, ValueError):
        return None
    columns = states.columns if isinstance(states, PackedTable) else states
    if any(room.holds(array) for room in (rooms.files, rooms.steps) for array in (columns, counts)):
        states, counts = states.copy(), counts.copy()
    if steps:
        history = [entry for step in steps for entry in step.described]
        record = replace(record, history=(*record.history, *history))
    return _Taken(owned_result(found.kind, states, counts, record), record.metadata, found.total)


def lost_chunk(paths: Sequence[Path], reason: str, broken: BrokenExecutor | None) -> Outcome[Any]:
    """Return what became of a chunk whose worker is gone."""
    failed = dict.fromkeys(map(str, paths), reason)
    return Outcome([], failed, has_states=False, misfit=None, contents=[], empty=[], given=[], broken=broken)


def _out_of(room: FileRoom, result: SamplingResult) -> SamplingResult:
    """Return a result that stays when the next file is read; without the data before post-selection."""
    states: Any = working_table(result).states
    columns = states.columns if isinstance(states, PackedTable) else states
    if not (room.holds(columns) or room.holds(result.counts)):
        return result
    return owned_result(type(result), states.copy(), result.counts.copy(), known_record(result))


def loaded(
    path: Path, raw_data: bool, failed: Failures, room: FileRoom | None = None
) -> SamplingResult | None:
    """Return the result of a file; None, with an entry in `failed`, where it cannot be read.

    Args:
        path: Path of the result file.
        raw_data: Whether the data before post-selection are wanted.
        failed: Receives what was wrong.
        room: Memory to read with, as in `read_result`.
    """
    try:
        result = read_result(path, room)
        if not isinstance(result, SamplingResult):
            raise ResultFormatError("It holds a sweep; a campaign adds up results of single tasks.")
        return result.raw_data if raw_data else result
    except LightworksDependencyError:
        raise  # no fault of the file, and the same for the next one
    except (LightworksError, OSError) as error:
        failed[str(path)] = reason_of(path, error)
        return None


def processed(
    path: Path, result: SamplingResult, steps: Sequence[CampaignStep], failed: Failures
) -> SamplingResult | None:
    """Return a result after all steps; None, with an entry in `failed`, where its data do not allow one."""
    try:
        for step in steps:
            result = step.apply(result)
    except LightworksError as error:
        failed[str(path)] = reason_of(path, error)
        return None
    except Exception as error:
        error.add_note(f"while processing {path}")
        raise
    return result


def misfit_of(path: Path, result: SamplingResult, steps: Sequence[CampaignStep]) -> LightworksError | None:
    """Say why the steps cannot be applied to states of as many modes, or None where they can."""
    try:
        check_fit(steps, result.n_modes)
    except LightworksError as error:
        return _misfit(error, path, result.n_modes)
    return None


def _misfit(error: LightworksError, path: Path, n_modes: int) -> LightworksError:
    return type(error)(f"{str(error).rstrip('.')}; {path}, the first file with states, has {n_modes} modes.")


def reason_of(path: Path, error: Exception) -> str:
    """Return what was wrong, without the name of the file, which stands beside it."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{type(error).__name__}: {text.removeprefix(f'{path}: ')}"
