"""Everything the client keeps on disk or reads from it: tokens, settings, profiles, certificate.

lwfast writes into a folder of its own only. What Lightworks' client left (see `legacy_folder`) is read where
ours has no answer, and never changed.
"""

from __future__ import annotations

import json
import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lwfast._base.files.atomic import write_atomic
from lwfast._base.files.edited_text import parse_json, parse_toml, read_edited, unmarked
from lwfast._base.files.file_memory import TEXT_FACTOR, read_file
from lwfast._base.files.user_folder import own_folder as own_folder
from lwfast._texts import ended
from lwfast.errors import ConfigurationError, ResourceLimitError, TokenError
from lwfast.remote.configuration import legacy
from lwfast.remote.configuration.locking import locked
from lwfast.remote.configuration.permissions import warn_if_others_read
from lwfast.remote.configuration.secret import Secret

CERTIFICATE = "certificate.pem"
TOKENS = "tokens.json"
SETTINGS = "settings.json"
PROFILES = "config.toml"


# --- tokens -----------------------------------------------------------------------------------------


def read_tokens() -> tuple[dict[str, str], dict[str, str]]:
    """Read saved tokens: ours, and those that Lightworks' client saved.

    Raises:
        TokenError: A file cannot be read; names the file, never what is in it.
    """
    old = legacy.folder()
    return _token_file(own_folder() / TOKENS), {} if old is None else _token_file(old / TOKENS)


@contextmanager
def changing_tokens() -> Iterator[dict[str, str]]:
    """Give our saved tokens to be changed; they are written, atomically and mode 0600, when the block ends.

    Raises:
        TokenError: The file cannot be read or written.
    """
    path = own_folder() / TOKENS
    try:
        with locked(path.parent):
            tokens = _token_file(path)
            yield tokens
            write_atomic(path, json.dumps(tokens, indent=4).encode(), mode=0o600)
    except OSError as error:
        raise TokenError(f"{path} could not be changed: {_reason(error)}.") from error


def _token_file(path: Path) -> dict[str, str]:
    wrong = ""
    data: Any = None
    try:
        data = parse_json(read_edited(path, locale.getencoding()))
    except FileNotFoundError:
        return {}
    except ResourceLimitError as error:
        raise TokenError(f"Saved tokens in {path} are too many: {ended(error)}") from None
    except OSError as error:
        raise TokenError(f"Saved tokens in {path} cannot be read: {_reason(error)}.") from error
    except ValueError as error:
        # Its words tell the place and no text. The error and its frames hold the text, tokens included, so
        # nothing is raised while it is handled.
        wrong = f"are not valid JSON ({error})"
    if isinstance(data, dict) and all(isinstance(value, str) for value in data.values()):
        return {name: Secret(value) for name, value in data.items()}
    del data
    raise TokenError(
        f"Saved tokens in {path} {wrong or 'are not names with tokens'}; correct or delete that file."
    )


def check_token(token: str, source: str = "the token") -> str:
    """Return `token` as a secret if it can travel in a header; no message ever shows it.

    Raises:
        TypeError: It is not a string.
        ValueError: It is empty, or holds a character that a header cannot carry.
    """
    if not isinstance(token, str):
        raise TypeError(f"Token should be provided in string format, got {type(token).__name__}.")
    token = Secret(token)  # so that the variables of this frame do not show it
    if not token or not all("!" <= character <= "~" for character in token):
        what = "is empty" if not token else "holds a blank, a line end or a character outside ASCII"
        raise ValueError(f"A token cannot be sent if it {what}; copy {source} once more.")
    return token


def saved_token(name: str) -> str:
    """Look a saved token up, ours before Lightworks'.

    Raises:
        TokenError: No token was saved under this name; the message lists those that were.
    """
    saved, theirs = read_tokens()
    for tokens, folder in ((saved, own_folder()), (theirs, legacy.folder())):
        if name in tokens and folder is not None:
            warn_if_others_read(folder / TOKENS)
            try:
                return check_token(tokens[name], f"saved token {name!r}")
            except ValueError as error:
                raise TokenError(str(error)) from None
    raise TokenError(no_such_token(name, [*saved, *theirs]))


def no_such_token(name: str, known: list[str]) -> str:
    """Say that no token of this name is saved."""
    listed = ", ".join(sorted(set(known))) or "none"
    return f"Token {name!r} not found among the saved tokens ({listed})."


# --- settings ---------------------------------------------------------------------------------------


def read_setting(key: str) -> tuple[Any, str]:
    """Read a saved setting, ours before Lightworks': its value and the file it stands in.

    Raises:
        ConfigurationError: A settings file cannot be read; names it.
    """
    path = own_folder() / SETTINGS
    value = _settings_file(path).get(key)
    if value is not None:
        return value, str(path)
    return legacy.read_setting(key)


def save_setting(key: str, value: Any) -> None:
    """Save a setting into our settings file, atomically.

    Raises:
        ConfigurationError: The file cannot be read or written; names it.
    """
    path = own_folder() / SETTINGS
    try:
        with locked(path.parent):
            settings = _settings_file(path) | {key: value}
            write_atomic(path, json.dumps(settings, indent=4).encode(), mode=0o600)
    except OSError as error:
        raise ConfigurationError(f"{path} could not be written: {_reason(error)}.") from error


