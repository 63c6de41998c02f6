"""Starting and calling: kernels compiled ahead beside those that Numba compiles, a process each."""

from __future__ import annotations

import pytest

from benchmarks.peers import large
from benchmarks.starting import CALLS, COLD, KERNELS, KINDS, NUMPY, run, timed
from lwfast._kernels import _mode

pytestmark = pytest.mark.skipif(_mode.MODE != "native", reason="no kernel was compiled ahead of time")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return str(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("kind", KINDS)
def test_cold_process(benchmark, kind, cache):
    first = run(COLD, kind, cache)[1]
    _, printed = benchmark.pedantic(run, args=(COLD, kind, cache), rounds=3)
    assert printed == first
    assert "1,000" in printed or "1000" in printed


def test_numpy(benchmark, cache):
    benchmark.pedantic(run, args=(NUMPY, "compiled ahead", cache), rounds=3)


@pytest.mark.parametrize("code", [CALLS, large(KERNELS)], ids=["calls", "kernels"])
def test_the_two_answer_alike(benchmark, code, cache):
    seconds = benchmark.pedantic(timed, args=(code, cache, 1), rounds=1)
    assert all(set(row) == set(KINDS) for row in seconds.values())
