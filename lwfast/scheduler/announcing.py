"""Saying to the user's own commands that a scheduler runs here; see `lwfast.wire.announcement`."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

import msgspec

from lwfast._base.files.atomic import write_atomic
from lwfast._base.files.own_files import why
from lwfast._base.files.user_folder import make_folder, own_folder
from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.clock import now_text
from lwfast.wire.announcement import FOLDER, Announcement, this_machine
from lwfast.wire.loopback import is_loopback

log = log_of(__name__)


class Announcer:
    """The announcement of one scheduler, from when it listens until it ends.

    Attributes:
        key: What the scheduler answers challenges with.
    """

    def __init__(self) -> None:
        self.key = secrets.token_hex(32)
        self._path: Path | None = None

    def write(self, listener: socket.socket, token_file: Path | None) -> None:
        """Write the announcement.

        A folder that cannot be written is a warning: the scheduler works all the same.

        Args:
            listener: The socket that the scheduler listens on. Nothing is announced where this machine itself
                cannot reach it by a loopback address.
            token_file: The file that holds the token, or None.
        """
        url = _loopback_url(listener)
        if url is None:
            return
        said = Announcement(
            url=url,
            key=self.key,
            pid=os.getpid(),
            started=now_text(),
            machine=this_machine(),
            token_file=None if token_file is None else str(token_file.absolute()),
        )
        folder = own_folder() / FOLDER
        path = folder / f"{secrets.token_hex(8)}.json"
        try:
            make_folder(folder)
            write_atomic(path, msgspec.json.encode(said), mode=0o600)
        except OSError as error:
            log.warning(
                "%s cannot be written (%s), so commands find this scheduler by LWFAST_URL only",
                path,
                why(error),
            )
            return
        self._path = path

    def remove(self) -> None:
        """Take the announcement back."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()
            self._path = None


def _loopback_url(listener: socket.socket) -> str | None:
    """Return the root of the scheduler by a loopback address, or None where it has none."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (what is listened on, not to)
    if not is_loopback(host):
        return None
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
