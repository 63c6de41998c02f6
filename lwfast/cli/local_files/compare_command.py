"""`lwfast compare`: how far apart two result files are, and where."""

from __future__ import annotations

from typing import Any

import click

from lwfast.cli.shared_options import POSITIVE, command, json_option
from lwfast.cli.terminal.screen import Column, is_terminal, print_json, print_table
from lwfast.cli.terminal.wording import several
from lwfast.errors import ResultError

MEASURES = (
    ("total_variation", "total variation distance"),
    ("fidelity", "fidelity"),
    ("chi_square", "chi-square per degree of freedom"),
)
MEASURE_COLUMNS = (
    Column("Measure"),
    Column("Value", right=True),
    Column("Error", right=True),
    Column("Of equal distributions", right=True),
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
    ("lwfast compare measured.npz emulated.json --top 5 --json", "For another program, with the five largest differences:"),
)
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.option("--raw", is_flag=True, help="Compare the data before post-selection, where the files hold them.")
@click.option("--top", type=POSITIVE, default=10, show_default=True, help="How many outcomes to show.")
@json_option
def compare_command(a: str, b: str, raw: bool, top: int, as_json: bool) -> None:
    """Say how far apart the results in the files A and B are, and which outcomes differ most.

    Each measure stands beside its standard error, and beside the value that two such samples of one distribution have
    because of counting noise alone: that is what to compare it with. Sigmas are differences of shares in units of
    their statistical error.
    """
    from lwfast.results import distances, load_result

    results = [load_result(file) for file in (a, b)]
    results = [result.raw_data if raw else result for result in results]
    for file, result in zip((a, b), results, strict=True):
        _check_comparable(file, result)
    measured = {name: getattr(distances, name)(*results) for name, _ in MEASURES}
    rows = differing(*results)[:top]
    if as_json:
        print_json(
            {name: finite(found._asdict()) for name, found in measured.items()}
            | {
                "outcomes": [
                    {"state": list(map(int, state)), "a": share_a, "b": share_b, "sigmas": sigmas}
                    for state, share_a, share_b, sigmas in rows
                ]
            }
        )
        return
    for letter, file, result in zip("AB", (a, b), results, strict=True):
        print(f"{letter}: {file}, {several(result.n_samples, 'sample')} in {several(len(result), 'outcome')}")
    print()
    print_table(
        MEASURE_COLUMNS,
        [
            [told, *(f"{number:.4g}" for number in (measured[name].value, measured[name].error, measured[name].expected))]
            for name, told in MEASURES
        ],
    )
    print()
    print_table(
        OUTCOME_COLUMNS,
        [
            [f"{share_a:.3%}", f"{share_b:.3%}", (f"{sigmas:+.1f}", "red" if abs(sigmas) >= CLEARLY else ""), str(state)]
            for state, share_a, share_b, sigmas in rows
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


def differing(a: Any, b: Any) -> list[tuple[Any, float, float, float]]:
    """Return each outcome with its shares in both results and their difference in standard errors, largest first.

    The error is that of a difference of two proportions, with the pooled share in place of both.
    """
    total_a, total_b = a.n_samples, b.n_samples
    counts_a, counts_b = dict(a.items()), dict(b.items())
    found = []
    for state in {**counts_a, **counts_b}:
        n_a, n_b = int(counts_a.get(state, 0)), int(counts_b.get(state, 0))
        pooled = (n_a + n_b) / (total_a + total_b)
        error = (pooled * (1 - pooled) * (1 / total_a + 1 / total_b)) ** 0.5
        apart = n_b / total_b - n_a / total_a
        found.append((state, n_a / total_a, n_b / total_b, apart / error if error else 0.0))
    return sorted(found, key=lambda row: -abs(row[3]))


def finite(numbers: dict[str, float]) -> dict[str, float | None]:
    """Return numbers as JSON can keep them: None in place of what is not finite."""
    from math import isfinite

    return {name: number if isfinite(number) else None for name, number in numbers.items()}


def _verdict(chi_square: Any) -> str:
    apart = (chi_square.value - chi_square.expected) / chi_square.error if chi_square.error else 0.0
    if apart >= CLEARLY:
        return f"These are different distributions: chi-square is {apart:.1f} standard errors above that of equal ones."
    return f"These may well be samples of one distribution: chi-square is {apart:+.1f} standard errors from that of equal ones."
