"""`lwfast jobs`: list jobs, and resume or discard submits whose outcome is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from lwfast.cli.client import pending
from lwfast.cli.client.finding import client_of
from lwfast.cli.shared_options import POSITIVE, client_options, command, json_option
from lwfast.cli.terminal.screen import is_terminal, print_json, print_table

if TYPE_CHECKING:
    from rich.console import RenderableType

DEFAULT_LIMIT = 20


def _statuses(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    from lwfast.wire import Status

    names = [status.wire_name for status in Status if status is not Status.UNKNOWN]
    return [CompletionItem(name) for name in names if name.lower().startswith(typed.lower())]


@command(
    "jobs",
    ("lwfast jobs", "The latest jobs:"),
    ("lwfast jobs --status Scheduled --status Running --watch", "Waiting and running jobs, kept up to date:"),
    (
        "lwfast jobs --name 'HOM*' --limit 500 --json",
        "All jobs whose name begins with HOM, for another program:",
    ),
    ("lwfast jobs --pending", "Your submits whose answer was lost:"),
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="STATUS",
    shell_complete=_statuses,
    help="Only jobs with this status: Accepted, Scheduled, Running, Completed, Failed, Cancelled or "
    "TimedOut. "
    "May be repeated.",
)
@click.option("--name", metavar="PATTERN", help="Only jobs with this name, or with names like 'HOM*'.")
@click.option("--qpu", metavar="NAME", help="Only jobs of this QPU.")
@click.option("--owner", metavar="NAME", help="Only jobs of this owner, if you see the jobs of several.")
@click.option("--limit", type=POSITIVE, default=DEFAULT_LIMIT, show_default=True, help="Most jobs to list.")
@click.option("--watch", is_flag=True, help="Keep the list up to date until Ctrl-C.")
@client_options
@json_option
@pending.options
def jobs_command(
    statuses: tuple[str, ...],
    name: str | None,
    qpu: str | None,
    owner: str | None,
    limit: int,
    watch: bool,
    url: str | None,
    profile: str | None,
    local: bool,
    as_json: bool,
    show_pending: bool,
    resume: str | None,
    discard: str | None,
) -> None:
    """List jobs, newest first: status, place in the queue, when they were made and how long they ran."""
    if pending.is_wanted(show_pending, resume, discard):
        pending.run(
            show_pending,
            resume,
            discard,
            as_json=as_json,
            is_url_given=url is not None,
            client=lambda: client_of(url, profile, local),
        )
        return
    from lwfast.cli.client.job_rows import as_cells, as_plain, columns_of, find_rows

    if watch:
        from lwfast.cli.terminal.watching import check_watchable

        check_watchable(as_json)
    with client_of(url, profile, local) as client:
        if watch:
            from lwfast.cli.terminal.screen import table_of
            from lwfast.cli.terminal.watching import watch as keep_drawing

            def draw(width: int) -> tuple[RenderableType, bool]:
                rows = find_rows(client, statuses, name, qpu, limit, owner)
                return table_of(columns_of(rows), as_cells(rows, local=True), width), True

            keep_drawing(draw)
            return
        rows = find_rows(client, statuses, name, qpu, limit, owner)
    if as_json:
        print_json(as_plain(rows))
    elif not rows:
        print(_none_found(bool(statuses), name, qpu, owner))
    else:
        print_table(columns_of(rows), as_cells(rows, local=is_terminal()))


def _none_found(by_status: bool, name: str | None, qpu: str | None, owner: str | None) -> str:
    """Say that there are no jobs, or none like those that were asked for."""
    asked = [
        text
        for text, is_asked in (
            (f"the name {name!r}", name is not None),
            (f"the QPU {qpu!r}", qpu is not None),
            (f"the owner {owner!r}", owner is not None),
            ("such a status", by_status),
        )
        if is_asked
    ]
    if not asked:
        return "No jobs."
    hint = ""
    if name is not None and "*" not in name:
        hint = f" In names * stands for any text: --name '{name}*' finds those that begin so."
    return f"No job has {' and '.join(asked)}.{hint}"
