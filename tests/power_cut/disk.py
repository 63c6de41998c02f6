"""What a disk may hold after a power cut.

A write, a size and a name are on the disk for sure once the file, or the folder, was forced to it. Until
then each may be there or not, whatever came before or after it: disks and file systems reorder. Of a write
that was on its way, any of its sectors may have arrived; a file that grew may have grown by zeros.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.power_cut.recording import Op

SECTOR = 512


class File:
    """A file: what is on the disk for sure, and what is on its way."""

    def __init__(self) -> None:
        self.sure = b""
        self.version = 0


class Pending(NamedTuple):
    """Something on its way to the disk."""

    number: int
    kind: str
    file: File | None
    place: int
    data: bytes
    other: bytes


Choice = tuple[tuple[int, int], ...]
"""What arrived, as numbers of pending operations, each with a seed of how it was torn, or 0."""


class Disk:
    """A disk to which recorded operations are given one by one.

    Args:
        root: The folder; paths are kept below it.
        ignored: Kinds of operations that this disk ignores, such as "s", which makes it a disk that lies.
    """

    def __init__(self, root: Path, ignored: str = "") -> None:
        self._root = os.fsencode(root)
        self._ignored = ignored
        self._inodes: dict[int, File] = {}
        self._names: dict[bytes, File | None] = {}
        self._seen_names: dict[bytes, File | None] = {}
        self.pending: list[Pending] = []
        self.epoch = 0
        self._number = 0

    def give(self, op: Op) -> None:
        """Take an operation."""
        if op.kind in self._ignored:
            return
        self._number += 1
        if op.kind == "o":
            file = self._inodes[op.a] = File()
            self._seen_names[op.first] = file
            self._add("o", file, 0, op.first)
        elif op.kind in "wt":
            if op.a in self._inodes:
                self._add(op.kind, self._inodes[op.a], op.b, op.first)
        elif op.kind == "m":
            self._add("m", None, 0, op.first)
        elif op.kind == "r":
            self._seen_names[op.second] = self._seen_names.pop(op.first)
            self._add("r", self._seen_names[op.second], 0, op.first, op.second)
        elif op.kind == "u":
            self._add("u", self._seen_names.pop(op.first, None), 0, op.first)
        elif op.kind == "s":
            file = self._inodes.get(op.a)
            self._settle(lambda one: one.kind in "wt" and one.file is file)
        elif op.kind == "d":
            self._settle(lambda one: one.kind in "omru" and _folder_of(one.data) == op.first)

    def _add(self, kind: str, file: File | None, place: int, data: bytes, other: bytes = b"") -> None:
        self.pending.append(Pending(self._number, kind, file, place, data, other))

    def _settle(self, is_sure) -> None:
        sure = [one for one in self.pending if is_sure(one)]
        if not sure:
            return
        self.pending = [one for one in self.pending if not is_sure(one)]
        self.epoch += 1
        changed: dict[int, bytearray] = {}
        for one in sure:
            if one.kind in "wt":
                assert one.file is not None
                content = changed.setdefault(id(one.file), bytearray(one.file.sure))
                _apply(content, one, 0)
            else:
                _rename(self._names, one)
        for file in {id(one.file): one.file for one in sure if one.kind in "wt"}.values():
            file.sure = bytes(changed[id(file)])
            file.version += 1

    def choices(self, draw: random.Random, share: float, more: int) -> Iterator[Choice]:
        """A share of what may have arrived.

        That is nothing, each beginning, each operation alone, all but one, and `more` chosen and torn at
        random.
        """
        numbers = [one.number for one in self.pending]
        whole = [(number, 0) for number in numbers]
        kinds = 1 + 3 * len(numbers) + (more if numbers else 0)
        chosen = range(kinds) if share >= 1 else draw.sample(range(kinds), int(kinds * share + draw.random()))
        for which in chosen:
            kind, place = divmod(which - 1, len(numbers) or 1)
            if which == 0:
                yield ()
            elif kind == 0:
                yield tuple(whole[: place + 1])
            elif kind == 1:
                yield (whole[place],)
            elif kind == 2:
                yield tuple(whole[:place] + whole[place + 1 :])
            else:
                part = draw.choice([0.2, 0.5, 0.8])
                yield tuple(
                    (n, draw.choice([0, draw.randrange(1, 1 << 30)])) for n in numbers if draw.random() < part
                )

    def state(self, choice: Choice) -> dict[bytes, tuple[object, bytes]]:
        """The files that are there after a power cut, each with a mark of its content and the content."""
        arrived = dict(choice)
        names = dict(self._names)
        contents: dict[int, bytearray] = {}
        touched: dict[int, list[tuple[int, int]]] = {}
        for one in self.pending:
            if one.number not in arrived:
                continue
            if one.kind in "wt":
                assert one.file is not None
                content = contents.setdefault(id(one.file), bytearray(one.file.sure))
                _apply(content, one, arrived[one.number])
                touched.setdefault(id(one.file), []).append((one.number, arrived[one.number]))
            else:
                _rename(names, one)
        folders = {name for name, file in names.items() if file is None}
        found: dict[bytes, tuple[object, bytes]] = {}
        for name, file in names.items():
            if file is not None and _is_below(name, folders, self._root):
                mark = (id(file), file.version, tuple(touched.get(id(file), ())))
                content = contents.get(id(file))
                found[name] = (mark, file.sure if content is None else bytes(content))
        return found


def _folder_of(name: bytes) -> bytes:
    return name.rpartition(b"/")[0]


def _is_below(name: bytes, folders: set[bytes], root: bytes) -> bool:
    """Whether all folders down to a file are there."""
    folder = _folder_of(name)
    while folder != root:
        if folder not in folders:
            return False
        folder = _folder_of(folder)
    return True


def _rename(names: dict[bytes, File | None], one: Pending) -> None:
    if one.kind in "om":
        names[one.data] = one.file
    elif one.kind == "r":
        names.pop(one.data, None)
        names[one.other] = one.file
    else:
        names.pop(one.data, None)


def _apply(content: bytearray, one: Pending, torn: int) -> None:
    """Change a content as an operation does, or, with a seed, as one does of which some sectors arrived."""
    if one.kind == "t":
        del content[one.place :]
        content.extend(bytes(one.place - len(content)))
        return
    end = one.place + len(one.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    draw = random.Random(torn)
    kind = draw.randrange(3)
    for start in range(one.place - one.place % SECTOR, end, SECTOR):
        if torn and (kind == 0 or draw.random() < 0.5):
            if kind == 1:  # a beginning arrived
                return
            continue  # nothing but the size arrived, or any of the sectors
        low, high = max(start, one.place), min(start + SECTOR, end)
        content[low:high] = one.data[low - one.place : high - one.place]


class Folder:
    """A folder on this machine that is made to hold one state after another; only what differs is written."""

    def __init__(self, root: Path, recorded: Path) -> None:
        self._root, self._recorded = root, os.fsencode(recorded)
        self._marks: dict[Path, object] = {}

    def hold(self, state: dict[bytes, tuple[object, bytes]], leave_out: Iterable[str] = ()) -> None:
        """Write the files of a state, and remove all others."""
        wanted = {
            self._root / os.fsdecode(os.path.relpath(name, self._recorded)): one
            for name, one in state.items()
        }
        wanted = {path: one for path, one in wanted.items() if path.name not in leave_out}
        for path in [path for path in self._marks if path not in wanted]:
            path.unlink(missing_ok=True)
            del self._marks[path]
        for path, (mark, content) in wanted.items():
            if self._marks.get(path) != mark or not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                self._marks[path] = mark

    def forget(self, *paths: Path) -> None:
        """Write these again next time: something else has changed them."""
        for path in paths:
            self._marks[path] = None
