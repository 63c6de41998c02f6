"""A long queue, two hundred pollers, ten readers of large results: what a scheduler answers, and holds."""

from __future__ import annotations

import pytest

from benchmarks.load import FULL, SMALL, run_load
from benchmarks.peers import large


@pytest.mark.benchmark(group="load")
@pytest.mark.parametrize("size", [SMALL, large(FULL)], ids=["small", "full"])
def test_load(benchmark, size):
    """Every answer is right, jobs go on finishing, and memory stays below the result times the readers."""
    measured = benchmark.pedantic(run_load, args=(size,), rounds=1, iterations=1)
    assert measured.finished > 0
    for kind in ("status of a job that waits", "status of a job that only the store holds"):
        assert len(measured.seconds[kind]) >= size.pollers / 2
    assert measured.rows > size.n_samples / 10
    assert measured.peak_bytes < 2**29 + 2 * measured.result_bytes
    assert measured.handles < 100 + 3 * (size.pollers + size.readers)
