"""The demo: exit code 0 only if every step did what it should, and then its files are there."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lwfast
from lwfast.cli import demo, demo_script, main
from lwfast.cli.demo_steps import DemoStep


@pytest.mark.slow
def test_demo_as_a_user_runs_it(tmp_path):
    """`lwfast demo` in an empty folder walks through the whole job path."""
    done = subprocess.run(
        [sys.executable, "-m", "lwfast", "demo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(lwfast.__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    numbered = re.findall(r"^\[(\d+)/(\d+)\] ", done.stdout, flags=re.MULTILINE)
    assert len(numbered) == int(numbered[0][1]) == len(demo_script.walkthrough_steps()) + 3
    assert "1000000 samples" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    made = {path.name for path in (tmp_path / "lwfast-demo").iterdir()}
    assert made >= {
        "demo_results.png",
        "demo_results.svg",
        "demo_results.json",
        "full_size.png",
        "test_job.json",
    }
    assert "token" not in (tmp_path / "lwfast-demo" / "test_job.json").read_text().lower()


def test_a_wrong_step_is_a_failure(tmp_path, monkeypatch, capsys):
    """A step that does something else ends the demo with exit code 1 and names itself."""
    wrong = [
        DemoStep("Count the QPUs", "from lwfast import remote\nlen(remote.list_qpus())", lambda ns, v: v == 2)
    ]
    monkeypatch.setattr(demo_script, "walkthrough_steps", lambda: wrong)
    assert demo.run(argparse.Namespace(out=tmp_path, small=True)) == 1
    assert "step 1 (Count the QPUs) did not do what it should; it gave 1" in capsys.readouterr().err


def test_missing_extras_are_told_before_any_work(tmp_path, monkeypatch, capsys):
    """All of them at once, and nothing is compiled or written first."""
    for name in ("uvicorn", "pandas"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(demo, "_compile_first", lambda: pytest.fail("compiled first"))
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 1
    assert "pip install uvicorn pandas (the extra lwfast[server,frames])" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()
