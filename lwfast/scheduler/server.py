"""Running a scheduler: the listening socket, the announcement, signals, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, Literal

import uvicorn

from lwfast.scheduler.announcing import Announcer
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.parent import Parent
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.server_settings import ServerSettings
from lwfast.scheduler.tls import server_context
from lwfast.scheduler.web.app import create_app
from lwfast.scheduler.web.connections import Listener, Load, allow_many_files, files_allowed
from lwfast.scheduler.web.operations.access_log import AccessLog
from lwfast.scheduler.web.operations.request_ids import RequestIdFilter
from lwfast.scheduler.web.protocol import Protocol
from lwfast.scheduler.web.security import load_token

SHUTDOWN_SECONDS = 5
"""How long open connections may still take when the server ends."""
KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open; longer than clients pause between polls."""
HEADER_BYTES = 256 * 1024
"""Largest request head: room for `v1/changes?ids=` with all the ids that it takes."""


class Server(uvicorn.Server):
    """The HTTP server of one scheduler.

    Args:
        scheduler: What it serves; started and stopped here.
        token: Returns what requests have to show. Called once the port and the store are ours, so that no
            start that fails makes a token which nobody gets to see.
        on_ready: Called with the URL, ending in `/`, once requests are answered.
        announcer: Lets the commands of this user find the scheduler; None for one that is not to be found.

    Raises:
        ConfigError: The certificate or its key cannot be used, or the access log cannot be written.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        token: Callable[[], str],
        on_ready: Callable[[str], None],
        announcer: Announcer | None = None,
    ) -> None:
        config = uvicorn.Config(
            lambda: create_app(
                scheduler,
                token(),
                self._load(),
                None if announcer is None else announcer.key,
                [] if self._access_log is None else [self._access_log],
            ),
            factory=True,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=_log_config(),
            server_header=False,
            h11_max_incomplete_event_size=HEADER_BYTES,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        super().__init__(config)
        settings = scheduler.settings
        self._tls = None if settings.certfile is None else server_context(settings.certfile, settings.keyfile)
        self._access_log = None if settings.access_log is None else AccessLog(settings.access_log)
        self._scheduler = scheduler
        self._on_ready = on_ready
        self._announcer = announcer

    def _load(self) -> Load:
        def count() -> int:
            return len(self.server_state.connections)

        settings = self._scheduler.settings
        return Load(settings.n_workers if settings.executor is None else 0, count, files_allowed())

    async def run_scheduler(self) -> None:
        """Serve until told to end.

        Raises:
            ConfigError: The address cannot be listened on, or the token file is empty.
            StoreOpenError: The data folder cannot be used.
        """
        settings = self._scheduler.settings
        with contextlib.ExitStack() as opened:
            if self._access_log is not None:
                opened.callback(self._access_log.close)
            listener = opened.enter_context(_listen(settings.host, settings.port))
            self._url = _url(settings, listener)
            await self._scheduler.start()
            try:
                await self.serve(sockets=[listener])
            finally:
                if self._announcer is not None:
                    self._announcer.remove()
                await self._scheduler.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        self.config.ssl = self._tls
        await super().startup(sockets)
        if self._announcer is not None and sockets:
            self._announcer.write(sockets[0], self._scheduler.settings.token_file)
        self._on_ready(self._url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go of clients that wait for a change, then end."""
        self._scheduler.changes.close()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  (a signal handler)
        """End on the first signal. Unlike uvicorn, do not raise it again: jobs are still to be put back."""
        self.should_exit = True


