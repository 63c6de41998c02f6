"""The functions of `lwfast.jax`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lwfast.circuit import Parameter
from lwfast.emulator.gradients.expectation import expectation as exact_expectation
from lwfast.emulator.gradients.lent_values import set_for_a_while
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.results.processing.observables import Observable

__all__ = ["expectation", "output_probabilities"]


def output_probabilities(unitary: Any, occupation: Sequence[int], **options: Any) -> Any:
    """Compute the probability of every outcome as an array that JAX differentiates.

    The backward pass computes the distribution once more, because nothing can be kept between two callbacks.

    Args:
        unitary: JAX array of shape (m, m), complex128: a unitary or a lossy transfer matrix.
        occupation: Photons in each of the m input modes.
        **options: The options of `lwfast.output_distribution` except `amplitudes` and `gradient`: heralds,
            rules, min_detection, threshold, source, detector, workers. The number of outcomes may depend on
            them, but not on the values of the matrix; so `lossy=True` has to say whether it loses light.
        lossy: Whether the matrix may lose light; by default False, which needs a unitary one.

    Returns:
        float64[K]. The outcomes are the `states` of `lwfast.output_distribution(..., gradient=True)`.

    Raises:
        ValueError: `jax_enable_x64` is off, or the matrix loses light and `lossy` is False.
    """
    _check_precision()
    matrix = jnp.asarray(unitary, dtype=jnp.complex128)
    lossy = bool(options.pop("lossy", False))
    return _OutputProbabilities(tuple(occupation), options, lossy=lossy)(matrix)


def expectation(task: Any, observable: Observable, parameters: Sequence[Parameter[Any]], values: Any) -> Any:
    """Compute the exact mean of an observable for values of Parameters, such that JAX differentiates it.

    The Parameters get their former values back afterwards; until then, other threads see the new ones.

    Args:
        task: A `lwfast.Sampler`, whose circuit holds the Parameters.
        observable: The value of each outcome, in the forms that `lwfast.expectation` takes.
        parameters: The Parameters of the circuit to differentiate by, each once.
        values: Real JAX array of shape (p,), one value per Parameter.

    Returns:
        float64, without dimensions.

    Raises:
        ValueError: `jax_enable_x64` is off, or there are more or fewer values than Parameters.
    """
    _check_precision()

    @jax.custom_vjp
    def mean(given: Any) -> Any:
        return both(given)[0]

    def both(given: Any) -> Any:
        shapes = jax.ShapeDtypeStruct((), jnp.float64), jax.ShapeDtypeStruct((len(parameters),), jnp.float64)
        return jax.pure_callback(compute, shapes, given, vmap_method="sequential")

    def compute(given: Any) -> Any:
        with set_for_a_while(parameters, given):
            value, slopes = exact_expectation(task, observable, gradient=parameters)
        return np.float64(value), np.array([slopes[parameter] for parameter in parameters])

    mean.defvjp(both, lambda slopes, cotangent: (cotangent * slopes,))
    return mean(jnp.asarray(values, dtype=jnp.float64))


class _OutputProbabilities:
    """The distribution of one input, as a function of the matrix."""

    def __init__(self, occupation: tuple[int, ...], options: Any, *, lossy: bool) -> None:
        self._occupation = occupation
        self._options = options
        n = len(occupation)
        # The number of outcomes is that of any matrix of the kind.
        example = np.eye(n) * np.sqrt(0.5) if lossy else np.eye(n)
        self._size = len(self._at(example))
        self._call = jax.custom_vjp(self._forward)
        self._call.defvjp(lambda matrix: (self._forward(matrix), matrix), self._backward)

    def __call__(self, matrix: Any) -> Any:
        return self._call(matrix)

    def _at(self, matrix: Any) -> Any:
        return output_distribution(np.asarray(matrix), self._occupation, gradient=True, **self._options)

    def _forward(self, matrix: Any) -> Any:
        shape = jax.ShapeDtypeStruct((self._size,), jnp.float64)
        return jax.pure_callback(self._probabilities, shape, matrix, vmap_method="sequential")

    def _probabilities(self, matrix: Any) -> Any:
        found = self._at(matrix)
        if len(found) != self._size:
            msg = (
                f"The matrix gives {len(found)} outcomes, and {self._size} were expected: say lossy=True "
                "for a matrix that loses light, and leave it out for one that does not."
            )
            raise ValueError(msg)
        return found.probabilities

    def _backward(self, matrix: Any, cotangent: Any) -> Any:
        shape = jax.ShapeDtypeStruct(matrix.shape, jnp.complex128)
        # JAX's derivatives by complex numbers are the conjugates of ours.
        return (
            jnp.conj(jax.pure_callback(self._pulled, shape, matrix, cotangent, vmap_method="sequential")),
        )

    def _pulled(self, matrix: Any, cotangent: Any) -> Any:
        return self._at(matrix).pullback(np.asarray(cotangent))


def _check_precision() -> None:
    if not jax.config.jax_enable_x64:
        raise ValueError(
            'Photons need double precision; call jax.config.update("jax_enable_x64", True) first.'
        )
