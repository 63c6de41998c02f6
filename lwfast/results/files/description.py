"""What a file keeps beside the columns of a result."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from math import isfinite
from typing import Any

from lwfast._base.limits import MAX_NESTING
from lwfast._texts import ended
from lwfast._version import __version__
from lwfast.errors import ResultFormatError
from lwfast.results.columns.json_like import json_like, path_text
from lwfast.results.columns.record import ResultRecord
from lwfast.state import State

SWEEP = "sweep"
"""Where a file says what its sweep is."""
_HAS_X = "has_x"
_LARGE = 1 << 64
_FORMS: dict[str, type | tuple[type, ...]] = {
    "kind": str,
    "saved": str,
    "post_selection": (str, list, dict),
    "input": list,
    "job_data": dict,
    "metadata": dict,
    "history": list,
    "attributes": dict,
}
_FORM_NAMES: dict[type | tuple[type, ...], str] = {
    str: "a string",
    list: "a list",
    dict: "an object",
    (str, list, dict): "a string, list or object",
}


def is_sweep(described: Any) -> bool:
    """Say whether a file describes itself as a sweep."""
    return isinstance(described, dict) and SWEEP in described


def description(kind: str, record: ResultRecord) -> str:
    """Return what is kept of a result, as JSON; all but its attributes was JSON-like from the beginning.

    Args:
        kind: The name of its class.
        record: What it says of itself.
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    kept: dict[str, Any] = {"version": __version__, "saved": now, "kind": kind}
    if record.input is not None:
        kept["input"] = record.input.s
    metadata = {k: v for k, v in record.metadata.items() if k != "saved"}
    said = {
        "post_selection": record.post_selection,
        "job_data": record.job_data,
        "history": list(record.history),
        "metadata": metadata,
    }
    kept |= {name: value for name, value in said.items() if value}
    if record.has_x:
        kept[_HAS_X] = True
    attributes = _writable(record.attributes)
    if attributes:
        kept["attributes"] = attributes
    # JSON has no NaN, and the reader of our .json files takes none.
    return json.dumps(kept, allow_nan=False)


def record_of(described: Any) -> ResultRecord:
    """Return the record of a result from what was read back, checked.

    Raises:
        ResultFormatError: If something has another form than it was written in.
    """
    if not isinstance(described, dict):
        raise ResultFormatError("The metadata are not an object.")
    for name, form in _FORMS.items():
        value = described.get(name)
        if value is not None and not isinstance(value, form):
            raise ResultFormatError(f"The {name} in the metadata is {value!r:.60}, not {_FORM_NAMES[form]}.")
    parts = {name: described.get(name) for name in _FORMS}
    if not _is_plain(parts, MAX_NESTING):
        try:
            described = {**described, **json_like(parts, "the metadata")}
        except (TypeError, ValueError) as error:  # nested without end, say
            raise ResultFormatError(str(error)) from None
    history = described.get("history") or []
    _check_history(history)
    given = described.get("input")
    try:
        start = None if given is None else State(given)
    except (TypeError, ValueError) as error:
        raise ResultFormatError(f"The input in the metadata is not a state: {ended(error)}") from None
    return ResultRecord(
        input=start,
        post_selection=described.get("post_selection"),
        job_data=described.get("job_data"),
        metadata={**(described.get("metadata") or {}), "saved": described.get("saved")},
        history=tuple(history),
        attributes=described.get("attributes") or {},
        has_x=says_x(described),
    )


def _is_plain(value: Any, depth: int) -> bool:
    """Whether `json_like` surely gives the same; not for rare things, such as text that is not ASCII."""
    kind = type(value)
    if kind is str:
        return bool(value.isascii())
    if kind is dict:
        return depth > 0 and all(
            type(key) is str and key.isascii() and _is_plain(entry, depth - 1) for key, entry in value.items()
        )
    if kind is list:
        return depth > 0 and all(_is_plain(entry, depth - 1) for entry in value)
    if kind is int:
        return bool(-_LARGE < value < _LARGE)
    return value is None or kind is bool or (kind is float and isfinite(value))


def says_x(described: dict[str, Any]) -> bool:
    """Say whether 255 in the states of a file stands for X, by what is kept beside them.

    Raises:
        ResultFormatError: If that is neither true nor false.
    """
    says = described.get(_HAS_X, False)
    if not isinstance(says, bool):
        raise ResultFormatError(f"The {_HAS_X} in the metadata is {says!r:.60}, not true or false.")
    return says


def _check_history(entries: Any) -> None:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ResultFormatError(f"The history in the metadata is {entries!r:.60}, not a list of objects.")
    for entry in entries:
        ways = entry.get("of", [])
        if not isinstance(ways, list) or not all(isinstance(way, dict) for way in ways):
            raise ResultFormatError(f"The history in the metadata names parts {ways!r:.60}, not objects.")
        for way in ways:
            if not isinstance(way.get("results", 1), int):
                raise ResultFormatError(f"The history in the metadata counts {way['results']!r:.60} results.")
            _check_history(way.get("history", []))


def _writable(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that a file can keep; say which it cannot."""
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    for name, value in attributes.items():
        try:
            kept |= json_like({name: value}, "the attributes")
        except (TypeError, ValueError):
            left_out.append(name)
    if left_out:
        names = path_text(", ".join(left_out))
        warnings.warn(
            f"A file keeps attributes of JSON-like data only; these are left out: {names}.", stacklevel=5
        )
    return kept
