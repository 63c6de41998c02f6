"""Global settings, read by the calls that name them."""

from __future__ import annotations

import math
from typing import Any

from lwfast._base.validation import as_fraction, as_real


class Settings:
    """The settings of this process; the names are fixed.

    Attributes:
        unitary_precision: Largest deviation of U^H U from the identity at which a matrix still counts as
            unitary. None, the default, takes a tolerance that fits the matrix' dtype and size.
        sampler_probability_threshold: Kept for code written for Lightworks, which leaves out outcomes less
            likely than this. Distributions of lwfast are exact, so the value has no effect.

    Example:
        >>> lw.settings.unitary_precision is None
        True
        >>> lw.settings.unitary_precision = 1e-6
        >>> lw.settings.unitary_precision = None
    """

    __slots__ = ("sampler_probability_threshold", "unitary_precision")

    unitary_precision: float | None
    sampler_probability_threshold: float

    def __init__(self) -> None:
        self.unitary_precision = None
        self.sampler_probability_threshold = 1e-9

    @property
    def all(self) -> list[str]:
        """The name of every setting."""
        return ["unitary_precision", "sampler_probability_threshold"]

    def __str__(self) -> str:
        return "\n".join(f"{name}: {getattr(self, name)}" for name in self.all)

    def __repr__(self) -> str:
        return f"lwfast.Settings(\n{self}\n)"

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "unitary_precision":
            value = _precision(value)
        elif name == "sampler_probability_threshold":
            value = as_fraction(value, name)
        else:
            self.__getattr__(name)
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        # Only reached where the normal look-up failed.
        msg = f"Setting with name '{name}' does not exist; the settings are {', '.join(self.all)}."
        raise AttributeError(msg)


def _precision(value: Any) -> float | None:
    if value is None:
        return None
    number = as_real(value, "unitary_precision")
    if not (number >= 0 and math.isfinite(number)):
        msg = f"unitary_precision should be None or a number from 0 on, got {value}."
        raise ValueError(msg)
    return float(number)


settings = Settings()
