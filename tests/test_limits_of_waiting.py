"""No test waits without a limit: one that did would keep the whole run, with all that comes after it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(path.relative_to(TESTS) for path in TESTS.rglob("*.py"))
PROGRAMS = {"subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output"}
THREADS = {"threading.Thread", "threading.Timer"}
WAITS = ("join", "wait", "communicate")
"""Methods of programs, threads and events that wait for ever where they are given no argument."""


def faults(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        options = {keyword.arg for keyword in node.keywords}
        if name in PROGRAMS and "timeout" not in options:
            found.append(f"{node.lineno}: give {name} a timeout")
        elif name in THREADS and "daemon" not in options:
            found.append(f"{node.lineno}: use `threads` of tests/started.py, or a daemon")
        elif name == "subprocess.Popen":
            found.append(f"{node.lineno}: use `child` of tests/started.py, which ends it whatever happens")
        elif name.endswith((".stdout.read", ".stderr.read", ".stdout.readline", ".stderr.readline")):
            found.append(f"{node.lineno}: use `read_line` or `read_rest` of tests/started.py")
        elif name.rpartition(".")[2] in WAITS and "." in name and not node.args and not options:
            found.append(f"{node.lineno}: give {name} a number of seconds")
    return found


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "started.py"], ids=str)
def test_every_wait_has_a_limit(file):
    assert faults(ast.parse((TESTS / file).read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "subprocess.run(['x'], check=True)",
        "subprocess.Popen(['x'])",
        "process.stdout.readline()",
        "process.stderr.read()",
        "process.communicate()",
        "process.wait()",
        "thread.join()",
        "threading.Thread(target=work)",
    ],
)
def test_a_wait_without_a_limit_is_found(line):
    assert len(faults(ast.parse(line))) == 1
