"""Lightworks' own task objects, taken over as they are.

Nothing of Lightworks is imported: its classes are looked up where they say to be, and its objects are read
through their attributes, as they stand at the time of the call (Parameters give their present values).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lwfast._base.origin import origin_of
from lwfast.circuit import HeraldData, PhotonicCircuit
from lwfast.circuit.blocks import Group, UnitaryMatrix
from lwfast.circuit.components import Barrier, BeamSplitter, Component, Loss, ModeSwaps, PhaseShifter
from lwfast.circuit.mode_layout import Layout
from lwfast.hardware import Detector, Source
from lwfast.results.probability_distribution import LateDistribution, ProbabilityDistribution
from lwfast.rules import PostSelection, PostSelectionFunction, PostSelectionType, as_rules, has_only_rules
from lwfast.state import State, as_occupation
from lwfast.tasks.analyzer import Analyzer
from lwfast.tasks.batch import Batch
from lwfast.tasks.sampler import Sampler
from lwfast.tasks.simulator import Simulator
from lwfast.tasks.task import Task


def adopt(task: Any, expected: str = "a task (Sampler, Simulator, Analyzer, Batch or Sweep)") -> Task | Batch:
    """Return a task or batch of ours for one of Lightworks'; ours is returned as it is.

    Args:
        task: A Sampler, Simulator, Analyzer or Batch, of lwfast or of Lightworks.
        expected: What the caller takes, for the text of the error.

    Raises:
        TypeError: It is none.
        ValueError: It has a value that lwfast refuses, such as a mode named twice in one rule.
    """
    # Nearly every task is of one of the four classes themselves: asking an abstract class takes 1 us.
    if type(task) in _OURS or isinstance(task, Task | Batch):
        own: Task | Batch = task
        return own
    maker = _TASKS.get(_foreign_name(task, _TASKS))
    if maker is None:
        msg = f"Expected {expected}, got {task!r} of type {type(task).__name__}."
        raise TypeError(msg)
    return maker(task)


def leave_distribution(sampler: Any, work: Callable[[], ProbabilityDistribution]) -> None:
    """Leave with a Sampler what its `probability_distribution` is worked out from when it is read.

    Args:
        sampler: A Sampler, of lwfast or of Lightworks.
        work: Returns the distribution.
    """
    # Ours calls a function; Lightworks' own hands out what is there.
    left = work if isinstance(sampler, Sampler) else LateDistribution(work)
    sampler._probability_distribution = left  # noqa: SLF001  (Lightworks' name)


def adopt_circuit(circuit: Any) -> PhotonicCircuit:
    """Return a circuit of ours for one of Lightworks', its Parameters fixed; ours is returned as it is.

    Args:
        circuit: A PhotonicCircuit, of lwfast or of Lightworks.

    Raises:
        TypeError: It is none.
        ValueError: A Parameter has a value that its element does not take.
    """
    if isinstance(circuit, PhotonicCircuit):
        return circuit
    if not _foreign_name(circuit, {"PhotonicCircuit"}):
        msg = f"Expected a PhotonicCircuit or Unitary, got {type(circuit).__name__}."
        raise TypeError(msg)
    fixed = circuit.copy(freeze_parameters=True)
    heralds, own = fixed.heralds, fixed._external_heralds  # noqa: SLF001  (a private part of Lightworks)
    adopted = PhotonicCircuit(fixed.n_modes)
    adopted._layout = Layout(  # noqa: SLF001  (its elements are checked already)
        n_modes=int(fixed.n_modes),
        components=[_component(c) for c in fixed._get_circuit_spec()],  # noqa: SLF001
        heralds=HeraldData(dict(heralds.input), dict(heralds.output)),
        own_heralds=HeraldData(dict(own.input), dict(own.output)),
        internal=[int(mode) for mode in fixed._internal_modes],  # noqa: SLF001
    )
    return adopted


def _foreign_name(obj: Any, names: Any) -> str:
    """Return the first name of the object's classes in Lightworks that is one of `names`, or nothing."""
    for cls in type(obj).__mro__:
        package, name = origin_of(cls) or ("", "")
        if package == "lightworks" and name in names:
            return name
    return ""


