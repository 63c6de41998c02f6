"""`lwfast plot`: draw a result file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lwfast._base.files.file_names import ending_of
from lwfast._kernels.stderr_notes import say
from lwfast.cli.extras import require
from lwfast.cli.local_files.named_results import read_result
from lwfast.cli.shared_options import POSITIVE, command, output_path
from lwfast.cli.terminal.wording import shown

DPI = 150
DIFFERS = 10
"""Counts of results of which one has more than so many times the samples of another are hard to compare."""


@command(
    "plot",
    ("lwfast plot result.npz", "Draw a result into result.png:"),
    (
        "lwfast plot result.npz --top 8 --errors -o figure.svg",
        "The eight most frequent outcomes, with error bars:",
    ),
    ("lwfast plot measured.json ideal.json --normalize -o both.pdf", "Two results beside each other:"),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    callback=output_path,
    help="File to write the picture to: .png, .svg or .pdf. Default: FILE with the ending .png.",
)
@click.option(
    "--top", type=POSITIVE, metavar="N", help="Number of outcomes that have a bar or line of their own."
)
@click.option("--errors", is_flag=True, help="Draw the standard error of each bar.")
@click.option("--normalize", is_flag=True, help="Draw shares of all counts instead of counts.")
@click.option("--raw", is_flag=True, help="Draw the data before post-selection, if the files hold them.")
def plot_command(
    files: tuple[str, ...], output: Path | None, top: int | None, errors: bool, normalize: bool, raw: bool
) -> None:
    """Draw the results in one FILE or several: bars, or lines over the parameter of a sweep."""
    require("lwfast plot", "plot")
    import matplotlib as mpl

    from lwfast.cli.local_files.outcomes import is_sweep
    from lwfast.results.columns.json_like import path_text

    results = [read_result(file, raw) for file in files]
    options: dict[str, Any] = {"show": False, "errors": errors} | ({} if top is None else {"top": top})
    mpl.use("agg")  # a file is written, whatever screen there is
    if any(map(is_sweep, results)):
        if len(results) > 1 or normalize:
            raise click.UsageError("A sweep is drawn alone, and as shares in any case: give one FILE.")
        figure, _ = results[0].plot(**options)
    else:
        from lwfast.results.plots.result_plot import plot_results

        if not normalize:
            _advise(results)
        names = None if len(results) == 1 else [path_text(Path(file).name) for file in files]
        drawn: Any = plot_results(results, normalize=normalize, labels=names, **options)
        figure, _ = drawn
    target = output or picture_of(Path(files[0]))
    try:
        figure.savefig(target, dpi=DPI, bbox_inches="tight")
    except ValueError as error:
        known = ", ".join(f".{ending}" for ending in sorted(figure.canvas.get_supported_filetypes()))
        if target.suffix.lower() in known.split(", "):
            raise
        raise click.UsageError(f"{path_text(target)} is not a picture format; use one of {known}.") from error
    print(f"Drawn into {shown(path_text(target))}.")


def _advise(results: list[Any]) -> None:
    """Say that counts of results of very different sizes are hard to compare."""
    totals = [int(result.n_samples) for result in results if hasattr(result, "n_samples")]
    few, many = min(totals, default=0), max(totals, default=0)
    if 0 < few * DIFFERS < many:
        say(
            f"the bars of {few:,} samples beside those of {many:,} are hardly visible; --normalize draws "
            "shares instead of counts."
        )


def picture_of(file: Path) -> Path:
    """Return the picture of a result file: `run_0.25` is drawn into `run_0.25.png`, `a.npz` into `a.png`."""
    return file.with_suffix(".png") if ending_of(file) else file.with_name(f"{file.name}.png")
