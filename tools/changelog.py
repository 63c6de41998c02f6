"""Move the files of `changelog.d` into the newest section of `CHANGELOG.md`.

python tools/changelog.py           # move them
python tools/changelog.py --check   # say what is wrong with their names or texts, and change nothing
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")
WIDTH = 120


def fragments(root: Path) -> dict[Path, str]:
    """Return each file of `changelog.d` with its kind.

    Raises:
        ValueError: A file has no kind, or is empty.
    """
    found = {}
    for path in sorted((root / "changelog.d").glob("*.md")):
        if path.name == "README.md":
            continue
        kind = path.name.removesuffix(".md").rpartition(".")[2]
        if kind not in KINDS or path.name == f"{kind}.md":
            raise ValueError(f"{path.name} is not named NAME.KIND.md, with a KIND of {', '.join(KINDS)}.")
        if not path.read_text(encoding="utf-8").strip():
            raise ValueError(f"{path.name} is empty.")
        found[path] = kind
    return found


def with_entries(changelog: str, entries: dict[str, list[str]]) -> str:
    """Return a changelog with entries at the beginning of their kinds, in its newest section.

    Raises:
        ValueError: It has no section.
    """
    head, mark, rest = changelog.partition("\n## ")
    if not mark:
        raise ValueError("CHANGELOG.md has no section.")
    newest, older_mark, older = rest.partition("\n## ")
    newest = newest.rstrip() + "\n"
    for kind in KINDS:
        if not entries.get(kind):
            continue
        title = f"\n### {kind.capitalize()}\n\n"
        text = "".join(f"{entry}\n" for entry in entries[kind])
        if title in newest:
            newest = newest.replace(title, title + text, 1)
        else:
            newest += title + text
    return head + mark + newest + (older_mark and f"\n{older_mark.lstrip()}") + older


def entry_of(text: str) -> str:
    """Return a text as a bullet."""
    return textwrap.fill(
        " ".join(text.split()), WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
    )


def gather(root: Path) -> int:
    """Move all files into the changelog; return how many."""
    found = fragments(root)
    entries: dict[str, list[str]] = {}
    for path, kind in found.items():
        entries.setdefault(kind, []).append(entry_of(path.read_text(encoding="utf-8")))
    log = root / "CHANGELOG.md"
    log.write_text(with_entries(log.read_text(encoding="utf-8"), entries), encoding="utf-8")
    for path in found:
        path.unlink()
    return len(found)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    try:
        number = len(fragments(ROOT)) if check else gather(ROOT)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{number} files {'are well named' if check else 'moved into CHANGELOG.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
