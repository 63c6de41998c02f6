"""`lwfast owners`: who may use a scheduler of this machine, with a token each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from lwfast.cli.extras import require
from lwfast.cli.shared_options import POSITIVE, command, json_option
from lwfast.cli.terminal.screen import Column, print_json, print_table

COLUMNS = (
    Column("Name"),
    Column("Sees"),
    Column("Queued jobs", right=True),
    Column("Queued MB", right=True),
)
_MB = 1_000_000
_NO_LIMIT = "none"


def _limit(value: str) -> int:
    """Read a positive number, or `none` for no limit, which becomes 0."""
    if value == _NO_LIMIT:
        return 0
    if not (value.isdecimal() and int(value) > 0):
        raise click.BadParameter(f"{value!r} is not a limit: give a whole number from 1, or `{_NO_LIMIT}`.")
    return int(value)


@click.group("owners")
def owners_command() -> None:
    """Say who may use a scheduler: owners with a token each, who see their own jobs.

    They are kept in the data folder of the scheduler, which its first start makes, with a hash of each token.
    A scheduler that runs knows of a change within a second.
    """


def _of_folder(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a command the path of the file of owners, and say errors in a line."""

    @click.option(
        "--data-dir",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Folder of the scheduler's queue. Default: as for `lwfast serve`.",
    )
    @wraps(function)
    def run(data_dir: Path | None, **given: Any) -> int | None:
        require("the scheduler", "server")
        from lwfast.remote.configuration.locking import locked
        from lwfast.scheduler.faults import SchedulerError
        from lwfast.scheduler.owners import OWNERS_FILE
        from lwfast.scheduler.server_settings import default_data_dir
        from lwfast.scheduler.store.data_folder import check_is_of_a_scheduler

        try:
            folder = data_dir or default_data_dir()
            check_is_of_a_scheduler(folder)
            with locked(folder):  # of two commands at once, each finds what the other has written
                return function(folder / OWNERS_FILE, **given)
        except (SchedulerError, OSError) as error:
            print(f"lwfast owners: {error}", file=sys.stderr)
            return 1

    return run


@command(
    "add",
    ("lwfast owners add anna", "Anna sees her own jobs; her token is printed once:"),
    ("lwfast owners add ben --queued-jobs 500 --queued-mb 200", "Limit the jobs that Ben has in the queue:"),
    ("lwfast owners add chef --sees-all", "Let an owner see and cancel everybody's jobs:"),
)
@click.argument("name")
@click.option("--sees-all", is_flag=True, help="Let this owner see, fetch and cancel everybody's jobs.")
@click.option("--queued-jobs", type=POSITIVE, metavar="N", help="Most jobs that may wait or run at once.")
@click.option("--queued-mb", type=POSITIVE, metavar="MB", help="Most megabytes that their payloads may have.")
@_of_folder
def add(path: Path, name: str, sees_all: bool, queued_jobs: int | None, queued_mb: int | None) -> int:
    """Let NAME use the scheduler, and print a new token, which is shown only once."""
    import msgspec

    from lwfast.scheduler.faults import ConfigError
    from lwfast.scheduler.owners import Owner, digest_of, new_token, read_owners, write_owners

    owners = read_owners(path)
    if any(owner.name == name for owner in owners):
        raise ConfigError(
            f"There is an owner {name!r} already: `lwfast owners renew {name}` makes a new token."
        )
    token = new_token()
    facts = {
        "name": name,
        "token_sha256": digest_of(token),
        "sees_all": sees_all,
        "queued_jobs": queued_jobs,
        "queued_bytes": None if queued_mb is None else queued_mb * _MB,
    }
    try:
        owner = msgspec.convert(facts, Owner)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"{name!r} cannot be an owner's name: use 1 to 64 letters, digits and `._@-`, beginning with a "
            "letter or a digit."
        ) from error
    write_owners(path, [*owners, owner])
    print(token)
    return 0


