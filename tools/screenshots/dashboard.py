"""Make the pictures of the dashboard that the documentation shows.

    python tools/screenshots/dashboard.py                    # into docs/images
    python tools/screenshots/dashboard.py --all --to FOLDER  # every page: light, dark, as on a phone

Needs playwright, Pillow and a Chromium of the system.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from example_jobs import QPUS, submit_all

from lwfast import remote

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = {"width": 1180, "height": 760}, {"width": 390, "height": 844}


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=Path, default=IMAGES, help="folder of the pictures")
    parser.add_argument("--all", action="store_true", help="every page in every form")
    chosen = parser.parse_args()
    chosen.to.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        config = Path(folder) / "qpus.toml"
        config.write_text(QPUS, encoding="utf-8")
        with remote.local_scheduler(config=config, workers=2) as scheduler:
            shown = submit_all()
            browser = driver.chromium.launch(executable_path=browser_path, args=OPTIONS)
            camera = Camera(browser, scheduler, chosen.to)
            if chosen.all:
                camera.take_all(shown)
            else:
                camera.take_those_of_the_docs(shown)
            browser.close()


class Camera:
    """Takes pictures of pages of one scheduler."""

    def __init__(self, browser: Any, scheduler: Any, folder: Path) -> None:
        self._browser, self._scheduler, self._folder = browser, scheduler, folder

    def take_those_of_the_docs(self, shown: dict[str, int]) -> None:
        """Take the four pictures that the documentation shows."""
        self.take("dashboard-jobs", "/", height=760)
        self.take("dashboard-job", f"/jobs/{shown['boson']}?rules=n%5B0%3A4%5D+%3D%3D+2", height=1130)
        self.take("dashboard-sweep", f"/jobs/{shown['sweep']}", height=900)
        self.take("dashboard-phone", "/", dark=True, phone=True, height=844)
        for path in self._folder.glob("dashboard-*.png"):
            _shrink(path)

    def take_all(self, shown: dict[str, int]) -> None:
        """Take every page: light, dark, and on a phone."""
        pages = {
            "jobs": "/",
            "queue": "/?show=queue",
            "nothing": "/?q=nothing",
            "qpus": "/qpus",
            "qpu": "/qpus/1",
            "qpu-lossy": "/qpus/2",
            "no-page": "/jobs/999999",
            **{name: f"/jobs/{job_id}" for name, job_id in shown.items()},
            "selected": f"/jobs/{shown['boson']}?rules=n%5B0%3A4%5D+%3D%3D+2",
            "fault": f"/jobs/{shown['boson']}?rules=n%5B0",
            "measured": f"/jobs/{shown['heralded']}?data=measured",
        }
        for name, path in pages.items():
            for kind in ("light", "dark", "phone"):
                self.take(f"{name}-{kind}", path, dark=kind == "dark", phone=kind == "phone", height=None)

    def take(
        self, name: str, path: str, *, dark: bool = False, phone: bool = False, height: int | None
    ) -> None:
        """Take a picture; without a height of the whole page."""
        context = self._browser.new_context(
            viewport=PHONE if phone else WIDE | {"height": height or WIDE["height"]},
            color_scheme="dark" if dark else "light",
            device_scale_factor=1,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.on("console", lambda message: print(name, message.text))
        page.on("pageerror", lambda error: print(name, error))
        page.goto(self._scheduler.dashboard.replace("/#", f"{path}#"))
        page.wait_for_selector("#page h1")
        page.wait_for_timeout(300)
        page.screenshot(path=self._folder / f"{name}.png", full_page=height is None)
        context.close()


def _shrink(path: Path) -> None:
    """Write a picture with fewer colours, in a third of the bytes."""
    from PIL import Image

    picture = Image.open(path).convert("RGB")
    picture.quantize(96, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
