"""Submits on the disk: what is sent under an idempotency key is written down first, one file each.

A file is there from before the first byte leaves until its jobs are known and in the caller's hands. The
process that submits holds a lock on it, which the operating system takes back if that process dies. No token
is in it.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from contextlib import suppress
from datetime import datetime
from io import FileIO
from pathlib import Path

import msgspec

from lwfast._base.files.file_lock import unlock
from lwfast._base.files.own_files import open_own, why
from lwfast._base.files.to_disk import file_to_disk
from lwfast.remote.configuration.locking import lock_within, make_folder
from lwfast.remote.configuration.persistence import own_folder

FOLDER = "pending"
FORMAT_VERSION = 1
PATIENCE_SECONDS = 1.0
"""How long to wait for those who only look at a file."""


class SubmitPart(msgspec.Struct, frozen=True):
    """One request of a submit: its key, and the payloads as they are sent."""

    key: str
    payloads: list[msgspec.Raw]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds.

    Attributes:
        key: Idempotency key of the whole; the key of its only part, or the beginning of those of its parts.
        url: Base URL of the scheduler, such as `https://scheduler.example/api/`.
        created: When it was written, ISO 8601 in UTC.
        qpu: Name of the QPU.
        names: Names of the jobs, in order.
        batch: Whether a `BatchJob` comes of it, rather than a `Job`.
        parts: The requests, in order.
        format_version: Version of the file's form, which a reader compares with its own.
    """

    key: str
    url: str
    created: str
    qpu: str
    names: list[str]
    batch: bool
    parts: list[SubmitPart]
    format_version: int = FORMAT_VERSION


class _Keyed(msgspec.Struct, frozen=True):
    key: str


