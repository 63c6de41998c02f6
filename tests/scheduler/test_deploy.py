"""The systemd unit of the documentation: what it starts, starts."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lwfast.remote import Client
from lwfast.scheduler.owners import Owner, digest_of, write_owners
from tests.scheduler import certificates
from tests.scheduler.harness import ROOT
from tests.started import child, read_line, read_rest

DEPLOY = Path(os.environ.get("LWFAST_TESTED_SOURCES", ROOT)) / "docs" / "deploy"


def settings_of(unit):
    """The settings of a unit, by name; a name that comes twice has its last value."""
    lines = [line.partition("=") for line in unit.splitlines() if "=" in line and not line.startswith("#")]
    return {name: value for name, _, value in lines}


def test_the_unit_starts_a_scheduler(tmp_path):
    """Its command line, with folders of this test for those of the system, serves an owner over https."""
    if not DEPLOY.is_dir():
        pytest.skip("needs the documentation")
    unit = settings_of((DEPLOY / "lwfast.service").read_text())
    etc, state, logs = (tmp_path / name for name in ("etc", "lib", "log"))
    for folder in (etc, state / "data", logs):
        folder.mkdir(parents=True, mode=0o700)
    made = certificates.make(tmp_path / "made")
    made.certfile.rename(etc / "cert.pem")
    made.keyfile.rename(etc / "key.pem")
    shown = subprocess.run(
        [sys.executable, "-m", "lwfast", "serve", "--show-config"],
        capture_output=True, text=True, timeout=60, check=True, cwd=ROOT,
    )  # fmt: skip
    (etc / "qpus.toml").write_text(shown.stdout)
    write_owners(state / "data" / "owners.toml", [Owner(name="anna", token_sha256=digest_of("of-anna"))])
    command = unit["ExecStart"]
    for theirs, ours in (
        ("/etc/lwfast", etc),
        ("/var/lib/lwfast", state),
        ("/var/log/lwfast", logs),
        ("photons.example.org", "localhost"),
        ("--host 0.0.0.0", "--host 127.0.0.1"),
    ):
        assert theirs in command
        command = command.replace(theirs, str(ours))
    program, *words = shlex.split(command)
    assert program == "/opt/lwfast/bin/lwfast"
    assert unit["StateDirectory"] == unit["LogsDirectory"] == "lwfast"
    started = [sys.executable, "-m", "lwfast", *words, "--port", "0", "--workers", "1"]
    with child(started, stderr=subprocess.PIPE, cwd=ROOT) as process:
        url = read_line(process).split()[-1]
        with Client(url=url, token="of-anna", certificate=str(made.authority)) as client:
            assert client.list_qpus() == ["Artemis"]
        process.terminate()
        assert "Traceback" not in read_rest(process)
        assert process.wait(30) == 0
    assert '"owner":"anna"' in (logs / "access.log").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_is_one_that_systemd_reads(tmp_path):
    """Every setting is known to systemd; the program, which is not here, is the only thing that it misses."""
    if not DEPLOY.is_dir():
        pytest.skip("needs the documentation")
    unit = shutil.copy(DEPLOY / "lwfast.service", tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in done.stderr.splitlines() if "lwfast" in line]
    assert all("/opt/lwfast/bin/lwfast is not executable" in line for line in said), said
