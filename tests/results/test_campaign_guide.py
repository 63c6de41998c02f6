"""The programs and the advice of the guide to campaigns that it does not execute itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import SamplingResult, scan_results
from tests.started import PATIENCE

ROOT = Path(lw.__file__).parents[1]
PROGRAMS = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[2])) / "docs" / "deploy"
SPAWNED = "import multiprocessing\nmultiprocessing.set_start_method('spawn', force=True)\n"
GUARD = 'if __name__ == "__main__":\n    main()\n'


def text_of(name):
    if not PROGRAMS.is_dir():
        pytest.skip("needs the documentation")
    return (PROGRAMS / name).read_text(encoding="utf-8")


@pytest.fixture
def ran(tmp_path):
    """A function that runs a program beside a folder of three runs of 100 samples, 40 of which it keeps."""
    for k in range(3):
        SamplingResult({(1, 0): 40, (0, 1): 60 - k, (2, 0): k}).save(tmp_path / "runs" / f"{k}.npz")

    def run(text):
        (tmp_path / "program.py").write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "program.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )

    return run


@pytest.mark.parametrize("before", ["", SPAWNED], ids=["usual", "spawned"])
def test_the_program_for_a_pool_of_processes(ran, before):
    done = ran(before + text_of("sum_on_processes.py"))
    assert (done.returncode, done.stdout) == (0, "120 samples of 3 files\n"), done.stderr


def test_the_program_for_dask(ran):
    pytest.importorskip("distributed")
    done = ran(text_of("sum_on_dask.py"))
    assert (done.returncode, done.stdout) == (0, "120 samples of 3 files\n"), done.stderr


def test_a_program_without_a_guard_is_told_so(ran):
    text = text_of("sum_on_processes.py")
    assert text.endswith(GUARD)
    done = ran(SPAWNED + text.removesuffix(GUARD) + "main()\n")
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith(
        "lwfast.errors.CampaignError: 3 of 3 files were not processed because a worker ended"
    )
    assert 'outside of `if __name__ == "__main__":`' in last


def test_a_lambda_is_refused_by_a_pool_of_processes_only(ran):
    text = text_of("sum_on_processes.py").replace("(has_one_photon_in_front)", "(lambda state: True)")
    done = ran(text)
    assert done.returncode == 1
    assert "TypeError: A step cannot be sent to other processes" in done.stderr.splitlines()[-1]


# --- folders of groups in other programs -----------------------------------------------------------------


@pytest.fixture
def hive(tmp_path, monkeypatch):
    """Groups of two settings, saved with a column for each mode."""
    for theta in (0.0, 0.5):
        run = SamplingResult({(1, 0): 3, (0, 1): 5}).with_parameters(theta=theta)
        run.save(tmp_path / "runs" / f"{theta}.npz")
    monkeypatch.chdir(tmp_path)
    scan_results("runs").group_by("theta").merge().save("groups", columns="modes")


def test_duckdb_reads_the_value_of_a_folder_as_it_is_told(hive):
    duckdb = pytest.importorskip("duckdb")
    files = "'groups/**/*.parquet'"
    told = duckdb.sql(f"select theta, counts from read_parquet({files}, hive_types={{'theta': double}})")
    assert sorted(told.fetchall()) == [(0.0, 3), (0.0, 5), (0.5, 3), (0.5, 5)]
    assert duckdb.sql(f"select any_value(typeof(theta)) from {files}").fetchall() == [("VARCHAR",)]


def test_polars_reads_the_value_of_a_folder_of_a_whole_folder(hive):
    polars = pytest.importorskip("polars")
    for told in (
        polars.read_parquet("groups"),
        polars.read_parquet("groups/**/*.parquet", hive_partitioning=True),
    ):
        assert told.schema["theta"] == polars.Float64
        assert sorted(told["theta"].to_list()) == [0.0, 0.0, 0.5, 0.5]
    assert "theta" not in polars.read_parquet("groups/**/*.parquet").columns


def test_differences_of_columns_of_modes_wrap_around_unless_they_are_converted(hive):
    """What the guide warns of, and its remedies."""
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    path = "groups/theta=0.5/total.parquet"
    frame = pandas.read_parquet(path)
    assert (frame.mode_0 - frame.mode_1).max() == 255
    signed = frame.astype(int)
    assert (signed.mode_0 - signed.mode_1).max() == 1
    table = polars.read_parquet(path)
    difference = polars.col("mode_0") - polars.col("mode_1")
    assert table.select(difference.max()).item() == 255
    assert table.cast(polars.Int64).select(difference.max()).item() == 1
    assert lw.load_result(path).differences(0, 1).values.tolist() == [-1, 1]
    assert np.dtype(frame.mode_0.dtype) == np.uint8
