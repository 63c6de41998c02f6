"""`lwfast jobs --pending`, `--resume` and `--discard`: submissions whose outcome is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from lwfast.cli.terminal.screen import Column, print_json, print_table

if TYPE_CHECKING:
    from lwfast.remote import Client

F = TypeVar("F", bound=Callable[..., object])

COLUMNS = (
    Column("Key"),
    Column("Since (UTC)", spare=2),
    Column("Jobs", right=True, spare=3),
    Column("Name, QPU and scheduler", flexible=True),
)


def options(function: F) -> F:
    """Add the options to `lwfast jobs`."""
    for option in reversed(
        (
            click.option(
                "--pending",
                "show_pending",
                is_flag=True,
                help="List the submits whose outcome is unknown instead of jobs; needs no connection.",
            ),
            click.option(
                "--resume",
                metavar="KEY",
                help="Send such a submit again under its key, which makes no second job. "
                "With --url, send it there.",
            ),
            click.option("--discard", metavar="KEY", help="Forget such a submit on this machine."),
        )
    ):
        function = option(function)
    return function


def is_wanted(show_pending: bool, resume: str | None, discard: str | None) -> bool:
    """Say whether one of the options was given.

    Raises:
        UsageError: More than one was.
    """
    given = [show_pending, resume is not None, discard is not None]
    if sum(given) > 1:
        raise click.UsageError("--pending, --resume and --discard exclude each other; give one of them.")
    return any(given)


def run(
    show_pending: bool,
    resume: str | None,
    discard: str | None,
    *,
    as_json: bool,
    is_url_given: bool,
    client: Callable[[], Client],
) -> None:
    """List pending submits, resume one, or discard one."""
    from lwfast import remote
    from lwfast.remote.job_path.resuming import find_one

    if show_pending:
        _list(as_json)
    elif resume is not None:
        target = client()
        item = find_one(resume, target)
        # Who names a URL means it; any other, of a profile or saved, has to be the one it was sent to.
        resumed = item.resume(client=target if is_url_given else None)
        for job in resumed.jobs if isinstance(resumed, remote.BatchJob) else [resumed]:
            print(f"Submitted {job.name!r} as job {job.job_id}.")
    elif discard is not None:
        item = find_one(discard, None)
        item.discard()
        print(f"Discarded the submit {item.key}; what the scheduler has of it goes on.")


def _list(as_json: bool) -> None:
    from lwfast import remote

    found = remote.pending()
    if as_json:
        print_json(
            [
                {
                    "key": item.key,
                    "url": item.url,
                    "created": item.created.isoformat(),
                    "qpu": item.qpu,
                    "names": list(item.names),
                    "jobs": item.n_jobs,
                }
                for item in found
            ]
        )
        return
    print_table(
        COLUMNS,
        [
            [
                item.key,
                f"{item.created:%Y-%m-%d %H:%M:%S}",
                str(item.n_jobs),
                f"{item.job_name}, {item.qpu} at {item.url}",
            ]
            for item in found
        ],
    )
