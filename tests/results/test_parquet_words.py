"""Pages straight into words, and the checksum of a whole file that allows it, beside the way over bytes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast._base.files import seal
from lwfast._kernels.tables import parquet_words as kernels
from lwfast.errors import ResultFormatError
from lwfast.results import SamplingResult
from lwfast.results.files import column_pages, parquet, parquet_columns
from lwfast.results.files.file_room import FileRoom
from lwfast.results.files.parquet_footer import end_of
from lwfast.tables import packed_table
from lwfast.tables.packed_table import PackedTable, as_bytes
from tests.marks import wraps
from tests.reference import parquet_pages as slow

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

RUNS = st.lists(st.tuples(st.sampled_from(["same", "groups"]), st.integers(1, 30)), max_size=12)


@st.composite
def placed(draw):
    """Modes, their bits, bits of a place, entries of a dictionary, and places in it of whole rows as runs."""
    n_modes = draw(st.integers(1, 70))
    needed = draw(st.integers(1, 8))
    width = packed_table.bits_for(n_modes, needed) or 8
    bits = draw(st.integers(1, min(3, width)))
    size = st.integers(1, 2**bits)
    entries = draw(st.lists(st.integers(0, 2**width - 1), min_size=1, max_size=draw(size)))
    n_rows = draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    numbers = rng.integers(0, len(entries), n_rows * n_modes)
    for _ in range(draw(st.integers(0, 3))):  # repeated numbers, which make runs
        start, stop = np.sort(rng.integers(0, numbers.size + 1, 2))
        numbers[start:stop] = numbers[min(start, numbers.size - 1)]
    numbers = numbers.tolist()
    return n_modes, width, bits, entries, n_rows, numbers, slow.encode(numbers, bits, draw(RUNS))


def words_of(body, drawn):
    """What the kernel says and writes."""
    n_modes, width, bits, entries, n_rows, *_ = drawn
    n_words = -(-n_modes // (64 // width))
    out = np.full((n_words, n_rows + 2), 7, np.uint64)
    fields = column_pages.fields_of(bytes(entries), bits, width)
    layout = fields, n_modes, width, -(-n_modes // n_words)
    page = np.frombuffer(bytes(body) or b"\0", np.uint8)
    is_fine = kernels.words_from_dictionary(page, 0, len(body), bits, *layout, out, 1, n_rows)
    assert (out[:, 0] == 7).all()
    assert (out[:, -1] == 7).all()  # nothing beside the rows is written to
    return is_fine, PackedTable(np.ascontiguousarray(out[:, 1:-1]), n_modes, width)


@given(placed())
def test_places_become_words(drawn):
    n_modes, _, _, entries, n_rows, numbers, body = drawn
    is_fine, table = words_of(body, drawn)
    assert is_fine
    expected = np.array([entries[k] for k in numbers]).reshape(n_rows, n_modes)
    assert table.states.tolist() == expected.tolist()


@given(placed(), st.data())
def test_damaged_runs_are_refused_or_read_as_they_stand(drawn, data):
    n_modes, _, bits, entries, n_rows, numbers, body = drawn
    damaged = bytearray(body)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    expected = slow.decode(bytes(damaged), bits, len(numbers))
    fine = expected is not None and max(expected) < len(entries)
    is_fine, table = words_of(damaged, drawn)
    assert is_fine == fine
    if fine:
        states = np.array([entries[k] for k in expected]).reshape(n_rows, n_modes)
        assert table.states.tolist() == states.tolist()


def read_page(monkeypatch, n_modes, entries, bits, numbers):
    """The table of one page of a file with a seal."""
    monkeypatch.setattr(packed_table, "MIN_ROWS", 1)
    n_rows = len(numbers) // n_modes
    levels = slow.encode(([0] + [1] * (n_modes - 1)) * n_rows, 1, [])
    body = [*len(levels).to_bytes(4, "little"), *levels, bits, *slow.encode(numbers, bits, [("groups", 60)])]
    dictionary = np.array(entries, np.uint8)
    content, no_fours = np.array(body, np.uint8), np.zeros(0, np.uint64)
    page = column_pages.Page(content, len(numbers), column_pages.RLE_DICTIONARY, dictionary, no_fours, 0)
    states = parquet_columns._States(n_rows, n_modes, 0, False, FileRoom())
    states.checksum = -1
    states._make_room(page)
    states._take(page)
    return states.table()


def test_places_may_have_more_bits_than_modes(monkeypatch):
    numbers = [0, 1] * 20 + [1] * 40
    table = read_page(monkeypatch, 40, [0, 1], 3, numbers)
    assert isinstance(table, PackedTable)
    assert table.bits == 1
    assert table.states.reshape(-1).tolist() == numbers


def test_places_that_no_dictionary_has_are_refused(monkeypatch):
    with pytest.raises(column_pages.UnusualError):
        read_page(monkeypatch, 20, [0, 1, 2], 2, [0, 1, 2, 3] * 10)


# --- files --------------------------------------------------------------------------------------------


def is_sealed(body):
    return seal.has_whole_seal(memoryview(body), end_of(memoryview(body)))


@pytest.fixture(params=[1, 1 << 40], ids=["words", "bytes"])
def table_form(request, monkeypatch):
    monkeypatch.setattr(packed_table, "MIN_ROWS", request.param)


@pytest.mark.usefixtures("table_form")
@pytest.mark.parametrize("n_modes", [1, 2, 7, 8, 20, 33])
@pytest.mark.parametrize("most", [0, 1, 3, 7, 9, 200])
def test_a_seal_changes_nothing_but_the_time(tmp_path, n_modes, most):
    rng = np.random.default_rng(n_modes + most)
    states = rng.integers(0, most + 1, (3000, n_modes))
    result = SamplingResult.from_columns(states, rng.integers(0, 2**40, 3000))
    path = result.save(tmp_path / "a.parquet")
    body = path.read_bytes()
    assert is_sealed(body)
    sealed = parquet.read_own_parquet(path, FileRoom())
    path.write_bytes(without_seal(body))
    unsealed = parquet.read_own_parquet(path, FileRoom())
    assert type(sealed.states) is type(unsealed.states)
    assert as_bytes(sealed.states).tolist() == as_bytes(unsealed.states).tolist()
    assert sealed.counts.tolist() == unsealed.counts.tolist()
    assert sealed[2:] == unsealed[2:]


def without_seal(body):
    """The file as it was before there were seals, as far as its readers can tell."""
    end = end_of(memoryview(body))
    place = len(body) - len(end) + end.rfind(b"lwfast.file_crc32")
    changed = body[:place] + b"lwfast.file_xxx32" + body[place + 17 :]
    assert not is_sealed(changed)
    return changed


def test_no_bytes_are_made_of_files_with_a_seal(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_table, "MIN_ROWS", 1)
    rng = np.random.default_rng(1)
    result = SamplingResult.from_columns(rng.integers(0, 4, (3000, 20)), rng.integers(0, 9, 3000))
    path = result.save(tmp_path / "a.parquet")
    monkeypatch.setattr(parquet_columns._States, "_write", None)
    monkeypatch.setattr(parquet_columns, "checksum_of", None)
    assert lw.load_result(path) == result


@wraps
@pytest.mark.usefixtures("table_form")
def test_no_changed_byte_is_read_as_another_result(tmp_path):
    """Of a file with a seal every byte counts; where it is broken, the checksum of the columns decides."""
    rng = np.random.default_rng(5)
    result = SamplingResult.from_columns(rng.integers(0, 3, (60, 4)), rng.integers(1, 9, 60))
    path = result.save(tmp_path / "a.parquet")
    body = path.read_bytes()
    n_refused = 0
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1 << place % 8]) + body[place + 1 :]
        assert not is_sealed(changed), place
        path.write_bytes(changed)
        found = parquet.read_own_parquet(path, FileRoom())
        if found is None:
            n_refused += 1
            continue
        assert as_bytes(found.states).tolist() == result.states.tolist()
        assert found.counts.tolist() == result.counts.tolist()
    assert n_refused > len(body) / 4


def test_pages_that_changed_with_the_seal_kept_are_refused(tmp_path):
    """A program that copies what is kept beside other columns breaks the seal, and the other checksum too."""
    rng = np.random.default_rng(5)
    result = SamplingResult.from_columns(rng.integers(0, 3, (300, 4)), rng.integers(1, 9, 300))
    path = result.save(tmp_path / "a.parquet")
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    with pytest.raises(ResultFormatError, match="checksum"):
        lw.load_result(path)
    pq.write_table(table, path)
    assert not is_sealed(path.read_bytes())
    assert lw.load_result(path) == result


@given(st.binary(max_size=60), st.binary(max_size=60), st.lists(st.integers(1, 25), max_size=20))
def test_a_seal_is_put_wherever_writes_are_cut(before, behind, sizes):
    content = before + seal._MARK + b"00000000" + behind
    file, at = io.BytesIO(), 0
    sealed = seal.SealedFile(file)
    for size in [*sizes, len(content)]:
        sealed.write(content[at : at + size])
        at = min(at + size, len(content))
        assert sealed.tell() == at
    sealed.seal()
    body = file.getvalue()
    assert len(body) == len(content)
    assert body.replace(body[len(before) + len(seal._MARK) :][:8], b"00000000") == content
    assert seal.has_whole_seal(memoryview(body), body)
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 64]) + body[place + 1 :]
        assert not seal.has_whole_seal(memoryview(changed), changed)


def test_without_a_place_for_a_seal_a_file_is_as_it_was():
    file = io.BytesIO()
    sealed = seal.SealedFile(file)
    for part in (b"", b"abc", b"d" * 99):
        assert sealed.write(part) == len(part)
    sealed.seal()
    assert file.getvalue() == b"abc" + b"d" * 99
    assert not seal.has_whole_seal(memoryview(file.getvalue()), file.getvalue())


def test_text_that_looks_like_a_seal_is_none(tmp_path):
    """What a user keeps is JSON, where the bytes before the digits are written otherwise."""
    text = (seal._MARK + b"00000000").decode()
    result = SamplingResult({(1, 0): 3}, note=text)
    path = result.save(tmp_path / "a.parquet")
    assert is_sealed(path.read_bytes())
    assert lw.load_result(path).attributes == {"note": text}
