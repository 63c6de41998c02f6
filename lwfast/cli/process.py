"""`lwfast process`: post-select, map and merge result files from the shell."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from lwfast.errors import CampaignError, LightworksError

_SHOWN = 10

DESCRIPTION = """Add up result files after post-selection and mapping.

Each file goes through the rules and heralds, then through the mappings in their order; then all are added up.
Modes number those of the states in the files, heralded modes counted."""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "process",
        help="post-select, map and merge result files",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILES", help="result files, folders or patterns (.json, .npz, .parquet)"
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        type=rule_of,
        metavar="MODES=TOTALS",
        help="keep states with one of TOTALS photons in MODES, such as 0,1=1 or 2=0,1; may be repeated",
    )
    parser.add_argument(
        "--herald",
        action="append",
        default=[],
        type=herald_of,
        metavar="MODE=PHOTONS",
        help="keep states with PHOTONS in MODE and drop the mode; may be repeated",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=mapping_of,
        metavar="MAPPING",
        help="threshold, parity or dual_rail_to_qubit, with :invert to swap 0 and 1; may be repeated",
    )
    parser.add_argument(
        "--raw", action="store_true", help="take the data before the job's own post-selection"
    )
    parser.add_argument("--out", metavar="FILE", help="write the sum to FILE (.json, .npz, .parquet)")
    parser.add_argument(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="whether files that cannot be processed are fatal (the default) or left out; all are named",
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes to use (default: 1)")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Process the files; return 1 where something could not be processed."""
    from lwfast.results import scan_results

    if args.workers < 1:
        print(f"lwfast process: --workers is {args.workers}; it is at least 1", file=sys.stderr)
        return 2
    try:
        campaign = scan_results(args.files, on_error=args.on_error, raw_data=args.raw)
        if args.rule or args.herald:
            campaign = campaign.post_select(args.rule, args.herald)
        for name, invert in args.map:
            campaign = campaign.map(name, invert=invert)
        result = _merged(campaign, args.workers)
        if args.out:
            path = result.save(args.out, metadata=False)
    except (CampaignError, LightworksError, OSError, ValueError, TypeError) as error:
        print(f"lwfast process: {error}", file=sys.stderr)
        return 1
    if not args.quiet:
        print(f"{len(campaign)} files, {result.n_samples} samples, {len(result)} states")
        if args.out:
            print(f"written to {path}")
        else:
            _show(result)
    return 0


def _merged(campaign: Any, workers: int) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if workers == 1:
            result = campaign.merge()
        else:
            from concurrent.futures import ProcessPoolExecutor
            from multiprocessing import get_context

            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                result = campaign.merge(executor=pool)
    for warning in caught:
        print(f"lwfast process: {warning.message}", file=sys.stderr)
    return result


def _show(result: Any) -> None:
    for state, count in result.top(_SHOWN).items():
        print(f"{state}  {count}")
    if len(result) > _SHOWN:
        print(f"... {len(result) - _SHOWN} more states")


def rule_of(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Read `0,1=1` as the rule ((0, 1), (1,)).

    Raises:
        ArgumentTypeError: If it is not of that form.
    """
    modes, _, totals = text.partition("=")
    return _numbers(modes, text), _numbers(totals, text)


def herald_of(text: str) -> tuple[int, int]:
    """Read `3=1` as the herald (3, 1).

    Raises:
        ArgumentTypeError: If it is not of that form.
    """
    (modes, photons) = rule_of(text)
    if len(modes) != 1 or len(photons) != 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not MODE=PHOTONS, such as 3=1")
    return modes[0], photons[0]


def mapping_of(text: str) -> tuple[str, bool]:
    """Read `parity:invert` as the mapping ("parity", True).

    Raises:
        ArgumentTypeError: If there is no such mapping.
    """
    from lwfast.results.mapping import MAPPINGS

    name, _, option = text.partition(":")
    if name not in MAPPINGS or option not in ("", "invert"):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not one of {', '.join(MAPPINGS)}, with or without :invert"
        )
    return name, option == "invert"


def _numbers(text: str, whole: str) -> tuple[int, ...]:
    parts: Sequence[str] = text.split(",")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"{whole!r} is not MODES=NUMBERS, such as 0,1=1")
    return tuple(int(part) for part in parts)
