"""`lwfast process`: post-select, map and merge result files from the shell."""

from __future__ import annotations

import glob
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from lwfast.cli.error_words import words_of
from lwfast.cli.shared_options import command
from lwfast.cli.terminal.wording import shown
from lwfast.errors import CampaignError, LightworksError

_SHOWN = 10
_DIGITS = 9
"""Of a mode or number of photons; Python itself reads no more than 4300."""


def _each(read: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], Any]:
    """Return what reads every value of an option that may be repeated."""

    def convert(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Any:
        try:
            return tuple(read(value) for value in values)
        except ValueError as error:
            raise click.BadParameter(str(error), context, parameter) from None

    return convert


def rule_of(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Read `0,1=1` as the rule ((0, 1), (1,)).

    Raises:
        ValueError: If it is not of that form.
    """
    modes, _, totals = text.partition("=")
    return _numbers(modes, text), _numbers(totals, text)


def herald_of(text: str) -> tuple[int, int]:
    """Read `3=1` as the herald (3, 1).

    Raises:
        ValueError: If it is not of that form.
    """
    (modes, photons) = rule_of(text)
    if len(modes) != 1 or len(photons) != 1:
        raise ValueError(f"{text!r:.60} is not MODE=PHOTONS, such as 3=1.")
    return modes[0], photons[0]


def mapping_of(text: str) -> tuple[str, bool]:
    """Read `parity:invert` as the mapping ("parity", True).

    Raises:
        ValueError: If there is no such mapping.
    """
    from lwfast.results.processing.mapping import MAPPINGS

    name, _, option = text.partition(":")
    if name not in MAPPINGS or option not in ("", "invert"):
        raise ValueError(f"{text!r:.60} is not one of {', '.join(MAPPINGS)}, with or without :invert.")
    return name, option == "invert"


def _numbers(text: str, whole: str) -> tuple[int, ...]:
    parts: Sequence[str] = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) <= _DIGITS for part in parts):
        raise ValueError(f"{whole!r:.60} is not MODES=NUMBERS, such as 0,1=1, of {_DIGITS} digits at most.")
    return tuple(int(part) for part in parts)


@dataclass(frozen=True, kw_only=True)
class _ProcessLine:
    """The command line, by the names of the options."""

    files: tuple[str, ...]
    rules: tuple[Any, ...]
    heralds: tuple[Any, ...]
    mappings: tuple[Any, ...]
    raw: bool
    out: str | None
    plain: bool
    exclude: tuple[str, ...]
    resume: str | None
    on_error: Any
    workers: int
    quiet: bool


@command(
    "process",
    (
        "lwfast process runs --rule 0,1=1 --herald 7=0 --out total.npz",
        "Add up a folder after post-selection:",
    ),
    ("lwfast process 'runs/*.json' --map threshold --workers 4 --out total.parquet", "With four processes:"),
)
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option(
    "--rule",
    "rules",
    multiple=True,
    callback=_each(rule_of),
    metavar="MODES=TOTALS",
    help="Keep states with one of TOTALS photons in MODES, such as 0,1=1 or 2=0,1. May be repeated.",
)
@click.option(
    "--herald",
    "heralds",
    multiple=True,
    callback=_each(herald_of),
    metavar="MODE=PHOTONS",
    help="Keep states with PHOTONS in MODE and drop the mode. May be repeated.",
)
@click.option(
    "--map",
    "mappings",
    multiple=True,
    callback=_each(mapping_of),
    metavar="MAPPING",
    help="threshold, parity or dual_rail_to_qubit, with :invert to swap 0 and 1. May be repeated.",
)
@click.option("--raw", is_flag=True, help="Use the data before the post-selection of the job.")
@click.option(
    "--out",
    metavar="FILE",
    help="Write the sum to FILE (.json, .npz, .parquet), with its history and the names of files "
    "that were left out, "
    "or the counts alone (.csv). FILE itself is never an input.",
)
@click.option(
    "--plain", is_flag=True, help="For --out FILE.json: the counts only, in the form that Lightworks reads."
)
@click.option(
    "--exclude", multiple=True, metavar="FILE", help="A file or pattern to leave out. May be repeated."
)
@click.option(
    "--resume",
    metavar="FILE",
    help="Keep the sum so far in FILE (.npz, .parquet): after an interruption, the same command goes on "
    "there, and of a folder that grows it reads new files only. FILE itself is never an input.",
)
@click.option(
    "--on-error",
    type=click.Choice(["raise", "skip"]),
    default="raise",
    show_default=True,
    help="Whether files that cannot be processed end the command or are left out; all are named.",
)
@click.option(
    "--workers", type=int, default=1, show_default=True, metavar="N", help="Number of processes to use."
)
@click.option("--quiet", is_flag=True, help="Print errors only.")
def process_command(**given: Any) -> int:
    """Add up result files after post-selection and mapping.

    FILES are result files, folders or patterns (.json, .npz, .parquet, .csv). Each goes through the rules and
    heralds, then through the mappings in their order; then all are added up. Modes number those of the states
    in the files, heralded modes counted. The exit code is 1 if something could not be processed.
    """
    asked = _ProcessLine(**given)
    if asked.workers < 1:
        _say(f"--workers is {asked.workers}; it is at least 1")
        return 2
    from concurrent.futures import BrokenExecutor

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: _say(message)
        try:
            return _processed(asked)
        except CampaignError as error:
            done = "written" if asked.out else "shown"
            remedy = "correct or remove these files, or leave them out with --on-error skip"
            if isinstance(error.__cause__, BrokenExecutor):
                remedy = "where memory is short, fewer --workers need less"
            elif asked.on_error == "skip":
                remedy = "no file is left"
            _say("\n".join([str(error), *_kept(error), f"nothing was {done}; {remedy}"]))
        except (LightworksError, OSError, ValueError, TypeError, BrokenExecutor) as error:
            said = words_of(error) if isinstance(error, OSError) else str(error)
            _say("\n".join([said, *(note for note in _kept(error) if note not in said)]))
    return 1


def _processed(asked: _ProcessLine) -> int:
    from lwfast.results import scan_results
    from lwfast.results.columns.json_like import path_text
    from lwfast.results.files.endings import result_path

    out = None if asked.out is None else _checked_out(asked.out, asked.plain)
    # By its name: as a pattern, the `sum[1].npz` to come would leave out `sum1.npz` unsaid.
    kept = None if asked.resume is None else result_path(asked.resume)
    if kept is not None and out is not None and kept.resolve() == out.resolve():
        raise ValueError(f"--resume and --out are both {out}; the sum so far needs a file of its own.")
    excluded = [*asked.exclude, *(glob.escape(str(path)) for path in (out, kept) if path is not None)]
    if out is not None and out.exists() and _is_among(out, asked.files):
        _say(f"{out} is where the sum is written, so it is not an input")
    campaign: Any = scan_results(
        list(asked.files), on_error=asked.on_error, raw_data=asked.raw, exclude=excluded
    )
    if asked.rules or asked.heralds:
        campaign = campaign.post_select(asked.rules, asked.heralds)
    for name, invert in asked.mappings:
        campaign = campaign.map(name, invert=invert)
    result = _merged(campaign, asked.workers, kept)
    failed, empty = campaign.report.failed, campaign.report.empty
    if len(failed) == len(campaign):  # an empty sum would replace an earlier one that is none
        raise CampaignError("None of the files could be processed.", failed)
    if result.n_samples == 0 and len(failed) + len(empty) < len(campaign):
        why = result.nothing_left or "no state in the files meets all rules and heralds"
        _say(f"no samples are left: {why}")
    plain = asked.plain or (out is not None and out.suffix.lower() == ".csv")
    path = None if out is None else result.save(out, metadata=not plain)
    if not asked.quiet:
        n_files, n_done = len(campaign), result.metadata["files"]
        files = f"{n_files} file{'s' * (n_files != 1)}"
        files = files if n_done == n_files else f"{n_done} of {files}"
        print(f"{files}, {result.n_samples} samples, {len(result)} states")
        if empty:
            n_empty = f"{len(empty)} file{'s' * (len(empty) != 1)}"
            print(f"{n_empty} without data: {shown(path_text(', '.join(empty[:_SHOWN])))}{_more(len(empty))}")
        if path is None:
            _show(result)
        else:
            print(f"written to {shown(path_text(path))}")
    return 0


def _checked_out(name: str, plain: bool) -> Path:
    """Return where the sum goes; raises what can be known before all the work.

    Raises:
        LightworksDependencyError: If the format needs a package that is not installed.
        OSError: If the folder cannot be written to.
        ValueError: If it is not a file name, has no plain form, or its ending is not a format of results.
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
    from lwfast.results.files.paths import files_of

    return any(found.resolve() == path.resolve() for found in files_of(files, ()).paths)


def _merged(campaign: Any, workers: int, kept: Path | None) -> Any:
    if workers == 1:
        return campaign.merge(resume=kept)
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return campaign.merge(executor=pool, resume=kept)


def _kept(error: BaseException) -> Sequence[str]:
    """Return what an error says besides, such as how many files `--resume` has kept."""
    return getattr(error, "__notes__", ())


def _say(message: Any) -> None:
    lines = [shown(line) for line in str(message).split("\n")]  # names of files may hold codes of terminals
    print("lwfast process: " + "\n".join(lines), file=sys.stderr)


def _more(n: int) -> str:
    return f" and {n - _SHOWN} more" if n > _SHOWN else ""


def _show(result: Any) -> None:
    for state, count in result.top(_SHOWN).items():
        print(f"{state}  {count}")
    if len(result) > _SHOWN:
        print(f"... {len(result) - _SHOWN} more states")
