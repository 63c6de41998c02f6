"""Finding the schedulers that this user runs on this machine; see `lwfast.wire.announcement`."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from lwfast._base.files.edited_text import edited_text
from lwfast._base.files.own_files import open_own
from lwfast._base.files.user_folder import own_folder
from lwfast.remote.configuration.persistence import check_token
from lwfast.wire.announcement import (
    FOLDER,
    IDENTITY_PATH,
    Announcement,
    Identity,
    proof_of,
    this_machine,
)
from lwfast.wire.loopback import is_loopback

ANSWER_SECONDS = 2.0
"""A scheduler on this machine that takes longer is not found."""
_BUSY = 500
"""From this status on, an answer is that of a server that cannot answer now."""
LARGEST_FILE = 64 * 1024
"""Of an announcement, a token file and an answer, in bytes."""


@dataclass(frozen=True)
class RunningScheduler:
    """A scheduler of this user that runs on this machine, and has shown that it is the one it says.

    Attributes:
        url: Base URL of its API.
        started: Since when it runs, ISO 8601 in UTC.
        token: Its access token, where a file of this user holds it; not shown in the repr.
    """

    url: str
    started: str
    token: str | None = field(default=None, repr=False)


def running_schedulers() -> list[RunningScheduler]:
    """Ask every address that was announced; returns who answered as only that scheduler can, oldest first.

    An announcement of this machine is removed where nothing listens any more, or something else does: its
    scheduler ended without a chance to do so. Nothing secret is sent to any of the addresses.
    """
    found = []
    for path, said in _announced():
        answered = _is_who_it_says(said)
        if answered:
            found.append(RunningScheduler(f"{said.url}api/", said.started, _token_of(said)))
        elif answered is False:
            with suppress(OSError):
                path.unlink()
    return sorted(found, key=lambda one: one.started)


def _announced() -> Iterator[tuple[Path, Announcement]]:
    """Read the announcements that this user wrote on this machine, and that nobody else could change."""
    here = this_machine()
    try:
        paths = sorted((own_folder() / FOLDER).glob("*.json"))
    except OSError:
        return
    for path in paths:
        with suppress(OSError, ValueError, msgspec.MsgspecError):
            said = msgspec.json.decode(_own_bytes(path), type=Announcement)
            parts = urlsplit(said.url)
            if (
                said.machine == here
                and parts.scheme == "http"
                and parts.port
                and _is_loopback_number(parts.hostname)
            ):
                yield path, said


def _own_bytes(path: Path) -> bytes:
    """Read a small file of this user that no other can read or write.

    Raises:
        OSError: It cannot be read, is a link, or is open to others.
    """
    with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
        about = os.fstat(file.fileno())
        if os.name == "posix" and (about.st_uid != os.getuid() or about.st_mode & 0o077):
            raise PermissionError(f"Others can read or write {path}.")
        return file.read(LARGEST_FILE)


def _is_loopback_number(host: str | None) -> bool:
    """Say whether a host is a loopback address in numbers; a name may lead to two programs."""
    return host is not None and host.lower().rstrip(".") != "localhost" and is_loopback(host)


def _is_who_it_says(said: Announcement) -> bool | None:
    """Ask an address to prove who it is; None where that stays open, since nothing answered in time."""
    challenge = secrets.token_hex(32)
    parts = urlsplit(said.url)
    try:
        # No proxy of the environment is asked for an address of this machine.
        with closing(HTTPConnection(str(parts.hostname), parts.port, timeout=ANSWER_SECONDS)) as asked:
            asked.connect()
            # The time limit of a socket is one for each read: bytes that drip would keep a command for hours.
            late = threading.Event()
            deadline = threading.Timer(ANSWER_SECONDS, _give_up, [asked.sock, late])
            deadline.daemon = True
            deadline.start()
            try:
                asked.request("GET", f"{IDENTITY_PATH}?challenge={challenge}")
                answer = asked.getresponse()
                body = answer.read(LARGEST_FILE)
            finally:
                deadline.cancel()
        if answer.status >= _BUSY or late.is_set():
            return None
        given = msgspec.json.decode(body, type=Identity).proof
    except ConnectionRefusedError:
        return False
    except (OSError, HTTPException):
        return None
    except (ValueError, msgspec.MsgspecError):
        return False  # another program, which has the port now
    return secrets.compare_digest(given.encode(), proof_of(said.key, challenge).encode())


def _give_up(connection: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _token_of(said: Announcement) -> str | None:
    if said.token_file is None:
        return None
    try:
        return check_token(edited_text(_own_bytes(Path(said.token_file))).strip(), "its token file")
    except (OSError, ValueError):
        return None
