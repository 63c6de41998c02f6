"""`lwfast process`: post-select, map and merge result files from the shell."""

from __future__ import annotations

import argparse
import glob
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lwfast.errors import CampaignError, LightworksError

_SHOWN = 10
_DIGITS = 9
"""Of a mode or number of photons; Python itself reads no more than 4300."""

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
        "files",
        nargs="+",
        metavar="FILES",
        help="result files, folders or patterns (.json, .npz, .parquet, .csv)",
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
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="write the sum to FILE (.json, .npz, .parquet), with its history and the names of files that "
        "were left out, or the counts alone (.csv); FILE itself is never an input",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="for --out FILE.json: the counts only, in the form that Lightworks reads",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="FILE",
        help="a file or pattern that is no input; may be repeated",
    )
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
    """Process the files; return 1 where something could not be processed, 2 for wrong usage."""
    if args.workers < 1:
        _say(f"--workers is {args.workers}; it is at least 1")
        return 2
    from concurrent.futures import BrokenExecutor

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: _say(message)
        try:
            return _processed(args)
        except CampaignError as error:
            done = "written" if args.out else "shown"
            remedy = "mend or remove these files, or leave them out with --on-error skip"
            if isinstance(error.__cause__, BrokenExecutor):
                remedy = "where memory is short, fewer --workers need less"
            elif args.on_error == "skip":
                remedy = "no file is left"
            _say(f"{error}\nnothing was {done}; {remedy}")
        except (LightworksError, OSError, ValueError, TypeError, BrokenExecutor) as error:
            _say(error)
    return 1


def _processed(args: argparse.Namespace) -> int:
    from lwfast.results import scan_results
    from lwfast.results.columns.json_like import path_text

    out = None if args.out is None else _checked_out(args.out, args.plain)
    # By its name: as a pattern, the `sum[1].npz` to come would leave out `sum1.npz` unsaid.
    excluded = [*args.exclude, *([] if out is None else [glob.escape(str(out))])]
    if out is not None and out.exists() and _is_among(out, args.files):
        _say(f"{out} is where the sum is written, so it is no input")
    campaign: Any = scan_results(args.files, on_error=args.on_error, raw_data=args.raw, exclude=excluded)
    if args.rule or args.herald:
        campaign = campaign.post_select(args.rule, args.herald)
    for name, invert in args.map:
        campaign = campaign.map(name, invert=invert)
    result = _merged(campaign, args.workers)
    failed, empty = campaign.report.failed, campaign.report.empty
    if len(failed) == len(campaign):  # an empty sum would replace an earlier one that is none
        raise CampaignError("None of the files could be processed.", failed)
    if result.n_samples == 0 and len(failed) + len(empty) < len(campaign):
        _say("no samples are left: no state in the files meets all rules and heralds")
    plain = args.plain or (out is not None and out.suffix.lower() == ".csv")
    path = None if out is None else result.save(out, metadata=not plain)
    if not args.quiet:
        n_files, n_done = len(campaign), result.metadata["files"]
        files = f"{n_files} file{'s' * (n_files != 1)}"
        files = files if n_done == n_files else f"{n_done} of {files}"
        print(f"{files}, {result.n_samples} samples, {len(result)} states")
        if empty:
            n_empty = f"{len(empty)} file{'s' * (len(empty) != 1)}"
            print(f"{n_empty} without data: {path_text(', '.join(empty[:_SHOWN]))}{_more(len(empty))}")
        if path is None:
            _show(result)
        else:
            print(f"written to {path_text(path)}")
    return 0


def _checked_out(name: str, plain: bool) -> Path:
    """Return where the sum goes; raises what can be known before all the work.

    Raises:
        LightworksDependencyError: If the format needs a package that is not installed.
        OSError: If the folder cannot be written to.
        ValueError: If it is no name of a file, has no plain form, or its ending is no form of results.
    """
    from lwfast.results.files.endings import result_path

    path = result_path(name)
    if plain and path.suffix.lower() != ".json":
        raise ValueError(f"--plain is a form of .json; {path.name} is another format.")
    if path.suffix.lower() == ".parquet":
        from lwfast.results.columns.export import arrow_module

        arrow_module()
    folder = next(p for p in path.resolve().parents if p.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise OSError(
            f"{path} cannot be written: {path if path.is_dir() else folder} is in the way or protected."
        )
    return path


def _is_among(path: Path, files: Sequence[str]) -> bool:
    from lwfast.results.campaign.paths import files_of

    return any(found.resolve() == path.resolve() for found in files_of(files, ())[0])


def _merged(campaign: Any, workers: int) -> Any:
    if workers == 1:
        return campaign.merge()
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return campaign.merge(executor=pool)


def _say(message: Any) -> None:
    print(f"lwfast process: {message}", file=sys.stderr)


def _more(n: int) -> str:
    return f" and {n - _SHOWN} more" if n > _SHOWN else ""


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
        raise argparse.ArgumentTypeError(f"{text!r:.60} is not MODE=PHOTONS, such as 3=1.")
    return modes[0], photons[0]


def mapping_of(text: str) -> tuple[str, bool]:
    """Read `parity:invert` as the mapping ("parity", True).

    Raises:
        ArgumentTypeError: If there is no such mapping.
    """
    from lwfast.results.processing.mapping import MAPPINGS

    name, _, option = text.partition(":")
    if name not in MAPPINGS or option not in ("", "invert"):
        raise argparse.ArgumentTypeError(
            f"{text!r:.60} is not one of {', '.join(MAPPINGS)}, with or without :invert."
        )
    return name, option == "invert"


def _numbers(text: str, whole: str) -> tuple[int, ...]:
    parts: Sequence[str] = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) <= _DIGITS for part in parts):
        raise argparse.ArgumentTypeError(
            f"{whole!r:.60} is not MODES=NUMBERS, such as 0,1=1, of {_DIGITS} digits at most."
        )
    return tuple(int(part) for part in parts)
