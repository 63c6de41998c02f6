"""Files of `changelog.d` become entries of the newest section of the changelog."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[1]))
TOOL = ROOT / "tools" / "changelog.py"
pytestmark = pytest.mark.skipif(not TOOL.is_file(), reason="needs the sources of the tools")
NEWEST = "## 0.2.0\n\n### Added\n\n- A.\n\n### Fixed\n\n- F.\n"
LOG = f"# Changelog\n\nWords.\n\n{NEWEST}\n## 0.1.0\n\n### Added\n\n- Old.\n"


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location("changelog_tool", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_files_are_moved_into_the_newest_section(tool, tmp_path):
    (tmp_path / "CHANGELOG.md").write_text(LOG)
    folder = tmp_path / "changelog.d"
    folder.mkdir()
    (folder / "README.md").write_text("How.")
    (folder / "one.added.md").write_text("B\nand more.\n")
    (folder / "two.changed.md").write_text("C.\n")
    assert tool.gather(tmp_path) == 2
    text = (tmp_path / "CHANGELOG.md").read_text()
    newest, older = text.split("\n## 0.1.0\n")
    assert "### Added\n\n- B and more.\n- A.\n" in newest
    assert "### Changed\n\n- C.\n" in newest
    assert "### Fixed\n\n- F.\n" in newest
    assert older == "\n### Added\n\n- Old.\n"
    assert [path.name for path in folder.iterdir()] == ["README.md"]
    assert tool.gather(tmp_path) == 0
    assert (tmp_path / "CHANGELOG.md").read_text() == text


@pytest.mark.parametrize("name", ["one.md", "one.better.md", "fixed.md"])
def test_a_name_without_a_kind_is_refused(tool, tmp_path, name):
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / name).write_text("B.")
    with pytest.raises(ValueError, match=r"NAME\.KIND\.md"):
        tool.fragments(tmp_path)


def test_the_files_that_are_there_are_well_named(tool):
    tool.fragments(ROOT)
