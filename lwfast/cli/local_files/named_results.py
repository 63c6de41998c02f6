"""Reading the result files that are named on a command line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from lwfast.cli.local_files.task_files import read_tasks
from lwfast.errors import LightworksRemoteError, ResultError, ResultFormatError


def read_result(file: str, raw: bool) -> Any:
    """Read a result.

    Args:
        file: Its path; `.json` may be left out.
        raw: Whether the data before post-selection are wanted.

    Raises:
        ResultError: The file holds a task, or its raw data are not known.
        ResultFormatError: It holds neither.
        OSError: It cannot be read.
    """
    from lwfast.results import load_result

    try:
        result = load_result(file)
    except ResultFormatError:
        if _is_task(Path(file)):
            raise ResultError(
                f"{file} holds a task, not a result; `lwfast sample {file}` runs it here."
            ) from None
        raise
    return result.raw_data if raw else result


def _is_task(path: Path) -> bool:
    with suppress(LightworksRemoteError, OSError, ValueError):
        return bool(read_tasks(path))
    return False
