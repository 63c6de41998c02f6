"""Task files: a payload in JSON, a saved job or a saved batch."""

from __future__ import annotations

import locale
from dataclasses import dataclass
from pathlib import Path

from lwfast._texts import ended
from lwfast.errors import ConfigurationError, ResourceLimitError
from lwfast.wire import ArtemisPayload


@dataclass(frozen=True)
class SavedTask:
    """What one file, or one job of a saved batch, asks for.

    Attributes:
        payload: What is to be submitted or run.
        pending_key: Of a submit whose answer was lost: the key that it goes on under; else None.
    """

    payload: ArtemisPayload
    pending_key: str | None = None


def read_tasks(file: Path) -> list[SavedTask]:
    """Read what `lwfast job ID --payload` prints, or what `save_to_file` of a job or a batch wrote.

    Args:
        file: Its path; `.json` may be left out, as where it was saved.

    Raises:
        ConfigurationError: There is no such file, or it holds no task.
        JobFileError: It holds a job that cannot be read.
    """
    import msgspec

    from lwfast import remote
    from lwfast._base.files.edited_text import parse_json, read_edited
    from lwfast.remote.job_path.job_files import missing_file, path_to_load
    from lwfast.remote.tracked import tracked_of
    from lwfast.wire import payload_from_builtins

    if file.is_dir():
        raise ConfigurationError(f"{file} is a folder; name a task file in it.")
    # As it stands, else the name that a job was saved under.
    path = file if file.is_file() else path_to_load(file)
    if path is None:
        raise ConfigurationError(missing_file(file))
    try:
        data = parse_json(read_edited(path, locale.getencoding()))
    except ResourceLimitError as error:
        raise ConfigurationError(f"{path} is too large: {ended(error)}") from error
    except ValueError as error:
        raise ConfigurationError(_result_in(path) or f"{path} is not JSON: {ended(error)}") from error
    if not (isinstance(data, dict) and "job_type" in data):
        try:
            return [SavedTask(payload_from_builtins(data))]
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            said = _result_in(path) or f"{path} holds no payload: {ended(error)}"
            raise ConfigurationError(said) from error
    loaded = remote.load_job_from_file(path)
    jobs = loaded.jobs if isinstance(loaded, remote.BatchJob) else [loaded]
    known = [tracked_of(job) for job in jobs]  # `job.payload` would ask
    tasks = [SavedTask(one.payload, one.pending_key) for one in known if one.payload is not None]
    if not tasks or len(tasks) < len(jobs):
        raise ConfigurationError(
            f"{path} holds a job without its payload, so nothing can be submitted or run."
        )
    return tasks


def _result_in(path: Path) -> str | None:
    """Say that a file holds a result, which somebody named where a task is wanted; None for anything else."""
    from lwfast.errors import LightworksError, LightworksRemoteError
    from lwfast.results import load_result

    try:
        found = load_result(path)
    except (LightworksError, LightworksRemoteError, OSError, ValueError):
        return None
    if not len(found) and path.suffix.lower() == ".json":
        return None  # `{}` is the plain form of a result without outcomes, and of much else
    return (
        f"{path} holds a result, not a task; `lwfast show {path}` shows it. `lwfast job ID --payload > "
        "task.json` makes a task file."
    )
