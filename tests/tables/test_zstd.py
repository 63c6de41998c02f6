"""Frames of Zstandard as pyarrow compresses them, whole and damaged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast._kernels import _mode
from lwfast._kernels.tables import zstd
from tests.kernels.rows_of_zstd import contents, frame, room

pa = pytest.importorskip("pyarrow")
LARGE = 300_000 if _mode.MODE != "python" else 700


def unpacked(body, start, stop, size):
    """What is in a frame; None where it is refused. Nothing may be written behind it."""
    out, size, *tables = room(size)
    out = np.concatenate([out, np.full(64, 77, np.uint8)])
    is_fine = zstd.decompress(body, start, stop, out[:-64], size, *tables)
    assert (out[-64:] == 77).all()
    return out[:size].tobytes() if is_fine else None


@pytest.mark.parametrize("level", [-7, 1, 3, 9, 19, 22])
def test_frames_are_read_as_libzstd_wrote_them(level):
    for content in contents():
        assert unpacked(*frame(content, level), len(content)) == content


@pytest.mark.parametrize("level", [1, 19])
@pytest.mark.parametrize("kind", range(5))
def test_frames_of_several_blocks(kind, level):
    rng = np.random.default_rng(kind)
    numbers = [
        rng.geometric(0.2, LARGE).astype(np.uint8),
        np.cumsum(rng.integers(0, 5, LARGE // 8)),
        np.tile(rng.integers(0, 255, 23).astype(np.uint8), LARGE // 23),
        rng.integers(0, 256, LARGE, np.uint8),
        np.repeat(rng.integers(0, 9, LARGE // 40), rng.integers(1, 90, LARGE // 40)).astype(np.uint8),
    ][kind]
    content = numbers.tobytes()
    assert unpacked(*frame(content, level), len(content)) == content


@given(
    st.lists(st.sampled_from([b"0", b"1", b"ab", b"photon", bytes(9), b"\xff"]), max_size=90),
    st.integers(1, 19),
)
def test_any_content(parts, level):
    content = b"".join(parts)
    assert unpacked(*frame(content, level), len(content)) == content


@given(st.data())
def test_damaged_frames_are_refused_or_read_as_libzstd_does(data):
    """Where a bit has changed, both refuse the frame, or ours does, or both read the same."""
    content = data.draw(st.sampled_from(list(contents())[1:]))
    body, start, stop = frame(content, data.draw(st.sampled_from([1, 19])))
    body[data.draw(st.integers(start, stop - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found = unpacked(body, start, stop, len(content))
    if found is not None:
        assert pa.Codec("zstd").decompress(body[start:stop], len(content), asbytes=True) == found


@pytest.mark.parametrize("cut", [1, 2, 5, 9])
def test_frames_that_break_off_are_refused(cut):
    for content in contents():
        body, start, stop = frame(content)
        assert unpacked(body, start, max(stop - cut, start), len(content)) is None
        assert unpacked(body, start, stop, len(content) + 1) is None


def test_what_has_no_room_around_it_is_refused():
    body, start, stop = frame(b"photons" * 9)
    assert unpacked(body[1:].copy(), start - 1, stop - 1, 63) is None
    assert unpacked(body[:-1].copy(), start, stop, 63) is None
    out, size, *tables = room(63)
    assert not zstd.decompress(body, start, stop, out[:-1].copy(), size, *tables)
