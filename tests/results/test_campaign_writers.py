"""Campaigns over files of any writer, codec and encoding, and over damaged ones, beside plain Python."""

from __future__ import annotations

import signal
import subprocess
import sys
import warnings
from collections import Counter

import numpy as np
import pytest

import lwfast as lw
from lwfast.errors import CampaignError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign import chunks
from lwfast.results.files import parquet
from tests.marks import posix
from tests.started import PATIENCE, child, read_line

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

N_MODES = 6
CODECS = "zstd", "snappy", "gzip", "lz4", "none"


def rows(seed, n=900, most=4):
    rng = np.random.default_rng(seed)
    return rng.integers(0, most, (n, N_MODES)).astype(np.uint8), rng.integers(1, 50, n)


def arrow_table(states, counts, nullable=False):
    flat = pa.array(states.reshape(-1))
    column = pa.FixedSizeListArray.from_arrays(flat, states.shape[1])
    field = pa.field("state", column.type, nullable=nullable)
    schema = pa.schema([field, pa.field("counts", pa.int64(), nullable=nullable)])
    return pa.Table.from_arrays([column, pa.array(counts)], schema=schema)


def by_pyarrow(path, name, codec):
    states, counts = rows(len(name))
    options = {
        "plain": {"use_dictionary": False},
        "delta": {
            "use_dictionary": False,
            "column_encoding": {"counts": "DELTA_BINARY_PACKED", "state.list.element": "PLAIN"},
        },
        "pages": {"data_page_version": "2.0"},
        "groups": {"row_group_size": 100, "data_page_size": 64},
        "checked": {"write_page_checksum": True},
    }
    table = arrow_table(states, counts, nullable=name == "checked")
    pq.write_table(table, path, compression=codec, **options[name])
    return states, counts


def by_polars(path, name, codec):
    pl = pytest.importorskip("polars")
    states, counts = rows(11)
    column = pl.Series("state", states, dtype=pl.Array(pl.UInt8, N_MODES))
    compression = "uncompressed" if codec == "none" else codec
    pl.DataFrame([column, pl.Series("counts", counts)]).write_parquet(
        path, compression=compression, row_group_size=300
    )
    return states, counts


def by_duckdb(path, name, codec):
    duckdb = pytest.importorskip("duckdb")
    states, counts = rows(12)
    table = duckdb.from_arrow(arrow_table(states, counts))
    table.write_parquet(str(path), compression={"none": "uncompressed", "lz4": "lz4_raw"}.get(codec, codec))
    return states, counts


def by_pandas(path, name, codec):
    pd = pytest.importorskip("pandas")
    states, counts = rows(13)
    frame = pd.DataFrame({f"mode_{k}": states[:, k] for k in range(N_MODES)} | {"counts": counts})
    frame.to_parquet(path, compression=None if codec == "none" else codec)
    return states, counts


WRITERS = [(name, by_pyarrow) for name in ("plain", "delta", "pages", "groups", "checked")]
WRITERS += [("polars", by_polars), ("duckdb", by_duckdb), ("pandas", by_pandas)]


def counted(tables):
    """The plain answer: kept where modes 0 and 1 have one photon and mode 2 none, then clicks."""
    total = Counter()
    for states, counts in tables:
        kept = (states[:, :2].sum(axis=1) == 1) & (states[:, 2] == 0)
        clicks = (np.delete(states[kept], 2, axis=1) > 0).astype(int)
        for state, count in zip(clicks.tolist(), counts[kept].tolist(), strict=True):
            total[tuple(state)] += count
    return dict(total)


def merged(folder, **scan):
    return scan_results(folder, **scan).post_select([((0, 1), (1,))], {2: 0}).map("threshold")


def as_plain(result):
    return {
        tuple(state): count
        for state, count in zip(result.states.tolist(), result.counts.tolist(), strict=True)
    }


@pytest.mark.parametrize("codec", CODECS)
def test_files_of_any_writer_are_added_up(tmp_path, codec):
    """Each in a campaign of its own, and all in one, in memory that is used again."""
    tables = []
    for name, write in WRITERS:
        path = tmp_path / f"{name}.parquet"
        tables.append(write(path, name, codec))
        assert as_plain(merged(path).merge()) == counted(tables[-1:]), name
    own = tmp_path / "own.parquet"
    SamplingResult.from_columns(*rows(14)).save(own)
    found = lw.load_result(own)
    tables.append((found.states, found.counts))
    assert as_plain(merged(tmp_path).merge()) == counted(tables)


def test_files_of_one_row(tmp_path):
    tables = [rows(seed, 1, 2) for seed in range(400)]
    for k, (states, counts) in enumerate(tables):
        SamplingResult.from_columns(states, counts).save(tmp_path / f"run_{k:03}.parquet")
    campaign = merged(tmp_path)
    assert as_plain(campaign.merge()) == counted(tables)
    assert [row["samples"] for row in campaign.manifest.rows()] == [int(c.sum()) for _, c in tables]


def test_no_result_of_a_file_stands_in_memory_of_the_next(tmp_path):
    """Without steps, or with those that keep all rows, what was read is what is added up."""
    tables = [rows(seed, 17_000 if seed == 2 else 700 + 90 * seed) for seed in range(5)]
    for k, (states, counts) in enumerate(tables):
        SamplingResult.from_columns(states, counts).save(tmp_path / f"run_{k}.parquet")
    everything = Counter()
    for states, counts in tables:
        for state, count in zip(states.tolist(), counts.tolist(), strict=True):
            everything[tuple(state)] += count
    for campaign in (scan_results(tmp_path), scan_results(tmp_path).post_select()):
        assert as_plain(campaign.merge()) == everything


