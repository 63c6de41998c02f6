"""Errors of states, circuits, tasks and results: all that `lwfast` raises outside `lwfast.remote`."""

from __future__ import annotations

from typing import Any

from lwfast._texts import Printable


class LightworksError(Printable):
    """Base of every exception raised outside `lwfast.remote`.

    Example:
        >>> try:
        ...     lw.PhotonicCircuit(2).bs(5)
        ... except lw.LightworksError as error:
        ...     print(type(error).__name__)
        ModeRangeError
    """


class StateError(LightworksError):
    """A State is used in a way that it does not allow.

    Example:
        >>> state = lw.State([1, 0])
        >>> state[0] = 2
        Traceback (most recent call last):
            ...
        lwfast.errors.StateError: State object does not support item assignment; make a new State.
    """


class ModeRangeError(LightworksError, ValueError):
    """A mode is outside the range of the circuit.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(5)
        Traceback (most recent call last):
            ...
        lwfast.errors.ModeRangeError: Selected mode 5 is not within the range of the created ...
    """


class ModeMismatchError(LightworksError):
    """A state and a circuit disagree on the number of modes.

    Example:
        >>> lw.Sampler(lw.PhotonicCircuit(2), lw.State([1, 0, 0]), 10)
        Traceback (most recent call last):
            ...
        lwfast.errors.ModeMismatchError: State |1,0,0> has an incorrect number of modes, 3; ...
    """


class PhotonNumberError(LightworksError):
    """The photon numbers of inputs, outputs or heralds do not fit together.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> lw.emulator.Backend("auto").run(lw.Simulator(circuit, [lw.State([1, 0]), lw.State([1, 1])]))
        Traceback (most recent call last):
            ...
        lwfast.errors.PhotonNumberError: Mismatch in photon numbers between some ...
    """


class CircuitCompilationError(LightworksError):
    """A circuit could not be built with its present parameters.

    Example:
        >>> reflectivity = lw.Parameter(0.5)
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0, reflectivity=reflectivity)
        >>> reflectivity.set(2)
        >>> circuit.U
        Traceback (most recent call last):
            ...
        lwfast.errors.CircuitCompilationError: An error occurred during the circuit ...
    """


class DisplayError(LightworksError):
    """A circuit could not be drawn.

    Example:
        >>> lw.display(lw.PhotonicCircuit(2), display_type="gif")
        Traceback (most recent call last):
            ...
        lwfast.errors.DisplayError: Display type not recognised: 'gif'; it should be 'svg' or 'mpl'.
    """


class ParameterValueError(LightworksError):
    """A Parameter was set to a value that it does not take.

    Example:
        >>> lw.Parameter(0.5, bounds=[0, 1]).set(2)
        Traceback (most recent call last):
            ...
        lwfast.errors.ParameterValueError: Set value 2 is above maximum bound 1.
    """


class ParameterBoundsError(LightworksError):
    """The bounds of a Parameter are not valid.

    Example:
        >>> lw.Parameter(5, bounds=[0, 1])
        Traceback (most recent call last):
            ...
        lwfast.errors.ParameterBoundsError: Current parameter value 5 is above new maximum bound 1.
    """


class ParameterDictError(LightworksError):
    """A ParameterDict is used in a way that it does not allow.

    Example:
        >>> parameters = lw.ParameterDict()
        >>> parameters["angle"] = 1.0
        Traceback (most recent call last):
            ...
        lwfast.errors.ParameterDictError: The value of the new key 'angle' should be a ...
    """


class DecompositionUnsuccessful(LightworksError):  # noqa: N818  (Lightworks' name)
    """A unitary could not be decomposed.

    Example:
        >>> issubclass(lw.DecompositionUnsuccessful, lw.LightworksError)
        True
    """


class ResultError(LightworksError):
    """A result is used in a way that it does not allow.

    Example:
        >>> result = SamplingResult({(1, 0): 3})
        >>> result |= {}
        Traceback (most recent call last):
            ...
        lwfast.errors.ResultError: Result objects should not be modified directly. To get a ...
    """


class ResultCreationError(ResultError):
    """A result could not be made from the given data.

    Example:
        >>> SamplingResult({(1, 0): -3})
        Traceback (most recent call last):
            ...
        lwfast.errors.ResultCreationError: Results should map states to counts: Counts cannot ...
    """


