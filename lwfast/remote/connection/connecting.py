"""Connections: what fails while they are made has types of its own, because nothing was sent by then.

What comes back is read against the clock: before each read of the socket, its timeout becomes what is left of
the time for the whole answer. The timeouts of requests count from one byte to the next.
"""

from __future__ import annotations

import io
import math
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from http.client import HTTPResponse, IncompleteRead
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.util import wait_for_read

from lwfast.remote.connection.timeouts import AnswerTime
from lwfast.wire.loopback import is_loopback

_present: ContextVar[AnswerTime | None] = ContextVar("time of the answer that is awaited", default=None)


NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python has no name for."""


class NoConnectionError(OSError):
    """A connection could not be made, or not be trusted; the cause says why."""


class CertificateFileError(OSError):
    """The file or folder that certificates are to be checked against does not exist."""


class Adapter(HTTPAdapter):
    """The adapter of requests, on connections that raise `NoConnectionError`.

    Any other exception of a request comes from sending it, or from what came back.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the manager of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _let_tell(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the manager of connections through a proxy."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not known:
            _let_tell(manager)
        return manager

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Look for the file of certificates.

        Raises:
            CertificateFileError: There is no such file.
        """
        try:
            super().cert_verify(*args, **kwargs)  # type: ignore[no-untyped-call]
        except OSError as error:
            raise CertificateFileError(str(error)) from error


class _Telling:
    """What goes before the `connect` of a connection of urllib3."""

    def connect(self) -> None:
        """Connect.

        Raises:
            NoConnectionError: That failed, whatever was raised.
        """
        try:
            super().connect()  # type: ignore[misc]  # of the connection that this is mixed into
        except Exception as error:
            raise NoConnectionError("No connection was made.") from error


def _let_tell(manager: Any) -> None:
    """Let a pool manager of urllib3, plain or of a proxy, make connections that tell."""
    manager.pool_classes_by_scheme = {
        scheme: _telling(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def trusted_certificate(url: str, certificate: str | None, seconds: float) -> dict[str, Any]:
    """Look at a certificate that was refused for its names or its dates; nothing is sent.

    Args:
        url: Where it was met.
        certificate: File or folder that it is checked against, or None for what requests takes.
        seconds: How long that may take.

    Returns:
        What `ssl.SSLSocket.getpeercert` says of it; nothing where no authority that is known has signed it,
        and where it cannot be had.
    """
    parts = urlsplit(url)
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    authorities = certificate or named or DEFAULT_CA_BUNDLE_PATH
    try:
        if get_environ_proxies(url) or parts.hostname is None:
            return {}  # through a proxy, another server might be asked
        is_folder = os.path.isdir(authorities)  # noqa: PTH112  (may be any text)
        context = ssl.create_default_context(
            cafile=None if is_folder else authorities, capath=authorities if is_folder else None
        )
        context.check_hostname = False
        context.verify_flags |= NO_CHECK_TIME
        address = parts.hostname, parts.port or 443
        with (
            socket.create_connection(address, seconds) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as encrypted,
        ):
            return encrypted.getpeercert() or {}
    except (OSError, ValueError):
        return {}


def why_unreachable(url: str, seconds: float) -> str | None:
    """Say why no connection to a server can be made; None where one can, or a proxy stands in between.

    Args:
        url: Base URL of the server, to which nothing is sent.
        seconds: How long that may take.
    """
    parts = urlsplit(url)
    address = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if not is_loopback(address[0]) and get_environ_proxies(url):
        return None
    try:
        socket.create_connection(address, seconds).close()
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def speaks_tls(url: str, seconds: float) -> bool:
    """Look whether a server that was asked in plain http makes encrypted connections; nothing is sent to it.

    Args:
        url: Base URL of the server, whose scheme is http.
        seconds: How long the look may take.
    """
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # whoever it is
    context.verify_mode = ssl.CERT_NONE
    try:
        if parts.scheme != "http" or parts.hostname is None or get_environ_proxies(url):
            return False  # through a proxy, another server might be asked
        address = parts.hostname, parts.port or 80
        with (
            socket.create_connection(address, seconds) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname),
        ):
            return True
    except (OSError, ValueError):
        return False


@contextmanager
def timed(answer_time: AnswerTime) -> Iterator[None]:
    """Let the answer to what is asked within the block be read against this clock, also after the block."""
    before = _present.set(answer_time)
    try:
        yield
    finally:
        _present.reset(before)


class _TimedResponse(HTTPResponse):
    """The response of http.client, which reads the socket against the clock."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        answer_time = _present.get() or AnswerTime(math.inf)
        answer_time.start()
        self._reader = _TimedReader(self.fp.detach(), sock, answer_time)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Read the status and the headers.

        http.client takes headers for complete where the connection ends within them: the id of a job could
        be half of one.

        Raises:
            IncompleteRead: It ended within them.
        """
        super().begin()
        if self._reader.at_end:
            self.close()
            raise IncompleteRead(b"")


class _TimedReader(io.RawIOBase):
    """Reads a socket, with a timeout that is set anew each time.

    Args:
        raw: The socket as a file.
        sock: The socket itself, whose timeout is set.
        answer_time: Says how long to wait.

    Attributes:
        at_end: Whether the other side has ended the connection, and all was read.
    """

    def __init__(self, raw: Any, sock: Any, answer_time: AnswerTime) -> None:
        self._raw = raw
        self._sock = sock
        self._time = answer_time
        self.at_end = False

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is, at least a byte.

        Raises:
            TimeoutError: The time is over.
        """
        left = self._time.left()
        notice = self._time.until_notice()
        if notice is not None and notice < left and not self._comes_within(notice):
            self._time.is_silent()
            left = self._time.left()
        self._sock.settimeout(None if left == math.inf else left)
        size: int | None = self._raw.readinto(buffer)
        self._time.came(size or 0)
        self.at_end = size == 0
        return size

    def _comes_within(self, seconds: float) -> bool:
        """Whether there is something to read by then; a socket that timed out could not be read again."""
        unpacked = getattr(self._sock, "pending", None)  # of an encrypted one
        return bool(unpacked is not None and unpacked()) or wait_for_read(self._sock, seconds)

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return int(self._raw.fileno())

    def close(self) -> None:
        """Let go of the socket."""
        try:
            self._raw.close()
        finally:
            super().close()


@cache
def _telling(pool: Any) -> Any:
    made = {"response_class": _TimedResponse}
    connection = type("TellingConnection", (_Telling, pool.ConnectionCls), made)
    return type("TellingPool", (pool,), {"ConnectionCls": connection})
