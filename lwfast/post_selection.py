"""Post-selection of result tables."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lwfast._parallel import run_chunks
from lwfast._readable import readable
from lwfast._types import Counts, StateTable
from lwfast.counts import as_counts, as_table, group_checked
from lwfast.errors import ModeRangeError
from lwfast.state import State

_CHUNK = 100_000  # rows; in shorter chunks, Python and new memory take what a second thread saves
_LARGE = 4 << 20
_Compiled: TypeAlias = tuple[
    NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]
]


class SelectionRule(NamedTuple):
    """The photons of `modes` must add up to one of `totals`."""

    modes: tuple[int, ...]
    totals: tuple[int, ...]


def post_select(states: Any, counts: Any, rules: Any, heralds: Any = ()) -> tuple[StateTable, Counts]:
    """Keep the rows that meet every rule and every herald, without the heralded modes.

    Args:
        states: Photon numbers, `(N, n_modes)`, integers from 0 to 255.
        counts: `(N,)` integers, not negative; None for one of each.
        rules: A `PostSelection`, pairs of modes and allowed totals (each an integer or several), or a
            callable or object with `validate` that takes a `State` and returns whether to keep it; or None.
            Modes number the columns of `states`, heralded ones counted.
        heralds: Mode to photon number (or to several), as a mapping or as pairs; `[[mode], [photons]]` as on
            the wire is read too.

    Returns:
        (states, counts): distinct rows in the order in which they first appear, equal ones added up.

    Raises:
        ModeRangeError: If a rule or herald names a mode that the states do not have; nothing has run then.
        TypeError: If something is not an integer where one is needed.
        ValueError: If a rule is empty, names a mode twice or has negative numbers, or a mode is heralded
            twice.
        ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
    """
    table = as_table(states)
    column = as_counts(counts, table.shape[0])
    wanted = as_heralds(heralds)
    test: Callable[[State], Any] | None = None
    if not has_only_rules(rules) and (callable(rules) or hasattr(rules, "validate")):
        test, rules = getattr(rules, "validate", rules), ()
    plain = as_rules(rules)
    table, column = select_checked(table, column, plain, wanted, keep_heralds=test is not None)
    table, column = group_checked(table, column, owned=bool(wanted or plain))
    if test is not None:
        rows = (State._trusted(tuple(row)) for row in table.tolist())  # noqa: SLF001  (of uint8: valid)
        keep = np.fromiter((bool(test(row)) for row in rows), np.bool_, table.shape[0])
        table, column = group_checked(*_without_modes(table[keep], column[keep], wanted), owned=True)
    return table, column


def select_checked(
    states: StateTable,
    counts: Counts,
    rules: tuple[SelectionRule, ...],
    heralds: Mapping[int, int | tuple[int, ...]],
    *,
    keep_heralds: bool = False,
) -> tuple[StateTable, Counts]:
    """Do what `post_select` does for checked arguments, without adding up equal rows.

    Rows that were distinct stay distinct, unless a herald allows several photon numbers.
    """
    n_rows, n_modes = states.shape
    # Heralds first: they are met least often, and the rules then have fewer rows to look at.
    conditions = (
        *(SelectionRule((m,), n if isinstance(n, tuple) else (n,)) for m, n in heralds.items()),
        *rules,
    )
    if n_rows == 0 and n_modes == 0:
        return states, counts  # an empty result does not know its number of modes
    check_modes(conditions, n_modes)
    if not conditions:
        return states, counts
    modes = [m for m in range(n_modes) if keep_heralds or m not in heralds]
    return _selected(states, counts, _compiled(conditions, n_modes), modes)


def _selected(
    states: StateTable, counts: Counts, compiled: _Compiled, modes: Sequence[int]
) -> tuple[StateTable, Counts]:
    """Return `modes` of the rows that meet the compiled conditions, and their counts."""
    from lwfast._kernels import post_selection as kernels

    n_rows, n_modes = states.shape
    flat, counts = readable(states.reshape(-1)), readable(counts)
    runs = _runs(modes)
    n_chunks = max(1, -(-n_rows // _CHUNK))
    parts: list[tuple[StateTable, Counts]] = [(states, counts)] * n_chunks

    def select(chunk: int) -> None:
        first, last = chunk * _CHUNK, (chunk + 1) * _CHUNK
        table, column = flat[first * n_modes : last * n_modes], counts[first:last]
        # Room for all rows; pages that stay unused are never touched.
        out, out_counts = np.empty(column.size * len(modes), np.uint8), np.empty(column.size, np.int64)
        n_kept = kernels.select_rows(table, n_modes, column, *compiled, runs, out, out_counts)
        parts[chunk] = out[: n_kept * len(modes)].reshape(n_kept, len(modes)), out_counts[:n_kept]

    run_chunks(select, n_chunks)
    ends = list(itertools.accumulate(column.size for _, column in parts))
    out, out_counts = np.empty((ends[-1], len(modes)), np.uint8), np.empty(ends[-1], np.int64)

    def join(chunk: int) -> None:
        rows = slice(ends[chunk] - parts[chunk][1].size, ends[chunk])
        out[rows], out_counts[rows] = parts[chunk]

    # Few rows are joined sooner than a thread wakes up.
    run_chunks(join, n_chunks, workers=None if out.size > _LARGE else 1)
    return out, out_counts


def _runs(modes: Sequence[int]) -> NDArray[np.int64]:
    """Return the first mode and the length of each run of consecutive modes, in a row."""
    runs: list[int] = []
    for mode in modes:
        if runs and runs[-2] + runs[-1] == mode:
            runs[-1] += 1
        else:
            runs += [mode, 1]
    return np.array(runs, np.int64)


def check_modes(rules: Iterable[SelectionRule], n_modes: int) -> None:
    """Raise ModeRangeError for the first mode that states of `n_modes` modes do not have."""
    for rule in rules:
        for mode in rule.modes:
            if mode >= n_modes:
                raise ModeRangeError(
                    f"a rule or herald names mode {mode}; the states have {n_modes} modes, 0 to {n_modes - 1}"
                )


def has_only_rules(selection: Any) -> bool:
    """Say whether the attribute `rules` says all that a post-selection asks for.

    So it does for `PostSelection` and Lightworks' own. A class that has rules and a `validate` of its own may
    ask for more.
    """
    if not hasattr(selection, "rules"):
        return False
    validate = getattr(selection, "validate", None)
    package = (getattr(validate, "__module__", None) or "").partition(".")[0]
    known = getattr(validate, "__qualname__", "") == "PostSelection.validate"
    return validate is None or (known and package in ("lwfast", "lightworks"))


def as_rules(rules: Any) -> tuple[SelectionRule, ...]:
    """Return post-selection rules in plain form.

    Raises:
        TypeError: If the rules are not pairs of integers or of several integers.
        ValueError: If a rule is empty, names a mode twice or has negative numbers.
    """
    if rules is None:
        return ()
    if hasattr(rules, "rules"):
        rules = rules.rules
    if not isinstance(rules, Iterable) or isinstance(rules, str | bytes | Mapping):
        raise TypeError(f"rules are a PostSelection or pairs of modes and totals, not {rules!r}")
    return tuple(_as_rule(rule) for rule in rules)


def _as_rule(rule: Any) -> SelectionRule:
    if hasattr(rule, "as_tuple"):
        rule = rule.as_tuple()
    try:
        modes, totals = rule
    except (TypeError, ValueError):
        raise TypeError(f"a rule is a pair (modes, totals), not {rule!r}") from None
    modes, totals = _integers(modes, "mode"), _integers(totals, "photon total")
    if not modes:
        raise ValueError("a rule names no mode")
    if not totals:
        raise ValueError(f"the rule on modes {modes} allows no photon total, so nothing can meet it")
    if len(set(modes)) != len(modes):
        raise ValueError(f"the rule on modes {modes} names a mode twice; its photons would be counted twice")
    return SelectionRule(modes, totals)


def as_heralds(heralds: Any) -> dict[int, tuple[int, ...]]:
    """Return heralds as mode to the photon numbers that it may have, usually one.

    Raises:
        TypeError: If they are neither a mapping nor pairs.
        ValueError: If a mode is heralded twice, or a number is negative.
    """
    if heralds is None:
        return {}
    pairs = heralds.items() if isinstance(heralds, Mapping) else heralds
    if not isinstance(pairs, Iterable) or isinstance(pairs, str | bytes):
        raise TypeError(f"heralds are a mapping or pairs of mode and photons, not {heralds!r}")
    found: dict[int, tuple[int, ...]] = {}
    for pair in pairs:
        try:
            mode, n_photons = pair
        except (TypeError, ValueError):
            raise TypeError(f"a herald is a pair (mode, photons), not {pair!r}") from None
        modes, numbers = _integers(mode, "herald mode"), _integers(n_photons, "heralded photons")
        if len(modes) != 1 or not numbers:
            raise ValueError(f"a herald has one mode and a photon number, not {pair!r}")
        if modes[0] in found:
            raise ValueError(f"mode {modes[0]} is heralded twice")
        found[modes[0]] = numbers
    return found


def _integers(value: Any, what: str) -> tuple[int, ...]:
    values = value if isinstance(value, Iterable) and not isinstance(value, str | bytes) else (value,)
    integers = []
    for v in values:
        if isinstance(v, bool | np.bool_) or not isinstance(v, int | np.integer):
            raise TypeError(f"{what} {v!r} is not an integer")
        if v < 0:
            raise ValueError(f"{what} {v} is negative")
        integers.append(int(v))
    return tuple(integers)


@functools.lru_cache(maxsize=64)  # the same conditions meet many tables; laying them out takes 8 µs
def _compiled(conditions: tuple[SelectionRule, ...], n_modes: int) -> _Compiled:
    """Lay rules out as the kernel reads them.

    Modes that must have one photon number are compared eight at a time; each of the other rules gets a table
    over every total that its modes can have.
    """
    exact: dict[int, int] = {}
    modes: list[int] = []
    rule_start, allowed_start = [0], []
    tables = bytearray()  # NumPy takes longer to make a few small arrays than the kernel for 10^4 rows
    for rule in conditions:
        mode, total = rule.modes[0], rule.totals[0]
        one_number = len(rule.modes) == len(rule.totals) == 1 and total < 256
        if one_number and n_modes >= 8 and exact.setdefault(mode, total) == total:
            continue
        # A mode alone is read twice and doubles its totals: the kernel has one loop less.
        scale = 2 if len(rule.modes) == 1 else 1
        modes += rule.modes * scale
        rule_start.append(len(modes))
        allowed_start.append(len(tables))
        most = 255 * len(rule.modes)
        tables += bytes(scale * most + 1)
        for total in rule.totals:
            if total <= most:
                tables[allowed_start[-1] + scale * total] = 1
    starts = np.array(rule_start, np.int64), np.array(modes, np.int64), np.array(allowed_start, np.int64)
    return _words(exact, n_modes), *starts, np.frombuffer(tables, np.uint8)


def _words(exact: Mapping[int, int], n_modes: int) -> NDArray[np.uint64]:
    """Return offset, mask and value of words of eight modes that hold the modes of `exact`, in a row."""
    words: list[int] = []
    for mode in sorted(exact):
        if not words or mode >= words[-3] + 8:
            words += [min(mode, n_modes - 8), 0, 0]
        shift = 8 * (mode - words[-3])
        words[-2] |= 255 << shift
        words[-1] |= exact[mode] << shift
    return np.array(words, np.uint64)


def _without_modes(
    states: StateTable, counts: Counts, dropped: Mapping[int, Any]
) -> tuple[StateTable, Counts]:
    kept = [m for m in range(states.shape[1]) if m not in dropped]
    return np.ascontiguousarray(states[:, kept]), counts
