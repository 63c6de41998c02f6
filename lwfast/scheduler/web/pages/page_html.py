"""From templates to HTML, and how numbers, times and states are written in it."""

from __future__ import annotations

import json
import math
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from lwfast._base.showing.amounts import several
from lwfast.wire import Status

if TYPE_CHECKING:
    from jinja2 import Environment

_STATUS_WORDS = {"TimedOut": "Timed out"}
_LONGEST_RUN = 4
"""From so many equal photon numbers in a row on, a ket writes the number and how often it comes."""
_MOST_KET = 40


def render(template: str, /, **values: Any) -> str:
    """Return the HTML of a template; every value in it is escaped."""
    return _environment().get_template(template).render(**values)


def load_templates() -> None:
    """Read all templates into memory, so that an update in place changes no page of a running scheduler."""
    _environment()


@cache
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = resources.files("lwfast.scheduler.web.pages").joinpath("templates")
    sources = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.is_file()}
    environment = Environment(
        loader=DictLoader(sources),
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "several": several,
        "share": share,
        "size": size,
        "duration": duration,
        "status_word": status_word,
        "as_json": as_json,
    }
    return environment


def as_json(value: Any) -> str:
    """Write a value as JSON, for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def number(value: float) -> str:
    """Write a number with commas between thousands, and a float with four digits."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def share(value: float) -> str:
    """Write a share of 1 as a percentage."""
    if not math.isfinite(value):
        return "–"
    return f"{100 * value:.2f} %" if value >= 0.0001 or value == 0 else "< 0.01 %"


def size(n_bytes: int) -> str:
    """Write a number of bytes."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.3g} {unit}"
    return several(n_bytes, "byte")


def duration(seconds: float | None) -> str:
    """Write how long something took, in at most two units."""
    if seconds is None:
        return "–"
    if seconds < 0.001:
        return "< 1 ms"
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min" + (f" {int(seconds % 60)} s" if seconds % 60 >= 1 else "")
    if minutes < 48 * 60:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return f"{minutes // 1440} days"


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Return the seconds from one time of the wire to another; None where one of them is missing."""
    if start is None or end is None:
        return None
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


def status_word(status: Status) -> str:
    """Write a status as people do."""
    return _STATUS_WORDS.get(status.wire_name, status.wire_name)


def ket(row: list[int]) -> str:
    """Write a state as a ket: |1,0,1⟩, or with runs such as 0×16 where it has many modes."""
    text = f"|{','.join(map(str, row))}⟩"
    if len(text) <= _MOST_KET:
        return text
    parts: list[str] = []
    start = 0
    while start < len(row):
        end = start
        while end < len(row) and row[end] == row[start]:
            end += 1
        run = end - start
        parts += [f"{row[start]}×{run}"] if run >= _LONGEST_RUN else [str(row[start])] * run
        start = end
    return f"|{','.join(parts)}⟩"
