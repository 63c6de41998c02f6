"""The functions of `lwfast.torch`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from lwfast.circuit import Parameter
from lwfast.emulator.gradients.expectation import expectation as exact_expectation
from lwfast.emulator.gradients.lent_values import set_for_a_while
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.results.processing.observables import Observable

__all__ = ["expectation", "output_probabilities"]


def output_probabilities(unitary: torch.Tensor, occupation: Sequence[int], **options: Any) -> torch.Tensor:
    """Compute the probability of every outcome as a tensor that can be differentiated.

    Args:
        unitary: Complex tensor of shape (m, m) on the CPU, unitary or a lossy transfer matrix.
        occupation: Photons in each of the m input modes.
        **options: The options of `lwfast.output_distribution` except `amplitudes` and `gradient`: heralds,
            rules, min_detection, threshold, source, detector, workers.

    Returns:
        float64[K]. The outcomes are the `states` of `lwfast.output_distribution(..., gradient=True)`.

    Raises:
        TypeError: An option is not known.
        RuntimeError: Derivatives of derivatives are asked for; raised during the backward pass.
    """
    found: torch.Tensor = _Probabilities.apply(unitary, occupation, options)
    return found


def expectation(
    task: Any, observable: Observable, parameters: Sequence[Parameter[Any]], values: torch.Tensor
) -> torch.Tensor:
    """Compute the exact mean of an observable for values of Parameters, so that it can be differentiated.

    The Parameters get their former values back afterwards; until then, other threads see the new ones.

    Args:
        task: A `lwfast.Sampler`, whose circuit holds the Parameters.
        observable: The value of each outcome, in the forms that `lwfast.expectation` takes.
        parameters: The Parameters of the circuit to differentiate by, each once.
        values: Real tensor of shape (p,) on the CPU, one value per Parameter.

    Returns:
        float64, without dimensions.

    Raises:
        ValueError: There are more or fewer values than Parameters.
        RuntimeError: Derivatives of derivatives are asked for; raised during the backward pass.
    """
    found: torch.Tensor = _Mean.apply(values, task, observable, parameters)
    return found


class _Probabilities(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, unitary: torch.Tensor, occupation: Sequence[int], options: Any) -> torch.Tensor:
        found = output_distribution(unitary.detach().numpy(), occupation, gradient=True, **options)
        ctx.distribution, ctx.dtype = found, unitary.dtype
        return torch.from_numpy(found.probabilities.copy())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        by_matrix = torch.from_numpy(ctx.distribution.pullback(cotangent.numpy()))
        # PyTorch has the same convention; of a real matrix it wants what its real parts change.
        by_matrix = by_matrix if ctx.dtype.is_complex else by_matrix.real
        return by_matrix.to(ctx.dtype), None, None


class _Mean(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, values: torch.Tensor, task: Any, observable: Any, parameters: Sequence[Parameter[Any]]
    ) -> torch.Tensor:
        with set_for_a_while(parameters, values.detach().numpy()):
            mean, slopes = exact_expectation(task, observable, gradient=parameters)
        ctx.slopes = torch.tensor([slopes[parameter] for parameter in parameters], dtype=values.dtype)
        return torch.tensor(mean, dtype=torch.float64)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        return cotangent.to(ctx.slopes.dtype) * ctx.slopes, None, None, None
