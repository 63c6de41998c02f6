"""Memory that reading a file takes, which the next file may take again."""

from __future__ import annotations

import math
import os
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.files.file_memory import check_file
from lwfast._types import AnyArray

Bytes = NDArray[np.uint8]
SLACK = 8
"""Of what is asked for, an eighth is added: files of a campaign are of about the same size."""


class FileRoom:
    """Arrays that grow to what is asked of them and stay: the system clears each new page of memory first.

    A thread has a room of its own, or several in turn. What was read into it is overwritten by the next file.

    Args:
        keeps_columns: Whether the columns of a file stand here too; else they are new arrays, which stay.
    """

    def __init__(self, *, keeps_columns: bool = False) -> None:
        self._keeps_columns = keeps_columns
        # Not as arrays: a result makes those read-only that it is given.
        self._parts: dict[str, memoryview] = {}
        self._columns: set[str] = set()

    def part(self, name: str, size: int) -> Bytes:
        """Return `uint8[size]` for one use, with whatever is in it."""
        found = self._parts.get(name)
        if found is None or found.nbytes < size:
            self._parts.pop(name, None)  # both at a time would take more
            # With room for slightly larger files: pages that stay unused are never touched.
            found = self._parts[name] = np.empty(size + size // SLACK, np.uint8).data
        return np.frombuffer(found, np.uint8, size)

    def column(self, name: str, shape: tuple[int, ...], dtype: Any) -> AnyArray:
        """Return an array for a column of a file."""
        if not self._keeps_columns:
            return np.empty(shape, dtype)
        self._columns.add(name)
        kind = np.dtype(dtype)
        size = kind.itemsize * math.prod(shape)
        found: AnyArray = self.part(name, size).view(kind).reshape(shape)
        return found

    def holds(self, array: AnyArray) -> bool:
        """Return whether an array stands in memory of a column; yes for an empty one, which has no byte."""
        if array.size == 0:
            return True
        columns = [self._parts[name] for name in self._columns if name in self._parts]
        return any(np.may_share_memory(array, np.frombuffer(part, np.uint8)) for part in columns)

    def file(self, path: Path) -> Bytes:
        """Return the bytes of a file.

        Raises:
            ResourceLimitError: It would take more than is allowed.
            OSError: It cannot be read.
        """
        with FileIO(os.fspath(path)) as file:  # what `path.open` gives in the end
            size = os.fstat(file.fileno()).st_size
            check_file(size)
            room = self.part("file", size)
            view, done = room.data, 0
            while done < size:
                more = file.readinto(view[done:])
                if not more:  # it was cut meanwhile
                    break
                done += more
        return room[:done]
