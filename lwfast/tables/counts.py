"""Equal rows of a result table, added up."""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._base.limits import MAX_INT64, MAX_STATE_PHOTONS
from lwfast._base.parallel import run_chunks
from lwfast._base.validation import refuse_masked
from lwfast._kernels.report import are_compiled_here
from lwfast._types import AnyArray, Counts, StateTable
from lwfast.errors import ResourceLimitError
from lwfast.tables.packed_groups import add_up_equal, group_packed
from lwfast.tables.packed_table import PackedTable, packed
from lwfast.tables.row_hash import hash_keys

_MAX_ROWS = 2**32 - 2
_FEW = 256
_MANY = 1 << 17
_CHUNK = 1 << 15
_NEGATIVE = "Counts cannot be negative, got {}."


def group_counts(states: Any, counts: Any = None) -> tuple[StateTable, Counts]:
    """Add up the counts of equal rows.

    Args:
        states: Photon numbers, `(N, n_modes)`, integers from 0 to 255.
        counts: How often each row was seen: `(N,)` integers, not negative; by default None, for once each.

    Returns:
        The states, `uint8[K, n_modes]`, distinct rows in the order in which they first appear; and their
        counts, `int64[K]`.

    Raises:
        TypeError: If the arrays do not hold integers.
        ValueError: If a shape does not fit, or a number is outside its range.
        ResourceLimitError: If a sum is above 2^63 - 1.

    Source:
        Open addressing with a keyed hash, Knuth, The Art of Computer Programming 3, section 6.4.

    Example:
        >>> states, counts = lw.group_counts([[1, 0], [0, 1], [1, 0]], [1, 2, 3])
        >>> states.tolist(), counts.tolist()
        ([[1, 0], [0, 1]], [4, 2])
    """
    table = as_table(states)
    return group_checked(table, as_counts(counts, table.shape[0]))


def group_checked(states: Any, counts: Counts, *, owned: bool = False) -> tuple[Any, Counts]:
    """Do what `group_counts` does for a contiguous or packed table and counts that need no check.

    The answer is a copy, unless the arrays are `owned` by the caller and have no equal rows.
    """
    _check_rows(len(states))
    if isinstance(states, PackedTable):
        return group_packed(states, counts, owned=owned)
    return _group_table(states, counts, owned)


def _check_rows(n_rows: int) -> None:
    if n_rows > _MAX_ROWS:
        raise ResourceLimitError(
            f"{n_rows} rows are more than {_MAX_ROWS}; group them in parts and add the parts."
        )


def _group_table(states: StateTable, counts: Counts, owned: bool) -> tuple[StateTable, Counts]:
    n_rows = len(states)
    distinct = n_rows if n_rows < 2 else _distinct_rows(states)
    if distinct == n_rows:
        return (states, counts) if owned else (states.copy(), counts.copy())
    words = packed(states)
    if words is None:
        return group_bytes(states, counts, distinct)
    grouped, sums = add_up_equal(words, counts)
    return grouped.states, sums


def group_bytes(states: StateTable, counts: Counts, distinct: int = 1) -> tuple[StateTable, Counts]:
    """Group a table in bytes, of which so many of the first rows are known to differ; return new arrays."""
    n_modes = states.shape[1]
    kernels = _kernels()
    flat, counts = readable(states.reshape(-1)), readable(counts)
    first, sums = _first_rows(flat, n_modes, counts, distinct)
    grouped = np.empty((first.size, n_modes), np.uint8)
    kernels.take_rows(flat, n_modes, first, grouped.reshape(-1))
    return grouped, sums.copy()


@functools.cache  # an import statement takes 0.6 us each time
def _kernels() -> ModuleType:
    from lwfast._kernels.tables import counts

    return counts


def _distinct_rows(states: StateTable) -> int:
    """Return how many distinct rows there may be: all of them only where no two are equal."""
    n_rows, n_modes = states.shape
    if n_rows <= _FEW and are_compiled_here() and "numba" not in sys.modules:
        # Numba is not loaded for a handful of rows: that takes 0.4 s.
        text = states.tobytes()
        distinct = len({text[k * n_modes : (k + 1) * n_modes] for k in range(n_rows)})
        return int(n_rows) if distinct == n_rows else 1
    kernels = _kernels()
    flat = readable(states.reshape(-1))
    if in_order(flat, n_modes, n_rows):
        return int(n_rows)
    n_first = n_rows if n_rows <= _MANY else _CHUNK
    slots = np.zeros(1 << (3 * n_first).bit_length(), np.uint32)
    distinct = int(kernels.distinct_prefix(flat, n_modes, n_first, *hash_keys(), slots))
    if distinct < n_first or n_first == n_rows:
        return distinct
    # Where so many drawn rows differ, most do.
    return int(n_rows) if all_distinct(flat, n_modes, n_rows) else n_rows // 2


def in_order(flat: StateTable, n_modes: int, n_rows: int) -> bool:
    """Return whether each row of a table is above the one before it, so that no two are equal."""
    return bool(_kernels().sorted_prefix(flat, n_modes, n_rows) == n_rows)


