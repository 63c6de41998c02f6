"""Distributions of many settings at once, over outcomes that they share."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lwfast._base.memory import check_memory
from lwfast._base.progress import step
from lwfast._base.setting_names import naming_setting
from lwfast._types import AnyArray, ComplexArray, StateTable
from lwfast.optics.distributions.photon_numbers import OutputDistribution, fock_distribution, of_program
from lwfast.optics.distributions.stacked_layers import (
    MOST_PHOTONS,
    fits,
    fixed_photons,
    forms_of_lights,
    layer_program,
    lossy_forms,
    program_modes,
    run_program,
    stack_of_forms,
)
from lwfast.optics.light import Light
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.rules import Rule


class Part(NamedTuple):
    """Some settings of a stack that share their outcomes.

    Attributes:
        settings: Their places in the stack, int64[S].
        found: Their outcomes, with probabilities float64[S, K].
    """

    settings: NDArray[np.int64]
    found: OutputDistribution


def naming(index: int, shape: tuple[int, ...]) -> AbstractContextManager[None]:
    """Say in an error which setting of a stack it is about, where there are several."""
    if not shape:
        return nullcontext()

    def place() -> object:
        found = tuple(int(k) for k in np.unravel_index(index, shape))
        return found[0] if len(found) == 1 else found

    return naming_setting("stack", place)


def fock_stack(
    matrices: ComplexArray,
    photons: NDArray[np.int64],
    shape: tuple[int, ...],
    light_of: Callable[[int], Light],
    heralds: dict[int, int],
    least: int,
    *,
    tolerance: float = 1e-10,
    clip: bool = False,
    pairs: Sequence[Rule] = (),
    amplitudes: bool = False,
    workers: int | None = None,
) -> OutputDistribution:
    """Compute the distributions of photon numbers of a stack of settings.

    Each is, bit for bit, what `fock_distribution` makes of the light of this setting alone.

    Args:
        matrices: complex128[S or 1, m, m], C-contiguous and writable: transfer matrices, not checked yet.
        photons: int64[S or 1, m], photons of each input mode, checked.
        shape: The shape of the stack, of S settings in all.
        light_of: Parses a setting that is not plain: lossy, imprecise or wrong. A plain one has to be taken
            as it is: its occupied columns miss an isometry by no more than `UNIT_ROUNDING`.
        heralds: Photons demanded in output modes.
        least: Fewest photons in the other modes.
        tolerance: How far the matrices may be off by rounding. Those that plainly lose more light are parsed
            all at once, and have to come out as `light_of` parses them.
        clip: Whether `light_of` clips what rounding amplifies in such a matrix, once, as `parsed_light` does.
            False leaves to it all that might be clipped.
        pairs: Rules on the other modes, checked.
        amplitudes: Compute amplitudes beside the probabilities.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Returns:
        The outcomes of all settings, with probabilities float64[*shape, K].

    Raises:
        ValueError: Amplitudes are asked for, and a matrix is lossy; or `light_of` says so.
        ResourceLimitError: It would not fit in memory.
    """

    def alone(index: int) -> OutputDistribution:
        return fock_distribution(
            light_of(index), heralds, least, pairs=pairs, amplitudes=amplitudes, workers=workers
        )

    parts = []
    for settings, found in fock_parts(
        matrices,
        photons,
        shape,
        light_of,
        heralds,
        least,
        tolerance=tolerance,
        clip=clip,
        pairs=pairs,
        amplitudes=amplitudes,
        workers=workers,
    ):
        if found is not None:
            parts.append(Part(settings, found))
            continue
        singles = parts_of(one_by_one(alone, settings, shape))
        parts.extend(part._replace(settings=settings[part.settings]) for part in singles)
    return merged(joined(parts), shape)


def fock_parts(
    matrices: ComplexArray,
    photons: NDArray[np.int64],
    shape: tuple[int, ...],
    light_of: Callable[[int], Light],
    heralds: dict[int, int],
    least: int,
    *,
    tolerance: float = 1e-10,
    clip: bool = False,
    pairs: Sequence[Rule] = (),
    amplitudes: bool = False,
    workers: int | None = None,
    wanted: Callable[[int, int], bool] = lambda *_: True,
) -> Iterator[tuple[NDArray[np.int64], OutputDistribution | None]]:
    """Compute the distributions of a stack of settings, part by part.

    Args:
        matrices: As in `fock_stack`, and so on.
        photons: int64[S or 1, m], photons of each input mode, checked.
        shape: The shape of the stack, for messages.
        light_of: Parses a setting that is not plain, by its place in the stack.
        heralds: Photons demanded in output modes.
        least: Fewest photons in the other modes.
        tolerance: How far the matrices may be off by rounding.
        clip: Whether `light_of` clips what rounding amplifies.
        pairs: Rules on the other modes, checked.
        amplitudes: Compute amplitudes beside the probabilities.
        workers: Number of threads; None takes all cores. The answer does not depend on it.
        wanted: Says whether to compute the distributions of settings, by the number of their photons and that
            of the modes that take lost ones.

    Yields:
        (settings, found): int64, places in the stack, and their distributions, probabilities float64[S, K];
        None where these are not small, or not wanted. Together all settings, each once.

    Raises:
        ValueError: As `fock_stack` does, before anything is yielded.
        ResourceLimitError: It would not fit in memory.
    """
    n_settings = math.prod(shape)
    totals = photons.sum(axis=1)
    stacks = []
    for total in np.unique(totals).tolist():
        settings = np.arange(n_settings) if (totals == total).all() else np.flatnonzero(totals == total)
        stacks.append(_Stack(matrices, photons, settings, total, heralds, tolerance, clip=clip))
    # Errors come before the work, and the first one that there is.
    lights: dict[int, Light] = {}
    careful = np.sort(np.concatenate([stack.careful for stack in stacks]))
    if amplitudes:
        careful = np.union1d(careful, np.concatenate([stack.lossy for stack in stacks]))
    for index in careful.tolist():
        with naming(index, shape):
            lights[index] = light_of(index)
            if amplitudes:
                lights[index].check_amplitudes()

    for stack in stacks:
        total = stack.n_photons
        if len(stack.plain) and not wanted(total, 0):
            yield stack.plain, None
        elif len(stack.plain):
            program = layer_program(len(stack.free), fixed_photons(heralds), 0, total, least, tuple(pairs))
            values = run_program(
                program, *stack.plain_forms(), len(stack.plain), amplitudes=amplitudes, workers=workers
            )
            yield stack.plain, of_program(program, values)
        groups = [(stack.lossy, stack.lossy_forms)] if len(stack.lossy) else []
        if len(stack.careful):
            groups.append((stack.careful, forms_of_lights([lights[k] for k in stack.careful.tolist()])))
        for settings, forms in groups:
            for members, done, values in stack_of_forms(
                forms,
                heralds,
                least,
                pairs=pairs,
                amplitudes=amplitudes,
                workers=workers,
                wanted=functools.partial(wanted, total),
            ):
                yield settings[members], None if done is None else of_program(done, values)


class _Stack:
    """Settings with as many photons, sorted by how closely they have to be looked at.

    Args:
        matrices: complex128[S or 1, m, m], of all settings.
        photons: int64[S or 1, m], of all settings.
        settings: int64, places of these settings in the stack.
        n_photons: Number of photons of each setting.
        heralds: Photons demanded in output modes.
        tolerance: How far the matrices may be off by rounding, as in `fock_stack`.
        clip: Whether what rounding amplifies is clipped, as in `fock_stack`.

    Attributes:
        plain: int64, the settings that can be taken as they are.
        lossy: int64, those that lose light, and are fine otherwise.
        careful: int64, the others, which are parsed one by one.
        lossy_forms: Where the photons of the lossy ones go.
        free: Modes that are not heralded.
    """

    def __init__(
        self,
        matrices: ComplexArray,
        photons: NDArray[np.int64],
        settings: NDArray[np.int64],
        n_photons: int,
        heralds: dict[int, int],
        tolerance: float,
        *,
        clip: bool,
    ) -> None:
        from lwfast._kernels.optics.stacked_layers import simple_settings

        self.n_photons = n_photons
        self.free, self._modes = program_modes(photons.shape[1], heralds)
        matrices, photons = _rows(matrices, settings), _rows(photons, settings)
        simple = np.zeros(len(settings), dtype=np.uint8)
        small = fits(len(self.free), heralds, 0, n_photons)
        if small:
            simple_settings(matrices.view(np.float64), photons, UNIT_ROUNDING, MOST_PHOTONS, simple)
        places, rest = np.flatnonzero(simple), np.flatnonzero(simple == 0)
        self._matrices, self._photons = _rows(matrices, places), _rows(photons, places)
        self.plain, self.lossy, self.careful = settings[places], settings[:0], settings[rest]
        # One setting is parsed as quickly by itself.
        if small and len(rest) > 1:
            wide = np.broadcast_to(_rows(matrices, rest), (len(rest), *matrices.shape[1:]))
            inputs = np.broadcast_to(_rows(photons, rest), (len(rest), photons.shape[1]))
            lossy, self.lossy_forms = lossy_forms(wide, inputs, tolerance, clip=clip)
            self.lossy, self.careful = settings[rest[lossy]], settings[rest[~lossy]]

    def plain_forms(self) -> tuple[ComplexArray, NDArray[np.int64]]:
        """Return where photons of the plain settings go, over the modes of a program, and these photons."""
        columns = self._matrices
        if self._modes != list(range(columns.shape[1])):
            columns = np.ascontiguousarray(columns[:, self._modes])
        return columns, self._photons


def _rows(array: AnyArray, settings: NDArray[np.int64]) -> AnyArray:
    """Return the entries of some settings, or the one that all share."""
    return array if len(array) in (1, len(settings)) else array[settings]


def stack_of(one: Callable[[int], OutputDistribution], shape: tuple[int, ...]) -> OutputDistribution:
    """Return the distributions of a stack, of settings that are worked out one after the other.

    Args:
        one: Works out a setting.
        shape: The shape of the stack.
    """
    if not shape:
        return one(0)
    return merged(parts_of(one_by_one(one, np.arange(math.prod(shape)), shape)), shape)


def one_by_one(
    one: Callable[[int], OutputDistribution], settings: NDArray[np.int64], shape: tuple[int, ...]
) -> list[OutputDistribution]:
    """Return the distributions of some settings of a stack, each worked out by itself.

    Args:
        one: Works out a setting.
        settings: int64, their places in the stack.
        shape: The shape of the stack.
    """
    found = []
    for done, index in enumerate(settings.tolist(), 1):
        with naming(index, shape):
            found.append(one(index))
        step("settings", done, len(settings))
    return found


def joined(parts: Sequence[Part]) -> list[Part]:
    """Put parts together that have the same outcomes."""
    groups: dict[Any, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.found.table_key(), []).append(part)
    if len(groups) == len(parts):
        return list(parts)
    wide = []
    for members in groups.values():
        settings = np.concatenate([part.settings for part in members])
        order = np.argsort(settings)
        found = [part.found for part in members]
        probabilities = np.concatenate([one.probabilities for one in found])[order]
        amplitudes = None
        if found[0].amplitudes is not None:
            amplitudes = np.concatenate([np.asarray(one.amplitudes) for one in found])[order]
        wide.append(Part(settings[order], found[0].over(probabilities, amplitudes)))
    return wide


def parts_of(found: Sequence[OutputDistribution]) -> list[Part]:
    """Put the distributions of settings together that have the same outcomes."""
    groups: dict[Any, list[int]] = {}
    for index, one in enumerate(found):
        groups.setdefault(one.table_key(), []).append(index)
    parts = []
    for members in groups.values():
        first = found[members[0]]
        check_memory(
            8 * len(members) * len(first),
            f"The distributions of {len(members):,} settings over {len(first):,} outcomes",
            remedy="Take fewer settings at a time.",
        )
        amplitudes = None
        if first.amplitudes is not None:
            amplitudes = np.array([found[index].amplitudes for index in members])
        probabilities = np.array([found[index].probabilities for index in members])
        parts.append(Part(np.array(members, dtype=np.int64), first.over(probabilities, amplitudes)))
    return parts


def merged(parts: Sequence[Part], shape: tuple[int, ...]) -> OutputDistribution:
    """Return the distributions of a stack over the outcomes of all its settings.

    Args:
        parts: What was found; together all settings, each once.
        shape: The shape of the stack.

    Returns:
        The distributions, with probabilities float64[*shape, K]. Where settings differ in their outcomes,
        each outcome of any of them is there once, those with most photons first, then in the recursive
        order; one that a setting does not have has probability 0 there.

    Raises:
        ResourceLimitError: The outcomes of all together do not fit in memory.
    """
    if len(parts) == 1:
        found = parts[0].found
        amplitudes = found.amplitudes
        return found.over(
            found.probabilities.reshape(*shape, len(found)),
            None if amplitudes is None else amplitudes.reshape(*shape, len(found)),
        )
    n_settings = math.prod(shape)
    states, places = _union([part.found.states for part in parts])
    values: list[Any] = [np.float64]
    if parts[0].found.amplitudes is not None:
        values.append(np.complex128)
    check_memory(
        24 * n_settings * len(states),
        f"The distributions of {n_settings:,} settings over {len(states):,} outcomes",
        remedy="Take settings with the same number of photons together, or fewer at a time.",
    )
    out: list[AnyArray] = [np.zeros((n_settings, len(states)), dtype=kind) for kind in values]
    for part, place in zip(parts, places, strict=True):
        at = np.ix_(part.settings, place)
        out[0][at] = part.found.probabilities
        if len(out) > 1:
            out[1][at] = part.found.amplitudes
    wide = [array.reshape(*shape, len(states)) for array in out]
    return OutputDistribution(wide[0], states=states, amplitudes=wide[1] if len(wide) > 1 else None)


def _union(tables: Sequence[StateTable]) -> tuple[StateTable, list[NDArray[np.int64]]]:
    """Return the distinct rows of tables, and the places of the rows of each table among them."""
    rows = np.concatenate(tables)
    totals = rows.sum(axis=1, dtype=np.int64)
    order = np.lexsort((*rows.T, -totals))
    ordered = rows[order]
    new = np.ones(len(rows), dtype=np.bool_)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    places = np.empty(len(rows), dtype=np.int64)
    places[order] = np.cumsum(new) - 1
    cuts = np.cumsum([len(table) for table in tables])[:-1]
    return ordered[new], np.split(places, cuts)
