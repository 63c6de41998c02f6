"""`lwfast submit`: submit a saved job, a saved batch or a payload."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lwfast.cli.client.finding import client_of
from lwfast.cli.shared_options import SECONDS, client_options, command, json_option, output_path
from lwfast.cli.terminal.screen import print_json
from lwfast.errors import ConfigurationError

if TYPE_CHECKING:
    from lwfast.cli.local_files.task_files import SavedTask
    from lwfast.remote import Client, Job


@command(
    "submit",
    ("lwfast submit jobs/first", "Submit a saved job once more:"),
    ("lwfast submit task.json --name Dip --wait", "Submit a payload under another name, and wait for it:"),
    (
        "lwfast submit scan.json --qpu Artemis --save again.json",
        "Submit a saved batch, and keep the new ids:",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--qpu", metavar="NAME", help="QPU to use. Default: that in the file.")
@click.option("--name", help="Name of the job. Default: that in the file.")
@click.option(
    "--wait", is_flag=True, help="Wait until all jobs are complete; the exit code is 1 if one failed."
)
@click.option("--timeout", type=SECONDS, metavar="SECONDS", help="Most seconds to wait. Default: no limit.")
@click.option(
    "--save", metavar="FILE", callback=output_path, help="File to save the new job in; it must not exist yet."
)
@client_options
@json_option
def submit_command(
    file: Path,
    qpu: str | None,
    name: str | None,
    wait: bool,
    timeout: float | None,
    save: Path | None,
    url: str | None,
    profile: str | None,
    local: bool,
    as_json: bool,
) -> int:
    """Submit what FILE holds: a saved job or batch, or a payload that `lwfast job ID --payload` printed.

    The ending `.json` of a saved job may be left out. A saved job whose answer was lost is sent again under
    its key, so that no second job is made, unless --name or --qpu changes it.
    """
    from lwfast import remote
    from lwfast.cli.local_files.task_files import read_tasks
    from lwfast.remote.job_path.attempt import Attempt
    from lwfast.remote.job_path.job_and_batch import resubmit, several_of
    from lwfast.remote.tracked import tracked_of

    if save is not None:
        _check_free(save)  # before anything is sent: afterwards, the new ids would be lost
    tasks = read_tasks(file)
    client = client_of(url, profile, local)
    jobs = [_job(task, qpu, name, client) for task in tasks]
    batch = remote.BatchJob(client=client)
    single = jobs[0] if len(jobs) == 1 else None
    attempt = Attempt([tracked_of(job) for job in jobs], several_of(jobs), single=single)

    def submit() -> None:
        for job in jobs:
            resubmit(job, attempt)
            if not as_json:
                print(f"Submitted {job.name!r} as job {job.job_id}.", flush=True)
            attempt.hand_over()
            batch[job.name if job.name and job.name not in batch else str(job.job_id)] = job
        if save is not None:
            (jobs[0] if len(jobs) == 1 else batch).save_to_file(save)

    attempt.run(submit)
    if as_json:
        print_json([{"id": job.job_id, "name": job.name} for job in jobs])
    if not wait:
        return 0
    batch.wait_until_complete(timeout, progress=True)
    return 0 if batch.all_success else 1


def _check_free(path: Path) -> None:
    from lwfast.remote.job_path.job_files import path_to_save

    if path_to_save(path).exists():
        raise ConfigurationError(
            f"{path_to_save(path)} exists already, and is not replaced; nothing was submitted. Name "
            f"another file."
        )


def _job(task: SavedTask, qpu: str | None, name: str | None, client: Client) -> Job:
    """Make a job of what a file holds, with the changes that were asked for."""
    import msgspec

    from lwfast import remote
    from lwfast.remote.tracked import tracked_of

    changes: dict[str, Any] = {
        key: value for key, value in (("qpu", qpu), ("job_name", name)) if value is not None
    }
    changed = msgspec.structs.replace(task.payload, **changes)
    job = remote.Job(changed, client=client)
    # A submit whose answer was lost goes on under its key, unless another one is asked for.
    tracked_of(job).pending_key = task.pending_key if changed == task.payload else None
    return job
