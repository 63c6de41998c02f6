"""`lwfast job`: show, follow or cancel a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lwfast._base.showing.amounts import several
from lwfast.cli.client.finding import client_of
from lwfast.cli.shared_options import SECONDS, client_options, command, json_option
from lwfast.cli.terminal.screen import QUIET, is_terminal, print_json
from lwfast.cli.terminal.wording import duration, seconds_between, shown, when
from lwfast.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lwfast.remote import Client, Job
    from lwfast.wire import ArtemisJobDetails, JobRecord

Fact = tuple[str, str]


@command(
    "job",
    ("lwfast job 17770", "A job with its log:"),
    ("lwfast job 17770 --wait && lwfast result 17770 -o result.npz", "Wait for it, then keep its result:"),
    (
        "lwfast job 17770 --payload > task.json",
        "Save the payload; `lwfast sample task.json` runs it on this machine:",
    ),
)
@click.argument("id")
@click.option(
    "--wait", is_flag=True, help="Wait until the job is complete; exit code 1 if it did not succeed."
)
@click.option("--watch", is_flag=True, help="Keep the display up to date until the job is complete.")
@click.option("--timeout", type=SECONDS, metavar="SECONDS", help="Most seconds to wait. Default: no limit.")
@click.option("--cancel", is_flag=True, help="Cancel the job.")
@click.option("--payload", is_flag=True, help="Print the payload that was submitted, as JSON.")
@client_options
@json_option
def job_command(
    id: str,
    wait: bool,
    watch: bool,
    timeout: float | None,
    cancel: bool,
    payload: bool,
    url: str | None,
    profile: str | None,
    local: bool,
    as_json: bool,
) -> int:
    """Show the job ID, wait for it, or cancel it."""
    if watch:
        from lwfast.cli.terminal.watching import check_watchable

        check_watchable(as_json)
    with client_of(url, profile, local) as client:
        job = client.job(id)
        if payload:
            print_json(_payload_of(job))
            return 0
        if cancel:
            job.cancel()
        if wait:
            job.wait_until_complete(timeout, progress=True)
        if watch:
            _keep_drawing(client, job)
        else:
            details, record = _known(client, job)
            if as_json:
                print_json(_as_plain(details, record))
            else:
                _print(details, record)
        return 1 if wait and not job.success else 0


def _payload_of(job: Job) -> dict[str, Any]:
    from lwfast.wire import payload_to_builtins

    payload = job.payload
    if payload is None:
        raise ConfigurationError("This scheduler gives no payloads out; they are in saved jobs only.")
    return payload_to_builtins(payload)


def _known(client: Client, job: Job) -> tuple[ArtemisJobDetails, JobRecord | None]:
    """Ask for a job; the reference wire has no record of it."""
    from lwfast.remote.connection.connection import connection_of

    api = connection_of(client).api
    details = job.details
    return details, api.record(job.job_id) if api.offers_v1() else None


def _facts(details: ArtemisJobDetails, record: JobRecord | None, *, local: bool) -> list[Fact]:
    facts: list[Fact] = []
    if record is not None:
        least = several(record.min_detection, "photon")
        facts += [
            ("name", record.job_name),
            ("QPU", record.qpu),
            ("circuit", f"{several(record.n_modes, 'mode')}, {several(record.n_photons, 'photon')}"),
            ("samples", f"{record.n_samples:,} with at least {least}"),
        ]
        if record.finished_date:
            facts.append(("finished", when(record.finished_date, local=local)))
            ran = seconds_between(record.started_date, record.finished_date)
            if ran is not None:
                facts.append(("ran for", duration(ran)))
    if details.queue_position is not None:
        facts.append(("position in the queue", str(details.queue_position)))
    if details.attempts > 1:
        facts.append(("attempt", str(details.attempts)))
    facts += [("log", f"{when(date, local=local)}  {text}".strip()) for date, text in _log(details.logs)]
    facts += [(f"compilation error {code}", str(message)) for code, message in details.compilation_errors]
    if details.notes:
        facts.append(("notes", str(details.notes)))
    return facts


def _log(logs: Any) -> list[tuple[Any, str]]:
    """Read a job's log, whatever the scheduler takes for one; why a job was tried again is part of it."""
    from lwfast.wire.details import reason_of

    entries = logs if isinstance(logs, list) else [] if logs is None else [logs]
    return [
        (entry.get("createdDate"), ": ".join(filter(None, [str(entry.get("message", "")), reason_of(entry)])))
        if isinstance(entry, dict)
        else (None, str(entry))
        for entry in entries
    ]


def _drawn(details: ArtemisJobDetails, record: JobRecord | None) -> RenderableType:
    """Draw a job for a terminal."""
    from rich.console import Group
    from rich.text import Text

    from lwfast.cli.client.job_rows import STYLES

    head = Text.assemble(
        (f"Job {shown(details.job_id)}: ", "bold"),
        (str(details.job_status), STYLES.get(details.job_status, "")),
    )
    lines = [
        Text.assemble((f"  {shown(label)}: ", QUIET), shown(text))
        for label, text in _facts(details, record, local=True)
    ]
    return Group(head, *lines)


def _print(details: ArtemisJobDetails, record: JobRecord | None) -> None:
    if is_terminal():
        from lwfast.cli.terminal.screen import print_drawn

        print_drawn(_drawn(details, record))
        return
    print(f"Job {shown(details.job_id)}: {details.job_status}")
    for label, text in _facts(details, record, local=False):
        print(f"  {shown(label)}: {shown(text)}")


def _as_plain(details: ArtemisJobDetails, record: JobRecord | None) -> dict[str, Any]:
    return {
        "id": details.job_id,
        "status": str(details.job_status),
        "queue_position": details.queue_position,
        "name": None if record is None else record.job_name,
        "qpu": None if record is None else record.qpu,
        "modes": None if record is None else record.n_modes,
        "photons": None if record is None else record.n_photons,
        "samples": None if record is None else record.n_samples,
        "min_detection": None if record is None else record.min_detection,
        "created": details.created_date,
        "started": None if record is None else record.started_date,
        "finished": None if record is None else record.finished_date,
        "attempts": details.attempts,
        "retries": [{"date": date, "reason": reason} for date, reason in details.retries],
        "log": details.logs,
        "compilation_errors": [
            {"code": code, "message": message} for code, message in details.compilation_errors
        ],
        "notes": details.notes,
    }


def _keep_drawing(client: Client, job: Job) -> None:
    from lwfast.cli.terminal.watching import watch

    def draw(_: int) -> tuple[RenderableType, bool]:
        details, record = _known(client, job)
        return _drawn(details, record), not details.job_status.is_complete

    watch(draw)
