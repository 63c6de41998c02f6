"""How many fused multiply-adds this machine does a second: the limit of all kernels of floats."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lwfast._kernels import _mode
from lwfast._kernels._simd import LANES, add, fill, lane_jit, mul, put


@lane_jit
def chains(rounds: int, out: np.ndarray) -> None:
    """Ten independent chains of x <- 0.999 x + 0.001: more than the latency of one needs."""
    m = fill(0.999)
    c = fill(0.001)
    x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = x8 = x9 = fill(1.0 + out[0, 0])
    for _ in range(rounds):
        x0 = add(mul(x0, m), c)
        x1 = add(mul(x1, m), c)
        x2 = add(mul(x2, m), c)
        x3 = add(mul(x3, m), c)
        x4 = add(mul(x4, m), c)
        x5 = add(mul(x5, m), c)
        x6 = add(mul(x6, m), c)
        x7 = add(mul(x7, m), c)
        x8 = add(mul(x8, m), c)
        x9 = add(mul(x9, m), c)
    put(out, 0, add(add(add(x0, x1), add(x2, x3)), add(add(x4, x5), add(add(x6, x7), add(x8, x9)))))


def fma_flops(threads: int = 1) -> float:
    """Floating-point operations per second, two for each multiply-add of each lane, median of some runs."""
    if _mode.MODE == "numba":
        return _measured(threads)
    # The kernel above is not in the extension: Numba compiles it, in a process of its own.
    environment = os.environ | {"LWFAST_JIT": "1", "LWFAST_SIMD": str(LANES)}
    command = [sys.executable, "-m", "benchmarks.fma_rate", str(threads)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, timeout=300)
    return float(done.stdout)


def _measured(threads: int, rounds: int = 200_000, repeats: int = 5) -> float:
    outs = [np.zeros((1, LANES)) for _ in range(threads)]
    chains(10, outs[0])
    rates = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(repeats):
            began = time.perf_counter()
            list(pool.map(lambda out: chains(rounds, out), outs))
            rates.append(threads * rounds * 10 * LANES * 2 / (time.perf_counter() - began))
    return statistics.median(rates)


if __name__ == "__main__":
    print(_measured(int(sys.argv[1])))
