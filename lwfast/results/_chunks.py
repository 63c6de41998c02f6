"""One chunk of a campaign: what a worker does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lwfast._types import Counts, StateTable
from lwfast.results.files import load_result
from lwfast.results.merging import CountSum
from lwfast.results.sampling import SamplingResult
from lwfast.results.summaries import Summary, summary_of

_CHUNK_BYTES = 64 << 20
_CHUNK_FILES = 64

Failures = dict[str, str]
"""What was wrong with files, by path."""


class Step(NamedTuple):
    """A verb of a campaign: a method of a result and its arguments."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def apply(self, result: SamplingResult) -> SamplingResult:
        """Return the result after this step."""
        if self.name == "post_select":
            return result.post_select(*self.args)
        if self.name == "map":
            return result.map(*self.args, **self.kwargs)
        return result.apply_post_selection(*self.args)

    def described(self) -> dict[str, Any]:
        """Return the step as JSON-like data."""
        empty = SamplingResult({})
        steps = self.apply(empty).history
        return {key: value for key, value in steps[-1].items() if key != "states"}


class ModeGroup(NamedTuple):
    """Files of a chunk whose states have as many modes, and the sum of their counts."""

    n_modes: int
    paths: tuple[str, ...]
    states: StateTable
    counts: Counts


def chunks_of(paths: Sequence[Path]) -> list[tuple[Path, ...]]:
    """Cut files into chunks of about 64 MB and at most 64 files; depends on the files only."""
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


def loaded(path: Path, steps: Sequence[Step], raw_data: bool, failed: Failures) -> SamplingResult | None:
    """Return the result of a file after all steps; None, with an entry in `failed`, where that fails."""
    try:
        result = load_result(path)
        if raw_data:
            result = result.raw_data
        for step in steps:
            result = step.apply(result)
    except Exception as error:  # noqa: BLE001  (one bad file must not lose the others; it is reported by name)
        failed[str(path)] = f"{type(error).__name__}: {error}"
        return None
    return result


def merge_chunk(
    paths: Sequence[Path], steps: Sequence[Step], raw_data: bool
) -> tuple[list[ModeGroup], Failures]:
    """Add up the files of a chunk, apart for each number of modes."""
    sums: dict[int, CountSum] = {}
    names: dict[int, list[str]] = {}
    failed: Failures = {}
    for path in paths:
        result = loaded(path, steps, raw_data, failed)
        if result is not None and len(result):
            sums.setdefault(result.n_modes, CountSum()).add(result.states, result.counts)
            names.setdefault(result.n_modes, []).append(str(path))
    return [ModeGroup(m, tuple(names[m]), *part.columns()) for m, part in sums.items()], failed


def summarise_chunk(
    paths: Sequence[Path], steps: Sequence[Step], raw_data: bool
) -> tuple[list[tuple[ModeGroup, Summary]], Failures]:
    """Sum up the files of a chunk, apart for each number of modes; the tables themselves are dropped."""
    summaries: dict[int, Summary] = {}
    names: dict[int, list[str]] = {}
    failed: Failures = {}
    empty = SamplingResult({})
    for path in paths:
        result = loaded(path, steps, raw_data, failed)
        if result is not None and len(result):
            m = result.n_modes
            part = summary_of(result.states, result.counts)
            summaries[m] = summaries[m] + part if m in summaries else part
            names.setdefault(m, []).append(str(path))
    groups = [
        (ModeGroup(m, tuple(names[m]), empty.states, empty.counts), part) for m, part in summaries.items()
    ]
    return groups, failed
