"""A checksum of a whole Parquet file, kept in the file: whether it is byte for byte what was written.

It takes a fifth of the time that one of the columns takes, which have to be unpacked first. It stands in the
footer like anything else that is kept beside the columns, as eight digits, and is the checksum of all bytes
but these. A file that another program has written again has lost it, or keeps one that does not fit: that
says nothing, and the checksum of the columns is looked at.
"""

from __future__ import annotations

import io
import zlib
from typing import Any, BinaryIO

_KEY = b"lwfast.file_crc32"
_NONE = b"00000000"
UNSEALED = {_KEY: _NONE}
"""What the file has to keep, so that there is a place for the checksum."""
_MARK = _KEY + b"\x18\x08"
"""What stands before the digits: their key, that text follows as the next field, and how long it is."""


class SealedFile(io.RawIOBase):
    """Writes to another file, and the checksum at its place: what comes from there on waits until the end.

    Args:
        file: The file that is written to; it stays open.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._checksum = 0
        self._size = 0
        self._waiting = bytearray()
        self._has_place = False

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def tell(self) -> int:
        """Return the number of bytes that were written."""
        return self._size

    def write(self, content: Any) -> int:
        """Write bytes, and return their number."""
        self._size += len(content)
        self._waiting += content
        if not self._has_place:
            self._has_place = _MARK in self._waiting
        if not self._has_place:  # it may begin with the last bytes
            size = max(len(self._waiting) - len(_MARK) + 1, 0)
            self._put(self._waiting[:size])
            del self._waiting[:size]
        return len(content)

    def _put(self, content: bytearray) -> None:
        self._checksum = zlib.crc32(content, self._checksum)
        self._file.write(content)

    def seal(self) -> None:
        """Write what waits, with the checksum; a file without a place for it stays as it is."""
        place = _place_in(self._waiting)
        if place >= 0:
            before, behind = self._waiting[:place], self._waiting[place + len(_NONE) :]
            checksum = zlib.crc32(behind, zlib.crc32(before, self._checksum))
            self._waiting[place : place + len(_NONE)] = b"%08x" % checksum
        self._put(self._waiting)
        self._waiting.clear()


def has_whole_seal(body: memoryview, end: bytes) -> bool:
    """Return whether a file is byte for byte what was written, as far as a checksum of 32 bits can tell.

    Args:
        body: The content of the file.
        end: The end of the file, from the footer on.
    """
    place = _place_in(end)
    if place < 0:
        return False
    checksum = zlib.crc32(body[: len(body) - len(end) + place])
    checksum = zlib.crc32(end[place + len(_NONE) :], checksum)
    return end[place : place + len(_NONE)] == b"%08x" % checksum


def _place_in(end: bytes | bytearray) -> int:
    """Return where the digits start, or -1 if there is no place. Text in JSON cannot look like one."""
    at = end.rfind(_MARK)
    return -1 if at < 0 else at + len(_MARK)