@pytest.mark.parametrize("library", ["pyarrow", "numba", "polars"])
def test_own_files_are_added_up_without(tmp_path, library):
    pytest.importorskip("zstandard", reason="needs zstandard, an optional package")
    SamplingResult.from_columns(*rows(1)).save(tmp_path / "run.parquet")
    code = (
        "import sys\nfrom lwfast.results import scan_results\n"
        "campaign = scan_results(sys.argv[1]).post_select([((0, 1), (1,))], {2: 0}).map('threshold')\n"
        "print(campaign.merge().n_samples, campaign.files['saved'][0] is None)\n"
        "print(campaign.group_by('saved').merge().total().n_samples, sys.argv[2] in sys.modules)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path), library]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    samples = merged(tmp_path).merge().n_samples
    loads = library == "numba" and "numba" in lw._kernels._mode.MODE
    assert done.stdout.split() == [str(samples), "False", str(samples), str(loads)]


@pytest.mark.parametrize("own", [True, False])
def test_files_that_break_off_are_named(tmp_path, own):
    """Cut anywhere, they are named or, never, read as something else."""
    whole = tmp_path / "whole.parquet"
    states, counts = rows(3, 40)
    SamplingResult.from_columns(states, counts).save(whole)
    if not own:
        pq.write_table(arrow_table(states, counts), whole)
    body, cut = whole.read_bytes(), tmp_path / "cut.parquet"
    for size in {*range(0, len(body), 97), *range(len(body) - 12, len(body))}:
        cut.write_bytes(body[:size])
        with pytest.raises(CampaignError, match="cut") as caught:
            merged(tmp_path).merge()
        assert list(caught.value.failed) == [str(cut)]
        assert as_plain(caught.value.outcome) == counted([(states, counts)])


def test_files_of_other_columns_are_named(tmp_path):
    states, counts = rows(4)
    SamplingResult.from_columns(states, counts).save(tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [1], "counts": [2]}), tmp_path / "b_none.parquet")
    pq.write_table(pa.table({"state": [[1] * N_MODES], "counts": ["2"]}), tmp_path / "c_text.parquet")
    pq.write_table(arrow_table(states[:, :4].copy(), counts), tmp_path / "d_narrow.parquet")
    (tmp_path / "e_empty.parquet").write_bytes(b"")
    with_null = pa.table({"state": [[1, None, *[0] * (N_MODES - 2)]], "counts": [2]})
    pq.write_table(with_null, tmp_path / "f_null.parquet")
    with pytest.raises(CampaignError) as caught:
        merged(tmp_path).merge()
    named = sorted(path.rpartition("/")[2] for path in caught.value.failed)
    assert named == [
        "b_none.parquet",
        "c_text.parquet",
        "d_narrow.parquet",
        "e_empty.parquet",
        "f_null.parquet",
    ]
    kept = as_plain(caught.value.outcome)
    assert kept == counted([(states, counts)])


def test_a_file_that_changes_while_it_is_read_is_the_old_one_the_new_one_or_named(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    old, new = (SamplingResult.from_columns(*rows(seed, 50)) for seed in (1, 2))
    after = new.save(path).read_bytes()
    before = old.save(path).read_bytes()
    answers = [as_plain(merged(path).merge())]
    path.write_bytes(after)
    answers.append(as_plain(merged(path).merge()))
    file_of = parquet.FileRoom.file

    def changed(room, name):
        """The first part of one, and the rest of the other."""
        body = file_of(room, name)
        other = np.frombuffer(before, np.uint8)
        body[: len(other) // 2] = other[: body.size][: len(other) // 2]
        return body

    monkeypatch.setattr(parquet.FileRoom, "file", changed)
    campaign = merged(path, on_error="skip")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = as_plain(campaign.merge())
    assert answer in answers or list(campaign.report.failed) == [str(path)]


INTERRUPTED = """
import sys
from lwfast.results import scan_results

def tell(done, total):
    print(done, flush=True)

campaign = scan_results(sys.argv[1]).post_select([((0, 1), (1,))], {2: 0}).map("threshold")
try:
    campaign.merge(progress=tell, resume=sys.argv[2])
except KeyboardInterrupt:
    statuses = [row["status"] for row in campaign.manifest.rows()]
    print("interrupted", statuses.count("added") > 0, flush=True)
"""


@posix
def test_ctrl_c_ends_a_campaign_and_the_next_run_goes_on(tmp_path):
    folder, kept = tmp_path / "runs", tmp_path / "sum.npz"
    tables = [rows(seed, 3000) for seed in range(300)]
    for k, (states, counts) in enumerate(tables):
        SamplingResult.from_columns(states, counts).save(folder / f"run_{k:03}.parquet")
    with child([sys.executable, "-c", INTERRUPTED, str(folder), str(kept)]) as program:
        read_line(program)
        program.send_signal(signal.SIGINT)
        lines = [line for line in iter(program.stdout.readline, "") if "interrupted" in line]
        assert lines in (["interrupted True\n"], [])  # or it had ended before
    assert as_plain(merged(folder).merge(resume=kept)) == counted(tables)


def test_rooms_are_not_used_where_a_callable_takes_part(tmp_path, monkeypatch):
    """It may keep what it is given."""
    SamplingResult.from_columns(*rows(1)).save(tmp_path / "run.parquet")
    rooms = []
    loaded, read_columns = chunks.loaded, chunks.read_columns
    monkeypatch.setattr(chunks, "loaded", lambda *given: (rooms.append(given[3]), loaded(*given))[1])
    monkeypatch.setattr(
        chunks, "read_columns", lambda *given: (rooms.append(given[1]), read_columns(*given))[1]
    )
    scan_results(tmp_path).map(lambda state: state).merge()
    scan_results(tmp_path).map("parity").merge()
    assert [room is None for room in rooms] == [True, False]
