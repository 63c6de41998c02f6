"""The settings of a sweep as they stand beside its results: names, values, and which rows a person means."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen
from lwfast._base.setting_names import told_values
from lwfast._base.validation import is_real
from lwfast._texts import is_unicode
from lwfast._types import FloatArray
from lwfast.errors import ResultCreationError

TOLERANCE = 1e-9
"""How far a setting may be from a value that is asked for: absolute up to 1, relative above."""
_TAKEN = re.compile(r"setting|state|input|counts|probability|amplitude(_real|_imag)?|(mode|input)_\d+")


def can_be_label(text: str) -> bool:
    """Say whether results can have a column of a name: no other column has it, and files can keep it."""
    return is_unicode(text) and _TAKEN.fullmatch(text) is None


class SettingAxis:
    """Labels and values of settings.

    Args:
        labels: The name of each parameter, all different.
        settings: float64[k, p], owned by the new object: read-only from now on.
        shape: How they are laid out; its product is k.

    Raises:
        ResultCreationError: Labels, settings and shape do not fit each other, a label is that of a column of
            results, or a value is not finite.
    """

    __slots__ = ("labels", "settings", "shape")

    def __init__(self, labels: Sequence[str], settings: FloatArray, shape: Sequence[int]) -> None:
        self.labels = tuple(labels)
        self.shape = tuple(shape)
        if settings.ndim != 2 or settings.shape[1] != len(self.labels) or not self.labels:
            raise ResultCreationError(
                f"Settings should have a column for each of {len(self.labels)} labels, got {settings.shape}."
            )
        if math.prod(self.shape) != len(settings) or any(length < 0 for length in self.shape):
            raise ResultCreationError(f"{len(settings)} settings do not have the shape {self.shape}.")
        if len(set(self.labels)) < len(self.labels):
            raise ResultCreationError(f"Labels of parameters should differ, got {self.labels}.")
        for label in self.labels:
            if not can_be_label(label):
                raise ResultCreationError(
                    f"A parameter has the label {label!a:.80}, which is the name of another column, or no "
                    "text that a file can keep; give the Parameter another label."
                )
        if not np.isfinite(settings).all():
            raise ResultCreationError("A setting is not finite.")
        self.settings = frozen(np.ascontiguousarray(settings, dtype=np.float64))

    def __len__(self) -> int:
        return len(self.settings)

    def column(self, parameter: Any) -> int:
        """Return the column of a parameter, named by its label or by an object that has it.

        Raises:
            KeyError: There is no such parameter.
        """
        name = parameter if isinstance(parameter, str) else getattr(parameter, "label", None)
        if name is None and not isinstance(parameter, str) and len(self.labels) == 1:
            name = self.labels[0]  # a Parameter without a label, where there is only one it can be
        if name not in self.labels:
            msg = f"There is no parameter {name!r} in these results; they have {', '.join(self.labels)}."
            raise KeyError(msg)
        return self.labels.index(str(name))

    def rows(self, wanted: Mapping[Any, Any]) -> NDArray[np.int64]:
        """Return the settings in which every named parameter has the value that is asked for.

        A value is met within 1e-9, relative to it where it is above 1.

        Raises:
            KeyError: There is no such parameter.
            TypeError: A value is not a real number.
            ValueError: No setting has the value; the message names the nearest one.
        """
        keep = np.ones(len(self), dtype=np.bool_)
        for parameter, value in wanted.items():
            column = self.column(parameter)
            if not is_real(value):
                msg = f"The value of {self.labels[column]} should be a real number, got {value!r}."
                raise TypeError(msg)
            off = np.abs(self.settings[:, column] - float(value))
            near = off <= TOLERANCE * max(1.0, abs(float(value)))
            if not near.any():
                nearest = self.settings[np.argmin(off), column] if len(self) else None
                msg = f"No setting has {self.labels[column]} = {value}; the nearest is {nearest}."
                raise ValueError(msg)
            keep &= near
        if not keep.any():
            told = ", ".join(f"{self.labels[self.column(p)]} = {value}" for p, value in wanted.items())
            msg = f"No setting has {told} together, though each of them occurs."
            raise ValueError(msg)
        return np.flatnonzero(keep).astype(np.int64)

    def taken(self, rows: NDArray[np.int64]) -> SettingAxis:
        """Return some of the settings, as rows; the shape stays where they are all of them."""
        if len(rows) == len(self) and np.array_equal(rows, np.arange(len(self))):
            return self
        return SettingAxis(self.labels, self.settings[rows], (len(rows),))

    def told(self, row: int) -> str:
        """Return a setting as text."""
        return told_values(self.labels, self.settings[row].tolist())

    def same(self, other: SettingAxis) -> bool:
        """Say whether labels, values and shape are the same."""
        return (
            self.labels == other.labels
            and self.shape == other.shape
            and np.array_equal(self.settings, other.settings)
        )
