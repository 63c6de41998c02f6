"""Circuits of Perceval as photonic circuits, component by component."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import cos, pi, sin
from typing import Any

import numpy as np

from lwfast._base.validation import full_name
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.circuit.unitary_component import Unitary
from lwfast.perceval.angles import Angle, Formula, PhaseMatrix, SplitterMatrix, splitter_matrix
from lwfast.perceval.parameter_exchange import ParameterReader

_FAINT = 1e-3
"""A transmission amplitude below this loses digits in a reflectivity, which is near 1 then."""
Components = Iterable[tuple[Iterable[int], Any]]
"""Modes and component of Perceval, in order."""


def read_circuit(pcvl: Any, circuit: Any, parameters: Mapping[str, Any]) -> PhotonicCircuit:
    """Return a circuit, or one component, of Perceval.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        circuit: The circuit or component.
        parameters: Values, or Parameters to take, by the name of a variable.

    Raises:
        TypeError: A component has no counterpart.
        ValueError: A component has a value without a counterpart, or a variable has none.
    """
    return read_components(pcvl, [(range(circuit.m), circuit)], circuit.m, parameters)


def read_components(
    pcvl: Any, components: Components, n_modes: int, parameters: Mapping[str, Any]
) -> PhotonicCircuit:
    """Return components of Perceval as one circuit; the arguments are those of `read_circuit`."""
    reader = _CircuitReader(pcvl, ParameterReader(pcvl, parameters))
    listed = list(components)
    if len(listed) == 1 and isinstance(listed[0][1], pcvl.Circuit):
        listed = _parts(listed[0][1])  # no group around the whole
    circuit = reader.circuit(listed, n_modes)
    reader.values.check_all_used()
    return circuit


class _CircuitReader:
    def __init__(self, pcvl: Any, values: ParameterReader) -> None:
        self._pcvl = pcvl
        self.values = values

    def circuit(self, components: Components, n_modes: int) -> PhotonicCircuit:
        circuit = PhotonicCircuit(n_modes)
        for modes, component in components:
            self._add(circuit, list(modes), component)
        return circuit

    def _add(self, circuit: PhotonicCircuit, modes: list[int], component: Any) -> None:
        pcvl, first = self._pcvl, modes[0]
        if getattr(component, "requires_polarization", False):
            raise TypeError(_refusal(component, "circuits of lwfast have no polarisation"))
        if isinstance(component, pcvl.Circuit):
            inner = self.circuit(_parts(component), component.m)
            circuit.add(inner, first, group=True, name=str(component.name))
        elif isinstance(component, pcvl.BS):
            self._beam_splitter(circuit, first, component)
        elif isinstance(component, pcvl.PS):
            if "max_error" in component.params and component.param("max_error"):
                remedy = (
                    "a phase of lwfast has no random error; draw it in Perceval with "
                    "component.apply_phase_noise(), and convert what that gives"
                )
                raise ValueError(_refusal(component, f"its max_error is not 0, and {remedy}"))
            self._phase(circuit, first, component.param("phi"), keep_zero=True)
        elif isinstance(component, pcvl.PERM):
            ends = component.perm_vector
            circuit.mode_swaps({first + k: first + end for k, end in enumerate(ends) if k != end})
        elif isinstance(component, pcvl.Barrier):
            circuit.barrier(modes)
        elif isinstance(component, pcvl.LC):
            self._loss(circuit, first, component)
        elif isinstance(component, pcvl.ACircuit) and not component.vars:
            matrix = np.array(component.compute_unitary(use_symbolic=False), dtype=np.complex128)
            circuit.add(Unitary(matrix, str(component.name)), first)
        else:
            reason = (
                "circuits of lwfast hold BS, PS, PERM, Unitary, LC, Barrier, and circuits of these; no time "
                "delay, feed-forward or detector stands among them"
            )
            raise TypeError(_refusal(component, reason))

    def _beam_splitter(self, circuit: PhotonicCircuit, mode: int, component: Any) -> None:
        """Put the phases on the left, the beam splitter itself, and the phases on the right."""
        convention = component.convention.name
        for place, name in ((mode, "phi_tl"), (mode + 1, "phi_bl")):
            self._phase(circuit, place, component.param(name))
        theta = self.values.angle(component.param("theta"))
        if not isinstance(theta, float):
            circuit.add(Unitary(SplitterMatrix(theta, convention), str(component.name)), mode)
        else:
            _fixed_splitter(circuit, mode, convention, theta, str(component.name))
        for place, name in ((mode, "phi_tr"), (mode + 1, "phi_br")):
            self._phase(circuit, place, component.param(name))

    def _phase(self, circuit: PhotonicCircuit, mode: int, parameter: Any, *, keep_zero: bool = False) -> None:
        phi: Angle = self.values.angle(parameter)
        if isinstance(phi, Formula):
            circuit.add(Unitary(PhaseMatrix(phi), "PS"), mode)
        elif keep_zero or phi != 0:
            circuit.ps(mode, phi)

    def _loss(self, circuit: PhotonicCircuit, mode: int, component: Any) -> None:
        loss = self.values.angle(component.param("loss"))
        if isinstance(loss, Formula):
            remedy = "the loss of a circuit of lwfast is a number or one Parameter; give it one"
            raise ValueError(_refusal(component, f"its loss is the formula {loss.expression}, and {remedy}"))
        circuit.loss(mode, loss)


def _fixed_splitter(circuit: PhotonicCircuit, mode: int, convention: str, theta: float, name: str) -> None:
    """Add a beam splitter by its reflectivity, or by its matrix where no reflectivity says the same."""
    c, s = cos(theta / 2), sin(theta / 2)
    if abs(c) < 1e-15:
        c = 0.0  # pi/2 is not a float
    if c < 0 or s < 0 or 0 < s < _FAINT:
        circuit.add(Unitary(splitter_matrix(convention, c, s), name), mode)
        return
    if convention == "Ry":
        circuit.ps(mode + 1, pi)
    circuit.bs(mode, reflectivity=c * c, convention="Rx" if convention == "Rx" else "H")


def _parts(circuit: Any) -> list[tuple[Iterable[int], Any]]:
    """Return the components of a circuit; looping over it would go through those of inner circuits."""
    return list(circuit._components)  # noqa: SLF001  (Perceval has no public name for it)


def _refusal(component: Any, reason: str) -> str:
    return f"The component {component.name} ({full_name(component)}) cannot be converted: {reason}."
