"""Write what is generated in `docs/coming_from_lightworks.md` and in `docs/compatibility.md`.

python benchmarks/coming_from_lightworks.py

The names come from the installed Lightworks, the speeds from `benchmarks/measured.json`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.compare import markdown  # noqa: E402  (the path comes first)
from benchmarks.lightworks_names import Found, compared, our_path  # noqa: E402
from benchmarks.render import SECTIONS  # noqa: E402
from lwfast._base.aliases.absent_names import ABSENT  # noqa: E402

PEERS = ("lightworks", "lightworks_remote")
UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
SHORT = {"same": "the same", "more": "the same, and more", "different": "different", "absent": "absent"}


def main() -> int:
    """Write the parts between their marks."""
    found = compared()
    fill("coming_from_lightworks.md", "names", names_block(found))
    fill("coming_from_lightworks.md", "speed", speed_block())
    fill("compatibility.md", "absent", absent_block())
    return 0


def fill(page: str, what: str, text: str) -> None:
    """Put a text between the marks of a part of a page."""
    path = ROOT / "docs" / page
    before, rest = path.read_text(encoding="utf-8").split(f"<!-- {what}: begin -->")
    after = rest.split(f"<!-- {what}: end -->")[1]
    path.write_text(f"{before}<!-- {what}: begin -->\n{text}\n<!-- {what}: end -->{after}", encoding="utf-8")


def names_block(found: list[Found]) -> str:
    """Return the counts, and the table of the modules that are packages: those that programs import from."""
    counts = Counter(each.kind for each in found)
    said = (
        f"{counts['same']} are the same, {counts['more']} are the same and take more, {counts['different']} "
        f"are different, and {counts['absent']} are absent"
    )
    versions = " and ".join(f"{name} {version(name)}" for name in PEERS)
    modules: dict[str, list[Found]] = {}
    for each in found:
        modules.setdefault(each.module, []).append(each)
    packages = [name for name in modules if any(other.startswith(f"{name}.") for other in modules)]
    rows = [
        [f"`{name}`", f"`{our_path(name)}`", *(_listed(modules[name], kind) for kind in SHORT)]
        for name in packages
    ]
    table = markdown(["Lightworks", "here", *SHORT.values()], rows)
    table = table.replace(" ---: ", " --- ")
    head = f"Of the {len(found)} public names of {versions}, counted in each module that has them"
    return f"{head}, {said}.\n\n{table}"


def _listed(names: list[Found], kind: str) -> str:
    return ", ".join(f"`{each.name}`" for each in names if each.kind == kind)


def speed_block() -> str:
    """Return every measured row that has Lightworks, or its client, as a peer."""
    rows = []
    measured = json.loads((ROOT / "benchmarks" / "measured.json").read_text(encoding="utf-8"))
    for section, title in SECTIONS.items():
        for _, table in measured.get(section, {"tables": []})["tables"]:
            header, _, *lines = [_cells(line) for line in table.splitlines() if line.startswith("|")]
            for cells in lines:
                theirs = _lightworks_time(header, cells)
                if theirs:
                    ours = cells[header.index("lwfast")]
                    ratio = f"{_seconds(theirs) / _seconds(ours):.3g}x"
                    rows.append([f"{title}: {cells[0]}", theirs, ours, ratio])
    return markdown(["what", "Lightworks", "lwfast", "ratio"], rows)


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


def absent_block() -> str:
    """Return the names that are absent, with the reasons that the errors give."""
    rows = []
    for path, reasons in sorted(ABSENT.items()):
        for names, reason in reasons.items():
            module = f"lightworks_{path}" if path.split(".")[0] == "remote" else f"lightworks.{path}"
            rows.append([f"`{module}`", ", ".join(f"`{name}`" for name in names.split()), reason])
    return markdown(["module", "names", "instead"], rows).replace(" ---: ", " --- ")


if __name__ == "__main__":
    sys.exit(main())
