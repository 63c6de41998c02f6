"""Which values of a column are one: 1 and 1.0 are, True and 1 are not, whatever the way of the files."""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import lwfast as lw
from lwfast.errors import ResultError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.columns.settings.group_keys import Grouped, file_names_of
from lwfast.results.columns.settings.same_values import SameKeys, SameValues
from lwfast.results.processing.named_columns import NamedColumns
from tests.results.campaign_runs import same

VALUES = [True, 1, 1.0, False, 0, 0.0, True, 0.5]
"""The k-th file has 2^k samples, so that the binary digits of a sum say which files are in it."""


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    for k, value in enumerate(VALUES):
        SamplingResult({(1, 0): 1 << k}).with_parameters(switch=value).save(folder / f"run_{k}.npz")
    return folder


def groups_of(files):
    return scan_results(files).group_by("switch")


def check(grouped):
    """Look whether each group has the files of its own value, and no other."""
    assert len(grouped) == 5
    found = {(type(key) is bool, key): result.n_samples for key, result in grouped.items()}
    assert found == {
        (True, True): 0b1000001,
        (True, False): 0b1000,
        (False, 1): 0b110,
        (False, 0): 0b110000,
        (False, 0.5): 0b10000000,
    }
    for key in (True, False, 1, 1.0, 0, 0.0, 0.5, np.float64(0.5), np.int64(1), np.True_):
        assert grouped[key].n_samples == found[isinstance(key, bool | np.bool_), key]
    assert True in grouped
    assert 2 not in grouped


def test_groups(files):
    groups = groups_of(files)
    assert len(groups) == 5
    assert [type(key) is bool for key in groups.keys] == [False, False, False, True, True]
    assert groups.keys == [0, 0.5, 1, False, True]
    assert [path.stem for path in groups.paths[True]] == ["run_0", "run_6"]
    assert [path.stem for path in groups.paths[1.0]] == ["run_1", "run_2"]
    check(groups.merge())
    assert {type(key) for key in groups.summarise()} == {bool, int, float}
    assert groups.summarise()[True].n_samples == 0b1000001
    trend = groups.expectation({(1, 0): 1})
    assert trend.n_samples.tolist() == [0b110000, 0b10000000, 0b110, 0b1000, 0b1000001]
    with pytest.raises(ValueError, match="not numbers"):
        trend.slope()


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_groups_in_pools(files, pool):
    with pool(2) as executor:
        check(groups_of(files).merge(executor=executor))


def test_groups_that_go_on(files, tmp_path):
    kept, late = tmp_path / "kept", files / "run_7.npz"
    aside = late.rename(tmp_path / "late.npz")
    again = files / "run_2.npz"
    second = again.rename(tmp_path / "second.npz")
    groups_of(files).merge(resume=kept)
    assert sorted(path.name for path in kept.iterdir()) == [
        "switch=0.npz",
        "switch=1.npz",
        "switch=False.npz",
        "switch=True.npz",
    ]
    aside.rename(late)
    second.rename(again)
    check(groups_of(files).merge(resume=kept))
    manifest = groups_of(files)
    manifest.merge(resume=kept)
    assert manifest.manifest["resumed"] == [True] * 8


@pytest.mark.parametrize(("first", "second"), [(1, 1.0), (1.0, 1), (0, -0.0), (10**12, 1e12)])
def test_a_sum_is_found_whichever_number_comes_first(tmp_path, first, second):
    """The file that keeps it is named after the number that was there first."""
    runs, kept = tmp_path / "runs", tmp_path / "kept"
    runs.mkdir()
    SamplingResult({(1,): 3}).with_parameters(theta=first).save(runs / "run_2.npz")
    scan_results(runs).group_by("theta").merge(resume=kept)
    SamplingResult({(1,): 4}).with_parameters(theta=second).save(runs / "run_1.npz")
    groups = scan_results(runs).group_by("theta")
    (total,) = groups.merge(resume=kept).values()
    assert total.n_samples == 7
    assert sorted(groups.manifest["resumed"]) == [False, True]
    assert len(list(kept.iterdir())) == 1


def test_two_sums_of_one_group_are_refused(files, tmp_path):
    kept = tmp_path / "kept"
    groups_of(files).merge(resume=kept)
    shutil.copy2(kept / "switch=1.npz", kept / "switch=1.0.npz")
    with pytest.raises(ResultError, match=r"switch=1\.npz and .*switch=1\.0\.npz keep sums of one group"):
        groups_of(files).merge(resume=kept)
    (kept / "switch=1.npz").unlink()
    check(groups_of(files).merge(resume=kept))


def test_single_files_and_choices(files):
    campaign = scan_results(files)
    assert [path.stem for path in campaign.where(switch=True).paths] == ["run_0", "run_6"]
    assert [path.stem for path in campaign.where(switch=[1]).paths] == ["run_1", "run_2"]
    assert lw.load_result(files / "run_0.npz").metadata["parameters"]["switch"] is True
    # What files agree on is what each of them says.
    both = lw.merge_results([lw.load_result(files / f"run_{k}.npz") for k in (0, 1)])
    assert "switch" not in both.metadata.get("parameters", {})
    numbers = lw.merge_results([lw.load_result(files / f"run_{k}.npz") for k in (1, 2)])
    assert numbers.metadata["parameters"]["switch"] == 1