def all_distinct(flat: StateTable, n_modes: int, n_rows: int) -> bool:
    """Return whether no two rows of a large table are equal.

    One hash table for all rows would be larger than the caches: 11 to 25 ns per row at 10^6 rows. Sorted into
    parts by the hash, each fits the second level: 7 ns, on one thread.
    """
    kernels = _kernels()
    n_chunks = -(-n_rows // _CHUNK)
    bits = max(1, (n_rows >> 14).bit_length())  # 8192 to 16384 rows in a part
    hashes = np.empty(n_rows, np.uint64)
    ends = np.zeros((n_chunks, 1 << bits), np.int64)
    distinct = np.ones(1 << bits, np.bool_)

    def sort(chunk: int) -> None:
        rows = slice(chunk * _CHUNK, (chunk + 1) * _CHUNK)
        table = flat[rows.start * n_modes : rows.stop * n_modes]
        kernels.sort_hashes(table, n_modes, *hash_keys(), 64 - bits, ends[chunk], hashes[rows])

    def look(part: int) -> None:
        distinct[part] = kernels.distinct_part(hashes, _CHUNK, ends, part, np.empty(1 << 16, np.uint32))

    run_chunks(sort, n_chunks)
    run_chunks(look, 1 << bits)
    return bool(distinct.all())


def _first_rows(
    flat: StateTable, n_modes: int, counts: Counts, distinct: int
) -> tuple[NDArray[np.uint32], Counts]:
    """Return where each distinct row first appears, and its sum; the first `distinct` rows differ."""
    kernels = _kernels()
    n_rows = counts.size
    keys = hash_keys()
    # Half of the slots at most are used. Rows that stay different for long promise many groups.
    n_slots = max(1 << 12, 1 << (4 * distinct).bit_length())
    slots = np.zeros(n_slots, np.uint64)
    first = np.empty(n_slots // 2, np.uint32)
    sums = np.empty(n_slots // 2, np.int64)
    groups = row = 0
    while True:
        groups, row = kernels.group_hash(
            flat, n_modes, row, n_rows, counts, *keys, groups, slots, first, sums
        )
        if groups < 0:
            raise ResourceLimitError(
                "The counts of one state add up to more than 2^63 - 1, the end of int64; divide them first."
            )
        if row == n_rows:
            return first[:groups], sums[:groups]
        n_slots *= 8 if groups > row // 2 else 4
        slots = np.zeros(n_slots, np.uint64)
        first, sums = _widened(first, n_slots // 2, groups), _widened(sums, n_slots // 2, groups)
        kernels.group_rehash(flat, n_modes, *keys, groups, first, slots)


def _widened(array: AnyArray, size: int, used: int) -> AnyArray:
    wider = np.empty(size, array.dtype)
    wider[:used] = array[:used]
    return wider


def as_table(states: Any) -> StateTable:
    """Return `states` as a contiguous `uint8[N, n_modes]`, without a copy where it is one.

    Raises:
        TypeError: If it does not hold integers.
        ValueError: If it is not two-dimensional, a photon number is not in 0 to 255, or an entry is masked.
    """
    refuse_masked(states, "States have")
    array = np.asarray(states)
    if array.size == 0 and array.dtype == np.float64:  # np.asarray of empty lists
        array = array.astype(np.uint8)
    if array.ndim == 1 and array.size == 0:
        array = array.reshape(0, 0)
    if array.ndim != 2:
        raise ValueError(
            f"A table of states should have the shape (N, n_modes), got {array.ndim} dimensions."
        )
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(
            f"Photon numbers of states should be integers, got {_kind_of(array)}; if they are whole numbers, "
            "convert them, as states.astype(int) does."
        )
    if array.size and (array.min() < 0 or array.max() > MAX_STATE_PHOTONS):
        worst = array.min() if array.min() < 0 else array.max()
        raise ValueError(
            f"Photon numbers should be from 0 to {MAX_STATE_PHOTONS}, the range of a result table, got "
            f"{worst}."
        )
    return np.ascontiguousarray(array, dtype=np.uint8)


def as_counts(counts: Any, n_rows: int) -> Counts:
    """Return `counts` as a contiguous `int64[n_rows]`; None stands for one of each.

    Raises:
        TypeError: If they are not integers.
        ValueError: If there are not `n_rows` of them, or one is negative, masked or above 2^63 - 1.
    """
    if counts is None:
        return np.ones(n_rows, np.int64)
    refuse_masked(counts, "Counts have")
    array = np.asarray(counts)
    if array.size == 0 and array.dtype == np.float64:
        array = array.astype(np.int64)
    if array.shape != (n_rows,):
        raise ValueError(f"Counts of {n_rows} states should have the shape ({n_rows},), got {array.shape}.")
    if array.dtype == np.int64:
        if array.size and array.min() < 0:
            raise ValueError(_NEGATIVE.format(array.min()))
        return np.ascontiguousarray(array)
    if array.dtype == np.object_ and all(isinstance(c, int) and not isinstance(c, bool) for c in array):
        if any(not 0 <= c <= MAX_INT64 for c in array):
            raise ValueError("Counts should be from 0 to 2^63 - 1; one is outside.")
        array = array.astype(np.int64)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(
            f"Counts should be integers, got {_kind_of(array)}; if they are whole numbers, convert them: "
            "counts.astype(int) in NumPy and pandas, and in DuckDB, whose sums of integers become floats or "
            "decimals, cast(sum(counts) as bigint)."
        )
    if array.size and array.min() < 0:
        raise ValueError(_NEGATIVE.format(array.min()))
    if array.dtype == np.uint64 and array.size and array.max() > np.uint64(MAX_INT64):
        raise ValueError(f"Counts should be at most 2^63 - 1, got {array.max()}.")
    return np.ascontiguousarray(array, dtype=np.int64)


def _kind_of(array: AnyArray) -> str:
    """Return "dtype float64", and for objects also what the first one is."""
    if array.dtype != np.object_ or not array.size:
        return f"dtype {array.dtype}"
    odd = next((one for one in array.flat if not isinstance(one, int | np.integer)), array.flat[0])
    return f"dtype {array.dtype} with a {type(odd).__name__}"
