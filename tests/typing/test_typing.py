"""What type checkers and editors know: `py.typed` is there, and calls have the types of what they give."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lwfast
from tests.started import PATIENCE

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LINE = re.compile(r":(\d+):")


def marked() -> list[int]:
    """The lines of `mistakes.py` in which there is one."""
    lines = (HERE / "mistakes.py").read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if "# wrong: " in line]


def by_mypy(name: str) -> list[str]:
    """The errors that mypy finds in a file here; with the cache of the checkout, which makes it quick."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--follow-imports=silent"]
    command += ["--config-file", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*command, str(HERE / name)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10 * PATIENCE,
        check=False,
    )
    assert not done.stderr, done.stderr
    return [line for line in done.stdout.splitlines() if ": error: " in line]


def by_pyright(name: str) -> list[str]:
    """The errors that pyright finds in a file here; its build without Node's registry will do as well."""
    program = shutil.which("pyright") or shutil.which("basedpyright")
    if program is None:
        pytest.skip("pyright is not installed")
    command = [program, "--outputjson", "--level", "error", "--pythonpath", sys.executable, str(HERE / name)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=10 * PATIENCE, check=False
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [
        f"{name}:{item['range']['start']['line'] + 1}: error: {item['message']}"
        for item in found
        if item["severity"] == "error"
    ]


def errors_of(checker: str, name: str) -> list[str]:
    """The errors that a checker finds."""
    return by_mypy(name) if checker == "mypy" else by_pyright(name)


def test_the_package_says_that_it_has_types() -> None:
    """Without `py.typed` checkers take everything for Any."""
    assert (Path(lwfast.__file__).parent / "py.typed").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_calls_have_the_types_that_they_give(checker: str) -> None:
    """`assert_type` holds for each line of the example."""
    pytest.importorskip("matplotlib")
    pytest.importorskip("pandas")
    assert errors_of(checker, "usage.py") == []


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_mistakes_are_found(checker: str) -> None:
    """An option that does not exist, a wrong type, an attribute that is not there: each is an error."""
    found = errors_of(checker, "mistakes.py")
    lines = {int(match.group(1)) for line in found if (match := LINE.search(line))}
    assert lines == set(marked()), found
