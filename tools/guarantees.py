"""Write the table of faults and outcomes into `docs/guarantees.md`, from the table that the tests go through.

python tools/guarantees.py            # write it
python tools/guarantees.py --check    # exit with 1 where the page has another one
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "guarantees.md"
BEGIN, END = "<!-- faults: begin -->\n", "<!-- faults: end -->\n"


def table() -> str:
    """Return the table as Markdown."""
    sys.path.insert(0, str(ROOT))
    from tests.faults.fault_table import OPERATIONS, OUTCOMES, ROWS

    lines = [
        f"| what happens | {' | '.join(OPERATIONS.values())} |",
        f"| --- |{' --- |' * len(OPERATIONS)}",
    ]
    for row in ROWS.values():
        cells = [OUTCOMES[row.outcome(operation)] for operation in OPERATIONS]
        lines.append(f"| {row.words} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """Return the text of the page with the present table."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def main() -> int:
    """Write or check the page."""
    page = PAGE.read_text(encoding="utf-8")
    new = written(page)
    if "--check" in sys.argv[1:]:
        if page != new:
            print("docs/guarantees.md has an old table of faults: run python tools/guarantees.py")
        return int(page != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
