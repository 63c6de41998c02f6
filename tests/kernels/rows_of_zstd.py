"""Arguments for the kernels of Zstandard, see `test_py_func_tables.py`: those of whole frames."""

from __future__ import annotations

import copy
import functools

import numpy as np
import pytest

from lwfast._kernels.tables import zstd
from tests.kernels.twins import plain

MOST_CALLS = 7
_NAMES = (
    "zstd_codes.bits_ahead",
    "zstd_codes.bits_back",
    "zstd_codes.highest_bit",
    "zstd_codes.last_bit",
    "zstd_codes.read_frequencies",
    "zstd_codes.fill_states",
    "zstd_codes._weights",
    "zstd_codes.read_huffman",
    "zstd_codes._upper",
    "zstd_codes.four_streams",
    "zstd_codes.rest_of_stream",
    "zstd._literals",
    "zstd._code",
    "zstd._copied",
    "zstd._block",
    "zstd._sequences",
)


def contents():
    """What is compressed: each needs other forms of blocks."""
    rng = np.random.default_rng(7)
    yield b""
    yield bytes(900)
    yield rng.integers(0, 256, 400, np.uint8).tobytes()
    yield rng.geometric(0.3, 900).astype(np.uint8).tobytes()
    yield rng.geometric(0.05, 90).astype("<i8").tobytes()
    yield b"photons in, " * 9 + rng.geometric(0.6, 120).astype(np.uint8).tobytes() + b"photons out" * 9
    yield np.repeat(rng.integers(0, 5, 90), rng.integers(1, 30, 90)).astype(np.uint8).tobytes()


def frame(content, level=3):
    """A frame with what has to be around it."""
    import pyarrow as pa

    packed = pa.Codec("zstd", level).compress(content, asbytes=True)
    body = np.zeros(len(packed) + 2 * zstd.MARGIN, np.uint8)
    body[zstd.MARGIN : zstd.MARGIN + len(packed)] = np.frombuffer(packed, np.uint8)
    return body, zstd.MARGIN, zstd.MARGIN + len(packed)


def room(size):
    out, code = np.zeros(size + zstd.MARGIN, np.uint8), np.zeros(zstd.CODE, np.uint16)
    return out, size, code, np.zeros(zstd.TABLES, np.uint32), np.zeros(zstd.LITERALS, np.uint8)


def frames():
    for level in (1, 19):
        for content in contents():
            body, start, stop = frame(content, level)
            yield body, start, stop, *room(len(content))
    yield body, start, stop - 1, *room(len(content))
    yield body, start, stop, *room(len(content) - 1)


@functools.cache
def recorded():
    """Calls of the kernels inside, by name, while the frames are decompressed in plain Python."""
    twin = plain(zstd.decompress)
    places = [twin.__globals__, twin.__globals__["read_huffman"].__globals__]
    calls = {name: [] for name in _NAMES}

    def recorder(name, function):
        def call(*given):
            if len(calls[name]) < MOST_CALLS:
                calls[name].append(copy.deepcopy(given))
            return function(*given)

        return call

    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        for name in _NAMES:
            function = name.partition(".")[2]
            for inside in places:
                if function in inside:
                    patch.setitem(inside, function, recorder(name, inside[function]))
        for given in frames():
            twin(*given)
    assert all(calls.values()), calls
    return calls


ZSTD_ROWS = {
    **{name: lambda name=name: recorded()[name] for name in _NAMES},
    "zstd.decompress": frames,
}
