"""What went wrong with a request: what requests and urllib3 raised, and what a refusal complains of.

A program may ask within an `except` block of its own. Python then puts the exception that is being handled
there at the end of every chain of contexts, though it has nothing to do with the request: functions are given
it as `outside`, and stop before it.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.client import BadStatusLine
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError as HTTPException
from urllib3.exceptions import InvalidHeader

from lwfast import wire
from lwfast._base.limits import some
from lwfast.errors import (
    ConfigurationError,
    ConnectionFailedError,
    LightworksRemoteError,
    QuotaExceededError,
)
from lwfast.remote.configuration.client_settings import ClientSettings
from lwfast.remote.configuration.secret import SHOWN
from lwfast.remote.connection.body import EncodingError
from lwfast.remote.connection.connecting import (
    CertificateFileError,
    NoConnectionError,
    speaks_tls,
    trusted_certificate,
)
from lwfast.remote.connection.timeouts import AnswerTime

_OTHER_NAME = frozenset({62, 64})
_NOT_YET, _ENDED, _SELF_SIGNED = 9, 10, 18
"""What OpenSSL found of a certificate: X509_V_ERR_HOSTNAME_MISMATCH and IP_ADDRESS_MISMATCH, and so on."""
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
"""What OpenSSL says of an answer that is not TLS, in one version or another."""
_DATE = "%Y-%m-%d %H:%M UTC"
NAMES_SHOWN = 10
HOW_TO_NAME = (
    "with LWFAST_CERTIFICATE, in a profile or, once for all programs and commands, with "
    "remote.install_certificate(...) in Python"
)
"""How a file of certificates is named."""
REASONS_CHARACTERS = 1000
"""Most that is shown of what a scheduler says for itself."""


class LostAnswerError(ConnectionFailedError):
    """The request may have reached the scheduler, but its answer did not come back, or cannot be read.

    Attributes:
        job_id: The id of a job that the headers named, where they came back and did.
    """

    job_id: str | None = None


class WrongSchemeError(LostAnswerError):
    """A request went out as plain http to a server of https; another try would end in the same way."""


class UntrustedError(ConnectionFailedError):
    """No trusted connection could be made, so nothing was sent; another try would end in the same way."""


def explained(
    error: Exception,
    outside: BaseException | None,
    settings: ClientSettings,
    method: str,
    answer_time: AnswerTime,
    *,
    is_new: bool,
) -> LightworksRemoteError:
    """Return the error that says what became of a request, and what to do.

    Args:
        error: What was raised while it was sent, or while its answer was read.
        outside: The exception that the program was handling before.
        settings: Where it was sent.
        method: GET, POST or PUT.
        answer_time: How long there was for the answer.
        is_new: Whether nothing has ever come back from there, so that it may be no server of plain http.
    """

    def scrub(text: object) -> str:
        return str(text).replace(settings.token, SHOWN)

    host = urlsplit(settings.url).netloc
    bottom = innermost(error, outside)
    said = scrub(getattr(bottom, "strerror", None) or str(bottom) or type(bottom).__name__)
    if isinstance(bottom, ssl.SSLCertVerificationError):
        return _untrusted(bottom, settings, answer_time)
    if is_of_request(error, outside):
        return ConfigurationError(
            f"No request can be made of these settings: {scrub(error)}. Check the URL, the token, and the "
            "proxies of the environment."
        )
    if isinstance(error, CertificateFileError):
        return ConfigurationError(
            f"{scrub(error)}. Name a file that exists {HOW_TO_NAME}, and look at REQUESTS_CA_BUNDLE and "
            "CURL_CA_BUNDLE."
        )
    unsent = nothing_sent(error, outside)
    if unsent and isinstance(bottom, ssl.SSLError) and bottom.reason in _NO_TLS:
        return UntrustedError(
            f"{host} does not speak https, so nothing was sent. If it is the right port, the URL "
            "begins with http://; plain http shows the token to everybody on the way, so use it on this "
            "machine or through SSH only."
        )
    if unsent and isinstance(bottom, ssl.SSLError):
        return UntrustedError(
            f"No encrypted connection to {host} could be made ({said}), so nothing was sent. Check that it "
            f"speaks https, and the certificate file, which is named {HOW_TO_NAME}."
        )
    if unsent:
        unreached = ConnectionFailedError(f"Could not connect to {host}: {said}.")
        unreached.host = urlsplit(settings.url).hostname
        return unreached
    if isinstance(error, requests.exceptions.Timeout) or isinstance(bottom, TimeoutError):
        return LostAnswerError(f"{host} {answer_time.spent()} in answer to {method}; it may be stuck.")
    if isinstance(error, EncodingError):
        return LostAnswerError(
            f"The answer of {host} to {method} cannot be unpacked: {said.removesuffix('.')}."
        )
    if isinstance(bottom, InvalidHeader) or not isinstance(error, OSError | HTTPException):
        return LostAnswerError(f"The answer of {host} to {method} cannot be read: {said}.")
    is_cut = isinstance(bottom, ConnectionError | BadStatusLine)
    if is_new and is_cut and speaks_tls(settings.url, answer_time.a_moment()):
        return WrongSchemeError(
            f"{host} speaks https, and the URL begins with http://, so the request and its token went out "
            "unencrypted and were not answered. Let the URL begin with https://. If others could listen in "
            "on the way, ask whoever runs the scheduler for a new token."
        )
    hint = ""
    if is_cut and settings.url.startswith("http:"):
        hint = " If it speaks https, as a scheduler with a certificate does, its URL begins with https://."
    return LostAnswerError(f"{host} broke off while answering {method}: {said}.{hint}")


def _untrusted(
    error: ssl.SSLCertVerificationError, settings: ClientSettings, answer_time: AnswerTime
) -> UntrustedError:
    """Make the error for a certificate that does not fit: what is wrong with it, and who can do what."""
    parts = urlsplit(settings.url)
    host, asked = parts.netloc, parts.hostname
    code = error.verify_code
    against = settings.certificate or "the certificates of the system"
    has: dict[str, Any] = {}
    if code in {*_OTHER_NAME, _ENDED, _NOT_YET}:
        certificate = None if settings.certificate is None else str(settings.certificate)
        has = trusted_certificate(settings.url, certificate, answer_time.a_moment())
    if code in _OTHER_NAME:
        names = some([name for _, name in has.get("subjectAltName", ())], NAMES_SHOWN) or "other names"
        return UntrustedError(
            f"{host} could not be trusted: it was asked for as {asked}, and its certificate is for "
            f"{names}. Use the name of the certificate in the URL, or ask whoever runs the scheduler for a "
            f"certificate that has {asked} among its names, too."
        )
    now = f"{datetime.now(UTC):{_DATE}} by the clock of this machine"
    if code == _ENDED:
        since = f" on {_date(has['notAfter'])}" if "notAfter" in has else ""
        return UntrustedError(
            f"{host} could not be trusted: its certificate, or one that it rests on, has expired{since}, and "
            f"it is {now}. If that clock is right, whoever runs the scheduler has to renew the certificate."
        )
    if code == _NOT_YET:
        since = f" before {_date(has['notBefore'])}" if "notBefore" in has else " yet"
        return UntrustedError(
            f"{host} could not be trusted: its certificate, or one that it rests on, is not valid{since}, "
            f"and it is {now}. If that clock is right, whoever runs the scheduler has to correct the "
            "certificate."
        )
    if code == _SELF_SIGNED:
        what = (
            f"{host} could not be trusted: its certificate is signed by itself, and is not in {against}. Ask "
            "whoever runs the scheduler for its file, and name that"
        )
    else:
        what = (
            f"{host} could not be trusted ({error.verify_message}): checked against {against}. Ask whoever "
            "runs the scheduler for the file of the authority that signed its certificate, and name that"
        )
    return UntrustedError(f"{what} {HOW_TO_NAME}; 'system' stands for the system's own certificates.")


def _date(text: str) -> str:
    """Return a date of a certificate in the form of ours."""
    return f"{datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC):{_DATE}}"


def is_of_request(error: BaseException, outside: BaseException | None = None) -> bool:
    """Whether requests refuses a URL or a header of the request, so that nothing was sent."""
    if not (isinstance(error, ValueError) and isinstance(error, requests.exceptions.RequestException)):
        return False
    # It says the same of the headers of an answer, where urllib3 did before.
    return not isinstance(innermost(error, outside), InvalidHeader)


def nothing_sent(error: BaseException, outside: BaseException | None = None) -> bool:
    """Whether no byte can have reached the scheduler: the connection was never made."""
    return isinstance(error, requests.exceptions.ConnectTimeout) or any(
        isinstance(item, NoConnectionError) for item in _with_causes(error, outside)
    )


def forget_request(error: BaseException, outside: BaseException | None = None) -> None:
    """Take the request, whose headers hold the token, out of an exception and those it was made of."""
    forget_frames(error, outside)
    for item in _with_causes(error, outside):
        if isinstance(item, requests.exceptions.RequestException):
            item.request = item.response = None
        if isinstance(item, requests.exceptions.InvalidHeader):
            item.args = ("a header, perhaps the token, holds what no header can",)


def forget_frames(error: BaseException, outside: BaseException | None = None) -> None:
    """Take the frames out of an exception and those it was made of.

    A traceback keeps the variables of each function on the way down: in those of requests, urllib3 and
    http.client are the headers with the token, in others the body that was read. Programs that report errors
    show them.
    """
    for item in _with_causes(error, outside):
        item.__traceback__ = None


def innermost(error: BaseException, outside: BaseException | None = None) -> BaseException:
    """The exception at the bottom of what requests and urllib3 wrapped, which has the plainest words."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        below = next(iter(_held(error, outside)), None)
        if below is None:
            break
        error = below
    return error


