"""The files of large results: their names, which of them are of no use, writing and reading them.

A name holds the job's id, its random seed and the start of the content's digest. The seed tells this store's
jobs from those of another store that used the same folder, whose files are neither replaced nor removed; the
digest tells whether the file is still what was written.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from lwfast._base.files.atomic import write_atomic
from lwfast._base.files.own_files import open_own, why
from lwfast._base.files.user_folder import make_private
from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.faults import UnavailableError, is_scarce

log = log_of(__name__)

_DIGEST = 16
"""Digits of the digest in a name."""
_NAME = re.compile(r"(?P<job>[1-9]\d{0,18})-(?P<seed>[0-9a-f]{16})-(?P<digest>[0-9a-f]{16})\.json")
_PART = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.part")
"""What `write_atomic` leaves behind if it is killed."""
_EARLIER_NAME = re.compile(r"(?P<job>[1-9]\d{0,18})\.json")
"""The names that stores made by earlier versions hold."""

JobAndSeed = tuple[int, int]


class _UnfitFileError(OSError):
    """Says what is wrong with a file, without a period: it completes a sentence, as the system's words do."""


def result_name(job_id: int, seed: int, body: bytes) -> str:
    """The name of the file that holds a large result."""
    return name_by_digest(job_id, seed, hashlib.sha256(body).hexdigest())


def name_by_digest(job_id: int, seed: int, digest: str) -> str:
    """The name of the file that holds a large result whose SHA-256 is known."""
    return f"{job_id}-{seed:016x}-{digest[:_DIGEST]}.json"


def write_result(path: Path, size: int, content: bytes | Callable[[BinaryIO], object]) -> None:
    """Write the file of a result, whole or not at all.

    Args:
        path: The file; its folder is made where it is missing.
        size: Bytes of the content.
        content: The bytes, or what writes them into the file it is given.

    Raises:
        OSError: There is no room for it, or it cannot be written.
    """
    make_private(path.parent)
    free = shutil.disk_usage(path.parent).free
    if free < size:  # a try would take what room is left from the store
        raise OSError(errno.ENOSPC, f"it has {size} bytes, and {free} are left on the disk")
    write_atomic(path, content, mode=0o600)


def written_for(folder: Path, known: Collection[str] = ()) -> Iterator[tuple[Path, JobAndSeed]]:
    """Find the files in `folder` that bear a job's name, whole or begun, but for those that are `known`."""
    with os.scandir(folder) as entries:
        for entry in entries:
            part = _PART.fullmatch(entry.name)
            match = _NAME.fullmatch(part["name"] if part else entry.name)
            if match and entry.name not in known and entry.is_file(follow_symlinks=False):
                yield folder / entry.name, (int(match["job"]), int(match["seed"], 16))


def remove(path: Path) -> None:
    """Remove a file; where that cannot be done, say so and leave it."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s is of no use any more and could not be removed: %s", path, why(error))


def remove_result(folder: Path, name: object, jobs: Collection[int]) -> None:
    """Remove the file of a result, if its name, whatever the store has there, is one of these jobs."""
    text = name if isinstance(name, str) else ""
    match = _NAME.fullmatch(text) or _EARLIER_NAME.fullmatch(text)
    if match is not None and int(match["job"]) in jobs:
        remove(folder / text)
    else:
        log.warning("%r is not the name of a result of a job that is removed: the file stays", name)


def remove_all_of(folder: Path, jobs: Collection[JobAndSeed]) -> None:
    """Remove what workers have written for some jobs; reads the names of the whole folder."""
    for path, owner in list(written_for(folder)):
        if owner in jobs:
            remove(path)


def open_result(folder: Path, name: str, job_id: int) -> tuple[BinaryIO, int]:
    """Open a result's file once its content is known to be what was written.

    Args:
        folder: Folder that the result lies in.
        name: Its name, from the store.
        job_id: Whose result it is.

    Returns:
        The open file, at its start, and its size in bytes.

    Raises:
        UnavailableError: It is missing, damaged or no file of ours; gives the reason and the remedy.
    """
    match = _NAME.fullmatch(name)
    try:
        if match is None and _EARLIER_NAME.fullmatch(name) is None:
            raise _UnfitFileError("its name is not that of a result file")
        file = os.fdopen(open_own(folder / name, os.O_RDONLY), "rb")
        try:
            if match and not hashlib.file_digest(file, "sha256").hexdigest().startswith(match["digest"]):
                raise _UnfitFileError("its content is not what was written")
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            return file, size
        except BaseException:
            file.close()
            raise
    except OSError as error:
        if is_scarce(error):
            raise UnavailableError.of(
                "results", f"the result of job {job_id} cannot be read now: {why(error)}; try again later"
            ) from error
        raise UnavailableError.of(
            "results",
            f"the result of job {job_id} cannot be read from the file {name!r} in the scheduler's folder "
            f"of results: {why(error)}; put the file back from a copy, or submit the job again",
        ) from error
