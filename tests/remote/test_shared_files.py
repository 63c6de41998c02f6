"""Files of the client are whole or old, also between twenty processes, of which some are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from lwfast.remote.configuration import persistence
from tests.marks import posix

pytestmark = [pytest.mark.guarantee, posix]

SCRIPT = """
import json, os, random, signal, sys, time
from pathlib import Path

from lwfast import remote
from lwfast.remote.configuration import persistence
from lwfast.remote.configuration.secret import hidden

PROCESSES, ROUNDS = 20, 3
shared = Path(sys.argv[1])


def work(number):
    rng = random.Random(number)
    won = 0
    for turn in range(ROUNDS):
        remote.token.set(f"token-of-{number}-{turn}")
        remote.token.save(f"name-{number}", overwrite=True)
        persistence.save_setting(f"setting-{number}", turn)
        read = persistence.read_tokens()[0]
        assert all(token.startswith("token-of-") for token in read.values()), read.keys()
        try:
            remote.Job().save_to_file(shared / f"job-{turn}")
            won += 1
        except ValueError as error:
            assert "already exists" in str(error)
        json.loads((shared / f"job-{turn}.json").read_text())
        if number >= PROCESSES - 5 and turn == number % ROUNDS:
            os.kill(os.getpid(), signal.SIGKILL)
    return won


children = {}
for number in range(PROCESSES):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.write(writing, bytes([work(number)]))
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    children[pid] = reading
won, killed = 0, 0
for pid, reading in children.items():
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        killed += 1
    else:
        assert status == 0, status
        won += os.read(reading, 1)[0]
print(json.dumps({"won": won, "killed": killed}))
"""


def test_files_shared_by_twenty_processes(tmp_path):
    """Nothing that a process saved is missing, nothing is half written, and a name is taken once."""
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=240,
        env=dict(os.environ),
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["killed"] == 5
    assert said["won"] <= 3
    tokens, _ = persistence.read_tokens()
    for number in range(20):
        assert tokens[f"name-{number}"] == f"token-of-{number}-{2 if number < 15 else number % 3}"
        assert persistence.read_setting(f"setting-{number}")[0] == (2 if number < 15 else number % 3)
    jobs = sorted(path.name for path in tmp_path.glob("job-*"))
    assert jobs == [f"job-{turn}.json" for turn in range(3)]
    assert all(json.loads((tmp_path / name).read_text())["job_type"] == "job" for name in jobs)
