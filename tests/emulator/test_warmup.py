from __future__ import annotations

import os
import subprocess
import sys

import lwfast as lw


def test_warmup_reports_groups(capsys):
    """Every group is timed; a callable hears of each, and True writes lines to stderr."""
    heard = []
    seconds = lw.warmup(progress=lambda *step: heard.append(step))
    assert [name for name, _, _ in heard[:-1]] == list(seconds)
    assert heard[-1][1:] == (len(seconds), len(seconds))
    assert all(value >= 0 for value in seconds.values())
    assert capsys.readouterr().err == ""
    lw.warmup(progress=True)
    assert capsys.readouterr().err.count("\n") == len(seconds)


def test_note_on_compilation():
    """A process that compiles for more than a second says so, once, on stderr; LWFAST_QUIET=1 keeps quiet."""
    code = "from lwfast.sampling import sample_counts; import lwfast._compile_note as n\n"
    code += "n._AFTER_SECONDS = 0.01\n"
    code += "sample_counts([0.5, 0.5], 10)"
    for quiet in ("0", "1"):
        environment = {**os.environ, "LWFAST_CACHE": "0", "LWFAST_QUIET": quiet}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stderr.count("lwfast: compiling kernels") == (quiet == "0")
        assert done.stdout == ""
