"""Lightworks' own task objects, taken over as they are.

Nothing of Lightworks is imported: its classes are looked up where they say to be, and its objects are read
through their attributes, as they stand at the time of the call (Parameters give their present values).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lwfast._base.origin import lightworks_name
from lwfast.hardware import Detector, Source, own_part
from lwfast.results.probability_distribution import LateDistribution, ProbabilityDistribution
from lwfast.rules import own_selection
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
        TypeError: It is not a task.
        ValueError: It has a value that lwfast refuses, such as a mode named twice in one rule.
    """
    # Nearly every task is of one of the three classes themselves: asking an abstract class takes 1 us.
    if type(task) in _OURS:
        own: Task | Batch = task
        return own
    if isinstance(task, Batch):
        others = (single for single in task if type(single) not in _OURS)
        return task if all(isinstance(single, Task) for single in others) else _batch(task)
    if isinstance(task, Task):
        return task
    maker = _TASKS.get(lightworks_name(task, _TASKS))
    if maker is None:
        msg = f"Expected {expected}, got {task!r} of type {type(task).__name__}."
        raise TypeError(msg)
    return maker(task)


def leave_distribution(sampler: Any, work: Callable[[], ProbabilityDistribution]) -> None:
    """Leave with a Sampler what its `probability_distribution` is worked out from when it is read.

    Args:
        sampler: A Sampler, of lwfast or of Lightworks.
        work: Computes the distribution once it is read.
    """
    # Ours calls a function; Lightworks' own hands out what is there.
    left = work if isinstance(sampler, Sampler) else LateDistribution(work)
    sampler._probability_distribution = left  # noqa: SLF001  (Lightworks' name)


def _sampler(task: Any) -> Sampler:
    return Sampler(
        task.circuit,
        task.input_state,
        task.n_samples,
        post_selection=own_selection(task.post_selection),
        min_detection=task.min_detection,
        source=own_part(task.source, Source),
        detector=own_part(task.detector, Detector),
        random_seed=task.random_seed,
        sampling_mode=task.sampling_mode,
    )


def _simulator(task: Any) -> Simulator:
    return Simulator(task.circuit, task.inputs, task.outputs)


def _analyzer(task: Any) -> Analyzer:
    return Analyzer(task.circuit, task.inputs, task.expected, own_selection(task.post_selection))


def _batch(batch: Any) -> Batch:
    adopted = Batch()
    for task in batch.tasks:
        single = adopt(task)
        if isinstance(single, Task):
            adopted.add(single)
    return adopted


_OURS = frozenset((Sampler, Simulator, Analyzer))
_TASKS: dict[str, Callable[[Any], Task | Batch]] = {
    "Sampler": _sampler,
    "Simulator": _simulator,
    "Analyzer": _analyzer,
    "Batch": _batch,
}
