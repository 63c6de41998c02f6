"""Parquet files that other programs wrote: read alone, and never with less than they hold."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast.errors import CampaignError, ResultFormatError
from lwfast.results import SamplingResult, scan_results
from tests.results.campaign_runs import result_of
from tests.started import said_by_python

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

ALONE = """
import lwfast as lw
from lwfast.cli import main
path = {path!r}
{call}
"""


@pytest.fixture(params=[pa.list_(pa.int64()), pa.large_list(pa.uint16()), pa.list_(pa.uint8())], ids=str)
def of_lists(tmp_path, request):
    """A file with lists of any length, as polars and pandas write it."""
    states = pa.array([[1, 0, 0], [0, 1, 0], [0, 0, 2]], request.param)
    path = tmp_path / "lists.parquet"
    pq.write_table(pa.table({"state": states, "counts": [3, 4, 5]}), path)
    return path


@pytest.mark.parametrize(
    "call",
    [
        "print(lw.load_result(path).n_samples)",
        "print(lw.scan_results(path).merge().n_samples)",
        "main(['show', path])",
        "main(['compare', path, path])",
    ],
)
def test_lists_are_read_in_a_process_that_has_loaded_nothing_else(of_lists, call):
    """What another package imports first, such as pyarrow.compute, hides a missing import."""
    assert said_by_python(ALONE.format(path=str(of_lists), call=call), seconds=240)


@pytest.mark.parametrize(
    "states", [[[1, 0], [1, 0, 0]], [[1, 0], None], [None, None], []], ids=["two", "null", "nulls", "none"]
)
def test_lists_of_several_lengths_are_refused(tmp_path, states):
    column = pa.array(states, pa.list_(pa.uint8()))
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"state": column, "counts": np.ones(len(states), np.int64)}), path)
    with pytest.raises(ResultFormatError, match="lists of one length"):
        lw.load_result(path)


@pytest.fixture
def groups(tmp_path):
    for k in range(4):
        result_of(k, k % 2 / 2, "Artemis").save(tmp_path / f"run_{k}.npz")
    return scan_results(tmp_path).group_by("theta").merge()


@pytest.mark.parametrize("columns", ["state", "modes"])
def test_a_table_of_groups_is_refused_as_one_result(tmp_path, groups, columns):
    """Its rows would be added up over all groups."""
    path = tmp_path / "table.parquet"
    table = groups.to_arrow()
    if columns == "modes":
        flat = table.column("state").combine_chunks().flatten().to_numpy().reshape(-1, 4)
        table = table.drop_columns(["state"])
        for mode in range(4):
            table = table.append_column(f"mode_{mode}", pa.array(flat[:, mode]))
    pq.write_table(table, path)
    with pytest.raises(ResultFormatError, match=r"column 'theta', which a result cannot.*theta=0\.0"):
        lw.load_result(path)
    with pytest.raises(CampaignError, match="column 'theta'"):
        scan_results(path).merge()
    pq.write_table(table.drop_columns(["theta"]), path)  # "probability" and "error" are of the counts
    assert lw.load_result(path) == groups.total()


def test_a_column_that_says_what_its_folder_says_is_known(tmp_path):
    """DuckDB and polars can write the column of a partition into its files too."""
    folder = tmp_path / "theta=0.5"
    folder.mkdir()
    table = result_of(1, 0.5, "Artemis").to_arrow()
    one = table.append_column("theta", pa.array(np.full(len(table), 0.5)))
    pq.write_table(one, folder / "a.parquet")
    assert scan_results(tmp_path).group_by("theta").merge().keys() == {0.5}
    both = table.append_column("theta", pa.array(np.arange(len(table)) / 10))
    pq.write_table(both, folder / "a.parquet")
    with pytest.raises(ResultFormatError, match="column 'theta'"):
        lw.load_result(folder / "a.parquet")


def test_rows_that_are_left_of_a_frame_are_a_result(tmp_path):
    pytest.importorskip("pandas")
    frame = result_of(1, 0.5, "Artemis").to_pandas()
    kept = frame[frame.mode_0 == 1]
    kept.to_parquet(tmp_path / "a.parquet")
    assert "__index_level_0__" in pq.read_schema(tmp_path / "a.parquet").names
    assert lw.load_result(tmp_path / "a.parquet").n_samples == kept.counts.sum()


@pytest.mark.parametrize("columns", ["state", "modes"])
def test_a_column_beside_those_of_a_saved_result_is_no_harm(tmp_path, columns):
    """Its rows are distinct states, as its checksum says."""
    result = result_of(1, 0.5, "Artemis")
    path = result.save(tmp_path / "a.parquet", columns=columns)
    table = pq.read_table(path)
    pq.write_table(table.append_column("rank", pa.array(np.arange(len(table)))), path)
    assert lw.load_result(path) == result


@pytest.mark.parametrize(("lacks", "has"), [("counts", "'state', 'number'"), ("state", "'label', 'counts'")])
def test_columns_that_are_there_are_named_where_one_is_missing(tmp_path, lacks, has):
    table = result_of(1, 0.5, "Artemis").to_arrow()
    other = {"counts": "number", "state": "label"}[lacks]
    names = [other if name == lacks else name for name in table.column_names]
    table = table.drop_columns([lacks]).append_column(other, table.column("counts")).select(names)
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ResultFormatError, match=f"no column '{lacks}'.*columns that it has: {has}"):
        lw.load_result(tmp_path / "a.parquet")


@pytest.mark.parametrize("form", ["parquet", "npz"])
def test_a_file_that_was_cut_off_says_so(tmp_path, form):
    path = SamplingResult({(1, 0): 3, (0, 1): 5}).save(tmp_path / f"a.{form}")
    body = path.read_bytes()
    for ask in (lw.load_result, lambda path: scan_results(path).files["error"][0]):
        path.write_bytes(body[:-20])
        said = said_of(ask, path)
        assert f"{len(body) - 20:,} bytes" in said
        assert "probably cut off; copy it again" in said
        path.write_bytes(b"")
        assert "0 bytes" in said_of(ask, path)


def said_of(ask, path):
    try:
        return str(ask(path))
    except ResultFormatError as error:
        return str(error)


@pytest.mark.parametrize("name", ["data", "data.parquet", "data.npz", "data.json"])
def test_a_folder_names_what_reads_it(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    with pytest.raises(
        IsADirectoryError, match="is a folder, of which scan_results and `lwfast process`"
    ) as caught:
        lw.load_result(folder)
    assert caught.value.filename == str(folder)


@pytest.mark.parametrize("ending", ["parquet", "npz", "json", "csv"])
def test_a_file_that_is_not_there_is_named_as_text(tmp_path, ending):
    with pytest.raises(FileNotFoundError) as caught:
        lw.load_result(tmp_path / f"a.{ending}")
    assert caught.value.filename == str(tmp_path / f"a.{ending}")
    assert "Path(" not in str(caught.value)


def test_a_campaign_saves_a_column_for_each_mode(tmp_path):
    result_of(1, 0.5, "Artemis").save(tmp_path / "a.npz")
    campaign = scan_results(tmp_path / "a.npz")
    path = campaign.save(tmp_path / "sum.parquet", columns="modes")
    assert pq.read_schema(path).names == ["mode_0", "mode_1", "mode_2", "mode_3", "counts"]
    assert lw.load_result(path) == campaign.merge()
    for name, columns in (("sum.npz", "modes"), ("sum.parquet", "states"), ("sum.txt", "state")):
        with pytest.raises(ValueError):
            campaign.save(tmp_path / name, columns=columns, executor="none is asked")


@pytest.mark.parametrize(("n_null", "told"), [(1, "1 value that is null"), (2, "2 values that are null")])
def test_values_that_are_null_are_counted(tmp_path, n_null, told):
    table = pa.table({"mode_0": pa.array([None] * n_null + [1], pa.uint8()), "counts": [1] * (n_null + 1)})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ResultFormatError, match=f"'mode_0' has {told}"):
        lw.load_result(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"qpu": ["Hera", "Apollo"], "theta": [0.5, 0.6]}, "qpu=Hera/theta=0.5"),
        ({"qpu": ["Hera", "Apollo"]}, "qpu=Hera"),
        ({"n": [3, 4], "a b": ["x/y", "z" * 99]}, "n=3/a%20b=x%2Fy"),
        ({"text": ["z" * 99, "y"]}, "text=zzzzzzzzzzzzzzz…zzzzzzzzzzzzzzz"),
        ({"theta": [None, 0.5]}, "theta=__HIVE_DEFAULT_PARTITION__"),
    ],
)
def test_the_folder_that_a_message_shows_is_that_of_the_first_row(tmp_path, values, shown):
    table = pa.table({**values, "mode_0": [1, 0], "counts": [3, 4]})
    pq.write_table(table, tmp_path / "flat.parquet")
    with pytest.raises(ResultFormatError) as caught:
        lw.load_result(tmp_path / "flat.parquet")
    assert f"to a folder such as {shown}, from whose name" in str(caught.value)


SUMMED = "select mode_0, mode_1, {} as counts from 'run.parquet' group by all"


def test_the_remedy_for_sums_of_duckdb_is_one(tmp_path, monkeypatch):
    """DuckDB adds up integers as HUGEINT, which a Parquet file has as DOUBLE."""
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    result = SamplingResult({(1, 0): 3, (0, 1): 5})
    result.save("run.parquet", columns="modes")
    for total in ("sum(counts)", "cast(sum(counts) as decimal(20, 0))"):
        duckdb.sql(f"copy ({SUMMED.format(total)}) to 'sum.parquet'")
        with pytest.raises(ResultFormatError) as caught:
            lw.load_result("sum.parquet")
        assert str(caught.value).startswith("sum.parquet: The column 'counts' is of ")
        assert "Write integers: cast(sum(counts) as bigint) in DuckDB" in str(caught.value)
    duckdb.sql(f"copy ({SUMMED.format('cast(sum(counts) as bigint)')}) to 'sum.parquet'")
    assert lw.load_result("sum.parquet") == result
    modes = "select mode_0, sum(mode_1) as mode_1, counts from 'run.parquet' group by all"
    duckdb.sql(f"copy ({modes}) to 'm.parquet'")
    with pytest.raises(ResultFormatError, match=r"'mode_1' is of double.*cast\(mode_1 as utinyint\)"):
        lw.load_result("m.parquet")
    sums_of_all = duckdb.sql(SUMMED.format("sum(counts)"))
    for sums in (sums_of_all.df(), sums_of_all.pl()):
        with pytest.raises(TypeError, match=r"cast\(sum\(counts\) as bigint\)"):
            SamplingResult.from_columns(sums[["mode_0", "mode_1"]], sums["counts"])


@pytest.mark.parametrize("number", [pa.float64(), pa.float32(), pa.decimal128(20, 0)], ids=str)
@pytest.mark.parametrize("column", ["counts", "mode_1", "state"])
def test_a_column_of_floats_is_named_with_a_remedy(tmp_path, column, number):
    columns = {"mode_0": pa.array([1, 0]), "mode_1": pa.array([0, 1]), "counts": pa.array([3, 4])}
    if column == "state":
        columns = {"state": pa.array([[1, 0], [0, 1]], pa.list_(number)), "counts": pa.array([3, 4])}
    else:
        columns[column] = columns[column].cast(number)
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(ResultFormatError, match=rf"a\.parquet: The column '{column}' is .*cast\(.*{column}"):
        lw.load_result(tmp_path / "a.parquet")


def test_a_missing_count_is_called_missing(tmp_path):
    """With one, NumPy has floats."""
    pq.write_table(pa.table({"mode_0": [1, 0], "counts": pa.array([3, None])}), tmp_path / "a.parquet")
    with pytest.raises(ResultFormatError, match="The column 'counts' has 1 value that is null"):
        lw.load_result(tmp_path / "a.parquet")
