"""Distributions over outcomes, and the one of photon numbers behind a transfer matrix."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._base.limits import MAX_INT64
from lwfast._base.parallel import run_chunks
from lwfast._base.validation import refuse_masked
from lwfast._types import ComplexArray, FloatArray, StateTable
from lwfast.optics.distributions.layers import OutputPolynomial, output_polynomial
from lwfast.optics.distributions.layout import FockLayout, chunks_of
from lwfast.optics.distributions.pruning import kept_ranks, kept_rows
from lwfast.optics.distributions.stacked_layers import LayerProgram, forms_of_lights, stack_of_forms
from lwfast.optics.light import Light
from lwfast.rules import Rule, herald_rules


class OutputDistribution:
    """Outcomes and their probabilities, of one setting or of a stack that shares its outcomes.

    Attributes:
        probabilities: float64[..., K]. They sum to 1, or to the probability of the heralds and rules.
        amplitudes: complex128[..., K] where they were asked for, else None.
    """

    __slots__ = ("_layout", "_pull", "_ranks", "_states", "amplitudes", "probabilities")

    def __init__(
        self,
        probabilities: FloatArray,
        *,
        layout: FockLayout | None = None,
        ranks: NDArray[np.int64] | None = None,
        states: StateTable | None = None,
        amplitudes: ComplexArray | None = None,
        pull: Callable[[Any], ComplexArray] | None = None,
    ) -> None:
        self._pull = pull
        self.probabilities = probabilities
        self.amplitudes = amplitudes
        self._layout = layout
        self._ranks = ranks
        self._states = states

    def pullback(self, cotangent: ArrayLike) -> ComplexArray:
        """Take derivatives by the outcomes to derivatives by the entries of the transfer matrix.

        For a real number L that depends on the outcomes, give what L changes by them; get what L changes by
        the matrix. The distribution has to be computed with `gradient=True`; then this may be asked again
        and again, and takes about as long as two distributions each time.

        Args:
            cotangent: (K,) real, dL/dp for each probability; or, where amplitudes were asked for, (K,)
                complex, dL/d(Re a) + i dL/d(Im a) for each amplitude.

        Returns:
            complex128[m, m], dL/d(Re U) + i dL/d(Im U) for each entry of the matrix. To first order a change
            D of the matrix changes L by the sum of Re(conj(G) D). The columns of inputs without photons are
            zero. It holds for every D that leaves the matrix a transfer matrix; what D does to light that is
            lost is counted too. (PyTorch has this convention; JAX has the complex conjugate of it.)

        Raises:
            TypeError: It holds no numbers, or is complex without amplitudes.
            ValueError: It has another shape, or is not finite; or the distribution was computed without
                `gradient=True`.

        Source:
            Reverse accumulation through the layers: A. Griewank and A. Walther, "Evaluating Derivatives"
            (SIAM, 2008), chapter 3.
        """
        if self._pull is None:
            raise ValueError("This distribution has no way back; compute it with gradient=True.")
        refuse_masked(cotangent, "The cotangent has")
        given = np.asarray(cotangent)
        if given.dtype.kind not in "biufc":
            msg = f"A cotangent should hold numbers, got dtype {given.dtype}."
            raise TypeError(msg)
        if given.shape != (len(self),):
            msg = (
                f"The cotangent has shape {given.shape}, and there are {len(self)} outcomes; "
                "give one number for each."
            )
            raise ValueError(msg)
        if given.dtype.kind == "c" and self.amplitudes is None:
            raise TypeError(
                "A complex cotangent stands for derivatives by amplitudes; compute them with "
                "amplitudes=True, or give a real one."
            )
        if not np.isfinite(given).all():
            raise ValueError("The cotangent has entries that are NaN or infinite; give finite numbers.")
        return self._pull(given.astype(np.complex128 if given.dtype.kind == "c" else np.float64))

    @property
    def layout(self) -> FockLayout | None:
        """How the outcomes are laid out, where they follow the recursive order; else None."""
        return self._layout

    @property
    def states(self) -> StateTable:
        """uint8[K, n_modes], the outcomes as rows; written on first use."""
        if self._states is None:
            if self.layout is None:
                raise AssertionError("A distribution has its states or their layout.")
            self._states = self.layout.rows(self._ranks)
        return self._states

    @property
    def whole_layout(self) -> FockLayout | None:
        """The layout whose first outcomes these are, one by one; None where states or ranks are given."""
        return self.layout if self._states is None and self._ranks is None else None

    @property
    def ranks(self) -> NDArray[np.int64] | None:
        """int64[K], which outcomes of the layout these are; None for the first K."""
        return self._ranks

    @property
    def n_modes(self) -> int:
        """Modes of an outcome."""
        return int(self.states.shape[1]) if self.layout is None else self.layout.n_modes

    def states_at(self, indices: NDArray[np.int64]) -> StateTable:
        """Return some outcomes as rows.

        Args:
            indices: int64[N], ascending places in the distribution.

        Returns:
            uint8[N, n_modes].
        """
        if self._states is None and self.layout is not None:
            return self.layout.rows(indices if self._ranks is None else self._ranks[indices])
        return self.states[indices]

    def table_key(self) -> tuple[Any, ...]:
        """Return what two distributions have in common if their outcomes are the same, in the same order.

        They may be the same where this is not.
        """
        if self._states is None and self.layout is not None:
            return self.layout, None if self._ranks is None else self._ranks.tobytes()
        return self.states.shape, self.states.tobytes()

    def over(self, probabilities: FloatArray, amplitudes: ComplexArray | None = None) -> OutputDistribution:
        """Return other probabilities, and amplitudes, of the same outcomes.

        Args:
            probabilities: float64[..., K], one for each outcome.
            amplitudes: complex128[..., K] or None.
        """
        return OutputDistribution(
            probabilities, layout=self._layout, ranks=self._ranks, states=self._states, amplitudes=amplitudes
        )

    def __len__(self) -> int:
        return int(self.probabilities.shape[-1])

    def __repr__(self) -> str:
        stack = self.probabilities.shape[:-1]
        if stack:
            return f"OutputDistribution(a stack of shape {stack}, {len(self)} outcomes)"
        return f"OutputDistribution({len(self)} outcomes, total probability {self.probabilities.sum():.12g})"


def of_program(program: LayerProgram, values: Any) -> OutputDistribution:
    """Return what a small distribution's program wrote, float64[..., K] or complex128[..., K]."""
    if values.dtype == np.float64:
        return OutputDistribution(values, layout=program.layout, ranks=program.ranks)
    weights = np.square(values.real)
    weights += np.square(values.imag)
    return OutputDistribution(weights, layout=program.layout, ranks=program.ranks, amplitudes=values)