def _sampler(task: Any) -> Sampler:
    return Sampler(
        adopt_circuit(task.circuit),
        _state(task.input_state),
        task.n_samples,
        post_selection=_post_selection(task.post_selection, type(task.input_state)),
        min_detection=task.min_detection,
        source=_copied(task.source, Source, _SOURCE),
        detector=_copied(task.detector, Detector, _DETECTOR),
        random_seed=task.random_seed,
        sampling_mode=task.sampling_mode,
    )


def _simulator(task: Any) -> Simulator:
    outputs = None if task.outputs is None else [_state(state) for state in task.outputs]
    return Simulator(adopt_circuit(task.circuit), [_state(state) for state in task.inputs], outputs)


def _analyzer(task: Any) -> Analyzer:
    expected = task.expected
    if expected is not None:
        expected = {
            _state(start): [_state(e) for e in end] if isinstance(end, list | tuple) else _state(end)
            for start, end in expected.items()
        }
    post_selection = _post_selection(task.post_selection, type(task.inputs[0]))
    inputs = [_state(state) for state in task.inputs]
    return Analyzer(adopt_circuit(task.circuit), inputs, expected, post_selection)


def _batch(batch: Any) -> Batch:
    adopted = Batch()
    for task in batch.tasks:
        single = adopt(task)
        if isinstance(single, Task):
            adopted.add(single)
    return adopted


_OURS = frozenset((Sampler, Simulator, Analyzer, Batch))
_TASKS: dict[str, Callable[[Any], Task | Batch]] = {
    "Sampler": _sampler,
    "Simulator": _simulator,
    "Analyzer": _analyzer,
    "Batch": _batch,
}
_SOURCE = ("purity", "brightness", "indistinguishability", "probability_threshold")
_DETECTOR = ("efficiency", "p_dark", "photon_counting")


def _state(state: Any) -> State:
    return State(as_occupation(state))


def _copied(part: Any, kind: Callable[..., Any], names: tuple[str, ...]) -> Any:
    return None if part is None else kind(**{name: getattr(part, name) for name in names})


def _post_selection(post_selection: Any, state_type: Callable[[list[int]], Any]) -> PostSelectionType | None:
    if post_selection is None or _foreign_name(post_selection, {"DefaultPostSelection"}):
        return None
    if origin_of(type(post_selection)) == ("lightworks", "PostSelection") and has_only_rules(post_selection):
        rules = PostSelection(multi_rules=True)
        for rule in as_rules(post_selection):
            rules.add(*rule)
        return rules

    def validate(state: State) -> bool:
        # The user's function may compare with Lightworks' states, which equal only their own kind.
        return bool(post_selection.validate(state_type(state.s)))

    return PostSelectionFunction(validate)


def _component(component: Any) -> Component:
    return _COMPONENTS[type(component).__name__](component)


def _group(group: Any) -> Group:
    def place(mode: int) -> int:
        return mode + int(group.mode_1)  # Lightworks counts a group's heralds from its first mode

    heralds = HeraldData(dict(group.heralds.input), dict(group.heralds.output)).moved(place)
    inner = tuple(_component(component) for component in group.circuit_spec)
    return Group(inner, group.name, int(group.mode_1), int(group.mode_2), heralds)


def _unitary(component: Any) -> UnitaryMatrix:
    # Lightworks has checked it, by its own tolerance.
    matrix = np.array(component.unitary, dtype=np.complex128)
    matrix.flags.writeable = False
    start = int(component.mode)
    return UnitaryMatrix(tuple(range(start, start + len(matrix))), matrix, component.label)


_COMPONENTS: dict[str, Callable[[Any], Component]] = {
    "BeamSplitter": lambda c: BeamSplitter(int(c.mode_1), int(c.mode_2), c.reflectivity, c.convention),
    "PhaseShifter": lambda c: PhaseShifter(int(c.mode), c.phi),
    "Loss": lambda c: Loss(int(c.mode), c.loss),
    "Barrier": lambda c: Barrier(tuple(int(mode) for mode in c.modes)),
    "ModeSwaps": lambda c: ModeSwaps({int(start): int(end) for start, end in c.swaps.items()}),
    "Group": _group,
    "UnitaryMatrix": _unitary,
}
