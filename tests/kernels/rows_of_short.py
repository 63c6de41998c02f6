"""Arguments for the kernels that add up short words, see `test_py_func_tables.py`."""

from __future__ import annotations

import numpy as np

WORDS = np.array([[3, 0, 3, 15, 0, 3, 7]], np.uint64)


def groupings():
    for counts in (np.arange(7), np.array([1, 2, 2**63 - 2, 4, 5, 6, 7])):
        for start, stop in ((0, 7), (2, 5)):
            room = np.zeros(16, np.uint32), np.zeros(7, np.uint64), np.zeros(7, np.int64)
            yield WORDS, counts, start, stop, 0, *room
        places, found, sums = np.zeros(16, np.uint32), np.zeros(7, np.uint64), np.zeros(7, np.int64)
        places[15], found[0], sums[0] = 1, 15, 5
        yield WORDS, counts, 1, 4, 1, places, found, sums


def forgotten():
    for groups in (0, 2, 3):
        yield np.array([3, 0, 15], np.uint64), groups, np.arange(16, dtype=np.uint32)


SHORT_ROWS = {"packed_groups.add_up_short": groupings, "packed_groups.forget_short": forgotten}
