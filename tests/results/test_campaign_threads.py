"""Files of a campaign on threads: shared out one by one, given in order, in memory that each thread keeps."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast._base import parallel
from lwfast._base.buffers import frozen
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign import chunks, running
from lwfast.results.campaign.chunks import Outcome, Rooms
from lwfast.results.campaign.running import on_threads
from lwfast.results.campaign.verbs import StepRoom
from lwfast.results.files.file_room import FileRoom
from lwfast.tables import packed_table
from tests.kernels.twins import needs_native
from tests.started import PATIENCE, said_by_python

pytest.importorskip("pyarrow")

CHUNKS = [tuple(Path(f"{k}_{n}") for n in range(k % 3 + 1)) for k in range(9)]
PATHS = [str(path) for chunk in CHUNKS for path in chunk]


def outcome_of(paths, **more):
    names = [str(path) for path in paths]
    outcome = Outcome([], {}, has_states=False, misfit=None, contents=[], empty=names, given=[])
    return outcome._replace(**more)


def threads_at_work():
    return [thread for thread in threading.enumerate() if thread.name.startswith("lwfast-campaign")]


@pytest.mark.parametrize("n_threads", [1, 2, 40])
def test_chunks_come_in_order_whichever_file_is_first(n_threads):
    later, n_cores = threading.Event(), []

    def run(paths):
        n_cores.append(parallel.available_cores())
        if n_threads > 1 and str(paths[0]) == PATHS[0]:
            assert later.wait(PATIENCE)
        if str(paths[0]) == PATHS[1]:
            later.set()
        return outcome_of(paths)

    found = list(on_threads(CHUNKS, run, n_threads))
    assert [chunk for chunk, _ in found] == CHUNKS
    assert [outcome.empty for _, outcome in found] == [[str(path) for path in chunk] for chunk in CHUNKS]
    assert n_cores == [1] * len(PATHS)  # each thread leaves the other cores to the others
    assert threads_at_work() == []


def test_what_a_file_raises_comes_behind_the_chunks_before_it():
    def run(paths):
        if str(paths[0]) in PATHS[4:]:
            raise KeyError(str(paths[0]))
        return outcome_of(paths)

    given = []
    with pytest.raises(KeyError, match=PATHS[4]):
        given.extend(chunk for chunk, _ in on_threads(CHUNKS, run, 2))
    assert given == CHUNKS[: len(given)]
    assert threads_at_work() == []


def test_threads_are_a_few_files_ahead_and_end_with_whoever_takes_them():
    begun = []
    given = on_threads(CHUNKS, lambda paths: begun.append(paths) or outcome_of(paths), 2)
    next(given)
    given.close()
    assert len(begun) <= 1 + 2 + 1 + 1  # taken, ahead, and what closing lets go on
    assert threads_at_work() == []


def test_outcomes_of_files_are_that_of_their_chunk():
    first, second = ValueError("first"), ValueError("second")
    whole = chunks.together(
        [
            outcome_of("a", failed={"a": "x"}),
            outcome_of("b", has_states=True, misfit=first, parts=[1]),
            outcome_of("c", has_states=True, misfit=second, parts=[2, 3], given=[4], contents=[5]),
        ]
    )
    assert whole.misfit is first
    assert whole[:3] == ([1, 2, 3], {"a": "x"}, True)
    assert whole[4:] == ([5], ["a", "b", "c"], [4], None)


# --- memory that is used again --------------------------------------------------------------------------

FEW = (0, 1, 2)
STEPS = {
    "two selections": lambda campaign: campaign.post_select([((0, 1), FEW)]).post_select([((2, 3), FEW)]),
    "selections and maps": lambda campaign: (
        campaign.post_select([((0, 1), FEW)])
        .map("threshold")
        .post_select([((2,), (1,))])
        .map("parity", invert=True)
    ),
    "one of several heralds": lambda campaign: campaign.post_select([], {1: (0, 2)}).map("threshold"),
}


@pytest.fixture(params=[6, 30], ids=["one word", "several words"])
def folder(tmp_path, request, monkeypatch):
    monkeypatch.setattr(packed_table, "MIN_ROWS", 64)
    rng = np.random.default_rng(7)
    for k, n_rows in enumerate((900, 300, 700, 80)):
        states = rng.integers(0, 3, (n_rows, request.param))
        SamplingResult.from_columns(states, rng.integers(1, 50, n_rows)).save(tmp_path / f"{k}.parquet")
    return tmp_path


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("n_cores", [1, 2])
def test_no_file_changes_what_another_left(folder, steps, n_cores, monkeypatch):
    monkeypatch.setattr(running, "_LARGE_FILE", 0)
    monkeypatch.setattr(running, "available_cores", lambda: n_cores)
    paths = sorted(folder.iterdir())
    merged = steps(scan_results(folder)).merge()
    expected = lw.merge_results([steps(lw.load_result(path)) for path in paths])
    assert dict(merged) == dict(expected)
    assert merged.states.tolist() == expected.states.tolist()


def test_files_of_a_run_share_memory(folder, monkeypatch):
    made = []
    monkeypatch.setattr(running, "Rooms", lambda: made.append(Rooms()) or made[-1])
    monkeypatch.setattr(running, "_LARGE_FILE", 1 << 40)  # on this thread
    campaign = STEPS["two selections"](scan_results(folder))
    campaign.merge()
    (rooms,) = made
    assert rooms.files._parts
    assert all(memory.nbytes for memory in rooms.steps._selected)


def test_slightly_larger_files_get_the_same_memory():
    """What is new has to be cleared by the system, page by page."""
    files, steps = FileRoom(), StepRoom()
    small, large = files.part("a", 800), files.part("a", 900)
    assert (small.size, large.size) == (800, 900)
    assert np.shares_memory(small, large)
    assert not np.shares_memory(large, files.part("a", 2000))
    selected, other = steps.selected(800), steps.selected(800)
    assert not np.shares_memory(selected, other)  # a step reads what the one before it selected
    assert np.shares_memory(selected, steps.selected(900))
    assert np.shares_memory(other, steps.selected(900))


def test_what_a_result_makes_read_only_is_no_memory_of_the_next_file():
    """Results freeze what they are given, and what that is a view of."""
    files, steps = FileRoom(keeps_columns=True), StepRoom()
    for take in (lambda: files.column("counts", (8,), np.int64), lambda: steps.selected(8)):
        for part in (take()[:0], take()[:4], take()):
            frozen(part)
        assert take().flags.writeable
        assert take().flags.writeable


def test_empty_columns_are_not_kept_as_views():
    """They share no byte with the memory that they would keep."""
    files, steps = FileRoom(keeps_columns=True), StepRoom()
    column, selected = files.column("counts", (8,), np.int64), steps.selected(8)
    for room, own, other in ((files, column, selected), (steps, selected, column)):
        assert room.holds(own[:0])
        assert room.holds(own[:1])
        assert not room.holds(other)


LOADED = """
import sys
import numpy, zstandard, lwfast as lw
before = set(sys.modules)
campaign = lw.scan_results(sys.argv[1]).post_select([((0, 1), (0, 1, 2))]).map("threshold")
campaign.merge()
print(*(name for name in NAMES if name in sys.modules and name not in before))
"""
SLOW = (
    "concurrent.futures",
    "csv",
    "decimal",
    "logging",
    "shutil",
    "signal",
    "zipfile",
    "lwfast.results.campaign.checkpoint",
    "lwfast.results.campaign.groups",
    "lwfast.results.campaign.trend",
    "lwfast.results.sweeps.sweep_table",
)
"""Half a millisecond to five each, and of no use to who adds up Parquet files."""


@needs_native
def test_a_sum_of_parquet_files_loads_what_it_needs(folder):
    pytest.importorskip("zstandard")
    code = LOADED.replace("sys.argv[1]", repr(str(folder))).replace("NAMES", repr(SLOW))
    assert said_by_python(code, seconds=240).split() == []
