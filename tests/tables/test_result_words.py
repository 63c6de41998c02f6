"""Bodies read into words: the same states, counts and errors as of bodies that are read into bytes."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast.tables import packed_table
from lwfast.tables.bodies import result_json, result_table, result_words
from lwfast.tables.bodies.result_json import decode_members, decode_table, encode_table
from lwfast.tables.packed_table import PackedTable

# Kernels that are not compiled run as Python, where NumPy warns of words that wrap.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def outcome(body, *, words):
    """What reading a body gives: the columns and all else, or the error and its text."""
    try:
        decoded, others = decode_members(body, words=words)
    except (lw.ResultFormatError, lw.ResourceLimitError) as error:
        return type(error), str(error)
    states = decoded.states.states if isinstance(decoded.states, PackedTable) else decoded.states
    return states.shape, states.tolist(), decoded.counts.tolist(), decoded.job_data, others


@pytest.fixture(autouse=True)
def every_size(monkeypatch):
    monkeypatch.setattr(packed_table, "MIN_ROWS", 0)
    monkeypatch.setattr(result_json, "_SMALL", 0)  # compiled kernels read a short body in another way


def sizes(monkeypatch, pieces, first, cores, large):
    from lwfast._base import parallel as _parallel

    monkeypatch.setattr(result_words, "_PIECE", pieces)
    monkeypatch.setattr(result_words, "_FIRST", first)
    monkeypatch.setattr(result_words, "LARGE", large)
    monkeypatch.setattr(result_table, "_CHUNK", pieces)
    monkeypatch.setattr(_parallel, "available_cores", lambda: cores)


@pytest.mark.parametrize(("n_modes", "most"), [(1, 9), (5, 12), (8, 255), (20, 7), (20, 9), (30, 3), (70, 1)])
@pytest.mark.parametrize("n_rows", [1, 2, 30, 200])
def test_bodies_become_words_in_pieces_of_any_size(monkeypatch, n_modes, most, n_rows):
    rng = np.random.default_rng(n_modes + n_rows)
    states = rng.integers(0, most + 1, (n_rows, n_modes))
    states[: n_rows // 2] = np.minimum(states[: n_rows // 2], 1)  # more bits are needed later
    body = lw.encode_result(states, 10 ** rng.integers(0, 9, n_rows), {"name": ['"', "x"] * 9})
    for text in (body, body.replace(b", ", b","), body.replace(b'": ', b'"\n  : ')):
        expected = outcome(text, words=False)
        for pieces, first, cores in ((1, 1, 1), (100, 40, 3), (3000, 1000, 2)):
            for large in (1, 1 << 30):
                sizes(monkeypatch, pieces, first, cores, large)
                assert outcome(text, words=True) == expected
    assert isinstance(decode_members(body, words=True)[0].states, PackedTable)
    assert isinstance(decode_members(body)[0].states, np.ndarray)


def test_damaged_bodies_have_the_same_errors(monkeypatch):
    rng = np.random.default_rng(4)
    states = np.unique(rng.integers(0, 4, (60, 20)), axis=0)
    plain = lw.encode_result(states, np.arange(len(states)), {"a": 1})
    bodies = [
        plain,
        plain[:-40],
        plain.replace(b"}}", b",}}"),
        lw.encode_result(np.full((3, 20), 255), [1, 2, 3]),
    ]
    for _ in range(60):
        damaged = bytearray(plain)
        at = int(rng.integers(0, len(damaged)))
        damaged[at : at + int(rng.integers(0, 3))] = rng.choice(
            list(b'",:() 01}x-'), rng.integers(0, 3)
        ).tolist()
        bodies.append(bytes(damaged))
    for body in bodies:
        expected = outcome(body, words=False)
        for pieces, cores, large in ((333, 1, 1 << 30), (333, 3, 1), (50, 2, 1)):
            sizes(monkeypatch, pieces, 200, cores, large)
            assert outcome(body, words=True) == expected


def test_tables_without_a_body_become_words_too():
    states = np.random.default_rng(0).integers(0, 5, (50, 20)).astype(np.uint8)
    counts = np.arange(50)
    found = decode_table(encode_table(states, counts, indent=4), words=True)
    assert np.array_equal(found[0].states, states)
    assert np.array_equal(found[1], counts)


def test_counts_of_one_state_that_are_too_large_are_an_error():
    states = np.zeros((3, 20), np.uint8)
    with pytest.raises(lw.ResourceLimitError, match=r"Results, bytes 12 to \d+: .*2\^63"):
        decode_members(lw.encode_result(states, [2**62] * 3), words=True)


def test_small_bodies_stay_bytes(monkeypatch):
    monkeypatch.setattr(packed_table, "MIN_ROWS", 1 << 14)
    body = lw.encode_result(np.eye(20, dtype=np.uint8), np.arange(20))
    assert isinstance(decode_members(body, words=True)[0].states, np.ndarray)