_told: set[tuple[Path, str]] = set()
"""Files that cannot be read, and why, as this process has told already."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record).decode
_decode_key = msgspec.json.Decoder(_Keyed).decode


class Intent:
    """A file of a submit, which nobody else may resume or drop while this object holds it.

    Attributes:
        was_there: Whether it was taken up, rather than made.
    """

    def __init__(self, path: Path, file: FileIO, was_there: bool) -> None:
        self.path = path
        self.was_there = was_there
        self._file = file

    def read(self) -> Record:
        """Return what the file holds.

        Raises:
            ValueError: It is not a record of this version; the message says why.
            OSError: It cannot be read.
        """
        self._file.seek(0)
        record = _decode(self._file.read())
        if record.format_version != FORMAT_VERSION:
            raise ValueError(f"It has format version {record.format_version}, not {FORMAT_VERSION}.")
        _check(record)
        return record

    def is_of(self, key: str) -> bool:
        """Say whether the file is whole and of a key, in whatever version.

        Raises:
            OSError: It cannot be read.
        """
        self._file.seek(0)
        try:
            return _decode_key(self._file.read()).key == key
        except ValueError:
            return False

    def fill(self, content: bytes) -> None:
        """Put this in the place of what is in the file, down to the disk; it is a new one then.

        Raises:
            OSError: It cannot be written.
        """
        self.was_there = False
        self._file.seek(0)
        self._file.truncate()
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) or 0 :]
        file_to_disk(self._file.fileno())

    def drop(self) -> None:
        """Delete the file: nothing is left to be found."""
        if os.name == "nt":  # pragma: no cover  (an open file cannot be deleted there)
            self.release()
        # What cannot be deleted is offered again, and gives the same jobs.
        with suppress(OSError):
            self.path.unlink()
        self.release()

    def release(self) -> None:
        """Let others have the file, which stays."""
        if not self._file.closed:
            with suppress(OSError):
                unlock(self._file.fileno())
            self._file.close()


def _check(record: Record) -> None:
    """Raise a ValueError if a record of the right shape is not one that `write` can have written."""
    try:
        knows_zone = datetime.fromisoformat(record.created).tzinfo is not None
    except ValueError:
        knows_zone = False
    if not knows_zone:
        raise ValueError(f"Its time {record.created!r} is not an ISO 8601 time with a zone.")
    n_payloads = sum(len(part.payloads) for part in record.parts)
    if not record.names or len(record.names) != n_payloads:
        raise ValueError(f"It has {len(record.names)} names for {n_payloads} payloads.")


def write(record: Record, taken: list[Intent]) -> Intent | None:
    """Put a submit on the disk before it is sent; a file of this key that is there already is taken up.

    One that is empty or cut off, or of another key, is written anew: what is whole only was sent.

    The file is forced to the disk, its folder is not: that would cost as much again, and file systems with a
    journal write the name of a new file together with its content.

    Args:
        record: What is going to be sent.
        taken: Receives the file before anything is in it: Ctrl-C may come before the caller has what this
            returns, and a submit that was never sent would wait to be resumed.

    Returns:
        The file, or None where another process holds that of this key, or where none can be written: then a
        RuntimeWarning says what that costs. The submit goes on, since a job that is not sent helps nobody.
    """
    path = _path_of(record.key)
    try:
        return _written(path, record, taken)
    except OSError as error:
        reason = error.strerror or str(error).removesuffix(".")
        warnings.warn(
            f"{path} could not be written ({reason}), so remote.pending() will not find this submit if "
            "the program dies while it is under way; it is sent all the same. Make room, or "
            "let LWFAST_CONFIG_DIR name a folder that can be written.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None


def _written(path: Path, record: Record, taken: list[Intent]) -> Intent | None:
    while True:
        made = False
        try:
            with suppress(FileExistsError):
                _create(path)
                made = True
            intent = claim(path, PATIENCE_SECONDS)
        except OSError:  # the file system has no locks, say
            if made:
                path.unlink(missing_ok=True)
            raise
        if intent is not None:
            taken.append(intent)
            break
        if path.exists():
            return None  # another holds it; else it was deleted since the lines above
    try:
        is_whole = intent.is_of(record.key)
    except BaseException:
        intent.release()
        raise
    if not is_whole:  # it is new, or its writer died before anything was sent
        try:
            intent.fill(_encode(record))
        except BaseException:
            intent.drop()
            raise
    return intent


def _create(path: Path) -> None:
    make_folder(path.parent.parent)
    for _ in range(2):
        with suppress(FileNotFoundError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return
        path.parent.mkdir(mode=0o700, exist_ok=True)
    raise FileNotFoundError(2, "its folder disappears", str(path))


def claim(path: Path, seconds: float = 0.0) -> Intent | None:
    """Take up a file; None if it is gone, or if another holds it for longer than so many seconds.

    Raises:
        OSError: It cannot be opened, is a symbolic link, or is not a regular file.
    """
    try:
        file = FileIO(open_own(path, os.O_RDWR), "r+")
    except FileNotFoundError:
        return None
    gone = True
    try:
        gone = not lock_within(file.fileno(), seconds) or os.fstat(file.fileno()).st_nlink == 0
    finally:
        if gone:
            file.close()
    return None if gone else Intent(path, file, was_there=True)


def claim_key(key: str) -> Intent | None:
    """Take up the file of a key; see `claim`."""
    return claim(_path_of(key), PATIENCE_SECONDS)


def exists(key: str) -> bool:
    """Say whether there is a file of a key."""
    return _path_of(key).exists()


def listed(url: str | None = None) -> list[Record]:
    """Return what is in the files that nobody holds, the oldest first.

    A file that cannot be read causes a RuntimeWarning, once per process, and is left out.

    Args:
        url: Only those of this scheduler; None for all.
    """
    found = []
    for path in (own_folder() / FOLDER).glob("*.json"):
        intent: Intent | None = None
        try:
            intent = claim(path)
            # Nothing has been sent of an empty one; who is just making it makes it again.
            if intent is not None and path.stat().st_size:
                found.append(intent.read())
            elif intent is not None:
                intent.drop()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            _tell(path, why(error) if isinstance(error, OSError) else str(error))
        finally:
            if intent is not None:
                intent.release()
    return sorted((item for item in found if url in (None, item.url)), key=lambda item: item.created)


def _tell(path: Path, reason: str) -> None:
    if (path, reason) not in _told:
        _told.add((path, reason))
        warnings.warn(
            f"{path} cannot be read ({reason.removesuffix('.')}), so the submit in it is not listed. "
            "If no other version of lwfast wrote it, delete it.",
            RuntimeWarning,
            stacklevel=3,
        )


def drop_all(url: str, since: datetime) -> None:
    """Delete the files of a scheduler that is no more.

    Args:
        url: Base URL that the scheduler had.
        since: When it began, with a zone; older files are of another one that had this URL before.
    """
    for record in listed(url):
        is_older = datetime.fromisoformat(record.created) < since
        intent = None if is_older else claim_key(record.key)
        if intent is not None:
            intent.drop()


def _path_of(key: str) -> Path:
    # A key may come from a saved job, and need not be a file's name.
    return own_folder() / FOLDER / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
