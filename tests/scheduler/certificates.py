"""Certificates for tests, made by the openssl command."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.started import PATIENCE


@dataclass(frozen=True)
class Certificate:
    """An authority, and what it signed: a certificate and its key."""

    authority: Path
    certfile: Path
    keyfile: Path


def make(
    folder: Path, name: str = "localhost", *, encrypted: bool = False, years: tuple[int, int] | None = None
) -> Certificate:
    """Make an authority and a certificate for a host name (not for addresses), good for a day.

    Args:
        folder: Where to put them.
        name: The host name.
        encrypted: Whether the key is.
        years: From the beginning of which year to that of which it is good instead.
    """
    if shutil.which("openssl") is None:
        pytest.skip("needs the command openssl")
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificate(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    extensions = folder / "extensions"
    extensions.write_text(f"subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\n")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    hidden = ["-passout", "pass:secret"] if encrypted else ["-nodes"]
    _openssl(
        "req", "-x509", *curve, "-nodes", "-days", "1", "-subj", "/CN=Test authority",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        "-keyout", folder / "ca.key", "-out", made.authority,
    )  # fmt: skip
    _openssl(
        "req", *curve, *hidden, "-subj", f"/CN={name}", "-keyout", made.keyfile, "-out", folder / "request"
    )
    if years is not None:
        _sign_for_years(folder, made, extensions, *years)
        return made
    _openssl(
        "x509", "-req", "-in", folder / "request", "-CA", made.authority, "-CAkey", folder / "ca.key",
        "-CAcreateserial", "-days", "1", "-extfile", extensions, "-out", made.certfile,
    )  # fmt: skip
    made.keyfile.chmod(0o600)
    return made


def _sign_for_years(folder: Path, made: Certificate, extensions: Path, first: int, last: int) -> None:
    (folder / "index.txt").touch()
    config = folder / "config"
    config.write_text(
        f"[ca]\ndefault_ca = it\n[it]\ndatabase = {folder / 'index.txt'}\nrand_serial = yes\n"
        f"new_certs_dir = {folder}\ndefault_md = sha256\npolicy = names\n[names]\ncommonName = supplied\n"
    )
    _openssl(
        "ca", "-batch", "-notext", "-config", config, "-in", folder / "request", "-out", made.certfile,
        "-cert", made.authority, "-keyfile", folder / "ca.key", "-extfile", extensions,
        "-startdate", f"{first}0101000000Z", "-enddate", f"{last}0101000000Z",
    )  # fmt: skip
    made.keyfile.chmod(0o600)


def _openssl(*arguments: object) -> None:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
