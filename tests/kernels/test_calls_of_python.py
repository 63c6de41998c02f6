"""The comparison of calls with signatures, which the whole session makes, can fail."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.calls_of_python import faults, fits

types = pytest.importorskip("numba.core.types")
typeof = pytest.importorskip("numba").typeof


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("code", "good", "bad"),
    [
        ("q", [1, np.int8(1), np.uint64(1)], [1.0, None, 1j, np.zeros(1)]),
        ("Q", [1, np.uint64(1)], [1.0]),
        ("d", [1.0, 1, np.float32(1)], [1j, None]),
        ("?", [True, np.True_], [1, 1.0]),
        (
            "ad1",
            [np.zeros(2)],
            [np.zeros(4)[::2], np.zeros(2, np.float32), np.zeros((2, 2)), read_only(np.zeros(2)), 1.0, [1.0]],
        ),
        ("rd2", [np.zeros((2, 2)), read_only(np.zeros((2, 2)))], [np.zeros((2, 3)).T, np.zeros(2)]),
        ("(qrd1)", [(1, np.zeros(2))], [(1,), (1, 2), (1, np.zeros(2), 3), 1]),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_fits_a_code(code, good, bad):
    assert [fits(code, typeof(value)) for value in good] == [True] * len(good)
    assert [fits(code, typeof(value)) for value in bad] == [False] * len(bad)


def test_faults():
    stated = {"a.one": ("int64", "float64[:]"), "a.two": ("int64, int64",)}
    fitting = {"a.one": {(types.int64,), (types.float64[::1],)}, "a.two": {(types.int64, types.int64)}}
    assert faults(fitting, stated, is_whole=True) == []
    assert faults({**fitting, "a._private": {(types.none,)}}, stated, is_whole=True) == []
    other = {"a.one": {(types.int64,), (types.float64[:],)}}
    misfit = "The kernel a.one was called with (array(float64, 1d, A)), which fits no signature of it."
    assert faults(other, stated, is_whole=False) == [misfit]
    assert faults(other, stated, is_whole=True) == [
        misfit,
        'The kernel a.one was never called as its signature "float64[:]" says.',
        'The kernel a.two was never called as its signature "int64, int64" says.',
    ]
    short = {"a.two": {(types.int64,)}}
    assert faults(short, stated, is_whole=False) == [
        "The kernel a.two was called with (int64), which fits no signature of it."
    ]
