"""Everything the client keeps on disk or reads from it: tokens, settings, profiles, certificate.

lwfast writes into a folder of its own only. What Lightworks' client left (see `legacy_folder`) is read where
ours has no answer, and never changed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lwfast._base.atomic import write_atomic
from lwfast.errors import ConfigurationError, TokenError
from lwfast.remote.configuration import legacy

LOCK_PATIENCE_SECONDS = 10.0
CERTIFICATE = "certificate.pem"
TOKENS = "tokens.json"
SETTINGS = "settings.json"
PROFILES = "config.toml"


def own_folder() -> Path:
    """Name lwfast's data folder, without making it; `LWFAST_CONFIG_DIR` overrides it."""
    override = os.environ.get("LWFAST_CONFIG_DIR")
    if override:
        return Path(override).expanduser()
    import platformdirs

    return platformdirs.user_data_path("lwfast", appauthor=False)


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
        with _locked(path.parent):
            tokens = _token_file(path)
            yield tokens
            write_atomic(path, json.dumps(tokens, indent=4).encode(), mode=0o600)
    except OSError as error:
        raise TokenError(f"{path} could not be changed: {error.strerror or error}.") from error


def _token_file(path: Path) -> dict[str, str]:
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise TokenError(f"Saved tokens in {path} cannot be read: {error.strerror or error}.") from error
    except ValueError:
        # The JSON error holds the whole text, tokens included, so it is not chained.
        raise TokenError(f"Saved tokens in {path} are not valid JSON; mend or delete that file.") from None
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise TokenError(f"Saved tokens in {path} are not names with tokens; mend or delete that file.")
    return data


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
        with _locked(path.parent):
            settings = _settings_file(path) | {key: value}
            write_atomic(path, json.dumps(settings, indent=4).encode(), mode=0o600)
    except OSError as error:
        raise ConfigurationError(f"{path} could not be written: {error.strerror or error}.") from error


def _settings_file(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not valid JSON ({error}); mend or delete it.") from error
    if not isinstance(data, dict):
        raise ConfigurationError(f"{path} does not hold settings; mend or delete it.")
    return data


# --- profiles ---------------------------------------------------------------------------------------

_PROFILE_KEYS = {"url": str, "token_name": str, "certificate": str, "require_online": bool}


def read_profile(name: str) -> dict[str, Any]:
    """Read the table `[profiles.NAME]` of `config.toml`.

    Raises:
        ConfigurationError: There is no such profile, or it holds what no profile has; names the file.
    """
    import tomllib

    path = own_folder() / PROFILES
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"Profile {name!r} is not defined: there is no {path}.") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    profiles = document.get("profiles", {})
    if not isinstance(profiles, dict) or not isinstance(profiles.get(name), dict):
        known = ", ".join(sorted(profiles)) if isinstance(profiles, dict) and profiles else "none"
        raise ConfigurationError(f"Profile {name!r} is not defined in {path}; defined there: {known}.")
    profile: dict[str, Any] = profiles[name]
    for key, value in profile.items():
        if key == "token":
            raise ConfigurationError(
                f"Profile {name!r} in {path} holds a token. Save the token with remote.token.save(NAME) and "
                'put token_name = "NAME" there instead.'
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

    data = Path(filename).read_bytes()
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
        with _locked(path.parent):
            write_atomic(path, data, mode=0o600)
    except OSError as error:
        raise ConfigurationError(f"{path} could not be written: {error.strerror or error}.") from error


# --- the lock between writers -----------------------------------------------------------------------


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other writers, threads and processes alike, out of `folder` while the block runs."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / ".lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        give_up = time.monotonic() + LOCK_PATIENCE_SECONDS
        while not _try_lock(handle):
            if time.monotonic() > give_up:
                raise TimeoutError(f"another process has held {path} for {LOCK_PATIENCE_SECONDS:.0f} s")
            time.sleep(0.02)
        yield
    finally:
        with suppress(OSError):
            _unlock(handle)
        os.close(handle)


if os.name == "nt":  # pragma: no cover  (Windows has its own locks)
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
