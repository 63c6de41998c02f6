"""What is imperfect in the cells of an interferometer."""

from __future__ import annotations

from typing import Any

from lwfast._base.generators import generator_of
from lwfast._base.origin import lightworks_name
from lwfast._base.validation import full_name, process_random_seed
from lwfast._types import SeedLike
from lwfast.interferometers.dists.random_values import Constant, Distribution

_SEEDS = 2**31 - 1
"""Seeds of distributions are drawn from as many, as in Lightworks."""


class ErrorModel:
    """The distributions from which imperfections of beam splitters and phase shifts are drawn.

    A new model is ideal. Imperfect ones are made by setting its attributes:

        model = ErrorModel()
        model.bs_reflectivity = Gaussian(0.5, 0.02, min_value=0, max_value=1)

    Attributes:
        bs_reflectivity: Reflectivity of each beam splitter, `Constant(0.5)` at first.
        loss: Probability that a photon is lost in a cell, for each of its two modes, `Constant(0)` at first.
        phase_offset: Error that is added to each phase, in radians; `Constant(0)` at first.

    Raises:
        TypeError: An attribute is set to what is not a `Distribution`.

    Example:
        >>> from lwfast.interferometers import ErrorModel, Reck, dists
        >>> model = ErrorModel()
        >>> model.bs_reflectivity = dists.Gaussian(0.5, 0.02)
        >>> circuit = Reck(error_model=model).map(lw.Unitary(lw.random_unitary(4, seed=1)), seed=1)
        >>> circuit.n_modes
        4
    """

    def __init__(self) -> None:
        self.bs_reflectivity = Constant(0.5)
        self.loss = Constant(0)
        self.phase_offset = Constant(0)

    def __str__(self) -> str:
        return (
            f"ErrorModel(bs_reflectivity = {self.bs_reflectivity}, loss = {self.loss}, "
            f"phase_offset = {self.phase_offset})"
        )

    def __repr__(self) -> str:
        return f"lwfast.interferometers.{self}"

    @property
    def bs_reflectivity(self) -> Distribution:
        """The distribution of reflectivities."""
        return self._bs_reflectivity

    @bs_reflectivity.setter
    def bs_reflectivity(self, distribution: Distribution) -> None:
        self._bs_reflectivity = _checked(distribution, "bs_reflectivity")

    @property
    def loss(self) -> Distribution:
        """The distribution of losses."""
        return self._loss

    @loss.setter
    def loss(self, distribution: Distribution) -> None:
        self._loss = _checked(distribution, "loss")

    @property
    def phase_offset(self) -> Distribution:
        """The distribution of the errors of phases, in radians."""
        return self._phase_offset

    @phase_offset.setter
    def phase_offset(self, distribution: Distribution) -> None:
        self._phase_offset = _checked(distribution, "phase_offset")

    def get_bs_reflectivity(self) -> float:
        """Return the next reflectivity."""
        return self._bs_reflectivity.value()

    def get_loss(self) -> float:
        """Return the next loss."""
        return self._loss.value()

    def get_phase_offset(self) -> float:
        """Return the next offset of a phase, in radians."""
        return self._phase_offset.value()

    def set_random_seed(self, seed: int | None, *, rng: SeedLike = None) -> None:
        """Restart all distributions, each with a seed of its own that is drawn from the given one.

        Args:
            seed: Integer from 0 on, or None for values that differ each time.
            rng: Seed or generator; an integer means the same as the same `seed`.

        Raises:
            TypeError: `seed` is not an integer.
            ValueError: `seed` is negative, or both `seed` and `rng` are given.
        """
        number = process_random_seed(seed)
        if number is not None and rng is not None:
            raise ValueError("Give either seed or rng, not both.")
        given = number if rng is None else rng
        generator = generator_of(given)
        for distribution in (self._bs_reflectivity, self._loss, self._phase_offset):
            distribution.set_random_seed(None if given is None else int(generator.integers(_SEEDS)))


def _checked(distribution: Any, name: str) -> Distribution:
    # A distribution of Lightworks has the same two methods.
    if not isinstance(distribution, Distribution) and not lightworks_name(distribution, ("Distribution",)):
        msg = (
            f"{name} should be a distribution of interferometers.dists, got "
            f"{full_name(distribution)}; for a number, give Constant(number)."
        )
        raise TypeError(msg)
    checked: Distribution = distribution
    return checked


def own_model(model: Any) -> ErrorModel:
    """Return an error model of lwfast or of Lightworks as one of ours.

    That of Lightworks keeps its distributions, which are drawn from and begun anew.

    Raises:
        TypeError: It is not an error model.
    """
    if isinstance(model, ErrorModel):
        return model
    if not lightworks_name(model, ("ErrorModel",)):
        msg = f"error_model should be an ErrorModel, got {full_name(model)}."
        raise TypeError(msg)
    own = ErrorModel()
    for name in ("bs_reflectivity", "loss", "phase_offset"):
        setattr(own, name, getattr(model, name))
    return own
