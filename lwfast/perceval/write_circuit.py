"""Photonic circuits as circuits of Perceval, element by element."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatchmethod
from math import atan2, cos, pi, sin, sqrt
from typing import Any

from lwfast.circuit.blocks import Group, UnitaryMatrix
from lwfast.circuit.components import Barrier, BeamSplitter, Component, Loss, ModeSwaps, PhaseShifter
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.circuit.rewriting import unpacked
from lwfast.perceval.angles import PhaseMatrix, SplitterMatrix
from lwfast.perceval.parameter_exchange import ParameterWriter
from lwfast.qubit.gates.rotation_matrices import RotationMatrix

Placed = list[tuple[int, Any]]
"""First mode and component of Perceval, in order."""


def write_circuit(pcvl: Any, circuit: PhotonicCircuit) -> Any:
    """Return a circuit as a Circuit of Perceval, or as an Experiment where it has loss or heralds.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        circuit: The circuit of lwfast, which stays as it is.

    Raises:
        ValueError: A Parameter has no counterpart: its value is not a number, its label is that of another,
            or it is in a matrix of its own.
    """
    heralds = circuit.heralds
    copied = circuit.copy()
    copied.remove_non_adjacent_bs()
    parameters = circuit.get_all_params()
    values = ParameterWriter(pcvl, parameters)
    elements = copied._get_circuit_spec()  # noqa: SLF001  (Lightworks' name; other packages call it too)
    placed = _Writer(pcvl, values).placed(elements)
    plain = not heralds.input and not any(isinstance(element, Loss) for element in unpacked(elements))
    written = pcvl.Circuit(circuit.n_modes) if plain else pcvl.Experiment(circuit.n_modes)
    for mode, component in placed:
        written.add(mode, component)
    values.restore_limits()
    if plain:
        return written
    written.min_detected_photons_filter(0)  # a circuit of lwfast asks for no number of photons
    location = pcvl.PortLocation
    for mode, number in heralds.input.items():
        both = heralds.output.get(mode) == number
        written.add_herald(mode, number, location=location.IN_OUT if both else location.INPUT)
    for mode, number in heralds.output.items():
        if heralds.input.get(mode) != number:
            written.add_herald(mode, number, location=location.OUTPUT)
    return written


class _Writer:
    def __init__(self, pcvl: Any, values: ParameterWriter) -> None:
        self._pcvl = pcvl
        self._values = values

    def placed(self, elements: Iterable[Component]) -> Placed:
        return [placed for element in elements for placed in self._element(element)]

    @singledispatchmethod
    def _element(self, element: Component) -> Placed:
        msg = f"{type(element).__name__} cannot be converted to Perceval."
        raise TypeError(msg)

    @_element.register
    def _(self, element: BeamSplitter) -> Placed:
        first, second = element.mode_1, element.mode_2  # neighbours
        turned = element.convention == "H" and first > second  # its -r is on the upper mode then
        value = element.reflectivity
        if isinstance(value, Parameter):
            half = "atan2(sqrt(1 - {0}), sqrt({0}))"
            theta = self._values.formula(f"2*pi - 2*{half}" if turned else f"2*{half}", value)
        else:
            theta = 2 * atan2(sqrt(1 - value), sqrt(value))
            theta = 2 * pi - theta if turned else theta
        kind = self._pcvl.BS.H if element.convention == "H" else self._pcvl.BS.Rx
        return [(min(first, second), kind(theta))]

    @_element.register
    def _(self, element: PhaseShifter) -> Placed:
        phi = element.phi
        if not isinstance(phi, Parameter) and not 0 <= phi <= 2 * pi:
            # As Perceval would, but without what a large phase loses by subtraction.
            phi = atan2(sin(phi), cos(phi)) % (2 * pi)
        return [(element.mode, self._pcvl.PS(self._values.angle(phi)))]

    @_element.register
    def _(self, element: Loss) -> Placed:
        return [(element.mode, self._pcvl.LC(self._values.angle(element.loss)))]

    @_element.register
    def _(self, element: Barrier) -> Placed:
        """Return one barrier for each run of neighbouring modes."""
        runs: list[list[int]] = []
        for mode in sorted(set(element.modes)):
            if runs and mode == runs[-1][-1] + 1:
                runs[-1].append(mode)
            else:
                runs.append([mode])
        return [(run[0], self._pcvl.Barrier(len(run))) for run in runs]

    @_element.register
    def _(self, element: ModeSwaps) -> Placed:
        swaps = {start: end for start, end in element.swaps.items() if start != end}
        if not swaps:
            return []
        first, last = min(swaps), max(swaps)
        ends = [swaps.get(mode, mode) - first for mode in range(first, last + 1)]
        return [(first, self._pcvl.PERM(ends))]

    @_element.register
    def _(self, element: Group) -> Placed:
        """Return the group as one circuit, or its elements where it has loss, which no circuit has there."""
        inner = self.placed(element.components)
        if not all(isinstance(component, self._pcvl.ACircuit) for _, component in inner):
            return inner
        circuit = self._pcvl.Circuit(element.mode_2 - element.mode_1 + 1, name=element.name)
        for mode, component in inner:
            circuit.add(mode - element.mode_1, component)
        return [(element.mode_1, circuit)]

    @_element.register
    def _(self, element: UnitaryMatrix) -> Placed:
        matrix, modes = element.unitary, element.modes
        if isinstance(matrix, MatrixOfParameters):
            return self._together(modes, self._live(matrix))
        return [(modes[0], self._pcvl.Unitary(self._pcvl.Matrix(element.spread()), name=element.label))]

    def _live(self, matrix: MatrixOfParameters) -> Placed:
        """Return a matrix that depends on Parameters as components on its own modes."""
        pcvl, values = self._pcvl, self._values
        if isinstance(matrix, SplitterMatrix):
            return [(0, getattr(pcvl.BS, matrix.convention)(values.angle(matrix.angle)))]
        if isinstance(matrix, PhaseMatrix):
            return [(0, pcvl.PS(values.angle(matrix.angle)))]
        if isinstance(matrix, RotationMatrix):
            theta = matrix.theta
            if matrix.gate == "P":
                return [(1, pcvl.PS(values.angle(theta)))]
            if matrix.gate == "Rx":
                return [(0, pcvl.BS.Rx(values.formula("-{}", theta)))]
            if matrix.gate == "Ry":
                return [(0, pcvl.BS.Ry(values.angle(theta)))]
            return [(0, pcvl.PS(values.formula("-{}/2", theta))), (1, pcvl.PS(values.formula("{}/2", theta)))]
        names = ", ".join(repr(parameter.label or "without a label") for parameter in matrix.params)
        msg = (
            f"A {type(matrix).__name__} depends on Parameters ({names}) in a way that no component of "
            "Perceval has; put their present values in their place first, with "
            "circuit.copy(freeze_parameters=True)."
        )
        raise ValueError(msg)

    def _together(self, modes: Sequence[int], placed: Placed) -> Placed:
        """Place components on modes, which are brought together and back where others are between them."""
        first, wide = modes[0], modes[-1] - modes[0] + 1
        moved = [(first + place, component) for place, component in placed]
        if wide == len(modes):
            return moved
        rows = [mode - first for mode in modes]
        order = rows + [row for row in range(wide) if row not in rows]
        ends = [order.index(row) for row in range(wide)]
        pcvl = self._pcvl
        return [(first, pcvl.PERM(ends)), *moved, (first, pcvl.PERM(order))]