class ResultFormatError(ResultError, ValueError):
    """A result body or file cannot be read; the message names the byte.

    Example:
        >>> lw.decode_result("not a result")
        Traceback (most recent call last):
            ...
        lwfast.errors.ResultFormatError: Byte 0: a result body is a JSON object and starts ...
    """


class CampaignError(ResultError):
    """Files of a campaign could not be processed.

    Attributes:
        failed: What was wrong with each file, by path.
        outcome: The outcome of all other files, or None without any.
    """

    def __init__(self, message: str, failed: dict[str, str] | None = None, outcome: Any = None) -> None:
        super().__init__(message)
        self.failed = dict(failed or {})
        self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.failed, self.outcome)


class ProbabilityDistributionError(LightworksError):
    """A probability distribution is not valid.

    Example:
        >>> lw.results.ProbabilityDistribution({lw.State([1, 0]): -0.5})
        Traceback (most recent call last):
            ...
        lwfast.errors.ProbabilityDistributionError: Probability -0.5 of state 0 is negative ...
    """


class SamplerError(LightworksError):
    """A Sampler is used in a way that it does not allow.

    Example:
        >>> rules = lw.PostSelection()
        >>> rules.add(0, 3)
        >>> task = lw.Sampler(lw.PhotonicCircuit(2), lw.State([1, 0]), 10, post_selection=rules)
        >>> lw.emulator.Backend("auto").run(task)
        Traceback (most recent call last):
            ...
        lwfast.errors.SamplerError: No output states compatible with provided ...
    """


class NotUnitaryError(LightworksError, ValueError):
    """A matrix is not unitary; the message says by how much.

    Example:
        >>> lw.Unitary([[1, 1], [0, 1]])
        Traceback (most recent call last):
            ...
        lwfast.errors.NotUnitaryError: Provided matrix is not unitary: the largest entry of ...
    """


class ResourceLimitError(LightworksError, ValueError):
    """The work would not fit in memory, in the integers or in float64; the message says by how much.

    Example:
        >>> lw.fock_basis(60, 30)
        Traceback (most recent call last):
            ...
        lwfast.errors.ResourceLimitError: The 448755316337720114153376 states of 30 photons ...
    """


class PrecisionError(LightworksError, ArithmeticError):
    """Rounding leaves too few digits of a number, however it is computed; the message gives the bound.

    Example:
        >>> try:
        ...     value = lw.permanent([[1, 1], [1, -1]], rows=[60, 60], cols=[60, 60])
        ... except lw.PrecisionError:
        ...     value = None  # no method here gets ten digits right
        >>> value is None
        False
    """


class LightworksDependencyError(LightworksError):
    """An optional package is needed and not installed; the message names the extra.

    Example:
        >>> try:
        ...     table = SamplingResult({(1, 0): 3}).to_pandas()
        ... except lw.LightworksDependencyError as error:
        ...     print(error)  # says what to install
    """


class TomographyDataError(LightworksError):
    """Results of experiments that a tomography needs are missing, or empty."""


class EmulatorError(LightworksError):
    """Base of the emulator's exceptions.

    Example:
        >>> splitter = lw.PhotonicCircuit(2)
        >>> try:
        ...     lw.emulator.Backend("slos").run(lw.Simulator(splitter, lw.State([1, 1])))
        ... except lw.EmulatorError as error:
        ...     print(type(error).__name__)
        BackendError
    """


class AnnotatedStateError(EmulatorError):
    """An annotated state is not valid.

    Example:
        >>> issubclass(lw.AnnotatedStateError, lw.LightworksError)
        True
    """


class BackendError(EmulatorError):
    """A backend cannot run the given task.

    Example:
        >>> backend = lw.emulator.Backend("slos")
        >>> circuit = lw.PhotonicCircuit(2)
        >>> backend.run(lw.Simulator(circuit, lw.State([1, 0])))
        Traceback (most recent call last):
            ...
        lwfast.errors.BackendError: Selected backend 'slos' not compatible with task ...
    """


for _error in list(vars().values()):
    if isinstance(_error, type) and _error.__module__ == __name__:
        # Tracebacks, pickles and pages name the module that people import from.
        _error.__module__ = "lwfast.errors"
