"""Interferometers that implement the unitary of a circuit."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from lwfast._base.validation import full_name
from lwfast._types import ComplexArray, SeedLike
from lwfast.circuit import PhotonicCircuit
from lwfast.circuit.foreign.followed_circuits import own_circuit
from lwfast.errors import NotUnitaryError
from lwfast.interferometers.decompositions import clements_decomposition, reck_decomposition
from lwfast.interferometers.error_model import ErrorModel, own_model
from lwfast.interferometers.mesh import Mesh
from lwfast.optics.unitary import check_unitary

_TURN = 2 * math.pi


class _Interferometer(ABC):
    """A mesh of cells whose imperfections are drawn from an error model."""

    def __init__(self, error_model: ErrorModel | None = None) -> None:
        self.error_model = ErrorModel() if error_model is None else error_model

    @property
    def error_model(self) -> ErrorModel:
        """The distributions of imperfections."""
        return self._error_model

    @error_model.setter
    def error_model(self, value: ErrorModel) -> None:
        own_model(value)  # raises for anything else
        self._error_model = value

    def map(
        self, circuit: PhotonicCircuit, seed: int | None = None, *, rng: SeedLike = None
    ) -> PhotonicCircuit:
        """Return a circuit of beam splitters and phase shifts that implements another one.

        Each cell is a phase shift, a beam splitter, a phase shift and a beam splitter, with a loss on each of
        its modes behind it; phase shifts on all modes come last. The heralds of the circuit are kept.

        Args:
            circuit: The circuit to implement, of lwfast or Lightworks, with the present values of its
                Parameters.
            seed: Integer from 0 on, for the same imperfections each time; by default None, for new ones each
                time.
            rng: Seed or generator; an integer means the same as the same `seed`.

        Raises:
            NotUnitaryError: The circuit has loss.
            DecompositionUnsuccessful: Its unitary is less exact than decompositions need.
            TypeError: `circuit` is not a PhotonicCircuit, or `seed` is not an integer.
            ValueError: `seed` is negative, both `seed` and `rng` are given, or the error model gives a
                reflectivity or loss outside [0, 1].
        """
        own = own_circuit(circuit)
        if own is None:
            msg = f"Only circuits can be mapped, got {full_name(circuit)}."
            raise TypeError(msg)
        model = own_model(self.error_model)
        model.set_random_seed(seed, rng=rng)
        mesh = self._decompose(_unitary_of(own))
        # The order of all draws is Lightworks', so that a seed means the same imperfections.
        cells = [
            (mode, _offset(theta, model), _offset(phi, model))
            for mode, theta, phi in zip(
                mesh.modes.tolist(), mesh.theta.tolist(), mesh.phi.tolist(), strict=True
            )
        ]
        outputs = enumerate(mesh.output_phases.tolist())
        last = [(mode, _offset(phase, model)) for mode, phase in reversed(list(outputs))]
        mapped = PhotonicCircuit(mesh.n_modes)
        for mode, theta, phi in cells:
            mapped.barrier([mode, mode + 1])
            mapped.ps(mode + 1, phi)
            mapped.bs(mode, reflectivity=model.get_bs_reflectivity())
            mapped.ps(mode, theta)
            mapped.bs(mode, reflectivity=model.get_bs_reflectivity(), loss=model.get_loss())
        mapped.barrier()
        for mode, phase in last:
            mapped.ps(mode, phase)
        heralds = own.heralds
        for (start, n_in), (end, n_out) in zip(heralds.input.items(), heralds.output.items(), strict=True):
            mapped.herald((start, end), (n_in, n_out))
        return mapped

    @abstractmethod
    def _decompose(self, unitary: ComplexArray) -> Mesh:
        """Return the mesh of one unitary."""


class Reck(_Interferometer):
    """The triangular interferometer of Reck et al., Physical Review Letters 73, 58 (1994).

        model = ErrorModel()
        model.loss = Constant(0.01)
        chip = Reck(model).map(circuit, seed=1)

    Args:
        error_model: Distributions of imperfections; by default None, for an ideal interferometer.

    Raises:
        TypeError: `error_model` is not an ErrorModel.

    Example:
        >>> from lwfast.interferometers import ErrorModel, Reck, dists
        >>> unitary = lw.Unitary(lw.random_unitary(8, seed=1))
        >>> np.allclose(Reck().map(unitary).U, unitary.U)
        True
        >>> model = ErrorModel()
        >>> model.loss = dists.Constant(0.02)  # of each mode in each cell
        >>> kept = (np.abs(Reck(model).map(unitary).U) ** 2).sum(axis=0)
        >>> [float(kept.min().round(3)), float(kept.max().round(3))]  # what is left of each input
        [0.823, 0.928]
    """

    def _decompose(self, unitary: ComplexArray) -> Mesh:
        return reck_decomposition(unitary)


class Clements(_Interferometer):
    """The rectangular interferometer of Clements et al., Optica 3, 1460 (2016), used as `Reck` is.

    It has as many cells as the triangle, in m layers rather than 2 m - 3. All paths pass nearly the same
    number of cells, so the loss is even.

    Args:
        error_model: Distributions of imperfections; by default None, for an ideal interferometer.

    Raises:
        TypeError: `error_model` is not an ErrorModel.

    Example:
        >>> from lwfast.interferometers import ErrorModel, Clements, dists
        >>> unitary = lw.Unitary(lw.random_unitary(8, seed=1))
        >>> np.allclose(Clements().map(unitary).U, unitary.U)
        True
        >>> model = ErrorModel()
        >>> model.loss = dists.Constant(0.02)  # of each mode in each cell
        >>> kept = (np.abs(Clements(model).map(unitary).U) ** 2).sum(axis=0)
        >>> [float(kept.min().round(3)), float(kept.max().round(3))]  # what is left of each input
        [0.863, 0.877]
    """

    def _decompose(self, unitary: ComplexArray) -> Mesh:
        return clements_decomposition(unitary)


def _unitary_of(circuit: PhotonicCircuit) -> ComplexArray:
    unitary = circuit.U
    if circuit.U_full.shape != unitary.shape:
        try:
            check_unitary(unitary)
        except NotUnitaryError:
            msg = (
                "A circuit with loss cannot be mapped to an interferometer, which implements a unitary. Take "
                "the loss out, and give that of the interferometer to the error model."
            )
            raise NotUnitaryError(msg) from None
    return unitary


def _offset(phase: float, model: ErrorModel) -> float:
    """Return a phase with its error, from 0 to 2 pi."""
    return (phase + model.get_phase_offset()) % _TURN