def fock_distribution(
    light: Light,
    heralds: dict[int, int],
    least: int,
    *,
    pairs: Sequence[Rule] = (),
    amplitudes: bool = False,
    follow_loss: bool = True,
    polynomial: OutputPolynomial | None = None,
    workers: int | None = None,
) -> OutputDistribution:
    """Compute the distribution of photon numbers.

    Args:
        light: Photons, and where they may go.
        heralds: Photons demanded in output modes.
        least: Fewest photons in the other modes.
        pairs: Rules on the other modes, as (modes, allowed sums), checked.
        amplitudes: Compute amplitudes beside the probabilities.
        follow_loss: False keeps only the outcomes in which no photon is lost, which have amplitudes.
        polynomial: What was laid out for the same light, heralds, least and rules, if anything was.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Raises:
        ValueError: Amplitudes are asked for, and the matrix is lossy.
        ResourceLimitError: It would not fit in memory.
    """
    n_free = light.n_modes - len(heralds)
    n_herald = sum(heralds.values())
    if light.n_photons == 0:
        met = n_herald == 0 and least <= 0
        rows = np.zeros((int(met), n_free), dtype=np.uint8)
        ones = np.ones(int(met))
        found = OutputDistribution(ones, states=rows, amplitudes=ones.astype(complex) if amplitudes else None)
        return keep_by_rules(found, pairs)
    if n_free == 0:
        # Every mode is heralded: follow the last one freely, and take the one outcome that is asked for.
        last = max(heralds)
        others = {mode: number for mode, number in heralds.items() if mode != last}
        wide = fock_distribution(
            light, others, 0, amplitudes=amplitudes, follow_loss=follow_loss, workers=workers
        )
        at = np.flatnonzero(wide.states[:, 0] == heralds[last]) if least <= 0 else np.empty(0, dtype=np.int64)
        found = OutputDistribution(
            wide.probabilities[at],
            states=np.zeros((len(at), 0), dtype=np.uint8),
            amplitudes=None if wide.amplitudes is None else wide.amplitudes[at],
        )
        return keep_by_rules(found, pairs)
    if amplitudes and follow_loss:
        light.check_amplitudes()
    forms = forms_of_lights([light], follow_loss=follow_loss)
    ((_, program, values),) = stack_of_forms(forms, heralds, least, pairs=pairs, amplitudes=amplitudes)
    if program is not None:
        return of_program(program, values[0])
    work = polynomial or output_polynomial(
        light, heralds=heralds, least=least, follow_loss=follow_loss, pairs=pairs
    )
    layout = work.layout
    if layout.size == 0:
        empty = np.empty(0)
        return OutputDistribution(
            empty, layout=layout, amplitudes=empty.astype(complex) if amplitudes else None
        )
    if not amplitudes:
        found = OutputDistribution(work.run(workers=workers)[0], layout=layout)
    else:
        shared = math.sqrt(math.prod(math.factorial(k) for k in heralds.values()))
        values = scaled_coefficients(layout, work.run(amplitudes=True, workers=workers), shared, workers)
        weights = np.square(values.real)
        weights += np.square(values.imag)
        found = OutputDistribution(weights, layout=layout, amplitudes=values)
    return keep_by_rules(found, pairs, workers)


