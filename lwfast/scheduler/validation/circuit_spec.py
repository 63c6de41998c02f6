"""Checking a `circuit_spec`: is each element well formed, and do all together make the unitary?

The elements and their fields are those of the wire; modes are physical ones, heralds counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lwfast._base.limits import SINGLE_PRECISION
from lwfast._types import ComplexArray
from lwfast.optics.elements import CONVENTIONS, ElementWriter
from lwfast.scheduler.validation.violations import Violations, shown
from lwfast.wire import matrix_from_text


class _BadElementError(ValueError):
    """An element that cannot be built; the message says why."""


def check_circuit_spec(
    spec: Any, n_modes: int | None, unitary: ComplexArray | None, violations: Violations
) -> None:
    """Note every malformed element; where all are well formed, that their product is not `unitary`.

    Args:
        spec: Parsed JSON of the field.
        n_modes: Number of modes, or None if that field is not valid.
        unitary: complex128 `(n_modes, n_modes)`, or None if that field is not valid.
        violations: Takes what is wrong.
    """
    if not violations.expect("circuit_spec", spec, list):
        return
    elements = _Elements(n_modes or 0)
    good = True
    for index, element in enumerate(spec):
        try:
            name, values = _split(element)
            build = _BUILDERS.get(name)
            if build is None:
                raise _BadElementError(f"unknown element {name!r:.40}; known are {', '.join(_BUILDERS)}")
            if n_modes is not None:
                build(_Fields(name, values, n_modes), elements)
        except _BadElementError as error:
            violations.add(f"circuit_spec[{index}]", str(error))
            good = False
    if good and n_modes is not None and unitary is not None:
        difference = float(np.abs(elements.product() - unitary).max())
        if not difference <= SINGLE_PRECISION:
            violations.add(
                "circuit_spec",
                f"does not make `unitary`: an entry differs by {difference:.3g} and {SINGLE_PRECISION:g} is "
                "allowed",
            )


def _split(element: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(element, list) or len(element) != 2:
        raise _BadElementError(f"should be [name, parameters], got {shown(element)}")
    name, values = element
    if not isinstance(name, str) or not isinstance(values, dict):
        raise _BadElementError("should be [name, parameters] with a string and an object")
    return name, values


class _Elements:
    """The elements that are well formed, to be multiplied up."""

    def __init__(self, n_modes: int) -> None:
        self.write = ElementWriter(n_modes)
        self.matrices: list[ComplexArray] = []

    def product(self) -> ComplexArray:
        with np.errstate(all="ignore"):  # huge entries end as a difference that is not small
            product: ComplexArray = self.write.table().products(np.zeros((1, 0)), self.matrices)[0]
        return product


class _Fields:
    """The parameters of one element, taken out by type."""

    def __init__(self, name: str, values: dict[str, Any], n_modes: int) -> None:
        self._name = name
        self._values = values
        self.n_modes = n_modes

    def take(self, field: str) -> Any:
        if field not in self._values:
            raise _BadElementError(f"{self._name} lacks {field!r}")
        return self._values[field]

    def mode(self, field: str) -> int:
        return self.as_mode(self.take(field), field)

    def as_mode(self, value: Any, field: str) -> int:
        if type(value) is not int or not 0 <= value < self.n_modes:
            raise _BadElementError(
                f"{field} should be a mode from 0 to {self.n_modes - 1}, got {shown(value)}"
            )
        return value

    def real(self, field: str) -> float:
        value = self.take(field)
        if type(value) not in (int, float) or abs(value) > 1e300 or not math.isfinite(value):
            raise _BadElementError(f"{field} should be a finite number, got {shown(value)}")
        return float(value)


def _beam_splitter(fields: _Fields, elements: _Elements) -> None:
    first, second = fields.mode("mode_1"), fields.mode("mode_2")
    if first == second:
        raise _BadElementError(f"mode_1 and mode_2 are both {first}")
    reflectivity = fields.real("reflectivity")
    if not 0 <= reflectivity <= 1:
        raise _BadElementError(f"reflectivity should be from 0 to 1, got {reflectivity}")
    convention = fields.take("convention")
    if convention not in CONVENTIONS:
        raise _BadElementError(f"convention should be 'Rx' or 'H', got {shown(convention)}")
    elements.write.beam_splitter(first, second, reflectivity, convention)


def _phase_shifter(fields: _Fields, elements: _Elements) -> None:
    elements.write.phase_shift(fields.mode("mode"), fields.real("phi"))


def _barrier(fields: _Fields, elements: _Elements) -> None:  # noqa: ARG001  (a barrier changes nothing)
    modes = fields.take("modes")
    if not isinstance(modes, list):
        raise _BadElementError(f"modes should be a list, got {shown(modes)}")
    for mode in modes:
        fields.as_mode(mode, "modes")


def _mode_swaps(fields: _Fields, elements: _Elements) -> None:
    swaps = fields.take("swaps")
    if not isinstance(swaps, dict):
        raise _BadElementError(f"swaps should be an object, got {shown(swaps)}")
    # JSON's keys are strings; ten digits are more than any mode.
    sources = [
        fields.as_mode(int(key) if key.isdecimal() and len(key) < 10 else key, "swaps") for key in swaps
    ]
    targets = [fields.as_mode(value, "swaps") for value in swaps.values()]
    if sorted(sources) != sorted(targets) or len(set(sources)) != len(sources):
        raise _BadElementError("swaps should name the same modes as sources and as targets")
    elements.write.mode_swaps(dict(zip(sources, targets, strict=True)))


def _unitary_matrix(fields: _Fields, elements: _Elements) -> None:
    mode = fields.mode("mode")
    if not isinstance(fields.take("label"), str):
        raise _BadElementError(f"label should be a string, got {shown(fields.take('label'))}")
    rows = fields.take("unitary")
    if not isinstance(rows, list) or len(rows) > fields.n_modes:
        raise _BadElementError(f"unitary should be at most {fields.n_modes} rows, got {shown(rows)}")
    try:
        block = matrix_from_text(rows)
    except ValueError as error:
        raise _BadElementError(f"unitary: {error}") from None
    size = len(block)
    if size == 0 or block.shape != (size, size) or mode + size > fields.n_modes:
        raise _BadElementError(
            f"unitary of shape {block.shape} at mode {mode} should be square and end "
            f"at mode {fields.n_modes - 1} or before"
        )
    if not np.isfinite(block).all():
        raise _BadElementError("unitary has entries that are not finite")
    elements.write.block(range(mode, mode + size))
    elements.matrices.append(block)


_BUILDERS: dict[str, Callable[[_Fields, _Elements], None]] = {
    "BeamSplitter": _beam_splitter,
    "PhaseShifter": _phase_shifter,
    "Barrier": _barrier,
    "ModeSwaps": _mode_swaps,
    "UnitaryMatrix": _unitary_matrix,
}
