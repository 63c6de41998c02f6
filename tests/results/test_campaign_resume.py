"""Runs of a campaign that are interrupted, and go on where they were."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import lwfast as lw
from lwfast.errors import CampaignError, ResultError
from lwfast.results import scan_results
from lwfast.results.campaign import checkpoint, chunks
from lwfast.results.campaign.sums import TableSum
from lwfast.results.files.paths import files_of
from tests.marks import posix
from tests.results.campaign_runs import result_of, same
from tests.started import PATIENCE

# --- resume -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["npz", "parquet"])
@pytest.mark.parametrize("at", [2, 6, 10])
def test_an_interrupted_run_goes_on_where_it_was(folder, tmp_path, small_chunks, form, at):
    kept = tmp_path / "kept" / f"sum.{form}"
    campaign = scan_results(folder).post_select([((0,), (0, 1))]).map("threshold")
    expected = campaign.merge()

    def stop(done, total):
        if done == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        campaign.merge(progress=stop, resume=kept)
    shown = []
    again = scan_results(folder).post_select([((0,), (0, 1))]).map("threshold")
    total = again.merge(resume=kept, progress=lambda done, total: shown.append((done, total)))
    assert shown[0] > (at, 12)  # what was done before counts as done
    assert shown[-1] == (12, 12)
    assert same(total, expected)
    assert without_resumed(again) == campaign_manifest(folder)
    assert again.manifest["resumed"].count(True) == at
    assert same(again.merge(resume=kept), expected)  # nothing is left to do
    assert again.report.n_tried == 12


@pytest.mark.parametrize("half_added", [False, True])
def test_an_interruption_while_files_are_added_costs_no_counts(folder, tmp_path, small_chunks, half_added):
    """No file counts as added that is not in the sum, nor is one twice in it."""
    kept, join = tmp_path / "kept" / "sum.npz", TableSum.join
    expected, joins = scan_results(folder).merge(), []

    def interrupted(self, other):
        joins.append(1)
        if len(joins) == 4:
            if half_added:
                join(self, other)
            raise KeyboardInterrupt
        join(self, other)

    with interrupted_joins(interrupted):
        scan_results(folder).merge(resume=kept)
    assert kept.exists()
    assert same(scan_results(folder).merge(resume=kept), expected)


SIGNALLED = """
import os, signal, sys
from lwfast.results import scan_results
from lwfast.results.campaign import chunks
from lwfast.results.campaign.sums import TableSum
from lwfast.results.files.paths import files_of
chunks._CHUNK_FILES = 1
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in the background without
number, join, joins = getattr(signal, sys.argv[3]), TableSum.join, []

def signalled(self, other):
    joins.append(1)
    if len(joins) == 4:
        os.kill(os.getpid(), number)
    join(self, other)

TableSum.join = signalled
campaign = scan_results(sys.argv[1])
try:
    (campaign.group_by("theta") if sys.argv[4] == "groups" else campaign).merge(resume=sys.argv[2])
except KeyboardInterrupt as error:
    print(*error.__notes__, file=sys.stderr)
