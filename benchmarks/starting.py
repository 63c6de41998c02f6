"""Programs, a process each: how long they take with kernels of one kind, and what they answer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from benchmarks.compare import fresh_environment

KINDS = {"compiled ahead": "0", "JIT": "1"}
"""`LWFAST_JIT` of each."""
NUMPY = "import numpy"
COLD = """
import lwfast as lw
circuit = lw.Unitary(lw.random_unitary(4, 1))
task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 1000, random_seed=1)
print(lw.emulator.Backend().run(task))
"""
PREPARE = """
import hashlib, json, sys, time
import numpy as np
import lwfast as lw
from lwfast._kernels import _mode

def best(call, number, rounds=15):
    call()
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(number):
            call()
        found.append((time.perf_counter() - began) / number)
    return min(found)

def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()
"""
CALLS = f"""{PREPARE}
from lwfast._kernels.optics.samples.sampling import count_uniforms
from lwfast._kernels.optics.slos import prefix_counts
five = np.array([0.5]), np.zeros(0), np.ones(1), np.zeros(1, np.int32), np.zeros(1, np.int64)
one = np.ones(1, np.int64), np.zeros(1, np.int64), 1
found = {{
    "5 arrays": (best(lambda: count_uniforms(*five), 20_000), digest(five[-1] > 0)),
    "2 arrays, and returns 2": (best(lambda: prefix_counts(*one), 5_000), digest(*prefix_counts(*one))),
}}
print(json.dumps([_mode.MODE, found]))
"""
KERNELS = f"""{PREPARE}
unitary = lw.random_unitary(20, 1)
square, inputs = lw.random_unitary(40, 1)[:20, :20], [1] * 8 + [0] * 8
random = np.random.default_rng(1)
table, counts = random.integers(0, 3, (100_000, 20), np.uint8), np.ones(100_000, np.int64)
states, sums = lw.group_counts(table)
body = lw.encode_result(states, sums)
rules = [((0, 1, 2), (1, 2)), ((4, 5), (0, 1, 2))]
works = {{
    "permanent of 20 x 20": lambda: np.array(lw.permanent(square)),
    "all outcomes of 16 modes and 8 photons": lambda: lw.output_distribution(
        lw.random_unitary(16, 1), inputs
    ).probabilities,
    "decode 100,000 states": lambda: lw.decode_result(body)[:2],
    "post-select 100,000 states": lambda: lw.post_select(states, sums, rules)[:2],
    "group 100,000 samples": lambda: lw.group_counts(table),
}}
found = {{}}
for name, work in works.items():
    answer = work()
    found[name] = best(work, 1, 9), digest(*(answer if isinstance(answer, tuple) else [answer]))
print(json.dumps([_mode.MODE, found]))
"""


def run(code: str, kind: str, cache: str) -> tuple[float, str]:
    """Run a program with kernels of a kind and Numba's cache in a folder: seconds, and what it printed."""
    environment = fresh_environment(LWFAST_JIT=KINDS[kind], NUMBA_CACHE_DIR=cache, LWFAST_QUIET="1")
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=600
    )
    return time.perf_counter() - began, done.stdout


def timed(code: str, cache: str, rounds: int) -> dict[str, dict[str, float]]:
    """Run a program that times work itself, with either kind in turn; the best seconds by work and kind.

    Raises:
        RuntimeError: Kernels were of another kind, or the two kinds do not answer alike to the last bit.
    """
    seconds: dict[str, dict[str, float]] = {}
    answers: dict[str, Any] = {}
    for _ in range(rounds):
        for kind in KINDS:
            mode, found = json.loads(run(code, kind, cache)[1])
            if mode != {"compiled ahead": "native", "JIT": "numba"}[kind]:
                raise RuntimeError(f"Kernels {kind} were asked for, and ran as {mode}.")
            for work, (took, answer) in found.items():
                if answers.setdefault(work, answer) != answer:
                    raise RuntimeError(f"The answers of {work} differ.")
                row = seconds.setdefault(work, {})
                row[kind] = min(took, row.get(kind, took))
    return seconds
