"""Columns in other libraries."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.results import QPUSamplingResult, SamplingResult

duckdb = pytest.importorskip("duckdb")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")


@pytest.fixture
def result():
    return SamplingResult({(0, 1, 0): 45, (12, 0, 1): 2**60 + 1})


def test_pandas_gets_a_column_for_each_mode(result):
    frame = result.to_pandas()
    assert list(frame.columns) == ["mode_0", "mode_1", "mode_2", "counts"]
    assert np.array_equal(frame[["mode_0", "mode_1", "mode_2"]].to_numpy(), result.states)
    assert frame["counts"].tolist() == [45, 2**60 + 1]
    frame.loc[0, "counts"] = 1
    assert result[0, 1, 0] == 45


def test_arrow_gets_the_columns_themselves(result):
    table = result.to_arrow()
    assert table.column("state").to_pylist() == [[0, 1, 0], [12, 0, 1]]
    assert table.column("counts").to_pylist() == [45, 2**60 + 1]
    flat = table.column("state").chunk(0).flatten().to_numpy()
    assert np.shares_memory(flat, result.states)


def test_the_c_stream_is_read_by_pyarrow_polars_and_duckdb(result):
    assert pa.table(result) == result.to_arrow()
    frame = pl.from_arrow(result).struct.unnest()
    assert frame["counts"].to_list() == [45, 2**60 + 1]
    assert frame["state"].to_list() == [[0, 1, 0], [12, 0, 1]]
    assert pl.DataFrame(result.to_arrow()).equals(frame)
    assert duckdb.sql("select counts, state[1] from result where counts > 45").fetchall() == [(2**60 + 1, 12)]


def test_polars_gets_the_columns(result):
    frame = result.to_polars()
    assert frame.schema == {"state": pl.Array(pl.UInt8, 3), "counts": pl.Int64}
    assert frame["state"].to_list() == [[0, 1, 0], [12, 0, 1]]
    assert frame["counts"].to_list() == [45, 2**60 + 1]
    assert frame.equals(pl.DataFrame(result.to_arrow()))
    floats = SamplingResult({(1, 0): 0.25}).to_polars()
    assert floats["counts"].to_list() == [0.25]


NOTHING = [
    SamplingResult({}),
    SamplingResult({(): 3}),
    SamplingResult({(0, 1, 0): 45}).top(0),
    QPUSamplingResult({"results": None}),
]


@pytest.mark.parametrize("nothing", NOTHING)
def test_results_without_modes_or_states_can_be_exported(nothing):
    """Fixed lists of no entries once stopped polars with a panic."""
    counts = list(nothing.values())
    states = [[]] * len(nothing)
    for frame in (nothing.to_polars(), pl.DataFrame(nothing.to_arrow())):
        assert frame["counts"].to_list() == counts
        assert frame["state"].to_list() == states
    nothing.to_arrow().validate(full=True)
    assert pa.table(nothing).column("state").to_pylist() == states
    assert [c for (c,) in duckdb.sql("select counts from nothing").fetchall()] == counts
    assert nothing.to_pandas()["counts"].tolist() == counts


def test_numpy_gets_the_counts(result):
    assert np.asarray(result).tolist() == [45, 2**60 + 1]
    assert np.asarray(result, dtype=float)[0] == 45.0
    assert SamplingResult({(): 5}).to_arrow().num_rows == 1
