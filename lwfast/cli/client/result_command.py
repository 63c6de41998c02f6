"""`lwfast result`: fetch the result of a job."""

from __future__ import annotations

from pathlib import Path

import click

from lwfast.cli.client.finding import client_of
from lwfast.cli.shared_options import POSITIVE, SECONDS, client_options, command, json_option, output_path


@command(
    "result",
    ("lwfast result 17770", "Look at the most frequent outcomes:"),
    ("lwfast result 17770 --wait -o result.npz", "Wait for a job, and keep its result:"),
    (
        "lwfast result 17770 --raw --top 5 --json",
        "The samples before post-selection, for another program:",
    ),
)
@click.argument("id")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    callback=output_path,
    help="File to save the result in: .json, .npz, .parquet or .csv.",
)
@click.option("--raw", is_flag=True, help="Use the data before the post-selection of the job.")
@click.option("--wait", is_flag=True, help="Wait until the job is complete.")
@click.option("--timeout", type=SECONDS, metavar="SECONDS", help="Most seconds to wait. Default: no limit.")
@click.option("--top", type=POSITIVE, default=20, show_default=True, help="Number of outcomes to print.")
@client_options
@json_option
def result_command(
    id: str,
    output: Path | None,
    raw: bool,
    wait: bool,
    timeout: float | None,
    top: int,
    url: str | None,
    profile: str | None,
    local: bool,
    as_json: bool,
) -> None:
    """Fetch the result of the job ID: print its most frequent outcomes, or save it."""
    from lwfast.cli.local_files.outcomes import save_or_show
    from lwfast.results.files.endings import result_path

    if output is not None:
        result_path(output)  # raises what is wrong with the name before anything is fetched
    with client_of(url, profile, local) as client:
        job = client.job(id)
        result = job.result(timeout, progress=True) if wait else job.get_result()
    save_or_show(result.raw_data if raw else result, output, top=top, as_json=as_json)