"""


@posix
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("of", ["all", "groups"])
def test_a_signal_that_comes_while_a_file_is_added_costs_no_file(folder, tmp_path, number, of):
    """The file is added first, and kept: adding to a large sum takes longer than reading."""
    kept = tmp_path / "kept" / ("groups" if of == "groups" else "sum.npz")
    command = [sys.executable, "-c", SIGNALLED, str(folder), str(kept), number, of]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == (0 if number == "SIGINT" else -signal.SIGTERM), ended.stderr
    says = f"4 of 12 files are kept in {kept}; the same call goes on from there."
    assert ended.stderr == (f"{says}\n" if number == "SIGINT" else f"lwfast: SIGTERM came. {says}\n")
    campaign = scan_results(folder)
    if of == "groups":
        groups = campaign.group_by("theta")
        assert same_groups(groups.merge(resume=kept), campaign.group_by("theta").merge())
        assert groups.manifest["resumed"].count(True) == 4
    else:
        assert same(campaign.merge(resume=kept), scan_results(folder).merge())
        assert campaign.manifest["resumed"].count(True) == 4


@pytest.mark.parametrize("pattern", ["", "*.npz", "*"])
def test_a_sum_among_the_files_is_told_before_it_is_written(folder, pattern):
    """The next scan of the folder would add it to what is in it."""
    given, kept = folder / pattern, folder / "sum.npz"
    campaign = scan_results(given)
    with pytest.warns(UserWarning, match=r"sum\.npz will be among the files of the campaign") as said:
        total = campaign.merge(resume=kept)
    assert said[0].filename == __file__
    assert same(campaign.merge(resume=kept), total)  # no word where it is there already
    with pytest.warns(UserWarning, match=r"total\.npz will be among the files of the campaign") as said:
        campaign.save(folder / "total.npz")
    assert said[0].filename == __file__
    assert same(scan_results(given, exclude=[kept, folder / "total.npz"]).merge(), total)


def test_a_sum_is_told_exactly_where_the_next_scan_finds_it(tmp_path, monkeypatch):
    """Above folders such as `theta=0.5` it is found, and beside files that were named it is not."""
    places = ["hive/theta=1", "hive/theta=2", "hive/other", "one", "two/.kept", "two/deep/er", "a [x]"]
    for place in places:
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "run_a.npz").touch()
    (tmp_path / "link").symlink_to(tmp_path / "hive", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    searches = [
        ("hive", ()),
        ("link", ()),
        ("link/*/run*", ()),
        (["hive/other/run_a.npz", "one"], ()),
        ("hive", ["one/sum.npz", "hive/none.npz"]),
        ("hive", ["hive/theta=1"]),
        (["hive", "one"], ["hive/run*.npz", tmp_path / "one" / "run_sum.npz"]),
        (tmp_path / "two" / "**" / "*.npz", ()),
        ("two/../two/**", ()),
        ("*/run_*.npz", ()),
        ("a [[]x]/*", ()),
    ]
    outcomes = set()
    names = ["run_sum.npz", "sum.npz", ".run_sum.npz", "sum.csv", "none.npz", "sum.txt"]
    for k, (paths, exclude) in enumerate(searches):
        search = files_of(paths, exclude).search
        for new in [Path(place, name) for place in [*places, "hive", "link", "two", "."] for name in names]:
            told = search.would_find(new)
            new.touch()
            again = {path.resolve() for path in files_of(paths, exclude).paths}
            assert told == (new.resolve() in again), (paths, exclude, new)
            new.unlink()
            outcomes.add((k, told))
    assert len(outcomes) == 2 * len(searches)


def test_the_sums_of_groups_among_the_files_are_told(tmp_path):
    (tmp_path / "runs").mkdir()
    result_of(1, 0.1, "Artemis").save(tmp_path / "runs" / "run.npz", metadata=True)
    groups = scan_results(tmp_path / "**" / "*.npz").group_by("theta")
    with pytest.warns(UserWarning, match="will be among the files of the campaign"):
        groups.merge(resume=tmp_path / "sums")


@pytest.mark.parametrize("form", ["names", "pattern", "elsewhere"])
def test_a_sum_that_no_scan_would_find_is_not_told(folder, form):
    given = sorted(folder.glob("run_*.npz")) if form == "names" else folder / "run_*.npz"
    to = folder / "sums" if form == "elsewhere" else folder
    assert scan_results(given).merge(resume=to / "sum.npz")
    scan_results(folder if form == "elsewhere" else given).save(to / "total.npz")


@contextlib.contextmanager
def interrupted_joins(join):
    """Sums are joined by a function that an interrupt ends, and are saved at every occasion."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TableSum, "join", join)
        patch.setattr(checkpoint, "SAVE_SECONDS", 0.0)
        patch.setattr(checkpoint, "SAVE_RATIO", 0)
        with pytest.raises(KeyboardInterrupt):
            yield


def campaign_manifest(folder):
    campaign = scan_results(folder).post_select([((0,), (0, 1))]).map("threshold")
    campaign.merge()
    return without_resumed(campaign)


