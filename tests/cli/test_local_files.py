"""The commands for files on this machine: show, plot, compare, sample."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import lwfast as lw
from lwfast import remote
from lwfast.cli import main
from lwfast.cli.local_files.compare_command import differences
from lwfast.emulator import run_raw
from lwfast.results import SamplingResult, total_variation
from lwfast.scheduler.qpus import parse_qpus, profile_text
from lwfast.wire import payload_to_builtins
from tests.cli.test_finding import fake, run
from tests.faults.isolation import folders, ours, quick
from tests.remote.samples import batch, sampler

__all__ = ["fake", "folders", "ours", "quick", "run"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SamplingResult({(0, 2): 60, (2, 0): 30, (1, 1): 10}).save("a.npz")
    SamplingResult({(0, 2): 600, (2, 0): 290, (0, 1): 110}).save("b.json")
    SamplingResult({(1, 0): 1}).save("one.csv")
    (tmp_path / "bad.json").write_text("{")
    sweep_file()
    return tmp_path


def sweep_file():
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, lw.Parameter(0.0, label="phi"))
    circuit.bs(0)
    parameter = circuit.get_all_params()[0]
    task = lw.Sampler(circuit, lw.State([1, 0]), 100, random_seed=1)
    lw.emulator.Backend().run(lw.Sweep(task, {parameter: [0.0, 1.0, 2.0]})).save("sweep.npz")


# --- show -----------------------------------------------------------------------------------------------


def test_show(run, files):
    code, out, _ = run("show", "a.npz")
    assert code == 0
    assert out == (
        "SamplingResult: 2 modes\n\n        60  |0,2>\n        30  |2,0>\n        10  |1,1>\n"
        "       100  samples in 3 outcomes\n"
    )
    assert run("show", "a.npz", "--top", "1")[1].endswith("samples in 3 outcomes, 2 of them not shown\n")
    assert run("show", "one.csv")[1].endswith("         1  sample in 1 outcome\n")
    found = json.loads(run("show", "b", "--json", "--top", "2")[1])
    assert found == {
        "modes": 2,
        "samples": 1000,
        "outcomes": 3,
        "counts": [{"state": [0, 2], "count": 600}, {"state": [2, 0], "count": 290}],
    }


def test_show_a_sweep(run, files):
    code, out, _ = run("show", "sweep.npz")
    assert code == 0
    assert out.startswith("SweepResult: 3 settings of phi\n")
    assert len(out.splitlines()) == 4
    found = json.loads(run("show", "sweep.npz", "--json")[1])
    assert [one["setting"] for one in found] == [{"phi": 0.0}, {"phi": 1.0}, {"phi": 2.0}]


def test_show_on_a_terminal(run, files, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run("show", "a.npz")
    assert code == 0
    assert "60.00%" in out
    assert "█" * 20 in out
    assert out.endswith("100 samples in 3 outcomes\n")


def test_what_is_no_result(run, files):
    code, _, err = run("show", "bad.json")
    assert (code, "bad.json" in err, err.count("\n")) == (1, True, 1)
    (files / "task.json").write_text(json.dumps(payload()))
    for command in (["show", "task.json"], ["plot", "task.json"], ["compare", "a.npz", "task.json"]):
        code, _, err = run(*command)
        assert (code, "holds a task, not a result; `lwfast sample task.json` runs it here." in err) == (
            1,
            True,
        )


# --- plot -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "written", "head"),
    [
        (["a.npz"], "a.png", b"\x89PNG"),
        (["b.json", "--top", "2", "--errors", "-o", "b.svg"], "b.svg", b"<?xml"),
        (["a.npz", "b.json", "--normalize", "-o", "both.pdf"], "both.pdf", b"%PDF"),
        (["sweep.npz", "--errors"], "sweep.png", b"\x89PNG"),
    ],
)
def test_plot(run, files, words, written, head):
    code, out, _ = run("plot", *words)
    assert (code, out) == (0, f"Drawn into {written}.\n")
    assert (files / written).read_bytes().startswith(head)


@pytest.mark.parametrize("words", [["a.npz", "-o", "a.xyz"], ["sweep.npz", "a.npz"], ["a.npz", "-o", "-"]])
def test_what_cannot_be_plotted(run, files, words, capsys):
    with pytest.raises(SystemExit) as caught:
        run("plot", *words)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_results_of_very_different_sizes_are_better_drawn_as_shares(run, files):
    SamplingResult({(0, 2): 500, (2, 0): 501}).save("large.npz")
    assert run("plot", "a.npz", "large.npz", "--normalize")[2] == ""
    assert run("plot", "a.npz", "b.json")[2] == ""  # ten times as many
    note = "the bars of 100 samples beside those of 1,001 are hardly visible; --normalize draws shares"
    assert run("plot", "a.npz", "large.npz")[2] == f"lwfast: {note} instead of counts.\n"


# --- compare --------------------------------------------------------------------------------------------


def test_compare(run, files):
    code, out, _ = run("compare", "a.npz", "b.json")
    assert code == 0
    assert "A: a.npz, 100 samples in 3 outcomes\nB: b.json, 1,000 samples in 3 outcomes\n" in out
    assert "total variation distance" in out
    found = json.loads(run("compare", "a.npz", "b.json", "--json")[1])
    a, b = lw.load_result("a.npz"), lw.load_result("b.json")
    assert found["total_variation"] == total_variation(a, b)._asdict()
    assert found["outcomes"][0]["state"] == [1, 1]
    same = run("compare", "a.npz", "a.npz")[1]
    assert "These may well be samples of one distribution: chi-square is " in same
    assert re.search(
        r"is \d+\.\d standard errors (above|below) what counting noise alone gives\.$", same.strip()
    )
    assert re.search(r"^fidelity +1 ", same, re.MULTILINE)


def test_different_distributions_are_called_so(run, files):
    SamplingResult({(0, 2): 5000, (2, 0): 5000}).save("x.json")
    SamplingResult({(0, 2): 6000, (2, 0): 4000}).save("y.json")
    assert "These are different distributions" in run("compare", "x.json", "y.json")[1]


def test_differences_are_those_of_two_proportions():
    """Against the formula, outcome by outcome; the law of their sigmas is that of a normal distribution."""
    a, b = SamplingResult({(0, 1): 70, (1, 0): 30}), SamplingResult({(0, 1): 450, (2, 0): 50})
    found = {tuple(one.state): one for one in differences(a, b, 10)}
    assert set(found) == {(0, 1), (1, 0), (2, 0)}
    pooled = (70 + 450) / 600
    error = np.sqrt(pooled * (1 - pooled) * (1 / 100 + 1 / 500))
    assert found[0, 1].sigmas == pytest.approx((0.9 - 0.7) / error)
    assert (found[1, 0].b, found[2, 0].a) == (0, 0)
    assert [abs(one.sigmas) for one in differences(a, b, 2)] == sorted(
        (abs(one.sigmas) for one in found.values()), reverse=True
    )[:2]
    rng = np.random.default_rng(3)
    drawn = [
        differences(*(SamplingResult({(0, 1): int(n), (1, 0): 400 - int(n)}) for n in pair), 1)[0].sigmas
        for pair in rng.binomial(400, 0.3, (500, 2))
    ]
    assert np.std(drawn) == pytest.approx(1, abs=0.12)


def test_what_cannot_be_compared(run, files):
    code, _, err = run("compare", "a.npz", "sweep.npz")
    assert (code, "holds a sweep" in err) == (1, True)
    SamplingResult({(0, 1, 0): 5}).save("three.json")
    assert run("compare", "a.npz", "three.json")[0] == 1


# --- sample ---------------------------------------------------------------------------------------------


def payload(**changes):
    from tests.scheduler.harness import payload as made

    return made(4, 2, n_samples=500, **changes)


def test_sample_is_what_a_scheduler_would_run(run, files):
    """The same samples as the emulator's for a seed, with the task's post-selection applied."""
    (files / "task.json").write_text(json.dumps(payload()))
    assert run("sample", "task.json", "--seed", "7", "-o", "s.npz")[0] == 0
    found = lw.load_result("s.npz")
    matrix = np.fft.fft(np.eye(4)) / 2
    states, counts = run_raw(matrix, (1, 1, 0, 0), 500, min_detection=1, rng=7)
    assert dict(found) == {
        lw.State(state): count for state, count in zip(states.tolist(), counts.tolist(), strict=True)
    }
    rules = {"post_select": [[[0], [1]]], "herald": None}
    (files / "rules.json").write_text(json.dumps(payload(job_data=rules)))
    assert run("sample", "rules.json", "--seed", "7", "-o", "r.json")[0] == 0
    kept = lw.load_result("r.json")
    assert dict(kept) == {state: count for state, count in found.items() if state[0] == 1}
    assert run("sample", "rules.json", "--seed", "7", "--raw", "-o", "raw.json")[0] == 0
    assert dict(lw.load_result("raw.json")) == dict(found)


def test_sample_prints(run, files):
    (files / "task.json").write_text(json.dumps(payload()))
    code, out, _ = run("sample", "task.json", "-n", "1000", "--top", "2")
    assert code == 0
    assert len(out.splitlines()) == 3
    assert out.splitlines()[-1].split()[:2] == ["1000", "samples"]
    first, again = (json.loads(run("sample", "task", "--seed", "3", "--json")[1]) for _ in range(2))
    assert first == again
    assert first["samples"] == 500
    assert lw.settings.unitary_precision is None


def test_sample_a_saved_job(run, files, ours):
    job = remote.QPU("Artemis").run_async(sampler())
    job.save_to_file("job")
    assert "100  samples" in run("sample", "job")[1]
    remote.QPU("Artemis").run_async(batch(2)).save_to_file("batch")
    code, _, err = run("sample", "batch.json")
    assert (code, "a batch of 2 jobs" in err) == (1, True)


def test_sample_a_sweep(run, files):
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, lw.Parameter(0.0, label="phi"))
    circuit.bs(0)
    sweep = lw.Sweep(
        lw.Sampler(circuit, lw.State([1, 0]), 100), {circuit.get_all_params()[0]: [0.0, 1.0, 2.0]}
    )
    with remote.local_scheduler(workers=1):
        job = remote.QPU("Artemis").run(sweep)
        (files / "sweep.json").write_text(json.dumps(payload_to_builtins(job.payload)))
    code, out, err = run("sample", "sweep.json", "--seed", "1")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["phi=0", "phi=1", "phi=2"]


def test_noise_is_that_of_the_qpu_file(run, files):
    """Loss makes outcomes of one photon; without a file there are none."""
    (files / "task.json").write_text(json.dumps(payload()))

    def photons(*options):
        found = json.loads(run("sample", "task.json", "--json", "--top", "99", "--seed", "1", *options)[1])
        return {sum(one["state"]) for one in found["counts"]}

    assert photons() == {2}
    assert 1 in photons("--hardware", "artemis-like")
    assert parse_qpus(profile_text("artemis-like"), "x")["Artemis"].hardware["loss"]
    (files / "qpus.toml").write_text(profile_text("artemis").replace('"Artemis"', '"Apollo"'))
    code, _, err = run("sample", "task.json", "--config", "qpus.toml")
    assert (code, "describes Apollo" in err) == (1, True)
    code, _, err = run("sample", "task.json", "--config", "none.toml")
    assert (code, "none.toml" in err) == (1, True)


def test_the_name_of_the_clients_profile_means_nothing_else(files):
    """`--profile` is a profile of config.toml, which no task is run with."""
    (files / "task.json").write_text(json.dumps(payload()))
    with pytest.raises(SystemExit):
        main(["sample", "task.json", "--profile", "artemis-like"])


@pytest.mark.parametrize(
    "name", ["r.npz", "r.json", "plain.json", "r.parquet", "r.csv", "sweep.npz", "sweep.json"]
)
@pytest.mark.parametrize("command", ["sample", "submit"])
def test_a_result_where_a_task_is_wanted(run, files, command, name):
    circuit = lw.PhotonicCircuit(2)
    angle = lw.Parameter(0.1, label="angle")
    circuit.ps(0, angle)
    task = lw.Sampler(circuit, lw.State([1, 0]), 10)
    result = lw.emulator.Backend("auto").run(lw.Sweep(task, {angle: [0.1, 0.2]}))
    if not name.startswith("sweep"):
        result = result[0]
    result.save(files / name, **({"metadata": False} if name == "plain.json" else {}))
    code, out, err = run(command, name)
    assert (code, out) == (1, "")
    assert f"{name} holds a result, not a task; `lwfast show {name}` shows it." in err
    assert "--payload > task.json" in err


@pytest.mark.parametrize("command", ["sample", "submit"])
def test_a_task_file_that_is_not_there_is_named_as_it_was_looked_for(run, files, command):
    assert "There is no file none.json.\n" in run(command, "none.json")[2]
    assert "There is no file none, nor none.json.\n" in run(command, "none")[2]


@pytest.mark.parametrize("command", ["sample", "submit"])
@pytest.mark.parametrize("typed", ["task.jsn", "task.foo"])
def test_a_mistyped_ending_is_not_another_task(run, files, command, typed):
    (files / "task.json").write_text(json.dumps(payload()))
    code, out, err = run(command, typed)
    said = f"There is no file {typed}, nor {typed}.json; is task.json meant?"
    assert (code, out, err) == (1, "", f"lwfast: {said}\n")


def test_a_mistyped_ending_of_a_result_is_named_as_it_was_typed(run, files):
    code, _, err = run("show", "a.npx")
    assert code == 1
    assert "a.npx" in err
    assert "a.npx.json" not in err


def test_a_picture_has_the_whole_name_of_its_result(run, files):
    (files / "b.json").rename(files / "run_0.25")
    assert run("plot", "run_0.25")[:2] == (0, "Drawn into run_0.25.png.\n")


def test_a_folder_where_a_task_is_wanted(run, files):
    code, _, err = run("sample", ".")
    assert (code, err) == (1, "lwfast: . is a folder; name a task file in it.\n")


def test_both_files_of_qpus(files):
    (files / "task.json").write_text(json.dumps(payload()))
    with pytest.raises(SystemExit):
        main(["sample", "task.json", "--hardware", "artemis", "--config", "x.toml"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("{}", "holds no payload"),
        ('{"job_type": "job", "job_id": 1, "payload": null}', "without its payload"),
    ],
)
def test_what_is_no_task(run, files, text, said):
    (files / "t.json").write_text(text)
    code, _, err = run("sample", "t.json")
    assert (code, said in err) == (1, True)


def test_a_task_that_cannot_be_run(run, files):
    (files / "task.json").write_text(json.dumps(payload(min_detection=3)))
    code, _, err = run("sample", "task.json")
    assert (code, err.count("\n")) == (1, 1)
