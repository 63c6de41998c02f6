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
from lwfast.results.columns.record import PARAMETERS, known_record, parameters_of, says_something
from lwfast.results.columns.settings.group_keys import value_text
from lwfast.results.columns.settings.same_values import SameValues
from lwfast.results.files.description import record_of
from lwfast.results.files.facts import described_in
from lwfast.results.load import load_result
from lwfast.results.sampling_result import SamplingResult

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
    _add(facts, told, path)
    _add(facts, parameters_of(record), path)
    # What `GroupedResults.save` named after True or "1" is not text or a number where the file says so.
    said = {name for name, text in _hive_texts(path) if name in facts and text in _folder_texts(facts[name])}
    _add(facts, {name: value for name, value in hive_columns(path).items() if name not in said}, path)
    return facts


def _add(facts: dict[str, Any], more: dict[str, Any], path: Path) -> None:
    for name, value in more.items():
        if name in _TAKEN or (name in facts and not _agree(facts[name], value)):
            what = "is a column of any campaign" if name in _TAKEN else f"is {facts[name]!r} there already"
            raise ResultError(
                f"{path} gives the column {name!r} the value {value!r:.60}, but {name!r} {what}; rename the "
                "parameter or the folder."
            )
        facts.setdefault(name, value)


def _folder_texts(value: Any) -> tuple[str, ...]:
    """Return what a value is called in a folder: its own text, and that of the value of its group."""
    return value_text(value), *map(value_text, SameValues().shown([value]))


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


def _agree(one: Any, other: Any) -> bool:
    """Say whether two sources give a column one value: a file 0.30000000000000004, its folder 0.3."""
    if _is_number(one) and _is_number(other) and float in (type(one), type(other)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9 if 0 in (one, other) else 0.0)
    return SameValues().compared(one) == SameValues().compared(other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
