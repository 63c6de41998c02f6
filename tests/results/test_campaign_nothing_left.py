"""Campaigns of which the steps leave nothing: they say why, and keep their modes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lwfast as lw
from lwfast.cli import main
from lwfast.results import SamplingResult, scan_results
from tests.results.campaign_runs import FORMS, result_of

WHY = r"in run_0\.\w+, the first of 4 files, post-selection kept none of \d+ states: none meets the rule that"


@pytest.fixture(params=[*FORMS, "csv"])
def folder(tmp_path, request):
    if request.param == "parquet":
        pytest.importorskip("pyarrow")
    for k in range(4):
        result_of(k, k % 2, "Artemis").save(tmp_path / f"run_{k}.{request.param}")
    return tmp_path


def none_left(folder):
    return scan_results(folder).post_select([((0,), (9,))])


def test_a_sum_says_why_and_keeps_its_modes(folder, tmp_path):
    campaign = none_left(folder)
    with ThreadPoolExecutor(2) as pool:
        in_threads = campaign.merge(executor=pool)
    for total in (campaign.merge(), in_threads):
        assert (len(total), total.n_modes) == (0, 4)
        assert total.nothing_left is not None
        for said in (total.nothing_left, repr(total)):
            assert_matches(WHY, said)
    with pytest.raises(ValueError, match=f"Result contains no data.*{WHY}"):
        campaign.plot()
    assert campaign.summarise().n_modes == 4
    assert campaign.post_select((), {3: 9}).merge().n_modes == 3
    mapped = none_left(folder).map("dual_rail_to_qubit")
    assert mapped.merge().n_modes == 2
    assert_matches(WHY, mapped.merge().nothing_left)


def assert_matches(pattern, text):
    import re

    assert re.search(pattern, text), text


def test_one_file_says_what_its_result_says(tmp_path):
    result = result_of(1, 0.5, "Artemis")
    path = result.save(tmp_path / "a.npz")
    assert none_left(path).merge().nothing_left == result.post_select([((0,), (9,))]).nothing_left


def test_a_resumed_sum_says_why_too(folder):
    kept = folder / "kept" / "sum.npz"
    for _ in range(2):
        total = none_left(folder).merge(resume=kept)
        assert total.n_modes == 4
        assert_matches(WHY, total.nothing_left)


def test_files_without_samples_are_no_reason(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    assert none_left(tmp_path).merge().nothing_left is None
    result_of(1, 0.5, "Artemis").save(tmp_path / "b.json")
    assert "the first of 2" not in none_left(tmp_path).merge().nothing_left
    assert scan_results(tmp_path).merge().nothing_left is None


def test_groups_of_which_nothing_is_left_keep_their_modes(tmp_path):
    pa = pytest.importorskip("pyarrow")
    for k in range(4):
        result = result_of(k, k % 2, "Artemis")
        (result if k % 2 else result.post_select([((0,), (0,))])).save(tmp_path / f"run_{k}.npz")
    for rule, n_left in (([((0,), (9,))], 0), ([((0,), (1, 2))], 1)):
        groups = scan_results(tmp_path).post_select(rule).group_by("theta").merge()
        assert [result.n_modes for result in groups.values()] == [4, 4]
        assert [result.nothing_left is None for result in groups.values()] == [False, n_left == 1]
        assert pa.types.is_fixed_size_list(groups.to_arrow().schema.field("state").type)
        assert np.isnan(groups.expectation({(1, 0, 0, 0): 1}).values).sum() == 2 - n_left
        total = groups.total()
        assert (total.n_modes, total.nothing_left is None) == (4, n_left == 1)


def test_sums_of_results_say_why_too():
    parts = [SamplingResult({(1, 0, k): 3}).post_select([((0,), (2,))]) for k in range(3)]
    for total in (lw.merge_results(parts), sum(parts[1:], parts[0]), lw.merge_results(parts[:1])):
        assert total.n_modes == 3
        assert "post-selection kept none of 1 state: none meets the rule" in total.nothing_left
    assert lw.merge_results([*parts, SamplingResult({(1, 0, 0): 3})]).nothing_left is None


def test_the_command_says_why(folder, capsys):
    assert main(["process", str(folder), "--rule", "0=9"]) == 0
    assert_matches("no samples are left: " + WHY, capsys.readouterr().err)
