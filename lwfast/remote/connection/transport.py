"""HTTP: one keep-alive session, one timeout policy, one retry policy, one error table.

It knows no URL and no struct: a method, a path and bytes go in; a status, headers and bytes come out.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import threading
import time
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from lwfast._base.memory import readable_bytes
from lwfast._base.showing.silent_log import log_of
from lwfast.errors import (
    AnswerTooLargeError,
    AuthenticationError,
    ConnectionFailedError,
    HTTPError,
    LightworksRemoteError,
    ResultFormatError,
)
from lwfast.remote.configuration.client_settings import ClientSettings
from lwfast.remote.configuration.secret import SHOWN as TOKEN_SHOWN
from lwfast.remote.connection.body import CapExceededError, OnBytes, read_body
from lwfast.remote.connection.causes import (
    REASONS_CHARACTERS,
    LostAnswerError,
    UntrustedError,
    WrongSchemeError,
    explained,
    forget_frames,
    forget_request,
    is_web_page,
    listed,
    over_quota,
    wrong_address,
)
from lwfast.remote.connection.connecting import timed
from lwfast.remote.connection.retry import (
    IDEMPOTENT,
    ONCE,
    SILENCE_SECONDS,
    RetryPolicy,
    SilenceNote,
    WaitNote,
    parse_retry_after,
)
from lwfast.remote.connection.session import make_session
from lwfast.remote.connection.size_limits import ERROR_BYTES, Cap
from lwfast.remote.connection.timeouts import SHORTEST_SECONDS, AnswerTime, Timeouts
from lwfast.wire import (
    API_HEADER,
    API_VERSION,
    JOB_ID_HEADER,
    REQUEST_ID_HEADER,
    is_request_id,
)
from lwfast.wire.tracing import trace_headers

SHOWN_BYTES = 300
SHOWN_CHARACTERS = 100
DEADLINE_SLACK_SECONDS = 0.5
BUSY = frozenset({429, 502, 503, 504})
"""Answers that a later try may not get: too many requests, or the way to the scheduler is down."""


_log = log_of(__name__)
_JOB_ID = re.compile(r"[^\s,\x00-\x1f\x7f-\x9f]{1,100}")
"""What may be a job's id: a header that came twice has a comma, and no id is longer."""


@dataclass(frozen=True)
class Answer:
    """What came back: status, reason, headers, the body, of an error perhaps its start only, and its meaning.

    Headers and body are not shown: a scheduler, or who stands before it, may repeat the token in them.
    """

    status_code: int
    reason: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | bytearray = field(repr=False)
    value: Any = field(default=None, repr=False)


class UnreadableAnswerError(HTTPError):
    """An answer says that all went well, and cannot be read; it counts as one that was lost."""


class WrongAddressError(UnreadableAnswerError):
    """A web page came from where no scheduler has answered yet; another try would end in the same way."""