@command(
    "set",
    ("lwfast owners set ben --queued-jobs 1000", "Let Ben have more jobs in the queue; his token stays:"),
    ("lwfast owners set ben --queued-mb none", "Do not limit the size of his payloads any more:"),
    ("lwfast owners set chef --sees-own", "Let an owner see own jobs only, as after `lwfast owners add`:"),
)
@click.argument("name")
@click.option("--sees-all/--sees-own", default=None, help="Let NAME see everybody's jobs, or own jobs only.")
@click.option(
    "--queued-jobs", type=_limit, metavar="N", help="Most jobs that may wait or run at once, or `none`."
)
@click.option(
    "--queued-mb", type=_limit, metavar="MB", help="Most megabytes that their payloads may have, or `none`."
)
@_of_folder
def set_limits(
    path: Path, name: str, sees_all: bool | None, queued_jobs: int | None, queued_mb: int | None
) -> int:
    """Change what NAME may do. The token stays, and so do jobs that are in the queue already."""
    import msgspec

    from lwfast.scheduler.faults import ConfigError
    from lwfast.scheduler.owners import read_owners, write_owners

    changes: dict[str, Any] = {}
    if sees_all is not None:
        changes["sees_all"] = sees_all
    if queued_jobs is not None:
        changes["queued_jobs"] = queued_jobs or None
    if queued_mb is not None:
        changes["queued_bytes"] = queued_mb * _MB or None
    if not changes:
        raise ConfigError(
            f"Say what to change for {name!r}: --queued-jobs, --queued-mb, --sees-all or --sees-own."
        )
    owners = read_owners(path)
    _check_known(name, owners)
    owners = [msgspec.structs.replace(owner, **changes) if owner.name == name else owner for owner in owners]
    write_owners(path, owners)
    (changed,) = (owner for owner in owners if owner.name == name)
    jobs, size = changed.queued_jobs, changed.queued_bytes
    print(
        f"{name} sees {'all jobs' if changed.sees_all else 'own jobs'}, and may have "
        f"{'any number of jobs' if jobs is None else f'{jobs:,} job' + 's' * (jobs != 1)} and "
        f"{'any number of' if size is None else f'{size / _MB:,.0f}'} MB altogether in the queue."
    )
    return 0


@command("renew", ("lwfast owners renew anna", "A new token for Anna; the old one ends:"))
@click.argument("name")
@_of_folder
def renew(path: Path, name: str) -> int:
    """Print a new token for NAME; the old one is not taken any more."""
    import msgspec

    from lwfast.scheduler.owners import digest_of, new_token, read_owners, write_owners

    owners = read_owners(path)
    _check_known(name, owners)
    token = new_token()
    write_owners(
        path,
        [
            msgspec.structs.replace(owner, token_sha256=digest_of(token)) if owner.name == name else owner
            for owner in owners
        ],
    )
    print(token)
    return 0


@command("remove", ("lwfast owners remove anna", "Anna's token is not taken any more; her jobs stay:"))
@click.argument("name")
@_of_folder
def remove(path: Path, name: str) -> int:
    """Take NAME's token back. The jobs stay; the operator and those who see all jobs still see them."""
    from lwfast.scheduler.owners import read_owners, write_owners

    owners = read_owners(path)
    _check_known(name, owners)
    write_owners(path, [owner for owner in owners if owner.name != name])
    print(f"Removed {name}.")
    return 0


@command("list", ("lwfast owners list", "Who may use the scheduler:"))
@json_option
@_of_folder
def list_owners(path: Path, as_json: bool) -> int:
    """List the owners and their limits."""
    from lwfast.scheduler.owners import read_owners

    owners = read_owners(path)
    if as_json:
        print_json(
            [
                {
                    "name": owner.name,
                    "sees_all": owner.sees_all,
                    "queued_jobs": owner.queued_jobs,
                    "queued_bytes": owner.queued_bytes,
                }
                for owner in owners
            ]
        )
        return 0
    rows = [
        [
            owner.name,
            "all jobs" if owner.sees_all else "own jobs",
            "" if owner.queued_jobs is None else f"{owner.queued_jobs:,}",
            "" if owner.queued_bytes is None else f"{owner.queued_bytes / _MB:,.0f}",
        ]
        for owner in owners
    ]
    print_table(COLUMNS, rows)
    return 0


def _check_known(name: str, owners: Any) -> None:
    from lwfast.scheduler.faults import ConfigError

    if all(owner.name != name for owner in owners):
        known = ", ".join(owner.name for owner in owners) or "none yet"
        raise ConfigError(f"There is no owner {name!r}; there are: {known}.")


for _command in (add, set_limits, renew, remove, list_owners):
    owners_command.add_command(_command)