def without_resumed(campaign):
    """The manifest, but for what says which files an earlier run had read."""
    return [{name: row[name] for name in row if name != "resumed"} for row in campaign.manifest.rows()]


def test_a_folder_that_grows_is_added_to(folder, tmp_path):
    kept = tmp_path / "kept" / "sum.npz"
    scan_results(folder).merge(resume=kept)
    result_of(77, 0.9, "Artemis").save(folder / "run_99.npz")
    total = scan_results(folder).merge(resume=kept)
    assert same(total, scan_results(folder).merge())


def test_a_sum_that_does_not_fit_is_refused(folder, tmp_path):
    kept = tmp_path / "kept" / "sum.npz"
    scan_results(folder).map("parity").merge(resume=kept)
    with pytest.raises(ResultError, match="other steps"):
        scan_results(folder).map("threshold").merge(resume=kept)
    with pytest.raises(ResultError, match="not among the 11 files of this campaign"):
        scan_results(folder, exclude=folder / "run_01.npz").map("parity").merge(resume=kept)
    result_of(5, 0.3, "Apollo", 61).save(folder / "run_05.parquet")
    with pytest.raises(ResultError, match=r"run_05\.parquet, which had .* has changed since"):
        scan_results(folder).map("parity").merge(resume=kept)
    with pytest.raises(ValueError, match=r"\.npz or \.parquet"):
        scan_results(folder).merge(resume=tmp_path / "sum.json")
    with pytest.raises(ResultError, match="not a sum that a run has kept"):
        scan_results(folder).merge(resume=result_of(1, 0, "A").save(tmp_path / "other.npz"))
    with pytest.raises(ResultError, match="exclude it"):
        scan_results(folder).merge(resume=folder / "run_01.npz")


def test_broken_files_are_tried_again(folder, tmp_path):
    kept = tmp_path / "kept" / "sum.npz"
    whole = (folder / "run_03.json").read_bytes()
    expected = scan_results(folder).merge()
    (folder / "run_03.json").write_bytes(whole[:90])
    with pytest.raises(CampaignError, match="run_03"):
        scan_results(folder).merge(resume=kept)
    (folder / "run_03.json").write_bytes(whole)
    total = scan_results(folder).merge(resume=kept)
    assert total == expected
    assert total.metadata == expected.metadata


KILLED = """
import os, sys
from lwfast.results import scan_results
from lwfast.results.campaign import checkpoint, chunks
from lwfast.results.campaign.sums import TableSum
from lwfast.results.files.paths import files_of
chunks._CHUNK_FILES = 2
checkpoint.SAVE_SECONDS = 0
checkpoint.SAVE_RATIO = 0

def stop(done, total):
    if done == 8:
        os._exit(9)

scan_results(sys.argv[1]).map("threshold").merge(progress=stop, resume=sys.argv[2])
"""


def test_a_run_that_is_killed_goes_on_too(folder, tmp_path, small_chunks):
    kept = tmp_path / "kept" / "sum.npz"
    command = [sys.executable, "-c", KILLED, str(folder), str(kept)]
    ended = subprocess.run(command, timeout=120, check=False)
    assert ended.returncode == 9
    campaign = scan_results(folder).map("threshold")
    known = json.loads(json.dumps(lw.load_result(kept).metadata[checkpoint.KEY]["files"]))
    assert 2 <= len(known) <= 8
    assert same(campaign.merge(resume=kept), scan_results(folder).map("threshold").merge())


# --- resumed groups ---------------------------------------------------------------------------------------


def groups_of(folder, *names, **scan):
    return scan_results(folder, **scan).post_select([((0,), (0, 1))]).group_by(*(names or ["theta"]))


def same_groups(one, other):
    return list(one) == list(other) and all(same(one[key], other[key]) for key in one)


