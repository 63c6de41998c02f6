"""Campaigns beside polars and DuckDB: each in a process of its own, on the same files."""

from __future__ import annotations

import pytest

from benchmarks.peers import large


@pytest.mark.parametrize("n_files", [4, large(40)])
@pytest.mark.parametrize("peer", ["lwfast", "lwfast, pool", "polars", "duckdb"])
def test_campaign(benchmark, tmp_path, peer, n_files):
    for package in ("polars", "duckdb", "pyarrow"):
        pytest.importorskip(package)
    from benchmarks.tables_campaigns import make_files, measured

    make_files(tmp_path / "files", n_files, 250_000 if n_files > 4 else 20_000, 8)
    library, _, pool = peer.partition(", ")
    benchmark.group = f"campaign of {n_files} files"
    given = (library, tmp_path / "files", 2 if pool else 0)
    *_, answer = benchmark.pedantic(measured, given, rounds=3, warmup_rounds=1)
    assert answer == measured("duckdb", tmp_path / "files")[3]