def scaled_coefficients(
    layout: FockLayout, coefficients: FloatArray, shared: float, workers: int | None
) -> ComplexArray:
    """Return amplitudes of coefficients: times `shared`, and the root of the factorials of each outcome."""
    from lwfast._kernels.optics.layout import scaled_amplitudes

    size = layout.size
    bounds, sums = layout.walk
    roots = np.sqrt([float(math.factorial(k)) for k in range(layout.n_photons + 1)])
    values = np.empty(size, dtype=np.complex128)
    out = values.view(np.float64)
    pieces = chunks_of(size)

    def scale(piece: int) -> None:
        chunk = size * piece // pieces, size * (piece + 1) // pieces
        scaled_amplitudes(chunk, layout.n_photons, sums, bounds, shared, roots, coefficients, out)

    run_chunks(scale, pieces, workers)
    return values


def keep_by_rules(
    found: OutputDistribution, pairs: Sequence[Rule], workers: int | None = None
) -> OutputDistribution:
    """Keep the outcomes that keep every rule.

    Args:
        found: A distribution over a layout.
        pairs: Rules as (modes, allowed sums), checked.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Returns:
        The distribution of what is left, in the recursive order.
    """
    if not pairs:
        return found
    keep: NDArray[Any]
    layout = found.whole_layout
    if layout is None:
        keep = kept_rows(found.states, pairs)
        return OutputDistribution(
            found.probabilities[keep],
            states=found.states[keep],
            amplitudes=None if found.amplitudes is None else found.amplitudes[keep],
        )
    keep = kept_ranks(layout, pairs, size=len(found), workers=workers)
    ranks = keep
    if layout.caps:
        # From the order that saved the other outcomes to the one that all distributions have.
        rows = layout.rows(keep)
        layout = replace(layout, caps=())
        if layout.size > MAX_INT64:
            order = np.lexsort((*rows.T, -rows.sum(axis=1, dtype=np.int64)))
            return OutputDistribution(
                found.probabilities[keep[order]],
                states=rows[order],
                amplitudes=None if found.amplitudes is None else found.amplitudes[keep[order]],
            )
        ranks = layout.ranks(rows)
        order = np.argsort(ranks)
        keep, ranks = keep[order], ranks[order]
    return OutputDistribution(
        found.probabilities[keep],
        layout=layout,
        ranks=ranks,
        amplitudes=None if found.amplitudes is None else found.amplitudes[keep],
    )


def keep_conditions(
    found: OutputDistribution, heralds: dict[int, int], pairs: Sequence[Rule], least: int
) -> OutputDistribution:
    """Keep what meets heralds, rules and the least number of photons; drop heralded modes.

    Args:
        found: A distribution over all modes.
        heralds: Photons demanded in some of them.
        pairs: Rules on the others, checked.
        least: Fewest photons in the others.
    """
    if not heralds and not pairs and least <= 0:
        return found
    n_modes = found.n_modes
    others = [mode for mode in range(n_modes) if mode not in heralds]
    found = keep_by_rules(found, conditions_as_rules(heralds, pairs, least, others))
    if not heralds:
        return found
    return OutputDistribution(found.probabilities, states=np.ascontiguousarray(found.states[:, others]))


def conditions_as_rules(
    heralds: dict[int, int], pairs: Sequence[Rule], least: int, others: list[int]
) -> list[Rule]:
    """Return heralds, rules and the least number of photons as rules on all modes.

    Args:
        heralds: Photons demanded in some modes.
        pairs: Rules on the others, checked.
        least: Fewest photons in the others.
        others: The modes without a herald.
    """
    conditions = [*herald_rules(heralds), *(rule.on(others) for rule in pairs)]
    if least > 0:
        conditions.append(Rule(tuple(others), tuple(range(least, 255 * len(others) + 1))))
    return conditions
