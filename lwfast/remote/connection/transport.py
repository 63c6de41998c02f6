"""HTTP: one keep-alive session, one timeout policy, one retry policy, one error table.

The only file that imports requests. It knows no URL and no struct: a method, a path and bytes go in; a
status, headers and bytes come out.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError

from lwfast._version import __version__
from lwfast.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    HTTPError,
    LightworksRemoteError,
)
from lwfast.remote.configuration.client_settings import Settings
from lwfast.remote.connection.retry import IDEMPOTENT, ONCE, RetryPolicy, parse_retry_after
from lwfast.wire import API_HEADER, API_VERSION, TOKEN_HEADER
from lwfast.wire.loopback import is_loopback

POOL_SIZE = 64
CHUNK_BYTES = 1 << 16
SHOWN_BYTES = 300
DEADLINE_SLACK_SECONDS = 0.5
BUSY = frozenset({429, 502, 503, 504})
"""Answers that a later try may not get: too many requests, or the way to the scheduler is down."""

DownloadProgress = Callable[[int, "int | None"], None]


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds, to connect and between two pieces of an answer."""

    connect: float = 5.0
    read: float = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back: the status, its reason, the headers and the whole body."""

    status_code: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class LostAnswerError(ConnectionFailedError):
    """The request may have reached the scheduler, but its answer did not come back."""


class UntrustedError(ConnectionFailedError):
    """No trusted connection could be made, so nothing was sent; another try would end in the same way."""


class Transport:
    """Sends requests to one base URL. Threads may share it.

    Args:
        settings: URL, token and certificate.
        timeouts: To connect, and between two pieces of an answer.
        adapter: Stands in for the network in tests.

    Attributes:
        speaks_v1: None before the first answer, then whether the scheduler offers lwfast's own API.
    """

    def __init__(self, settings: Settings, timeouts: Timeouts, adapter: BaseAdapter | None = None) -> None:
        self.settings = settings
        self.timeouts = timeouts
        self.speaks_v1: bool | None = None
        self._adapter = adapter
        self._session: requests.Session | None = None
        self._owner = 0  # process that made the session: connections must not be shared after a fork
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        retry: RetryPolicy | None = None,
        read_timeout: float | None = None,
        deadline: float | None = None,
        progress: DownloadProgress | None = None,
    ) -> Answer:
        """Send a request and return its answer, whatever the status, but for those of the error table.

        Args:
            method: GET, POST or PUT.
            path: Appended to the base URL.
            params: Query.
            body: JSON to send.
            headers: Further headers.
            retry: When to try again; by default GET may, anything else may not once bytes may have left.
            read_timeout: Instead of the default, in seconds.
            deadline: Monotonic time after which nothing is tried again.
            progress: Called with the bytes read so far and their expected number, or None.

        Raises:
            AuthenticationError: 401 or 403.
            HTTPError: A redirect, or a busy scheduler (429, 502, 503, 504) that stays busy.
            LostAnswerError: The request may have arrived, the answer did not.
            ConnectionFailedError: The scheduler could not be reached; nothing was sent.
            ConfigurationError: No request can be made of these settings; nothing was sent.
        """
        policy = retry or (IDEMPOTENT if method == "GET" else ONCE)
        began = time.monotonic()
        sent = False
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._send(method, path, params, body, headers, read_timeout, deadline, progress)
                if answer.status_code not in BUSY and not policy.leaves_open(answer.status_code):
                    return answer
                error: Exception = self._busy_error(answer)
                again = policy.resend
                # A gateway lost the answer, or what came is none.
                sent = sent or answer.status_code not in {429, 503}
            except LostAnswerError as lost:
                error, again, sent = lost, policy.resend, True
            except ConnectionFailedError as failed:
                error, again = failed, policy.reconnect and not isinstance(failed, UntrustedError)
            except LightworksRemoteError as refused:
                error, again = refused, False
            pause = policy.pause(attempt, getattr(error, "retry_after", None))
            over = attempt >= policy.attempts or time.monotonic() + pause - began > policy.max_seconds
            if not again or over or (deadline is not None and time.monotonic() + pause > deadline):
                if sent and method != "GET" and not isinstance(error, LostAnswerError):
                    raise LostAnswerError(f"{error} The request may have arrived all the same.") from error
                raise error
            time.sleep(pause)

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        with self._lock:
            if self._session is not None and self._owner == os.getpid():
                self._session.close()
            self._session = None

    def scrub(self, text: str) -> str:
        """Take the token out of a text that came from elsewhere."""
        return text.replace(self.settings.token, "[token]")

    def unexpected(self, answer: Answer, doing: str) -> HTTPError:
        """Make the error for an answer that the wire does not foresee, with the first bytes of its body."""
        start = self.scrub(answer.body[: SHOWN_BYTES * 4].decode("utf-8", "replace"))[:SHOWN_BYTES].strip()
        shown = f" It began: {start!r}" if start else ""
        error = HTTPError(f"The scheduler gave an unexpected answer while {doing}.{shown}", response=answer)
        error.retry_after = parse_retry_after(answer.headers.get("Retry-After"))
        return error

    # --- one try ------------------------------------------------------------------------------------

    def _send(
        self,
        method: str,
        path: str,
        params: Any,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        read_timeout: float | None,
        deadline: float | None,
        progress: DownloadProgress | None,
    ) -> Answer:
        url = self.settings.url + path
        read = self.timeouts.read if read_timeout is None else read_timeout
        connect = self.timeouts.connect
        if deadline is not None:
            # A little longer, so that an answer that comes at the last moment is not lost.
            left = max(0.0, deadline - time.monotonic()) + DEADLINE_SLACK_SECONDS
            read, connect = min(read, left), min(connect, left)
        certificate = self.settings.certificate
        try:
            response = self._get_session().request(
                method,
                url,
                params=params,
                data=body,
                headers=headers,
                timeout=(connect, read),
                verify=True if certificate is None else str(certificate),
                allow_redirects=False,
                stream=True,
            )
            try:
                content = _read_body(response, progress)
            except BaseException:
                response.close()
                raise
        except OSError as error:  # requests' exceptions are OSErrors too
            _forget_request(error)  # its headers hold the token
            raise self._connection_error(error, method, read) from error
        self._learn(response)
        answer = Answer(response.status_code, response.reason or "", response.headers, content)
        self._check(answer)
        return answer

    def _learn(self, response: requests.Response) -> None:
        """Note what the scheduler offers; an error without the header may come from a gateway before it."""
        offered = response.headers.get(API_HEADER, "")
        if API_VERSION in [item.strip() for item in offered.split(",")]:
            self.speaks_v1 = True
        elif response.ok:
            self.speaks_v1 = False

    def _check(self, answer: Answer) -> None:
        """Raise for the statuses that mean the same whatever was asked."""
        if answer.status_code == 401:
            raise AuthenticationError(
                "The scheduler did not accept the access token (401); it may have expired, or belong to "
                "another scheduler."
            )
        if answer.status_code == 403:
            raise AuthenticationError("This access token is not allowed to do that (403).")
        if 300 <= answer.status_code < 400:
            location = answer.headers.get("Location", "")
            host = urlsplit(location).netloc.rpartition("@")[2] or "a path of the same host"
            raise HTTPError(
                f"The scheduler redirects to {self.scrub(host)}. Redirects are not followed, since the "
                "access token would go along; if that host is right, set its URL.",
                response=answer,
            )

    def _busy_error(self, answer: Answer) -> HTTPError:
        known = answer.status_code in BUSY
        doing = "it is busy or cannot be reached behind its gateway" if known else "answering a submit"
        return self.unexpected(answer, doing)

    def _connection_error(self, error: Exception, method: str, read: float) -> LightworksRemoteError:
        host = urlsplit(self.settings.url).netloc
        bottom = _innermost(error)
        said = getattr(bottom, "strerror", None) or str(bottom) or type(bottom).__name__
        if isinstance(bottom, ssl.SSLCertVerificationError):
            certificate = self.settings.certificate
            return UntrustedError(
                f"{host} could not be trusted ({bottom.verify_message}), checked against "
                f"{certificate or 'the certificates of the system'}. Set the right file with "
                "remote.install_certificate(...) or LWFAST_CERTIFICATE ('system' for the system's own)."
            )
        if isinstance(error, ValueError) and isinstance(error, requests.exceptions.RequestException):
            # requests says so of URLs and headers that it cannot use.
            return ConfigurationError(
                f"No request can be made of these settings: {self.scrub(str(error))}. Check the URL, the "
                "token, and the proxies of the environment."
            )
        if _passed_through(error, "requests.adapters", "cert_verify"):
            return ConfigurationError(
                f"{self.scrub(str(error))}. Set a file that exists with remote.install_certificate(...) or "
                "LWFAST_CERTIFICATE, and look at REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE."
            )
        connecting = _passed_through(bottom, "urllib3.connection", "connect")
        if connecting and isinstance(bottom, ssl.SSLError):
            return UntrustedError(
                f"No encrypted connection to {host} could be made ({said}), so nothing was sent. Check that "
                "it speaks https, and the certificate file: remote.install_certificate(...) or "
                "LWFAST_CERTIFICATE."
            )
        if connecting or _nothing_sent(error):
            return ConnectionFailedError(f"Could not connect to {host}: {said}.")
        if isinstance(error, requests.exceptions.Timeout) or isinstance(bottom, TimeoutError):
            return LostAnswerError(
                f"{host} sent nothing for {read:g} s in answer to {method}; it may be stuck."
            )
        return LostAnswerError(f"{host} broke off while answering {method}: {said}.")

    # --- the session --------------------------------------------------------------------------------

    def _get_session(self) -> requests.Session:
        session = self._session
        if session is not None and self._owner == os.getpid():
            return session
        with self._lock:
            if self._session is None or self._owner != os.getpid():
                self._session = self._make_session()
                self._owner = os.getpid()
            return self._session

    def _make_session(self) -> requests.Session:
        session = requests.Session()
        session.headers.update(
            {
                TOKEN_HEADER: self.settings.token,
                "User-Agent": f"lwfast/{__version__}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            }
        )
        session.auth = _no_auth  # else requests would look for a password in ~/.netrc
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        host = urlsplit(self.settings.url).hostname or ""
        session.trust_env = not is_loopback(host)  # a proxy could not reach this machine's loopback
        adapter = self._adapter or HTTPAdapter(pool_maxsize=POOL_SIZE, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read_body(response: requests.Response, progress: DownloadProgress | None) -> bytes:
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() and "Content-Encoding" not in response.headers else None
    chunks = []
    done = 0
    for chunk in response.iter_content(CHUNK_BYTES):
        chunks.append(chunk)
        done += len(chunk)
        if progress is not None:
            progress(done, total)
    return b"".join(chunks)


def _nothing_sent(error: Exception) -> bool:
    """Whether no byte can have reached the scheduler: the connection was never made."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | NameResolutionError | ConnectTimeoutError | ProxyError)


def _passed_through(error: BaseException, module: str, function: str) -> bool:
    """Whether an exception came out of a function: that tells connecting from what follows it."""
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name == function and frame.f_globals.get("__name__") == module:
            return True
        trace = trace.tb_next
    return False


def _forget_request(error: BaseException) -> None:
    """Take the request, whose headers hold the token, out of an exception and those it was made of."""
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, requests.exceptions.RequestException):
            item.request = item.response = None
        if isinstance(item, requests.exceptions.InvalidHeader):
            item.args = ("a header, perhaps the token, holds what no header can",)
        parts = [getattr(item, "reason", None), *item.args, item.__cause__, item.__context__]
        todo += [part for part in parts if isinstance(part, BaseException)]


def _innermost(error: BaseException) -> BaseException:
    """The exception at the bottom of what requests and urllib3 wrapped, which has the plainest words."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inside = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        below = next((item for item in inside if isinstance(item, BaseException)), None)
        if below is None:
            break
        error = below
    return error
