"""The pages show what was measured last: `python benchmarks/render.py --again` writes them."""

import json
import os
from pathlib import Path

from benchmarks import render
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