@pytest.mark.parametrize("names", [["theta"], ["theta", "qpu"]])
@pytest.mark.parametrize("at", range(1, 12))
def test_an_interrupted_run_of_groups_goes_on_where_it_was(folder, tmp_path, monkeypatch, at, names):
    monkeypatch.setattr(chunks, "_CHUNK_FILES", 1)
    kept, uninterrupted = tmp_path / "kept", groups_of(folder, *names)
    expected = uninterrupted.merge()

    def stop(done, total):
        if done == at:
            raise KeyboardInterrupt

    stopped = groups_of(folder, *names)
    with pytest.raises(KeyboardInterrupt):
        stopped.merge(progress=stop, resume=kept)
    assert [row["status"] for row in stopped.manifest.rows()].count("added") == at
    shown = []
    again = groups_of(folder, *names)
    total = again.merge(resume=kept, progress=lambda done, total: shown.append((done, total)))
    assert shown[0] > (at, 12)  # what was done before counts as done
    assert shown[-1] == (12, 12)
    assert same_groups(total, expected)
    assert without_resumed(again) == without_resumed(uninterrupted)
    assert again.manifest["resumed"].count(True) == at
    assert len(list(kept.iterdir())) == len(expected)
    written = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert same_groups(groups_of(folder, *names).merge(resume=kept), expected)  # nothing is left to do
    assert written == {path: path.stat().st_mtime_ns for path in kept.iterdir()}


@pytest.mark.parametrize("half_added", [False, True])
@pytest.mark.parametrize("at", [1, 5, 9])
def test_an_interruption_while_a_group_is_added_to_costs_no_counts(
    folder, tmp_path, monkeypatch, at, half_added
):
    monkeypatch.setattr(chunks, "_CHUNK_FILES", 1)
    kept, join, joins = tmp_path / "kept", TableSum.join, []
    expected = groups_of(folder).merge()

    def interrupted(self, other):
        joins.append(1)
        if len(joins) == at and not half_added:
            raise KeyboardInterrupt
        join(self, other)
        if len(joins) == at:
            raise KeyboardInterrupt

    with interrupted_joins(interrupted):
        groups_of(folder).merge(resume=kept)
    assert same_groups(groups_of(folder).merge(resume=kept), expected)


def test_groups_that_grow_are_added_to(folder, tmp_path):
    kept = tmp_path / "kept"
    groups_of(folder).merge(resume=kept)
    result_of(77, 0.9, "Artemis").save(folder / "run_97.npz")
    result_of(78, 0.3, "Artemis").save(folder / "run_98.npz")
    total = groups_of(folder).merge(resume=kept)
    assert list(total) == [0.0, 0.3, 0.6, 0.9]
    assert same_groups(total, groups_of(folder).merge())


def test_numbers_are_compared_by_the_size_of_their_column(tmp_path):
    """Delays in seconds differ by less than what rounding leaves of 0 among angles."""
    for k in range(4):
        theta = [-1.0, -(2.0**-52), 1.0, 2.0][k]
        result = result_of(k, theta, "Artemis").with_parameters(delay=k * 1e-12)
        result.save(tmp_path / f"run_{k}.npz")
    campaign = scan_results(tmp_path)
    assert campaign.where(delay=2e-12).paths == (tmp_path / "run_2.npz",)
    assert campaign.where(delay=[0, 3e-12 * (1 + 1e-12)]).paths == (
        tmp_path / "run_0.npz",
        tmp_path / "run_3.npz",
    )
    assert campaign.where(theta=0).paths == (tmp_path / "run_1.npz",)
    with pytest.raises(ValueError, match="None of the 4 files"):
        campaign.where(theta=math.inf)


def test_two_small_values_of_a_column_are_two(tmp_path):
    folder = tmp_path / "delay=1e-12"
    folder.mkdir()
    result_of(1, 0.5, "Artemis").with_parameters(delay=2e-12).save(folder / "run.npz")
    with pytest.raises(ResultError, match="'delay' is 2e-12 there already"):
        _ = scan_results(folder).files


