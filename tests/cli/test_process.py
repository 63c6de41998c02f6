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
    assert shown[0] == "1 file, 17 samples, 3 states"
    assert shown[1] == "|1,1,1>  9"


@pytest.mark.parametrize(("n_states", "last"), [(10, "|10>  1"), (12, "... 2 more states")])
def test_ten_states_are_shown(tmp_path, capsys, n_states, last):
    SamplingResult({(k,): 11 - min(k, 10) for k in range(1, n_states + 1)}).save(tmp_path / "a.json")
    assert run(tmp_path / "a.json") == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 11 + (n_states > 10)
    assert shown[-1] == last


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


def test_the_sum_is_never_an_input(files, capsys):
    """The same command twice gives the same sum, also where a pattern of the shell names it."""
    total = files / "total.json"
    for inputs in ([files], [files], [files / "a.json", files / "b.npz", total]):
        assert run(*inputs, "--out", total) == 0
        assert lw.load_result(total).n_samples == 20
    assert "total.json is where the sum is written" in capsys.readouterr().err
    assert run(total, "--out", total) == 1
    assert "no files left" in capsys.readouterr().err
    assert lw.load_result(total).n_samples == 20
    assert run(files, files / "a.json", "--exclude", total) == 0
    captured = capsys.readouterr()
    assert "taken once" in captured.err
    assert "2 files, 20 samples" in captured.out


@pytest.mark.parametrize("again", [False, True])
def test_the_name_of_the_sum_is_no_pattern(tmp_path, again, capsys):
    """Every input was left out whose name `--out`, read as a pattern, stood for; nothing told of it."""
    for name in ("sum1", "sum2"):
        SamplingResult({(0, 1): 1}).save(tmp_path / f"{name}.npz")
    out = str(tmp_path / "sum[1].npz")
    for _ in range(1 + again):
        assert main(["process", str(tmp_path), "--out", out, "--quiet"]) == 0
    assert lw.load_result(out).n_samples == 2
    assert again is ("so it is not an input" in capsys.readouterr().err)


def test_the_file_tells_what_was_done_and_what_was_left_out(files, capsys):
    (files / "bad.json").write_text("{")
    out = files / "out" / "sum.json"
    arguments = (files, "--rule", "0=0,1", "--map", "parity", "--on-error", "skip", "--out", out)
    assert run(*arguments) == 0
    assert "2 of 3 files" in capsys.readouterr().out
    loaded = lw.load_result(out)
    assert [entry["step"] for entry in loaded.history] == ["post_select", "map", "merge"]
    assert loaded.history[0]["rules"] == [[[0], [0, 1]]]
    assert loaded.metadata["files"] == 2
    assert list(loaded.metadata["failed"]) == [str(files / "bad.json")]
    assert run(*arguments, "--plain") == 0
    assert out.read_text().startswith('{\n    "')
    assert run(*arguments[:-1], out.with_suffix(".npz"), "--plain") == 1
    assert "--plain" in capsys.readouterr().err


def test_what_to_do_about_broken_files_is_told(files, capsys):
    (files / "bad.json").write_text("{")
    out = files / "out" / "sum.json"
    assert run(files, "--out", out) == 1
    error = capsys.readouterr().err
    assert "nothing was written" in error
    assert "--on-error skip" in error
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_told_before_the_work(files, capsys, monkeypatch):
    from lwfast.results import Campaign

    monkeypatch.setattr(Campaign, "merge", None)
    (files / "x.json").mkdir()
    for out in (f"{files}/", files / "x.json", files / "a.json" / "b.json"):
        assert run(files, "--out", out) == 1
        assert capsys.readouterr().err.startswith("lwfast process: ")


def test_workers_that_die_are_told(files, capsys, monkeypatch):
    from concurrent.futures.process import BrokenProcessPool

    from lwfast.errors import CampaignError
    from lwfast.results import Campaign

    def dies(*_, **__):
        raise CampaignError("A worker ended abruptly.") from BrokenProcessPool("gone")

    monkeypatch.setattr(Campaign, "merge", dies)
    for on_error in ("raise", "skip"):
        assert run(files, "--workers", 2, "--on-error", on_error) == 1
        error = capsys.readouterr().err
        assert "fewer --workers" in error
        assert "--on-error" not in error


