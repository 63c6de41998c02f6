"""The pages show what was measured last: `python benchmarks/render.py --again` writes them."""

import json
import os
import re
from pathlib import Path

from benchmarks import render
from benchmarks.compare import ratio_text
from benchmarks.pages import measured_before, speed_block

SOURCES = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[1]))


def read(path: str) -> str:
    return (SOURCES / path).read_text(encoding="utf-8")


def test_every_page_shows_the_last_run():
    measured = measured_before()
    assert read("docs/performance.md") == render.render(measured)
    assert render.readme_block(measured) in read("README.md")
    assert speed_block(measured, render.SECTIONS) in read("docs/coming_from_lightworks.md")


def test_the_demo_shows_the_last_run():
    shown = json.loads(read("lwfast/cli/walkthrough/lightworks_figure.json"))
    assert shown == render.demo_figure(measured_before())


def test_ratios_are_numbers_that_one_reads():
    """Of thousands, too; and a row whose table has its size says so where it stands alone."""
    assert [ratio_text(ratio, 1.0) for ratio in (0.8372, 9.968, 21.31, 999.6, 1408, 29900)] == [
        "0.837x",
        "9.97x",
        "21.3x",
        "1,000x",
        "1,410x",
        "29,900x",
    ]
    pages = "".join(map(read, ("README.md", "docs/performance.md", "docs/coming_from_lightworks.md")))
    assert re.search(r"e\+\d+x", pages) is None
    assert "| Interferometers: Reck, 1,000 unitaries of 8 modes |" in pages
