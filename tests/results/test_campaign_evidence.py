"""What a run says of the files that it read, and what it refuses of a sum that it kept."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast.errors import LightworksError, ResultError, ResultFormatError
from lwfast.results import scan_results
from lwfast.results.campaign.checkpoint import KEY
from tests.results.campaign_runs import result_of


@pytest.fixture
def runs(tmp_path):
    """Six files of two settings."""
    folder = tmp_path / "runs"
    folder.mkdir()
    for k in range(6):
        result_of(k, 0.5 * (k % 2), "Artemis").save(folder / f"run_{k}.npz")
    return folder


def kinds(folder, kept):
    """A run of a campaign, and one of its groups, each with the file that keeps a sum of run_1."""
    single, groups = scan_results(folder), scan_results(folder).group_by("theta")
    return {
        "campaign": (single, kept / "sum.npz", kept / "sum.npz"),
        "group": (groups, kept / "groups", kept / "groups" / "theta=0.5.npz"),
    }


KINDS = pytest.mark.parametrize("kind", ["campaign", "group"])


@KINDS
def test_a_manifest_says_which_version_of_each_file_was_read(runs, tmp_path, kind):
    """Also of files that were read by the run before, which it tells from those of this one."""
    run, resume, _ = kinds(runs, tmp_path)[kind]
    run.merge(resume=resume)
    result_of(9, 0.5, "Artemis").save(runs / "run_9.npz")
    again, _, _ = kinds(runs, tmp_path)[kind]
    again.merge(resume=resume)
    table = again.manifest
    about = [Path(path).stat() for path in table["path"]]
    assert table["bytes"] == [found.st_size for found in about]
    times = [dt.datetime.fromisoformat(text).timestamp() for text in table["modified"]]
    assert times == pytest.approx([found.st_mtime for found in about], abs=1e-3)
    assert table["resumed"] == [True] * 6 + [False]
    assert table["samples"] == [lw.load_result(path).n_samples for path in table["path"]]
    if kind == "group":
        assert table["theta"] == [0.0, 0.5] * 3 + [0.5]
    assert table.to_arrow().num_rows == table.to_polars().height == 7


def test_columns_of_groups_do_not_hide_those_of_a_manifest(runs):
    for k, path in enumerate(sorted(runs.iterdir())):
        lw.load_result(path).with_parameters(status=f"s{k % 2}", theta=None).save(path)
    groups = scan_results(runs).group_by("status", "job_id")
    groups.merge()
    assert groups.manifest["status"] == ["added"] * 6
    assert groups.manifest["group_status"] == ["s0", "s1"] * 3
    assert groups.manifest["job_id"] == list(range(6))


@KINDS
def test_a_file_that_changed_is_refused_with_what_it_was(runs, tmp_path, kind):
    """The value, what it is compared with, and what to do, which then helps."""
    run, resume, kept = kinds(runs, tmp_path)[kind]
    run.merge(resume=resume)
    changed, copy = runs / "run_1.npz", tmp_path / "copy.npz"
    shutil.copy2(changed, copy)
    before = changed.stat().st_size
    result_of(77, 0.5, "Artemis", 300).save(changed)
    result_of(78, 0.5, "Artemis", 300).save(runs / "run_3.npz")
    with pytest.raises(ResultError) as error:
        kinds(runs, tmp_path)[kind][0].merge(resume=resume)
    said = str(error.value)
    assert f"{kept} holds the counts of {changed}, which had {before:,} bytes, changed at 20" in said
    assert f"now it has {changed.stat().st_size:,} bytes, changed at 20" in said
    assert f"The same is true of 1 more of its {6 if kind == 'campaign' else 3} files." in said
    assert f"Put that version back under that path, or remove {kept}" in said
    kept.unlink()
    kinds(runs, tmp_path)[kind][0].merge(resume=resume)


@KINDS
def test_a_file_that_moved_is_refused_with_where_it_is(runs, tmp_path, kind):
    run, resume, _ = kinds(runs, tmp_path)[kind]
    run.merge(resume=resume)
    gone = runs / "run_1.npz"
    moved = gone.rename(runs / "run_8.npz")
    with pytest.raises(ResultError) as error:
        kinds(runs, tmp_path)[kind][0].merge(resume=resume)
    n_files = 6 if kind == "campaign" else 3
    assert f"is not among the {n_files} files of this {kind} ({moved}, which is, has the same" in str(
        error.value
    )
    moved.rename(gone)
    kinds(runs, tmp_path)[kind][0].merge(resume=resume)


def edited(path, change):
    """Change what a kept sum says of itself, as by hand."""
    with np.load(path) as archive:
        arrays = dict(archive)
    about = json.loads(str(arrays["metadata"]))
    change(about)
    np.savez(path, **{**arrays, "metadata": np.array(json.dumps(about))})


def entries(about):
    return about["metadata"][KEY]["files"]


def set_entry(value):
    def change(about):
        entries(about)[next(iter(entries(about)))] = value

    return change


def set_place(place, value):
    def change(about):
        next(iter(entries(about).values()))[place] = value

    return change


EDITS = {
    "number": set_entry(5),
    "null": set_entry(None),
    "object": set_entry({"samples": 3}),
    "short": set_entry([1, 2, 3]),
    "long": set_entry([1, 2, 3, 4, 5, False, None, 0]),
    "text": set_place(2, "many"),
    "fraction": set_place(2, 1.5),
    "truth": set_place(3, True),
    "negative": set_place(3, -1),
    "counts": set_place(3, 1),
    "sum": set_place(5, 0),
    "job": set_place(6, "17770"),
    "pair": set_place(6, [1, 2]),
    "list": lambda about: about["metadata"][KEY].update(files=[]),
    "nothing": lambda about: about["metadata"].update({KEY: None}),
    "history": lambda about: about.update(history=[{"step": "merge", "results": 2, "of": [3, 4]}]),
    "failed": lambda about: about["metadata"].update(failed=3),
}


@KINDS
@pytest.mark.parametrize("edit", EDITS)
def test_a_kept_sum_that_was_edited_is_refused_by_name(runs, tmp_path, kind, edit):
    """With the file and what to do; or it does no harm."""
    run, resume, kept = kinds(runs, tmp_path)[kind]
    expected = run.merge(resume=resume)
    edited(kept, EDITS[edit])
    again = kinds(runs, tmp_path)[kind][0]
    if edit == "failed":
        assert again.merge(resume=resume) == expected
        return
    with pytest.raises(ResultFormatError) as error:
        again.merge(resume=resume)
    assert str(kept) in str(error.value)
    assert "give resume= another name" in str(error.value)


@KINDS
@pytest.mark.parametrize("body", [b"", b"PK", b"not a result", None])
def test_a_kept_sum_that_cannot_be_read_is_refused_by_name(runs, tmp_path, kind, body):
    run, resume, kept = kinds(runs, tmp_path)[kind]
    run.merge(resume=resume)
    kept.write_bytes(kept.read_bytes()[:-40] if body is None else body)
    with pytest.raises(ResultFormatError) as error:
        kinds(runs, tmp_path)[kind][0].merge(resume=resume)
    assert str(error.value).count(str(kept)) == 2
    assert f"remove {kept} to add up all files anew" in str(error.value)


def test_a_folder_in_place_of_a_kept_sum(runs, tmp_path):
    (tmp_path / "sum.npz").mkdir()
    with pytest.raises(ResultError, match=r"sum\.npz is a folder; resume= of a campaign names one file"):
        scan_results(runs).merge(resume=tmp_path / "sum.npz")


ODD = (None, True, 0, -1, 2.5, "text", [], [1], {}, {"a": 1})


def parts_of(value):
    """Every list and object in a value, with each place in it."""
    if isinstance(value, dict | list):
        for place in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, place
            yield from parts_of(value[place])


@pytest.mark.parametrize("seed", range(20))
def test_no_edit_gives_an_error_of_python(runs, tmp_path, seed):
    """Whatever a kept sum says of itself, a run goes on with it or refuses it in our words."""
    rng = random.Random(seed)
    resume = tmp_path / "sum.npz"
    scan_results(runs, exclude=runs / "run_5.npz").map("parity").merge(resume=resume)
    whole = resume.read_bytes()

    def change(about):
        where, place = rng.choice(list(parts_of(about)))
        where[place] = rng.choice(ODD)

    for _ in range(10):
        resume.write_bytes(whole)
        edited(resume, change)
        with contextlib.suppress(LightworksError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as that it is the sum of sums
            scan_results(runs).map("parity").merge(resume=resume)
