"""Who may use a scheduler: owners with a token each, and how much of the queue each may hold.

They stand in the file `owners.toml` of the data folder, which `lwfast owners` writes:

    [[owners]]
    name = "anna"
    token_sha256 = "8a1f..."      # of the token; the token itself is in no file
    sees_all = false              # true: sees and cancels everybody's jobs
    queued_jobs = 500             # most jobs that wait or run at once; left out: any number
    queued_bytes = 200_000_000    # most bytes of their payloads

Tokens have 256 random bits, so that one round of SHA-256 is as hard to undo as many.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from lwfast._base.files.atomic import write_atomic
from lwfast._base.files.edited_text import edited_text, parse_toml
from lwfast._base.files.own_files import open_own, why
from lwfast._base.limits import MIB
from lwfast._base.showing.silent_log import log_of
from lwfast._texts import ended
from lwfast.errors import LightworksError
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.once_per_minute import OncePerMinute

OWNERS_FILE = "owners.toml"
MOST_BYTES = 4 * MIB
"""Of the file: some 20,000 owners. Nobody is answered while it is read."""
LOOK_SECONDS = 1.0
"""How old what is known of the file may be."""
_FIRST_LINE = "# Written by `lwfast owners`. A running scheduler reads it again when it changes.\n"

seldom = OncePerMinute(log_of(__name__))


class Owner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One owner of jobs, as the file describes it.

    Attributes:
        name: Shown beside the jobs; empty for the operator, whose token is the scheduler's own.
        token_sha256: SHA-256 of the token, in hexadecimal digits.
        sees_all: Whether this owner sees, fetches and cancels the jobs of all.
        queued_jobs: Most jobs that wait or run at once; None for any number.
        queued_bytes: Most bytes of their payloads together; None for any number.
    """

    name: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z")]
    token_sha256: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    sees_all: bool = False
    queued_jobs: Annotated[int, Meta(ge=1)] | None = None
    queued_bytes: Annotated[int, Meta(ge=1)] | None = None

    def __repr__(self) -> str:
        return f"Owner(name={self.name!r}, sees_all={self.sees_all})"

    def sees(self, owner: str) -> bool:
        """Say whether jobs of an owner of this name are shown to this one."""
        return self.sees_all or owner == self.name


OPERATOR = Owner(name="", token_sha256="", sees_all=True)
"""Who sends the scheduler's own token, and whose jobs are those of a scheduler without owners."""


class _OwnersFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    owners: list[Owner] = []


def digest_of(token: str) -> str:
    """Return what a file may hold of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def new_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(32)


def read_owners(path: Path) -> list[Owner]:
    """Read the file of owners; a missing file stands for no owners.

    Raises:
        ConfigError: It cannot be read, others may write or read it, or it is not valid.
    """
    try:
        handle = open_own(path, os.O_RDONLY)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(path, why(error)) from error
    try:
        with os.fdopen(handle, "rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            body = file.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise _unusable(path, f"it has more than {MOST_BYTES} bytes, which is the limit; shorten it")
        text = edited_text(body)
        owners = msgspec.convert(parse_toml(text), _OwnersFile).owners
    except OSError as error:
        raise _unusable(path, why(error)) from error
    except (ValueError, LightworksError) as error:  # msgspec's error of validation is a ValueError
        raise _unusable(path, ended(error)) from error
    for what in ("name", "token_sha256"):
        values = [getattr(owner, what) for owner in owners]
        if len(set(values)) < len(values):
            twice = next(owner for owner in owners if values.count(getattr(owner, what)) > 1)
            raise _unusable(path, f"two owners have the {what} of {twice.name!r}; make them differ")
    return owners


def write_owners(path: Path, owners: Iterable[Owner]) -> None:
    """Write the file of owners, readable by this user alone.

    Raises:
        ConfigError: It cannot be written.
    """
    try:
        write_atomic(path, (_FIRST_LINE + "".join(map(_block, owners))).encode(), mode=0o600)
    except OSError as error:
        raise _unusable(path, why(error)) from error


def _block(owner: Owner) -> str:
    # Names and digests hold nothing that TOML would want escaped.
    lines = ["", "[[owners]]", f'name = "{owner.name}"', f'token_sha256 = "{owner.token_sha256}"']
    if owner.sees_all:
        lines.append("sees_all = true")
    limits = {"queued_jobs": owner.queued_jobs, "queued_bytes": owner.queued_bytes}
    lines += [f"{name} = {limit}" for name, limit in limits.items() if limit is not None]
    return "\n".join(lines) + "\n"


def _check_private(path: Path, found: os.stat_result) -> None:
    if os.name != "posix":
        return
    if found.st_uid not in (os.geteuid(), 0):
        raise _unusable(path, f"it belongs to user {found.st_uid}; it should be yours or root's")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        raise _unusable(path, f"others may use it (mode {mode:04o}); run `chmod 600 {path}`")


def _unusable(path: Path, reason: str) -> ConfigError:
    return ConfigError(f"The file of owners {path} cannot be used: {reason.removesuffix('.')}.")


class KnownOwners:
    """Who sends a token: the operator, or an owner of the file, which is read again when it changes.

    A file that cannot be used any more is said in the log; those known before keep their tokens until then.

    Args:
        path: Path of the file of owners.
        token: The token of the operator, who sees all jobs.

    Raises:
        ConfigError: The file cannot be used.
    """

    def __init__(self, path: Path, token: str) -> None:
        self._path = path
        self._operator = digest_of(token)
        self._seen = _state_of(path)
        self._owners: Sequence[Owner] = read_owners(path)
        self._looked = time.monotonic()

    @property
    def names(self) -> list[str]:
        """The names of all owners of the file."""
        self._look()
        return [owner.name for owner in self._owners]

    def of(self, token: str | None) -> Owner | None:
        """Return who sends a token, or None where nobody knows it."""
        if token is None:
            return None
        self._look()
        digest = digest_of(token)
        found = None
        for owner in self._owners:  # all of them, so that the time does not tell which
            if hmac.compare_digest(digest, owner.token_sha256):
                found = owner
        return OPERATOR if hmac.compare_digest(digest, self._operator) else found

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        state = _state_of(self._path)
        if state == self._seen:
            return
        try:
            self._owners = read_owners(self._path)
        except ConfigError as error:
            seldom.warning("%s Tokens stay as they were.", error)
        else:
            self._seen = state


def _state_of(path: Path) -> tuple[int, ...] | None:
    """Return what changes with a file; None for a missing file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode, found.st_uid
