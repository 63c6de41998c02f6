"""The names under which Lightworks keeps what a circuit is made of: it has no public ones."""

from __future__ import annotations

from typing import Any

from lwfast._version import LIGHTWORKS_VERSION
from lwfast.errors import LightworksDependencyError

_CLASS = "_PhotonicCircuit__"
SPEC = f"{_CLASS}circuit_spec"
IN_HERALDS, OUT_HERALDS = f"{_CLASS}in_heralds", f"{_CLASS}out_heralds"
OWN_IN_HERALDS, OWN_OUT_HERALDS = f"{_CLASS}external_in_heralds", f"{_CLASS}external_out_heralds"
INTERNAL = f"{_CLASS}internal_modes"


def private(circuit: Any, name: str) -> Any:
    """Return a private part of a circuit of Lightworks, the very object.

    Raises:
        LightworksDependencyError: Lightworks has nothing of this name.
    """
    try:
        return vars(circuit)[name]
    except KeyError:
        raise _laid_out_otherwise() from None


def set_private(circuit: Any, **parts: Any) -> None:
    """Set private parts of a circuit of Lightworks.

    Raises:
        LightworksDependencyError: Lightworks lacks one of the names.
    """
    if not parts.keys() <= vars(circuit).keys():
        raise _laid_out_otherwise()
    vars(circuit).update(parts)


def _laid_out_otherwise() -> LightworksDependencyError:
    from importlib.metadata import version  # which loads what reads mail

    return LightworksDependencyError(
        f"Lightworks {version('lightworks')} lays its circuits out in another way than {LIGHTWORKS_VERSION}, "
        "which lwfast knows; install that version to mix the two."
    )
