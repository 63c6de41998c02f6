"""Whether the file of an extension is whole and as it was built, asked before the system loads it.

An extension that stays beside its sources ends with a digest of all that stands before: a file that was
damaged, or changed later, would give wrong numbers, and could crash. In a wheel there is no such digest,
since tools that make wheels fit for other systems change the file.

What loads a library maps its segments without a look at the length of the file: where a copy or a full disk
has cut it, the process dies of a bus error at the first page that is not there, and nothing can be caught.
"""

from __future__ import annotations

import os
import struct

_HEADER = struct.Struct("<16s16xQ14xHH6x")
"""Of ELF with 64 bits: what it is, then where its program headers are, and their size and number."""
_SEGMENT = struct.Struct("<I4xQ16xQ")
"""Of a program header: its type, and where what it loads begins in the file and how long it is."""
_ELF_64_LITTLE = b"\x7fELF\x02\x01"
_LOAD = 1
_SEAL = b"\0lwfast sha256 "
"""What stands before the digest at the end of a file."""
_DIGEST_BYTES = 32


def is_cut(path: str) -> bool:
    """Say whether a file that should be loaded ends before what would be loaded of it.

    Args:
        path: The file. One that is not a 64-bit library of Linux is left to the system to judge.

    Raises:
        OSError: It cannot be read.
    """
    with open(path, "rb") as file:  # noqa: PTH123  (pathlib is loaded late)
        length = os.fstat(file.fileno()).st_size
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(_ELF_64_LITTLE):
            return False
        _, begin, size, number = _HEADER.unpack(header)
        if size < _SEGMENT.size or begin + size * number > length:
            return True
        file.seek(begin)
        table = file.read(size * number)
    for row in range(number):
        kind, offset, in_file = _SEGMENT.unpack_from(table, row * size)
        if kind == _LOAD and offset + in_file > length:
            return True
    return False


def sealed(content: bytes) -> bytes:
    """Return what is built with its digest at the end."""
    import hashlib

    return content + _SEAL + hashlib.sha256(content).digest()


def is_as_built(path: str) -> bool | None:
    """Say whether a file is what `sealed` returned; None for one without a digest at its end.

    Raises:
        OSError: It cannot be read.
    """
    size = len(_SEAL) + _DIGEST_BYTES
    with open(path, "rb") as file:  # noqa: PTH123  (pathlib is loaded late)
        file.seek(max(0, os.fstat(file.fileno()).st_size - size))
        if not file.read().startswith(_SEAL):
            return None
        file.seek(0)
        content = file.read()
    import hashlib

    return hashlib.sha256(memoryview(content)[:-size]).digest() == content[-_DIGEST_BYTES:]