@pytest.mark.parametrize(("first", "second"), [(0.1 + 0.2, 0.3), (-0.0, 0.0)])
def test_a_sum_is_found_whichever_of_equal_values_comes_first(tmp_path, first, second):
    result_of(1, first, "Artemis").save(tmp_path / "run_2.npz")
    scan_results(tmp_path).group_by("theta").merge(resume=tmp_path / "kept")
    result_of(2, second, "Artemis").save(tmp_path / "run_1.npz")
    total = scan_results(tmp_path).group_by("theta").merge(resume=tmp_path / "kept")
    (one,), (expected,) = total.values(), scan_results(tmp_path).group_by("theta").merge().values()
    assert dict(one) == dict(expected)
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_sums_of_groups_that_do_not_fit_are_refused(folder, tmp_path):
    kept = tmp_path / "kept"
    groups_of(folder).merge(resume=kept)
    with pytest.raises(ResultError, match=r"theta=0\.0\.npz keeps a sum of other steps"):
        scan_results(folder).group_by("theta").merge(resume=kept)
    with pytest.raises(ResultError, match="not among the 3 files of this group"):
        groups_of(folder, exclude=folder / "run_01.npz").merge(resume=kept)
    with pytest.raises(ResultError, match=r"theta=0\.0\.npz, which is not the sum of a group"):
        groups_of(folder, "qpu").merge(resume=kept)
    with pytest.raises(ResultError, match=r"theta=0\.6\.npz, which is not the sum of a group"):
        scan_results(folder).where(theta=[0.0, 0.3]).group_by("theta").merge(resume=kept)
    with pytest.raises(ResultError, match="holds files of the campaign"):
        groups_of(folder).merge(resume=folder)
    with pytest.raises(ResultError, match="names a folder"):
        groups_of(folder).merge(resume=kept / "theta=0.0.npz")
    result_of(5, 0.3, "Apollo", 61).save(folder / "run_05.parquet")
    with pytest.raises(ResultError, match=r"run_05\.parquet, which had .* has changed since"):
        groups_of(folder).merge(resume=kept)


def test_groups_of_one_name_cannot_be_kept(tmp_path):
    for k, theta in enumerate([1, "1"]):
        result_of(k, theta, "Artemis").save(tmp_path / f"run_{k}.npz")
    with pytest.raises(ResultError, match="tell them apart"):
        scan_results(tmp_path).group_by("theta").merge(resume=tmp_path / "kept")


def test_names_of_groups_that_no_file_may_have_are_refused_before_anything_is_read(tmp_path):
    """And not when the first sum is saved, after the work."""
    for k in range(2):
        result_of(k, "a" * (240 + k), "Artemis").save(tmp_path / f"run_{k}.npz")
    groups, tried = scan_results(tmp_path).group_by("theta"), []
    with pytest.raises(ResultError, match="longer name than a file may have"):
        scan_results(tmp_path).group_by("theta", "qpu").merge(
            resume=tmp_path / "kept", progress=lambda *done: tried.append(done)
        )
    assert not tried
    assert not (tmp_path / "kept").exists()
    assert same_groups(groups.merge(resume=tmp_path / "kept"), groups.merge())


def test_broken_files_of_groups_are_tried_again(folder, tmp_path):
    kept, broken = tmp_path / "kept", folder / "run_03.json"
    whole, expected = broken.read_bytes(), groups_of(folder).merge()
    groups = groups_of(folder)
    broken.write_bytes(whole[:90])
    with pytest.raises(CampaignError, match="run_03"):
        groups.merge(resume=kept)
    assert {row["path"]: row["status"] for row in groups.manifest.rows()}[str(broken)] == "failed"
    broken.write_bytes(whole)
    assert same_groups(groups_of(folder).merge(resume=kept), expected)


def test_files_of_names_that_are_no_text_stay_in_the_manifest(tmp_path):
    for k, name in enumerate((os.fsdecode(b"run_\xff.npz"), "run_2.npz")):
        result_of(k, 0.5, "Artemis").save(tmp_path / name)
    kept = tmp_path / "kept" / "sum.npz"
    total = scan_results(tmp_path).merge(resume=kept)
    campaign = scan_results(tmp_path)
    assert same(campaign.merge(resume=kept), total)
    assert [row["status"] for row in campaign.manifest.rows()] == ["added", "added"]
