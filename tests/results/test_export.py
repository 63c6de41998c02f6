"""Columns in other libraries."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.errors import ResultError
from lwfast.results import QPUSamplingResult, SamplingResult, scan_results

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


# --- without a copy -------------------------------------------------------------------------------------


def address(series):
    """Where a column of polars stands in memory; raises where that takes a copy."""
    return series.to_numpy(allow_copy=False).ctypes.data


@pytest.fixture(scope="module")
def large():
    rng = np.random.default_rng(3)
    result = SamplingResult.from_columns(rng.integers(0, 4, (40_000, 33)), rng.integers(1, 99, 40_000))
    assert result.packed.n_words == 2
    return result


def test_words_and_counts_are_handed_to_arrow_without_a_copy(large):
    table = large.to_arrow(packed=True)
    assert table.column_names == ["word_0", "word_1", "counts"]
    assert table.schema.metadata == {b"n_modes": b"33", b"bits": str(large.packed.bits).encode()}
    for k, column in enumerate(large.packed.columns):
        assert table.column(k).chunk(0).buffers()[1].address == column.ctypes.data
    assert table.column("counts").chunk(0).buffers()[1].address == large.counts.ctypes.data


def test_words_and_counts_are_handed_to_polars_without_a_copy(large):
    for frame in (large.to_polars(packed=True), pl.DataFrame(large.to_arrow(packed=True))):
        assert frame.columns == ["word_0", "word_1", "counts"]
        for k, column in enumerate(large.packed.columns):
            assert address(frame[f"word_{k}"]) == column.ctypes.data
        assert address(frame["counts"]) == large.counts.ctypes.data


def test_the_stream_hands_out_the_columns_themselves(large):
    for step in (large, large.map("threshold"), large.post_select([((0,), (1,))])):
        frame = pl.DataFrame(pa.table(step))
        assert address(frame["state"]) == step.states.ctypes.data
        assert address(frame["counts"]) == step.counts.ctypes.data


def test_the_usual_table_of_polars_is_no_copy(large):
    frame = large.to_polars()
    assert address(frame["counts"]) == large.counts.ctypes.data
    assert address(frame["state"]) == large.states.ctypes.data


def test_groups_hand_out_the_columns_of_their_results(tmp_path, large):
    for k in range(2):
        large.with_parameters(theta=k).save(tmp_path / f"run_{k}.npz")
    groups = scan_results(tmp_path).group_by("theta").merge()
    table = groups.to_arrow()
    for k, result in enumerate(groups.values()):
        states = table.column("state").chunk(k).flatten().to_numpy()
        assert states.ctypes.data == result.states.ctypes.data
        assert table.column("counts").chunk(k).buffers()[1].address == result.counts.ctypes.data


def test_results_of_the_files_of_a_campaign_hand_out_their_columns(tmp_path, large):
    for k in range(2):
        large.save(tmp_path / f"run_{k}.parquet")
    for _, result in scan_results(tmp_path).post_select([((0,), (0, 1))]):
        table = result.to_arrow(packed=True)
        assert table.column("counts").chunk(0).buffers()[1].address == result.counts.ctypes.data
        assert table.column("word_0").chunk(0).buffers()[1].address == result.packed.columns[0].ctypes.data


def test_words_mean_the_same_states(large):
    frame = large.to_polars(packed=True)
    bits, n_modes, per_word = large.packed.bits, large.n_modes, large.packed.per_word
    for mode in (0, 16, 17, 32):
        word, place = divmod(mode, per_word)
        shift = bits * (min(per_word, n_modes - word * per_word) - 1 - place)
        column = frame[f"word_{word}"].to_numpy() >> np.uint64(shift) & np.uint64(2**bits - 1)
        assert np.array_equal(column, large.states[:, mode])
    words = duckdb.from_arrow(large.to_arrow(packed=True))
    assert words.sum("counts").fetchall() == [(large.n_samples,)]


def test_few_states_have_words_too(result):
    frame = result.to_polars(packed=True)
    assert frame["word_0"].to_list() == [1 << 8, (12 << 16) + 1]
    assert frame["counts"].to_list() == [45, 2**60 + 1]


@pytest.mark.parametrize(
    "nothing",
    [
        SamplingResult({(): 3}),
        SamplingResult({(0, 1, 1, 1): 3}).map("dual_rail_to_qubit", allow_invalid=True),
        SamplingResult({(255,) * 9: 3}),
    ],
    ids=["no modes", "an X", "many photons"],
)
def test_states_that_cannot_be_words_say_so(nothing):
    for export in (nothing.to_arrow, nothing.to_polars):
        with pytest.raises(ResultError, match="packed=True"):
            export(packed=True)
