"""What is known of each file of a campaign before its counts are read."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lwfast.errors import LightworksDependencyError, LightworksError, ResultError
from lwfast.results.campaign.chunks import reason_of
from lwfast.results.columns.group_keys import value_text
from lwfast.results.columns.record import known_record, says_something
from lwfast.results.files.description import record_of
from lwfast.results.files.facts import described_in
from lwfast.results.load import load_result
from lwfast.results.sampling_result import SamplingResult

PARAMETERS = "parameters"
RULES = "rules"
_NOT_TOLD = ("files", "failed", PARAMETERS)
"""Metadata of a sum, and what gets columns of its own."""
_TAKEN = ("path", "error")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_REAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")


def facts_of(path: Path) -> dict[str, Any]:
    """Return what is known of a file, by the names of columns.

    Metadata have the names that they have there (`job_id`, `qpu`, `created_date`, ...), each parameter has
    its label, `rules` are those that came with the job, as text; of a folder `theta=0.5` comes the column
    `theta`. A file that cannot be read has only its path and, as `error`, the reason.

    Raises:
        LightworksDependencyError: If pyarrow is needed and not installed.
        ResultError: If two sources give a column different values.
    """
    facts: dict[str, Any] = {"path": str(path)}
    try:
        described = described_in(path)
        if described is None:
            loaded = load_result(path)
            record = known_record(loaded) if isinstance(loaded, SamplingResult) else record_of({})
        else:
            record = record_of(described)
    except LightworksDependencyError:
        raise
    except (LightworksError, OSError) as error:
        return {**facts, "error": reason_of(path, error)}
    told = {
        name: value
        for name, value in record.metadata.items()
        if name not in _NOT_TOLD and value is not None and not isinstance(value, dict | list | tuple)
    }
    rules = record.post_selection
    if isinstance(rules, dict):
        rules = {name: rule for name, rule in rules.items() if says_something(rule)}
    if says_something(rules):
        told[RULES] = rules if isinstance(rules, str) else json.dumps(rules)
    parameters = record.metadata.get(PARAMETERS)
    _add(facts, told, path)
    _add(facts, parameters if isinstance(parameters, dict) else {}, path)
    # What `GroupedResults.save` named after True or "1" is not text or a number where the file says so.
    said = {name for name, text in _hive_texts(path) if name in facts and value_text(facts[name]) == text}
    _add(facts, {name: value for name, value in hive_columns(path).items() if name not in said}, path)
    return facts


def _add(facts: dict[str, Any], more: dict[str, Any], path: Path) -> None:
    for name, value in more.items():
        if name in _TAKEN or (name in facts and not same_value(facts[name], value)):
            what = "is a column of any campaign" if name in _TAKEN else f"is {facts[name]!r} there already"
            raise ResultError(
                f"{path} gives the column {name!r} the value {value!r:.60}, but {name!r} {what}; rename the "
                "parameter or the folder."
            )
        facts.setdefault(name, value)


def hive_columns(path: Path) -> dict[str, Any]:
    """Return the columns that folders such as `theta=0.5` give; a number where the text is one."""
    return {name: _value(text) for name, text in _hive_texts(path)}


def _hive_texts(path: Path) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in path.parts[:-1]]
    return [(unquote(name), text) for name, sign, text in parts if sign and name]


def _value(text: str) -> Any:
    if text == "__HIVE_DEFAULT_PARTITION__":  # what DuckDB, polars and Arrow write for null
        return None
    if _WHOLE.fullmatch(text):
        return int(text)
    if _REAL.fullmatch(text):
        return float(text)
    return unquote(text)


def same_value(one: Any, other: Any, scale: float = 0.0) -> bool:
    """Say whether two values of a column are the same.

    Args:
        one: A number, text or date of the column.
        other: Another value of the same column.
        scale: The largest number of the column. Numbers are the same up to a part in 10^9 of it, or of the
            larger of the two where that is more: what rounding left of 0 among angles is 0, and a delay of
            1e-12 among others is not.
    """
    if is_number(one) and is_number(other):
        if one == other or not (math.isfinite(one) and math.isfinite(other)):
            return bool(one == other)
        return bool(abs(one - other) <= 1e-9 * max(scale, abs(one), abs(other)))
    return type(one) is type(other) and bool(one == other)


def is_number(value: Any) -> bool:
    """Say whether a value is a number, and neither true nor false."""
    return isinstance(value, int | float) and not isinstance(value, bool)
