"""Read-only arrays meet the kernels that are compiled already."""

import subprocess
import sys

import numpy as np

from lwfast._base.buffers import readable
from tests.kernels.twins import needs_jit


def test_alias_is_the_same_memory():
    """The alias reads what the array reads, and keeps it alive."""
    array = np.arange(6)
    array.flags.writeable = False
    alias = readable(array)
    assert alias.flags.writeable
    assert np.shares_memory(alias, array)
    del array
    assert alias.tolist() == [0, 1, 2, 3, 4, 5]


def test_writable_arrays_are_themselves():
    """Nothing is made where nothing is needed."""
    array = np.arange(3)
    assert readable(array) is array


def test_empty():
    """No rows are no special case."""
    array = np.zeros((0, 4), np.uint8)
    array.flags.writeable = False
    assert readable(array).shape == (0, 4)


@needs_jit
def test_nothing_compiles_after_warmup():
    """After `warmup` a session with results, whose columns are read-only, compiles no kernel."""
    code = """
import sys, pickle, tempfile, pkgutil
import lwfast as lw, lwfast._kernels as kernels
lw.warmup()
def compiled():
    modules = [sys.modules.get(m.name) for m in pkgutil.walk_packages(kernels.__path__, "lwfast._kernels.")]
    return {(m.__name__, n): len(f.signatures) for m in modules if m for n, f in vars(m).items()
            if hasattr(f, "signatures") and not isinstance(f, type)}
before = compiled()
circuit = lw.Unitary(lw.random_unitary(12, seed=1))
sampler = lw.Sampler(circuit, lw.State([1] * 6 + [0] * 6), 20_000, random_seed=1)
result = lw.emulator.Backend().run(sampler)
rules = lw.PostSelection(); rules.add((0, 1), (0, 1))
kept = result.apply_post_selection(rules)
kept.map("threshold"); result.post_select(rules, {3: 0}); result.summary(); result + kept; result == kept
result[result.outputs[5]]; result.save(tempfile.mkdtemp() + "/result"); pickle.loads(pickle.dumps(result))
body = lw.encode_result(result.states, result.counts)
lw.decode_result(body); lw.decode_result(bytearray(body))
assert compiled() == before, {k: v for k, v in compiled().items() if before.get(k) != v}
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr
