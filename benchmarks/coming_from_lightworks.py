"""Write what is generated in `docs/coming_from_lightworks.md` and in `docs/compatibility.md`.

python benchmarks/coming_from_lightworks.py

The names come from the installed Lightworks, the speeds from `benchmarks/measured.json`.
"""

from __future__ import annotations

import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.compare import markdown  # noqa: E402  (the path comes first)
from benchmarks.lightworks_names import Found, compared, our_path  # noqa: E402
from benchmarks.pages import PEERS, fill, measured_before, speed_block  # noqa: E402
from benchmarks.render import SECTIONS  # noqa: E402
from lwfast._base.aliases.absent_names import ABSENT  # noqa: E402

DOCS = ROOT / "docs"
SHORT = {"same": "the same", "more": "the same, and more", "different": "different", "absent": "absent"}


def main() -> int:
    """Write the parts between their marks."""
    found = compared()
    fill(DOCS / "coming_from_lightworks.md", "names", names_block(found))
    fill(DOCS / "coming_from_lightworks.md", "speed", speed_block(measured_before(), SECTIONS))
    fill(DOCS / "compatibility.md", "absent", absent_block())
    return 0


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
