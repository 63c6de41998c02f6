"""Post-selection: which outcomes count.

A `Rule` is what everything else works with: `PostSelection` holds several, `as_rules` and `as_heralds` read
every form in which people, tasks and the wire write them, and `check_modes` compares them with a number of
modes. `PostSelectionFunction` wraps any callable and is asked once for each distinct outcome. `as_selection`
tells rules from callables.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from lwfast._base.origin import lightworks_name, lightworks_package, origin_of
from lwfast._base.validation import as_integer, full_name, is_real, is_several, scalar
from lwfast.errors import ModeRangeError
from lwfast.state import State, X, as_label

StateLike = State | Sequence[int]
_ONLY_RULES = tuple((package, "PostSelection.validate") for package in ("lwfast", "lightworks"))
"""The methods that ask for the rules and nothing else."""
_NO_SELECTION = (
    "Post-selection should be a PostSelection, pairs of modes and photon totals or, where functions are "
    "taken, a callable that says whether a State counts; got {!r:.80}."
)


class Rule(NamedTuple):
    """One rule: the photons in `modes`, summed, are one of `totals`.

    Attributes:
        modes: The modes that are summed, each once.
        totals: The sums that count.
    """

    modes: tuple[int, ...]
    totals: tuple[int, ...]

    @property
    def n_photons(self) -> tuple[int, ...]:
        """The sums that count, under Lightworks' name."""
        return self.totals

    def as_tuple(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the modes and the sums, the form that a job carries."""
        return (self.modes, self.totals)

    def on(self, places: Sequence[int]) -> Rule:
        """Return this rule for a wider state in which mode k is mode `places[k]`."""
        return Rule(tuple(places[mode] for mode in self.modes), self.totals)

    def validate(self, state: StateLike) -> bool:
        """Say whether `state` keeps this rule.

        Raises:
            ModeRangeError: The rule names a mode that the state does not have.
        """
        try:
            return sum([state[mode] for mode in self.modes]) in self.totals
        except IndexError:
            check_modes([self], len(state), heralds_counted=False)
            raise
        except TypeError:
            if X in [state[mode] for mode in self.modes]:
                return False  # an X has no photon number
            raise


class PostSelectionType(ABC):
    """Base of everything that decides whether an outcome counts."""

    @abstractmethod
    def validate(self, state: StateLike) -> bool:
        """Say whether `state` counts."""

    def to_lightworks(self) -> Any:
        """Return post-selection of Lightworks that asks the same of an outcome.

        Returns:
            A `lightworks.PostSelection` where this holds rules and nothing else; otherwise a
            `lightworks.PostSelectionFunction`, which asks this object about states of lwfast.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        package = lightworks_package()
        if package is None:
            return self
        # A function in the narrow sense, which is what Lightworks takes.
        return package.PostSelectionFunction(lambda state: self.validate(State(as_label(state))))


class PostSelection(PostSelectionType):
    """Rules on the photon numbers of modes; an outcome counts if it keeps all of them.

    Modes are those of the outcome that a task returns: heralded modes are not counted.

    Args:
        multi_rules: Whether a mode may take part in several rules; by default False.

    Example:
        >>> rules = lw.PostSelection()
        >>> rules.add((0, 1), 1)  # one photon in modes 0 and 1 together
        >>> rules.validate(lw.State([0, 1, 2])), rules.validate(lw.State([1, 1, 0]))
        (True, False)
    """

    def __init__(self, multi_rules: bool = False) -> None:
        self.multi_rules = multi_rules
        self._rules: list[Rule] = []
        self._n_modes = 0  # that a state needs to have for every rule to apply

    @property
    def rules(self) -> list[Rule]:
        """The rules, as a new list; changing it does not change the selection."""
        return list(self._rules)

    @property
    def modes(self) -> list[int]:
        """The modes that have a rule, in order."""
        return sorted({mode for rule in self._rules for mode in rule.modes})

    def add(self, modes: int | Iterable[int], n_photons: int | Iterable[int]) -> None:
        """Add a rule: the total number of photons in `modes` must be one of `n_photons`.

        Args:
            modes: One mode, or several whose photons are added up, counted from 0.
            n_photons: The total that is allowed, or several of them.

        Raises:
            TypeError: A mode or photon number is not an integer (a bool does not count as one).
            ValueError: No mode or no photon number is given, one is negative, a mode is named twice, or has a
                rule already and `multi_rules` is False.
        """
        rule = _rule(modes, n_photons, integral_floats=True)
        if not self.multi_rules and self._rules:
            taken = {mode for rule in self._rules for mode in rule.modes}
            for mode in rule.modes:
                if mode in taken:
                    msg = (
                        f"Provided mode ({mode}) already has a post-selection rule applied. To allow this, "
                        "set multi_rules to True."
                    )
                    raise ValueError(msg)
        self._rules.append(rule)
        self._n_modes = max(self._n_modes, max(rule.modes) + 1)

    def validate(self, state: StateLike) -> bool:
        """Say whether `state` keeps every rule.

        Raises:
            ModeRangeError: A rule names a mode that the state does not have.
        """
        if self._n_modes > len(state):
            check_modes(self._rules, len(state), heralds_counted=False)
        for rule in self._rules:  # noqa: SIM110  (a generator takes 0.3 us of 1.7)
            if not rule.validate(state):
                return False
        return True

    def to_lightworks(self) -> Any:
        """Return the same rules as a `lightworks.PostSelection`; see `PostSelectionType.to_lightworks`."""
        package = lightworks_package()
        if package is None or not has_only_rules(self):
            return super().to_lightworks()
        written = package.PostSelection(multi_rules=True)
        for rule in self._rules:
            written.add(*rule)
        written.multi_rules = self.multi_rules
        return written

    def __copy__(self) -> PostSelection:
        """Return the same rules in a list of their own; they are frozen, and were checked when added."""
        copied = PostSelection(self.multi_rules)
        copied._rules, copied._n_modes = list(self._rules), self._n_modes
        return copied

    def __repr__(self) -> str:
        rules = ", ".join(str(rule.as_tuple()) for rule in self._rules)
        return f"lwfast.PostSelection({rules})"


_VALIDATE = PostSelection.validate


class PostSelectionFunction(PostSelectionType):
    """Post-selection by a callable: a function, a bound method, a `functools.partial`, an object with a call.

    Args:
        function: A callable that takes a State without its heralded modes, and returns whether the outcome
            counts.

    Raises:
        TypeError: `function` cannot be called.

    Example:
        >>> even = lw.PostSelectionFunction(lambda state: state.n_photons % 2 == 0)
        >>> even.validate(lw.State([1, 1])), even.validate(lw.State([1, 0]))
        (True, False)
    """

    def __init__(self, function: Callable[[State], bool]) -> None:
        _refuse_class(function)
        if not callable(function):
            msg = f"Post-selection should be a callable, got {type(function).__name__}."  # type: ignore[unreachable]
            raise TypeError(msg)
        self._function = function

    @property
    def function(self) -> Callable[[State], bool]:
        """The callable that decides."""
        return self._function

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
        post_selection: A post-selection object, any callable, or None. An object of Lightworks is returned
            as it is, so that rules which it gets later count.

    Raises:
        TypeError: It is not one of these.
    """
    if post_selection is None or isinstance(post_selection, PostSelectionType):
        return post_selection
    if lightworks_name(post_selection, _LIGHTWORKS_TYPES):
        return post_selection  # type: ignore[return-value]
    if callable(post_selection):
        return PostSelectionFunction(post_selection)
    msg = (  # type: ignore[unreachable]
        "Provided post_selection value should be a PostSelection object, a callable or None, got "
        f"{full_name(post_selection)}."
    )
    raise TypeError(msg)


def own_selection(selection: Any) -> Any:
    """Return Lightworks' post-selection, as it is now, as one of ours; anything else as it is.

    Raises:
        ValueError: A rule names a mode twice, or is empty.
    """
    if selection is None or isinstance(selection, PostSelectionType):
        return selection
    name = lightworks_name(selection, _LIGHTWORKS_TYPES)
    if not name:
        return selection
    if name == "DefaultPostSelection":
        return None
    if not has_only_rules(selection):
        return PostSelectionFunction(partial(_asked, selection))
    rules = PostSelection(multi_rules=True)
    for rule in as_rules(selection):
        rules.add(*rule)
    rules.multi_rules = bool(selection.multi_rules)
    return rules


_LIGHTWORKS_TYPES = ("DefaultPostSelection", "PostSelection", "PostSelectionType")


def _asked(selection: Any, state: State) -> bool:
    """Ask Lightworks' post-selection about a state of its own kind, which it may look at closely."""
    return bool(selection.validate(state.to_lightworks()))


def _refuse_class(function: Any) -> None:
    """Refuse `PostSelection` where `PostSelection()` is meant: as a callable it would accept everything."""
    if isinstance(function, type) and issubclass(function, PostSelectionType):
        msg = f"Post-selection is the class {function.__name__}; give an object of it, {function.__name__}()."
        raise TypeError(msg)


def has_only_rules(selection: Any) -> bool:
    """Say whether the attribute `rules` says all that a post-selection asks for.

    So it does for `PostSelection` and Lightworks' own. A class that has rules and a `validate` of its own may
    ask for more.
    """
    if type(selection) is PostSelection and PostSelection.validate is _VALIDATE:
        return "validate" not in vars(selection)  # nearly every call
    if not hasattr(selection, "rules"):
        return False
    validate = getattr(selection, "validate", None)
    return validate is None or origin_of(getattr(validate, "__func__", validate)) in _ONLY_RULES


def as_selection(selection: Any) -> tuple[tuple[Rule, ...], Callable[[State], Any] | None]:
    """Return post-selection as rules, or as a test of a State where rules do not say all that it asks for.

    Args:
        selection: A `PostSelection` (or Lightworks' own) or pairs of modes and totals, which are rules; or an
            object with `validate(state)` or a callable, which are tests.

    Returns:
        The rules and None, or no rules and the test.

    Raises:
        TypeError: It is not one of these, or a rule does not hold integers.
        ValueError: A rule is empty, names a mode twice or has negative numbers.
    """
    if type(selection) is _CheckedRules:
        return selection, None
    _refuse_class(selection)
    if selection is None:
        raise TypeError(_NO_SELECTION.format(selection))
    if not has_only_rules(selection):
        if hasattr(selection, "validate"):
            theirs = lightworks_name(selection, _LIGHTWORKS_TYPES)
            return (), partial(_asked, selection) if theirs else selection.validate
        if callable(selection):
            return (), selection
    return as_rules(selection), None


def name_of_test(selection: Any) -> str:
    """Return what a callable or an object with `validate` is called where a person reads of it."""
    function = selection.function if isinstance(selection, PostSelectionFunction) else selection
    return getattr(function, "__qualname__", type(function).__name__)


class _CheckedRules(tuple[Rule, ...]):
    """Rules that `as_rules` has made."""

    __slots__ = ()


def as_rules(rules: Any) -> tuple[Rule, ...]:
    """Return post-selection rules, whatever they are written as.

    Args:
        rules: A `PostSelection` (or Lightworks' own), or pairs of modes and totals, each an integer or
            several, such as `[[modes], [totals]]` on the wire; None stands for no rules.

    Raises:
        TypeError: If the rules are not pairs of integers or of several integers.
        ValueError: If a rule is empty, names a mode twice or has negative numbers; of a mode, that is a
            ModeRangeError.
    """
    if rules is None:
        return ()
    if type(rules) is _CheckedRules:  # each file of a campaign meets the same ones
        return rules
    if type(rules) is PostSelection:
        return tuple(rules._rules)  # noqa: SLF001  (checked when they were added)
    given = getattr(rules, "rules", rules)
    if not is_several(given) or isinstance(given, Mapping):
        raise TypeError(_NO_SELECTION.format(given))
    return _CheckedRules(_rule(*_pair(rule, "rule", "modes and photon totals")) for rule in given)


def as_heralds(heralds: Any) -> dict[int, tuple[int, ...]]:
    """Return heralds as mode to the photon numbers that it may have, usually one.

    Args:
        heralds: A mapping, or pairs, of mode and photon number (or several), such as `[[mode], [photons]]` on
            the wire; None stands for no heralds.

    Raises:
        TypeError: If they are neither a mapping nor pairs, or do not hold integers.
        ValueError: If a mode is heralded twice, a herald is not on one mode, or a number is negative; of a
            mode, that is a ModeRangeError.
    """
    pairs = heralds.items() if isinstance(heralds, Mapping) else () if heralds is None else heralds
    if not is_several(pairs):
        msg = f"Heralds should be a mapping or pairs of mode and photon number, got {heralds!r:.80}."
        raise TypeError(msg)
    found: dict[int, tuple[int, ...]] = {}
    for pair in pairs:
        modes, numbers = _pair(pair, "herald", "mode and photon number")
        modes = _integers(modes, "Herald modes", negative=ModeRangeError)
        numbers = _integers(numbers, "Heralded photon numbers")
        if len(modes) != 1 or not numbers:
            msg = f"A herald should have one mode and a photon number, got {pair!r:.80}."
            raise ValueError(msg)
        if modes[0] in found:
            msg = f"Mode {modes[0]} is heralded twice; name each mode once."
            raise ValueError(msg)
        found[modes[0]] = numbers
    return found


def herald_rules(heralds: Mapping[int, int | tuple[int, ...]]) -> tuple[Rule, ...]:
    """Return checked heralds as the rules that they are, in their order."""
    return tuple(Rule((m,), n if isinstance(n, tuple) else (n,)) for m, n in heralds.items())


def mode_faults(
    rules: Iterable[Rule], n_modes: int, *, heralds_counted: bool, what: str = "Post-selection rule"
) -> Iterator[str]:
    """Say in a sentence each which modes of rules there are not.

    Args:
        rules: The rules, whose modes may be too large.
        n_modes: How many modes there are.
        heralds_counted: Whether heralded modes are among them.
        what: What the rules are, with a capital letter.
    """
    for rule in rules:
        for mode in rule.modes:
            if mode >= n_modes:
                heralds = "included" if heralds_counted else "not counted"
                yield (
                    f"{what} {rule.as_tuple()!s:.80} names mode {mode}, but {_there_are(n_modes)} (heralded "
                    f"modes {heralds})."
                )


def check_modes(
    rules: Iterable[Rule], n_modes: int, *, heralds_counted: bool, what: str = "Post-selection rule"
) -> None:
    """Check that rules name modes below `n_modes` only; the arguments are those of `mode_faults`.

    Raises:
        ModeRangeError: A rule names a mode that there is not; says the first.
    """
    for rule in rules:
        if max(rule.modes) >= n_modes:
            raise ModeRangeError(
                next(mode_faults([rule], n_modes, heralds_counted=heralds_counted, what=what))
            )


def _there_are(n_modes: int) -> str:
    if n_modes > 1:
        return f"there are {n_modes} modes, 0 to {n_modes - 1}"
    return "there is mode 0 only" if n_modes else "there is no mode"


def _pair(value: Any, what: str, parts: str) -> tuple[Any, Any]:
    try:
        first, second = value.as_tuple() if hasattr(value, "as_tuple") else value
    except (TypeError, ValueError):
        msg = f"A {what} should be a pair of {parts}, got {value!r:.80}."
        raise TypeError(msg) from None
    return first, second


def _rule(modes: Any, totals: Any, *, integral_floats: bool = False) -> Rule:
    """Return a rule of one integer or several on each side, or raise as `as_rules` does."""
    rule = Rule(
        _integers(modes, "Mode numbers", negative=ModeRangeError, integral_floats=integral_floats),
        _integers(totals, "Photon numbers", integral_floats=integral_floats),
    )
    if not rule.modes:
        raise ValueError("A post-selection rule names no mode; give it one or several.")
    if not rule.totals:
        msg = f"The post-selection rule on modes {rule.modes!s:.80} allows no total; give it one or several."
        raise ValueError(msg)
    if len(rule.modes) > 1 and len(set(rule.modes)) < len(rule.modes):
        twice, _ = Counter(rule.modes).most_common(1)[0]
        msg = f"Mode {twice} is named twice in one rule, {rule.modes!s:.80}; name each mode once."
        raise ValueError(msg)
    return rule


def _integers(
    values: Any, name: str, *, negative: type[ValueError] = ValueError, integral_floats: bool = False
) -> tuple[int, ...]:
    """Return one integer or several, as a tuple of Python ints from 0 on."""
    if type(values) is int and values >= 0:
        return (values,)  # most totals, and many modes
    values = scalar(values)
    several = is_several(values)
    checked = []
    for value in values if several else (values,):
        if type(value) is int and value >= 0:
            checked.append(value)  # nearly every value, without two calls
            continue
        if integral_floats and type(value) is not int and is_real(value) and value != value // 1:
            msg = f"{name} should be integers, got {value!r}."
            raise ValueError(msg)
        number = as_integer(value, name, integral_floats=integral_floats)
        if number < 0:
            msg = f"{name} cannot be negative, got {number}."
            raise negative(msg)
        checked.append(number)
    return tuple(checked)
