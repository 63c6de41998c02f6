"""From a task to the payload that a QPU takes.

Every fault is found before anything is sent, and all of them are told in one error: those that no QPU takes,
and those that break the limits of the one chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lwfast import wire
from lwfast._texts import ended, is_unicode
from lwfast._version import LIGHTWORKS_VERSION
from lwfast.errors import TaskError, TaskTypeError, TaskValueError, ValidationError
from lwfast.rules import (
    DefaultPostSelection,
    Rule,
    as_selection,
    herald_rules,
    mode_faults,
)
from lwfast.state import State
from lwfast.tasks import Batch, Sampler, Sweep
from lwfast.tasks.data import SamplerTask
from lwfast.tasks.task import Task, data_of

Modes = tuple[int, ...]
RULES = frozenset({"post_select", "herald"})
"""Entries of `job_data` that are made of the task."""


@dataclass(frozen=True)
class Violation:
    """One fault of a task.

    Attributes:
        text: What is wrong: value, limit, remedy.
        kind: ValueError or TypeError as the reference raises for it, or None where it raises ValidationError.
    """

    text: str
    kind: type[ValueError] | type[TypeError] | None = None


@dataclass(frozen=True)
class Submission:
    """A payload that passed every check, and its bytes.

    Attributes:
        payload: The payload as the wire defines it.
        body: The payload encoded as JSON, ready to be sent.
        parameters: Values of labelled Parameters of the task, which stay with the job and its result.
    """

    payload: wire.ArtemisPayload
    body: bytes
    parameters: dict[str, float] = field(default_factory=dict)


def compile_tasks(
    task: Task | Batch, qpu: wire.ArtemisQPU, direct_encoding: bool, job_name: Any, options: Any
) -> list[Submission]:
    """Turn a task, or each task of a batch, into a payload that the QPU takes.

    Args:
        task: A `Sampler`, or a `Batch` of them.
        qpu: The QPU and its limits.
        direct_encoding: Whether to send the circuit's elements as they stand.
        job_name: A name, or for a batch a name for each task.
        options: Further entries of `job_data`, or None.

    Raises:
        TypeError: The name or the options are of a wrong type.
        ValueError: The names do not fit the batch, or the options hold rules (then also a ValidationError).
        ValidationError: The QPU cannot run the task; lists every violation, of all tasks of a batch.
    """
    _check_options(options)
    tasks = task.tasks if isinstance(task, Batch) else [task]
    names = job_names(isinstance(task, Batch), job_name, len(tasks))
    for name in names:
        _check_name(name)
    found: list[Violation] = []
    out = []
    for one, name in zip(tasks, names, strict=True):
        prefix = f"{name}: " if isinstance(task, Batch) else ""
        payload, parameters, violations = _compile(one, qpu, direct_encoding, name, options or {})
        found += [Violation(prefix + item.text, item.kind) for item in violations]
        if payload is not None and not found:
            out.append(Submission(payload, _encode(payload), dict(parameters)))
    if found:
        raise _validation_error(found)
    return out


def _check_options(options: Any) -> None:
    if options is not None and not isinstance(options, dict):
        raise TypeError(f"options should be a dictionary or None, got {type(options).__name__}.")
    taken = sorted(RULES.intersection(options or ()))
    if taken:
        raise TaskValueError(
            f"options must not hold {' or '.join(taken)}: that would replace the task's own rules. Give the "
            "task a post_selection, and its circuit heralds."
        )


def _check_name(name: str) -> None:
    if not is_unicode(name):
        raise TaskValueError(
            f"The job name {name!a:.80} has half a surrogate pair, which is not a character and cannot be "
            "sent; replace it, as `name.encode('utf-8', 'backslashreplace').decode()` does."
        )


def compile_sweep(
    sweep: Sweep, qpu: wire.ArtemisQPU, direct_encoding: bool, job_name: Any, options: Any
) -> Submission:
    """Turn a sweep into the payload of one job, which lwfast's own schedulers take.

    Args:
        sweep: A sweep of a `Sampler`.
        qpu: The QPU and its limits, which each setting has to keep.
        direct_encoding: Whether to send the circuit's elements at the first setting too.
        job_name: Name of the job, which has to be text.
        options: Further entries of `job_data`, or None.

    Raises:
        TypeError: The name or the options are of a wrong type.
        ValueError: The options hold rules (then also a ValidationError).
        ValidationError: The QPU cannot run the task, or there are too many settings; lists every violation.
        CircuitCompilationError: An element does not take a value.
    """
    _check_options(options)
    (name,) = job_names(False, job_name, 1)
    _check_name(name)
    if not isinstance(sweep.task, Sampler):
        raise _validation_error([_not_sampled(sweep.task)])
    data = sweep._generate_sweep()  # noqa: SLF001
    base: Any = data.base
    payload, violations = _compile_data(base, qpu, direct_encoding, name, options or {})
    if len(sweep) > wire.MOST_SETTINGS:
        text = f"The sweep has {len(sweep):,} settings, a job takes {wire.MOST_SETTINGS:,}; split it."
        violations = [*violations, Violation(text)]
    if payload is None or violations:
        raise _validation_error(violations)
    data.unitaries(0, len(sweep))  # every value is one that its elements take
    table, bound = data.table, data.bound
    form = wire.form_of(
        table.labels,
        table.shape,
        table.values,
        bound.varying(data.present, table.places(bound)),
        bound.matrices_of(data.present, table.columns(bound), len(table)),
    )
    payload = msgspec.structs.replace(payload, sweep=form)
    body = _encode(payload)
    if len(body) > wire.SWEEP_BYTES:
        text = (
            f"The sweep takes {len(body):,} bytes on the wire, a job takes {wire.SWEEP_BYTES:,}; split it, "
            "or vary fewer parameters."
        )
        raise _validation_error([Violation(text)])
    return Submission(payload, body)


def job_names(batch: bool, name: Any, n_tasks: int) -> list[str]:
    """Name each job: the tasks of a batch are numbered from 1 unless each has a name of its own.

    Raises:
        TypeError: A name is not a string.
        ValueError: Too few or too many names, or one name twice in a batch.
    """
    if not batch:
        if not isinstance(name, str):
            raise TypeError(f"Job name should be a string, got {type(name).__name__}.")
        return [name]
    if isinstance(name, str):
        return [f"{name}_{i + 1}" for i in range(n_tasks)]
    if not isinstance(name, Sequence) or not all(isinstance(item, str) for item in name):
        raise TypeError("Job name should be a string or list of strings.")
    if len(name) != n_tasks:
        raise ValueError(
            f"Number of job names ({len(name)}) should be equal to the number of tasks ({n_tasks})."
        )
    twice = sorted({item for item in name if list(name).count(item) > 1})
    if twice:
        raise ValueError(f"Job names of a batch should differ, these do not: {', '.join(twice)}.")
    return list(name)


def _compile(
    task: Task, qpu: wire.ArtemisQPU, direct_encoding: bool, name: str, options: dict[str, Any]
) -> tuple[wire.ArtemisPayload | None, Mapping[str, float], list[Violation]]:
    """Make the payload of one task, with its settings, or list what is wrong with it."""
    if not isinstance(task, Sampler):
        return None, {}, [_not_sampled(task)]
    data = data_of(task)
    payload, violations = _compile_data(data, qpu, direct_encoding, name, options)
    return payload, data.parameters, violations


def _not_sampled(task: Task) -> Violation:
    return Violation(f"A QPU runs Sampler tasks only, not {type(task).__name__}.")


def _compile_data(
    given: SamplerTask, qpu: wire.ArtemisQPU, direct_encoding: bool, name: str, options: dict[str, Any]
) -> tuple[wire.ArtemisPayload | None, list[Violation]]:
    """Make the payload of the data of one task, or list what is wrong with it."""
    asked = _asked(given)
    data = asked.data
    violations = [*_unsupported(data), *_bad_input(asked), *_bad_rules(asked)]
    full_input = _with_heralds(asked.photons, asked.herald_in)
    herald_photons = sum(asked.herald_out.values())
    n_photons = sum(full_input)
    min_detection = n_photons if data.min_detection is None else data.min_detection + herald_photons
    violations += _beyond_limits(asked, qpu, n_photons, min_detection)
    if violations:
        return None, violations
    job_data = _job_data(asked) | options
    return wire.ArtemisPayload(
        qpu=qpu.name,
        job_name=name,
        lightworks_version=LIGHTWORKS_VERSION,
        n_modes=asked.n_modes,
        input=State(full_input),
        n_samples=data.n_samples,
        min_detection=min_detection,
        direct_implementation=direct_encoding,
        unitary=data.circuit.U_full,
        circuit_spec=data.circuit._circuit_spec if direct_encoding else None,  # noqa: SLF001
        job_data=job_data or None,
    ), []


@dataclass(frozen=True)
class _Asked:
    """A task, with what every check looks at read off it once.

    Attributes:
        data: What the task asks for, as it hands itself to a backend.
        n_modes: Modes of the circuit, heralded ones included.
        photons: Photons put into each mode besides the heralded ones.
        herald_in: Photons put into each heralded mode.
        herald_out: Photons wanted in each heralded mode.
        rules: Rules of the post-selection, in the modes besides the heralded ones.
        has_test: Whether the post-selection is a function, or asks for more than rules.
    """

    data: SamplerTask
    n_modes: int
    photons: Modes
    herald_in: dict[int, int]
    herald_out: dict[int, int]
    rules: tuple[Rule, ...]
    has_test: bool


def _asked(data: SamplerTask) -> _Asked:
    heralds = data.circuit.heralds
    selection = data.post_selection
    demands_nothing = selection is None or isinstance(selection, DefaultPostSelection)
    rules, test = ((), None) if demands_nothing else as_selection(selection)
    photons = tuple(data.input_state)
    return _Asked(data, data.circuit.n_modes, photons, heralds.input, heralds.output, rules, test is not None)


def _unsupported(data: SamplerTask) -> list[Violation]:
    """List the parts of a task that no QPU takes."""
    found = []
    if data.circuit.loss_modes != 0:
        found.append(
            Violation(
                f"The circuit has {data.circuit.loss_modes} loss elements, which no QPU takes; remove them.",
                ValueError,
            )
        )
    if data.source is not None:
        found.append(Violation("A source model cannot be sent to a QPU; leave source out.", TypeError))
    if data.detector is not None:
        found.append(Violation("A detector model cannot be sent to a QPU; leave detector out.", TypeError))
    return found


def _bad_input(asked: _Asked) -> list[Violation]:
    """List what is wrong with input, heralds and detection filter on any QPU."""
    found = []
    data = asked.data
    for side, photons in (("input", asked.herald_in), ("output", asked.herald_out)):
        many = {mode: n for mode, n in photons.items() if n > 1}
        if many:
            text = f"At most 1 heralded photon per mode is possible, the {side} heralds have {many}."
            found.append(Violation(text, ValueError))
    if any(n > 1 for n in asked.photons):
        text = f"Inputs must have at most 1 photon per mode, got {data.input_state}."
        found.append(Violation(text, ValueError))
    if sum(asked.photons) < 1:
        found.append(Violation("Input state should contain at least one photon.", ValueError))
    if data.min_detection is not None:
        most = sum(asked.photons) + sum(asked.herald_in.values()) - sum(asked.herald_out.values())
        if not 1 <= data.min_detection <= max(1, most):
            text = (
                f"min_detection is {data.min_detection}; it should be from 1 to {most}, the photons that can "
                "arrive outside of the heralded modes."
            )
            found.append(Violation(text, ValueError))
    return found


def _bad_rules(asked: _Asked) -> list[Violation]:
    """List what is wrong with the post-selection on any QPU."""
    if asked.has_test:
        text = (
            "post_selection should be a PostSelection or None, got "
            f"{type(asked.data.post_selection).__name__}; apply a "
            "function to the result, with apply_post_selection."
        )
        return [Violation(text, TypeError)]
    n_visible = asked.n_modes - len(asked.herald_out)
    faults = mode_faults(asked.rules, n_visible, heralds_counted=False)
    return [Violation(fault, ValueError) for fault in faults]


def _beyond_limits(
    asked: _Asked, qpu: wire.ArtemisQPU, n_photons: int, min_detection: int
) -> list[Violation]:
    """List the limits of this QPU that the task breaks."""
    found = []
    data, n_modes = asked.data, asked.n_modes
    if n_modes > qpu.n_modes:
        found.append(f"The circuit needs {n_modes} modes, {qpu.name} has {qpu.n_modes}.")
    if n_photons > qpu.max_photon_input:
        found.append(f"The input has {n_photons} photons, {qpu.name} takes at most {qpu.max_photon_input}.")
    if min_detection > qpu.max_detection_filter:
        how = (
            "min_detection counts all photons put in unless you set it" if data.min_detection is None else ""
        )
        how = how or f"min_detection {data.min_detection} and the photons of output heralds"
        found.append(
            f"The detection filter is {min_detection} photons ({how}), {qpu.name} takes at most "
            f"{qpu.max_detection_filter}; set min_detection lower."
        )
    # Of a filter that is too high: how many samples the highest one allows, which is what comes next.
    possible = min(min_detection, qpu.max_detection_filter)
    allowed = qpu.samples_allowed(possible)
    if data.n_samples > allowed:
        found.append(
            f"{data.n_samples:,} samples are asked for, {qpu.name} takes at most {allowed:,} with a "
            f"detection filter of {possible} photons."
        )
    return [Violation(text) for text in found]


def _job_data(asked: _Asked) -> dict[str, Any]:
    """Make the rules that come back with the result, in the modes of the whole circuit."""
    visible = [mode for mode in range(asked.n_modes) if mode not in asked.herald_out]
    post_select = [rule.on(visible).as_tuple() for rule in asked.rules]
    herald = [rule.as_tuple() for rule in herald_rules(asked.herald_out)]
    return {"post_select": post_select, "herald": herald} if post_select or herald else {}


def _with_heralds(visible: Modes, heralds: dict[int, int]) -> Modes:
    """Put the heralded photons into an input state, at their modes."""
    photons = iter(visible)
    return tuple(
        heralds[mode] if mode in heralds else next(photons) for mode in range(len(visible) + len(heralds))
    )


def _encode(payload: wire.ArtemisPayload) -> bytes:
    try:
        return wire.encode(payload)
    except (TypeError, ValueError, NotImplementedError, msgspec.MsgspecError) as error:
        raise ValidationError(
            f"{payload.job_name}: this job cannot be written as JSON: {ended(error)}"
        ) from error


def _validation_error(found: list[Violation]) -> ValidationError:
    """Make one error of all violations, which is also what the reference raises for any of them."""
    kinds = {item.kind for item in found}
    kind = ValidationError
    if TypeError in kinds:
        kind = TaskError if ValueError in kinds else TaskTypeError
    elif ValueError in kinds:
        kind = TaskValueError
    texts = tuple(item.text for item in found)
    message = (
        texts[0] if len(texts) == 1 else f"{len(texts)} faults:" + "".join(f"\n\t{text}" for text in texts)
    )
    return kind(message, texts)