class Transport:
    """Sends requests to one base URL. Threads may share it.

    Args:
        settings: URL, token and certificate.
        timeouts: To connect, and between two pieces of an answer.
        adapter: Stands in for the network in tests.

    Attributes:
        speaks_v1: None before the first answer, then whether the scheduler offers lwfast's own API.
    """

    def __init__(
        self, settings: ClientSettings, timeouts: Timeouts, adapter: BaseAdapter | None = None
    ) -> None:
        self.settings = settings
        self.timeouts = timeouts
        self.speaks_v1: bool | None = None
        self._adapter = adapter
        self._session: requests.Session | None = None
        self._was_understood = False  # an answer, once
        self._silence = SilenceNote(urlsplit(settings.url).netloc)
        self._owner = 0  # process that made the session: connections must not be shared after a fork
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        cap: Cap,
        params: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        retry: RetryPolicy | None = None,
        read_timeout: float | None = None,
        deadline: float | None = None,
        progress: OnBytes | None = None,
        read: Callable[[Answer], Any] | None = None,
    ) -> Answer:
        """Send a request and return its answer, whatever the status, but for those of the error table.

        Args:
            method: GET, POST or PUT.
            path: Appended to the base URL.
            cap: How large the answer may be.
            params: Parameters of the query, or None.
            body: JSON to send as the body, or None.
            headers: Further headers beside those of the session, or None.
            retry: When to try again; by default GET may, anything else may not once bytes may have left.
            read_timeout: Instead of the default, in seconds.
            deadline: Monotonic time by which the answer is wanted: nothing is tried again, and nothing is
                read, after it.
            progress: Called with the bytes read so far and their expected number, or None.
            read: Makes the `value` of an answer; where it raises an UnreadableAnswerError or a
                ResultFormatError, the answer counts as lost.

        Raises:
            AuthenticationError: 401 or 403.
            QuotaExceededError: There was no room for more jobs of this owner (429), however often it was
                tried.
            HTTPError: A redirect, a busy scheduler (429, 502, 503, 504) that stays busy, or an answer to a
                GET that cannot be read, however often it is asked for.
            AnswerTooLargeError: It was done, and what came back is larger than the cap.
            LostAnswerError: The request may have arrived, the answer did not.
            ConnectionFailedError: The scheduler could not be reached; nothing was sent.
            ConfigurationError: No request can be made of these settings; nothing was sent.
        """
        policy = retry or (IDEMPOTENT if method == "GET" else ONCE)
        request_id = secrets.token_hex(8)  # of all tries, so that the scheduler's log shows them together
        headers = {REQUEST_ID_HEADER: request_id, **trace_headers(), **(headers or {})}
        began = time.monotonic()
        note = WaitNote(policy.max_seconds)
        outside = sys.exception()
        sent = False
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._send(
                    method, path, cap, params, body, headers, read_timeout, deadline, progress
                )
                _log.debug("%s %s: %d (request %s)", method, path, answer.status_code, request_id)
                if answer.status_code not in BUSY and not policy.leaves_open(answer.status_code):
                    return answer if read is None else self._with_value(answer, read)
                error: Exception = self._busy_error(answer)
                again = policy.resend or answer.status_code == 429
                # A gateway lost the answer, or what came is none.
                sent = sent or answer.status_code not in {429, 503}
            except (LostAnswerError, UnreadableAnswerError, ResultFormatError) as lost:
                forget_frames(lost, outside)  # they hold the body: perhaps the token, perhaps gigabytes
                error, sent = lost, True
                again = policy.resend and not isinstance(lost, WrongSchemeError | WrongAddressError)
            except ConnectionFailedError as failed:
                error, again = failed, policy.reconnect and not isinstance(failed, UntrustedError)
            except LightworksRemoteError as refused:
                error, again = refused, False
            asked = getattr(error, "retry_after", None)
            pause = policy.pause(attempt, asked)
            over = attempt >= policy.attempts or time.monotonic() + pause - began > policy.max_seconds
            if not again or over or (deadline is not None and time.monotonic() + pause > deadline):
                if sent and method != "GET" and not isinstance(error, LostAnswerError):
                    raised = LostAnswerError(f"{error} The request may have arrived all the same.")
                    raised.job_id = getattr(error, "job_id", None)
                    raise raised from error
                raise error
            _log.info(
                "%s %s: %s; trying again in %.1f s (request %s)",
                method,
                path,
                type(error).__name__,
                pause,
                request_id,
            )
            elapsed = time.monotonic() - began
            note.waits(elapsed + pause, error, policy.tries_left(attempt, asked, elapsed))
            time.sleep(pause)

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        with self._lock:
            if self._session is not None and self._owner == os.getpid():
                self._session.close()
            self._session = None

    def scrub(self, text: str) -> str:
        """Take the token out of a text that came from elsewhere."""
        return text.replace(self.settings.token, TOKEN_SHOWN)

    def unexpected(self, answer: Answer, doing: str, kind: type[HTTPError] = HTTPError) -> HTTPError:
        """Make the error for an answer that is not what was asked for: with the reasons that it gives.

        Where it gives none in the wire's words, the first bytes of its body are shown.
        """
        reasons = self.scrub(listed(answer.body))[:REASONS_CHARACTERS].removesuffix(".")
        if not reasons and answer.status_code < 500 and is_web_page(answer.headers, answer.body):
            if not 200 <= answer.status_code < 300:
                return self._error(wrong_address(self.settings.url), answer, kind)
            if kind is UnreadableAnswerError and not self._was_understood:
                kind = WrongAddressError
            page = kind(wrong_address(self.settings.url))
            page.status_code, page.job_id = answer.status_code, named_job(answer.headers)
            return page
        if reasons:
            now = "cannot answer now" if answer.status_code in BUSY else f"gave an error while {doing}"
            return self._error(f"The scheduler {now}: {reasons}.", answer, kind)
        start = self.scrub(answer.body[: SHOWN_BYTES * 4].decode("utf-8", "replace"))[:SHOWN_BYTES].strip()
        shown = f" It began: {start!r}" if start else ""
        what = f"The scheduler gave an unexpected answer while {doing}."
        if answer.status_code in BUSY:
            what = "The scheduler is busy, or its gateway cannot reach it."
        return self._error(what + shown, answer, kind)

    def _error(self, text: str, answer: Answer, kind: type[HTTPError]) -> HTTPError:
        request_id = answer.headers.get(REQUEST_ID_HEADER, "")
        if answer.status_code >= 500 and is_request_id(request_id):
            text += f" The scheduler's log has it as request {request_id}."
        error = kind(text, response=answer)
        error.retry_after = parse_retry_after(answer.headers.get("Retry-After"))
        error.job_id = named_job(answer.headers)
        return error

    # --- one try ------------------------------------------------------------------------------------

    def _send(
        self,
        method: str,
        path: str,
        cap: Cap,
        params: Any,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        read_timeout: float | None,
        deadline: float | None,
        progress: OnBytes | None,
    ) -> Answer:
        url = self.settings.url + path
        read = self.timeouts.read if read_timeout is None else read_timeout
        connect = self.timeouts.connect
        # A little longer, so that an answer that comes at the last moment is not lost.
        cutoff = None if deadline is None else deadline + DEADLINE_SLACK_SECONDS
        if cutoff is not None:
            left = max(SHORTEST_SECONDS, cutoff - time.monotonic())
            read, connect = min(read, left), min(connect, left)
        # A scheduler that was asked to wait for news is silent for longer than one that hangs.
        notice = SILENCE_SECONDS + (
            0.0 if read_timeout is None else max(0.0, read_timeout - self.timeouts.read)
        )
        answer_time = AnswerTime(
            read, large=cap.large, cutoff=cutoff, notice=notice, on_silence=self._silence.is_silent
        )
        certificate = self.settings.certificate
        outside = sys.exception()
        response: requests.Response | None = None
        try:
            with timed(answer_time):
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
            answer = self._answer(response, self._read(response, cap, progress))
        except CapExceededError as error:
            assert response is not None  # noqa: S101  (its body was being read)
            forget_frames(error, outside)
            raise self._too_large(response, cap, error.size) from None
        except Exception as error:
            # Not only OSErrors, which requests' are: what reading headers raises is not ours to foresee.
            forget_request(error, outside)  # its headers hold the token, as do the variables of its frames
            if isinstance(error, MemoryError) and method == "GET":
                raise
            raised = explained(
                error, outside, self.settings, method, answer_time, is_new=self.speaks_v1 is None
            )
            if isinstance(raised, LostAnswerError) and response is not None:
                raised.job_id = named_job(response.headers)
            raise raised from error
        except BaseException as error:
            # Ctrl-C may have come within urllib3's queue of connections and left its lock taken for good.
            # Neither the session nor the answer is closed, since that takes the lock, too.
            self._session = response = None
            forget_request(error, outside)
            raise
        finally:
            if response is not None:
                response.close()  # the connection too, unless all was read
        self._silence.has_answered()
        if _offers_v1(answer):
            self.speaks_v1 = True
        self._check(answer)
        return answer

    def _with_value(self, answer: Answer, read: Callable[[Answer], Any]) -> Answer:
        """Read an answer; what can be read comes from the scheduler, so it tells what that does not offer.

        A page of the network in between says 200, too, and must not lead to submits without keys.
        """
        value = read(answer)
        self._was_understood |= value is not None
        if value is not None and not _offers_v1(answer):
            self.speaks_v1 = False
        return replace(answer, value=value)

    def _read(self, response: requests.Response, cap: Cap, progress: OnBytes | None) -> bytearray:
        """Read a body; of an answer that reports an error, its beginning tells enough."""
        if 200 <= response.status_code < 300:
            body = read_body(response.raw, response.headers, cap.size, progress)
            if body.startswith(BOM_UTF8):  # JSON has none, but some frameworks write one
                del body[: len(BOM_UTF8)]
            return body
        return read_body(response.raw, response.headers, ERROR_BYTES, start_only=True)

    def _answer(self, response: requests.Response, body: bytearray) -> Answer:
        reason = self.scrub(response.reason or "")[:SHOWN_CHARACTERS]
        return Answer(response.status_code, reason, response.headers, body)

    def _too_large(self, response: requests.Response, cap: Cap, size: int | None) -> AnswerTooLargeError:
        allowed = readable_bytes(cap.size)
        long = (
            f"is longer than the {allowed} that are allowed, so it was not read to its end"
            if size is None
            else f"is {readable_bytes(size)} long, and {allowed} are allowed, so it was not read"
        )
        remedy = cap.remedy.format(url=self.settings.url)
        error = AnswerTooLargeError(
            f"{cap.what} {long}. {remedy}", response=self._answer(response, bytearray())
        )
        error.job_id = named_job(response.headers)
        return error

    def _check(self, answer: Answer) -> None:
        """Raise for the statuses that mean the same whatever was asked."""
        if answer.status_code == 401:
            refused = (
                "The scheduler did not accept the access token (401); it may have expired, or belong to "
                "another scheduler"
            )
            raise AuthenticationError(
                f"{refused}.", in_shell=f"{refused}. Save another one with `lwfast login`."
            )
        if answer.status_code == 403:
            reasons = self.scrub(listed(answer.body))[:REASONS_CHARACTERS].removesuffix(".")
            why = f": {reasons}" if reasons else ""
            raise AuthenticationError(f"This access token is not allowed to do that (403){why}.")
        if 300 <= answer.status_code < 400:
            host = _host_of(answer.headers.get("Location", ""))
            raise HTTPError(
                f"The scheduler redirects to {self.scrub(host)}. Redirects are not followed, since the "
                "access token would go along; if that host is right, set its URL.",
                response=answer,
            )

    def _busy_error(self, answer: Answer) -> LightworksRemoteError:
        full = over_quota(answer.status_code, answer.body, self.scrub)
        if full is None:
            return self.unexpected(answer, "answering a submit")
        full.retry_after = parse_retry_after(answer.headers.get("Retry-After"))
        return full

    # --- the session --------------------------------------------------------------------------------

    def _get_session(self) -> requests.Session:
        session = self._session
        if session is not None and self._owner == os.getpid():
            return session
        with self._lock:
            if self._session is None or self._owner != os.getpid():
                self._session = make_session(self.settings.url, self.settings.token, self._adapter)
                self._owner = os.getpid()
            return self._session


def _offers_v1(answer: Answer) -> bool:
    """Whether an answer says that the scheduler offers lwfast's own API."""
    return API_VERSION in [item.strip() for item in answer.headers.get(API_HEADER, "").split(",")]


def named_job(headers: Mapping[str, str]) -> str | None:
    """Return the id that the headers of an answer name, or None where they name none that can be used."""
    text = headers.get(JOB_ID_HEADER, "").strip()
    return text if _JOB_ID.fullmatch(text) and text not in {".", ".."} else None


def _host_of(location: str) -> str:
    """Name the host of a redirect, without what may stand before it."""
    try:
        host = urlsplit(location).netloc.rpartition("@")[2]
    except ValueError:
        return "a place that cannot be read"
    return host[:SHOWN_CHARACTERS] or "a path of the same host"