def _settings_file(path: Path) -> dict[str, Any]:
    try:
        data = parse_json(read_edited(path))
    except FileNotFoundError:
        return {}
    except ResourceLimitError as error:
        raise ConfigurationError(f"{path} is too large: {ended(error)}") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {_reason(error)}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not valid JSON ({error}); correct or delete it.") from error
    if not isinstance(data, dict):
        raise ConfigurationError(f"{path} does not hold settings; correct or delete it.")
    return data


# --- profiles ---------------------------------------------------------------------------------------

_PROFILE_KEYS = {"url": str, "token_name": str, "certificate": str, "require_online": bool}


def read_profiles() -> Any:
    """Read the table `profiles` of `config.toml`, as it stands there; empty if it is missing.

    Raises:
        FileNotFoundError: There is no such file.
        ConfigurationError: It cannot be read.
    """
    path = own_folder() / PROFILES
    try:
        return parse_toml(read_edited(path)).get("profiles", {})
    except FileNotFoundError:
        raise
    except (OSError, ValueError, ResourceLimitError) as error:
        raise ConfigurationError(f"{path} cannot be read: {str(error).removesuffix('.')}.") from error


def urls_of_token(token_name: str) -> list[str]:
    """Return the URLs of the profiles that name a saved token, as they stand there.

    Raises:
        ConfigurationError: The file of profiles cannot be read.
    """
    try:
        profiles = read_profiles()
    except FileNotFoundError:
        return []
    tables = profiles.values() if isinstance(profiles, dict) else ()
    named = [one for one in tables if isinstance(one, dict) and one.get("token_name") == token_name]
    return [str(one.get("url", "")) for one in named]


def read_profile(name: str) -> dict[str, Any]:
    """Read the table `[profiles.NAME]` of `config.toml`.

    Raises:
        ConfigurationError: There is no such profile, or it holds what no profile has; names the file.
    """
    path = own_folder() / PROFILES
    try:
        profiles = read_profiles()
    except FileNotFoundError:
        raise ConfigurationError(f"Profile {name!r} is not defined: there is no {path}.") from None
    if not isinstance(profiles, dict) or not isinstance(profiles.get(name), dict):
        known = ", ".join(sorted(profiles)) if isinstance(profiles, dict) and profiles else "none"
        raise ConfigurationError(f"Profile {name!r} is not defined in {path}; defined there: {known}.")
    profile: dict[str, Any] = profiles[name]
    for key, value in profile.items():
        if key == "token":
            raise ConfigurationError(
                f"Profile {name!r} in {path} holds a token. Save the token with remote.token.save(NAME) and "
                'put token_name = "NAME" there instead.',
                in_shell=f"Profile {name!r} in {path} holds a token. Save the token with `lwfast "
                f"token save NAME`, "
                'and put token_name = "NAME" there instead.',
            )
        if key not in _PROFILE_KEYS:
            raise ConfigurationError(
                f"Profile {name!r} in {path} has an unknown key {key!r}; known: {', '.join(_PROFILE_KEYS)}."
            )
        if not isinstance(value, _PROFILE_KEYS[key]):
            kind = _PROFILE_KEYS[key].__name__
            raise ConfigurationError(
                f"{key} of profile {name!r} in {path} should be a {kind}, got {value!r}."
            )
    return profile


# --- certificate ------------------------------------------------------------------------------------


def installed_certificate() -> Path | None:
    """Name the certificate that was installed, ours before Lightworks', or None."""
    folders = [own_folder(), legacy.folder()]
    paths = [folder / CERTIFICATE for folder in folders if folder is not None]
    return next((path for path in paths if path.is_file()), None)


def install_certificate(filename: str | os.PathLike[str]) -> None:
    """Copy a PEM file into lwfast's data folder; it is then used for every https connection.

    Raises:
        FileNotFoundError: There is no such file.
        ConfigurationError: It holds no PEM certificate, or one that cannot be read, or the folder cannot be
            written.
    """
    import ssl

    try:
        data = unmarked(read_file(Path(filename), TEXT_FACTOR))  # OpenSSL does not read behind a mark
    except ResourceLimitError as error:
        raise ConfigurationError(
            f"{os.fspath(filename)} is too large for a certificate: {ended(error)}"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"{os.fspath(filename)} cannot be read: {error}.") from error
    if b"-----BEGIN CERTIFICATE-----" not in data and b"-----BEGIN TRUSTED CERTIFICATE-----" not in data:
        raise ConfigurationError(
            f"{os.fspath(filename)} holds no PEM certificate: no BEGIN CERTIFICATE line."
        )
    try:
        ssl.create_default_context(cadata=data.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError) as error:
        said = getattr(error, "reason", None) or error
        raise ConfigurationError(
            f"The certificate in {os.fspath(filename)} cannot be read ({said}); get the file once more."
        ) from error
    path = own_folder() / CERTIFICATE
    try:
        with locked(path.parent):
            write_atomic(path, data, mode=0o600)
    except OSError as error:
        raise ConfigurationError(f"{path} could not be written: {_reason(error)}.") from error


def _reason(error: OSError) -> str:
    """Return what the system says of a file, without a period, to be put into a sentence."""
    return error.strerror or str(error).removesuffix(".")
