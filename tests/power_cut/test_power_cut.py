"""What was promised is there after a power cut, whatever of the last writes has reached the disk."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from lwfast.scheduler.server_settings import STORE_FILE
from tests.power_cut.disk import Disk, Folder
from tests.power_cut.promises import Promises
from tests.power_cut.recording import below, build, read, record
from tests.power_cut.workload import PROMISES

FOLDERS, LIVES = 10, 2
REQUESTS = 52
"""Of each life, so that there are more than a thousand of them all."""
pytestmark = pytest.mark.guarantee


@contextlib.contextmanager
def in_memory():
    """A folder in memory, where the system has one: what is written there need not outlive a moment."""
    memory = Path("/dev/shm")
    path = tempfile.mkdtemp(prefix="lwfast-", dir=memory if os.access(memory, os.W_OK) else None)
    try:
        yield Path(path)
    finally:
        shutil.rmtree(path)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """The record of a scheduler in each of several folders; in each it is killed once, and then goes on."""
    library = build(tmp_path_factory.mktemp("recorder"))
    with in_memory() as base:
        record(library, base / "root", base / "log", FOLDERS, LIVES, REQUESTS)
        ops = list(read(base / "log"))
        return [(folder, below(folder, ops)) for folder in sorted((base / "root").iterdir())]


@pytest.fixture
def folder():
    with in_memory() as path:
        yield path


def broken_in(root, ops, folder, share, more, seed=1, ignored=""):
    """Cut the power behind each operation; look at a share of what the disk may hold then.

    Returns how many states there were, and what was broken in how many of them.
    """
    draw = random.Random(seed)
    disk, promises, held = Disk(root, ignored), Promises(), Folder(folder, root)
    said_in = lock = None
    states, broken, seen = 0, Counter(), set()
    for op in ops:
        if op.kind == "o" and op.first.endswith(b"/" + PROMISES.encode()):
            said_in = op.a
        if op.kind == "o" and op.first.endswith(b".lock"):
            lock = op.a
        if op.kind == "w" and op.a == said_in:
            promises.take(op.first)
        elif op.a not in {said_in, lock} or op.kind not in "wot":  # what stands in the lock tells people only
            disk.give(op)
        if not promises.asked:
            continue
        for choice in disk.choices(draw, share, more):
            mark = (disk.epoch, promises.count, choice)
            if mark in seen:
                continue
            seen.add(mark)
            held.hold(disk.state(choice))
            states += 1
            for what in promises.broken(folder / "data"):
                broken[what.split(":")[0]] += 1
                broken[what] += 1
            data = folder / "data"
            held.forget(data / STORE_FILE, data / f"{STORE_FILE}-journal")
    return states, broken


def look_at_all(records, folder, share, more):
    total = 0
    for number, (root, ops) in enumerate(records):
        states, broken = broken_in(root, ops, folder / str(number), share, more)
        assert not broken, broken.most_common(5)
        total += states
        print(f"{number + 1} of {len(records)} folders: {total} states, nothing broken", flush=True)
    return total


def test_power_cut(records, folder):
    """After a thousand cuts no promised job is lost, doubled or unreadable."""
    states = look_at_all(records, folder, 0.001, 2)
    assert states >= 1000


@pytest.mark.slow
@pytest.mark.skipif(
    "LWFAST_POWER_CUTS" not in os.environ, reason="takes half an hour; set LWFAST_POWER_CUTS=1"
)
def test_power_cut_in_a_hundred_thousand_ways(records, folder):
    states = look_at_all(records, folder, 0.08, 4)
    assert states >= 100_000


@pytest.mark.parametrize("ignored", ["s", "d"])
def test_disk_that_lies(records, folder, ignored):
    """A disk that only says that it was forced does lose jobs: the test above would tell."""
    root, ops = records[0]
    states, broken = broken_in(root, ops[:500], folder, 0.002, 2, ignored=ignored)
    assert states > 20
    assert broken["lost"] + broken["unreadable"] > 10
