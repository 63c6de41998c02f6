"""Pages of Parquet files: kernels beside slow twins, and the columns beside those that pyarrow reads."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast._kernels.tables import parquet_pages as kernels
from lwfast.errors import ResultFormatError
from lwfast.results import SamplingResult
from lwfast.results.files import column_pages, parquet, parquet_columns
from lwfast.results.files.file_room import FileRoom
from lwfast.results.files.parquet_footer import footer_of
from lwfast.tables import packed_table
from lwfast.tables.packed_table import PackedTable, as_bytes
from tests.reference import parquet_pages as slow
from tests.started import child, read_line

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

NO_FOURS = np.zeros(0, np.uint64)
RUNS = st.lists(st.tuples(st.sampled_from(["same", "groups"]), st.integers(1, 9)), max_size=12)


def page_of(data):
    return np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)


def fours_of(dictionary, bits):
    if not 0 < bits <= kernels.FOURS_BITS:
        return np.zeros(0, np.uint64)
    out = np.zeros(16**bits, np.uint64)
    kernels.fours_of(dictionary, bits, 0, 8, out)
    return out


@st.composite
def placed(draw):
    """Bits, entries of a dictionary, places in it as runs, and how many there are."""
    bits = draw(st.integers(1, 9))
    entries = draw(st.lists(st.integers(0, 255), min_size=1, max_size=min(2**bits, 40)))
    numbers = draw(st.lists(st.integers(0, len(entries) - 1), min_size=1, max_size=120))
    return bits, entries, slow.encode(numbers, bits, draw(RUNS)), numbers


@given(placed())
def test_places_become_entries_of_the_dictionary(drawn):
    bits, entries, data, numbers = drawn
    out, dictionary = np.zeros(len(numbers), np.uint8), np.array(entries, np.uint8)
    runs = page_of(data), 0, len(data), bits
    assert kernels.from_dictionary(*runs, dictionary, fours_of(dictionary, bits), out)
    assert out.tolist() == [entries[k] for k in numbers]
    wide = np.zeros(len(numbers), np.int64)
    assert kernels.from_dictionary(*runs, dictionary.astype(np.int64) << 33, NO_FOURS, wide)
    assert wide.tolist() == [entries[k] << 33 for k in numbers]


def test_one_entry_needs_no_bits():
    body, out = bytes(slow.varint(2 * 70)), np.zeros(70, np.uint8)
    runs = page_of(body), 0, len(body), 0
    assert kernels.from_dictionary(*runs, np.array([9], np.uint8), fours_of(out[:1], 0), out)
    assert out.tolist() == [9] * 70


@pytest.mark.parametrize("byte", [0x03, 0x08, 0x05, 0x0C])
def test_page_headers_that_break_off_in_the_name_of_a_field_are_refused(byte):
    """They end nowhere: to go on at the start of the file could take for ever."""
    body = page_of(bytes([byte, *[0x80] * 12]))
    assert kernels.page_header(body, 0, np.empty(9, np.int64)) == -1


@given(placed(), st.data())
def test_damaged_runs_are_refused_or_read_as_they_stand(drawn, data):
    bits, entries, body, numbers = drawn
    damaged = bytearray(body)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    expected = slow.decode(damaged, bits, len(numbers))
    fine = expected is not None and max(expected) < len(entries)
    out, dictionary = np.zeros(len(numbers), np.uint8), np.array(entries, np.uint8)
    runs = page_of(damaged), 0, len(damaged), bits
    assert kernels.from_dictionary(*runs, dictionary, fours_of(dictionary, bits), out) == fine
    if fine:
        assert out.tolist() == [entries[k] for k in expected]
    wide = np.zeros(len(numbers), np.int64)
    assert kernels.from_dictionary(*runs, dictionary.astype(np.int64), NO_FOURS, wide) == fine


@given(st.integers(1, 25), st.integers(0, 24), st.integers(1, 200), RUNS, st.data())
def test_lists_of_one_length_are_told_from_others(length, first, n, runs, data):
    first %= length
    levels = [int((first + k) % length != 0) for k in range(n)]
    wrong = data.draw(st.none() | st.integers(0, n - 1))
    if wrong is not None:
        levels[wrong] = 1 - levels[wrong]
    body = slow.encode(levels, 1, runs)
    assert kernels.lists_of(page_of(body), 0, len(body), n, first, length) == (wrong is None)


@given(st.integers(1, 12), st.integers(2, 60), st.data())
def test_repeated_lists_are_looked_at_to_the_end(length, n_lists, data):
    """Lists that repeat each other byte for byte are passed over fast; one that differs is not."""
    levels = ([0] + [1] * (8 * length - 1)) * n_lists
    sizes = [("groups", 1), ("same", 8 * length - 8)] * n_lists if length > 1 else []
    body = slow.encode(levels, 1, sizes)
    stop = len(body)
    assert kernels.lists_of(page_of(body), 0, stop, len(levels), 0, 8 * length)
    damaged = bytearray(body)
    place = data.draw(st.integers(0, stop - 1))
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    expected = slow.decode(bytes(damaged), 1, len(levels)) == levels
    assert kernels.lists_of(page_of(bytes(damaged)), 0, stop, len(levels), 0, 8 * length) == expected


@pytest.mark.parametrize("level", [1, 3])
def test_levels_that_are_all_the_same(level):
    for n in (1, 63, 64, 100_000):
        body = bytes([*slow.varint(2 * n), level])
        assert kernels.same_levels(page_of(body), 0, len(body), 2, level, n)
        assert not kernels.same_levels(page_of(body), 0, len(body), 2, level, n + 1)
        assert not kernels.same_levels(page_of(body), 0, len(body), 2, level - 1, n)
        assert not kernels.same_levels(page_of(body[:-1]), 0, len(body) - 1, 2, level, n)


# --- files --------------------------------------------------------------------------------------------


def columns_of(path):
    """The columns as the kernels read them, and as pyarrow does."""
    body = path.read_bytes()
    file = pq.ParquetFile(pa.BufferReader(body))
    found = parquet_columns.columns_of_pages(body, footer_of(body), b"")
    return found, parquet._columns(file, mine=True, has_x=False)


def assert_same(path):
    found, (states, counts) = columns_of(path)
    assert found is not None, "left to pyarrow"
    assert as_bytes(found.states).tolist() == states.tolist()
    assert found.counts.tolist() == counts.tolist()
    assert found.checksum == parquet._checksum(b"", states, counts)
    return found.states


@pytest.mark.parametrize("n_modes", [1, 2, 7, 8, 20, 33])
@pytest.mark.parametrize("most", [0, 1, 3, 7, 9, 200])
@pytest.mark.parametrize("min_rows", [1, 1 << 40], ids=["words", "bytes"])
def test_files_of_ours_are_read_without_pyarrow(tmp_path, monkeypatch, n_modes, most, min_rows):
    monkeypatch.setattr(packed_table, "MIN_ROWS", min_rows)
    rng = np.random.default_rng(n_modes + most)
    states = rng.integers(0, most + 1, (3000, n_modes))
    result = SamplingResult.from_columns(states, rng.integers(0, 2**40, 3000))
    path = result.save(tmp_path / "a.parquet")
    table = assert_same(path)
    if min_rows == 1 and n_modes == 20 and most < 8:
        assert isinstance(table, PackedTable)
    assert lw.load_result(path) == result


def lists(rng, n_rows, n_modes, most=4):
    flat = pa.array(rng.integers(0, most, n_rows * n_modes).astype(np.uint8))
    column = pa.FixedSizeListArray.from_arrays(flat, n_modes)
    return pa.table({"state": column, "counts": rng.integers(0, 99, n_rows)})


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "none"},
        {"compression": "snappy", "row_group_size": 700},
        {"compression": "gzip", "data_page_size": 500},
        {"use_dictionary": False},
        {"use_dictionary": ["counts"], "write_page_checksum": True},
        {"dictionary_pagesize_limit": 8},
    ],
    ids=str,
)
@pytest.mark.parametrize("min_rows", [1, 1 << 40], ids=["words", "bytes"])
def test_files_of_other_settings_are_read_without_pyarrow(tmp_path, monkeypatch, options, min_rows):
    monkeypatch.setattr(packed_table, "MIN_ROWS", min_rows)
    pq.write_table(lists(np.random.default_rng(1), 5000, 13), tmp_path / "a.parquet", **options)
    assert_same(tmp_path / "a.parquet")


def test_without_zstandard_pyarrow_decompresses(tmp_path, monkeypatch):
    pq.write_table(lists(np.random.default_rng(1), 5000, 13), tmp_path / "a.parquet", compression="zstd")
    assert_same(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    column_pages._zstd.cache_clear()
    try:
        assert column_pages._zstd() is None
        assert_same(tmp_path / "a.parquet")
    finally:
        column_pages._zstd.cache_clear()


@pytest.mark.parametrize("with_checksum", [False, True])
@pytest.mark.parametrize("is_large", [False, True])
def test_frames_are_as_large_as_the_page_says(monkeypatch, is_large, with_checksum):
    """What is left to pyarrow: other sizes, frames that do not say theirs, and damaged ones."""
    monkeypatch.setattr(column_pages, "_LARGE_PAGE", 0 if is_large else 1 << 20)
    room = FileRoom()
    zstd = pytest.importorskip("zstandard", reason="needs zstandard, an optional package")
    content = bytes(range(200)) * 9
    frame = zstd.ZstdCompressor(write_checksum=with_checksum).compress(content)

    def unpacked(frame, size=1800):
        return column_pages._unpacked(np.frombuffer(frame, np.uint8), size, zstd, room).tobytes()

    assert unpacked(frame) == content
    assert (room.part("page", 1).tobytes() == content[:1]) == (is_large and not with_checksum)
    assert unpacked(zstd.ZstdCompressor().compress(b""), 0) == b""
    compressor = zstd.ZstdCompressor().compressobj()
    unsized = compressor.compress(content) + compressor.flush()
    damaged = [frame[:at] + bytes([frame[at] ^ 64]) + frame[at + 1 :] for at in range(len(frame))]
    damaged = damaged if with_checksum else []  # nothing else sees a changed letter
    cut = [frame[:size] for size in range(len(frame))]
    for wrong, size in [(frame, 1801), (frame, 9), *((wrong, 1800) for wrong in (unsized, *damaged, *cut))]:
        with pytest.raises(column_pages.UnusualError):
            unpacked(wrong, size)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_what_is_unusual_is_left_to_pyarrow_and_read_alike(tmp_path, version):
    table = lists(np.random.default_rng(2), 400, 5)
    pq.write_table(table, tmp_path / "a.parquet", data_page_version=version)
    found, (states, _) = columns_of(tmp_path / "a.parquet")
    assert (found is None) == (version == "2.0")
    read = parquet.read_parquet(tmp_path / "a.parquet")
    assert as_bytes(read.states).tolist() == states.tolist()
    assert not read.is_mine


def test_later_row_groups_may_have_larger_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_table, "MIN_ROWS", 1)
    states = np.zeros((2000, 20), np.uint8)
    states[1500:, 3] = 60
    flat = pa.FixedSizeListArray.from_arrays(pa.array(states.reshape(-1)), 20)
    table = pa.table({"state": flat, "counts": np.arange(2000)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=1000)
    assert as_bytes(parquet.read_parquet(tmp_path / "a.parquet").states).tolist() == states.tolist()


def test_numbers_behind_a_full_dictionary_may_be_larger(tmp_path, monkeypatch):
    """A writer whose dictionary is full goes on with plain pages, of whatever numbers come."""
    monkeypatch.setattr(packed_table, "MIN_ROWS", 1)
    states = np.random.default_rng(1).integers(0, 4, (3000, 20), np.uint8)
    states[2000:, 3] = 200
    flat = pa.FixedSizeListArray.from_arrays(pa.array(states.reshape(-1)), 20)
    table = pa.table({"state": flat, "counts": np.arange(3000)})
    options = {"dictionary_pagesize_limit": 12, "data_page_size": 4096, "write_batch_size": 1000}
    pq.write_table(table, tmp_path / "a.parquet", **options)
    assert as_bytes(parquet.read_parquet(tmp_path / "a.parquet").states).tolist() == states.tolist()


def test_files_of_polars_and_duckdb_are_read(tmp_path):
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    rng = np.random.default_rng(3)
    result = SamplingResult.from_columns(rng.integers(0, 4, (900, 6)), rng.integers(1, 50, 900))
    result.to_polars().write_parquet(tmp_path / "polars.parquet")
    frame = result.to_arrow()
    duckdb.from_arrow(frame).write_parquet(str(tmp_path / "duckdb.parquet"))
    modes = polars.from_pandas(result.to_pandas())
    modes.write_parquet(tmp_path / "modes.parquet")
    for name in ("polars", "duckdb", "modes"):
        assert lw.load_result(tmp_path / f"{name}.parquet") == result, name


@pytest.mark.parametrize("lengths", [[2, 3], [2, 0, 2]])
def test_lists_of_several_lengths_are_refused(tmp_path, lengths):
    column = pa.array([[1] * n for n in lengths], pa.list_(pa.uint8()))
    pq.write_table(pa.table({"state": column, "counts": [1] * len(lengths)}), tmp_path / "a.parquet")
    with pytest.raises(ResultFormatError, match="lists of one length"):
        lw.load_result(tmp_path / "a.parquet")


def test_negative_counts_are_refused(tmp_path):
    table = lists(np.random.default_rng(4), 3, 5)
    table = table.set_column(1, "counts", pa.array([3, -1, 2]))
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ResultFormatError, match=r"negative|-1"):
        lw.load_result(tmp_path / "a.parquet")


@given(st.data())
def test_no_damage_is_read_as_other_columns(tmp_path_factory, data):
    """Whatever byte changes, the kernels give the same columns or none, as pages have checksums."""
    path = tmp_path_factory.mktemp("damage") / "a.parquet"
    rng = np.random.default_rng(5)
    result = SamplingResult.from_columns(rng.integers(0, 3, (300, 4)), rng.integers(1, 9, 300))
    body = bytearray(result.save(path).read_bytes())
    footer = footer_of(bytes(body))
    states, counts, *_ = parquet_columns.columns_of_pages(bytes(body), footer, b"")
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found = parquet_columns.columns_of_pages(bytes(body), footer, b"")
    if found is not None:
        assert as_bytes(found.states).shape == as_bytes(states).shape
        same = as_bytes(found.states).tolist() == as_bytes(states).tolist()
        assert same or found.checksum != parquet._checksum(b"", as_bytes(states), counts)


def test_times_are_not_counts(tmp_path):
    """Parquet keeps them as the same numbers of 64 bits."""
    table = lists(np.random.default_rng(6), 3, 5)
    for kind in (pa.timestamp("ns"), pa.time64("ns"), pa.time64("us"), pa.timestamp("us"), pa.duration("ns")):
        times = pa.array([1000, 2000, 3000], pa.int64()).cast(kind)
        pq.write_table(table.set_column(1, "counts", times), tmp_path / "a.parquet")
        with pytest.raises(ResultFormatError, match="integers"):
            lw.load_result(tmp_path / "a.parquet")


FLIPS = """
import sys
from pathlib import Path
import lwfast as lw
from lwfast.errors import ResultFormatError
path = Path(sys.argv[1])
whole = path.read_bytes()
result = lw.load_result(path)
end = len(whole) - 8
for place in range(end - int.from_bytes(whole[-8:-4], "little"), end):
    for bit in (1, 128):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        try:
            assert lw.load_result(path) == result
        except (ResultFormatError, lw.ResourceLimitError):
            pass
