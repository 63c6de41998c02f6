"""Recording what a program writes, by a preloaded library that the C compiler of the system makes."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.scheduler.harness import ROOT

_HEAD = struct.Struct("<cQQQQ")


class Op(NamedTuple):
    """An operation of the recorder; see `recorder.c`."""

    kind: str
    a: int
    b: int
    first: bytes
    second: bytes


def build(folder: Path) -> Path:
    """Compile the recorder, or skip the test with the reason."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the recorder of writes is made for the loader of Linux")
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        pytest.skip("needs a C compiler, to record what is written")
    library = folder / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    command = [
        compiler,
        "-O1",
        "-Wall",
        "-Wextra",
        "-shared",
        "-fPIC",
        "-o",
        str(library),
        str(source),
        "-ldl",
    ]
    made = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if made.returncode:
        pytest.skip(f"the C compiler makes no library that can be preloaded: {made.stderr.strip()[:200]}")
    return library


def record(library: Path, root: Path, log: Path, folders: int, lives: int, requests: int) -> None:
    """Run the workload in so many folders, with so many lives in each, and log what it does below `root`."""
    root.mkdir()
    environment = os.environ | {
        "LD_PRELOAD": str(library),
        "LWFAST_RECORD_LOG": str(log),
        "LWFAST_RECORD_ROOT": str(root),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    command = [sys.executable, "-m", "tests.power_cut.workload", str(root)]
    ended = subprocess.run(
        [*command, str(folders), str(lives), str(requests)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def below(folder: Path, ops: list[Op]) -> list[Op]:
    """The operations on one folder, on what is in it, and on the name that it has."""
    start = os.fsencode(folder)
    inodes: set[int] = set()
    found = []
    for op in ops:
        if op.kind in "omdru" and (op.first == start or op.first.startswith(start + b"/")):
            found.append(op)
            inodes |= {op.a} if op.kind == "o" else set()
        elif op.kind == "o":
            inodes.discard(op.a)  # the number of a file that is gone, given to another
        elif op.kind in "wts" and op.a in inodes:
            found.append(op)
    return found


def read(log: Path) -> Iterator[Op]:
    """The operations of a log, in order."""
    data = log.read_bytes()
    place = 0
    while place < len(data):
        kind, a, b, n, m = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        yield Op(kind.decode(), a, b, data[place : place + n], data[place + n : place + n + m])
        place += n + m
