"""Derivatives by the Parameters of a circuit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lwfast._types import ComplexArray
from lwfast.circuit.blocks import UnitaryMatrix
from lwfast.circuit.components import Barrier, BeamSplitter, Component, Loss, ModeSwaps, PhaseShifter
from lwfast.circuit.parameterized_unitary import ParameterizedUnitary
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.circuit.rewriting import unpacked
from lwfast.errors import ParameterValueError

LEAST_LOSS = 1e-6
"""Below, what one loss changes is lost in the rounding of all light that is lost."""


def wanted_parameters(circuit: PhotonicCircuit, chosen: Any) -> list[Parameter[Any]]:
    """Return the Parameters by which derivatives are wanted.

    Args:
        circuit: The circuit.
        chosen: True for all of the circuit, or Parameters.

    Raises:
        TypeError: `chosen` is neither.
        ValueError: A Parameter is not one of the circuit.
    """
    of_circuit = circuit.get_all_params()
    if chosen is True:
        return of_circuit
    listed = [chosen] if isinstance(chosen, Parameter) else list(chosen) if isinstance(chosen, Iterable) else None
    if listed is None or not all(isinstance(parameter, Parameter) for parameter in listed):
        msg = f"gradient should be True, False, or Parameters of the circuit, got {chosen!r}."
        raise TypeError(msg)
    known = {id(parameter) for parameter in of_circuit}
    for parameter in listed:
        if id(parameter) not in known:
            msg = f"{parameter!r} is not a Parameter of the circuit, which has {len(of_circuit)}; leave it out."
            raise ValueError(msg)
    return list({id(parameter): parameter for parameter in listed}.values())


def has_loss_parameter(circuit: PhotonicCircuit) -> bool:
    """Say whether the loss of an element is a Parameter."""
    return any(
        isinstance(element, Loss) and isinstance(element.loss, Parameter) for element in _elements(circuit)
    )


def check_differentiable(circuit: PhotonicCircuit, wanted: Sequence[Parameter[Any]]) -> None:
    """Check that each Parameter has a value at which derivatives exist.

    Raises:
        ParameterValueError: A reflectivity is 0 or 1, or a loss is below 1e-6 or 1.
    """
    asked = {id(parameter) for parameter in wanted}
    for element in _elements(circuit):
        if isinstance(element, BeamSplitter) and id(element.reflectivity) in asked:
            value = _value(element.reflectivity)
            if value in (0.0, 1.0):
                msg = (
                    f"Reflectivity {_name(element.reflectivity)} is {value:g}, where amplitudes, which have its square "
                    "root, have an infinite derivative. Keep it between 0 and 1, or make it the cosine squared of an "
                    "angle that you vary."
                )
                raise ParameterValueError(msg)
        if isinstance(element, Loss) and id(element.loss) in asked:
            value = _value(element.loss)
            if value == 1.0:
                msg = (
                    f"Loss {_name(element.loss)} is 1, where amplitudes, which have the square root of what is left, "
                    "have an infinite derivative. Keep it below 1."
                )
                raise ParameterValueError(msg)
            if value < LEAST_LOSS:
                msg = (
                    f"Loss {_name(element.loss)} is {value:g}: as no loss is below 0, the derivative there has one side "
                    f"only, and it is not computed. Set it to {LEAST_LOSS:g} or more, which changes no probability by "
                    "more than that for each photon."
                )
                raise ParameterValueError(msg)


def parameter_derivatives(
    circuit: PhotonicCircuit, by_matrix: ComplexArray, wanted: Sequence[Parameter[Any]]
) -> dict[Parameter[Any], float]:
    """Take derivatives by the transfer matrix to those by Parameters.

    Args:
        circuit: The circuit, without change since the matrix was built.
        by_matrix: complex128[n_modes, n_modes], dL/d(Re U) + i dL/d(Im U) for the matrix without loss modes.
        wanted: Parameters of the circuit that passed `check_differentiable`.

    Returns:
        dL/dp for each; the order is that of `wanted`.
    """
    from lwfast._kernels.optics.elements_adjoint import elements_adjoint

    table = _Table(_elements(circuit))
    by_values = np.zeros(len(table.values))
    by_blocks = np.zeros(len(table.blocks), dtype=np.complex128)
    elements = np.array(table.elements, dtype=np.int64).reshape(-1, 4)
    values = np.array(table.values, dtype=np.float64)
    modes = np.array(table.modes, dtype=np.int64)
    blocks = np.array(table.blocks, dtype=np.complex128)
    elements_adjoint(elements, values, modes, blocks, by_matrix.copy(), by_values, by_blocks)
    found = {id(parameter): 0.0 for parameter in wanted}
    for place, parameter in table.owners:
        if id(parameter) in found:
            found[id(parameter)] += float(by_values[place])
    for offset, unitary in table.symbolic:
        n = unitary.shape[0]
        by_block = by_blocks[offset : offset + n * n].reshape(n, n)
        for parameter in unitary.params:
            if id(parameter) in found:
                slope = unitary.derivative(parameter)
                found[id(parameter)] += float((by_block.conj() * slope).real.sum())
    return {parameter: found[id(parameter)] for parameter in wanted}


class _Table:
    """The elements of a circuit as the kernel takes them, and which Parameter is behind which value."""

    def __init__(self, components: Iterable[Component]) -> None:
        from lwfast._kernels.optics import elements_adjoint as kinds

        self.elements: list[tuple[int, int, int, int]] = []
        self.values: list[float] = []
        self.modes: list[int] = []
        self.blocks: list[complex] = []
        self.owners: list[tuple[int, Parameter[Any]]] = []
        self.symbolic: list[tuple[int, ParameterizedUnitary]] = []
        for element in components:
            if isinstance(element, BeamSplitter):
                kind = kinds.SPLITTER_RX if element.convention == "Rx" else kinds.SPLITTER_H
                self._add(kind, element.mode_1, element.mode_2, element.reflectivity)
            elif isinstance(element, PhaseShifter):
                self._add(kinds.PHASE, element.mode, element.mode, element.phi)
            elif isinstance(element, Loss):
                self._add(kinds.LOSS, element.mode, element.mode, element.loss)
            elif isinstance(element, ModeSwaps):
                for first, second in _transpositions(element.swaps):
                    self._add(kinds.SWAP, first, second, 0.0)
            elif isinstance(element, UnitaryMatrix):
                self._add_block(kinds.BLOCK, element)
            elif not isinstance(element, Barrier):
                msg = f"No derivative is known of {type(element).__name__}; this is a defect."
                raise AssertionError(msg)

    def _add(self, kind: int, first: int, second: int, value: Any) -> None:
        if isinstance(value, Parameter):
            self.owners.append((len(self.values), value))
        self.elements.append((kind, first, second, 0))
        self.values.append(_value(value))

    def _add_block(self, kind: int, element: UnitaryMatrix) -> None:
        if isinstance(element.unitary, ParameterizedUnitary):
            self.symbolic.append((len(self.blocks), element.unitary))
            matrix = element.unitary.unitary
        else:
            matrix = element.unitary
        self.elements.append((kind, len(element.modes), len(self.modes), len(self.blocks)))
        self.values.append(0.0)
        self.modes += element.modes
        self.blocks += matrix.ravel().tolist()


def _elements(circuit: PhotonicCircuit) -> list[Component]:
    return unpacked(circuit._get_circuit_spec())  # noqa: SLF001  (a name of Lightworks that others call too)


def _transpositions(swaps: dict[int, int]) -> list[tuple[int, int]]:
    """Return swaps of two modes that have the effect of a permutation, one after the other."""
    pairs = []
    content = {mode: mode for mode in swaps}  # which mode's light is where
    for start, end in swaps.items():
        here = next(place for place, light in content.items() if light == start)
        if here != end:
            pairs.append((here, end))
            content[here], content[end] = content[end], content[here]
    return pairs


def _value(value: Any) -> float:
    return float(value.get() if isinstance(value, Parameter) else value)


def _name(parameter: Any) -> str:
    return repr(parameter.label) if parameter.label is not None else "without a label"
