"""What was measured, and the parts of pages that are written from it, between marks."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.compare import markdown, ratio_text

MEASURED = Path(__file__).resolve().parent / "measured.json"
"""What the last runs gave, so that one part can be measured again alone."""
PEERS = ("lightworks", "lightworks_remote")
UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}


def measured_before() -> dict:
    """Return what was measured, section by section; nothing on a checkout that has none."""
    return json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}


def fill(path: Path, what: str, text: str) -> None:
    """Put a text between the marks of a part of a page."""
    before, rest = path.read_text(encoding="utf-8").split(f"<!-- {what}: begin -->")
    after = rest.split(f"<!-- {what}: end -->")[1]
    path.write_text(f"{before}<!-- {what}: begin -->\n{text}\n<!-- {what}: end -->{after}", encoding="utf-8")


def speed_block(measured: dict, sections: dict[str, str]) -> str:
    """Return every measured row that has Lightworks, or its client, as a peer."""
    rows = []
    for section, title in sections.items():
        for of, table in measured.get(section, {"tables": []})["tables"]:
            header, _, *lines = [_cells(line) for line in table.splitlines() if line.startswith("|")]
            for cells in lines:
                theirs = _lightworks_time(header, cells)
                if theirs:
                    ours = cells[header.index("lwfast")]
                    ratio = ratio_text(_seconds(theirs), _seconds(ours))
                    rows.append([f"{title}: {_sized(cells[0], of)}", theirs, ours, ratio])
    return markdown(["what", "Lightworks", "lwfast", "ratio"], rows)


def _sized(name: str, of: str) -> str:
    """Return the name of a row, with the title of its table where that begins with the size."""
    alone = of[:1].isdigit() and not any(map(str.isdigit, name))
    return f"{name}, {of}" if alone else name


def _lightworks_time(header: list[str], cells: list[str]) -> str:
    """Return what Lightworks takes in a row, in its own column or in that of named peers, or nothing."""
    if "who" in header:
        return cells[header.index("peer")] if cells[header.index("who")] in PEERS else ""
    return next((cells[header.index(peer)] for peer in PEERS if peer in header), "")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _seconds(text: str) -> float:
    number, unit = text.split()
    return float(number) * UNITS[unit]
