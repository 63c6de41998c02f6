"""`lwfast process`."""

from __future__ import annotations

import pytest

import lwfast as lw
from lwfast.cli import main
from lwfast.results import SamplingResult


@pytest.fixture
def files(tmp_path):
    SamplingResult({(0, 1, 1): 5, (2, 0, 1): 3, (0, 0, 0): 9}).save(tmp_path / "a.json")
    SamplingResult({(0, 1, 1): 1, (1, 1, 1): 2}).save(tmp_path / "b.npz")
    return tmp_path


def run(*arguments):
    return main([str(a) for a in ("process", *arguments)])


def test_files_are_selected_mapped_and_added_up(files, capsys):
    out = files / "out" / "sum.parquet"
    code = run(files, "--rule", "0,1=1,2", "--herald", "2=1", "--map", "threshold", "--out", out)
    assert code == 0
    assert lw.load_result(out) == {(0, 1): 6, (1, 0): 3, (1, 1): 2}
    assert "2 files, 11 samples, 3 states" in capsys.readouterr().out


def test_without_a_file_the_largest_counts_are_shown(files, capsys):
    assert run(files / "*.json", "--map", "parity:invert") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "1 files, 17 samples, 3 states"
    assert shown[1] == "|1,1,1>  9"


def test_two_workers_give_the_same(files, capsys):
    assert run(files, "--workers", 2, "--out", files / "x.json") == 0
    assert lw.load_result(files / "x.json") == {(0, 1, 1): 6, (2, 0, 1): 3, (0, 0, 0): 9, (1, 1, 1): 2}


def test_broken_files_are_named(files, capsys):
    (files / "bad.json").write_text("{")
    assert run(files) == 1
    assert "bad.json" in capsys.readouterr().err
    assert run(files, "--on-error", "skip", "--quiet") == 0
    captured = capsys.readouterr()
    assert "bad.json" in captured.err
    assert captured.out == ""
    assert run(files / "nothing*") == 1
    assert run(files, "--rule", "7=1", "--on-error", "raise") == 1
    assert "mode 7" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rule", "0"),
        ("--rule", "x=1"),
        ("--rule", "0=-1"),
        ("--herald", "0,1=1"),
        ("--map", "other"),
        ("--map", "parity:twice"),
        ("--on-error", "maybe"),
    ],
)
def test_wrong_arguments_are_told(files, arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        run(files, *arguments)
    assert caught.value.code == 2
    assert arguments[1] in capsys.readouterr().err


def test_workers_are_at_least_one(files):
    assert run(files, "--workers", 0) == 2
