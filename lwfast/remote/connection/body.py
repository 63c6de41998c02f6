"""Reading the body of an answer piece by piece, unpacked here so that every piece is of bounded size.

The libraries below unpack as much at once as the sender packed into a block, or into a block of a block; here
no piece is longer than `PIECE_BYTES`, and what each layer of packing yields is counted.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

PIECE_BYTES = 1 << 16
MOST_LAYERS = 5
ENCODINGS = "gzip"
"""What the sender is told that it may use."""

_EITHER_HEADER = zlib.MAX_WBITS | 32
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})

OnBytes = Callable[[int, "int | None"], None]


class CapExceededError(Exception):
    """A body is longer than its cap, as announced or as counted.

    Attributes:
        size: The announced length in bytes, or None where it was only found to be above the cap.
    """

    def __init__(self, size: int | None) -> None:
        super().__init__(size)
        self.size = size


class EncodingError(ValueError):
    """A body is packed in a way that was not asked for, or is not what its headers say."""


def read_body(
    raw: Any,
    headers: Mapping[str, str],
    cap: int,
    progress: OnBytes | None = None,
    *,
    start_only: bool = False,
) -> bytearray:
    """Read a body of at most `cap` bytes.

    Args:
        raw: A response of urllib3, or any file of bytes.
        headers: Headers of the answer, which say how it is packed.
        cap: Most bytes, of the body and of what each layer of packing yields.
        progress: Called with the bytes read so far and their expected number, or None.
        start_only: Return the beginning of a body that is too long or cannot be unpacked, rather than raise.

    Raises:
        CapExceededError: The body is longer.
        EncodingError: The body cannot be unpacked.
    """
    encodings = [item.strip().lower() for item in headers.get("Content-Encoding", "").split(",")]
    encodings = [item for item in encodings if item not in {"", "identity"}]
    announced = announced_length(headers)
    if announced is not None and announced > cap and not start_only:
        raise CapExceededError(announced)
    total = None if encodings else announced
    body = bytearray()
    try:
        if len(encodings) > MOST_LAYERS:
            raise EncodingError(
                f"It is packed {len(encodings)} times, and {MOST_LAYERS} are unpacked at most."
            )
        for piece in _unpacked(_capped(_pieces(raw), cap), encodings, cap):
            body += piece
            if progress is not None:
                progress(len(body), total)
    except (CapExceededError, EncodingError):
        if not start_only:
            raise
    return body


def announced_length(headers: Mapping[str, str]) -> int | None:
    """Return what `Content-Length` says, or None where it says nothing of use."""
    text = headers.get("Content-Length", "").strip()
    # Not int() of anything: it takes other digits than these, and refuses thousands of them.
    if not (text.isascii() and text.isdigit()):
        return None
    text = text.lstrip("0")
    return int(text or "0") if len(text) < 20 else 10**20


def _pieces(raw: Any) -> Iterator[bytes]:
    stream = getattr(raw, "stream", None)
    return (
        iter(partial(raw.read, PIECE_BYTES), b"")
        if stream is None
        else stream(PIECE_BYTES, decode_content=False)
    )


def _capped(pieces: Iterable[bytes], cap: int) -> Iterator[bytes]:
    """Pass pieces on until they are more than `cap` bytes; the last one is cut to the cap."""
    left = cap
    for piece in pieces:
        if len(piece) > left:
            yield piece[:left]
            raise CapExceededError(None)
        left -= len(piece)
        yield piece


def _unpacked(pieces: Iterator[bytes], encodings: list[str], cap: int) -> Iterator[bytes]:
    """Undo the encodings, of which the last was applied last; an empty one is not packed."""
    first = next((piece for piece in pieces if piece), None)
    if first is None:
        return
    layered = _chain(first, pieces)
    for encoding in reversed(encodings):
        if encoding not in _PACKED:
            raise EncodingError(f"It is packed as {encoding[:40]!r}, which was not asked for.")
        layered = _capped(_inflated(layered), cap)
    yield from layered


def _chain(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, of one or more members, or zlib; no piece is longer than `PIECE_BYTES`."""
    decoder = zlib.decompressobj(_EITHER_HEADER)
    for piece in pieces:
        rest, full = piece, False
        while rest or full:  # a full piece may have left more behind, though all was taken in
            if decoder.eof and rest:
                decoder = zlib.decompressobj(_EITHER_HEADER)
            try:
                unpacked = decoder.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise EncodingError(str(error)) from error
            yield unpacked
            rest, full = decoder.unconsumed_tail or decoder.unused_data, len(unpacked) == PIECE_BYTES
    if not decoder.eof:
        raise EncodingError("It ends too early.")
