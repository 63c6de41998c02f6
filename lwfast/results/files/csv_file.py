"""Results as CSV: a column for each mode, and one of counts."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lwfast._base.files.edited_text import unmarked
from lwfast._base.files.file_memory import read_file
from lwfast._base.limits import some
from lwfast._types import Counts
from lwfast.errors import ResultFormatError
from lwfast.results.columns.labels import LabelTable, readable_columns
from lwfast.state import X
from lwfast.tables.counts import as_counts, as_table

_CHUNK = 1 << 16
_MEMORY_FACTOR = 7.0
"""Memory that reading takes, by the size of the file; 6.2 was measured at 20 modes, 5.5 at 4."""
_COUNTS = ("counts", "count")
_MODE = re.compile(r"mode_(0|[1-9][0-9]{0,8})")
_MOST_NAMES, _LETTERS = 5, 40
"""How many columns a message lists, and how much of each name."""
_NUMBERS = b"0123456789,\n"
_MARK = X.encode()
_MARKED = re.compile(rb"(?<![^\n,])X(?=,)")
_PHOTONS = re.compile(rb"(?<![^\n,])0*255(?=,)")
_WHOLE = re.compile(rb"[0-9]+\.0*")
"""A whole number as a column of floats is written."""
_TOO_LONG = re.compile(rb"[0-9]{20}")


def write_csv(table: LabelTable, counts: Counts, file: BinaryIO) -> None:
    """Write the columns of `to_pandas`: `mode_0`, `mode_1`, ... and `counts`, and nothing besides."""
    states, has_x = table
    text = io.TextIOWrapper(file, "ascii", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(f"mode_{mode}" for mode in range(states.shape[1])), _COUNTS[0]])
    for start in range(0, len(counts), _CHUNK):
        rows = slice(start, start + _CHUNK)
        numbers = np.column_stack([states[rows].astype(np.int64), counts[rows]])
        if has_x:
            modes = readable_columns(states[rows], np.int64, has_x)
            numbers = np.column_stack([*(mode.astype(np.object_) for mode in modes), counts[rows]])
        writer.writerows(numbers.tolist())
    text.flush()
    text.detach()


def read_csv(path: Path) -> tuple[LabelTable, Counts]:
    """Read the columns `mode_0`, `mode_1`, ... and `counts` (or `count`), in this order.

    A mode may be X, an invalid qubit.

    Raises:
        FileNotFoundError: If there is no such file.
        ResultFormatError: If it does not hold a result, or was cut off within a line.
        ValueError: If a number is too large for a result, or the text is not in the encoding that its mark
            says.
        ResourceLimitError: If it would take more memory than is allowed.
    """
    # With a mark, in UTF-16 or with Windows' line ends, as spreadsheets write.
    body = unmarked(read_file(path, _MEMORY_FACTOR)).replace(b"\r\n", b"\n")
    header, _, rows = body.partition(b"\n")
    names = [name.strip().strip('"') for name in header.decode("utf-8", "replace").split(",")]
    n_modes = len(names) - 1
    if names[-1] not in _COUNTS or names[:-1] != [f"mode_{mode}" for mode in range(n_modes)]:
        raise ResultFormatError(
            f"Its first line is {header[:60].decode('utf-8', 'replace')!r}; that of a result is "
            f"mode_0,mode_1,...,counts, with a column for each mode{_fault_of(names)}."
        )
    if not body.endswith(b"\n"):
        raise ResultFormatError(
            "Its last line has no line end, so it may have been cut off; add a line end if it is whole."
        )
    has_x = _MARK in rows
    if has_x:
        if _PHOTONS.search(rows):
            raise ResultFormatError(
                "A mode is X, an invalid qubit, and another holds 255 photons; in one table 255 stands for X."
            )
        rows = _MARKED.sub(b"255", rows)
    if rows.translate(None, _NUMBERS) or _TOO_LONG.search(rows):
        raise ResultFormatError(next(_faults(rows, len(names))))
    if not rows.strip():
        return LabelTable(np.zeros((0, n_modes), np.uint8)), np.zeros(0, np.int64)
    try:
        table = np.loadtxt(io.BytesIO(rows), np.uint64, comments=None, delimiter=",", ndmin=2)
    except ValueError:
        table = np.zeros((0, 0), np.uint64)
    if table.shape[1] != len(names):
        raise ResultFormatError(next(_faults(rows, len(names))))
    return LabelTable(as_table(table[:, :-1]), has_x), as_counts(table[:, -1], len(table))


def _fault_of(names: list[str]) -> str:
    """Say which column of a first line is missing, there twice, of no use, or at another place."""
    there = Counter(names)
    modes = {int(name[5:]) for name in there if _MODE.fullmatch(name)}
    n_modes = max(modes, default=-1) + 1
    if n_modes > 2 * len(names):  # of mode_999999999, say: all of them would not fit in memory
        return ""
    counts = next((name for name in _COUNTS if name in there), _COUNTS[0])
    wanted = dict.fromkeys([*(f"mode_{mode}" for mode in range(n_modes)), counts])
    further = [name for name in there if name not in wanted]
    if not modes or len(further) == len(names) - 1:
        return ""  # it is another file altogether
    missing = [name for name in wanted if name not in there]
    twice = [name for name in wanted if there[name] > 1]
    for listed, one, many in (
        (missing, "is missing", "are missing"),
        (twice, "is there twice", "are there twice"),
        (further, "has no place", "have no place"),
    ):
        if listed:
            shown = some([repr(name)[:_LETTERS] for name in listed], _MOST_NAMES)
            return f": {shown} {one if len(listed) == 1 else many}"
    place, name = next((k, name) for k, name in enumerate(wanted) if names[k] != name)
    return f": {name!r} should be column {place + 1}, and is column {names.index(name) + 1}"


def _faults(rows: bytes, n_fields: int) -> Iterator[str]:
    """Say what is wrong with each line that does not hold `n_fields` numbers."""
    for number, line in enumerate(rows.split(b"\n"), 2):
        fields = line.split(b",") if line else []
        if fields and len(fields) != n_fields:
            yield f"line {number} has {len(fields)} fields; the first line has {n_fields}"
        for field in fields:
            if not field.isdigit() or len(field) > 19:
                shown = field[:40].decode("utf-8", "replace")
                remedy = "; write whole numbers, as astype(int) in pandas" if _WHOLE.fullmatch(field) else ""
                yield f"line {number} has {shown!r}, where an integer from 0 to 2^63 - 1 should stand{remedy}"
