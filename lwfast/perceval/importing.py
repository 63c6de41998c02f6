"""Perceval, imported when it is needed."""

from __future__ import annotations

from typing import Any

from lwfast.errors import LightworksDependencyError


def perceval_module() -> Any:
    """Return the package `perceval`.

    Raises:
        LightworksDependencyError: It is not installed.
    """
    try:
        import perceval
    except ImportError as error:
        msg = (
            "Converting objects from or to Perceval needs Perceval; python -m pip install perceval-quandela "
            "(the extra lwfast[perceval])."
        )
        raise LightworksDependencyError(msg) from error
    return perceval
