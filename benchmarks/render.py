"""Measure everything and write the tables of `docs/performance.md` and of the README.

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

from benchmarks.compare import machine  # noqa: E402  (the path comes first)

SECTIONS = {
    "job_path": "The job path",
    "permanent": "Permanents",
    "boson_sampling": "Boson sampling",
    "distribution": "Distributions",
    "emulator": "The emulator",
    "results": "Results at scale",
}
MEASURED = ROOT / "benchmarks" / "measured.json"
"""What the last runs gave, so that one part can be measured again alone."""

HEAD = """# Performance

Every table here was written by `python benchmarks/render.py` from a run: each row measures lwfast and its
peers in one process, in turn, warmed up, on the same cores, and reports medians. Times are of a shared
virtual machine and move by tens of percent from day to day; the ratios are what to read. The benchmarks
assert their answers. `pytest benchmarks --benchmark-only` runs them one by one.
"""


def main(names: list[str]) -> int:
    """Measure the named sections, or all."""
    measured = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    for name in names or SECTIONS:
        module = importlib.import_module(f"benchmarks.tables_{name}")
        began = time.perf_counter()
        tables = module.tables()
        measured[name] = {
            "machine": machine(getattr(module, "PACKAGES", ())),
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "tables": tables,
        }
        print(f"{name}: {time.perf_counter() - began:.0f} s")
    MEASURED.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    (ROOT / "docs" / "performance.md").write_text(render(measured))
    return 0


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