print("done")
"""


def test_a_damaged_footer_does_not_end_the_process(tmp_path):
    """As pyarrow ends it, where the sizes that the footer gives of a part contradict each other."""
    path = tmp_path / "a.parquet"
    SamplingResult({(1, 1): 7, (0, 1): 5}).save(path)
    with child([sys.executable, "-c", FLIPS, str(path)]) as program:
        assert read_line(program) == "done\n"


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        b"\x15\x02" * 3,
        b"\x36\x02\x19\xfc" + b"\xff" * 9,  # more groups than bytes
        b"\x36\x02\x19\x8c\x00",
        b"\xf9\xfd" + b"\xff" * 8 + b"\x7f" + b"\x00" * 9,  # 2^63 values of 16 bytes, which are skipped
        b"\x59\x19" * 40,  # lists in lists
        b"\x36" + b"\xff" * 12,
        b"\x36\x01\x19\x0c\x00",  # -1 rows
        b"\x25\x02\x16\x02\x19\x0c\x00",  # a number for a schema
        # a number as what is kept
        b"\x29\x1c\x48\x01a\x15\x00\x00\x16\x02\x19\x0c\x19\x1c\x18\x01k\x15\x02\x00\x00",
    ],
)
def test_footers_that_are_none(fields):
    with pytest.raises(ResultFormatError, match="footer"):
        footer_of(b"PAR1" + fields + len(fields).to_bytes(4, "little") + b"PAR1")


# --- a column for each mode -----------------------------------------------------------------------------


@pytest.mark.parametrize("has_x", [False, True])
def test_a_column_for_each_mode(tmp_path, has_x):
    result = SamplingResult({(1, 1, 0, 0): 7, (0, 1, 1, 0): 5, (1, 0, 0, 1): 2}, metadata_of="a run")
    if has_x:
        result = result.map("dual_rail_to_qubit", allow_invalid=True)
    path = result.save(tmp_path / "a.parquet", columns="modes")
    names = pq.read_schema(path).names
    assert names == [*(f"mode_{k}" for k in range(result.n_modes)), "counts"]
    again = lw.load_result(path)
    assert again == result
    assert again.has_x == has_x
    assert again.attributes == {"metadata_of": "a run"}
    with pytest.raises(ValueError, match="columns is"):
        result.save(tmp_path / "a.parquet", columns="all")
    with pytest.raises(ValueError, match="a column for each mode"):
        result.save(tmp_path / "a.npz", columns="modes")


def test_columns_of_modes_that_are_no_table_are_refused(tmp_path):
    for columns, wrong in (
        ({"mode_0": [1], "mode_2": [1], "counts": [1]}, "mode_1"),
        ({"mode_0": [None], "counts": [1]}, "null"),
        ({"mode_0": ["a"], "counts": [1]}, "mode_0"),
        ({"counts": [1]}, "state"),
    ):
        pq.write_table(pa.table(columns), tmp_path / "a.parquet")
        with pytest.raises(ResultFormatError, match=wrong):
            lw.load_result(tmp_path / "a.parquet")