def test_a_sum_of_nothing_replaces_no_file(files, capsys):
    """Where no file is left there is no sum, whatever is skipped."""
    out = files / "sum" / "total.json"
    assert run(files, "--out", out) == 0
    before = out.read_bytes()
    for path in (files / "a.json", files / "b.npz"):
        path.write_text("broken")
    assert run(files, "--on-error", "skip", "--out", out) == 1
    captured = capsys.readouterr()
    assert "nothing was written" in captured.err
    assert "a.json" in captured.err
    assert out.read_bytes() == before
    assert run(files, "--on-error", "skip") == 1


def test_files_without_data_are_named(files, capsys):
    (files / "null.json").write_text('{"results": null}')
    assert run(files) == 0
    assert "1 file without data: " in capsys.readouterr().out


def test_endless_numbers_are_not_repeated(files, capsys):
    with pytest.raises(SystemExit):
        run(files, "--rule", "0=" + "1" * 5000)
    error = capsys.readouterr().err
    assert "9 digits" in error
    assert len(error.splitlines()[-1]) < 300


def test_endings_that_are_no_form_are_refused(files, capsys):
    """`x.h5` became `x.h5.json`; a number behind a dot is part of a name."""
    out = files / "out" / "x.h5"
    assert run(files, "--out", out) == 1
    assert "x.h5 ends in .h5" in capsys.readouterr().err
    assert not out.parent.exists()
    assert run(files, "--out", files / "out" / "run_0.25") == 0
    assert (files / "out" / "run_0.25.json").exists()
    assert run(files, "--out", files / "out" / "x.csv") == 0
    assert lw.load_result(files / "out" / "x.csv") == lw.load_result(files / "out" / "run_0.25")


def test_that_nothing_is_left_is_told(files, capsys):
    assert run(files, "--rule", "0=100") == 0
    assert "no samples are left" in capsys.readouterr().err
    assert run(files) == 0
    assert "no samples" not in capsys.readouterr().err


def test_an_interrupted_run_goes_on(files, capsys, monkeypatch):
    from lwfast.results.campaign import chunks

    kept, out = files / "kept[1].npz", files / "out.json"
    read, names = chunks.read_columns, []

    def interrupted(path, *given, **more):
        names.append(path.name)
        if path.name == "b.npz" and names.count("b.npz") == 1:
            raise KeyboardInterrupt
        return read(path, *given, **more)

    monkeypatch.setattr(chunks, "read_columns", interrupted)
    asked = files, "--resume", kept, "--out", out
    assert run(*asked) == 130
    said = capsys.readouterr().err
    assert said.startswith("lwfast: interrupted: ")
    assert "of 2 files" in said
    assert "kept[1].npz" in said
    assert not out.exists()
    assert run(*asked) == 0
    SamplingResult({(0, 1, 1): 10}).save(files / "c.json")
    names.clear()
    assert run(*asked) == 0
    assert names == ["c.json"]  # neither those that are kept, nor what is kept, nor what was written
    assert lw.load_result(out) == {(0, 1, 1): 16, (2, 0, 1): 3, (0, 0, 0): 9, (1, 1, 1): 2}


def test_a_kept_sum_is_of_one_command_and_has_a_file_of_its_own(files, capsys):
    kept = files / "kept.npz"
    assert run(files, "--resume", kept) == 0
    assert run(files, "--resume", kept, "--rule", "0=0") == 1
    assert "kept.npz" in capsys.readouterr().err
    assert run(files, "--resume", kept, "--out", kept) == 1
    assert "file of its own" in capsys.readouterr().err
    assert run(files, "--resume", files / "kept.json") == 1
    assert ".npz or .parquet" in capsys.readouterr().err
