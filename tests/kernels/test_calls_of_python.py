"""The comparison of calls with signatures, which the whole session makes, can fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lwfast
from tests.kernels.calls_of_python import compared, fits, never_called
from tests.started import PATIENCE

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
    every = {("a.one", "int64"), ("a.one", "float64[:]"), ("a.two", "int64, int64")}
    fitting = {"a.one": {(types.int64,), (types.float64[::1],)}, "a.two": {(types.int64, types.int64)}}
    assert compared(fitting, stated) == (every, set())
    assert compared({**fitting, "a._private": {(types.none,)}}, stated) == (every, set())
    other = {"a.one": {(types.int64,), (types.float64[:],)}}
    misfit = "The kernel a.one was called with (array(float64, 1d, A)), which fits no signature of it."
    assert compared(other, stated) == ({("a.one", "int64")}, {misfit})
    short = {"a.two": {(types.int64,)}}
    misfit = "The kernel a.two was called with (int64), which fits no signature of it."
    assert compared(short, stated) == (set(), {misfit})
    assert never_called(every, stated) == set()
    assert never_called({("a.one", "int64")}, stated) == {
        'The kernel a.one was never called as its signature "float64[:]" says.',
        'The kernel a.two was never called as its signature "int64, int64" says.',
    }


@pytest.mark.parametrize("processes", ["0", "2"])
@pytest.mark.parametrize("argument", ["3", "3.0"])
def test_a_session_fails_where_a_call_of_any_of_its_processes_fits_nothing(tmp_path, processes, argument):
    pytest.importorskip("xdist", reason="needs pytest-xdist")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_one.py").write_text(
        "from lwfast._kernels.optics.slos import inner_modes\n"
        f"def test_one():\n    inner_modes({argument}, 2, 9.0)\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-n", processes, "test_one.py"]
    paths = [str(Path(lwfast.__file__).parents[1]), str(Path(__file__).parents[2])]
    environment = {"LWFAST_JIT": "1", "NUMBA_DISABLE_JIT": "0", "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    misfit = "The kernel optics.slos.inner_modes was called with (float64, int64, float64), which fits no"
    assert (done.returncode, misfit in done.stdout) == ((1, True) if argument == "3.0" else (0, False))
