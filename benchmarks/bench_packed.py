"""Tables in words beside bytes, polars and DuckDB: select, group and map."""

from __future__ import annotations

import pytest

from benchmarks.peers import large

ROWS = pytest.mark.parametrize("n_rows", [20_000, large(1_000_000)])


@ROWS
@pytest.mark.parametrize(
    "work", ["_select", "_group", "_threshold", "_parity", "_summary", "_marginal", "_binned"]
)
@pytest.mark.parametrize("peer", ["lwfast", "lwfast, bytes", "polars on words", "duckdb on columns"])
def test_packed(benchmark, work, peer, n_rows):
    pytest.importorskip("polars")
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    from benchmarks import tables_packed

    calls = getattr(tables_packed, work)(tables_packed.data(n_rows, 7))
    if peer not in calls:
        pytest.skip(f"{peer} does not do this")
    benchmark.group = f"packed, {work.strip('_')}"
    answer = benchmark.pedantic(calls[peer], rounds=5, warmup_rounds=1)
    assert answer == calls["lwfast, bytes"]()
