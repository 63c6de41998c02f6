"""A real Chromium for tests; they are left out where there is none, and say so."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
AXE_VARIABLE = "LWFAST_TEST_AXE"
"""Path of `axe.min.js`, which checks how a page is read aloud and used without a mouse."""
PATIENCE_MS = 60_000


def axe_source():
    """The source of axe-core, or a skip that says how to give it."""
    path = os.environ.get(AXE_VARIABLE)
    if path is None:
        pytest.skip(f"needs axe-core: `npm pack axe-core`, and {AXE_VARIABLE}=path of its axe.min.js")
    return Path(path).read_text(encoding="utf-8")


def violations(page, source):
    """What axe-core finds on a page, with the elements."""
    # Through the driver and not as an element: the page's own policy allows no such script.
    page.evaluate(source)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {', '.join(str(node['target']) for node in each['nodes'][:4])}"
        for each in found["violations"]
    ]


def what_sticks_out(page):
    """The elements that reach beyond the window, or whose text is cut."""
    return page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          const found = [];
          if (document.documentElement.scrollWidth > width) found.push("the page scrolls sideways");
          for (const element of document.querySelectorAll("body *")) {
            if (element.closest("svg, .hidden, .skip, thead, [hidden]")) continue;
            const box = element.getBoundingClientRect();
            const style = getComputedStyle(element);
            const text = element.textContent.trim().slice(0, 40);
            const name = `${element.tagName}.${element.className}: ${text}`;
            if (box.width && (box.right > width + 1 || box.left < -1)) found.push(name);
            if (!/INPUT|SELECT/.test(element.tagName) && style.overflowX !== "visible"
                && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${name}`);
          }
          return found;
        }"""
    )
