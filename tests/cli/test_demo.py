"""The demo: exit code 0 only if every step did what it should, and then its files are there."""

import json
import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import lwfast
from lwfast.cli import main
from lwfast.cli.walkthrough import demo, demo_script
from lwfast.cli.walkthrough.demo_steps import DemoStep

SOURCES = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[2]))


@pytest.fixture(autouse=True)
def _drawing_is_imported():
    """The demo imports it on a thread, which would go on in the next test."""
    pytest.importorskip("matplotlib.pyplot")


@pytest.mark.slow
def test_demo_as_a_user_runs_it(tmp_path):
    """`lwfast demo` in an empty folder walks through the whole job path, on two screens."""
    done = subprocess.run(
        [sys.executable, "-m", "lwfast", "demo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(lwfast.__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    numbered = re.findall(r"^# (\d+)/(\d+) ", done.stdout, flags=re.MULTILINE)
    assert len(numbered) == int(numbered[0][1]) == 8
    assert "1,000,000 samples" in done.stdout
    assert "Lightworks 2.3.5: " in done.stdout
    assert len(done.stdout.splitlines()) <= 90
    assert max(map(len, done.stdout.splitlines())) <= 110
    made = {path.name for path in (tmp_path / "lwfast-demo").iterdir()}
    assert made == {"demo_results.png", "demo_results.json", "full_size.png", "test_job.json"}
    readme = (SOURCES / "README.md").read_text(encoding="utf-8")
    for line in re.findall(r"^lwfast sample (\S+)", readme, flags=re.MULTILINE):
        assert (tmp_path / line).exists(), f"the README samples {line}, which the demo does not make"
    assert "token" not in (tmp_path / "lwfast-demo" / "test_job.json").read_text().lower()


def test_a_wrong_step_is_a_failure(tmp_path, monkeypatch, capsys):
    """A step that does something else ends the demo with exit code 1 and names itself."""
    wrong = [DemoStep("Add up", "1 + 2", lambda ns, value: value == 4)]
    monkeypatch.setattr(demo_script, "walkthrough_steps", lambda out: wrong)
    assert main(["demo", "--small", "--out", str(tmp_path)]) == 1
    assert "step 1 (Add up) did not do what it should; it gave 3" in capsys.readouterr().err


def test_the_scheduler_is_stopped_whatever_happens(tmp_path, monkeypatch):
    stopped = []

    class Local:
        def stop(self):
            stopped.append(True)

    def start(ns, value):
        ns["local"] = Local()
        return False

    monkeypatch.setattr(demo_script, "walkthrough_steps", lambda out: [DemoStep("Start", "1", start)])
    assert main(["demo", "--small", "--out", str(tmp_path)]) == 1
    assert stopped == [True]


def test_missing_extras_are_told_before_any_work(tmp_path, monkeypatch, capsys):
    """All of them at once, and nothing is compiled or written first."""
    for name in ("uvicorn", "matplotlib"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(demo, "_compile_first", lambda: pytest.fail("compiled first"))
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 1
    assert "pip install uvicorn matplotlib (the extra lwfast[server,plot])" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_the_figure_beside_the_timing_was_measured():
    """It is what the last run of the benchmarks gave, with where and when."""
    root = Path(lwfast.__file__).parents[1]
    measured = root / "benchmarks" / "measured.json"
    if not measured.exists():
        measured = Path("benchmarks/measured.json")
    figure = json.loads(resources.files(demo_script.__package__).joinpath(demo_script.FIGURE).read_text())
    section = json.loads(measured.read_text())["emulator"]
    table = next(text for title, text in section["tables"] if title == "Tasks beside Lightworks")
    row = next(line for line in table.splitlines() if "imperfect source" in line)
    assert figure["time"] == row.split("|")[3].strip()
    assert figure["date"] == section["date"]
    assert section["machine"].startswith(figure["machine"])
    assert figure["package"].replace("Lightworks", "lightworks") in section["machine"]
