"""What people try first with a campaign, from the habits of other libraries."""

from __future__ import annotations

import sys

import pytest

from lwfast.errors import LightworksDependencyError, ResultError
from lwfast.results import scan_results


@pytest.mark.parametrize("has_tqdm", [True, False])
@pytest.mark.parametrize("grouped", [False, True])
def test_a_run_says_how_many_files_were_in_the_sum(folder, tmp_path, monkeypatch, capsys, grouped, has_tqdm):
    """A bar of no files would look as if none had been found."""
    if not has_tqdm:
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    campaign = scan_results(folder)
    campaign = campaign.group_by("theta") if grouped else campaign
    kept = tmp_path / "kept" / ("groups" if grouped else "sum.npz")
    campaign.merge(resume=kept, progress=True)
    assert "already" not in capsys.readouterr().err
    campaign.merge(resume=kept, progress=True)
    assert capsys.readouterr().err == "12 of 12 files were in the sum already\n"
    told = []
    campaign.merge(resume=kept, progress=lambda done, total: told.append((done, total)))
    assert (told, capsys.readouterr().err) == ([], "")


def test_a_run_that_goes_on_says_so_before_its_bar(folder, tmp_path, capsys):
    kept = tmp_path / "kept" / "sum.npz"
    (folder / "run_11.parquet").rename(folder / "later.x")
    scan_results(folder).merge(resume=kept)
    (folder / "later.x").rename(folder / "run_11.parquet")
    scan_results(folder).merge(resume=kept, progress=True)
    assert capsys.readouterr().err.startswith("11 of 12 files were in the sum already\n")


@pytest.mark.parametrize("names", [["theta", "qpu"], ("theta", "qpu")])
def test_group_by_takes_a_list_as_pandas_does(folder, names):
    campaign = scan_results(folder)
    assert campaign.group_by(names).merge() == campaign.group_by("theta", "qpu").merge()
    assert campaign.group_by(["theta"]).keys == campaign.group_by("theta").keys


@pytest.mark.parametrize("names", [(["theta"], "qpu"), ([["theta"]],), (1,), ({"theta"},)])
def test_group_by_says_what_it_takes(folder, names):
    with pytest.raises(TypeError, match=r"names of columns, as in group_by\('theta', 'phi'\), not "):
        scan_results(folder).group_by(*names)
    with pytest.raises(ValueError, match="at least one column"):
        scan_results(folder).group_by([])


def test_groups_become_a_frame_of_pandas(folder):
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    groups = scan_results(folder).group_by("theta").merge()
    frame, table = groups.to_pandas(), groups.to_arrow()
    assert list(frame.columns) == table.column_names
    assert frame["counts"].sum() == groups.total().n_samples
    assert [list(state) for state in frame["state"]] == table["state"].to_pylist()


@pytest.mark.parametrize(("package", "extra"), [("pandas", "frames"), ("pyarrow", "arrow")])
def test_a_missing_package_is_named_with_its_extra(folder, monkeypatch, package, extra):
    groups = scan_results(folder / "*.json").group_by("theta").merge()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(LightworksDependencyError, match=rf"lwfast\[{extra}\]"):
        groups.to_pandas()


def test_the_number_of_files_is_not_that_of_columns(folder):
    campaign = scan_results(folder)
    assert len(campaign) == campaign.files.n_rows == 12
    assert len(campaign.files) == len(list(campaign.files))


def test_a_folder_that_should_keep_one_sum_is_refused_by_its_name(folder, tmp_path):
    """And not by the name of a file in another form that nobody gave."""
    many = tmp_path / "many"
    with pytest.raises(ValueError, match=r"kept in many; .* names one file, which ends in .*\.npz"):
        scan_results(folder).merge(resume=many)
    many.mkdir()
    with pytest.raises(
        ResultError, match=r"many is a folder; .* one file, such as .*sum\.npz, .* groups a folder"
    ):
        scan_results(folder).merge(resume=many)
