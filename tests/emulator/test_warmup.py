from __future__ import annotations

import os
import subprocess
import sys

import pytest

import lwfast as lw
from tests.kernels.twins import needs_jit
from tests.started import said_by_python


def test_warmup_reports_groups(capsys):
    """Every group is timed; a callable hears of each, and True writes lines to stderr."""
    heard = []
    seconds = lw.warmup(progress=lambda *step: heard.append(step))
    assert [name for name, _, _ in heard[:-1]] == list(seconds)
    assert heard[-1][1:] == (len(seconds), len(seconds))
    assert len(seconds) > 3
    assert min(seconds.values()) > 0
    assert capsys.readouterr().err == ""
    lw.warmup(progress=True)
    assert capsys.readouterr().err.count("\n") == len(seconds)


def test_groups():
    """Groups can be named; an unknown one is refused."""
    from lwfast.emulator.warmup import JOB_PATH

    assert tuple(lw.warmup(groups=JOB_PATH)) == JOB_PATH
    with pytest.raises(ValueError, match="Unknown groups of kernels: ovens"):
        lw.warmup(groups=["ovens"])


@needs_jit
def test_a_job_compiles_nothing_after_its_groups():
    """What `lwfast demo` waits for is what it needs; kernels for sums and small distributions are not."""
    code = """
import sys, pkgutil
import lwfast as lw, lwfast._kernels as kernels
from lwfast.emulator.warmup import JOB_PATH
from lwfast.tables.bodies.result_table import read_in_chunks
from lwfast.tables.counts import all_distinct
lw.warmup(groups=JOB_PATH)
def compiled():
    modules = [sys.modules.get(m.name) for m in pkgutil.walk_packages(kernels.__path__, "lwfast._kernels.")]
    return {(m.__name__, n): len(f.signatures) for m in modules if m for n, f in vars(m).items()
            if hasattr(f, "py_func")}
before = compiled()
circuit = lw.Unitary(lw.random_unitary(12, seed=1))
task = lw.Sampler(circuit, lw.State([1] * 6 + [0] * 6), 30_000, random_seed=1)
result = lw.emulator.Backend().run(task)
body = lw.encode_result(result.states, result.counts)
states, counts, *_ = lw.decode_result(body)
read_in_chunks(__import__("numpy").frombuffer(bytearray(body), "u1"), body.index(b'"('), 12)
all_distinct(states.reshape(-1), 12, len(states))
rules = lw.PostSelection(); rules.add((0, 1), 1)
from lwfast.results.state_map import rows_of
kept = result.apply_post_selection(rules); rows_of(result, kept.states)
assert compiled() == before, {k: v for k, v in compiled().items() if before.get(k) != v}
for module, name in (("optics.layout", "scaled_amplitudes"), ("tables.counts", "group_hash")):
    kernel = getattr(sys.modules["lwfast._kernels." + module], name)
    assert not getattr(kernel, "signatures", ()), name
"""
    said_by_python(code, seconds=500, LWFAST_QUIET="1")


def test_every_module_of_kernels_is_loaded():
    """Warmup leaves no module of kernels out; `test_readable.py` checks that a session compiles nothing."""
    code = (
        "import sys, pkgutil, lwfast as lw, lwfast._kernels as K\n"
        "lw.warmup()\n"
        "found = pkgutil.walk_packages(K.__path__, 'lwfast._kernels.')\n"
        "names = [m.name for m in found if m.name.split('.')[2] in ('optics', 'tables')]\n"
        "missing = [n for n in names if n not in sys.modules]\n"
        "assert not missing, missing\n"
    )
    said_by_python(code, seconds=500, LWFAST_QUIET="1")


@needs_jit
def test_note_on_compilation():
    """A process that compiles for more than a second says so, once, on stderr; LWFAST_QUIET=1 keeps quiet."""
    code = "from lwfast.optics.samples.sample_counts import sample_counts\n"
    code += "import lwfast._kernels._numba.note as n\n"
    code += "n._AFTER_SECONDS = 0.01\n"
    code += "sample_counts([0.5, 0.5], 10)"
    for quiet in ("0", "1"):
        environment = {**os.environ, "LWFAST_CACHE": "0", "LWFAST_QUIET": quiet}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=500,
        )
        assert done.stderr.count("lwfast: compiling kernels") == (quiet == "0")
        assert done.stdout == ""
