"""Where each setting of a client comes from.

Argument, then what the program chose with `set_api_url` and `token.set`, then environment, then profile, then
what was saved (`lwfast login` saves URL and token together), then the files of Lightworks' client; where none
has an answer, an error says what to set. A client that names its profile takes that before all but other
arguments: the rest may belong to another scheduler. A profile's token is only ever sent to that profile's
URL.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lwfast.errors import AuthenticationError, ConfigurationError
from lwfast.remote.configuration import persistence
from lwfast.remote.configuration.chosen import chosen
from lwfast.remote.configuration.permissions import warn_if_others_write
from lwfast.remote.configuration.persistence import check_token, saved_token
from lwfast.remote.configuration.secret import Secret
from lwfast.wire.loopback import is_loopback

SYSTEM_CERTIFICATES = "system"
LOGIN = "login"
"""The setting of `lwfast login`: a URL, and the name of the saved token that goes there and nowhere else."""
SAVED_TOKEN = "saved token "  # noqa: S105  (how the source of a profile's token begins)


class MissingURLError(ConfigurationError):
    """No place has a URL."""


class MissingTokenError(AuthenticationError):
    """No place has a token."""


@dataclass(frozen=True)
class ClientSettings:
    """Everything a client needs to connect, with where it came from.

    Attributes:
        url: Base URL, ending in a slash.
        token: Sent with each request; a `Secret`, which is neither shown nor pickled.
        certificate: PEM file that https connections are checked against, or None for the system's.
        sources: For each of these, where it came from.
    """

    url: str
    token: str = field(repr=False)
    certificate: Path | None
    sources: dict[str, str] = field(default_factory=dict)


def resolve(
    url: str | None, token_: str | None, certificate: str | None, profile: str | None, allow_insecure: bool
) -> ClientSettings:
    """Look up what a connection needs.

    Raises:
        ConfigurationError: No URL is set, or a setting cannot be used; says what to do.
        AuthenticationError: No token is set.
    """
    warn_if_others_write(persistence.own_folder())
    found_url, url_source = resolve_url(url, profile, allow_insecure)
    found_token, token_source = resolve_token(token_, profile, found_url)
    if token_source.startswith(SAVED_TOKEN):
        _check_same_profile(found_url, url_source, profile)
    path, path_source = None, "not used without https"
    if found_url.startswith("https"):
        path, path_source = resolve_certificate(certificate, profile)
    sources = {
        "url": url_source,
        "token": token_source,
        "certificate": path_source,
    }
    return ClientSettings(found_url, found_token, path, sources)


def resolve_url(url: str | None, profile: str | None = None, allow_insecure: bool = False) -> tuple[str, str]:
    """Find the base URL and say where it came from.

    Raises:
        ConfigurationError: No URL is set, or it cannot be used.
    """
    value, source = _first(
        lambda: (url, "argument"),
        lambda: _of_named("url", profile),
        lambda: (chosen.url if profile is None else None, "remote.set_api_url"),
        lambda: (os.environ.get("LWFAST_URL"), "LWFAST_URL"),
        lambda: _of_profile("url", profile),
        lambda: (chosen.url, "remote.set_api_url"),
        lambda: persistence.read_setting("api_url"),
    )
    if value is not None:
        try:
            return normalise_url(value, allow_insecure=allow_insecure), source
        except ConfigurationError as error:
            said, shell = (str(text).removesuffix(".") for text in (error, error.shell_words or error))
            raise ConfigurationError(
                f"{said} (from {source}).", in_shell=f"{shell} (from {in_shell(source)})."
            ) from None
    raise MissingURLError(
        "No URL is set. To use the scheduler that `lwfast serve` runs on this machine, type `lwfast login "
        "--local` in a shell once; `lwfast login` saves the address of any other. LWFAST_URL, a profile, "
        "remote.set_api_url(...) and Client(url=...) set one too. To try things without a QPU, use "
        "remote.local_scheduler().",
        in_shell="No URL is set, and no scheduler of yours runs on this machine. Start one with "
        "`lwfast serve`, or "
        "save the address of another with `lwfast login`.",
    )


def normalise_url(url: str, *, allow_insecure: bool = False) -> str:
    """Check a base URL and let it end in a slash.

    Raises:
        TypeError: It is not a string.
        ConfigurationError: It is not http(s), has no host, holds a user name or a query, or would send the
            token in plain text to another machine.
    """
    if not isinstance(url, str):
        raise TypeError(f"URL should be a string, got {type(url).__name__}.")
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"This URL cannot be read ({error}).") from None
    if parts.username is not None or parts.password is not None:
        # The URL is not repeated: what stands before the @ is a secret.
        raise ConfigurationError("A URL must not hold a user name or password; use a token.")
    if parts.scheme not in {"http", "https"} or not host or any(ord(c) <= 32 or ord(c) == 127 for c in text):
        raise ConfigurationError(f"{text!r} is not a URL to connect to; expected {_expected(text)}.")
    if parts.query or parts.fragment:
        raise ConfigurationError(f"{text!r} holds a query or a fragment; give the base URL only.")
    if parts.scheme == "http" and not is_loopback(host) and not (allow_insecure or _http_allowed()):
        raise ConfigurationError(
            f"{text!r} would send the token unencrypted to another machine. Use https, or, if the network is "
            "yours, Client(allow_insecure=True) or LWFAST_ALLOW_HTTP=1.",
            in_shell=f"{text!r} would send the token unencrypted to another machine. Use https, or, "
            f"if the network "
            "is yours, set LWFAST_ALLOW_HTTP=1.",
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"


def in_shell(source: str) -> str:
    """Return where a URL came from, as whoever typed a command knows it."""
    return "--url" if source == "argument" else source


def _expected(text: str) -> str:
    """Return the form of a URL that somebody may have meant: this machine is asked without encryption."""
    try:
        parts = urlsplit(f"//{text}" if "://" not in text else text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if "://" not in text and host and is_loopback(host):
        return f"http://{parts.netloc}{parts.path.rstrip('/') or '/api'}/"
    return "https://HOST/PATH/, or http://127.0.0.1:PORT/api/ for a scheduler on this machine"


def resolve_token(value: str | None, profile: str | None = None, url: str | None = None) -> tuple[str, str]:
    """Find the token and say where it came from.

    Args:
        value: The argument of the client.
        profile: The profile that the client names.
        url: Where the token is to be sent: one that `lwfast login` saved is found for its own URL only.

    Raises:
        AuthenticationError: No token is set, or that of LWFAST_TOKEN cannot be sent.
        TokenError: The profile names a saved token that is not there.
    """
    found, source = _first(
        lambda: (value, "argument"),
        lambda: (None, "") if profile is None else _profile_token(profile),
        lambda: (chosen.token if profile is None else None, "remote.token"),
        _environment_token,
        lambda: _profile_token(profile),
        lambda: (chosen.token, "remote.token"),
        lambda: (None, "") if url is None else _login_token(url),
    )
    if found is not None:
        return found, source
    raise MissingTokenError(
        "No token is set. Set one with remote.token.set(...), load a saved one with remote.token.load(name), "
        "set LWFAST_TOKEN, or name a profile that has token_name.",
        in_shell="No token is set for this scheduler. Save one with `lwfast login`, set "
        "LWFAST_TOKEN, or name a "
        "profile that has token_name.",
    )


def resolve_certificate(certificate: str | None, profile: str | None = None) -> tuple[Path | None, str]:
    """Find the PEM file and say where it came from; None means the system's certificates.

    Raises:
        ConfigurationError: The file that was named does not exist.
    """
    value, source = _first(
        lambda: (certificate, "argument"),
        lambda: _of_named("certificate", profile),
        lambda: (os.environ.get("LWFAST_CERTIFICATE"), "LWFAST_CERTIFICATE"),
        lambda: _of_profile("certificate", profile),
    )
    if value == SYSTEM_CERTIFICATES:
        return None, source
    if value is not None:
        path = Path(os.path.expanduser(value))  # noqa: PTH111  (Path's raises where there is no home folder)
        if not path.is_file():
            missing = (
                f"Certificate {path} (from {source}) does not exist. Name a PEM file that does, or 'system' "
                "for the system's certificates"
            )
            raise ConfigurationError(
                f"{missing}; remote.install_certificate(...) keeps one for all programs.",
                in_shell=f"{missing}.",
            )
        return path, source
    installed = persistence.installed_certificate()
    return installed, "the system's" if installed is None else str(installed)


def resolve_require_online(profile: str | None = None) -> tuple[bool | None, str]:
    """Find whether a QPU must be online, and say where that came from."""
    value, source = _of_profile("require_online", profile)
    return (value, source) if value is not None else persistence.read_setting("require_online")


def _http_allowed() -> bool:
    return os.environ.get("LWFAST_ALLOW_HTTP", "") not in {"", "0"}


def _first(*places: Callable[[], tuple[Any, str]]) -> tuple[Any, str]:
    """Look into one place after the other, none further than needed: later ones may be broken."""
    for place in places:
        value, source = place()
        if value:
            return value, source
    return None, ""


def _environment_token() -> tuple[str | None, str]:
    text = Secret(os.environ.get("LWFAST_TOKEN", "").strip())
    try:
        return check_token(text, "LWFAST_TOKEN") if text else None, "LWFAST_TOKEN"
    except ValueError as error:
        raise AuthenticationError(str(error)) from None


def _profile_token(profile: str | None) -> tuple[str | None, str]:
    name, source = _of_profile("token_name", profile)
    return (saved_token(name), f"{SAVED_TOKEN}{name!r} ({source})") if name else (None, "")


def save_login(url: str, token_name: str) -> None:
    """Save a URL, and the name of the saved token that goes with it; later clients use the two together.

    Raises:
        ConfigurationError: The settings cannot be written.
    """
    persistence.save_setting("api_url", url)
    persistence.save_setting(LOGIN, {"url": url, "token_name": token_name})
    chosen.touch()


def read_login() -> tuple[str, str] | None:
    """Return the URL and the name of the token that `lwfast login` saved, or None."""
    login, _ = persistence.read_setting(LOGIN)
    if (
        isinstance(login, dict)
        and isinstance(login.get("url"), str)
        and isinstance(login.get("token_name"), str)
    ):
        return login["url"], login["token_name"]
    return None


def _login_token(url: str) -> tuple[str | None, str]:
    """The token that was saved together with a URL, if it is that of the URL in use and still there."""
    login = read_login()
    if login is None or login[0] != url:
        return None, ""
    name = login[1]
    saved, _ = persistence.read_tokens()
    return (saved_token(name), f"lwfast login, token {name!r}") if name in saved else (None, "")


def _check_same_profile(url: str, url_source: str, profile: str | None) -> None:
    """Keep a profile's token from any URL but that profile's.

    Raises:
        ConfigurationError: The URL is another one.
    """
    own, _ = _of_profile("url", profile)
    name = profile or os.environ.get("LWFAST_PROFILE")
    if own and normalise_url(own, allow_insecure=True) == url:
        return
    raise ConfigurationError(
        f"The token is that of profile {name!r}, but the URL {url} is from {url_source}, so the token "
        "was not sent. Put that URL into the profile, or give the token too: Client(token=...), or, where no "
        "profile is named by argument, remote.token.load(NAME) or LWFAST_TOKEN.",
        in_shell=f"The token is that of profile {name!r}, but the URL {url} is from {url_source}, "
        f"so the token was "
        "not sent. Put that URL into the profile, or leave the profile out.",
    )


def _of_named(key: str, profile: str | None) -> tuple[Any, str]:
    """An entry of the profile that the client names by argument."""
    return (None, "") if profile is None else _of_profile(key, profile)


def _of_profile(key: str, profile: str | None) -> tuple[Any, str]:
    name = profile or os.environ.get("LWFAST_PROFILE")
    if not name:
        return None, ""
    return persistence.read_profile(name).get(key), f"profile {name!r}"
