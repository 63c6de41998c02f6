"""Collecting what is wrong with a request, field by field."""

from __future__ import annotations

from typing import Any

from lwfast.wire import FieldError

_KINDS = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


MOST_ERRORS = 100
"""Violations of one job that are listed; beyond, a body of megabytes would get an answer of many more."""


class Violations:
    """Violations of one request, in the order in which they were found.

    Args:
        prefix: Stands before each name, e.g. `jobs[3].`.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.errors: list[FieldError] = []
        self._unlisted = 0

    def __bool__(self) -> bool:
        return bool(self.errors)

    def add(self, name: str, reason: str) -> None:
        """Note that `name` breaks a rule."""
        error = FieldError(name=self._prefix + name[:100], reason=reason)
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(error)
            return
        self._unlisted += 1
        others = f"and {self._unlisted} other violations, the last: {name[:100]} {reason}"
        self.errors[MOST_ERRORS:] = [FieldError(name=self._prefix.rstrip(".") or "job", reason=others)]

    def expect(self, name: str, value: Any, kind: type) -> bool:
        """Note a wrong JSON type; a bool is not an integer. Returns whether the type is right."""
        if type(value) is kind:
            return True
        self.add(name, f"should be {_KINDS[kind]}, got {shown(value)}")
        return False


def shown(value: Any) -> str:
    """A value as a message shows it: short, and in JSON's words."""
    kind = _KINDS.get(type(value), type(value).__name__)
    if value is None or isinstance(value, list | dict):
        return kind
    text = repr(value)
    return f"{kind}, {text if len(text) <= 40 else text[:37] + '...'}"
