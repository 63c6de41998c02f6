"""`lwfast jobs --pending`, `--resume` and `--discard`: submissions whose outcome is unknown."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lwfast.remote import Client


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `lwfast jobs`."""
    options = parser.add_mutually_exclusive_group()
    options.add_argument(
        "--pending",
        action="store_true",
        help="list the submissions whose outcome is unknown instead; needs no connection",
    )
    options.add_argument(
        "--resume",
        metavar="KEY",
        help="send such a submit again under its key, which makes no job twice (with --url: there)",
    )
    options.add_argument("--discard", metavar="KEY", help="forget such a submit")


def run(args: argparse.Namespace, client: Callable[[argparse.Namespace], Client]) -> int:
    """List pending submits, resume one, or discard one."""
    from lwfast import remote
    from lwfast.remote.job_path.resuming import find_one

    if args.pending:
        print(f"{'Key':<36}  {'Since (UTC)':<19}  {'Jobs':>5}  Name, QPU and scheduler")
        for item in remote.pending():
            where = f"{item.job_name}, {item.qpu} at {item.url}"
            print(f"{item.key:<36}  {item.created:%Y-%m-%d %H:%M:%S}  {item.n_jobs:>5}  {where}")
    elif args.resume is not None:
        target = client(args)
        item = find_one(args.resume, target)
        # Who names a URL means it; any other, of a profile or saved, has to be the one it was sent to.
        resumed = item.resume(client=None if args.url is None else target)
        for job in resumed.jobs if isinstance(resumed, remote.BatchJob) else [resumed]:
            print(f"Submitted {job.name!r} as job {job.job_id}.")
    else:
        item = find_one(args.discard, None)
        item.discard()
        print(f"Discarded the submit {item.key}; what the scheduler has of it goes on.")
    return 0
