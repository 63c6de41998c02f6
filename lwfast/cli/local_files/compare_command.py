"""`lwfast compare`: how far apart two result files are, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from lwfast._base.showing.amounts import several
from lwfast.cli.local_files.named_results import read_result
from lwfast.cli.shared_options import POSITIVE, command, json_option
from lwfast.cli.terminal.screen import BAD, Column, print_json, print_table
from lwfast.cli.terminal.wording import shown
from lwfast.errors import ResultError
from lwfast.results.state_map import label_table

if TYPE_CHECKING:
    from lwfast.results import SamplingResult

MEASURES = (
    ("total_variation", "total variation distance"),
    ("fidelity", "fidelity"),
    ("chi_square", "chi-square per degree of freedom"),
)
MEASURE_COLUMNS = (
    Column("Measure"),
    Column("Value", right=True),
    Column("Error", right=True),
    Column("From noise alone", right=True),
)
OUTCOME_COLUMNS = (
    Column("A", right=True),
    Column("B", right=True),
    Column("Sigmas", right=True),
    Column("Outcome", flexible=True),
)
CLEARLY = 5.0
"""Standard errors from which on two results are called different."""


@command(
    "compare",
    ("lwfast compare monday.npz friday.npz", "Has the device changed?"),
    (
        "lwfast compare measured.npz emulated.json --top 5 --json",
        "For another program, with the five largest differences:",
    ),
)
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.option("--raw", is_flag=True, help="Compare the data before post-selection, if the files hold them.")
@click.option("--top", type=POSITIVE, default=10, show_default=True, help="Number of outcomes to show.")
@json_option
def compare_command(a: str, b: str, raw: bool, top: int, as_json: bool) -> None:
    """Measure the distance of the results in the files A and B, and list the outcomes that differ most.

    Each measure stands beside its standard error, and beside the value that two such samples of one
    distribution have because of counting noise alone: that is what to compare it with. Sigmas are differences
    of shares in units of their statistical error.
    """
    from lwfast.results import distances

    results = [read_result(file, raw) for file in (a, b)]
    for file, result in zip((a, b), results, strict=True):
        _check_comparable(file, result)
    measured = {name: getattr(distances, name)(*results) for name, _ in MEASURES}
    rows = differences(results[0], results[1], top)
    if as_json:
        print_json(
            {name: finite(found._asdict()) for name, found in measured.items()}
            | {
                "outcomes": [
                    {"state": row.state, "a": row.a, "b": row.b, "sigmas": row.sigmas} for row in rows
                ]
            }
        )
        return
    for letter, file, result in zip("AB", (a, b), results, strict=True):
        print(
            f"{letter}: {shown(file)}, {several(result.n_samples, 'sample')} in "
            f"{several(len(result), 'outcome')}"
        )
    print()
    print_table(
        MEASURE_COLUMNS,
        [
            [
                told,
                *(
                    f"{number:.4g}"
                    for number in (measured[name].value, measured[name].error, measured[name].expected)
                ),
            ]
            for name, told in MEASURES
        ],
    )
    print()
    print_table(
        OUTCOME_COLUMNS,
        [
            [
                f"{row.a:.3%}",
                f"{row.b:.3%}",
                (f"{row.sigmas:+.1f}", BAD if abs(row.sigmas) >= CLEARLY else ""),
                row.text,
            ]
            for row in rows
        ],
    )
    print()
    print(_verdict(measured["chi_square"]))


def _check_comparable(file: str, result: Any) -> None:
    """Check that a file holds counts to compare.

    Raises:
        ResultError: It holds a sweep, or nothing.
    """
    from lwfast.cli.local_files.outcomes import is_sweep

    if is_sweep(result):
        raise ResultError(f"{file} holds a sweep; `lwfast compare` takes results of one setting each.")
    if not len(result) or result.n_samples == 0:
        raise ResultError(f"{file} holds no counts, so there is nothing to compare.")


class Difference(NamedTuple):
    """An outcome in two results.

    Attributes:
        state: Its photon numbers, with "X" for an invalid qubit.
        text: The same as a ket.
        a: Its share of the first result; likewise `b` of the second.
        sigmas: b - a, in units of the statistical error that it has where the two are samples of one
            distribution.
    """

    state: list[int | str]
    text: str
    a: float
    b: float
    sigmas: float


def differences(a: SamplingResult, b: SamplingResult, top: int) -> list[Difference]:
    """Return the outcomes that differ most, the largest number of sigmas first.

    Args:
        a: Counts of the first file.
        b: Counts over as many modes.
        top: Number of outcomes to return.
    """
    import numpy as np

    from lwfast.results.columns.index import StateIndex
    from lwfast.results.columns.labels import row_text
    from lwfast.state import X_CODE

    (states_a, x_a), (states_b, x_b) = label_table(a), label_table(b)
    rows = StateIndex(states_a).rows(states_b)
    new = rows < 0
    rows[new] = len(states_a) + np.arange(int(new.sum()))
    states = np.concatenate([states_a, states_b[new]])
    counts = np.zeros((2, len(states)))
    counts[0, : len(states_a)], counts[1, rows] = a.counts, b.counts
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / totals
    pooled = counts.sum(axis=0) / totals.sum()
    errors = np.sqrt(pooled * (1 - pooled) * (1 / totals).sum())
    sigmas = np.divide(shares[1] - shares[0], errors, out=np.zeros(len(states)), where=errors > 0)
    has_x = x_a or x_b
    return [
        Difference(
            ["X" if has_x and n == X_CODE else int(n) for n in states[row]],
            row_text(states[row], has_x),
            float(shares[0, row]),
            float(shares[1, row]),
            float(sigmas[row]),
        )
        for row in np.argsort(-np.abs(sigmas), kind="stable")[:top]
    ]


def finite(numbers: dict[str, float]) -> dict[str, float | None]:
    """Return numbers as JSON can keep them: None in place of what is not finite."""
    from math import isfinite

    return {name: number if isfinite(number) else None for name, number in numbers.items()}


def _verdict(chi_square: Any) -> str:
    apart = (chi_square.value - chi_square.expected) / chi_square.error if chi_square.error else 0.0
    side = "above" if apart >= 0 else "below"
    said = f"chi-square is {abs(apart):.1f} standard errors {side} what counting noise alone gives"
    if apart >= CLEARLY:
        return f"These are different distributions: {said}."
    return f"These may well be samples of one distribution: {said}."
