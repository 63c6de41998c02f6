"""What people try first with a campaign, from the habits of other libraries."""

from __future__ import annotations

import sys

import pytest

from lwfast.errors import LightworksDependencyError, ResultError
from lwfast.results import SamplingResult, scan_results


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


def test_a_key_that_no_group_has_is_named_with_those_that_there_are(folder):
    groups = scan_results(folder).group_by("theta").merge()
    with pytest.raises(KeyError, match=r"no group 0\.31\. The keys are 0\.0, 0\.3, 0\.6\.") as caught:
        groups[0.31]
    assert type(caught.value) is KeyError
    assert 0.31 not in groups
    assert groups.get(0.31) is None
    with pytest.raises(KeyError, match=r"\[0\.3\]"):
        groups[[0.3]]


def test_a_key_of_two_columns_is_a_tuple(folder):
    campaign = scan_results(folder).group_by("qpu", "theta")
    for groups in (campaign.merge(), campaign.paths):
        with pytest.raises(KeyError, match=r"'Hera'.*2 columns have tuples as keys.*\('Apollo', 0\.0\), "):
            groups["Hera"]
        with pytest.raises(KeyError, match=r"\('Hera', 0\.3\)\. The keys are"):
            groups["Hera", 0.3]


def test_of_many_keys_only_some_are_listed(tmp_path):
    for k in range(30):
        SamplingResult({(1, 0): 1}).with_parameters(name=f"{k:02}" + "a" * 500).save(tmp_path / f"{k}.npz")
    with pytest.raises(KeyError) as caught:
        scan_results(tmp_path).group_by("name").merge()["b"]
    assert "'00aaa" in str(caught.value)
    assert "..., '29aaa" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_where_says_that_a_value_has_the_name_of_its_column(folder):
    campaign = scan_results(folder)
    for given, remedy in [
        ("theta", r"where\(theta=0\.5\)"),
        ({"theta": 0.3}, r"where\(\*\*values\)"),
        (len, r"to filter"),
        (0.3, r"where\(theta=0\.5\)"),
    ]:
        with pytest.raises(TypeError, match=rf"^Campaign.where cannot use .* alone; .*{remedy}"):
            campaign.where(given)


@pytest.mark.parametrize("name", ["marginal", "top", "to_pandas", "states", "n_samples"])
def test_what_only_results_have_is_found_by_merging(folder, name):
    campaign = scan_results(folder)
    with pytest.raises(AttributeError, match=rf"'{name}': call merge\(\) first.*merge\(\)\.{name}"):
        getattr(campaign, name)
    assert not hasattr(campaign, name)
    assert hasattr(campaign.merge(), name)
    groups = campaign.group_by("theta")
    with pytest.raises(AttributeError, match=rf"no attribute '{name}': call merge\(\) first"):
        getattr(groups, name)
    if not hasattr(groups.merge(), name):
        with pytest.raises(AttributeError, match=rf"'{name}': take one group.*total\(\)\.{name}"):
            getattr(groups.merge(), name)
        assert hasattr(groups.merge().total(), name)


def test_what_nothing_has_is_no_matter_of_merging(folder):
    campaign = scan_results(folder)
    for found in (campaign, campaign.group_by("theta"), campaign.group_by("theta").merge()):
        with pytest.raises(AttributeError) as caught:
            _ = found.merged_up
        assert str(caught.value) == f"{type(found).__name__!r} object has no attribute 'merged_up'"
        with pytest.raises(AttributeError, match=r"no attribute '_known_raw'$"):
            _ = found._known_raw


@pytest.mark.parametrize("columns", ["state", "modes"])
def test_groups_are_saved_with_the_columns_that_one_result_has(folder, tmp_path, columns):
    pq = pytest.importorskip("pyarrow.parquet")
    groups = scan_results(folder).group_by("theta").merge()
    paths = groups.save(tmp_path / "groups", columns=columns)
    modes = ["mode_0", "mode_1", "mode_2", "mode_3"]
    wanted = [*(modes if columns == "modes" else ["state"]), "counts"]
    assert [pq.read_schema(path).names for path in paths] == [wanted] * 3
    assert scan_results(tmp_path / "groups/**/*.parquet").group_by("theta").merge() == groups
    with pytest.raises(ValueError, match="columns"):
        groups.save(tmp_path / "others", columns="mode")
    assert not (tmp_path / "others").exists()
