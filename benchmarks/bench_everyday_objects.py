"""Small work with circuits, states and results, beside who else does it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from benchmarks.everyday_objects import CASES


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("whose", ["lwfast", "peer"])
def test_small_work(benchmark, name, whose):
    peer, make = CASES[name]
    if find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed")
    case = make()
    benchmark(case.ours if whose == "lwfast" else case.theirs)
