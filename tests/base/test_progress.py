from __future__ import annotations

import sys

import numpy as np
import pytest

import lwfast as lw
from lwfast import emulator
from lwfast._base import progress as _progress
from lwfast._base.progress import Progress, step
from lwfast.optics.samples.sample_counts import sample_counts
from lwfast.remote.job_path.job_progress import JobProgress


def steps_of(call):
    seen = []
    with Progress(lambda *reported: seen.append(reported)):
        call()
    return seen


def test_everything_long_reports(monkeypatch):
    """Samples, counts, sources and permanents say how far they are, and end at the total."""
    monkeypatch.setattr("lwfast.optics.permanents.methods._SHOWN_FROM", 20)
    monkeypatch.setattr("lwfast.optics.samples.sample_counts._MULTINOMIAL_BLOCK", 50)
    source = emulator.Source(purity=0.9)
    wanted = {
        "boson samples": lambda: lw.boson_sample(lw.random_unitary(5, 1), [1] * 5, 50, rng=1),
        "samples counted": lambda: sample_counts(np.ones(20), 2_000_000, rng=1),
        "outcomes": lambda: sample_counts(np.ones(120), 1 << 24, rng=1),
        "ways to interfere": lambda: lw.output_distribution(np.eye(3), [1, 1, 0], source=source),
        "permanent of size 22": lambda: lw.permanent(lw.random_unitary(22, 1)),
    }
    for what, call in wanted.items():
        mine = [(done, total) for name, done, total in steps_of(call) if name == what]
        assert mine, what
        assert mine[-1][0] == mine[-1][1], what


@pytest.mark.parametrize("bars", [True, False])
def test_work_within_work(bars, monkeypatch, capsys):
    """Inner work that comes again and again leaves one line of the outer work, not a line each."""
    if bars:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setattr(_progress, "_bar", lambda *_, **__: None)
    with Progress(True):
        for outer in range(1, 4):
            step("outer", outer - 1, 3)
            for inner in range(1, 4):
                step("inner", inner, 3)
            step("outer", outer, 3)
        step("outer", 3, 3)
    shown = capsys.readouterr().err
    assert "outer" in shown
    assert "inner" in shown
    if not bars:
        assert shown.count("\n") == 1


def test_steps_without_a_known_number(monkeypatch, capsys):
    """A download may not say how long it is; the line then has no total, and ends when it is closed."""
    monkeypatch.setattr(_progress, "_bar", lambda *_, **__: None)
    monkeypatch.setattr(_progress, "_PAUSE_SECONDS", 0.0)
    shown = Progress(True)
    shown.report("bytes", 5, None)
    shown.report("bytes", 9, None)
    shown.close()
    assert capsys.readouterr().err == "\rbytes: 5\rbytes: 9\n"


@pytest.mark.parametrize(
    ("unit", "text"), [("file", "3000000/4000000 ["), ("file", "?file/s"), ("B", "3.00M/4.00M [")]
)
def test_a_bar_counts_in_its_unit(unit, text, capsys):
    pytest.importorskip("tqdm")
    with Progress(True, unit=unit) as shown:
        shown.report("work", 3_000_000, 4_000_000)
    assert text in capsys.readouterr().err


def test_what_was_done_before_does_not_count_as_fast_work(capsys):
    """A bar that begins at 390 of 400 said that the rest takes no time at all."""
    pytest.importorskip("tqdm")
    shown = Progress(True, unit="file")
    shown.begin("files", 400, 390)
    shown.close()
    assert "390/400 [00:00<?, ?file/s]" in capsys.readouterr().err


def test_true_is_a_line_without_tqdm_wherever_it_is_given(monkeypatch, capsys, tmp_path):
    """No function needs tqdm for its progress, and none stays silent without."""
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    path = lw.results.SamplingResult({(0, 1): 3}).save(tmp_path / "a.json")
    batch = lw.Batch(lw.Sampler, [[lw.Unitary(np.eye(2))], [lw.State([1, 0])], [10]])
    for call, text in (
        (lambda: lw.boson_sample(np.eye(2), [1, 0], 10, progress=True), "boson samples: 10 of 10"),
        (lambda: lw.scan_results(path).merge(progress=True), "files: 1 of 1"),
        (lambda: emulator.Backend().run(batch, progress=True), "tasks: 1 of 1"),
    ):
        call()
        shown = capsys.readouterr().err
        assert text in shown
        assert shown.endswith("\n")


def test_what_progress_may_be(tmp_path):
    """One check and one sentence for every function that shows progress; it names what a callable takes."""
    path = lw.results.SamplingResult({(0, 1): 3}).save(tmp_path / "a.json")
    task = lw.Sampler(lw.Unitary(np.eye(2)), lw.State([1, 0]), 10)
    for call, takes in (
        (lambda: lw.boson_sample(np.eye(2), [1, 0], 10, progress="yes"), "done, total"),
        (lambda: lw.scan_results(path).merge(progress="yes"), "done, total"),
        (lambda: emulator.Backend().run(task, progress="yes"), "what, done, total"),
        (lambda: lw.warmup(progress="yes"), "what, done, total"),
        (lambda: JobProgress("yes", 1), "job, status, position"),
    ):
        with pytest.raises(
            TypeError, match=rf"^`progress` should be True, False or a callable that takes \({takes}\)"
        ):
            call()
    with Progress(np.True_) as shown:
        assert shown.is_wanted


def test_counts_of_blocks_are_one_multinomial(monkeypatch):
    """Counts that are drawn block by block have the right sum, mean and spread, and no impossible outcome."""
    monkeypatch.setattr("lwfast.optics.samples.sample_counts._MULTINOMIAL_BLOCK", 7)
    weights = np.random.default_rng(4).random(40)
    weights[[0, 20, *range(28, 35)]] = 0.0
    n = 1 << 24
    counts = sample_counts(weights, n, rng=5)
    expected = n * weights / weights.sum()
    assert counts.sum() == n
    assert not counts[expected == 0].any()
    seen = expected > 0
    chi2 = ((counts[seen] - expected[seen]) ** 2 / expected[seen]).sum()
    assert chi2 < 31 + 5 * np.sqrt(2 * 31)
