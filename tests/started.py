"""Programs and threads that tests start: none outlives its test, and none is waited for without a limit."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

PATIENCE = 60.0
"""Seconds that a test waits for what takes a moment; enough for any machine, however busy."""
ENDING_SECONDS = 5.0


def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What a condition gives once that is true; a failure where it is not in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)
    return found


@contextlib.contextmanager
def child(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A program that runs while a block does; where it has not ended by then, it is ended, also by a failure.

    The block of `Popen` itself waits for the program, for ever if the failure comes before what ends it.
    """
    process = subprocess.Popen(command, **{"stdout": subprocess.PIPE, "text": True} | options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def python(
    code: str, *options: str, seconds: float = 2 * PATIENCE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What a new Python says and ends with that runs some code, with further options and variables."""
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def said_by_python(code: str, *options: str, seconds: float = 2 * PATIENCE, **environment: str) -> str:
    """What a new Python prints that runs some code; a failure that shows its errors where it fails."""
    done = python(code, *options, seconds=seconds, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_line(process: subprocess.Popen[str]) -> str:
    """The next line that a program writes; a failure that shows what it said where none comes in time."""
    with _in_time(process):
        line = process.stdout.readline()
    if not line:
        said = read_rest(process)
        pytest.fail(f"the program wrote no line and ended with {process.wait(PATIENCE)}; it said: {said}")
    return line


def read_rest(process: subprocess.Popen[str]) -> str:
    """What a program that is about to end still writes, to its output and then to its standard error."""
    with _in_time(process):
        return "".join(stream.read() for stream in (process.stdout, process.stderr) if stream is not None)


@contextlib.contextmanager
def _in_time(process: subprocess.Popen[str]) -> Iterator[None]:
    timer = threading.Timer(PATIENCE, process.kill)  # which is the end of what is read
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def threads(*tasks: Callable[[], object]) -> Iterator[None]:
    """Call functions in a thread each while a block runs; its end waits for theirs."""
    started = [threading.Thread(target=task, daemon=True) for task in tasks]
    for thread in started:
        thread.start()
    yield
    end = time.monotonic() + PATIENCE
    for thread in started:
        thread.join(max(0.0, end - time.monotonic()))
    stuck = sum(thread.is_alive() for thread in started)
    assert not stuck, f"{stuck} of {len(started)} threads did not end within {PATIENCE:g} s"
