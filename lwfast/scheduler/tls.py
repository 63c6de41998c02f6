"""The certificate that a scheduler shows, and its key."""

from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path

from lwfast.scheduler.faults import ConfigError


def server_context(certfile: Path, keyfile: Path | None) -> ssl.SSLContext:
    """Load a certificate and its key; TLS 1.2 is the oldest that is spoken.

    Args:
        certfile: PEM file of the certificate, followed by those between it and its authority.
        keyfile: PEM file of the key; None where the key stands in `certfile`.

    Raises:
        ConfigError: One of the files cannot be read, others may read the key, the key is encrypted, or the
            two do not belong together.
    """
    key = keyfile or certfile
    _check_key(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2

    def refuse() -> str:
        raise ConfigError(
            f"The key {key} is encrypted, and a service has nobody to ask for the passphrase: decrypt it "
            f"with `openssl pkey -in {key}`, into a file that only the service can read."
        )

    try:
        context.load_cert_chain(certfile, keyfile, refuse)
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        raise ConfigError(
            f"The certificate {certfile} cannot be used with the key {key} ({reason}): both should be PEM "
            "files, and belong together."
        ) from error
    except OSError as error:
        raise ConfigError(f"The certificate {certfile} cannot be read: {error.strerror or error}.") from error
    return context


def _check_key(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise ConfigError(f"The key {path} cannot be read: {error.strerror or error}.") from error
    # A group may read it: that is how a service gets at the key of a certificate that is renewed elsewhere.
    if os.name == "posix" and mode & 0o027:
        raise ConfigError(
            f"Others may use the key {path} (mode {mode:04o}): run `chmod 600 {path}`, or 640 with a group."
        )
