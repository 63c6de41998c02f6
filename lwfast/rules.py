"""Post-selection: which outcomes count.

`PostSelection` holds rules that the kernels can apply to whole tables; `PostSelectionFunction` wraps any
callable and is asked once for each distinct outcome.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lwfast._base.validation import as_integer, full_name, is_real, is_several, scalar
from lwfast.errors import ModeRangeError
from lwfast.state import State

StateLike = State | Sequence[int]


class PostSelectionType(ABC):
    """Base of everything that decides whether an outcome counts."""

    @abstractmethod
    def validate(self, state: StateLike) -> bool:
        """Say whether `state` counts."""


@dataclass(slots=True, frozen=True)
class Rule:
    """One rule: the photons in `modes`, summed, are one of `n_photons`.

    Attributes:
        modes: The modes that are summed, each once.
        n_photons: The sums that count.
    """

    modes: tuple[int, ...]
    n_photons: tuple[int, ...]

    def as_tuple(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the modes and the photon numbers, the form that a job carries."""
        return (self.modes, self.n_photons)

    def validate(self, state: StateLike) -> bool:
        """Say whether `state` keeps this rule.

        Raises:
            ModeRangeError: The rule names a mode that the state does not have.
        """
        try:
            return sum([state[mode] for mode in self.modes]) in self.n_photons
        except IndexError:
            raise _out_of_range(self, max(self.modes), len(state)) from None


class PostSelection(PostSelectionType):
    """Rules on the photon numbers of modes; an outcome counts if it keeps all of them.

    Modes are those of the outcome that a task returns: heralded modes are not counted.

    Args:
        multi_rules: Let a mode take part in several rules.
    """

    def __init__(self, multi_rules: bool = False) -> None:
        self.multi_rules = multi_rules
        self._rules: list[Rule] = []
        self._n_modes = 0  # that a state needs to have for every rule to apply

    @property
    def rules(self) -> list[Rule]:
        """The rules, as a list of its own; changing it changes no rule."""
        return list(self._rules)

    @property
    def modes(self) -> list[int]:
        """The modes that have a rule, in order."""
        return sorted({mode for rule in self._rules for mode in rule.modes})

    def add(self, modes: int | Iterable[int], n_photons: int | Iterable[int]) -> None:
        """Add a rule: the photons in `modes`, summed, are one of `n_photons`.

        Args:
            modes: One mode, or several.
            n_photons: The sum that counts, or several.

        Raises:
            TypeError: A mode or photon number is no integer (a bool is none).
            ValueError: No mode or no photon number is given, one is negative, a mode is named twice, or has a
                rule already and `multi_rules` is False.
        """
        rule = Rule(_integers(modes, "Mode numbers"), _integers(n_photons, "Photon numbers"))
        if len(set(rule.modes)) < len(rule.modes):
            twice = next(mode for mode in rule.modes if rule.modes.count(mode) > 1)
            msg = f"Mode {twice} is named twice in one rule, {rule.modes}; name each mode once."
            raise ValueError(msg)
        if not self.multi_rules:
            for mode in rule.modes:
                if mode in self.modes:
                    msg = (
                        f"Provided mode ({mode}) already has a post-selection rule applied. To allow this, "
                        "set multi_rules to True."
                    )
                    raise ValueError(msg)
        self._rules.append(rule)
        self._n_modes = max(self._n_modes, *(mode + 1 for mode in rule.modes))

    def validate(self, state: StateLike) -> bool:
        """Say whether `state` keeps every rule.

        Raises:
            ModeRangeError: A rule names a mode that the state does not have.
        """
        if self._n_modes > len(state):
            check_modes_in_range(self._rules, len(state))
        return all(rule.validate(state) for rule in self._rules)

    def __repr__(self) -> str:
        rules = ", ".join(str(rule.as_tuple()) for rule in self._rules)
        return f"lwfast.PostSelection({rules})"


class PostSelectionFunction(PostSelectionType):
    """Post-selection by a callable: a function, a bound method, a `functools.partial`, an object with a call.

    Args:
        function: Takes a State without its heralded modes; an outcome counts where it answers something true.

    Raises:
        TypeError: `function` cannot be called.
    """

    def __init__(self, function: Callable[[State], bool]) -> None:
        _refuse_class(function)
        if not callable(function):
            msg = f"Post-selection should be a callable, got {type(function).__name__}."  # type: ignore[unreachable]
            raise TypeError(msg)
        self._function = function

    def validate(self, state: StateLike) -> bool:
        """Say whether the function accepts `state`."""
        return bool(self._function(state if isinstance(state, State) else State(state)))

    def __repr__(self) -> str:
        return f"lwfast.PostSelectionFunction({self._function!r})"


class DefaultPostSelection(PostSelectionType):
    """Post-selection that accepts every outcome."""

    def validate(self, state: StateLike) -> bool:  # noqa: ARG002  (the interface has it)
        """Return True."""
        return True


def process_post_selection(
    post_selection: PostSelectionType | Callable[[State], bool] | None,
) -> PostSelectionType | None:
    """Return post-selection as an object with `validate`, or None.

    Args:
        post_selection: A post-selection object, any callable, or None.

    Raises:
        TypeError: It is none of these.
    """
    if post_selection is None or isinstance(post_selection, PostSelectionType):
        return post_selection
    if callable(post_selection):
        return PostSelectionFunction(post_selection)
    msg = (  # type: ignore[unreachable]
        "Provided post_selection value should be a PostSelection object, a callable or None, got "
        f"{full_name(post_selection)}."
    )
    raise TypeError(msg)


def _refuse_class(function: Any) -> None:
    """Refuse `PostSelection` where `PostSelection()` is meant: as a callable it would accept everything."""
    if isinstance(function, type) and issubclass(function, PostSelectionType):
        msg = f"Post-selection is the class {function.__name__}; give an object of it, {function.__name__}()."
        raise TypeError(msg)


def check_modes_in_range(rules: Iterable[Rule], n_modes: int) -> None:
    """Check that rules name modes below `n_modes` only.

    Args:
        rules: The rules.
        n_modes: How many modes there are, heralded ones not counted.

    Raises:
        ModeRangeError: A rule names a mode outside.
    """
    for rule in rules:
        for mode in rule.modes:
            if mode >= n_modes:
                raise _out_of_range(rule, mode, n_modes)


def _out_of_range(rule: Rule, mode: int, n_modes: int) -> ModeRangeError:
    return ModeRangeError(
        f"Post-selection rule {rule.as_tuple()} names mode {mode}, but there are {n_modes} modes (counted "
        "from 0, heralded modes left out)."
    )


def _integers(values: Any, name: str) -> tuple[int, ...]:
    """Return one integer or several, as a tuple of Python ints from 0 on."""
    listed = list(values) if is_several(values) else [scalar(values)]
    if not listed:
        msg = f"{name} of a post-selection rule cannot be empty."
        raise ValueError(msg)
    checked = []
    for value in listed:
        if is_real(value) and value != value // 1:
            msg = f"{name} should be integers, got {value!r}."
            raise ValueError(msg)
        number = as_integer(value, name, integral_floats=True)
        if number < 0:
            msg = f"{name} cannot be negative, got {number}."
            raise ValueError(msg)
        checked.append(number)
    return tuple(checked)
