"""The page of promises says what the tests check."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = Path(os.environ.get("LWFAST_TESTED_SOURCES", ROOT))
PAGE = SOURCES / "docs" / "guarantees.md"


def commands() -> list[str]:
    """Return the words that commands of the page choose tests by."""
    chosen = re.findall(r'-k (?:"([^"]+)"|(\w+))', PAGE.read_text(encoding="utf-8"))
    return [word for several, one in chosen for word in (several or one).split(" or ")]


def test_the_table_is_the_present_one():
    ran = subprocess.run(
        [sys.executable, SOURCES / "tools" / "guarantees.py", "--check"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_command_selects_tests():
    """Asked of pytest itself, of the files that have tests with the marker."""
    marked = [
        str(path)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if "mark.guarantee" in path.read_text(encoding="utf-8") and path != Path(__file__)
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "guarantee", *marked],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = [line for line in ran.stdout.splitlines() if "::" in line]
    assert len(found) > 300
    # "-k" looks at the names of files and tests, whatever their case; not at the folders above.
    names = [line.rpartition("/")[2].lower() for line in found]
    assert len(commands()) > 6
    for word in commands():
        assert any(word.lower() in name for name in names), word


def test_every_promise_has_a_command():
    page = PAGE.read_text(encoding="utf-8")
    promises = re.split(r"(?m)^### ", page)[1:]
    assert len(promises) >= 7
    for promise in promises:
        assert "**It assumes**" in promise, promise[:60]
        assert re.search(r'python -m pytest -m guarantee -k (\w+|"[^"]+")\n', promise), promise[:60]


@pytest.mark.parametrize("page", ["index.md", "guides/remote.md", "guides/scheduler.md", "faq.md"])
def test_pages_lead_to_it(page):
    assert "guarantees" in (SOURCES / "docs" / page).read_text(encoding="utf-8")