def serve(
    settings: ServerSettings, *, announce: Literal["text", "json"] = "text", exit_with_parent: bool = False
) -> None:
    """Run a scheduler until Ctrl-C, SIGTERM, or the end of standard input.

    Args:
        settings: How it is set up.
        announce: How to say that it is ready: lines for a person, or one line of JSON.
        exit_with_parent: End when standard input does, and remove the temporary folder that it named.

    Raises:
        ConfigError: The address cannot be listened on, or the token file is empty.
        StoreOpenError: The data folder cannot be used.
    """
    new_token: str | None = None

    def token() -> str:
        nonlocal new_token
        if settings.token:
            return settings.token
        value, is_new = load_token(settings.data_dir)
        new_token = value if is_new else None
        return value

    def say(url: str) -> None:
        # What is not a terminal may be a log: of systemd, of a container.
        is_seen_once = announce == "json" or sys.stdout.isatty()
        sys.stdout.write(_announcement(announce, url, new_token if is_seen_once else None, settings))
        sys.stdout.flush()

    async def main() -> None:
        # One that ends with its parent belongs to a program, which knows where it is.
        # Nor is one with a certificate announced: commands would find it by an address, and its
        # certificate is for a name.
        is_found = not exit_with_parent and settings.certfile is None
        server = Server(Scheduler(settings), token, say, Announcer() if is_found else None)
        if exit_with_parent:
            loop = asyncio.get_running_loop()
            parent.watch(partial(loop.call_soon_threadsafe, setattr, server, "should_exit", True))
        await server.run_scheduler()

    allow_many_files()
    parent = Parent(settings.data_dir)
    try:
        asyncio.run(main())
    finally:
        parent.clear_up()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = Listener(family)
        try:
            if os.name == "posix":  # on Windows this would let two servers share a port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise ConfigError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}; "
            "choose another with --port (0 takes a free one)."
        ) from error
    return listener


def _url(settings: ServerSettings, listener: socket.socket) -> str:
    host, port = settings.host, listener.getsockname()[1]
    if settings.certfile is not None:
        # The name that the certificate is for, as far as that is known.
        named = settings.names[0] if settings.names else f"[{host}]" if ":" in host else host
        return f"https://{named}:{port}/"
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"


def _announcement(
    form: Literal["text", "json"], url: str, new_token: str | None, settings: ServerSettings
) -> str:
    """Say that it is ready, with a token that was just made if whoever reads it may see that."""
    token_file = settings.token_file
    # The token stands in the fragment, which a browser keeps to itself.
    fragment = f"#token={new_token}" if new_token else ""
    if form == "json":
        facts = {"url": f"{url}api/", "dashboard": url + fragment, "pid": os.getpid()}
        facts |= {"token": new_token} if new_token else {}
        facts |= {"token_file": str(token_file.absolute())} if token_file else {}
        return json.dumps(facts) + "\n"
    lines = [f"lwfast scheduler ready at {url}api/", f"Dashboard: {url}{fragment}"]
    if settings.executor is not None:
        lines.append(f"Jobs run on {settings.executor}; `lwfast doctor` says how many workers that has.")
    if new_token:
        lines.append(f"Token, shown only this once: {new_token}")
    elif token_file:
        lines.append(f"Token: in {token_file}")
    if settings.certfile is None:
        lines.append("Commands such as `lwfast jobs` find it from any terminal, unless you have set another")
        lines.append("address: then use `lwfast jobs --local`.")
        lines.append("Python programs find it after `lwfast login --local`, which is needed only once.")
    else:
        lines.append(f"Save its address and a token once, with `lwfast login --url {url}api/`.")
    return "\n".join([*lines, "Press Ctrl-C to end; waiting jobs are kept.", ""])


def _log_config() -> dict[str, Any]:
    """Warnings to standard error, with the id of the request that they are about.

    Single requests have a log of their own, where it was asked for.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": RequestIdFilter}},
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s%(request)s: %(message)s"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["request"]}
        },
        "loggers": {
            name: {"handlers": ["stderr"], "level": level, "propagate": False}
            for name, level in (
                ("lwfast.scheduler", "WARNING"),
                ("uvicorn.error", "WARNING"),
                ("uvicorn.access", "WARNING"),
            )
        },
    }