def _with_causes(error: BaseException, outside: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that it was made of, each once."""
    todo = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if id(item) not in seen:
            seen.add(id(item))
            todo += _held(item, outside)
            yield item


def _held(error: BaseException, outside: BaseException | None) -> list[BaseException]:
    """Return the exceptions that another one holds, the one that it wraps first."""
    held = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
    return [item for item in held if isinstance(item, BaseException) and item is not outside]


def complaints(body: bytes | bytearray) -> list[wire.FieldError] | None:
    """Return what a refusal complains of, or None where it is not in the wire's words."""
    try:
        return wire.decode_errors(body).errors
    except wire.UNREADABLE:
        return None


def over_quota(
    status_code: int, body: bytes | bytearray, scrub: Callable[[str], str]
) -> QuotaExceededError | None:
    """Return the error for jobs that are more than their owner may have; None where it is not about that.

    Args:
        status_code: HTTP status code of the answer.
        body: Body of the answer, of which the end may be missing.
        scrub: Takes the token out of a text.
    """
    if status_code not in {413, 429}:
        return None
    found = [item for item in complaints(body) or () if item.name in {wire.QUEUED_JOBS, wire.QUEUED_BYTES}]
    if not found:
        return None
    never_fits = status_code == 413
    why = scrub("; ".join(item.reason for item in found))[:REASONS_CHARACTERS].removesuffix(".")
    error = QuotaExceededError(f"This is more than the scheduler takes{'' if never_fits else ' now'}: {why}.")
    error.never_fits = never_fits
    error.errors = tuple((item.name, scrub(item.reason)) for item in found)
    return error


def listed(body: bytes | bytearray) -> str:
    """Return the names and reasons in a refusal as one text; empty where it has none."""
    return "; ".join(f"{item.name}: {item.reason}" for item in complaints(body) or ())


def is_web_page(headers: Mapping[str, str], body: bytes | bytearray) -> bool:
    """Whether an answer is a page for people, which no call of a scheduler's API gives."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in {"text/html", "application/xhtml+xml"} or bytes(body[:20]).lstrip().lower().startswith(
        (b"<!doctype html", b"<html")
    )


def wrong_address(url: str) -> str:
    """Say that an address answers with a web page, and which one to try."""
    said = f"{url} answered with a web page, so it is probably not the address of a scheduler's API"
    if urlsplit(url).path.endswith("/api/"):
        return f"{said}; ask whoever runs the scheduler for it."
    return f"{said}, which usually ends in /api/. Try {url}api/."
