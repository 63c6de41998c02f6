"""The exact mean of an observable over the outcomes that count, and its derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._types import ComplexArray, FloatArray, StateTable
from lwfast.circuit.matrices.derivatives import Differentiable
from lwfast.circuit.photonic_circuit import elements_of
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.draws import refuse_impossible, refuse_rounding
from lwfast.emulator.heralding import circuit_transfer, with_heralds
from lwfast.emulator.lean.small_mean import small_mean
from lwfast.emulator.run_sampler import parsed_sampler
from lwfast.emulator.sampling import Sampling
from lwfast.optics.costs import FOCK, Estimate, estimates
from lwfast.optics.distributions.gradients.taped import taped_distribution
from lwfast.optics.distributions.photon_numbers import OutputDistribution
from lwfast.optics.distributions.rounding import clicks_rounding, fock_rounding
from lwfast.optics.distributions.ways import distribution
from lwfast.optics.experiment import make_experiment
from lwfast.results.processing.observables import Observable, observed
from lwfast.tasks import Analyzer, Sampler
from lwfast.tasks.foreign import adopt

_PRECISE = 1e8
"""How often its rounding the probability of all outcomes has to be for click patterns to give their mean."""


def expectation(task: Any, observable: Observable, gradient: Any = False) -> Any:
    """Compute the exact mean of an observable over the outcomes that count, and its derivatives.

    It is what the mean over the samples of a Sampler tends to: source, loss, detectors, heralds,
    post-selection and `min_detection` count, and what is left after them is renormalised. `n_samples` and
    seeds play no part. All derivatives together take about as long as two or three more distributions,
    however many there are.

    For example, the probability of a coincidence, and its slope by a Parameter of the circuit:

        probability, slopes = lw.expectation(sampler, {lw.State([1, 1]): 1.0}, gradient=True)
        slopes[phase]

    Args:
        task: A Sampler; or an Analyzer, for one mean for each of its inputs.
        observable: The value of each outcome: a callable that takes a State (heralded modes left out), a
            mapping from states to values, in which a missing state has the value 0, or real numbers in the
            order of the outcomes that `output_distribution(circuit.U, ..., gradient=True)` has for the same
            input, heralds, rules, source and detector.
        gradient: True for the derivatives by all Parameters of the circuit; or one Parameter, or several.

    Returns:
        The mean, a float; or `(mean, derivatives)`, the derivatives as a dict from Parameter to float. For an
        Analyzer each number is float64[inputs].

    Raises:
        TypeError: `task` is neither, `observable` is not one of these, or `gradient` is not a Parameter.
        ValueError: The observable gives NaN or infinity, or does not fit the outcomes; or a Parameter does
            not belong to the circuit.
        ParameterValueError: The derivative by a Parameter does not exist at its present value: a
            reflectivity is 0 or 1, or a loss is 1 or below 1e-6.
        SamplerError: No outcome can count, or rounding alone: the mean would be 0 / 0.
        ResourceLimitError: It would not fit in memory.

    Source:
        Reverse accumulation through elements, layers and noise: A. Griewank and A. Walther, "Evaluating
        Derivatives" (SIAM, 2008), chapter 3; layers of Heurtel et al., arXiv:2206.10549.

    Example:
        >>> angle = lw.Parameter(0.5, label="angle")
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> circuit.ps(0, angle)
        >>> circuit.bs(0)
        >>> task = lw.Sampler(circuit, lw.State([1, 0]), n_samples=1)
        >>> mean, slopes = lw.expectation(task, lambda state: state[0], gradient=True)
        >>> round(mean, 4), round(slopes[angle], 4)
        (0.0612, 0.2397)
    """
    adopted = adopt(task, "a Sampler or an Analyzer")
    if not isinstance(adopted, Sampler | Analyzer):
        msg = f"An expectation is that of a Sampler or an Analyzer, got {type(adopted).__name__}."
        raise TypeError(msg)
    circuit = adopted.circuit
    way_back = None if gradient is False else Differentiable(elements_of(circuit), gradient)
    if isinstance(adopted, Sampler) and (small := small_mean(adopted, observable)) is not None:
        return small.mean if way_back is None else (small.mean, way_back.derivatives(small.pull()))
    data: Any = adopted._generate_task()  # noqa: SLF001
    differentiate, lossy = way_back is not None, way_back is not None and way_back.varies_loss
    if isinstance(adopted, Sampler):
        found = [_mean(parsed_sampler(data), observable, gradient=differentiate, lossy=lossy)]
    else:
        transfer, heralds = circuit_transfer(data.circuit), data.circuit.heralds
        conditions = Conditions.of(heralds.output, data.post_selection, 0)
        found = []
        for state in data.inputs:
            photons = with_heralds(state, heralds.input, circuit.n_modes)
            sampling = Sampling(make_experiment(transfer, photons), conditions, 1)
            found.append(_mean(sampling, observable, gradient=differentiate, lossy=lossy))
    means = np.array([mean for mean, _ in found])
    single = isinstance(adopted, Sampler)
    value = float(means[0]) if single else means
    if way_back is None:
        return value
    slopes = [way_back.derivatives(by_matrix) for _, by_matrix in found if by_matrix is not None]
    if single:
        return value, slopes[0]
    return value, {
        parameter: np.array([slope[parameter] for slope in slopes]) for parameter in way_back.wanted
    }


def _mean(
    sampling: Sampling, observable: Any, *, gradient: bool, lossy: bool
) -> tuple[float, ComplexArray | None]:
    """Return the mean over what counts and, with `gradient`, its derivatives by the transfer matrix.

    Args:
        sampling: The shot, and what counts.
        observable: What outcomes are worth.
        gradient: Compute derivatives beside the mean.
        lossy: Follow lost light even where none is, to the first order.
    """
    refuse_impossible(sampling)
    experiment, conditions = sampling.experiment, sampling.conditions
    if not gradient:
        found = _outcomes(sampling, in_order=not (callable(observable) or isinstance(observable, Mapping)))
        keep = conditions.ask(found.states)
        return _checked_mean(sampling, observable, found.states[keep], found.probabilities[keep])[0], None
    taped = taped_distribution(
        experiment,
        heralds=conditions.heralds,
        pairs=conditions.pairs,
        least=conditions.least,
        lossy=lossy,
    )
    if conditions.test is not None:
        taped = taped.kept(conditions.ask(taped.states))
    mean, worth, total = _checked_mean(sampling, observable, taped.states, taped.probabilities)
    return mean, taped.pull((worth - mean) / total)


def _outcomes(sampling: Sampling, *, in_order: bool) -> OutputDistribution:
    """Return the outcomes that meet all conditions but a callable.

    Args:
        sampling: The shot, and what counts.
        in_order: Give them in the order of photon numbers; sets of modes have another one.
    """
    experiment, conditions = sampling.experiment, sampling.conditions
    ways = estimates(experiment, conditions.heralds, conditions.least)
    by_numbers = next(way for way in ways if way.way == FOCK)

    def by(way: Estimate) -> OutputDistribution:
        return distribution(
            experiment, heralds=conditions.heralds, pairs=conditions.pairs, least=conditions.least, way=way
        )

    if in_order or ways[0].way == FOCK:
        return by(by_numbers)
    found = by(ways[0])
    precise = clicks_rounding(experiment, len(found)) * _PRECISE <= found.probabilities.sum()
    return found if precise else by(by_numbers)


def _checked_mean(
    sampling: Sampling, observable: Any, states: StateTable, probabilities: FloatArray
) -> tuple[float, FloatArray, float]:
    """Return the mean, what each outcome is worth, and the probability of all together."""
    rounding = fock_rounding(sampling.experiment) if sampling.conditions.any else 0.0
    refuse_rounding(probabilities, rounding)
    worth = observed(observable, states)
    total = float(probabilities.sum())
    return float(worth @ probabilities) / total, worth, total
