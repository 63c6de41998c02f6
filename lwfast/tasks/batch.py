"""Many tasks of one kind, with varied arguments or parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lwfast._base.origin import lightworks_class_name, lightworks_name, lightworks_package
from lwfast._texts import ended
from lwfast.circuit import Parameter
from lwfast.circuit.foreign.followed_circuits import own_circuit
from lwfast.circuit.parameters import own_parameter
from lwfast.tasks.analyzer import Analyzer
from lwfast.tasks.sampler import Sampler
from lwfast.tasks.simulator import Simulator
from lwfast.tasks.task import Task, as_lightworks, settings_of


class Batch:
    """Tasks that are run, or submitted, together.

    Each argument is given as a list with one value per task, or with a single value for all of them. Circuits
    are copied with the values that their Parameters have for the task in question, so nothing that happens to
    a Parameter later changes a task. Parameters have their former values back once the batch is made.

    Args:
        task: The kind of task, such as `Sampler`; None makes an empty batch. A kind of Lightworks is taken
            for that of the same name.
        task_args: For each positional argument, its values.
        task_kwargs: For each keyword argument, its values.
        parameters: For each Parameter, its values.

    Raises:
        TypeError: `task` is not a task, or values are not in a list or tuple.
        ValueError: Numbers of values differ, or a task could not be made; its exception is the cause.
        ParameterValueError: A Parameter does not take a value.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> inputs = [lw.State([1, 0]), lw.State([0, 1])]
        >>> batch = lw.Batch(lw.Sampler, task_args=[[circuit], inputs, [100]])
        >>> results = lw.emulator.Backend("auto").run(batch)
        >>> [result.n_samples for result in results]
        [100, 100]
    """

    def __init__(
        self,
        task: type[Task] | None = None,
        task_args: Sequence[Sequence[Any]] | None = None,
        task_kwargs: Mapping[str, Sequence[Any]] | None = None,
        parameters: Mapping[Parameter[Any], Sequence[Any]] | None = None,
    ) -> None:
        self._tasks: list[Task] = []
        if task is None:
            if task_args or task_kwargs or parameters:
                raise TypeError("A batch with arguments needs a task, such as Sampler; got None.")
            return
        kind = _kind(task)
        args = [_values(v, f"task_args[{i}]") for i, v in enumerate(task_args or [])]
        kwargs = {_keyword(name): _values(v, name) for name, v in (task_kwargs or {}).items()}
        settings = [(_parameter(p), _values(v, "parameters")) for p, v in (parameters or {}).items()]
        columns = [*args, *kwargs.values(), *(values for _, values in settings)]
        number = max([len(values) for values in columns], default=0)
        for values in columns:
            if len(values) not in (1, number):
                msg = (
                    f"Mismatch in number of values: give 1 or {number} for each argument, got {len(values)}."
                )
                raise ValueError(msg)
        before = [(parameter, parameter.get()) for parameter, _ in settings]
        try:
            for i in range(number):
                for parameter, values in settings:
                    parameter.set(_pick(values, i))
                self._tasks.append(_make(kind, i, args, kwargs))
        finally:
            for parameter, value in before:
                parameter.set(value)

    def __iter__(self) -> Iterator[Task]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self._tasks)

    def __repr__(self) -> str:
        return f"lwfast.Batch({len(self._tasks)} tasks)"

    @property
    def tasks(self) -> list[Task]:
        """The tasks, as a new list."""
        return list(self._tasks)

    @property
    def settings(self) -> list[dict[str, float]]:
        """The values of labelled Parameters of each task, by label, as a new list.

        The circuit of a task that the batch has made keeps the values that they had then. A task that was
        added follows its Parameters, and so does this.
        """
        return [settings_of(task) for task in self._tasks]

    @property
    def num(self) -> int:
        """The number of tasks."""
        return len(self._tasks)

    def to_lightworks(self) -> Any:
        """Return the batch as a `lightworks.Batch`, task by task.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
            ValueError: A task uses something that tasks of Lightworks do not have.
        """
        package = lightworks_package()
        if package is None:
            return self
        written = package.Batch()
        for task in self._tasks:
            written.add(as_lightworks(task))
        return written

    def add(self, task: Task) -> None:
        """Add a task at the end, of lwfast or Lightworks.

        Raises:
            TypeError: `task` is not a task.
        """
        given: Any = task
        if not isinstance(given, Task) and not lightworks_name(given, KINDS):
            msg = f"Provided task must be a Task object, got {type(task).__name__}."
            raise TypeError(msg)
        self._tasks.append(task)


KINDS: dict[str, type[Task]] = {kind.__name__: kind for kind in (Sampler, Simulator, Analyzer)}
"""The kinds of tasks by their names, which are Lightworks' as well."""


def _kind(task: Any) -> type[Task]:
    if isinstance(task, type):
        if issubclass(task, Task):
            return task
        name = lightworks_class_name(task, KINDS)
        if name:
            return KINDS[name]
    msg = f"Provided task should be a class such as Sampler, and not initialized; got {task!r}."
    raise TypeError(msg)


def _make(task: type[Task], i: int, args: list[Sequence[Any]], kwargs: dict[str, Sequence[Any]]) -> Task:
    try:
        return task(
            *[_fixed(_pick(values, i)) for values in args],
            **{name: _fixed(_pick(values, i)) for name, values in kwargs.items()},
        )
    except Exception as error:
        msg = f"An exception occurred while trying to create task number {i + 1}: {ended(error)}"
        raise ValueError(msg) from error


def _pick(values: Sequence[Any], i: int) -> Any:
    return values[0] if len(values) == 1 else values[i]


def _fixed(value: Any) -> Any:
    circuit = own_circuit(value)
    return value if circuit is None else circuit.copy(freeze_parameters=True)


def _values(values: Any, name: str) -> Sequence[Any]:
    if not isinstance(values, list | tuple):
        msg = f"Each value for {name} should be provided as a list, got {type(values).__name__}."
        raise TypeError(msg)
    return values


def _keyword(name: Any) -> str:
    if not isinstance(name, str):
        msg = f"'task_kwargs' keys should be strings, got {name!r}."
        raise TypeError(msg)
    return name


def _parameter(parameter: Any) -> Parameter[Any]:
    own = own_parameter(parameter)
    if own is None:
        msg = f"'parameters' keys should be Parameter objects, got {type(parameter).__name__}."
        raise TypeError(msg)
    return own
