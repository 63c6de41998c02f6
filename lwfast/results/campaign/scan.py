"""Find the files of a campaign."""

from __future__ import annotations

import warnings
from typing import Any

from lwfast._base.limits import some
from lwfast.results.campaign.campaign import Campaign
from lwfast.results.campaign.gathering import Work
from lwfast.results.files.paths import files_of
from lwfast.results.processing.counted_twice import MOST_FILES

_CHOICES = ("raise", "skip")


def scan_results(
    paths: Any, *, on_error: str = "raise", raw_data: bool = False, exclude: Any = ()
) -> Campaign:
    """Prepare to process many result files; nothing is read until you ask for a result.

    A file that is named twice, for example by a link or by its folder, is used once, with a warning.

    Args:
        paths: A path, a folder, a pattern such as `"runs/*.json"`, or several of these. Of a folder, all
            files that end in .json, .npz, .parquet or .csv are taken, but none in folders below it: for these
            too, use a pattern, `"runs/**/*.json"`. Only folders named as `theta=0.5`, as DuckDB, polars and
            Spark write them, are looked into; they give a column `theta` to `Campaign.files`. The files of a
            folder or pattern are in the order of their names. A broken link counts as a file that cannot be
            read.
        on_error: What happens, once all files were tried, to a file that cannot be processed: "raise", the
            default, raises a `CampaignError` that names it and carries the outcome of the rest, and "skip"
            only warns.
        raw_data: Whether to process the data before the post-selection of the job; by default False. A file
            that records that it holds post-selected data then cannot be processed. A file of Lightworks does
            not record this, and is used as it is.
        exclude: Files to leave out, in the same forms as `paths`, such as an earlier sum in the same folder.

    Returns:
        A campaign. Add steps to it, and then merge it, summarise it or loop over it.

    Raises:
        FileNotFoundError: If a folder or pattern has no result files, or a path that is given alone, or has
            no ending of a result file, does not exist.
        TypeError: If `paths` or `exclude` is neither a path nor several.
        ValueError: If `on_error` is something else, or no file is left to process.

    Example:
        >>> _ = SamplingResult({(1, 0): 3, (0, 1): 5}).save("run_1.npz")
        >>> _ = SamplingResult({(1, 0): 4}).save("run_2.npz")
        >>> campaign = lw.scan_results("run_*.npz")
        >>> dict(campaign.merge())
        {lwfast.State(|1,0>): 7, lwfast.State(|0,1>): 5}
    """
    if on_error not in _CHOICES:
        raise ValueError(f"on_error is {on_error!r}; it is one of {', '.join(_CHOICES)}.")
    found = files_of(paths, exclude)
    if not found.paths:
        raise ValueError(
            "There are no files left to process: no path was given, or all that were named are excluded."
        )
    if found.repeated:
        warnings.warn(
            f"Files that are named twice are taken once: {some(found.repeated, MOST_FILES)}.", stacklevel=2
        )
    return Campaign(found.paths, Work((), raw_data, on_error, found.search))