def test_folders_of_groups_are_read_again(files, tmp_path):
    """What `save` writes is what `scan_results` reads: True stays True."""
    out = tmp_path / "out"
    paths = groups_of(files).merge().save(out)
    assert {path.parent.name for path in paths} == {
        "switch=True", "switch=1", "switch=False", "switch=0", "switch=0.5",
    }  # fmt: skip
    again = scan_results(out).group_by("switch")
    check(again.merge())
    texts = SamplingResult({(1,): 3}).with_parameters(name="1").save(tmp_path / "text.npz")
    scan_results(texts).group_by("name").merge().save(tmp_path / "texts")
    assert scan_results(tmp_path / "texts").files["name"] == ["1"]


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([True, 1], ["True", "1"]),
        ([1.0, True], ["1.0", "True"]),
        ([1, "a"], ["1", "a"]),
        ([0.5, "0.5x", None], ["0.5", "0.5x", None]),
        ([2**60 + 1, 0.5], [str(2**60 + 1), "0.5"]),
        ([1, 0.5, None], [1.0, 0.5, None]),
        ([True, False], [True, False]),
        (["a", None], ["a", None]),
    ],
)
def test_columns_of_mixed_values_become_text(tmp_path, values, column):
    """For Arrow, polars, DuckDB and the table of files alike; nothing is turned into another value."""
    for k, value in enumerate(values):
        result = SamplingResult({(1, 0): 3 + k, (0, 1): 1}).with_parameters(theta=0.25)
        if value is not None:
            result = result.with_parameters(setting=value)
        result.save(tmp_path / f"run_{k}.npz")
    campaign = scan_results(tmp_path)
    grouped = campaign.group_by("setting", "theta").merge()
    table = grouped.to_arrow()
    shown = Grouped(zip(values, column, strict=True))
    order = [shown[key[0]] for key in grouped]
    assert table.column("setting").to_pylist() == [text for text in order for _ in range(2)]
    assert table.column("theta").to_pylist() == [0.25] * (2 * len(values))
    assert table.column("counts").to_pylist() == [n for one in grouped.values() for n in one.counts]
    assert grouped.to_polars()["setting"].to_list() == table.column("setting").to_pylist()
    assert campaign.files.to_arrow().column("setting").to_pylist() == column
    assert campaign.files.to_polars()["setting"].to_list() == column


def test_integers_that_no_column_holds_become_text():
    table = NamedColumns([{"seed": 2**70}, {"seed": 1}])
    assert table.to_arrow().column("seed").to_pylist() == [str(2**70), "1"]


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        (0.1 + 0.2, 0.3, True),
        (1, 1.0, True),
        (-0.0, 0, True),
        (10**22, 1e22, True),
        (12345678901, 12345678902, False),
        (10**400, 10**400 + 1, False),
        (True, 1, False),
        (False, 0.0, False),
        (1, "1", False),
        (None, False, False),
        ((True, 1), (1, True), False),
        ((1, "a"), (1.0, "a"), True),
        (np.int64(3), 3, True),
        (np.float64(0.5), 0.5, True),
        (np.True_, True, True),
    ],
)
def test_which_values_are_one(one, other, are_one):
    assert (SameValues().compared(one) == SameValues().compared(other)) is are_one


def test_a_mapping_by_value():
    found = Grouped([(True, "a"), (1, "b"), ((1, "x"), "c")])
    assert (found[True], found[1], found[1.0], found[1.0, "x"]) == ("a", "b", "b", "c")
    assert list(found) == [True, 1, (1, "x")]
    assert found == Grouped([(1.0, "b"), (True, "a"), ((1, "x"), "c")])
    assert found != Grouped([(1.0, "a"), (True, "b"), ((1, "x"), "c")])
    assert found != {True: "a", (1, "x"): "c"}
    assert Grouped([(0.5, "a")]) == {0.5: "a"}
    assert found != 3
    assert repr(found) == "{True: 'a', 1: 'b', (1, 'x'): 'c'}"
    for missing in (2, "True", [1], {}):
        with pytest.raises(KeyError):
            found[missing]
    assert [1] not in found


def test_equal_sums_stay_equal(files):
    one, other = groups_of(files).merge(), groups_of(files).merge()
    assert one == other
    assert all(same(one[key], other[key]) for key in one)


def test_a_group_has_a_bounded_number_of_names():
    """Each column of whole numbers doubles how many there are."""
    names = [f"c{k}" for k in range(10)]
    assert len(file_names_of(names, tuple(range(10)), SameKeys((SameValues(),) * 10))) == 1024
    with pytest.raises(lw.ResultError, match="more than 1024 names; group by fewer columns"):
        file_names_of([*names, "more"], tuple(range(11)), SameKeys((SameValues(),) * 11))
