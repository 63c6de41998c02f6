"""Arguments for the kernels of pages of Parquet, see `test_py_func_tables.py`."""

from __future__ import annotations

import io

import numpy as np

from tests.reference.parquet_pages import encode, varint


def page(data):
    return np.frombuffer(bytes(data), np.uint8).copy()


def places(entries, room):
    rng = np.random.default_rng(len(entries))
    for bits in (1, 3, 5, 9):
        n_entries = min(2**bits, len(entries))
        numbers = [*[1 % n_entries] * 20, *rng.integers(0, n_entries, 70).tolist()]
        body = encode(numbers, bits, [("same", 20), ("groups", 5)])
        for n in (90, 61):
            yield page(body), 0, len(body), bits, entries[:n_entries], np.zeros(n, room)
        yield page(body), 0, len(body), bits, entries[:1], np.zeros(90, room)
        yield page(body[:-3]), 0, len(body) - 3, bits, entries[:n_entries], np.zeros(90, room)


def byte_places():
    for body, at, stop, bits, entries, out in places(np.arange(40, dtype=np.uint8), np.uint8):
        fours = np.zeros(0, np.uint64)
        yield body, at, stop, bits, entries, fours, out
        if bits == 3:
            four = np.arange(16**bits, dtype=np.uint64)
            yield body, at, stop, bits, entries, four, out.copy()


def number_places():
    for *given, entries, out in places(np.arange(40) * 2**40, np.int64):
        yield *given, entries, np.zeros(0, np.uint64), out


def levels():
    numbers = ([0] + [1] * 15) * 9
    for sizes in ([], [("groups", 1), ("same", 8)] * 9, [("same", 1), ("same", 15)] * 9):
        body = encode(numbers, 1, sizes)
        for stop in (len(body), len(body) - 1):
            yield page(body), 0, stop, len(numbers), 0, 16
        yield page(body), 0, len(body), len(numbers), 1, 16


def same():
    body = [*varint(2 * 100), 3, *varint(2 * 50), 3]
    for n in (150, 151, 100):
        yield page(body), 0, len(body), 2, 3, n


def headers():
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(40, dtype=np.uint8)), 4)
    pq.write_table(pa.table({"state": column}), file, write_page_checksum=True)
    body = np.frombuffer(file.getvalue(), np.uint8).copy()
    chunk = pq.ParquetFile(file).metadata.row_group(0).column(0)
    for at in (chunk.dictionary_page_offset, chunk.data_page_offset, 0, body.size):
        yield body, at, np.zeros(9, np.int64)
    yield page([3, *[0x80] * 12]), 0, np.zeros(9, np.int64)
    yield body[: chunk.data_page_offset + 9].copy(), chunk.data_page_offset, np.zeros(9, np.int64)


PARQUET_ROWS = {
    "parquet_pages._header": lambda: [
        (page(varint(n)), 0, stop) for n in (0, 127, 300, 2**34) for stop in (0, 1, len(varint(n)))
    ],
    "parquet_pages._number": lambda: [(page([7, 1, 2]), 1, n) for n in (0, 1, 2)],
    "parquet_pages._word": lambda: [(page(range(1, 13)), at) for at in (0, 4, 6, 11, 12)],
    "parquet_pages._unsigned": lambda: [(page(varint(n)), 0) for n in (0, 127, 300, 2**61, 2**70)],
    "parquet_pages._zigzag": lambda: [(page(varint(n)), 0) for n in (0, 1, 2, 301, 2**70)],
    "parquet_pages.same_levels": same,
    "parquet_pages.lists_of": levels,
    "parquet_pages.fours_of": lambda: [
        (np.arange(9, 9 + n, dtype=np.uint8), bits, np.zeros(16**bits, np.uint64))
        for bits, n in ((1, 2), (2, 3))
    ],
    "parquet_pages.from_dictionary": lambda: [*byte_places(), *number_places()],
    "parquet_pages.page_header": headers,
}
