"""What server and worker say to each other: MessagePack frames with a length in front, over pipes."""

from __future__ import annotations

import struct
from typing import IO, Any

import msgspec

LENGTH = struct.Struct("<I")
INLINE_LIMIT = 256 * 1024
"""Larger results go to a file that the worker writes; smaller ones ride in the job's own transaction."""

DOES_NOT_FIT = 1
"""Compilation error code: the work would need more memory than it may take."""
OUT_OF_MEMORY = 2
"""Compilation error code: memory ran out while the job was being set up or run."""


class Run(msgspec.Struct, tag=True, frozen=True):
    """Run a job.

    Attributes:
        hardware: What `HardwareModel.to_dict` returns, as JSON.
        request_id: What logs call the request that it came with.
        trace: Headers that name the span which that of the job belongs to.
    """

    job_id: int
    payload: bytes
    hardware: bytes
    seed: int
    request_id: str | None = None
    trace: dict[str, str] = {}


class Share(msgspec.Struct, tag=True, frozen=True):
    """Use at most so many cores and bytes of memory, or all that are allowed, for what follows."""

    cores: int
    n_bytes: int | None = None


class Alive(msgspec.Struct, tag=True, frozen=True):
    """The worker's process runs; said every few seconds, whatever it does."""


class Ready(msgspec.Struct, tag=True, frozen=True):
    """The worker has its kernels and waits for jobs."""

    seconds: float


class Unable(msgspec.Struct, tag=True, frozen=True):
    """The worker cannot get ready, and ends."""

    reason: str


class Done(msgspec.Struct, tag=True, frozen=True):
    """A result, in bytes or as the name of a file in the results folder."""

    job_id: int
    body: bytes | None = None
    file: str | None = None


class Failed(msgspec.Struct, tag=True, frozen=True):
    """The job cannot be run; `code` is set where the work was refused before it began."""

    job_id: int
    reason: str
    code: int | None = None


class Held(msgspec.Struct, tag=True, frozen=True):
    """The result is there and cannot be written yet; the worker holds it, tries again, and answers then."""

    job_id: int
    reason: str


Order = Run | Share
Answer = Alive | Ready | Unable | Held | Done | Failed

_encode = msgspec.msgpack.Encoder().encode
decode_order = msgspec.msgpack.Decoder(Order).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode


def pack(message: Any) -> bytes:
    """A message as a frame."""
    body = _encode(message)
    return LENGTH.pack(len(body)) + body


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read a frame's body; None at the end of the stream, even in the middle of a frame."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None
