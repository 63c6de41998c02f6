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


def fields(n, bits, width):
    from lwfast._kernels.tables.parquet_pages import fours_of

    out = np.zeros(16**bits, np.uint64)
    fours_of(np.arange(n, dtype=np.uint8), bits, 3 * width, -width, out)
    return out


def word_places():
    rng = np.random.default_rng(2)
    for bits, width, n_modes in ((1, 1, 70), (2, 2, 20), (3, 3, 20), (2, 8, 11), (3, 4, 3)):
        n_words = -(-n_modes // (64 // width))
        per_word = -(-n_modes // n_words)
        numbers = [0] * 33 + [1] * 9 + rng.integers(0, 2**bits, 7 * n_modes).tolist()
        for sizes in ([("same", 33), ("same", 9), ("groups", 3)], [("groups", 2), ("same", 30)]):
            body = encode(numbers, bits, sizes)
            for stop, n, n_rows in ((len(body), 2**bits, 7), (len(body), 2, 6), (len(body) // 2, 2**bits, 7)):
                entries = fields(n, bits, width)
                out = np.zeros((n_words, 9), np.uint64)
                yield page(body[:stop]), 0, stop, bits, entries, n_modes, width, per_word, out, 1, n_rows
        yield page([18, 2**bits]), 0, 2, bits, entries, n_modes, width, per_word, out.copy(), 0, 1


def looked_up():
    for bits, width in ((2, 2), (3, 8), (1, 3)):
        for n in (1, 4, 7):
            places = np.uint64(0x9E3779B97F4A7C15 & ((1 << n * bits) - 1))
            entries = fields(2**bits - 1, bits, width)
            yield places, (n - 1) // 4, (n - 1) % 4 + 1, np.uint64(bits), np.uint64(width), entries


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


def ends_of_levels():
    lists = encode(([0] + [1] * 4) * 8, 1, [("groups", 5)])
    there = [*varint(2 * 40), 3]
    sizes = [list(len(part).to_bytes(4, "little")) for part in (lists, there)]
    body = [*sizes[0], *lists, *sizes[1], *there, 7, 7]
    yield page(body), 40, 0, 5, 3
    yield page(body), 40, 1, 5, 3
    yield page(body), 40, 0, 5, 2
    yield page(body[: len(sizes[0]) + len(lists)]), 40, 0, 5, 0
    yield page(body[: len(sizes[0]) + len(lists) - 1]), 40, 0, 5, 0
    yield page(body[:3]), 40, 0, 5, 3
    yield page([*sizes[1], *there]), 40, 0, 0, 3
    yield page(body), 40, 0, 0, 0


def footer():
    """Return the footer of a small file, with two row groups and something kept beside the columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(40, dtype=np.uint8)), 4)
    table = pa.table({"state": column, "counts": np.arange(10)}).replace_schema_metadata({"a": "b", "c": ""})
    pq.write_table(table, file, row_group_size=6)
    body = file.getvalue()
    return np.frombuffer(body[-8 - int.from_bytes(body[-8:-4], "little") : -8], np.uint8).copy()


def footers():
    body = footer()
    yield body, np.zeros(body.size, np.int64)
    for size in (4, 20, 40):  # of which there is too little for what is in it
        yield body, np.zeros(size, np.int64)
    for stop in range(0, body.size, 37):
        yield body[:stop].copy(), np.zeros(body.size, np.int64)
    for at in range(0, body.size, 11):
        changed = body.copy()
        changed[at] ^= 1 << at % 8
        yield changed, np.zeros(body.size, np.int64)


PARQUET_ROWS = {
    "parquet_footer.unsigned": lambda: [(page(varint(n)), 0) for n in (0, 127, 300, 2**61, 2**70)],
    "parquet_footer._natural": lambda: [(page(varint(n)), 0) for n in (0, 1, 300, 2**70)],
    "parquet_footer._text": lambda: [(page([*varint(n), 65, 66]), 0) for n in (0, 2, 3, 2**61)],
    "parquet_footer._list": lambda: [
        (page(body), at) for body in ([0x35], [0xF5, 20], [0xF5]) for at in (-1, 0, 1)
    ],
    "parquet_footer._field": lambda: [(page([0x15, 0, 3]), at, 4) for at in (-1, 0, 1, 2, 3)],
    "parquet_footer._behind": lambda: (
        [
            (page(body), 0, kind)
            for body in (
                [0x18, 2, 65, 66, 0x11, 0x13, 9, 0x26, 4, 0],
                [0x25, 2, 4],
                [0x21, 1, 2],
                [0x2C, 0, 0],
            )
            for kind in (0, 3, 5, 7, 8, 9, 11, 12)
        ]
        + [(page([0x19] * 40), 0, 9)]
    ),
    "parquet_footer._chunk": lambda: [
        (page(body), 0, np.zeros(6, np.int64), 0)
        for body in (
            [0x26, 8, 0x1C, 0x39, 0x28, 1, 65, 1, 66, 0x15, 12, 0x16, 10, 0x16, 20, 0x36, 8, 0x26, 4, 0, 0],
            [0x3C, 0x39, 0x18, 1, 65, 0x15, 12, 0x16, 10, 0x16, 20, 0x36, 8, 0x11, 0, 0],
            [0x3C, 0x39, 0x18, 1, 65, 0x15, 12, 0x16, 10, 0x16, 20, 0],
            [0x3C, 0x38, 1, 65, 0, 0],
            [0x39, 0x0C, 0],
        )
    ],
    "parquet_footer.footer_places": footers,
    "parquet_pages.run_header": lambda: [
        (page(varint(n)), 0, stop) for n in (0, 127, 300, 2**34) for stop in (0, 1, len(varint(n)))
    ],
    "parquet_pages.run_number": lambda: [(page([7, 1, 2]), 1, n) for n in (0, 1, 2)],
    "parquet_pages._word": lambda: [(page(range(1, 13)), at) for at in (0, 4, 6, 11, 12)],
    "parquet_pages._zigzag": lambda: [(page(varint(n)), 0) for n in (0, 1, 2, 301, 2**70)],
    "parquet_pages.whole_groups": lambda: [
        (page(range(20)), at, size, bits, n)
        for at in (0, 9, 19)
        for size, n in ((4, 40), (9, 30), (1, 7))
        for bits in (1, 3)
    ],
    "parquet_pages.levels_end": ends_of_levels,
    "parquet_pages.facts_of_counts": lambda: [
        (np.array(counts, np.int64),) for counts in ([3], [4, -1, 7], [2**62, 2**62, 5])
    ],
    "parquet_pages.same_levels": same,
    "parquet_pages.lists_of": levels,
    "parquet_pages.fours_of": lambda: [
        (np.arange(9 - n, 9, dtype=np.uint8), bits, first, step, np.zeros(16**bits, np.uint64))
        for bits, n in ((1, 2), (2, 3), (3, 8))
        for first, step in ((0, 8), (12, -4), (24, -8))
    ],
    "parquet_pages.from_dictionary": lambda: [*byte_places(), *number_places()],
    "parquet_pages.page_header": headers,
    "parquet_words._looked_up": looked_up,
    "parquet_words.words_from_dictionary": word_places,
}
