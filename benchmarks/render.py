"""Measure everything and write its tables: `docs/performance.md`, README, Coming from Lightworks.

python benchmarks/render.py                 everything
python benchmarks/render.py job_path ...    only these, keeping what was measured before for the rest
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.compare import machine, markdown  # noqa: E402  (the path comes first)
from benchmarks.pages import MEASURED, fill, measured_before, speed_block  # noqa: E402

SECTIONS = {
    "starting": "Starting and calling",
    "job_path": "The job path",
    "load": "A scheduler under load",
    "permanent": "Permanents",
    "boson_sampling": "Boson sampling",
    "distribution": "Distributions",
    "emulator": "The emulator",
    "everyday_runs": "Everyday runs",
    "gradients": "Gradients",
    "results": "Results at scale",
    "packed": "Packed tables",
    "campaigns": "Campaigns: many files",
    "everyday_objects": "Everyday work: circuits, states, small results",
    "sweeps": "Sweeps: many settings of a circuit",
    "stacks": "Stacks: many settings of arrays",
    "tomography": "Tomography",
    "interferometers": "Interferometers",
}
DEMO_FIGURE = ROOT / "lwfast" / "cli" / "walkthrough" / "lightworks_figure.json"
"""What `lwfast demo` shows beside its own timing."""
DEMO_ROW = (
    "emulator",
    "Tasks beside Lightworks",
    "the same with an imperfect source, 10^4 samples",
    "lightworks",
)
"""Where that is measured: section, start of a table's title, first cell of a row, column."""

README_ROWS = {
    "Permanent, 20 x 20": ("permanent", "One n x n matrix", "20", "lwfast", "best peer"),
    "All 2,220,075 outcomes of 20 modes and 8 photons": (
        "distribution",
        "Full distribution",
        "20 modes, 8 photons",
        "lwfast",
        "exqalibur",
    ),
    "One boson sample, 60 modes and 20 photons": (
        "boson_sampling",
        "Time for each sample",
        "60 modes, 20 photons",
        "lwfast",
        "exqalibur",
    ),
    "Sampler with an imperfect source, 8 modes and 4 photons": (
        "emulator",
        "Tasks beside Lightworks",
        "the same with an imperfect source, 10^4 samples",
        "lwfast",
        "lightworks",
    ),
    "100 jobs as a batch, through the scheduler": (
        "job_path",
        "Job path",
        "100 jobs as a batch: submit, wait, fetch",
        "lwfast",
        "lightworks_remote",
    ),
    "A small Sampler made and run: 6 modes, 3 photons, 1,000 samples": (
        "everyday_runs",
        "Small tasks on a circuit that is there",
        "Sampler, 6 modes, 3 photons, 1,000 samples",
        "lwfast",
        "lightworks",
    ),
    "10,000 settings of 8 modes and 4 photons, 1,000 samples each": (
        "sweeps",
        "Whole sweeps",
        "10,000 settings, 8 modes, 4 photons, 1000 samples each",
        "lwfast",
        "exqalibur",
    ),
    "A mean and its 45 exact slopes, 10 modes and 5 photons": (
        "gradients",
        "A mean and all its slopes",
        "10 modes, 5 photons, ideal",
        "lwfast",
        "merlin",
    ),
}
"""Rows of the README: section, start of a table's title, first cell of a row, our column, the peer's."""

HEAD = """# Performance

Every table here was written by `python benchmarks/render.py` from a run: each row measures lwfast and its
peers in one process, in turn, warmed up, on the same cores, and reports medians. Times are of a shared
virtual machine and move by tens of percent from day to day; the ratios are what to read. The benchmarks
assert their answers. `pytest benchmarks --benchmark-only` runs them one by one.
"""


def main(names: list[str]) -> int:
    """Measure the named sections, or all; `--again` writes the pages from what was measured before."""
    measured = measured_before()
    for name in [] if names == ["--again"] else names or SECTIONS:
        module = importlib.import_module(f"benchmarks.tables_{name}")
        began = time.perf_counter()
        tables = module.tables()
        measured[name] = {
            "machine": machine(getattr(module, "PACKAGES", ())),
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "tables": tables,
        }
        # After each section, so that a run that is stopped keeps what it has measured.
        MEASURED.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    DEMO_FIGURE.write_text(json.dumps(demo_figure(measured), indent=2, ensure_ascii=False) + "\n")
    (ROOT / "docs" / "performance.md").write_text(render(measured))
    fill(ROOT / "README.md", "measured", readme_block(measured))
    fill(ROOT / "docs" / "coming_from_lightworks.md", "speed", speed_block(measured, SECTIONS))
    return 0


def readme_block(measured: dict) -> str:
    """The few rows that the README shows, from what was measured."""
    rows = []
    for what, (section, title, first, ours, peer) in README_ROWS.items():
        if section not in measured:
            continue
        values = row_of(measured, section, title, first)
        name = values[peer] if peer == "best peer" else peer
        rows.append(
            [
                what,
                values[ours],
                f"{values[name]} ({name})",
                values.get("ratio") or values[f"ratio to {name}"],
            ]
        )
    machines = {section["machine"].split(", Python")[0] for section in measured.values()}
    table = markdown(["What", "lwfast", "best peer", "ratio"], rows)
    return f"{table}\n\nMeasured on {' / '.join(sorted(machines))}; [all tables](docs/performance.md)."


def row_of(measured: dict, section: str, title: str, first: str) -> dict[str, str]:
    """Return the cells of a row by the heads of their columns."""
    table = next(text for heading, text in measured[section]["tables"] if heading.startswith(title))
    header, _, *lines = [
        [cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()
    ]
    header = [cell for cell in header if cell]
    row = next(cells for cells in lines if cells[0] == first)
    return dict(zip(header[-len(row) :] if len(header) == len(row) else ["", *header], row, strict=True))


def demo_figure(measured: dict) -> dict[str, str]:
    """Return what Lightworks took for the task of the demo, with where and when that was."""
    section, title, first, column = DEMO_ROW
    about = measured[section]["machine"]
    machine_name, _, packages = about.partition(", Python")
    version = next(word for word in packages.split(", ") if word.startswith(f"{column} "))
    return {
        "package": version.replace(column, "Lightworks"),
        "time": row_of(measured, section, title, first)[column],
        "machine": machine_name,
        "date": measured[section]["date"],
    }


def render(measured: dict) -> str:
    """The page, from what was measured."""
    parts = [HEAD]
    for name, title in SECTIONS.items():
        if name not in measured:
            continue
        section = measured[name]
        parts.append(f"## {title}\n\nMeasured {section['date']} on: {section['machine']}.\n")
        parts += [f"### {heading}\n\n{table}\n" for heading, table in section["tables"]]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
