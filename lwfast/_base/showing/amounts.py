"""Numbers with the names of what they count."""

from __future__ import annotations


def several(number: int, thing: str) -> str:
    """Return a number with its noun: `1 outcome`, `2 outcomes`, `1,000 outcomes`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
