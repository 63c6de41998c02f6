"""What all tasks have in common: a circuit, and checks of states and post-selection against it."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from lwfast._base.validation import full_name, is_several
from lwfast.circuit import CompiledCircuit, PhotonicCircuit
from lwfast.circuit.foreign.followed_circuits import own_circuit
from lwfast.circuit.parameters import labelled
from lwfast.errors import ModeMismatchError, PhotonNumberError
from lwfast.rules import PostSelection, PostSelectionType, check_modes, own_selection, process_post_selection
from lwfast.state import State, as_occupation, own_state
from lwfast.tasks.data import TaskData

D = TypeVar("D", bound=TaskData, covariant=True)


class _Asks(Protocol[D]):
    """A task whose data are known by their type."""

    def _generate_task(self) -> D: ...


class Task(ABC):
    """Base of all tasks."""

    @abstractmethod
    def _generate_task(self) -> TaskData:
        """Return the data that a backend needs, as it is now."""


def as_lightworks(part: Any) -> Any:
    """Return a part of a task as Lightworks'; what is Lightworks' own, or None, as it is."""
    return part.to_lightworks() if hasattr(part, "to_lightworks") else part


def data_of(task: _Asks[D]) -> D:
    """Return the data that a backend or a payload needs, of a task as it is now.

    Raises:
        PhotonNumberError: An input has too few photons for the heralds.
        ModeMismatchError: The circuit has got heralds since, and a state does not fit any more.
        ModeRangeError: A rule names a mode that outcomes do not have.
        CircuitCompilationError: A Parameter has a value that its element does not take.
    """
    return task._generate_task()  # noqa: SLF001  (Lightworks' name; other packages call it too)


def settings_of(task: Any) -> dict[str, float]:
    """Return the present values of the labelled Parameters of a task's circuit, by label.

    Those that the circuit has as plain numbers count. A label of different values is left out.

    Args:
        task: A task, of lwfast or Lightworks.
    """
    circuit = getattr(task, "circuit", None)
    if circuit is None:
        return {}
    numbers = circuit._numbers if isinstance(circuit, PhotonicCircuit) else ()  # noqa: SLF001
    return labelled((*numbers, *((item.label, item.get()) for item in circuit.get_all_params())))


def check_circuit(value: Any) -> PhotonicCircuit:
    """Return a circuit; that of Lightworks as one that follows it.

    Raises:
        TypeError: `value` is not a circuit.
    """
    circuit = own_circuit(value)
    if circuit is None:
        msg = f"Provided circuit should be a PhotonicCircuit or Unitary, got {full_name(value)}."
        raise TypeError(msg)
    return circuit


def built(circuit: PhotonicCircuit) -> CompiledCircuit:
    """Return the circuit as matrices, with present parameters.

    Raises:
        CircuitCompilationError: A Parameter has a value that its element does not take.
    """
    return circuit._build()  # noqa: SLF001  (Lightworks' name; other packages call it too)


def check_states(states: Any, n_modes: int) -> list[State]:
    """Return one state or several as a new list.

    Args:
        states: A State, or an iterable of them, of lwfast or Lightworks.
        n_modes: How many modes each has to have.

    Raises:
        TypeError: Something is not a State.
        ValueError: There is no state.
        ModeMismatchError: A state has another number of modes.
    """
    if type(states) is State:
        check_length(states, n_modes)  # nearly every call, in a fifth of the time of the questions below
        return [states]
    # A state can be looped over as well, and is one thing all the same.
    several = is_several(states) and own_state(states) is None
    listed: list[Any] = list(states) if several else [states]
    if not listed:
        raise ValueError("At least one state should be given, got none.")
    return [check_state(state, n_modes) for state in listed]


def check_state(value: Any, n_modes: int) -> State:
    """Return a state, of lwfast or Lightworks, as one of ours.

    Raises:
        TypeError: It is not a State, or its entries are not integers.
        ValueError: An entry is negative.
        ModeMismatchError: It has another number of modes than `n_modes`.
    """
    state = own_state(value)
    if state is None:
        msg = f"A State should be given, got {full_name(value)}; lwfast.State(photon_numbers) makes one."
        raise TypeError(msg)
    check_length(state, n_modes)
    return state


def check_length(state: State, n_modes: int) -> None:
    """Check that a state has as many modes as a circuit takes, and photon numbers in all of them.

    Raises:
        ModeMismatchError: It has not.
        TypeError: A mode holds "X".
    """
    if len(as_occupation(state)) != n_modes:
        msg = (
            f"State {state} has an incorrect number of modes, {len(state)}; the circuit takes {n_modes} "
            "(heralded modes not counted)."
        )
        raise ModeMismatchError(msg)


def check_post_selection(
    value: PostSelectionType | Callable[[State], bool] | None, circuit: PhotonicCircuit
) -> PostSelectionType | None:
    """Return post-selection as an object, after looking at its modes.

    Raises:
        TypeError: `value` is not a post-selection, a callable or None.
        ModeRangeError: A rule names a mode that outputs of the circuit do not have.
    """
    post_selection = process_post_selection(value)
    own = own_selection(post_selection)
    if isinstance(own, PostSelection):
        n_visible = circuit.n_modes - len(circuit.heralds.output)
        check_modes(own.rules, n_visible, heralds_counted=False)
    return post_selection


def snapshot(post_selection: PostSelectionType | None) -> PostSelectionType | None:
    """Return rules as they are now, so that adding one later changes no task that was handed out."""
    own: PostSelectionType | None = own_selection(post_selection)
    return copy.copy(own) if type(own) is PostSelection else own


def check_enough_photons(circuit: PhotonicCircuit, states: Iterable[State]) -> None:
    """Check that each input can feed the heralds at the outputs.

    Raises:
        PhotonNumberError: An input has too few photons.
    """
    heralds = circuit.heralds
    needed = sum(heralds.output.values()) - sum(heralds.input.values())
    for state in states:
        if state.n_photons < needed:
            msg = (
                f"Input {state} has {state.n_photons} photons, and the heralds at the output take {needed} "
                f"more than those at the input bring: at least {needed} input photons are required."
            )
            raise PhotonNumberError(msg)
